/* Every statement that is declared is accepted by the database: run on SQLite,
 * and on PostgreSQL when DIWAN_TEST_PG names a server. */
#include "kernel_unit.h"

#include "app/systems.h"
#include "kernel/journal_index.h"

static struct unit *everything(void)
{
	const struct organ *organs[APP_ORGANS_MAX];
	size_t n = app_organs(organs);
	return unit_start(organs + 1, n - 1); /* the first is there already */
}

static void every_statement_is_accepted(void **state)
{
	(void)state;
	struct unit *u = everything();
	struct sql *const *list;
	size_t n = db_declared(&list), bad = 0;
	assert_true(n > 300);
	dbc *c = db_writer(u->k->db);
	for (size_t i = 0; i < n; i++) {
		if (db_prepare(c, list[i]) == OK)
			continue;
		print_error("%s: %.*s\n", list[i]->name, STRF(db_error_text(c)));
		db_clear(c);
		bad++;
	}
	db_writer_return(c);
	unit_stop(u);
	assert_int_equal(bad, 0);
}

/* True when SQLite would go through that table in its own order: from end to end, or over
 * a range of it. */
static bool scans(struct unit *u, dbc *c, const struct sql *q, const char *alias)
{
	struct dbv none[32] = {D_NULL};
	str scan = str_fmt(u->a, "SCAN %s", alias);
	str range = str_fmt(u->a, "SEARCH %s USING INTEGER PRIMARY KEY (rowid", alias);
	rows *r = db_query_text(c, str_fmt(u->a, "EXPLAIN QUERY PLAN %s", q->text), none, COUNT(none));
	bool found = false;
	while (db_next(r)) {
		str step = db_text(r, 3);
		found |= str_eq(step, scan) || (str_starts(step, scan) && step.p[scan.n] == ' ');
		found |= str_starts(step, range) && step.p[range.n] != '=';
	}
	db_done(r);
	assert_int_equal(db_error(c), OK);
	return found;
}

/* Indices of the journal hold a part of it, and are read only by statements that say the
 * index's own condition (kernel/journal_index.h): none of them may have lost it. */
static void no_statement_reads_the_whole_journal(void **state)
{
	(void)state;
	static const char *const whole[] = {"journal_head", "journal_range", "journal_leaves",
	                                    "journal_count", "operator_records"};
	static const char *const alias[] = {"journal", "j", "d", "s", "e", "m"};
	struct unit *u = everything();
	struct sql *const *list;
	size_t n = db_declared(&list), bad = 0, seen = 0;
	dbc *c = db_writer(u->k->db);
	for (size_t i = 0; i < n && db_kind_of(c) == DB_SQLITE; i++) {
		bool meant = !strstr(list[i]->text, " journal ");
		for (size_t k = 0; k < COUNT(whole); k++)
			meant |= strcmp(list[i]->name, whole[k]) == 0;
		for (size_t k = 0; k < COUNT(alias) && !meant; k++) {
			bool all = scans(u, c, list[i], alias[k]);
			if (all)
				print_error("%s reads the whole journal\n", list[i]->name);
			bad += all;
			seen++;
		}
	}
	assert_true(seen >= 10 * COUNT(alias) || db_kind_of(c) != DB_SQLITE);
	db_writer_return(c);
	unit_stop(u);
	assert_int_equal(bad, 0);
}

static bool reads(struct unit *u, dbc *c, const char *name, const char *index)
{
	struct dbv none[32] = {D_NULL};
	struct sql *const *list;
	size_t n = db_declared(&list), i = 0;
	while (i < n && strcmp(list[i]->name, name) != 0)
		i++;
	assert_true(i < n);
	str text = str_fmt(u->a, "EXPLAIN QUERY PLAN %s", list[i]->text);
	rows *r = db_query_text(c, text, none, COUNT(none));
	bool found = false;
	while (db_next(r))
		found |= str_find(db_text(r, 3), str_of(index)) >= 0;
	db_done(r);
	return found;
}

/* The same of other indices that hold a part of their table. */
static void indices_of_a_part_are_read(void **state)
{
	(void)state;
	static const char *const pairs[][2] = {
	    {"line_holder_due_up", "case_desk_holder (entity=? AND state=? AND holder=?"},
	    {"line_holder_due_down", "case_desk_holder (entity=? AND state=? AND holder=?"},
	    {"line_holder_received_up", "case_desk_holder (entity=? AND state=? AND holder=?"},
	    {"line_holder_received_down", "case_desk_holder (entity=? AND state=? AND holder=?"},
	    {"line_count_held", "case_desk_holder (entity=? AND state=? AND holder>? AND holder<?"},
	    {"replay_page", "case_file_service (service=?"},
	    {"case_by_reference", "case_file_reference (reference=?"},
	    {"report_decided", "report_case_day (day>? AND day<?"},
	    {"report_median", "report_case_day (day>? AND day<?"},
	};
	struct unit *u = everything();
	dbc *c = db_writer(u->k->db);
	for (size_t i = 0; i < COUNT(pairs) && db_kind_of(c) == DB_SQLITE; i++)
		if (!reads(u, c, pairs[i][0], pairs[i][1]))
			fail_msg("%s does not read %s", pairs[i][0], pairs[i][1]);
	db_writer_return(c);
	unit_stop(u);
}

/* A figure of a kind that the index leaves out would be 0 for ever. */
static void every_figure_is_of_a_kind_that_is_indexed(void **state)
{
	(void)state;
	static const char *const kinds[] = {
#define INDICATOR(id, event, measure) event,
#include "systems/report/indicators.def"
#undef INDICATOR
	};
	for (size_t i = 0; i < COUNT(kinds); i++) {
		char term[80];
		snprintf(term, sizeof term, "kind = '%s'", kinds[i]);
		if (!strstr(JOURNAL_COUNTED(""), term))
			fail_msg("%s is counted, but not in the index", kinds[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_statement_is_accepted),
	    cmocka_unit_test(no_statement_reads_the_whole_journal),
	    cmocka_unit_test(indices_of_a_part_are_read),
	    cmocka_unit_test(every_figure_is_of_a_kind_that_is_indexed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
