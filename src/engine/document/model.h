/* model.h - a loaded document, and what one rendering holds. Private to document. */
#ifndef ENGINE_DOCUMENT_MODEL_H
#define ENGINE_DOCUMENT_MODEL_H

#include "engine/document/document.h"
#include "engine/document/page.h"

enum block_kind {
#define BLOCK(name, members) BLOCK_##name,
#include "engine/document/blocks.def"
#undef BLOCK
	BLOCK_KINDS
};

struct block {
	enum block_kind kind;
	const json *spec;
	str condition;
};

struct document {
	const json *spec;
	enum document_layout layout;
	struct block *blocks;
	size_t n;
};

/* Where a language stands: its column of the page. */
struct lane {
	int no; /* LANE_AR, LANE_EN */
	bool rtl;
	double x, width;
	struct elem *section;
};

#define PICTURES_MAX 16
struct picture {
	str name;
	uint32_t id;  /* of the image in the file */
	double ratio; /* width by height */
};

struct rendering {
	arena *a;
	struct pdf pdf;
	const struct document *doc;
	const struct document_env *env;
	const json *view;
	struct shaper shaper;
	struct pages pages;
	struct lane lanes[2];
	size_t n_lanes;
	bool side_by_side;
	struct picture pictures[PICTURES_MAX];
	size_t n_pictures;
	err error;
};

/* ---- texts (fill.c) ---- */

/* Checks the syntax of a text's placeholders; NULL when it is right. */
const char *fill_check(str text);
/* A text of the spec in the lane's language, filled from row, then view. */
str fill(struct rendering *r, const json *text, const json *row, bool arabic);
/* The same for what no person reads: nothing is isolated. */
str fill_bare(struct rendering *r, const json *text, const json *row);
/* "path" or "!path"; an empty condition holds. */
bool fill_holds(const struct rendering *r, str condition, const json *row);
const json *fill_path(const struct rendering *r, const json *row, str path);

/* ---- blocks into pieces (block.c, figure.c) ---- */

struct pieces block_pieces(struct rendering *r, const struct block *b, struct lane *lane);
struct pieces title_pieces(struct rendering *r, struct lane *lane);
struct pieces qr_pieces(struct rendering *r, const struct block *b, struct lane *lane);
struct pieces picture_pieces(struct rendering *r, const struct block *b, struct lane *lane);
struct pieces bars_pieces(struct rendering *r, const struct block *b, struct lane *lane);
/* An image as an object of the file; 0 when it cannot be read. */
uint32_t picture_write(struct rendering *r, str bytes, double *ratio);

/* Text within a box, one piece a line. */
struct text_box {
	double x, width;
	enum { ALIGN_START, ALIGN_END, ALIGN_CENTRE } align;
	const struct style *style;
	struct elem *elem;
};
struct pieces text_pieces(struct rendering *r, str text, bool rtl, struct text_box box);
/* Texts of a row side by side as pieces of one line each, under `elem` boxes. */
struct cell {
	str text;
	struct text_box box;
};
struct pieces row_pieces(struct rendering *r, bool rtl, const struct cell *cells, size_t n,
                         double padding);

/* ---- the rest of the file (meta.c) ---- */

struct meta {
	uint32_t xmp, intent, info;
};
struct meta meta_write(struct rendering *r, str title_ar, str title_en);

extern const struct style style_plain, style_small, style_lead, style_label, style_heading,
    style_subheading, style_title, style_issuer, style_mark;

#define COLOUR_TEXT   0x0b0c0cu
#define COLOUR_MUTED  0x505a5fu
#define COLOUR_ACCENT 0x0b5351u
#define COLOUR_LINE   0xb1b4b6u

#endif
