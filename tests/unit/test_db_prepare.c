/* Every statement that is declared is accepted by the database: run on SQLite,
 * and on PostgreSQL when DIWAN_TEST_PG names a server. */
#include "kernel_unit.h"

#include "kernel/documents/documents.h"
#include "kernel/files/files.h"

static void every_statement_is_accepted(void **state)
{
	(void)state;
	static const struct organ *const organs[] = {&files_organ, &documents_organ};
	struct unit *u = unit_start(organs, COUNT(organs));
	struct sql *const *list;
	size_t n = db_declared(&list), bad = 0;
	assert_true(n > 50);
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

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(every_statement_is_accepted)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
