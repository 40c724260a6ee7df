/* The journal: appended, verified, tampered with, rebuilt, erased from. */
#include "kernel_unit.h"

#include "kernel/identity/identity.h"
#include "kernel/journal.h"
#include "kernel/vault.h"

static err register_decide(struct tx *tx, void *ctx)
{
	return person_register(tx, ctx);
}

static struct person add_person(struct unit *u, int n)
{
	struct person p = {
		.national_number = str_fmt(u->a, "%09d", 850101000 + n),
		.name_en = STR("Layla Example"),
		.name_ar = STR("ليلى مثال"),
		.nationality = STR("BHR"),
		.group = STR("citizen"),
		.email = STR("layla@example.com"),
	};
	assert_int_equal(unit_run(u, register_decide, &p), OK);
	return p;
}

static void sql(struct unit *u, const char *text)
{
	dbc *c = db_writer(u->k->db);
	db_script(c, str_of(text));
	assert_int_equal(db_error(c), OK);
	db_writer_return(c);
}

static struct journal_report verify(struct unit *u)
{
	struct journal_report r;
	assert_int_equal(journal_verify(u->k, u->a, &r), OK);
	return r;
}

/* proves: CORE-01 */
static void a_changed_record_is_named(void **state)
{
	(void)state;
	struct unit *u = unit_start(NULL, 0);
	for (int i = 0; i < 20; i++)
		add_person(u, i);
	assert_int_equal(journal_seal(u->k, false), OK);
	struct journal_report r = verify(u);
	assert_int_equal(r.records, 20);
	assert_int_equal(r.first_bad, 0);
	assert_int_equal(r.checkpoints, 1);
	sql(u, "UPDATE journal SET actor = 7 WHERE seq = 13");
	assert_int_equal(verify(u).first_bad, 13);
	sql(u, "UPDATE journal SET actor = 0 WHERE seq = 13");
	assert_int_equal(verify(u).first_bad, 0);
	sql(u, "UPDATE journal SET seq = 100 WHERE seq = 5; UPDATE journal SET seq = 5 WHERE seq = 6;"
	       "UPDATE journal SET seq = 6 WHERE seq = 100");
	assert_int_equal(verify(u).first_bad, 5);
	sql(u, "UPDATE journal SET seq = 100 WHERE seq = 5; UPDATE journal SET seq = 5 WHERE seq = 6;"
	       "UPDATE journal SET seq = 6 WHERE seq = 100; DELETE FROM journal WHERE seq = 9");
	assert_int_equal(verify(u).first_bad, 9);
	unit_stop(u);
}

static void a_cut_tail_is_noticed(void **state)
{
	(void)state;
	struct unit *u = unit_start(NULL, 0);
	for (int i = 0; i < 9; i++)
		add_person(u, i);
	assert_int_equal(journal_seal(u->k, false), OK);
	sql(u, "DELETE FROM journal WHERE seq > 6");
	struct journal_report r = verify(u);
	assert_int_equal(r.first_bad, 7);
	unit_stop(u);
}

static void a_record_is_proved_offline(void **state)
{
	(void)state;
	struct unit *u = unit_start(NULL, 0);
	for (int i = 0; i < 37; i++) {
		add_person(u, i);
		if (i % 5 == 0)
			assert_int_equal(journal_seal(u->k, false), OK);
	}
	assert_int_equal(journal_seal(u->k, false), OK);
	dbc *c = db_reader(u->k->db);
	str vkey = journal_vkey(u->k, u->a), why;
	for (int seq = 1; seq <= 37; seq += 4) {
		json *proof;
		assert_int_equal(journal_prove(u->k, c, u->a, seq, &proof), OK);
		str raw;
		assert_true(str_unbase64(u->a, json_str(proof, "leaf"), &raw));
		hash256 leaf;
		memcpy(leaf.b, raw.p, 32);
		assert_true(journal_proof_check(u->a, proof, leaf, vkey, &why));
		leaf.b[0] ^= 1;
		assert_false(journal_proof_check(u->a, proof, leaf, vkey, &why));
	}
	db_reader_return(c);
	unit_stop(u);
}

