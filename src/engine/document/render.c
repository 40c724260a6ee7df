/* render.c - a document from view to file. */
#include "engine/document/model.h"

#include <string.h>

#define WIDTH       (PAGE_WIDTH - 2 * PAGE_MARGIN)
#define FOOTER_Y    34.0
#define NEW_LANE    28.0 /* between Arabic and English when one follows the other */
#define SIGNED_DATE "D:%04d%02d%02d%02d%02d%02d"

/* ---- lanes ---- */

static void add_lane(struct rendering *r, struct elem *root, bool rtl, double x, double width)
{
	struct lane *l = &r->lanes[r->n_lanes++];
	*l = (struct lane){rtl ? LANE_AR : LANE_EN, rtl, x, width, elem_new(r->a, root, "Sect")};
	l->section->lang = rtl ? "ar" : "en";
}

static struct elem *open_lanes(struct rendering *r)
{
	struct elem *root = elem_new(r->a, NULL, "Document");
	enum document_layout how = r->env->layout ? r->env->layout : r->doc->layout;
	double column = (WIDTH - COLUMN_GAP) / 2;
	r->side_by_side = how == LAYOUT_COLUMNS;
	if (how == LAYOUT_COLUMNS) {
		add_lane(r, root, true, PAGE_MARGIN + column + COLUMN_GAP, column);
		add_lane(r, root, false, PAGE_MARGIN, column);
		return root;
	}
	if (how != LAYOUT_EN)
		add_lane(r, root, true, PAGE_MARGIN, WIDTH);
	if (how != LAYOUT_AR)
		add_lane(r, root, false, PAGE_MARGIN, WIDTH);
	return root;
}

/* ---- laying out ---- */

/* The height that must follow a heading: of what begins the next block. */
static double first_height(const struct pieces *p)
{
	return p->first ? p->first->before + p->first->height : 0;
}

struct laid {
	struct pieces lane[LANES];
};

static struct laid *lay_blocks(struct rendering *r)
{
	struct laid *all = NEWN(r->a, struct laid, r->doc->n + 2);
	for (size_t i = 0; i < r->n_lanes && !r->error; i++) {
		struct lane *l = &r->lanes[i];
		all[0].lane[i] = title_pieces(r, l);
		for (size_t b = 0; b < r->doc->n && !r->error && !r->shaper.over; b++)
			if (fill_holds(r, r->doc->blocks[b].condition, NULL))
				all[b + 1].lane[i] = block_pieces(r, &r->doc->blocks[b], l);
	}
	return all;
}

static struct place later(struct place a, struct place b)
{
	return b.page > a.page || (b.page == a.page && b.y > a.y) ? b : a;
}

static void put_rule(struct rendering *r, struct place *at, double x, double width)
{
	struct piece *p = piece_new(r->a, 6);
	struct item *i = piece_item(r->a, p);
	*i = (struct item){
	    .kind = ITEM_RECT, .x = x, .width = width, .dy = 2, .height = 2, .colour = COLOUR_ACCENT};
	struct pieces l = {0};
	pieces_add(&l, p);
	*at = pages_put(&r->pages, &l, LANE_AR, *at, 0);
}

/* Where the next block that has something in lane `i` begins. */
static double ahead_of(const struct rendering *r, const struct laid *all, size_t b, size_t i)
{
	for (size_t n = b + 1; n <= r->doc->n; n++)
		if (all[n].lane[i].first)
			return first_height(&all[n].lane[i]);
	return 0;
}

static void put_beside(struct rendering *r, const struct laid *all)
{
	struct place at = {0, 0};
	for (size_t b = 0; b <= r->doc->n; b++) {
		double need = 0;
		for (size_t i = 0; i < 2; i++) {
			double n = pieces_needed(&all[b].lane[i], ahead_of(r, all, b, i));
			need = n > need ? n : need;
		}
		/* Both begin on the same page, whichever needs more room. */
		if (at.y > 0 && at.y + need > PAGE_BODY)
			at = (struct place){at.page + 1, 0};
		struct place end = at;
		for (size_t i = 0; i < 2; i++)
			end = later(end, pages_put(&r->pages, &all[b].lane[i], r->lanes[i].no, at,
			                           ahead_of(r, all, b, i)));
		at = end;
		if (b == 0)
			put_rule(r, &at, PAGE_MARGIN, WIDTH);
	}
}

