#include "engine/document/shape.h"

#include "base/utf8.h"
#include "engine/document/document.h"

#include <fribidi.h>
#include <math.h>
#include <string.h>

#define EM         1000.0
#define CODES_EACH 6 /* the most a character becomes: itself and direction marks */
#define SLOP       0.01

/* One text between forced breaks. */
struct para {
	uint32_t *source, *drawn; /* what it says, what the font can show for it */
	FriBidiLevel *level;
	hb_script_t *script;
	double *advance; /* of the cluster that begins here */
	bool *cluster;   /* does one begin here? */
	bool *kept;      /* a space where no line ends */
	size_t n;
	bool rtl;
	const struct style *style;
};

struct run {
	size_t from, to;
	int level;
	size_t nth; /* in the order of the text */
};

/* ---- characters ---- */

static bool is_bidi_control(uint32_t c)
{
	return (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0x200e ||
	       c == 0x200f || c == 0x61c;
}

/* Says nothing and is not drawn; joiners stay, they shape their neighbours. */
static bool is_ignorable(uint32_t c)
{
	return c == 0xad || c == 0x34f || c == 0xfeff || c == 0x200b || (c >= 0x2060 && c <= 0x2064) ||
	       (c >= 0x206a && c <= 0x206f) || (c >= 0xfe00 && c <= 0xfe0f) ||
	       (c >= 0xfff9 && c <= 0xfffb) || (c >= 0xe0000 && c <= 0xe0fff);
}

static bool is_space(uint32_t c)
{
	return c == ' ' || c == '\t' || c == 0x3000;
}

static bool is_joiner(uint32_t c)
{
	return c == 0x200c || c == 0x200d;
}

static bool is_mark(uint32_t c)
{
	hb_unicode_general_category_t g =
	    hb_unicode_general_category(hb_unicode_funcs_get_default(), c);
	return g == HB_UNICODE_GENERAL_CATEGORY_NON_SPACING_MARK ||
	       g == HB_UNICODE_GENERAL_CATEGORY_ENCLOSING_MARK;
}

static void tell_missing(struct shaper *s, uint32_t c)
{
	for (size_t i = 0; i < s->n_told; i++)
		if (s->told[i] == c)
			return;
	if (!s->diags || s->n_told == sizeof s->told / sizeof *s->told)
		return;
	s->told[s->n_told++] = c;
	diags_add(s->diags, DIAG_WARNING, "document.glyph.missing", 0, 0,
	          "the font has no picture of U+%04X; it is drawn as U+FFFD", c);
}

static uint32_t showable(struct shaper *s, const struct style *style, uint32_t c)
{
	hb_codepoint_t glyph;
	if (is_joiner(c) || is_bidi_control(c) ||
	    hb_font_get_nominal_glyph(s->font[style->weight].hb, c, &glyph))
		return c;
	tell_missing(s, c);
	return 0xfffd;
}

/* ---- a paragraph: decoded, with levels and scripts ---- */

static void find_levels(struct shaper *s, struct para *p)
{
	FriBidiCharType *types = NEWN(s->a, FriBidiCharType, p->n + 1);
	FriBidiBracketType *brackets = NEWN(s->a, FriBidiBracketType, p->n + 1);
	FriBidiParType base = p->rtl ? FRIBIDI_PAR_RTL : FRIBIDI_PAR_LTR;
	int n = (int)p->n;
	fribidi_get_bidi_types(p->source, n, types);
	fribidi_get_bracket_types(p->source, n, types, brackets);
	if (!fribidi_get_par_embedding_levels_ex(types, brackets, n, &base, p->level))
		memset(p->level, p->rtl ? 1 : 0, p->n * sizeof *p->level);
}

/* Direction controls have done their work once the levels are known. */
static void drop_controls(struct para *p)
{
	size_t n = 0;
	for (size_t i = 0; i < p->n; i++) {
		if (is_bidi_control(p->source[i]))
			continue;
		p->source[n] = p->source[i];
		p->drawn[n] = p->drawn[i];
		p->kept[n] = p->kept[i];
		p->level[n++] = p->level[i];
	}
	p->n = n;
}

static void find_scripts(struct para *p)
{
	hb_script_t last = p->rtl ? HB_SCRIPT_ARABIC : HB_SCRIPT_LATIN;
	for (size_t i = 0; i < p->n; i++) {
		hb_script_t t = hb_unicode_script(hb_unicode_funcs_get_default(), p->drawn[i]);
		if (t != HB_SCRIPT_COMMON && t != HB_SCRIPT_INHERITED && t != HB_SCRIPT_UNKNOWN)
			last = t;
		p->script[i] = last;
	}
}

static struct para read_para(struct shaper *s, str text, bool rtl, const struct style *style)
{
	size_t max = text.n + 1;
	struct para p = {
	    .source = NEWN(s->a, uint32_t, max),
	    .drawn = NEWN(s->a, uint32_t, max),
	    .level = NEWN(s->a, FriBidiLevel, max),
	    .script = NEWN(s->a, hb_script_t, max),
	    .advance = NEWN(s->a, double, max),
	    .cluster = NEWN(s->a, bool, max),
	    .kept = NEWN(s->a, bool, max),
	    .rtl = rtl,
	    .style = style,
	};
	while (text.n) {
		uint32_t c = utf8_next(&text);
		if (is_ignorable(c))
			continue;
		if (c == UTF8_BAD)
			c = 0xfffd;
		if (c < ' ' || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029)
			c = ' ';
		p.kept[p.n] = c == 0xa0 || c == 0x202f;
		if (p.kept[p.n])
			c = ' ';
		p.source[p.n] = c;
		p.drawn[p.n++] = showable(s, style, c);
	}
	find_levels(s, &p);
	drop_controls(&p);
	find_scripts(&p);
	return p;
}

/* ---- shaping ---- */

static const hb_glyph_info_t *shape_run(struct shaper *s, const struct para *p, struct run r,
                                        const hb_glyph_position_t **places, unsigned *n)
{
	hb_buffer_reset(s->buffer);
	hb_buffer_set_cluster_level(s->buffer, HB_BUFFER_CLUSTER_LEVEL_MONOTONE_CHARACTERS);
	hb_buffer_add_utf32(s->buffer, p->drawn, (int)p->n, (unsigned)r.from, (int)(r.to - r.from));
	hb_buffer_set_direction(s->buffer, r.level & 1 ? HB_DIRECTION_RTL : HB_DIRECTION_LTR);
	hb_buffer_set_script(s->buffer, p->script[r.from]);
	hb_buffer_set_language(s->buffer, hb_language_from_string(p->rtl ? "ar" : "en", 2));
	hb_shape(s->font[p->style->weight].hb, s->buffer, NULL, 0);
	*places = hb_buffer_get_glyph_positions(s->buffer, n);
	return hb_buffer_get_glyph_infos(s->buffer, n);
}

/* The run that begins at `from`: one level, one script. */
static struct run run_at(const struct para *p, size_t from, size_t end)
{
	struct run r = {.from = from, .to = from, .level = p->level[from]};
	while (r.to < end && p->level[r.to] == r.level && p->script[r.to] == p->script[from])
		r.to++;
	return r;
}

static void measure(struct shaper *s, struct para *p)
{
	for (size_t at = 0; at < p->n;) {
		struct run r = run_at(p, at, p->n);
		const hb_glyph_position_t *place;
		unsigned n;
		const hb_glyph_info_t *info = shape_run(s, p, r, &place, &n);
		for (unsigned i = 0; i < n; i++) {
			p->cluster[info[i].cluster] = true;
			p->advance[info[i].cluster] += place[i].x_advance * p->style->size / EM;
		}
		at = r.to;
	}
}

/* ---- where lines end ---- */

static bool break_after(const struct para *p, size_t i)
{
	uint32_t c = p->source[i];
	if (i + 1 < p->n && is_space(p->source[i + 1]))
		return false;
	if (is_space(c))
		return !p->kept[i];
	bool digit = i + 1 < p->n && p->source[i + 1] >= '0' && p->source[i + 1] <= '9';
	return (c == '-' && !digit && i > 0 && !is_space(p->source[i - 1])) || c == 0x2013 ||
	       c == 0x2014;
}

/* End of the line that begins at `from`, its spaces included. */
static size_t line_end(const struct para *p, size_t from, double width)
{
	double used = 0;
	size_t good = 0, kept = 0, any = 0;
	for (size_t i = from; i < p->n; i++) {
		if (p->cluster[i] && i > from)
			any = i;
		if (!is_space(p->source[i]) && used + p->advance[i] > width + SLOP && i > from)
			return good ? good : kept ? kept : any ? any : i;
		used += p->advance[i];
		if (break_after(p, i))
			good = i + 1;
		if (p->kept[i])
			kept = i + 1;
	}
	return p->n;
}

/* ---- a line ---- */

static void reverse(struct run *r, size_t from, size_t to)
{
	for (; from + 1 < to; from++, to--) {
		struct run t = r[from];
		r[from] = r[to - 1];
		r[to - 1] = t;
	}
}

/* Rule L2 over runs. */
static void order_runs(struct run *r, size_t n)
{
	int highest = 0;
	for (size_t i = 0; i < n; i++)
		if (r[i].level > highest)
			highest = r[i].level;
	for (int level = highest; level > 0; level--)
		for (size_t i = 0; i < n; i++) {
			size_t to = i;
			while (to < n && r[to].level >= level)
				to++;
			reverse(r, i, to);
			if (to > i)
				i = to;
		}
}

struct placing {
	struct shaper *s;
	const struct para *p;
	struct line *line;
	size_t cap;
	double pen;
	size_t from; /* where the part that is put began */
	bool mixed;  /* a right-to-left line, not of numbers and Latin alone */
};

static size_t put_glyph(struct placing *w, uint32_t id, uint32_t character, double x)
{
	if (w->line->n == w->cap)
		return 0;
	w->line->glyph[w->line->n++] = (struct glyph){id, character, x};
	return 1;
}

/* A code that is not drawn. */
static size_t put_empty(struct placing *w, uint32_t character, double x)
{
	return put_glyph(w, w->s->font[w->p->style->weight].empty, character, x);
}

static void put_ink(struct placing *w, uint32_t id, double x, double y)
{
	struct ink *i = NEW(w->s->a, struct ink);
	*i = (struct ink){id, x, y, w->line->ink};
	w->line->ink = i;
}

/* Sorts the glyphs of a cluster: those that become codes stay in `base`, at most one
 * for each of its letters; marks and what is left over are drawn as paths. */
static size_t sort_glyphs(struct placing *w, const hb_glyph_info_t *info,
                          const hb_glyph_position_t *place, unsigned n, size_t letters,
                          struct glyph *base)
{
	hb_face_t *face = w->s->font[w->p->style->weight].face;
	double pen = w->pen;
	size_t k = 0;
	for (unsigned i = 0; i < n; i++) {
		double x = pen + place[i].x_offset;
		bool mark =
		    hb_ot_layout_get_glyph_class(face, info[i].codepoint) == HB_OT_LAYOUT_GLYPH_CLASS_MARK;
		if (mark || k == letters || place[i].y_offset != 0)
			put_ink(w, info[i].codepoint, x, place[i].y_offset);
		else
			base[k++] = (struct glyph){info[i].codepoint, 0, x};
		pen += place[i].x_advance;
	}
	return k;
}

/* A sign that may be part of a number. */
static bool is_sign(uint32_t c)
{
	return c != SPACE_HELD &&
	       FRIBIDI_IS_NUMBER_SEPARATOR_OR_TERMINATOR(fribidi_get_bidi_type(c)) != 0;
}

static bool is_mirrored(uint32_t c)
{
	FriBidiChar other;
	return fribidi_get_mirror_char(c, &other);
}

/* poppler takes signs that may belong to numbers, and the space beside them, for the
 * end of a number to their left; PDFium keeps signs and marks that touch in the order
 * of the paper. A direction mark parts them. */
static bool must_part(const struct placing *w, uint32_t c)
{
	const struct line *l = w->line;
	uint32_t last = l->n ? l->glyph[l->n - 1].character : MARK_RTL;
	if (is_mark(c))
		return is_mark(last) || is_sign(last);
	return is_sign(c) && last != MARK_RTL;
}

/* Before a mark PDF.js looks for no space and no new line. A space that it takes for a
 * letter makes it look. */
static void hold_space(struct placing *w)
{
	struct line *l = w->line;
	if (l->n == w->from)
		put_empty(w, SPACE_HELD, w->pen);
	else if (l->glyph[l->n - 1].character == ' ')
		l->glyph[l->n - 1].character = SPACE_HELD;
}

/* A cluster: its glyphs in the order on paper, its characters [c, c_end) in the order
 * of the text. Letters that a ligature swallowed, and marks, are empty codes before
 * its glyph (after it, from left to right). */
static void put_cluster(struct placing *w, const hb_glyph_info_t *info,
                        const hb_glyph_position_t *place, unsigned n, size_t c, size_t c_end,
                        bool rtl)
{
	size_t letters = 0, nth = 0;
	for (size_t i = c; i < c_end; i++)
		letters += !is_mark(w->p->source[i]);
	struct glyph *base = NEWN(w->s->a, struct glyph, n);
	size_t k = sort_glyphs(w, info, place, n, letters, base);
	size_t swallowed = rtl ? letters - k : 0;
	double end = w->pen;
	for (unsigned i = 0; i < n; i++)
		end += place[i].x_advance;
	for (size_t i = 0; i < c_end - c; i++) {
		uint32_t ch = w->p->source[rtl ? c_end - 1 - i : c + i];
		bool mark = is_mark(ch), bracket = rtl && w->mixed && is_mirrored(ch);
		if (bracket || (rtl && w->mixed && must_part(w, ch)))
			put_empty(w, MARK_RTL, w->pen);
		if (mark && w->mixed)
			hold_space(w);
		if (mark || nth < swallowed || nth - swallowed >= k)
			put_empty(w, ch, w->pen);
		else
			put_glyph(w, base[nth - swallowed].id, ch, base[nth - swallowed].x);
		nth += !mark;
		if (nth == letters)
			w->pen = end;
		if (bracket)
			put_empty(w, MARK_LTR, w->pen - 1); /* reaching into nothing beside it */
	}
	w->pen = end;
}

static bool is_word(uint32_t c)
{
	return (c >= '0' && c <= '9') || (c | 32u) - 'a' < 26u || c == '.' || c == ',';
}

static void put_run(struct placing *w, struct run r)
{
	const hb_glyph_position_t *place;
	unsigned n;
	const hb_glyph_info_t *info = shape_run(w->s, w->p, r, &place, &n);
	bool rtl = r.level & 1;
	size_t before = r.to; /* right to left: where the cluster written last begins */
	if (w->mixed && !rtl)
		put_empty(w, MARK_RTL, w->pen);
	for (unsigned g = 0; g < n;) {
		unsigned end = g + 1;
		while (end < n && info[end].cluster == info[g].cluster)
			end++;
		size_t c = info[g].cluster;
		size_t c_end = rtl ? before : end < n ? info[end].cluster : r.to;
		put_cluster(w, info + g, place + g, end - g, c, c_end, rtl);
		before = c;
		g = end;
	}
	if (w->mixed && !rtl)
		put_empty(w, MARK_RTL, w->pen - 1);
}

static bool has_rtl(const struct para *p, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		if (FRIBIDI_IS_RTL(fribidi_get_bidi_type(p->source[i])))
			return true;
	return false;
}

/* Spaces at the edges of a part are dropped by PDF.js when the pen moves on. */
static void hold_spaces(struct line *l, struct span part)
{
	for (size_t i = part.from; i < part.to; i++) {
		struct glyph *g = &l->glyph[i];
		bool last = i + 1 == part.to || (i + 2 == part.to && l->glyph[i + 1].character == MARK_RTL);
		if ((i == part.from || last) && g->character == ' ')
			g->character = SPACE_HELD;
	}
}

/* Signs alone have no direction that PDF.js would see: one by one they keep their order. */
static void add_part(struct line *l, struct span part)
{
	if (!part.loose) {
		hold_spaces(l, part);
		l->span[l->n_spans++] = part;
		return;
	}
	for (size_t i = part.to; i > part.from; i--) {
		struct span one = {.from = i - 1, .to = i};
		if (i - 1 > part.from && l->glyph[i - 2].character == MARK_RTL)
			one.from = --i - 1;
		hold_spaces(l, one);
		l->span[l->n_spans++] = one;
	}
}

static struct line *build_line(struct shaper *s, const struct para *p, size_t from, size_t to)
{
	while (to > from && is_space(p->source[to - 1]))
		to--;
	struct line *l = NEW(s->a, struct line);
	*l = (struct line){.rtl = p->rtl, .style = p->style};
	struct placing w = {.s = s, .p = p, .line = l, .cap = (to - from) * CODES_EACH};
	w.mixed = p->rtl && has_rtl(p, from, to);
	l->glyph = NEWN(s->a, struct glyph, w.cap + 1);
	struct run *runs = NEWN(s->a, struct run, to - from + 1);
	size_t n = 0;
	bool other = false;
	for (size_t at = from; at < to; at = runs[n++].to) {
		runs[n] = run_at(p, at, to);
		runs[n].nth = n;
		other |= !(runs[n].level & 1);
	}
	struct span *parts = NEWN(s->a, struct span, n + 1);
	order_runs(runs, n);
	for (size_t i = 0; i < n; i++) {
		struct span *part = &parts[runs[i].nth];
		part->from = w.from = l->n;
		put_run(&w, runs[i]);
		part->to = l->n;
		part->loose = (runs[i].level & 1) && !has_rtl(p, runs[i].from, runs[i].to);
	}
	l->span = NEWN(s->a, struct span, l->n + n + 1);
	for (size_t i = 0; w.mixed && other && i < n; i++)
		add_part(l, parts[i]);
	if (!l->n_spans)
		l->span[l->n_spans++] = (struct span){.to = l->n};
	/* On a page that is mostly Arabic, poppler would move the end of an English line. */
	if (!w.mixed && l->n && !is_word(l->glyph[l->n - 1].character))
		l->span[0].to += put_empty(&w, MARK_LTR, w.pen - 1);
	l->width = w.pen * p->style->size / EM;
	return l;
}

static void add_line(struct lines *out, struct line *l)
{
	if (out->last)
		out->last->next = l;
	else
		out->first = l;
	out->last = l;
	out->n++;
}

struct lines shape_text(struct shaper *s, str text, bool rtl, const struct style *style,
                        double width)
{
	struct lines out = {0};
	str part;
	s->all += text.n;
	if (s->all > DOCUMENT_MAX_ALL || text.n > DOCUMENT_MAX_TEXT) {
		s->over = true;
		return out;
	}
	while (str_cut(&text, '\n', &part)) {
		struct para p = read_para(s, part, rtl, style);
		measure(s, &p);
		size_t at = 0;
		do {
			size_t end = line_end(&p, at, width);
			add_line(&out, build_line(s, &p, at, end));
			at = end;
		} while (at < p.n);
	}
	return out;
}

/* ---- drawing ---- */

struct drawing {
	buf *out;
	double x, y, scale; /* of the glyph's origin; points a unit */
	double at_x, at_y;  /* current point, units */
};

static void put_point(struct drawing *d, double x, double y)
{
	pdf_number(d->out, d->x + x * d->scale);
	buf_putc(d->out, ' ');
	pdf_number(d->out, d->y + y * d->scale);
	buf_putc(d->out, ' ');
}

static void ink_move(hb_draw_funcs_t *f, void *data, hb_draw_state_t *s, float x, float y, void *u)
{
	(void)f, (void)s, (void)u;
	put_point(data, (double)x, (double)y);
	buf_puts(((struct drawing *)data)->out, "m ");
}

static void ink_line(hb_draw_funcs_t *f, void *data, hb_draw_state_t *s, float x, float y, void *u)
{
	(void)f, (void)s, (void)u;
	put_point(data, (double)x, (double)y);
	buf_puts(((struct drawing *)data)->out, "l ");
}

static void ink_curve(hb_draw_funcs_t *f, void *data, hb_draw_state_t *s, float x1, float y1,
                      float x2, float y2, float x, float y, void *u)
{
	(void)f, (void)s, (void)u;
	put_point(data, (double)x1, (double)y1);
	put_point(data, (double)x2, (double)y2);
	put_point(data, (double)x, (double)y);
	buf_puts(((struct drawing *)data)->out, "c ");
}

static void ink_close(hb_draw_funcs_t *f, void *data, hb_draw_state_t *s, void *u)
{
	(void)f, (void)s, (void)u;
	buf_puts(((struct drawing *)data)->out, "h ");
}

/* HarfBuzz turns quadratic curves into these by itself. */
hb_draw_funcs_t *ink_funcs(void)
{
	hb_draw_funcs_t *f = hb_draw_funcs_create();
	hb_draw_funcs_set_move_to_func(f, ink_move, NULL, NULL);
	hb_draw_funcs_set_line_to_func(f, ink_line, NULL, NULL);
	hb_draw_funcs_set_cubic_to_func(f, ink_curve, NULL, NULL);
	hb_draw_funcs_set_close_path_func(f, ink_close, NULL, NULL);
	hb_draw_funcs_make_immutable(f);
	return f;
}

static void draw_ink(struct shaper *s, buf *out, const struct line *l, double x, double y)
{
	struct drawing d = {.out = out, .scale = l->style->size / EM};
	for (const struct ink *i = l->ink; i; i = i->next) {
		d.x = x + i->x * d.scale;
		d.y = y + i->y * d.scale;
		hb_font_get_glyph_shape(s->font[l->style->weight].hb, i->id, s->ink, &d);
	}
	if (l->ink)
		buf_puts(out, "f\n");
}

void line_part(struct shaper *s, struct line *l)
{
	struct font *f = &s->font[l->style->weight];
	struct glyph *g = NEWN(s->a, struct glyph, l->n + 1);
	struct span *span = NEWN(s->a, struct span, l->n_spans + 1);
	memcpy(g, l->glyph, l->n * sizeof *g);
	memcpy(span, l->span, l->n_spans * sizeof *span);
	g[l->n] = (struct glyph){f->empty, SPACE_HELD, l->rtl ? 0 : l->width * EM / l->style->size};
	span[l->n_spans++] = (struct span){.from = l->n, .to = l->n + 1};
	l->n++;
	l->glyph = g;
	l->span = span;
}

static void draw_span(struct font *f, buf *out, const struct line *l, struct span part, double x,
                      double y)
{
	double pen = l->glyph[part.from].x;
	buf_fmt(out, "BT /F%d ", l->style->weight);
	pdf_number(out, l->style->size);
	buf_puts(out, " Tf ");
	pdf_number(out, x + pen * l->style->size / EM);
	buf_putc(out, ' ');
	pdf_number(out, y);
	buf_puts(out, " Td [<");
	for (size_t i = part.from; i < part.to; i++) {
		const struct glyph *g = &l->glyph[i];
		double gap = round(pen - g->x);
		if (gap <= -1 || gap >= 1) {
			buf_puts(out, ">");
			pdf_number(out, gap);
			buf_puts(out, "<");
			pen -= gap;
		}
		buf_fmt(out, "%04X", font_code(f, g->id, g->character));
		pen += font_width(f, g->id);
	}
	buf_puts(out, ">]TJ ET\n");
}

void line_draw(struct shaper *s, buf *out, const struct line *l, double x, double y)
{
	for (size_t i = 0; i < l->n_spans; i++)
		if (l->span[i].to > l->span[i].from)
			draw_span(&s->font[l->style->weight], out, l, l->span[i], x, y);
	draw_ink(s, out, l, x, y);
}

/* How poppler counts a line: letters of each direction. */
void line_weigh(const struct line *l, int64_t *ltr, int64_t *rtl)
{
	for (size_t i = 0; i < l->n; i++) {
		FriBidiCharType t = fribidi_get_bidi_type(l->glyph[i].character);
		*ltr += t == FRIBIDI_TYPE_LTR;
		*rtl += t == FRIBIDI_TYPE_RTL || t == FRIBIDI_TYPE_AL;
	}
}

void marks_draw(struct shaper *s, buf *out, size_t n, double x, double y)
{
	struct font *f = &s->font[REGULAR];
	buf_fmt(out, "BT /F%d 1 Tf .3 Tc ", REGULAR);
	pdf_number(out, x);
	buf_putc(out, ' ');
	pdf_number(out, y);
	buf_puts(out, " Td <");
	for (size_t i = 0; i < n; i++)
		buf_fmt(out, "%04X", font_code(f, f->empty, MARK_RTL));
	buf_puts(out, ">Tj 0 Tc ET\n");
}
