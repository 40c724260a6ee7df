/* page_history.c - what a person has paid: all of it, by year or by words, as a page or CSV. */
#include "systems/payments/bills.h"
#include "systems/payments/order.h"
#include "systems/payments/routes.h"
#include "systems/payments/statements.h"
#include "systems/payments/token.h"

#include "kernel/pack/pack.h"
#include "kernel/search/search.h"
#include "web/view.h"

#define HISTORY_MAX 1000
#define EXPORT_MAX  ((size_t)1024 * 1024)
#define YEARS_MAX   100
#define CURRENCIES  16

static instant year_begins(const struct req *r, int64_t year)
{
	return days_from_civil((int32_t)year, 1, 1) * DAY - pack_utc_offset(r->k) * SECOND;
}

/* The year asked for; 0 = all. */
static int64_t year_asked(const struct req *r)
{
	return req_field_int(r, "year", 0, 1970, 9999);
}

static rows *history(struct req *r, int64_t year)
{
	instant from = year ? year_begins(r, year) : 0;
	instant to = year ? year_begins(r, year + 1) : INT64_MAX;
	return db_query(r->db, &sql_history, D_INT(r->actor.person), D_INT(from), D_INT(to),
	                D_INT(HISTORY_MAX));
}

struct wanted {
	str typed, words[SEARCH_MAX_WORDS];
	size_t n;
};

static struct wanted wanted(struct req *r)
{
	struct wanted w = {.typed = str_trim(req_field(r, "q"))};
	str rest = search_fold(r->a, w.typed), word;
	while (w.n < SEARCH_MAX_WORDS && str_cut(&rest, ' ', &word))
		if (word.n)
			w.words[w.n++] = word;
	return w;
}

/* All words, in either language, in the title or among the references. */
static bool matches(struct req *r, const struct wanted *w, rows *q)
{
	arena_mark before = arena_save(r->a);
	str all = str_fmt(r->a, "%.*s %.*s %.*s %.*s", STRF(db_text(q, 1)), STRF(db_text(q, 2)),
	                  STRF(db_text(q, 3)), STRF(db_text(q, 7)));
	bool found = true;
	all = w->n ? search_fold(r->a, all) : all;
	for (size_t i = 0; i < w->n && found; i++)
		found = str_find(all, w->words[i]) >= 0;
	arena_rewind(r->a, before);
	return found;
}

/* {"reference", "title", "amount", "at"} */
static json *payment_item(struct req *r, rows *q)
{
	json *o = json_object(r->a);
	json_set_str(r->a, o, "reference", str_dup(r->a, db_text(q, 1)));
	json_set(r->a, o, "title",
	         text_pair(r->a, str_dup(r->a, db_text(q, 2)), str_dup(r->a, db_text(q, 3))));
	json_set(r->a, o, "amount", pay_money(r->a, db_int(q, 5), str_dup(r->a, db_text(q, 4))));
	json_set_int(r->a, o, "at", db_int(q, 6));
	return o;
}

int64_t space_payments(struct req *r, json *list, size_t max)
{
	int64_t n = 0;
	rows *q = history(r, 0);
	for (; db_next(q); n++) {
		if ((size_t)n >= max)
			continue;
		json *o = json_push(list, payment_item(r, q));
		str reference = json_str(o, "reference");
		json_set_str(r->a, o, "text", reference);
		json_set_str(r->a, o, "href", view_href(r, "/payments/%.*s", STRF(reference)));
	}
	db_done(q);
	return n;
}

static void total_add(struct req *r, json *totals, str code, int64_t amount)
{
	for (json *t = totals->first; t; t = t->next)
		if (str_eq(json_str(t, "currency"), code)) {
			json_set_int(r->a, t, "minor", json_int(t, "minor", 0) + amount);
			return;
		}
	json_push(totals, pay_money(r->a, amount, code));
}

