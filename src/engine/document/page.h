/*
 * page.h - pieces on pages, and the tree of tags above them. Private to document.
 *
 * Blocks become pieces: a line of text, a line of a table's row, a figure. Pieces
 * are what a page break goes between. A page keeps what each language says apart
 * (a lane), so that the file holds one language after the other, in reading order,
 * however they stand on paper.
 */
#ifndef ENGINE_DOCUMENT_PAGE_H
#define ENGINE_DOCUMENT_PAGE_H

#include "engine/document/shape.h"

#define PAGE_WIDTH  595.276
#define PAGE_HEIGHT 841.89
#define PAGE_MARGIN 51.0
#define PAGE_TOP    51.0
#define PAGE_BOTTOM 62.0 /* the footer stands in it */
#define PAGE_BODY   (PAGE_HEIGHT - PAGE_TOP - PAGE_BOTTOM)
#define COLUMN_GAP  26.0
#define MM          2.834646

enum { LANE_AR, LANE_EN, LANES };

/* A structure element: "P", "TH" ... */
struct elem {
	const char *type, *lang, *attributes; /* of the last two, NULL if none */
	str alt, actual;
	struct elem *parent;
	struct kid *first, *last;
	uint32_t id;
	bool used; /* something of it is on a page */
};
struct kid {
	struct elem *elem; /* or, when NULL, marked content: */
	uint32_t page, mcid;
	struct kid *next;
};
struct elem *elem_new(arena *a, struct elem *parent, const char *type);

struct item {
	enum { ITEM_LINE, ITEM_RECT, ITEM_FIGURE } kind;
	const struct line *line;
	double x, dy; /* from the page's left edge, from the piece's top */
	double width, height;
	uint32_t colour;
	str operators;     /* of a figure, its origin at the lower left */
	struct elem *elem; /* NULL: an artifact */
	struct item *next;
};

struct piece {
	double height, before; /* gap above, except at the top of a page */
	bool keep;             /* on the page of the next piece */
	bool break_before;
	struct item *first, *last;
	struct piece *next;
	const struct piece *repeat; /* drawn again above this one on a new page */
	size_t n_repeat;
};
struct pieces {
	struct piece *first, *last;
	double height; /* of all, with gaps */
};

struct page {
	buf under, lane[LANES], over;
	struct elem *open[LANES]; /* whose marked content is not ended */
	struct elem **marked;     /* by mcid */
	uint32_t n_marked, cap;
	int64_t ltr, rtl; /* letters on it */
	bool arabic;      /* not only Arabic words in English */
};

struct pages {
	arena *a;
	struct shaper *shaper;
	struct page *page;
	size_t n, cap;
	bool over; /* past DOCUMENT_MAX_PAGES */
};

struct place {
	size_t page;
	double y; /* from the top of the page's body */
};

struct piece *piece_new(arena *a, double height);
struct item *piece_item(arena *a, struct piece *p);
void pieces_add(struct pieces *l, struct piece *p);
void pieces_join(struct pieces *l, struct pieces more);

/* Puts pieces one below the other from `at`; `ahead` is what must still fit below
 * the last of them. Returns where the next may begin. */
struct place pages_put(struct pages *pages, const struct pieces *l, int lane, struct place at,
                       double ahead);
/* What must stay together from the first of them on. */
double pieces_needed(const struct pieces *l, double ahead);
struct page *pages_at(struct pages *pages, size_t i);
/* A line that belongs to no element: before all else in the file, or after. Two that
 * share a baseline must not follow one another, or readers make one line of them. */
void page_line(struct pages *pages, struct page *pg, const struct line *l, double x, double y,
               bool first);

/* Writes the tree; returns its object. `page_ids` are the pages' objects. */
uint32_t tags_write(struct pages *pages, struct pdf *p, struct elem *root,
                    const uint32_t *page_ids);

#endif
