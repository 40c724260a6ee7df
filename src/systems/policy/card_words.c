/* card_words.c - a card as texts, and two cards side by side, word by word. */
#include "systems/policy/card_in.h"

#include "kernel/i18n/i18n.h"
#include "web/server.h"

/* ---- a card as texts ---- */

struct words_of {
	struct req *r;
	const struct pack *p;
	enum lang lang;
	buf *b;
};

static str text_in(struct words_of *w, const char *key)
{
	return message_text(server_settings(w->r->server)->texts, w->r->a, w->lang, str_of(key), 0,
	                    NULL, false);
}

static void put_line(struct words_of *w, str text)
{
	if (w->b->n)
		buf_putc(w->b, '\n');
	buf_put(w->b, text);
}

static void put_name(struct words_of *w, const char *list, str id)
{
	const json *name = card_item_name(card_item(w->p, list, id));
	str text = json_str(name, lang_code(w->lang));
	buf_put(w->b, text.n ? text : id);
}

static void put_word(struct words_of *w, str word)
{
	buf_put(w->b, text_in(w, str_c(w->r->a, str_fmt(w->r->a, "cards.word.%.*s", STRF(word)))));
}

static void put_money(struct words_of *w, const json *v)
{
	currency c;
	int64_t minor;
	if (json_i64(v, &minor) && currency_find(str_of(w->p->currency), &c))
		buf_fmt(w->b, "%s %.*s", w->p->currency, STRF(money_print(w->r->a, (money){minor}, c)));
	else
		buf_put(w->b, json_text(v));
}

static void put_member(struct words_of *w, const struct row_member *m, const json *v)
{
	switch (m->kind) {
	case ROW_PAIR:
	case ROW_AREA:
		buf_put(w->b, json_str(v, lang_code(w->lang)));
		break;
	case ROW_LIST:
		put_name(w, m->list, json_text(v));
		break;
	case ROW_WORD:
		put_word(w, json_text(v));
		break;
	case ROW_MONEY:
		put_money(w, v);
		break;
	case ROW_FLAG:
		buf_put(w->b, text_in(w, json_is(v, JSON_BOOL) && v->b ? "web.yes" : "web.no"));
		break;
	default:
		buf_put(w->b, json_text(v));
	}
}

/* "Evidence: Photograph; Required: Yes", a line an entry. */
static void put_rows(struct words_of *w, const char *field, const json *list)
{
	for (const json *i = list ? list->first : NULL; i; i = i->next) {
		bool first = true;
		put_line(w, (str){0});
		for (size_t k = 0; k < n_card_rows; k++) {
			const struct row_member *m = &card_rows[k];
			const json *v = json_get(i, m->name);
			if (!str_eq(str_of(m->field), str_of(field)) || !v)
				continue;
			buf_fmt(w->b, "%s%.*s: ", first ? "" : "; ",
			        STRF(text_in(w, str_c(w->r->a, str_fmt(w->r->a, "cards.field.%s.%s", m->field,
			                                               m->name)))));
			put_member(w, m, v);
			first = false;
		}
	}
}

static void put_field(struct words_of *w, const struct card_field *d, const json *v)
{
	const char *lang = lang_code(w->lang);
	const json *list = d->kind == CARD_WORDS ? json_get(v, lang) : v;
	if (d->kind == CARD_LINE || d->kind == CARD_AREA)
		buf_put(w->b, json_str(v, lang));
	else if (d->kind == CARD_CHOICE)
		put_word(w, json_text(v));
	else if (d->kind == CARD_DAY)
		buf_put(w->b, json_text(v));
	else if (d->kind == CARD_TIME) {
		buf_fmt(w->b, "%.*s ", STRF(json_text(json_get(v, "value"))));
		put_word(w, json_str(v, "unit"));
	} else if (d->kind == CARD_ROWS)
		put_rows(w, d->name, v);
	else
		for (const json *i = list ? list->first : NULL; i; i = i->next) {
			put_line(w, d->kind == CARD_LINES ? json_str(i, lang) : (str){0});
			if (d->kind == CARD_WORDS)
				buf_put(w->b, json_text(i));
			else if (d->kind == CARD_IDS)
				put_name(w, d->list, json_text(i));
		}
}

