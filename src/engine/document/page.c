#include "engine/document/page.h"

#include "engine/document/document.h"

#include <string.h>

#define PAGE_STREAM_MAX ((size_t)4 * 1024 * 1024)

struct elem *elem_new(arena *a, struct elem *parent, const char *type)
{
	struct elem *e = NEW(a, struct elem);
	e->type = type;
	e->parent = parent;
	if (parent) {
		struct kid *k = NEW(a, struct kid);
		k->elem = e;
		if (parent->last)
			parent->last->next = k;
		else
			parent->first = k;
		parent->last = k;
	}
	return e;
}

struct piece *piece_new(arena *a, double height)
{
	struct piece *p = NEW(a, struct piece);
	p->height = height;
	return p;
}

struct item *piece_item(arena *a, struct piece *p)
{
	struct item *i = NEW(a, struct item);
	if (p->last)
		p->last->next = i;
	else
		p->first = i;
	p->last = i;
	return i;
}

void pieces_add(struct pieces *l, struct piece *p)
{
	if (l->last)
		l->last->next = p;
	else
		l->first = p;
	l->last = p;
	l->height += p->height + p->before;
}

void pieces_join(struct pieces *l, struct pieces more)
{
	if (!more.first)
		return;
	if (l->last)
		l->last->next = more.first;
	else
		l->first = more.first;
	l->last = more.last;
	l->height += more.height;
}

/* ---- pages ---- */

struct page *pages_at(struct pages *pages, size_t i)
{
	if (i >= DOCUMENT_MAX_PAGES) {
		pages->over = true;
		i = DOCUMENT_MAX_PAGES - 1;
	}
	if (i >= pages->cap) {
		size_t cap = pages->cap ? pages->cap * 2 : 8;
		while (cap <= i)
			cap *= 2;
		struct page *more = NEWN(pages->a, struct page, cap);
		if (pages->n)
			memcpy(more, pages->page, pages->n * sizeof *more);
		pages->page = more;
		pages->cap = cap;
	}
	for (; pages->n <= i; pages->n++) {
		struct page *p = &pages->page[pages->n];
		p->under = buf_make(pages->a, PAGE_STREAM_MAX);
		p->over = buf_make(pages->a, PAGE_STREAM_MAX);
		for (int lane = 0; lane < LANES; lane++)
			p->lane[lane] = buf_make(pages->a, PAGE_STREAM_MAX);
	}
	return &pages->page[i];
}

/* Marked content goes on while the same element does. */
static void mark(struct pages *pages, size_t page_no, int lane, struct elem *e)
{
	struct page *p = &pages->page[page_no];
	if (p->open[lane] == e)
		return;
	if (p->open[lane])
		buf_puts(&p->lane[lane], "EMC\n");
	p->open[lane] = e;
	if (!e)
		return;
	if (p->n_marked == p->cap) {
		uint32_t cap = p->cap ? p->cap * 2 : 64;
		struct elem **more = NEWN(pages->a, struct elem *, cap);
		if (p->n_marked)
			memcpy(more, p->marked, p->n_marked * sizeof *more);
		p->marked = more;
		p->cap = cap;
	}
	struct kid *k = NEW(pages->a, struct kid);
	*k = (struct kid){.page = (uint32_t)page_no, .mcid = p->n_marked};
	if (e->last)
		e->last->next = k;
	else
		e->first = k;
	e->last = k;
	for (struct elem *up = e; up && !up->used; up = up->parent)
		up->used = true;
	p->marked[p->n_marked] = e;
	buf_fmt(&p->lane[lane], "/%s<</MCID %u>>BDC\n", e->type, p->n_marked++);
}

static void colour(buf *b, uint32_t rgb)
{
	for (int shift = 16; shift >= 0; shift -= 8) {
		pdf_number(b, (double)(rgb >> shift & 0xff) / 255);
		buf_putc(b, ' ');
	}
	buf_puts(b, "rg ");
}

void page_line(struct pages *pages, struct page *pg, const struct line *l, double x, double y,
               bool first)
{
	buf *b = first ? &pg->under : &pg->over;
	buf_puts(b, "/Artifact BMC ");
	colour(b, l->style->colour);
	line_draw(pages->shaper, b, l, x, y);
	buf_puts(b, "EMC\n");
}