static json *years_view(struct req *r, int64_t chosen)
{
	json *list = json_array(r->a), *all = json_object(r->a);
	int64_t first = db_query_int(r->db, &sql_history_first, 0, D_INT(r->actor.person));
	int32_t now = civil_of(r->now, pack_utc_offset(r->k)).year;
	int32_t from = first ? civil_of(first, pack_utc_offset(r->k)).year : now;
	json_set_str(r->a, all, "value", STR(""));
	json_set_str(r->a, all, "text", req_text(r, "payments.history.all"));
	json_set_bool(r->a, all, "selected", chosen == 0);
	json_push(list, all);
	for (int32_t y = now; y >= from && y > now - YEARS_MAX; y--) {
		json *o = json_object(r->a);
		json_set_str(r->a, o, "value", str_fmt(r->a, "%d", y));
		json_set_str(r->a, o, "text", str_fmt(r->a, "%d", y));
		json_set_bool(r->a, o, "selected", y == chosen);
		json_push(list, o);
	}
	return list;
}

err page_payments_history(struct req *r)
{
	json *v = json_object(r->a), *list = json_array(r->a), *totals = json_array(r->a);
	int64_t year = year_asked(r);
	struct wanted w = wanted(r);
	rows *q = history(r, year);
	while (db_next(q)) {
		if (!matches(r, &w, q))
			continue;
		json_push(list, payment_item(r, q));
		total_add(r, totals, str_dup(r->a, db_text(q, 4)), db_int(q, 5));
	}
	db_done(q);
	json_set_str(r->a, v, "year", year ? str_fmt(r->a, "%lld", (long long)year) : STR(""));
	json_set_str(r->a, v, "q", w.typed);
	json_set_bool(r->a, v, "filtered", year != 0 || w.n > 0);
	json_set(r->a, v, "years", years_view(r, year));
	json_set(r->a, v, "errors", json_array(r->a));
	struct token t[TOKENS_MAX];
	size_t n = tokens_of(r->db, r->a, r->actor.person, t, TOKENS_MAX);
	json *cards = json_set(r->a, v, "cards", json_array(r->a));
	for (size_t i = 0; i < n; i++) {
		json *o = json_push(cards, json_object(r->a));
		json_set_str(r->a, o, "id", str_fmt(r->a, "%lld", (long long)t[i].id));
		json_set_str(r->a, o, "last4", t[i].last4);
	}
	json_set(r->a, v, "payments", list);
	json_set(r->a, v, "totals", totals);
	return req_view(r, "payments/history", v);
}

/* A cell that no spreadsheet takes for a formula. */
static void cell(buf *b, str s, bool last)
{
	buf_putc(b, '"');
	if (s.n && (s.p[0] == '=' || s.p[0] == '+' || s.p[0] == '-' || s.p[0] == '@'))
		buf_putc(b, '\'');
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '"')
			buf_putc(b, '"');
		buf_putc(b, s.p[i]);
	}
	buf_puts(b, last ? "\"\r\n" : "\",");
}

err page_payments_export(struct req *r)
{
	buf b = buf_make(r->a, EXPORT_MAX);
	struct wanted w = wanted(r);
	rows *q = history(r, year_asked(r));
	buf_puts(&b, "paid,reference,title,amount,currency\r\n");
	while (db_next(q)) {
		currency c;
		if (!matches(r, &w, q))
			continue;
		str code = db_text(q, 4);
		str amount =
		    currency_find(code, &c) ? money_print(r->a, (money){db_int(q, 5)}, c) : STR("");
		cell(&b, time_print(r->a, db_int(q, 6)), false);
		cell(&b, db_text(q, 1), false);
		cell(&b, db_text(q, r->lang == LANG_AR ? 3 : 2), false);
		cell(&b, amount, false);
		cell(&b, db_text(q, 4), true);
	}
	db_done(q);
	return req_content(r, "text/csv", buf_str(&b), "payments.csv");
}
