/* block.c - blocks of text into pieces. */
#include "engine/document/model.h"

#define LABEL_SHARE   0.36 /* of the width, for the names of fields */
#define CELL_GAP      8.0
#define ROW_PADDING   4.0
#define FIELD_PADDING 3.0
#define HAIRLINE      0.5
#define TABLE_COLUMNS 12
#define TABLE_ROWS    20000

const struct style style_plain = {REGULAR, 10, 16, COLOUR_TEXT};
const struct style style_small = {REGULAR, 8.5, 13.5, COLOUR_MUTED};
const struct style style_lead = {REGULAR, 11, 17.5, COLOUR_TEXT};
const struct style style_label = {BOLD, 9, 16, COLOUR_MUTED};
const struct style style_heading = {BOLD, 12, 19, COLOUR_ACCENT};
const struct style style_subheading = {BOLD, 10.5, 17, COLOUR_TEXT};
const struct style style_title = {BOLD, 15, 24, COLOUR_TEXT};
const struct style style_issuer = {BOLD, 10, 16, COLOUR_ACCENT};
const struct style style_mark = {BOLD, 14, 20, 0xd4351cu};

static const struct style style_total = {BOLD, 10, 16, COLOUR_TEXT};
static const struct style style_label_above = {REGULAR, 8, 11.5, COLOUR_MUTED};
static const struct style style_head = {BOLD, 9, 15, COLOUR_TEXT};

/* Where the baseline stands in a line's height. */
static double baseline(const struct style *s)
{
	return s->leading * 0.5 + s->size * 0.36;
}

static double line_x(const struct line *l, struct text_box box)
{
	/* Figures end at the right in both languages: digits stand below digits. */
	bool right = box.align == ALIGN_END || l->rtl;
	if (box.align == ALIGN_CENTRE)
		return box.x + (box.width - l->width) / 2;
	return right ? box.x + box.width - l->width : box.x;
}

static void put_line(struct rendering *r, struct piece *p, const struct line *l,
                     struct text_box box, double dy)
{
	struct item *i = piece_item(r->a, p);
	i->kind = ITEM_LINE;
	i->line = l;
	i->x = line_x(l, box);
	i->dy = dy + baseline(box.style);
	i->elem = box.elem;
}

static bool has_rtl(str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] >= 0xd6 && (unsigned char)s.p[i] <= 0xdf)
			return true; /* U+0580 to U+07FF begin with these bytes */
	return false;
}

/* The text of an element, as it was written: what is on paper is in the order of
 * the paper. Direction controls are for setting, not for reading. */
static str spoken(struct rendering *r, str text)
{
	buf b = buf_make(r->a, text.n + 1);
	for (size_t i = 0; i < text.n; i++) {
		if (i + 2 < text.n && (unsigned char)text.p[i] == 0xe2 &&
		    (unsigned char)text.p[i + 1] == 0x81 &&
		    ((unsigned char)text.p[i + 2] == 0xa8 || (unsigned char)text.p[i + 2] == 0xa9))
			i += 2; /* U+2068, U+2069 */
		else
			buf_putc(&b, text.p[i]);
	}
	return buf_str(&b);
}

static struct lines set_lines(struct rendering *r, str text, bool rtl, struct text_box box)
{
	if (box.elem && has_rtl(text))
		box.elem->actual = spoken(r, text);
	return shape_text(&r->shaper, text, rtl, box.style, box.width);
}

struct pieces text_pieces(struct rendering *r, str text, bool rtl, struct text_box box)
{
	struct pieces out = {0};
	struct lines l = set_lines(r, text, rtl, box);
	size_t i = 0;
	for (const struct line *line = l.first; line; line = line->next, i++) {
		struct piece *p = piece_new(r->a, box.style->leading);
		put_line(r, p, line, box, 0);
		/* No line alone at the end or the start of a page. */
		p->keep = l.n > 1 && (i == 0 || i + 2 == l.n);
		pieces_add(&out, p);
	}
	return out;
}

