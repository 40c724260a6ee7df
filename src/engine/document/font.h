/*
 * font.h - one weight of the font while a document is written. Private to document.
 *
 * A code in the file (CID) stands for a pair: which glyph is drawn, and which one
 * character of the text it is. ToUnicode is then a plain table of single
 * characters, and a ligature of two letters is two codes: the ligature's drawing,
 * and an empty glyph before it. So each reader finds each character once, in its
 * place, whatever it does to put right-to-left text in order.
 */
#ifndef ENGINE_DOCUMENT_FONT_H
#define ENGINE_DOCUMENT_FONT_H

#include "engine/document/pdf.h"

#include <hb-ot.h>
#include <hb.h>

#define FONT_MAX_CODES 65000
/* Stands for U+200F and a space: to PDF.js a space that begins like this is a letter
 * like any other, which it neither drops nor puts elsewhere. */
#define SPACE_HELD 0x80000020u

struct font {
	arena *a;
	hb_blob_t *blob;
	hb_face_t *face;
	hb_font_t *hb;               /* scaled to 1000 units an em */
	uint32_t *glyph, *character; /* by code, from 1 */
	uint32_t n, cap;
	uint32_t *slots, n_slots; /* hash of pairs: code or 0 */
	uint32_t empty;           /* glyph, one unit wide, that draws nothing */
	uint32_t missing;         /* glyph of U+FFFD */
	double ascent, descent;   /* of an em, descent positive */
	bool full;
};

/* False when the bytes are no font with what is needed. */
bool font_open(struct font *f, arena *a, str bytes);
void font_close(struct font *f);
uint32_t font_code(struct font *f, uint32_t glyph, uint32_t character);
/* Width in the file, thousandths of an em. */
int font_width(const struct font *f, uint32_t glyph);
/* Writes the font cut to its codes; returns the object to name in resources. */
uint32_t font_write(struct font *f, struct pdf *p, const char *name);

#endif