/* More leaves than a tile, and than the smallest range that is remembered. */
#define MANY 9001

static err many_decide(struct tx *tx, void *ctx)
{
	const int *n = ctx;
	err e = OK;
	for (int i = 0; i < *n && e == OK; i++) {
		json *d = json_object(tx->a);
		json_set_str(tx->a, d, "permission", STR("case.read"));
		json_set_str(tx->a, d, "what", str_fmt(tx->a, "%d", i));
		e = tx_emit(tx, (struct emission){.kind = "access.denied", .data = d});
	}
	return e;
}

static void a_proof_in_a_large_journal_is_whole(void **state)
{
	(void)state;
	struct unit *u = unit_start(NULL, 0);
	int n = MANY;
	assert_int_equal(unit_run(u, many_decide, &n), OK);
	assert_int_equal(journal_seal(u->k, true), OK);
	static const int seqs[] = {1, 256, 257, 4096, 4097, 8192, 8193, 8449, MANY};
	dbc *c = db_reader(u->k->db);
	str vkey = journal_vkey(u->k, u->a), raw, why;
	for (size_t i = 0; i < COUNT(seqs) * 2; i++) { /* again, from what is remembered */
		json *proof;
		hash256 leaf;
		assert_int_equal(journal_prove(u->k, c, u->a, seqs[i % COUNT(seqs)], &proof), OK);
		assert_int_equal(json_int(proof, "size", 0), MANY);
		assert_true(str_unbase64(u->a, json_str(proof, "leaf"), &raw));
		memcpy(leaf.b, raw.p, 32);
		if (!journal_proof_check(u->a, proof, leaf, vkey, &why))
			fail_msg("record %d: %.*s", seqs[i % COUNT(seqs)], STRF(why));
	}
	db_reader_return(c);
	unit_stop(u);
}

static err erase_decide(struct tx *tx, void *ctx)
{
	return person_erase(tx, *(int64_t *)ctx, STR("asked for"));
}

static void an_erased_person_leaves_a_whole_chain(void **state)
{
	(void)state;
	struct unit *u = unit_start(NULL, 0);
	struct person p = add_person(u, 1), q = add_person(u, 2), read;
	assert_int_equal(unit_run(u, erase_decide, &p.id), OK);
	assert_int_equal(verify(u).first_bad, 0);
	dbc *c = db_reader(u->k->db);
	assert_true(person_get(c, u->a, p.id, &read));
	assert_int_equal(read.name_en.n + read.email.n + read.national_number.n, 0);
	assert_true(person_get(c, u->a, q.id, &read));
	assert_str(read.name_ar, "ليلى مثال");
	db_reader_return(c);
	struct rebuild_report r;
	assert_int_equal(journal_rebuild(u->k, u->a, false, &r), OK);
	assert_int_equal(r.events, 3);
	assert_int_equal(r.different, 0);
	unit_stop(u);
}

static void a_rebuild_finds_a_changed_table(void **state)
{
	(void)state;
	struct unit *u = unit_start(NULL, 0);
	add_person(u, 1);
	sql(u, "UPDATE person SET phone = '1'");
	struct rebuild_report r;
	assert_int_equal(journal_rebuild(u->k, u->a, false, &r), OK);
	assert_int_equal(r.different, 1);
	assert_str(r.first_different, "person");
	assert_int_equal(journal_rebuild(u->k, u->a, true, &r), OK);
	assert_int_equal(journal_rebuild(u->k, u->a, false, &r), OK);
	assert_int_equal(r.different, 0);
	unit_stop(u);
}