struct pieces row_pieces(struct rendering *r, bool rtl, const struct cell *cells, size_t n,
                         double padding)
{
	struct pieces out = {0};
	struct line *next[TABLE_COLUMNS];
	double leading = 0;
	for (size_t i = 0; i < n; i++) {
		next[i] = set_lines(r, cells[i].text, rtl, cells[i].box).first;
		if (cells[i].box.style->leading > leading)
			leading = cells[i].box.style->leading;
	}
	for (bool more = true, first = true; more; first = false) {
		struct piece *p = piece_new(r->a, leading + (first ? padding : 0));
		double top = first ? padding : 0;
		more = false;
		for (size_t i = 0; i < n; i++) {
			if (!next[i])
				continue;
			if (i + 1 < n)
				line_part(&r->shaper, next[i]);
			put_line(r, p, next[i], cells[i].box, top);
			next[i] = next[i]->next;
			more |= next[i] != NULL;
		}
		p->keep = first && more;
		pieces_add(&out, p);
	}
	out.last->height += padding;
	out.height += padding;
	return out;
}

static void under_line(struct rendering *r, struct pieces *p, struct lane *lane, double thick,
                       uint32_t colour)
{
	struct item *i = piece_item(r->a, p->last);
	i->kind = ITEM_RECT;
	i->x = lane->x;
	i->width = lane->width;
	i->dy = p->last->height - thick;
	i->height = thick;
	i->colour = colour;
}

/* ---- kinds ---- */

static struct pieces heading(struct rendering *r, const struct block *b, struct lane *lane)
{
	int64_t level = json_int(b->spec, "level", 1);
	struct text_box box = {lane->x, lane->width, ALIGN_START,
	                       level > 1 ? &style_subheading : &style_heading,
	                       elem_new(r->a, lane->section, level > 1 ? "H3" : "H2")};
	str text = fill(r, json_get(b->spec, "text"), NULL, lane->rtl);
	struct pieces out = text_pieces(r, text, lane->rtl, box);
	if (!out.first)
		return out;
	out.first->before = level > 1 ? 8 : 12;
	out.height += out.first->before;
	for (struct piece *p = out.first; p; p = p->next)
		p->keep = true;
	return out;
}

static struct pieces paragraph(struct rendering *r, const struct block *b, struct lane *lane)
{
	str style = json_str(b->spec, "style");
	struct text_box box = {lane->x, lane->width, ALIGN_START,
	                       str_eq(style, STR("small"))  ? &style_small
	                       : str_eq(style, STR("lead")) ? &style_lead
	                                                    : &style_plain,
	                       elem_new(r->a, lane->section, "P")};
	str text = fill(r, json_get(b->spec, "text"), NULL, lane->rtl);
	struct pieces out = text_pieces(r, text, lane->rtl, box);
	if (out.first) {
		out.first->before = 6;
		out.height += 6;
	}
	return out;
}

/* In a narrow column a field's name stands above its value; on a wide page beside it. */
static struct pieces field(struct rendering *r, struct lane *lane, const json *row,
                           struct elem *table)
{
	double label = lane->width * LABEL_SHARE, value = lane->width - label - CELL_GAP;
	struct elem *tr = elem_new(r->a, table, "TR"), *th = elem_new(r->a, tr, "TH");
	th->attributes = "/O/Table/Scope/Row";
	struct cell cells[] = {
	    {fill(r, json_get(row, "label"), NULL, lane->rtl),
	     {lane->rtl ? lane->x + lane->width - label : lane->x, label, ALIGN_START, &style_label,
	      th}},
	    {fill(r, json_get(row, "value"), NULL, lane->rtl),
	     {lane->rtl ? lane->x : lane->x + label + CELL_GAP, value, ALIGN_START, &style_plain,
	      elem_new(r->a, tr, "TD")}},
	};
	if (!r->side_by_side)
		return row_pieces(r, lane->rtl, cells, 2, ROW_PADDING);
	struct pieces out = {0};
	for (int i = 0; i < 2; i++) {
		cells[i].box.x = lane->x;
		cells[i].box.width = lane->width;
		cells[i].box.style = i ? &style_plain : &style_label_above;
		pieces_join(&out, text_pieces(r, cells[i].text, lane->rtl, cells[i].box));
	}
	for (struct piece *p = out.first; p != out.last; p = p->next)
		p->keep |= p == out.first;
	out.last->height += FIELD_PADDING;
	out.height += FIELD_PADDING;
	return out;
}

