/* figure.c - QR codes, pictures and bars: vectors and images into pieces. */
#include "engine/document/model.h"
#include "engine/form/image.h"

#include <qrencode.h>

#define QR_MM           30
#define QR_BYTES_MAX    1000
#define FIGURE_GAP      12.0
#define PICTURE_MM      35
#define BAR_LABEL_SHARE 0.38
#define BAR_VALUE_SHARE 0.16
#define BAR_HEIGHT      9.0
#define BAR_ROWS_MAX    200

static struct pieces one_piece(struct rendering *r, double height)
{
	struct pieces out = {0};
	struct piece *p = piece_new(r->a, height);
	p->before = FIGURE_GAP;
	pieces_add(&out, p);
	return out;
}

/* In a page of two columns a figure stands between them, told of on both sides; in
 * one column it stands at the start, its text beside it. */
struct beside {
	double figure_x, text_x, text_width;
	bool here; /* is the figure this lane's? */
};

static struct beside beside_of(const struct rendering *r, const struct lane *lane, double width)
{
	struct beside s = {.here = true};
	double left = lane->x, all = lane->width;
	if (r->side_by_side) {
		left = PAGE_MARGIN;
		all = PAGE_WIDTH - 2 * PAGE_MARGIN;
		s.figure_x = left + (all - width) / 2;
		s.text_width = (all - width) / 2 - FIGURE_GAP;
		s.text_x = lane->rtl ? s.figure_x + width + FIGURE_GAP : left;
		s.here = lane->no == LANE_AR;
		return s;
	}
	s.figure_x = lane->rtl ? left + all - width : left;
	s.text_width = all - width - FIGURE_GAP;
	s.text_x = lane->rtl ? left : left + width + FIGURE_GAP;
	return s;
}

static struct pieces with_caption(struct rendering *r, struct lane *lane, struct beside s,
                                  double size, const json *caption, const struct item *figure)
{
	struct pieces out = one_piece(r, size);
	struct piece *p = out.first;
	if (s.here) {
		struct item *i = piece_item(r->a, p);
		*i = *figure;
		i->next = NULL;
		i->elem = elem_new(r->a, lane->section, "Figure");
		i->elem->alt = figure->elem ? figure->elem->alt : (str){0};
	}
	if (!caption)
		return out;
	struct text_box box = {s.text_x, s.text_width, ALIGN_START, &style_small,
	                       elem_new(r->a, lane->section, "P")};
	struct pieces text = text_pieces(r, fill(r, caption, NULL, lane->rtl), lane->rtl, box);
	double top = text.height < size ? (size - text.height) / 2 : 0;
	for (const struct piece *t = text.first; t; t = t->next) {
		struct item *i = piece_item(r->a, p);
		*i = *t->first;
		i->dy += top;
		top += t->height;
	}
	if (text.height > p->height) {
		out.height += text.height - p->height;
		p->height = text.height;
	}
	return out;
}

/* ---- QR ---- */

static str qr_operators(struct rendering *r, str value, double size)
{
	QRcode *q =
	    value.n && value.n <= QR_BYTES_MAX
	        ? QRcode_encodeData((int)value.n, (const unsigned char *)value.p, 0, QR_ECLEVEL_M)
	        : NULL;
	buf b = buf_make(r->a, (size_t)256 * 1024);
	if (!q)
		return (str){0};
	double module = size / q->width;
	buf_puts(&b, "0 g ");
	for (int y = 0; y < q->width; y++)
		for (int x = 0; x < q->width; x++) {
			int from = x;
			while (x < q->width && q->data[y * q->width + x] & 1)
				x++;
			if (x == from)
				continue;
			pdf_number(&b, from * module);
			buf_putc(&b, ' ');
			pdf_number(&b, size - (y + 1) * module);
			buf_putc(&b, ' ');
			pdf_number(&b, (x - from) * module);
			buf_putc(&b, ' ');
			pdf_number(&b, module);
			buf_puts(&b, " re ");
		}
	buf_puts(&b, "f");
	QRcode_free(q);
	return buf_str(&b);
}

