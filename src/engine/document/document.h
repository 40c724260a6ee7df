/*
 * document.h - what a service issues, as a signed-ready PDF in two languages.
 *
 *     struct document *d = document_load(a, spec, &diags);       // NULL: see diags
 *     err e = document_render(d, view, &env, request_arena, &pdf);
 *
 * The writer is our own because Arabic must come out of the file as it went in:
 * HarfBuzz shapes, FriBidi orders, and every character of a text gets a code of its
 * own (font.h), so that readers who copy, search or listen meet the source text.
 * Output is PDF/A-2u (ISO 19005-2): fonts cut to what is used and embedded, one
 * sRGB output intent, XMP, no encryption; tagged, one section for each language,
 * with its reading order. The same input gives the same bytes: the date and the id
 * come with `env`, and nothing else is asked.
 *
 * A spec (packs/schema/document.schema.json) is an object:
 *   title    text
 *   layout   "columns" both languages side by side | "stacked" Arabic, then English
 *            | "ar" | "en"
 *   issuer   text, above the title; footer: text, on each page
 *   mark     text printed large behind each page, where its `if` holds ("COPY")
 *   kind, prefix, valid_days   for the register: what it is, what its number begins
 *            with, how long it stands
 *   blocks   objects with "block" one of
 *     heading    text
 *     paragraph  text, style: "plain" | "small" | "lead"
 *     fields     rows: [{label, value, if}]
 *     table      rows: path of a list, columns: [{label, value, align: "start" |
 *                "centre" | "end" (figures: right in both languages), width}],
 *                total: [text ..], empty: text
 *     bars       rows: path, label, value (a number), shown: text; drawn as bars
 *     picture    name (handed to env.picture), alt, width and height in mm
 *     qr         value, caption, size in mm
 *     sign       name, role: a line to sign on, with who signs
 *     rule, space (mm), page
 * `if` on any block or row is a path that must be true (or "!path").
 * A text is {"en": .., "ar": ..}, or one string for both. In it {{a.path}} or
 * {{a.path | filter}} stands for a value of the view; an object {"en","ar"} reads
 * in the language of the text. Within rows a path is looked up in the row first.
 * {{page}} and {{pages}} are known in the footer, {{@number}} in rows.
 * Values are isolated: their direction does not leak into the sentence, and their
 * own direction controls are taken out.
 *
 * Limits are below; what does not fit is refused with ERR_document_too_large. A
 * character that the fonts lack is drawn as U+FFFD, still extracts as itself, and
 * is told in env.diags (document.glyph.missing).
 *
 * Pure: no files, no clock. Any number of threads may render one document.
 */
#ifndef ENGINE_DOCUMENT_DOCUMENT_H
#define ENGINE_DOCUMENT_DOCUMENT_H

#include "base/diag.h"
#include "base/err.h"
#include "base/json.h"
#include "base/time.h"

#define DOCUMENT_MAX_BLOCKS 500
#define DOCUMENT_MAX_PAGES  400
#define DOCUMENT_MAX_TEXT   ((size_t)64 * 1024)        /* bytes of one text, filled in */
#define DOCUMENT_MAX_ALL    ((size_t)2 * 1024 * 1024)  /* bytes of all texts */
#define DOCUMENT_MAX_BYTES  ((size_t)16 * 1024 * 1024) /* of the file */
#define DOCUMENT_SIGNATURE  ((size_t)8 * 1024)         /* room for signature and proof */

#define ERROR(name, code, http, retry) ERR_##name = (code),
enum document_error {
#include "engine/document/errors.def"
};
#undef ERROR

struct document;

enum document_layout { LAYOUT_SPEC, LAYOUT_COLUMNS, LAYOUT_STACKED, LAYOUT_AR, LAYOUT_EN };

#define DOCUMENT_PICTURE_PIXELS ((uint64_t)8000000)

struct document_env {
	str font, font_bold;         /* TrueType, Latin and Arabic in one; see fonts/ */
	instant at;                  /* creation date in the file */
	int32_t utc_offset;          /* seconds, of that date */
	str id;                      /* names the file in its trailer: hex of a hash */
	str creator;                 /* program */
	enum document_layout layout; /* overrules the spec's */
	bool signable;               /* leave an empty signature field (kernel/documents) */
	void *ctx;
	/* A value through a filter: date, datetime, time, hijri, money, number, phone,
	 * digits. Empty filter: a plain number or truth value as text. */
	str (*format)(void *ctx, arena *a, bool arabic, str filter, const json *value);
	/* The bytes of a JPEG or PNG by the name in the spec; empty if there is none. A PNG
	 * is decoded here: of a stranger's give decoded pixels (engine/form/image.h). */
	str (*picture)(void *ctx, arena *a, str name);
	struct diags *diags; /* what was not as wished; may be NULL */
};

/* Checks the spec; it and the document live as long as `a`. NULL on errors. */
struct document *document_load(arena *a, const json *spec, struct diags *d);

/* OK, ERR_document_too_large, ERR_document_picture, ERR_document_font. */
err document_render(const struct document *doc, const json *view, const struct document_env *env,
                    arena *a, str *pdf);

#endif