static struct pieces fields(struct rendering *r, const struct block *b, struct lane *lane)
{
	struct pieces out = {0};
	struct elem *table = elem_new(r->a, lane->section, "Table");
	for (const json *row = json_get(b->spec, "rows")->first; row; row = row->next) {
		if (!fill_holds(r, json_str(row, "if"), NULL))
			continue;
		struct pieces one = field(r, lane, row, table);
		if (!one.first)
			continue;
		one.first->before = r->side_by_side ? FIELD_PADDING : 0;
		one.height += one.first->before;
		under_line(r, &one, lane, HAIRLINE, COLOUR_LINE);
		pieces_join(&out, one);
	}
	if (out.first) {
		out.first->before += 4;
		out.height += 4;
	}
	return out;
}

struct columns {
	size_t n;
	double x[TABLE_COLUMNS], width[TABLE_COLUMNS];
	int align[TABLE_COLUMNS];
	const json *spec[TABLE_COLUMNS];
};

static struct columns columns_of(const struct block *b, const struct lane *lane)
{
	struct columns c = {0};
	double weights = 0, x = 0;
	const json *list = json_get(b->spec, "columns");
	for (const json *s = list->first; s && c.n < TABLE_COLUMNS; s = s->next) {
		str align = json_str(s, "align");
		c.spec[c.n] = s;
		c.align[c.n] = str_eq(align, STR("end"))      ? ALIGN_END
		               : str_eq(align, STR("centre")) ? ALIGN_CENTRE
		                                              : ALIGN_START;
		weights += (double)json_int(s, "width", 1);
		c.n++;
	}
	double all = lane->width - CELL_GAP * (double)(c.n - 1);
	for (size_t i = 0; i < c.n; i++) {
		c.width[i] = all * (double)json_int(c.spec[i], "width", 1) / weights;
		c.x[i] = lane->rtl ? lane->x + lane->width - x - c.width[i] : lane->x + x;
		x += c.width[i] + CELL_GAP;
	}
	return c;
}

struct row {
	const char *member, *tag; /* which text of the column: "label", "value" or NULL: total */
	const struct style *style;
	const json *data;
};

static struct pieces table_row(struct rendering *r, const struct block *b, struct lane *lane,
                               const struct columns *c, struct elem *table, struct row row)
{
	struct cell cells[TABLE_COLUMNS];
	struct elem *tr = elem_new(r->a, table, "TR");
	const json *total = row.member ? NULL : json_get(b->spec, "total")->first;
	for (size_t i = 0; i < c->n; i++) {
		const json *text = row.member ? json_get(c->spec[i], row.member) : total;
		struct elem *e = elem_new(r->a, tr, row.tag);
		if (row.tag[1] == 'H')
			e->attributes = "/O/Table/Scope/Column";
		cells[i] = (struct cell){fill(r, text, row.data, lane->rtl),
		                         {c->x[i], c->width[i], c->align[i], row.style, e}};
		total = total ? total->next : NULL;
	}
	return row_pieces(r, lane->rtl, cells, c->n, ROW_PADDING);
}

static struct pieces table_body(struct rendering *r, const struct block *b, struct lane *lane,
                                const struct columns *c, struct elem *table, const json *rows)
{
	struct pieces out = {0};
	size_t n = 0;
	for (const json *row = rows->first; row && !r->shaper.over; row = row->next) {
		if (++n > TABLE_ROWS) {
			r->shaper.over = true;
			break;
		}
		json *numbered = json_is(row, JSON_OBJECT) ? json_object(r->a) : NULL;
		if (numbered) {
			for (const json *m = row->first; m; m = m->next)
				json_set_key(r->a, numbered, m->key, json_copy(r->a, m));
			json_set_int(r->a, numbered, "@number", (int64_t)n);
		}
		struct pieces one =
		    table_row(r, b, lane, c, table, (struct row){"value", "TD", &style_plain, numbered});
		under_line(r, &one, lane, HAIRLINE, COLOUR_LINE);
		pieces_join(&out, one);
	}
	return out;
}

