/* page_treasury.c - a month's income by account, shared out to the fils; as CSV too. */
#include "systems/payments/bills.h"
#include "systems/payments/routes.h"
#include "systems/payments/settle.h"
#include "systems/payments/statements.h"
#include "web/view.h"

#define EXPORT_MAX    ((size_t)4 * 1024 * 1024)
#define BENEFICIARIES 64
#define PERIOD_BYTES  7 /* "2026-11" */

static str period_asked(struct req *r)
{
	int64_t day;
	str p = str_trim(req_field(r, "month"));
	if (p.n == PERIOD_BYTES && date_parse(str_cat(r->a, p, STR("-01")), &day))
		return p;
	return str_sub(date_print(r->a, pay_day_of(r->k, r->now)), 0, PERIOD_BYTES);
}

static bool allowed(struct req *r, str entity)
{
	return may(&r->session.rights, PERM_pay_read, entity);
}

struct sums {
	str to[BENEFICIARIES], currency[BENEFICIARIES];
	int64_t amount[BENEFICIARIES];
	size_t n;
};

static void sum_add(struct sums *s, str to, str code, int64_t amount)
{
	size_t i = 0;
	while (i < s->n && !(str_eq(s->to[i], to) && str_eq(s->currency[i], code)))
		i++;
	if (i == BENEFICIARIES)
		return;
	if (i == s->n)
		s->n++;
	s->to[i] = to;
	s->currency[i] = code;
	s->amount[i] += amount;
}

static void rows_view(struct req *r, str period, json *list, struct sums *s)
{
	rows *q = distributions(r->db, period);
	while (db_next(q)) {
		str entity = str_dup(r->a, db_text(q, 0)), gl = str_dup(r->a, db_text(q, 1));
		str code = str_dup(r->a, db_text(q, 2));
		const json *parts = json_parse(r->a, str_dup(r->a, db_text(q, 4)), NULL);
		if (!allowed(r, entity))
			continue;
		for (const json *p = parts ? parts->first : NULL; p; p = p->next) {
			json *o = json_push(list, json_object(r->a));
			json_set_str(r->a, o, "entity", entity);
			json_set_str(r->a, o, "gl", gl);
			json_set_str(r->a, o, "to", json_str(p, "to"));
			json_set(r->a, o, "amount", pay_money(r->a, json_int(p, "amount", 0), code));
			sum_add(s, json_str(p, "to"), code, json_int(p, "amount", 0));
		}
	}
	db_done(q);
}

static json *shares_view(struct req *r)
{
	json *list = json_array(r->a);
	rows *q = db_query_args(r->db, &sql_share_all, NULL, 0);
	while (db_next(q)) {
		json *o = json_push(list, json_object(r->a));
		json_set_str(r->a, o, "gl", str_dup(r->a, db_text(q, 0)));
		json_set_str(r->a, o, "to", str_dup(r->a, db_text(q, 1)));
		json_set_int(r->a, o, "weight", db_int(q, 2));
		json_set_int(r->a, o, "of", db_int(q, 3));
	}
	db_done(q);
	return list;
}

/* The bodies of a list by their names. */
static void name_all(struct req *r, json *list)
{
	for (json *o = list->first; o; o = o->next) {
		if (json_get(o, "entity"))
			json_set(r->a, o, "name", view_entity(r, json_str(o, "entity"), r->now));
		json_set(r->a, o, "to_name", view_entity(r, json_str(o, "to"), r->now));
	}
}

err page_payments_treasury(struct req *r)
{
	json *v = json_object(r->a), *list = json_array(r->a), *sums = json_array(r->a);
	str period = period_asked(r);
	struct sums s = {.n = 0};
	rows_view(r, period, list, &s);
	for (size_t i = 0; i < s.n; i++) {
		json *o = json_push(sums, json_object(r->a));
		json_set_str(r->a, o, "to", s.to[i]);
		json_set(r->a, o, "amount", pay_money(r->a, s.amount[i], s.currency[i]));
	}
	json *shares = shares_view(r);
	name_all(r, list);
	name_all(r, sums);
	name_all(r, shares);
	json_set_str(r->a, v, "month", period);
	json_set(r->a, v, "rows", list);
	json_set(r->a, v, "sums", sums);
	json_set(r->a, v, "shares", shares);
	return req_view(r, "payments/treasury", v);
}

err page_payments_treasury_export(struct req *r)
{
	buf b = buf_make(r->a, EXPORT_MAX);
	str period = period_asked(r);
	json *list = json_array(r->a);
	struct sums s = {.n = 0};
	rows_view(r, period, list, &s);
	buf_puts(&b, "period,entity,account,beneficiary,currency,amount\r\n");
	for (const json *o = list->first; o; o = o->next) {
		currency c;
		str code = json_text(json_path(o, "amount.currency"));
		money m = {json_int(json_get(o, "amount"), "minor", 0)};
		if (currency_find(code, &c))
			buf_fmt(&b, "%.*s,%.*s,%.*s,%.*s,%.*s,%.*s\r\n", STRF(period),
			        STRF(json_str(o, "entity")), STRF(json_str(o, "gl")), STRF(json_str(o, "to")),
			        STRF(code), STRF(money_print(r->a, m, c)));
	}
	if (b.over)
		return req_fail(r, ERR_too_large, "", "the month has too many rows");
	return req_content(r, "text/csv", buf_str(&b),
	                   str_c(r->a, str_fmt(r->a, "treasury-%.*s.csv", STRF(period))));
}