struct pieces qr_pieces(struct rendering *r, const struct block *b, struct lane *lane)
{
	double size = (double)json_int(b->spec, "size", QR_MM) * MM;
	struct beside s = beside_of(r, lane, size);
	str value = fill_bare(r, json_get(b->spec, "value"), NULL);
	struct elem alt = {.alt = str_fmt(r->a, "QR: %.*s", STRF(value))};
	struct item figure = {
	    .kind = ITEM_FIGURE, .x = s.figure_x, .width = size, .height = size, .elem = &alt};
	figure.operators = qr_operators(r, value, size);
	if (!figure.operators.n)
		r->error = ERR_document_too_large;
	return with_caption(r, lane, s, size, json_get(b->spec, "caption"), &figure);
}

/* ---- pictures ---- */

static uint32_t jpeg_write(struct rendering *r, str bytes, const struct image *i)
{
	if (i->channels != 1 && i->channels != 3)
		return 0;
	uint32_t id = pdf_new(&r->pdf);
	pdf_stream(&r->pdf, id,
	           str_fmt(r->a,
	                   "/Type/XObject/Subtype/Image/Width %u/Height %u/BitsPerComponent 8"
	                   "/ColorSpace/%s/Filter/DCTDecode",
	                   i->width, i->height, i->channels == 1 ? "DeviceGray" : "DeviceRGB"),
	           bytes, false);
	return id;
}

static uint32_t pixels_write(struct rendering *r, const struct image_pixels *p, str rgb)
{
	uint32_t id = pdf_new(&r->pdf);
	pdf_stream(&r->pdf, id,
	           str_fmt(r->a,
	                   "/Type/XObject/Subtype/Image/Width %u/Height %u/BitsPerComponent 8"
	                   "/ColorSpace/DeviceRGB",
	                   p->width, p->height),
	           rgb, true);
	return id;
}

uint32_t picture_write(struct rendering *r, str bytes, double *ratio)
{
	struct image_pixels p;
	str rgb, decoded;
	struct image i = image_read(bytes);
	if (i.type == IMAGE_PNG && image_pixels_of(r->a, bytes, DOCUMENT_PICTURE_PIXELS, &decoded))
		bytes = decoded;
	if (image_pixels_read(bytes, &p, &rgb)) {
		*ratio = (double)p.width / p.height;
		return pixels_write(r, &p, rgb);
	}
	if (i.fault != IMAGE_SOUND || i.type != IMAGE_JPEG ||
	    (uint64_t)i.width * i.height > DOCUMENT_PICTURE_PIXELS)
		return 0;
	*ratio = (double)i.width / i.height;
	return jpeg_write(r, bytes, &i);
}

static const struct picture *picture_of(struct rendering *r, str name)
{
	for (size_t i = 0; i < r->n_pictures; i++)
		if (str_eq(r->pictures[i].name, name))
			return &r->pictures[i];
	str bytes = r->env->picture ? r->env->picture(r->env->ctx, r->a, name) : (str){0};
	if (!bytes.n || r->n_pictures == PICTURES_MAX)
		return NULL;
	struct picture *p = &r->pictures[r->n_pictures];
	*p = (struct picture){.name = name};
	p->id = picture_write(r, bytes, &p->ratio);
	if (!p->id)
		return NULL;
	r->n_pictures++;
	return p;
}

struct pieces picture_pieces(struct rendering *r, const struct block *b, struct lane *lane)
{
	double width = (double)json_int(b->spec, "width", PICTURE_MM) * MM;
	double height = (double)json_int(b->spec, "height", PICTURE_MM) * MM;
	const struct picture *p = picture_of(r, fill_bare(r, json_get(b->spec, "name"), NULL));
	if (!p) {
		r->error = ERR_document_picture;
		return (struct pieces){0};
	}
	if (width / p->ratio > height)
		width = height * p->ratio;
	else
		height = width / p->ratio;
	struct beside s = beside_of(r, lane, width);
	struct elem alt = {.alt = fill(r, json_get(b->spec, "alt"), NULL, lane->rtl)};
	struct item figure = {
	    .kind = ITEM_FIGURE, .x = s.figure_x, .width = width, .height = height, .elem = &alt};
	buf o = buf_make(r->a, 256);
	pdf_number(&o, width);
	buf_puts(&o, " 0 0 ");
	pdf_number(&o, height);
	buf_fmt(&o, " 0 0 cm /I%u Do", p->id);
	figure.operators = buf_str(&o);
	return with_caption(r, lane, s, height, NULL, &figure);
}