static void put_after(struct rendering *r, const struct laid *all)
{
	struct place at = {0, 0};
	for (size_t i = 0; i < r->n_lanes; i++) {
		if (i > 0 && at.y > 0) {
			double whole = 0;
			for (size_t b = 0; b <= r->doc->n; b++)
				whole += all[b].lane[i].height;
			/* A language that fits on what is left stays; else it gets its own page. */
			at.y += NEW_LANE;
			if (at.y + whole > PAGE_BODY)
				at = (struct place){at.page + 1, 0};
		}
		for (size_t b = 0; b <= r->doc->n; b++) {
			at = pages_put(&r->pages, &all[b].lane[i], r->lanes[i].no, at, ahead_of(r, all, b, i));
			if (b == 0)
				put_rule(r, &at, PAGE_MARGIN, WIDTH);
		}
	}
}

/* ---- on every page ---- */

static void put_footers(struct rendering *r)
{
	const json *footer = json_get(r->doc->spec, "footer");
	for (size_t i = 0; footer && i < r->pages.n; i++) {
		json *numbers = json_object(r->a);
		json_set_int(r->a, numbers, "page", (int64_t)i + 1);
		json_set_int(r->a, numbers, "pages", (int64_t)r->pages.n);
		for (size_t k = 0; k < r->n_lanes; k++) {
			struct lane *l = &r->lanes[k];
			double half = r->n_lanes > 1 ? (WIDTH - COLUMN_GAP) / 2 : WIDTH;
			double x = r->n_lanes > 1 && l->rtl ? PAGE_MARGIN + half + COLUMN_GAP : PAGE_MARGIN;
			double y = FOOTER_Y;
			struct lines t = shape_text(&r->shaper, fill(r, footer, numbers, l->rtl), l->rtl,
			                            &style_small, half);
			for (const struct line *n = t.first; n && y > 0; n = n->next, y -= 12)
				page_line(&r->pages, &r->pages.page[i], n, l->rtl ? x + half - n->width : x, y,
				          k + 1 < r->n_lanes);
		}
	}
}

/* "COPY", above the text of each page. */
static void put_mark(struct rendering *r)
{
	const json *mark = json_get(r->doc->spec, "mark");
	const json *text = json_get(mark, "text") ? json_get(mark, "text") : mark;
	if (!mark || !fill_holds(r, json_str(mark, "if"), NULL))
		return;
	for (size_t k = 0; k < r->n_lanes; k++) {
		bool rtl = r->lanes[k].rtl;
		struct lines t =
		    shape_text(&r->shaper, fill(r, text, NULL, rtl), rtl, &style_mark, WIDTH / 2);
		for (size_t i = 0; t.first && i < r->pages.n; i++)
			page_line(&r->pages, &r->pages.page[i], t.first,
			          rtl ? PAGE_WIDTH - PAGE_MARGIN - t.first->width : PAGE_MARGIN,
			          PAGE_HEIGHT - PAGE_TOP + 14, k + 1 < r->n_lanes);
	}
}

/* ---- the file ---- */

static uint32_t write_signature(struct rendering *r, uint32_t page)
{
	struct pdf *p = &r->pdf;
	uint32_t widget = pdf_new(p), value = pdf_new(p);
	civil t = civil_of(r->env->at, 0);
	pdf_begin(p, widget);
	buf_fmt(&p->out,
	        "<</Type/Annot/Subtype/Widget/FT/Sig/T(signature)/F 132/Rect[0 0 0 0]/P %u 0 R"
	        "/V %u 0 R>>",
	        page, value);
	pdf_end(p);
	p->plain = true; /* a signature that is packed cannot be found by its bytes */
	pdf_begin(p, value);
	buf_fmt(&p->out,
	        "<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached/M(" SIGNED_DATE
	        "Z)/ByteRange[0 ",
	        t.year, t.month, t.day, t.hour, t.minute, t.second);
	/* Numbers of fixed width: kernel/documents fills them in with the signature. */
	buf_puts(&p->out, "0000000000 0000000000 0000000000]/Contents<");
	for (size_t i = 0; i < DOCUMENT_SIGNATURE; i++)
		buf_puts(&p->out, "00");
	buf_puts(&p->out, ">>>");
	pdf_end(p);
	p->plain = false;
	return widget;
}

