/* fold.c - the sums, from events of cases, payments and documents. */
#include "systems/report/report_in.h"

#define DB_STATEMENTS     "systems/report/statements.def"
#define DB_STATEMENT_LIST report_statements_declare
#include "db/declare.h"

#include "db/held.h"

#include <stdlib.h>

static struct held_sum day_sums = {
    .name = "report_day", .add = &sql_report_day_add, .n_keys = 3, .n_amounts = 2};

static struct held_sum offset = {.name = "report_setting", .get = &sql_report_offset_get};

void report_statements(void)
{
	report_statements_declare();
	held_declare_sum(&day_sums);
	held_declare_sum(&offset);
}

/* "+03:00" as seconds. */
static int64_t offset_read(str s)
{
	int64_t h, m;
	if (s.n != 6 || !str_i64(str_sub(s, 1, 3), &h) || !str_i64(str_sub(s, 4, 6), &m))
		return 0;
	return (s.p[0] == '-' ? -1 : 1) * (h * 3600 + m * 60);
}

/* The country's offset, kept in a table: a fold knows nothing but tables. */
void report_follow_pack(dbc *c, arena *a, const struct event *e)
{
	struct pack_source s;
	str why = {0};
	if (!pack_source_load(c, a, json_str(e->data, "hash"), STR("pack.json"), &s, &why) || !s.n)
		return; /* told by pack_refresh, which reads the same files */
	const json *meta = json_parse(a, s.files[0].bytes, NULL);
	db_exec(c, &sql_report_offset_set, D_INT(offset_read(json_str(meta, "utc_offset"))));
}

static int64_t day_of(dbc *c, instant at)
{
	instant local = at + held_sum(c, &offset, NULL) * SECOND;
	return local >= 0 ? local / DAY : (local - DAY + 1) / DAY;
}

static void count(dbc *c, const struct event *e, const char *indicator, int64_t amount)
{
	held_add(c, &day_sums,
	         (const struct dbv[]){D_TEXT(str_of(indicator)), D_INT(day_of(c, e->at)),
	                              D_TEXT(json_str(e->data, "service"))},
	         (const int64_t[]){1, amount});
}

void report_follow_submitted(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	count(c, e, "applications", 0);
	db_exec(c, &sql_report_case_add, D_INT(e->case_id), D_TEXT(json_str(e->data, "service")),
	        D_INT(e->at));
}

void report_follow_decided(dbc *c, arena *a, const struct event *e)
{
	str kind = str_sub(e->kind, sizeof "case." - 1, e->kind.n); /* approved, rejected, withdrawn */
	bool decided = !str_eq(kind, STR("withdrawn"));
	if (!db_query_int(c, &sql_report_case_known, 0, D_INT(e->case_id)))
		return; /* split off from another: no application */
	int64_t first = db_change(c, &sql_report_case_end, D_INT(e->case_id), D_INT(day_of(c, e->at)),
	                        D_INT(e->at), D_INT(decided));
	if (first)
		count(c, e, str_c(a, kind), 0);
	else if (decided)
		count(c, e, "again", 0);
}

void report_follow_rated(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	int64_t rating = json_int(e->data, "rating", 0);
	count(c, e, "rating", rating);
	db_exec(c, &sql_report_case_rate, D_INT(e->case_id), D_INT(rating), D_INT(day_of(c, e->at)));
}

void report_follow_captured(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	count(c, e, "payments", 0);
	count(c, e, "fees", json_int(e->data, "amount", 0));
}

void report_follow_issued(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	count(c, e, "documents", 0);
}