static void draw(struct pages *pages, size_t page_no, int lane, const struct piece *p, double top,
                 bool again)
{
	struct page *pg = &pages->page[page_no];
	for (const struct item *i = p->first; i; i = i->next) {
		double y = PAGE_HEIGHT - PAGE_TOP - top - i->dy;
		if (i->kind == ITEM_RECT) {
			buf_puts(&pg->under, "/Artifact BMC ");
			colour(&pg->under, i->colour);
			pdf_number(&pg->under, i->x);
			buf_putc(&pg->under, ' ');
			pdf_number(&pg->under, y - i->height);
			buf_putc(&pg->under, ' ');
			pdf_number(&pg->under, i->width);
			buf_putc(&pg->under, ' ');
			pdf_number(&pg->under, i->height);
			buf_puts(&pg->under, " re f EMC\n");
			continue;
		}
		if (i->kind == ITEM_LINE)
			line_weigh(i->line, &pg->ltr, &pg->rtl);
		pg->arabic |= i->kind == ITEM_LINE && i->line->rtl;
		if (again && i->kind == ITEM_LINE) {
			page_line(pages, pg, i->line, i->x, y, false);
			continue;
		}
		mark(pages, page_no, lane, i->elem);
		buf *b = &pg->lane[lane];
		if (i->kind == ITEM_LINE) {
			colour(b, i->line->style->colour);
			line_draw(pages->shaper, b, i->line, i->x, y);
			continue;
		}
		buf_puts(b, "q 1 0 0 1 ");
		pdf_number(b, i->x);
		buf_putc(b, ' ');
		pdf_number(b, y - i->height);
		buf_puts(b, " cm ");
		buf_put(b, i->operators);
		buf_puts(b, " Q\n");
	}
}

/* What must stay together from `p` on. */
static double needed(const struct piece *p, double ahead)
{
	double h = p->height;
	for (; p->keep && p->next; p = p->next)
		h += p->next->before + p->next->height;
	return p->keep ? h + ahead : h;
}

double pieces_needed(const struct pieces *l, double ahead)
{
	double need = l->first ? l->first->before + needed(l->first, ahead) : 0;
	return need < PAGE_BODY ? need : 0;
}

struct place pages_put(struct pages *pages, const struct pieces *l, int lane, struct place at,
                       double ahead)
{
	for (const struct piece *p = l->first; p && !pages->over; p = p->next) {
		double before = at.y > 0 ? p->before : 0, need = needed(p, ahead);
		bool full = at.y > 0 && at.y + before + (need < PAGE_BODY ? need : p->height) > PAGE_BODY;
		if (full || p->break_before) {
			at = (struct place){at.page + 1, 0};
			before = 0;
			pages_at(pages, at.page);
			const struct piece *h = p->break_before ? NULL : p->repeat;
			for (size_t i = 0; h && i < p->n_repeat; i++, h = h->next) {
				draw(pages, at.page, lane, h, at.y, true);
				at.y += h->height;
			}
		}
		pages_at(pages, at.page);
		draw(pages, at.page, lane, p, at.y + before, false);
		at.y += before + p->height;
	}
	return at;
}

/* ---- tags ---- */

static void number_elems(struct pdf *p, struct elem *e)
{
	e->id = pdf_new(p);
	for (struct kid *k = e->first; k; k = k->next)
		if (k->elem && k->elem->used)
			number_elems(p, k->elem);
}

static void write_elem(struct pdf *p, const struct elem *e, uint32_t parent,
                       const uint32_t *page_ids)
{
	buf *b = &p->out;
	pdf_begin(p, e->id);
	buf_fmt(b, "<</Type/StructElem/S/%s/P %u 0 R", e->type, parent);
	if (e->lang)
		buf_fmt(b, "/Lang(%s)", e->lang);
	if (e->attributes)
		buf_fmt(b, "/A<<%s>>", e->attributes);
	if (e->alt.n) {
		buf_puts(b, "/Alt");
		pdf_text(b, e->alt);
	}
	if (e->actual.n) {
		buf_puts(b, "/ActualText");
		pdf_text(b, e->actual);
	}
	buf_puts(b, "/K[");
	for (const struct kid *k = e->first; k; k = k->next) {
		if (k->elem && k->elem->used)
			buf_fmt(b, "%u 0 R ", k->elem->id);
		else if (!k->elem)
			buf_fmt(b, "<</Type/MCR/Pg %u 0 R/MCID %u>>", page_ids[k->page], k->mcid);
	}
	buf_puts(b, "]>>");
	pdf_end(p);
	for (const struct kid *k = e->first; k; k = k->next)
		if (k->elem && k->elem->used)
			write_elem(p, k->elem, e->id, page_ids);
}

uint32_t tags_write(struct pages *pages, struct pdf *p, struct elem *root, const uint32_t *page_ids)
{
	uint32_t tree = pdf_new(p), parents = pdf_new(p);
	number_elems(p, root);
	pdf_begin(p, tree);
	buf_fmt(&p->out, "<</Type/StructTreeRoot/K[%u 0 R]/ParentTree %u 0 R/ParentTreeNextKey %zu>>",
	        root->id, parents, pages->n);
	pdf_end(p);
	pdf_begin(p, parents);
	buf_puts(&p->out, "<</Nums[");
	for (size_t i = 0; i < pages->n; i++) {
		buf_fmt(&p->out, "%zu[", i);
		for (uint32_t m = 0; m < pages->page[i].n_marked; m++)
			buf_fmt(&p->out, "%u 0 R ", pages->page[i].marked[m]->id);
		buf_puts(&p->out, "]");
	}
	buf_puts(&p->out, "]>>");
	pdf_end(p);
	write_elem(p, root, tree, page_ids);
	return tree;
}
