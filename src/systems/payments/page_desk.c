/* page_desk.c - finding a payment, what waits for a second person, what does not fit. */
#include "systems/payments/order.h"
#include "systems/payments/routes.h"
#include "systems/payments/settle.h"
#include "systems/payments/statements.h"
#include "web/server.h"

static bool allowed(struct req *r, str entity)
{
	return may(&r->session.rights, PERM_pay_read, entity.n ? entity : STR("*"));
}

static str word(struct req *r, const char *kind, str value)
{
	return req_text(r, str_c(r->a, str_fmt(r->a, "payments.%s.%.*s", kind, STRF(value))));
}

static json *found_view(struct req *r, str q)
{
	json *list = json_array(r->a);
	rows *s = db_query(r->db, &sql_desk_search, D_TEXT(q));
	while (q.n && db_next(s)) {
		if (!allowed(r, db_text(s, 7)))
			continue;
		json *o = json_push(list, json_object(r->a));
		json_set_str(r->a, o, "reference", str_dup(r->a, db_text(s, 1)));
		json_set(r->a, o, "title",
		         text_pair(r->a, str_dup(r->a, db_text(s, 2)), str_dup(r->a, db_text(s, 3))));
		json_set(r->a, o, "amount", pay_money(r->a, db_int(s, 5), str_dup(r->a, db_text(s, 4))));
		json_set_str(r->a, o, "state", word(r, "state", db_text(s, 6)));
	}
	db_done(s);
	return list;
}

static json *refunds_view(struct req *r)
{
	json *list = json_array(r->a);
	rows *s = db_query_args(r->db, &sql_desk_refunds, NULL, 0);
	while (db_next(s)) {
		if (!allowed(r, db_text(s, 1)))
			continue;
		json *o = json_push(list, json_object(r->a));
		json_set_str(r->a, o, "reference", str_dup(r->a, db_text(s, 0)));
		json_set(r->a, o, "amount", pay_money(r->a, db_int(s, 2), str_dup(r->a, db_text(s, 3))));
		json_set_str(r->a, o, "reason", str_dup(r->a, db_text(s, 4)));
	}
	db_done(s);
	return list;
}

static json *exceptions_view(struct req *r)
{
	json *list = json_array(r->a);
	str code = server_settings(r->server)->currency;
	rows *s = db_query_args(r->db, &sql_desk_exceptions, NULL, 0);
	while (db_next(s)) {
		if (!allowed(r, db_text(s, 7)))
			continue;
		json *o = json_push(list, json_object(r->a));
		str id = str_dup(r->a, db_text(s, 0));
		json_set_str(r->a, o, "id", id);
		json_set_str(r->a, o, "field", str_cat(r->a, STR("resolution-"), id));
		json_set_str(r->a, o, "kind", word(r, "exception", db_text(s, 1)));
		json_set_str(r->a, o, "provider", str_dup(r->a, db_text(s, 2)));
		json_set_str(r->a, o, "what", str_dup(r->a, db_text(s, 3)));
		json_set(r->a, o, "expected", pay_money(r->a, db_int(s, 4), code));
		json_set(r->a, o, "found", pay_money(r->a, db_int(s, 5), code));
		json_set_str(r->a, o, "reference", str_dup(r->a, db_text(s, 6)));
	}
	db_done(s);
	return list;
}

/* The last 30 days by channel, of the officer's body, or of all. */
static json *channels_view(struct req *r)
{
	json *list = json_array(r->a);
	str entity = allowed(r, (str){0}) ? (str){0} : r->actor.entity;
	rows *s = db_query(r->db, &sql_channel_totals, D_INT(r->now - 30 * DAY), D_TEXT(entity));
	while (db_next(s)) {
		json *o = json_push(list, json_object(r->a));
		json_set_str(r->a, o, "channel", word(r, "channel", db_text(s, 0)));
		json_set_int(r->a, o, "count", db_int(s, 2));
		json_set(r->a, o, "amount", pay_money(r->a, db_int(s, 3), str_dup(r->a, db_text(s, 1))));
	}
	db_done(s);
	return list;
}

err page_payments_desk(struct req *r)
{
	json *v = json_object(r->a);
	str q = str_trim(req_field(r, "q"));
	json_set_str(r->a, v, "q", q);
	json_set_bool(r->a, v, "searched", q.n > 0);
	json_set_bool(r->a, v, "may_check", may_somewhere(&r->session.rights, PERM_pay_check));
	json_set(r->a, v, "errors", json_array(r->a));
	json_set(r->a, v, "channels", channels_view(r));
	json_set(r->a, v, "payments", found_view(r, q));
	json_set(r->a, v, "refunds", refunds_view(r));
	json_set(r->a, v, "exceptions", exceptions_view(r));
	return req_view(r, "payments/desk", v);
}

err prepare_payments_resolve(struct req *r)
{
	int64_t id;
	if (!req_param_id(r, "id", &id))
		return req_fail(r, ERR_not_found, "", "there is no such exception");
	return OK;
}

err decide_payments_resolve(struct tx *tx, struct req *r)
{
	int64_t id = 0;
	req_param_id(r, "id", &id);
	return exception_resolve(tx, id, req_field(r, "resolution"));
}

err answer_payments_resolve(struct req *r)
{
	req_flash(r, "payments.flash.resolved");
	return req_redirect(r, "/payments-desk");
}