json *card_texts(struct req *r, const struct pack *p, const json *card)
{
	json *list = json_array(r->a);
	for (size_t i = 0; i < n_card_fields; i++) {
		json *o = json_push(list, json_object(r->a));
		json_set_str(r->a, o, "key", str_fmt(r->a, "cards.field.%s", card_fields[i].name));
		for (int l = 0; l < LANG_COUNT; l++) {
			buf b = buf_make(r->a, (size_t)1024 * 1024);
			struct words_of w = {r, p, (enum lang)l, &b};
			const json *v = json_get(card, card_fields[i].name);
			if (v)
				put_field(&w, &card_fields[i], v);
			json_set_str(r->a, o, lang_code((enum lang)l), buf_str(&b));
		}
	}
	return list;
}

/* ---- words that came and words that went ---- */

/* Words with what stands behind them, so that joined they are the text again. */
static size_t split(str text, str *out, size_t max)
{
	size_t n = 0, from = 0;
	while (from < text.n && n < max) {
		size_t at = from;
		while (at < text.n && text.p[at] != ' ' && text.p[at] != '\n')
			at++;
		while (at < text.n && (text.p[at] == ' ' || text.p[at] == '\n'))
			at++;
		out[n++] = str_sub(text, from, at);
		from = at;
	}
	return from < text.n ? max + 1 : n;
}

static void segment(arena *a, json *list, str text, const char *op)
{
	json *last = list->last;
	if (!text.n)
		return;
	if (last && str_eq(json_str(last, "op"), str_of(op))) {
		json_set_str(a, last, "text", str_cat(a, json_str(last, "text"), text));
		return;
	}
	json *o = json_push(list, json_object(a));
	json_set_str(a, o, "text", text);
	json_set_str(a, o, "op", str_of(op));
}

/* Lengths of the longest common run of words, from each pair of places to the ends. */
static uint16_t *common(arena *a, const str *x, size_t n, const str *y, size_t m)
{
	uint16_t *c = NEWN(a, uint16_t, (n + 1) * (m + 1));
	for (size_t i = n; i-- > 0;)
		for (size_t k = m; k-- > 0;) {
			uint16_t down = c[(i + 1) * (m + 1) + k], right = c[i * (m + 1) + k + 1];
			c[i * (m + 1) + k] = str_eq(str_trim(x[i]), str_trim(y[k]))
			                         ? (uint16_t)(c[(i + 1) * (m + 1) + k + 1] + 1)
			                     : down > right ? down
			                                    : right;
		}
	return c;
}

static json *compare_texts(arena *a, str old, str new)
{
	json *o = json_object(a), *left = json_set(a, o, "old", json_array(a)),
	     *right = json_set(a, o, "new", json_array(a));
	str *x = NEWN(a, str, CARD_WORDS_MAX), *y = NEWN(a, str, CARD_WORDS_MAX);
	size_t n = split(old, x, CARD_WORDS_MAX), m = split(new, y, CARD_WORDS_MAX);
	if (str_eq(old, new) || n > CARD_WORDS_MAX || m > CARD_WORDS_MAX) {
		bool same = str_eq(old, new);
		segment(a, left, old, same ? "same" : "gone");
		segment(a, right, new, same ? "same" : "fresh");
		return o;
	}
	const uint16_t *c = common(a, x, n, y, m);
	size_t i = 0, k = 0;
	while (i < n || k < m) {
		if (i < n && k < m && str_eq(str_trim(x[i]), str_trim(y[k]))) {
			segment(a, left, x[i++], "same");
			segment(a, right, y[k++], "same");
		} else if (k == m || (i < n && c[(i + 1) * (m + 1) + k] >= c[i * (m + 1) + k + 1]))
			segment(a, left, x[i++], "gone");
		else
			segment(a, right, y[k++], "fresh");
	}
	return o;
}

json *card_compare(struct req *r, const struct pack *p, const json *old, const json *new)
{
	json *then = card_texts(r, p, old), *now = card_texts(r, p, new), *out = json_array(r->a);
	const json *t = then->first, *n = now->first;
	for (; t && n; t = t->next, n = n->next) {
		bool changed = false;
		json *o = json_push(out, json_object(r->a));
		json_set_str(r->a, o, "key", json_str(t, "key"));
		for (int l = 0; l < LANG_COUNT; l++) {
			const char *lang = lang_code((enum lang)l);
			str before = json_str(t, lang), after = json_str(n, lang);
			changed |= !str_eq(before, after);
			json_set(r->a, o, lang, compare_texts(r->a, before, after));
		}
		json_set_bool(r->a, o, "changed", changed);
	}
	return out;
}
