/*
 * assets.h - style sheets, scripts, fonts and pictures that travel in the binary.
 *
 * Each has a URL with a hash of its content, "/assets/diwan.rtl.css" becoming
 * "/assets/diwan.rtl.3f2a91c04d5e.css", and may then be kept by browsers for
 * ever. The plain URL serves too (style sheets name their fonts so), to be kept
 * for an hour. Compressed forms are made when first asked for, once.
 *
 * Thread safety: assets_load before threads; all else from any thread.
 */
#ifndef WEB_ASSETS_H
#define WEB_ASSETS_H

#include "base/str.h"

#define ASSETS_MAX      128
#define ASSETS_PREFIX   "/assets/"
#define ASSET_MAX_BYTES ((size_t)8 * 1024 * 1024) /* of a file of a folder */

struct assets;

/* Everything embedded below ui/dist and ui/fonts. */
struct assets *assets_load(arena *a);
/* The files of a folder and of its folders as "NAME/path", besides: an optional pack that
 * an operator fetched. Regular files of known kinds, within limits; false and *why. */
bool assets_add_folder(struct assets *s, arena *a, str folder, str name, str *why);
/* One more, before threads; name and bytes must last. False when there is no room. */
bool asset_add(struct assets *s, arena *a, str name, str bytes);
bool asset_known(const struct assets *s, str name);
void assets_free(struct assets *s);

/* The hashed URL of "diwan.css": diwan.rtl.css for Arabic and diwan.ltr.css for
 * English if there are such files, else the file itself; the name below
 * /assets/ when there is none at all, or `s` is NULL. */
str asset_url(const struct assets *s, arena *a, const char *lang, str name);

enum coding { CODING_IDENTITY, CODING_GZIP, CODING_BROTLI, CODING_COUNT };

struct asset_content {
	str bytes, type, etag;
	enum coding coding;
	bool immutable; /* asked for by its hashed name */
};

/* `name` is what follows /assets/; `accepted` is a set of 1 << coding. */
bool asset_find(struct assets *s, str name, unsigned accepted, struct asset_content *out);

#endif