/* ---- bars ---- */

static double number_of(struct rendering *r, const json *text, const json *row)
{
	str s = fill_bare(r, text, row);
	double v = 0, scale = 0;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '.') {
			scale = 1;
		} else if (s.p[i] >= '0' && s.p[i] <= '9') {
			v = v * 10 + (s.p[i] - '0');
			scale *= 10;
		} else {
			return 0; /* below zero or no number: no bar */
		}
	}
	return scale > 0 ? v / scale : v;
}

/* A bar of the widest value's measure, growing from the label. */
static void put_bar(struct rendering *r, struct piece *p, const struct lane *lane, double share)
{
	double label = lane->width * BAR_LABEL_SHARE, value = lane->width * BAR_VALUE_SHARE;
	double room = lane->width - label - value - FIGURE_GAP;
	struct item *i = piece_item(r->a, p);
	double start = label + FIGURE_GAP / 2, width = room * share < 0.5 ? 0.5 : room * share;
	*i = (struct item){.kind = ITEM_RECT,
	                   .width = width,
	                   .height = BAR_HEIGHT,
	                   .dy = (p->height - BAR_HEIGHT) / 2,
	                   .colour = COLOUR_ACCENT};
	i->x = lane->rtl ? lane->x + lane->width - start - width : lane->x + start;
}

static struct pieces bar_row(struct rendering *r, const struct block *b, struct lane *lane,
                             struct elem *table, const json *row)
{
	const json *shown = json_get(b->spec, "shown");
	double label = lane->width * BAR_LABEL_SHARE, value = lane->width * BAR_VALUE_SHARE;
	struct elem *tr = elem_new(r->a, table, "TR"), *th = elem_new(r->a, tr, "TH");
	th->attributes = "/O/Table/Scope/Row";
	struct cell cells[] = {
	    {fill(r, json_get(b->spec, "label"), row, lane->rtl),
	     {lane->rtl ? lane->x + lane->width - label : lane->x, label, ALIGN_START, &style_plain,
	      th}},
	    {fill(r, shown ? shown : json_get(b->spec, "value"), row, lane->rtl),
	     {lane->rtl ? lane->x : lane->x + lane->width - value, value, ALIGN_END, &style_plain,
	      elem_new(r->a, tr, "TD")}},
	};
	return row_pieces(r, lane->rtl, cells, 2, 1.5);
}

struct pieces bars_pieces(struct rendering *r, const struct block *b, struct lane *lane)
{
	struct pieces out = {0};
	const json *rows = fill_path(r, NULL, json_str(b->spec, "rows"));
	const json *value = json_get(b->spec, "value"), *caption = json_get(b->spec, "caption");
	if (!json_is(rows, JSON_ARRAY) || !rows->count)
		return out;
	struct elem *table = elem_new(r->a, lane->section, "Table");
	double most = 0;
	for (const json *row = rows->first; row; row = row->next) {
		double v = number_of(r, value, row);
		most = v > most ? v : most;
	}
	if (caption) {
		struct text_box box = {lane->x, lane->width, ALIGN_START, &style_subheading,
		                       elem_new(r->a, table, "Caption")};
		pieces_join(&out, text_pieces(r, fill(r, caption, NULL, lane->rtl), lane->rtl, box));
		for (struct piece *p = out.first; p; p = p->next)
			p->keep = true;
	}
	size_t n = 0;
	for (const json *row = rows->first; row; row = row->next) {
		if (++n > BAR_ROWS_MAX) {
			r->error = ERR_document_too_large;
			break;
		}
		struct pieces one = bar_row(r, b, lane, table, row);
		double v = number_of(r, value, row);
		if (v > 0)
			put_bar(r, one.first, lane, v / most);
		pieces_join(&out, one);
	}
	if (out.first) {
		out.first->before = FIGURE_GAP;
		out.height += FIGURE_GAP;
	}
	return out;
}
