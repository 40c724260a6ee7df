/*
 * page_close.c - the end of a body's day: what was taken by channel and method, what
 * was counted, and who signed for it.
 */
#include "kernel/pack/pack.h"
#include "systems/payments/routes.h"
#include "systems/payments/settle.h"
#include "systems/payments/statements.h"
#include "web/server.h"
#include "web/view.h"

#define CLOSES_SHOWN 14

static const char *const counted_methods[] = {"cash", "cheque", "terminal"};

struct closing {
	str entity;
	int64_t day;
	struct counted counted[COUNT(counted_methods)];
	size_t n;
};

static str word(struct req *r, const char *kind, str value)
{
	return req_text(r, str_c(r->a, str_fmt(r->a, "payments.%s.%.*s", kind, STRF(value))));
}

/* Whose day, and which: the officer's own body and today, unless the form says. */
static void closing_read(struct req *r, struct closing *k)
{
	int64_t day;
	str entity = str_trim(req_field(r, "entity"));
	*k = (struct closing){.entity = entity.n ? entity : r->actor.entity,
	                      .day = pay_day_of(r->k, r->now)};
	if (date_parse(str_trim(req_field(r, "day")), &day))
		k->day = day;
}

static int64_t counted_of(const json *list, str method)
{
	for (const json *c = list ? list->first : NULL; c; c = c->next)
		if (str_eq(json_str(c, "method"), method))
			return json_int(c, "amount", 0);
	return 0;
}

static json *totals_view(struct req *r, const json *totals, int64_t *sum)
{
	json *list = json_array(r->a);
	for (const json *t = totals ? totals->first : NULL; t; t = t->next) {
		json *o = json_push(list, json_object(r->a));
		json_set_str(r->a, o, "channel", word(r, "channel", json_str(t, "channel")));
		json_set_str(r->a, o, "method", word(r, "method", json_str(t, "method")));
		json_set_int(r->a, o, "count", json_int(t, "count", 0));
		json_set(r->a, o, "amount",
		         pay_money(r->a, json_int(t, "amount", 0), json_str(t, "currency")));
		*sum += json_int(t, "amount", 0);
	}
	return list;
}

/* What the tables say was taken by a method at counters. */
static int64_t taken_of(const json *totals, str method)
{
	int64_t sum = 0;
	for (const json *t = totals ? totals->first : NULL; t; t = t->next)
		if (str_eq(json_str(t, "method"), method))
			sum += json_int(t, "amount", 0);
	return sum;
}

static json *closes_view(struct req *r, str entity)
{
	json *list = json_array(r->a);
	str code = server_settings(r->server)->currency;
	rows *q = db_query(r->db, &sql_close_list, D_TEXT(entity), D_INT(CLOSES_SHOWN));
	while (db_next(q)) {
		json *o = json_push(list, json_object(r->a));
		const json *totals = json_parse(r->a, str_dup(r->a, db_text(q, 1)), NULL);
		const json *counted = json_parse(r->a, str_dup(r->a, db_text(q, 2)), NULL);
		int64_t sum = 0, difference = 0;
		totals_view(r, totals, &sum);
		for (size_t i = 0; i < COUNT(counted_methods); i++)
			difference += counted_of(counted, str_of(counted_methods[i])) -
			              taken_of(totals, str_of(counted_methods[i]));
		json_set_str(r->a, o, "day", date_print(r->a, db_int(q, 0)));
		json_set(r->a, o, "amount", pay_money(r->a, sum, code));
		json_set(r->a, o, "difference", pay_money(r->a, difference, code));
		json_set_bool(r->a, o, "differs", difference != 0);
		json_set_int(r->a, o, "at", db_int(q, 3));
		json_set_str(r->a, o, "by", str_dup(r->a, db_text(q, r->lang == LANG_AR ? 5 : 4)));
	}
	db_done(q);
	return list;
}

