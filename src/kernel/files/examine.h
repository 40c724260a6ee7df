/*
 * examine.h - what an upload is, by its own bytes, found out in a confined process.
 *
 * A stranger's file is never decoded in the server: the role "examine"
 * (kernel/confine) walks and decodes it, one process a file, and tells a finding of a
 * few numbers, which the server checks like anything that came from outside.
 */
#ifndef KERNEL_FILES_EXAMINE_H
#define KERNEL_FILES_EXAMINE_H

#include "base/err.h"
#include "kernel/confine/confine.h"
#include "engine/form/image.h"

/* VERDICT(name, reader's key, what the log says): see file_info.reason. */
#define FINDINGS(VERDICT)                                                                          \
	VERDICT(sound, "", "")                                                                         \
	VERDICT(unknown, "type", "the type is not known")                                              \
	VERDICT(broken, "broken", "its structure contradicts itself")                                  \
	VERDICT(truncated, "broken", "it ends before its end mark")                                    \
	VERDICT(tail, "broken", "other bytes follow its end mark")                                     \
	VERDICT(dimensions, "dimensions", "the picture has too many pixels")                           \
	VERDICT(active_text, "active", "the picture carries markup or a script")                       \
	VERDICT(undecoded, "broken", "the picture cannot be decoded")                                  \
	VERDICT(active, "active", "the PDF carries a script, an action or another file")               \
	VERDICT(hidden, "hidden", "the PDF keeps objects where they cannot be examined")               \
	VERDICT(crowded, "hidden", "the PDF is made so that examining it would not end")

enum finding_verdict {
#define VERDICT(name, key, text) FINDING_##name,
	FINDINGS(VERDICT)
#undef VERDICT
	FINDING_COUNT
};

struct finding {
	uint32_t verdict; /* enum finding_verdict */
	uint32_t type;    /* enum image_type */
	uint32_t width, height;
	uint32_t has_background; /* 0 or 1 */
	struct image_colour background;
};

const char *finding_key(uint32_t verdict);  /* for messages */
const char *finding_text(uint32_t verdict); /* for the log */

extern const struct confine_role examine_role;

/* Asks the process. ERR_unavailable: the file could not be examined. */
err file_examine(struct confine *c, arena *a, str bytes, struct finding *out);

/* A picture for a document, without any compressed bytes but a JPEG's, which are not
 * decoded but passed on: pixels of a PNG, the JPEG as it is, and nothing of all else.
 * ERR_unavailable as above. */
err file_picture(struct confine *c, arena *a, str bytes, str *picture);

/* What the role does, in this very process: for its tests, benches and fuzzing. */
void finding_make(arena *a, str bytes, struct finding *out);
/* May the PDF act, hide or carry other files? FINDING_sound if not. */
enum finding_verdict pdf_examine(arena *a, str pdf);

#endif