/* See shape.h on poppler. */
static void balance(struct rendering *r, struct page *pg)
{
	if (!pg->arabic || pg->rtl > pg->ltr + 100)
		return;
	buf_puts(&pg->under, "/Artifact BMC ");
	marks_draw(&r->shaper, &pg->under, (size_t)(pg->ltr - pg->rtl + 200), PAGE_MARGIN,
	           PAGE_HEIGHT - 12);
	buf_puts(&pg->under, "EMC\n");
}

static void write_page(struct rendering *r, size_t i, const uint32_t *ids, uint32_t parent,
                       uint32_t resources, uint32_t widget)
{
	struct pdf *p = &r->pdf;
	struct page *pg = &r->pages.page[i];
	buf all = buf_make(r->a, DOCUMENT_MAX_BYTES);
	buf_put(&all, buf_str(&pg->under));
	for (size_t k = 0; k < r->n_lanes; k++) {
		int lane = r->lanes[k].no;
		buf_put(&all, buf_str(&pg->lane[lane]));
		if (pg->open[lane])
			buf_puts(&all, "EMC\n");
		p->out.over |= pg->lane[lane].over;
	}
	buf_put(&all, buf_str(&pg->over));
	p->out.over |= all.over || pg->under.over || pg->over.over;
	uint32_t content = pdf_new(p);
	pdf_stream(p, content, (str){0}, buf_str(&all), true);
	pdf_begin(p, ids[i]);
	buf_fmt(&p->out,
	        "<</Type/Page/Parent %u 0 R/MediaBox[0 0 595.276 841.89]/Resources %u 0 R"
	        "/Contents %u 0 R/StructParents %zu/Tabs/S",
	        parent, resources, content, i);
	if (widget)
		buf_fmt(&p->out, "/Annots[%u 0 R]", widget);
	buf_puts(&p->out, ">>");
	pdf_end(p);
}

/* After the pages, which give out the codes of the fonts. */
static err write_resources(struct rendering *r, uint32_t id)
{
	static const char *const names[] = {"NotoSans-Regular", "NotoSans-Bold"};
	struct pdf *p = &r->pdf;
	uint32_t font[WEIGHTS] = {0};
	for (int w = 0; w < WEIGHTS; w++) {
		if (r->shaper.font[w].n == 1)
			continue; /* not one letter of this weight */
		font[w] = font_write(&r->shaper.font[w], p, names[w]);
		if (!font[w])
			return ERR_document_font;
	}
	pdf_begin(p, id);
	buf_puts(&p->out, "<</Font<<");
	for (int w = 0; w < WEIGHTS; w++)
		if (font[w])
			buf_fmt(&p->out, "/F%d %u 0 R", w, font[w]);
	buf_puts(&p->out, ">>/XObject<<");
	for (size_t i = 0; i < r->n_pictures; i++)
		buf_fmt(&p->out, "/I%u %u 0 R", r->pictures[i].id, r->pictures[i].id);
	buf_puts(&p->out, ">>>>");
	pdf_end(p);
	return OK;
}