static json *fields_view(struct req *r, const char *wrong, json *errors)
{
	json *list = json_array(r->a);
	for (size_t i = 0; i < COUNT(counted_methods); i++) {
		const char *name = counted_methods[i];
		bool bad = wrong && str_eq(str_of(wrong), str_of(name));
		json *o = json_push(list, json_object(r->a));
		json_set_str(r->a, o, "id", str_of(name));
		json_set_str(r->a, o, "label", word(r, "method", str_of(name)));
		json_set_str(r->a, o, "value", req_field(r, name));
		json_set_str(r->a, o, "error", bad ? req_text(r, "payments.close.wrong") : (str){0});
		if (!bad)
			continue;
		json *e = json_push(errors, json_object(r->a));
		json_set_str(r->a, e, "href", str_fmt(r->a, "#%s", name));
		json_set_str(r->a, e, "text", req_text(r, "payments.close.wrong"));
	}
	return list;
}

/* Every body, to choose from: one that gives no service may still be paid by its programs. */
static json *bodies_view(struct req *r, str chosen)
{
	const struct pack *p = pack_current(r->k);
	json *list = json_array(r->a);
	for (size_t i = 0; p && i < p->n_entity; i++) {
		str id = p->entity[i].id;
		json *o = json_push(list, json_object(r->a));
		json_set_str(r->a, o, "value", id);
		json_set(r->a, o, "text", view_entity(r, id, r->now));
		json_set_bool(r->a, o, "selected", str_eq(id, chosen));
	}
	return list;
}

static json *close_view(struct req *r, const struct closing *k, const char *wrong)
{
	json *v = json_object(r->a), *errors = json_array(r->a);
	int64_t sum = 0;
	bool closed = day_closed(r->db, k->entity, k->day);
	json_set_str(r->a, v, "entity", k->entity);
	json_set(r->a, v, "name", view_entity(r, k->entity, r->now));
	json_set_str(r->a, v, "day", date_print(r->a, k->day));
	if (may(&r->session.rights, PERM_pay_read, STR("*")))
		json_set(r->a, v, "bodies", bodies_view(r, k->entity));
	json_set(r->a, v, "totals",
	         totals_view(r, day_totals(r->db, r->a, r->k, k->entity, k->day), &sum));
	json_set(r->a, v, "sum", pay_money(r->a, sum, server_settings(r->server)->currency));
	json_set(r->a, v, "fields", fields_view(r, wrong, errors));
	json_set(r->a, v, "errors", errors);
	json_set(r->a, v, "closes", closes_view(r, k->entity));
	json_set_bool(r->a, v, "closed", closed);
	json_set_bool(r->a, v, "may_close",
	              !closed && k->day <= pay_day_of(r->k, r->now) &&
	                  may(&r->session.rights, PERM_pay_check, k->entity));
	return v;
}

err page_payments_close(struct req *r)
{
	struct closing k;
	closing_read(r, &k);
	err e = k.entity.n ? req_require(r, PERM_pay_read, k.entity) : OK;
	return e ? e : req_view(r, "payments/close", close_view(r, &k, NULL));
}

/* An empty field is nothing of that method. */
static bool amount_read(struct req *r, const char *name, struct counted *c)
{
	currency cur;
	money m = {0};
	str text = str_trim(req_field(r, name));
	*c = (struct counted){.method = str_of(name)};
	if (!text.n)
		return true;
	if (!currency_find(server_settings(r->server)->currency, &cur) || !money_parse(text, cur, &m) ||
	    m.minor < 0)
		return false;
	c->amount = m.minor;
	return true;
}

err prepare_payments_day_close(struct req *r)
{
	struct closing *k = NEW(r->a, struct closing);
	closing_read(r, k);
	r->state = k;
	err e = req_require(r, PERM_pay_check, k->entity);
	for (size_t i = 0; i < COUNT(counted_methods) && !e; i++) {
		struct counted c;
		if (!amount_read(r, counted_methods[i], &c))
			return req_again(r, "payments/close", close_view(r, k, counted_methods[i]));
		if (c.amount)
			k->counted[k->n++] = c;
	}
	return e;
}

err decide_payments_day_close(struct tx *tx, struct req *r)
{
	const struct closing *k = r->state;
	return day_close(tx, k->entity, k->day, k->counted, k->n);
}

err answer_payments_day_close(struct req *r)
{
	const struct closing *k = r->state;
	req_flash(r, "payments.flash.closed");
	return req_redirect(r, "/payments-desk/close?entity=%.*s&day=%.*s", STRF(k->entity),
	                    STRF(date_print(r->a, k->day)));
}
