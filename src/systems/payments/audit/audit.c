/* audit.c - reading the record, then the tables, and comparing. */
#include "systems/payments/audit/private.h"

#include "kernel/journal.h"
#include "systems/payments/statements.h"

#include <string.h>

static const char *const sense_name[] = {
#define SENSE(name, doc) #name,
#include "systems/payments/audit/sense.def"
#undef SENSE
};

struct audited {
	const char *table;
	struct sql *all;
	int keys; /* the first columns that are the key */
};

static const struct audited tables[] = {
    {"pay_order", &sql_audit_order, 1},
    {"pay_line", &sql_audit_line, 2},
    {"pay_attempt", &sql_audit_attempt, 1},
    {"pay_message", &sql_audit_message, 2},
    {"pay_receipt", &sql_audit_receipt, 3},
    {"pay_refund", &sql_audit_refund, 1},
    {"pay_batch", &sql_audit_batch, 1},
    {"pay_batch_sum", &sql_audit_batch_sum, 3},
    {"pay_settled", &sql_audit_settled, 2},
    {"pay_exception", &sql_audit_exception, 1},
    {"pay_close", &sql_audit_close, 2},
    {"pay_bill", &sql_audit_bill, 1},
    {"pay_line_bill", &sql_audit_line_bill, 2},
    {"pay_share", &sql_audit_share, 2},
    {"pay_distribution", &sql_audit_distribution, 4},
    {"pay_dispute", &sql_audit_dispute, 1},
    {"pay_hold", &sql_audit_hold, 1},
    {"pay_program", &sql_audit_program, 1},
    {"pay_funding", &sql_audit_funding, 1},
    {"pay_request", &sql_audit_request, 3},
    {"pay_payee", &sql_audit_payee, 1},
    {"pay_merchant", &sql_audit_merchant, 1},
    {"pay_voucher_group", &sql_audit_group, 2},
    {"pay_voucher", &sql_audit_voucher, 1},
    {"pay_payout_batch", &sql_audit_payout_batch, 1},
    {"pay_payout", &sql_audit_payout, 2},
    {"pay_rtp", &sql_audit_rtp, 1},
    {"ledger_book", &sql_audit_book, 1},
    {"ledger_account", &sql_audit_account, 1},
    {"ledger_transfer", &sql_audit_transfer, 1},
};

/* ---- findings ---- */

void find(struct audit *u, str name, str where, str expected, str found)
{
	if (u->out->findings++ >= AUDIT_FINDINGS_MAX)
		return;
	json *f = json_object(u->a);
	json_set_str(u->a, f, "name", str_dup(u->a, name));
	json_set_str(u->a, f, "where", str_dup(u->a, where));
	json_set_str(u->a, f, "expected", str_dup(u->a, expected));
	json_set_str(u->a, f, "found", str_dup(u->a, found));
	json_push(u->out->list, f);
}

void find_sense(struct audit *u, enum finding f, int64_t id, int64_t expected, int64_t found)
{
	find(u, str_of(sense_name[f]), key_of(u, id), key_of(u, expected), key_of(u, found));
}

/* ---- the picture ---- */

str key_of(struct audit *u, int64_t id)
{
	return str_fmt(u->a, "%lld", (long long)id);
}

static json *table_of(struct audit *u, const char *name)
{
	json *t = json_get(u->table, name);
	return t ? t : json_set(u->a, u->table, name, json_object(u->a));
}

json *row_get(struct audit *u, const char *table, str key)
{
	return json_get_str(table_of(u, table), key);
}

json *row_new(struct audit *u, const char *table, str key)
{
	return json_set_key(u->a, table_of(u, table), str_dup(u->a, key), json_object(u->a));
}

void set_text(struct audit *u, json *row, const char *column, str v)
{
	if (row)
		json_set_str(u->a, row, column, str_dup(u->a, v));
}

void set_num(struct audit *u, json *row, const char *column, int64_t v)
{
	set_text(u, row, column, key_of(u, v));
}

int64_t get_num(const json *row, const char *column)
{
	int64_t v = 0;
	str_i64(json_str(row, column), &v);
	return v;
}

void add_num(struct audit *u, json *row, const char *column, int64_t by)
{
	set_num(u, row, column, get_num(row, column) + by);
}

bool is(const json *row, const char *column, const char *value)
{
	return str_eq(json_str(row, column), str_of(value));
}

bool first_time(struct audit *u, const char *what, str key, str value)
{
	str full = str_fmt(u->a, "%s:%.*s", what, STRF(key));
	if (json_get_str(u->seen, full))
		return false;
	json_set_key(u->a, u->seen, full, json_string(u->a, str_dup(u->a, value)));
	return true;
}

str remembered(struct audit *u, const char *what, str key)
{
	return json_text(json_get_str(u->seen, str_fmt(u->a, "%s:%.*s", what, STRF(key))));
}

/* ---- the tables ---- */

static void compare_row(struct audit *u, const char *table, str key, json *mine, rows *r)
{
	for (int i = 0; i < db_columns(r); i++) {
		const char *column = db_column_name(r, i);
		const json *v = json_get(mine, column);
		if (v && !str_eq(json_text(v), db_text(r, i)))
			find(u, str_fmt(u->a, "%s.%s", table, column), key, json_text(v),
			     str_dup(u->a, db_text(r, i)));
	}
	json_set_bool(u->a, mine, " seen", true);
}

static void compare(struct audit *u, dbc *c, const struct audited *t)
{
	rows *r = db_query_args(c, t->all, NULL, 0);
	while (db_next(r)) {
		str key = str_dup(u->a, db_text(r, 0));
		for (int i = 1; i < t->keys; i++)
			key = str_fmt(u->a, "%.*s|%.*s", STRF(key), STRF(db_text(r, i)));
		json *mine = row_get(u, t->table, key);
		u->out->rows++;
		if (mine)
			compare_row(u, t->table, key, mine, r);
		else
			find(u, str_fmt(u->a, "%s.invented", t->table), key, (str){0}, key);
	}
	db_done(r);
	for (const json *row = table_of(u, t->table)->first; row; row = row->next)
		if (!json_truth(row, " seen"))
			find(u, str_fmt(u->a, "%s.lost", t->table), row->key, row->key, (str){0});
}

/* ---- the record ---- */

static bool take_event(void *ctx, arena *scratch, const struct event *e)
{
	struct audit *u = ctx;
	(void)scratch;
	u->out->events++;
	if (str_starts(e->kind, STR("payment.")))
		model_event(u, e);
	else if (str_starts(e->kind, STR("ledger.")))
		money_event(u, e);
	return true;
}

err payments_audit(struct kernel *k, dbc *c, arena *a, struct audit_report *out)
{
	struct audit u = {.a = a, .out = out, .table = json_object(a), .seen = json_object(a)};
	*out = (struct audit_report){.list = json_array(a)};
	err e = journal_read(k, c, 1, INT64_MAX, take_event, &u);
	if (e)
		return e;
	model_end(&u);
	money_end(&u);
	for (size_t i = 0; i < COUNT(tables); i++)
		compare(&u, c, &tables[i]);
	return db_error(c);
}