static err write_file(struct rendering *r, struct elem *root)
{
	struct pdf *p = &r->pdf;
	uint32_t catalog = pdf_new(p), tree = pdf_new(p), resources = pdf_new(p), widget = 0;
	uint32_t *ids = NEWN(r->a, uint32_t, r->pages.n);
	for (size_t i = 0; i < r->pages.n; i++)
		ids[i] = pdf_new(p);
	const json *title = json_get(r->doc->spec, "title");
	struct meta m = meta_write(r, fill(r, title, NULL, true), fill(r, title, NULL, false));
	uint32_t tags = tags_write(&r->pages, p, root, ids);
	err e = write_resources(r, resources);
	if (e)
		return e;
	if (r->env->signable)
		widget = write_signature(r, ids[0]);
	for (size_t i = 0; i < r->pages.n; i++)
		write_page(r, i, ids, tree, resources, i == 0 ? widget : 0);
	pdf_begin(p, tree);
	buf_fmt(&p->out, "<</Type/Pages/Count %zu/Kids[", r->pages.n);
	for (size_t i = 0; i < r->pages.n; i++)
		buf_fmt(&p->out, "%u 0 R ", ids[i]);
	buf_puts(&p->out, "]>>");
	pdf_end(p);
	/* No /Direction /R2L: PDFium would then read English lines from right to left. */
	pdf_begin(p, catalog);
	buf_fmt(&p->out,
	        "<</Type/Catalog/Pages %u 0 R/Metadata %u 0 R/OutputIntents[%u 0 R]"
	        "/StructTreeRoot %u 0 R/MarkInfo<</Marked true>>/Lang(%s)"
	        "/ViewerPreferences<</DisplayDocTitle true>>",
	        tree, m.xmp, m.intent, tags, r->lanes[0].rtl ? "ar" : "en");
	if (widget)
		buf_fmt(&p->out, "/AcroForm<</SigFlags 3/Fields[%u 0 R]>>", widget);
	buf_puts(&p->out, ">>");
	pdf_end(p);
	pdf_finish(p, catalog, m.info, r->env->id);
	return p->out.over ? ERR_document_too_large : OK;
}

static err run(struct rendering *r, str *out)
{
	struct elem *root = open_lanes(r);
	for (int w = 0; w < WEIGHTS; w++)
		if (!font_open(&r->shaper.font[w], r->a, w ? r->env->font_bold : r->env->font))
			return ERR_document_font;
	struct laid *all = lay_blocks(r);
	if (r->error || r->shaper.over)
		return r->error ? r->error : ERR_document_too_large;
	pages_at(&r->pages, 0);
	if (r->side_by_side)
		put_beside(r, all);
	else
		put_after(r, all);
	put_footers(r);
	put_mark(r);
	for (size_t i = 0; i < r->pages.n; i++)
		balance(r, &r->pages.page[i]);
	if (r->pages.over || r->shaper.over)
		return ERR_document_too_large;
	err e = write_file(r, root);
	*out = buf_str(&r->pdf.out);
	return e ? e : r->error;
}

err document_render(const struct document *doc, const json *view, const struct document_env *env,
                    arena *a, str *out)
{
	struct rendering *r = NEW(a, struct rendering);
	r->a = a;
	r->doc = doc;
	r->env = env;
	r->view = view;
	r->pdf = pdf_make(a, DOCUMENT_MAX_BYTES);
	r->shaper = (struct shaper){
	    .a = a, .buffer = hb_buffer_create(), .ink = ink_funcs(), .diags = env->diags};
	r->pages = (struct pages){.a = a, .shaper = &r->shaper};
	/* HarfBuzz has memory of its own: it goes back whatever happens. */
	jmp_buf oom, *before = arena_guard(a, &oom);
	volatile err e = ERR_out_of_memory;
	if (setjmp(oom) == 0)
		e = run(r, out);
	arena_guard(a, before);
	for (int w = 0; w < WEIGHTS; w++)
		if (r->shaper.font[w].hb)
			font_close(&r->shaper.font[w]);
	hb_buffer_destroy(r->shaper.buffer);
	hb_draw_funcs_destroy(r->shaper.ink);
	if (e == ERR_document_too_large && env->diags)
		diags_add(env->diags, DIAG_ERROR, "document.too-large", 0, 0,
		          "the document is past %d pages, %zu bytes of text or %zu bytes of file",
		          DOCUMENT_MAX_PAGES, DOCUMENT_MAX_ALL, DOCUMENT_MAX_BYTES);
	return e;
}
