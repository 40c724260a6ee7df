/*
 * shape.h - text into lines of placed glyphs. Private to document.
 *
 * A text is ordered (FriBidi), shaped (HarfBuzz), broken at spaces and hyphens, or
 * anywhere when a word alone is wider than the line, and each line shaped again as
 * it stands. Glyphs of a line are in the order they stand on paper, left to right,
 * each with the one character it stands for (font.h).
 */
#ifndef ENGINE_DOCUMENT_SHAPE_H
#define ENGINE_DOCUMENT_SHAPE_H

#include "base/diag.h"
#include "engine/document/font.h"

#define MARK_LTR 0x200e
#define MARK_RTL 0x200f

enum { REGULAR, BOLD, WEIGHTS };

struct shaper {
	arena *a;
	struct font font[WEIGHTS];
	hb_buffer_t *buffer;
	hb_draw_funcs_t *ink; /* ink_funcs() */
	struct diags *diags;  /* may be NULL */
	uint32_t told[16];    /* characters already reported as missing */
	size_t n_told;
	size_t all; /* bytes shaped so far */
	bool over;  /* past DOCUMENT_MAX_ALL */
};

struct glyph {
	uint32_t id, character;
	double x; /* thousandths of an em from the start of the line */
};

struct ink { /* a glyph drawn as a path */
	uint32_t id;
	double x, y;
	struct ink *next;
};

struct style {
	int weight;
	double size;     /* points */
	double leading;  /* from baseline to baseline, points */
	uint32_t colour; /* 0xRRGGBB */
};

struct span {
	size_t from, to; /* glyphs */
	bool loose;      /* signs without a letter, from right to left */
};

struct line {
	struct glyph *glyph;
	size_t n;
	struct span *span; /* what is written as one text, in the order of the text */
	size_t n_spans;
	struct ink *ink;
	double width; /* points */
	bool rtl;     /* of the text it belongs to */
	const struct style *style;
	struct line *next;
};

struct lines {
	struct line *first, *last;
	size_t n;
};

hb_draw_funcs_t *ink_funcs(void);
struct lines shape_text(struct shaper *s, str text, bool rtl, const struct style *style,
                        double width);
/* Another cell follows on the same line: leaves a space, unseen, for who extracts. */
void line_part(struct shaper *s, struct line *l);
void line_weigh(const struct line *l, int64_t *ltr, int64_t *rtl);
/* Empty codes that count as right-to-left letters. */
void marks_draw(struct shaper *s, buf *out, size_t n, double x, double y);
/* Draws a line with its baseline's left end at x, y. */
void line_draw(struct shaper *s, buf *out, const struct line *l, double x, double y);

#endif