static struct pieces table(struct rendering *r, const struct block *b, struct lane *lane)
{
	struct pieces out = {0};
	const json *rows = fill_path(r, NULL, json_str(b->spec, "rows"));
	const json *caption = json_get(b->spec, "caption"), *empty = json_get(b->spec, "empty");
	if (!json_is(rows, JSON_ARRAY) || !rows->count) {
		struct text_box box = {lane->x, lane->width, ALIGN_START, &style_plain,
		                       elem_new(r->a, lane->section, "P")};
		return empty ? text_pieces(r, fill(r, empty, NULL, lane->rtl), lane->rtl, box) : out;
	}
	struct columns c = columns_of(b, lane);
	struct elem *table = elem_new(r->a, lane->section, "Table");
	if (caption) {
		struct text_box box = {lane->x, lane->width, ALIGN_START, &style_subheading,
		                       elem_new(r->a, table, "Caption")};
		pieces_join(&out, text_pieces(r, fill(r, caption, NULL, lane->rtl), lane->rtl, box));
		for (struct piece *p = out.first; p; p = p->next)
			p->keep = true;
	}
	struct pieces head =
	    table_row(r, b, lane, &c, table, (struct row){"label", "TH", &style_head, NULL});
	under_line(r, &head, lane, 1, COLOUR_ACCENT);
	size_t n_head = 0;
	for (struct piece *p = head.first; p; p = p->next, n_head++)
		p->keep = true;
	struct pieces body = table_body(r, b, lane, &c, table, rows);
	if (json_get(b->spec, "total"))
		pieces_join(&body,
		            table_row(r, b, lane, &c, table, (struct row){NULL, "TD", &style_total, NULL}));
	for (struct piece *p = body.first; p; p = p->next) {
		p->repeat = head.first;
		p->n_repeat = n_head;
	}
	pieces_join(&out, head);
	pieces_join(&out, body);
	out.first->before = 8;
	out.height += 8;
	return out;
}

static struct pieces sign(struct rendering *r, const struct block *b, struct lane *lane)
{
	struct pieces out = {0};
	double width = lane->width < 220 ? lane->width : 220;
	struct piece *gap = piece_new(r->a, 40);
	struct item *i = piece_item(r->a, gap);
	*i = (struct item){
	    .kind = ITEM_RECT, .width = width, .dy = 39, .height = HAIRLINE, .colour = COLOUR_TEXT};
	i->x = lane->rtl ? lane->x + lane->width - width : lane->x;
	gap->keep = true;
	pieces_add(&out, gap);
	static const char *const members[] = {"name", "role"};
	for (int m = 0; m < 2; m++) {
		const json *text = json_get(b->spec, members[m]);
		struct text_box box = {lane->x, lane->width, ALIGN_START,
		                       m ? &style_small : &style_subheading,
		                       elem_new(r->a, lane->section, "P")};
		if (text)
			pieces_join(&out, text_pieces(r, fill(r, text, NULL, lane->rtl), lane->rtl, box));
	}
	return out;
}

static struct pieces gap(struct rendering *r, const struct block *b, struct lane *lane)
{
	struct pieces out = {0};
	double mm = b->kind == BLOCK_space ? (double)json_int(b->spec, "mm", 4) : 4;
	struct piece *p = piece_new(r->a, b->kind == BLOCK_page ? 0 : mm * MM);
	p->break_before = b->kind == BLOCK_page;
	pieces_add(&out, p);
	if (b->kind == BLOCK_rule)
		under_line(r, &out, lane, HAIRLINE, COLOUR_LINE);
	return out;
}

struct pieces block_pieces(struct rendering *r, const struct block *b, struct lane *lane)
{
	switch (b->kind) {
	case BLOCK_heading:
		return heading(r, b, lane);
	case BLOCK_paragraph:
		return paragraph(r, b, lane);
	case BLOCK_fields:
		return fields(r, b, lane);
	case BLOCK_table:
		return table(r, b, lane);
	case BLOCK_bars:
		return bars_pieces(r, b, lane);
	case BLOCK_picture:
		return picture_pieces(r, b, lane);
	case BLOCK_qr:
		return qr_pieces(r, b, lane);
	case BLOCK_sign:
		return sign(r, b, lane);
	default:
		return gap(r, b, lane);
	}
}

struct pieces title_pieces(struct rendering *r, struct lane *lane)
{
	struct pieces out = {0};
	const json *issuer = json_get(r->doc->spec, "issuer");
	struct text_box box = {lane->x, lane->width, ALIGN_START, &style_issuer, NULL};
	if (issuer) {
		box.elem = elem_new(r->a, lane->section, "P");
		pieces_join(&out, text_pieces(r, fill(r, issuer, NULL, lane->rtl), lane->rtl, box));
	}
	box.style = &style_title;
	box.elem = elem_new(r->a, lane->section, "H1");
	str title = fill(r, json_get(r->doc->spec, "title"), NULL, lane->rtl);
	pieces_join(&out, text_pieces(r, title, lane->rtl, box));
	return out;
}
