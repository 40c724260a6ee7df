/* Cards follow the cases of the services that say so. */
#define CASE_UNIT_ROOM idcard_system.organ
#include "systems/idcard/idcard.h"

#include "case_unit.h"

static json *cards_of(struct people *p, int64_t person)
{
	struct person x;
	dbc *c = db_reader(p->u->k->db);
	assert_true(person_get(c, p->u->a, person, &x));
	db_reader_return(c);
	return json_get(x.records, "cards");
}

static void a_lost_card_is_void_at_once_and_replaced(void **state)
{
	(void)state;
	struct people *p = people_start();
	assert_str(json_str(json_at(cards_of(p, p->citizen), 0), "status"), "active");
	int64_t id = submitted(p, p->citizen);
	assert_int_equal(cards_of(p, p->citizen)->count, 1);
	assert_str(json_str(json_at(cards_of(p, p->citizen), 0), "status"), "revoked");
	assert_int_equal(count_of(p, "card.cancelled"), 1);
	paid(p, id);
	struct task t = task_of(p, id, "id_officer");
	DONE(p, DO_CLAIM, p->officer, t.id);
	DONE(p, DO_COMPLETE, p->officer, t.id, look_at(p, id).revision, STR("approve"));
	json *cards = cards_of(p, p->citizen);
	assert_int_equal(cards->count, 2);
	assert_str(json_str(json_at(cards, 0), "serial"), "100000001");
	assert_str(json_str(json_at(cards, 0), "status"), "active");
	assert_str(json_str(json_at(cards, 0), "issued"), "2025-11-24");
	assert_str(json_str(json_at(cards, 0), "expires"), "2030-11-23");
	assert_str(json_str(json_at(cards, 1), "serial"), "A1");
	assert_str(json_str(json_at(cards, 1), "status"), "revoked");
	assert_int_equal(count_of(p, "card.cancelled"), 1);
	assert_int_equal(count_of(p, "card.recorded"), 1);
	rebuilt(p);
	people_stop(p);
}

static void a_rejection_brings_no_card(void **state)
{
	(void)state;
	struct people *p = people_start();
	int64_t id;
	struct task t = taken(p, &id);
	DONE(p, DO_COMPLETE, p->officer, t.id, look_at(p, id).revision, STR("reject"), STR("No"));
	assert_int_equal(cards_of(p, p->citizen)->count, 1);
	assert_int_equal(count_of(p, "card.recorded"), 0);
	/* The next person's card is untouched by all this. */
	assert_str(json_str(json_at(cards_of(p, p->other), 0), "status"), "active");
	people_stop(p);
}

static void numbers_of_cards_never_repeat(void **state)
{
	(void)state;
	struct people *p = people_start();
	int64_t who[] = {p->citizen, p->other};
	for (int i = 0; i < 2; i++) {
		int64_t id = submitted(p, who[i]);
		paid(p, id);
		struct task t = task_of(p, id, "id_officer");
		DONE(p, DO_CLAIM, p->officer, t.id);
		DONE(p, DO_COMPLETE, p->officer, t.id, look_at(p, id).revision, STR("approve"));
		assert_str(json_str(json_at(cards_of(p, who[i]), 0), "serial"),
		           i ? "100000002" : "100000001");
	}
	rebuilt(p);
	people_stop(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_lost_card_is_void_at_once_and_replaced),
	    cmocka_unit_test(a_rejection_brings_no_card),
	    cmocka_unit_test(numbers_of_cards_never_repeat),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