static void a_refused_command_leaves_nothing(void **state)
{
	(void)state;
	struct unit *u = unit_start(NULL, 0);
	struct person p = add_person(u, 1);
	struct person again = {.national_number = p.national_number, .name_en = STR("X")};
	assert_int_equal(unit_run(u, register_decide, &again), ERR_person_exists);
	add_person(u, 2);
	struct journal_report r = verify(u);
	assert_int_equal(r.records, 2);
	assert_int_equal(r.first_bad, 0);
	unit_stop(u);
}

static void nothing_personal_is_in_clear(void **state)
{
	(void)state;
	struct unit *u = unit_start(NULL, 0);
	add_person(u, 1);
	dbc *c = db_reader(u->k->db);
	rows *r = db_query_text(c, STR("SELECT data, sealed FROM journal"), NULL, 0);
	assert_true(db_next(r));
	assert_int_equal(str_find(db_text(r, 0), STR("Layla")), -1);
	assert_int_equal(str_find(db_text(r, 1), STR("Layla")), -1);
	db_done(r);
	db_reader_return(c);
	unit_stop(u);
}

static void every_declared_statement_can_be_prepared(void **state)
{
	(void)state;
	struct unit *u = unit_start(NULL, 0);
	struct sql *const *all;
	size_t n = db_declared(&all);
	assert_true(n > 20);
	static const struct dbv none[32]; /* DB_PARAMS_MAX */
	for (size_t i = 0; i < n; i++) {
		dbc *c = db_writer(u->k->db);
		size_t params = 0;
		for (int p = 1; p <= (int)COUNT(none); p++)
			if (str_find(str_of(all[i]->text), str_fmt(u->a, "$%d", p)) >= 0)
				params = (size_t)p;
		db_begin(c);
		rows *r = db_query_args(c, all[i], none, params);
		db_next(r);
		/* It was prepared if it ran and failed over its values (a NULL limit). */
		bool ran = str_starts(db_error_text(c), STR("datatype mismatch"));
		if (db_error(c) && db_error(c) != ERR_db_constraint && !ran)
			fail_msg("%s: %.*s", all[i]->name, STRF(db_error_text(c)));
		db_done(r);
		db_rollback(c);
		db_writer_return(c);
	}
	unit_stop(u);
}

static err answer_decide(struct tx *tx, void *ctx)
{
	++*(int *)ctx;
	json *o = json_object(tx->a);
	json_set_int(tx->a, o, "id", tx_id(tx));
	tx_answer(tx, o);
	return OK;
}

static void a_repeated_key_gets_the_first_answer(void **state)
{
	(void)state;
	struct unit *u = unit_start(NULL, 0);
	int decided = 0;
	struct action act = {.k = u->k, .a = u->a, .decide = answer_decide, .ctx = &decided,
	                     .idempotency_scope = STR("test"), .idempotency_key = STR("k1"),
	                     .request_hash = STR("h1")};
	assert_int_equal(kernel_run(&act), OK);
	str first = json_print(u->a, act.answer);
	assert_int_equal(kernel_run(&act), OK);
	assert_true(act.replayed);
	assert_true(str_eq(json_print(u->a, act.answer), first));
	assert_int_equal(decided, 1);
	act.request_hash = STR("h2");
	assert_int_equal(kernel_run(&act), ERR_idempotency_mismatch);
	unit_stop(u);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_changed_record_is_named),
		cmocka_unit_test(a_cut_tail_is_noticed),
		cmocka_unit_test(a_record_is_proved_offline),
		cmocka_unit_test(a_proof_in_a_large_journal_is_whole),
		cmocka_unit_test(an_erased_person_leaves_a_whole_chain),
		cmocka_unit_test(a_rebuild_finds_a_changed_table),
		cmocka_unit_test(a_refused_command_leaves_nothing),
		cmocka_unit_test(nothing_personal_is_in_clear),
		cmocka_unit_test(every_declared_statement_can_be_prepared),
		cmocka_unit_test(a_repeated_key_gets_the_first_answer),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
