/* Documents from the order to the proof: numbers, signature, record, revocation. */
#include "document_unit.h"
#include "kernel_unit.h"

#include "kernel/documents/check.h"
#include "kernel/documents/documents.h"
#include "kernel/documents/sign.h"
#include "kernel/identity/identity.h"
#include "kernel/journal.h"
#include "kernel/outbox/outbox.h"
#include "kernel/pack/pack.h"

#include <sys/stat.h>

#define SPEC "packs/bahrain/services/idcard-replace-lost/document.json"
#define VIEW "tests/document/idcard.view.json"

struct ask {
	int64_t person;
	str key, number, reason;
	json *spec, *view;
};

static err ask_decide(struct tx *tx, void *ctx)
{
	struct ask *a = ctx;
	struct person p = {
	    .national_number = STR("850312345"),
	    .name_en = STR("Fatima Ali"),
	    .name_ar = STR("فاطمة علي"),
	    .nationality = STR("BHR"),
	    .group = STR("citizen"),
	};
	if (!a->person) {
		err e = person_register(tx, &p);
		if (e)
			return e;
		a->person = p.id;
	}
	struct document_order o = {
	    .kind = STR("certificate"),
	    .prefix = STR("IDC"),
	    .subject = a->person,
	    .entity = STR("iga"),
	    .key = a->key,
	    .spec = a->spec,
	    .view = a->view,
	    .title = json_copy(tx->a, json_get(a->spec, "title")),
	};
	return document_request(tx, &o);
}

static err revoke_decide(struct tx *tx, void *ctx)
{
	struct ask *a = ctx;
	return document_revoke(tx, a->number, a->reason);
}

static err erase_decide(struct tx *tx, void *ctx)
{
	struct ask *a = ctx;
	return person_erase(tx, a->person, STR("asked"));
}

static struct unit *start(struct ask *ask)
{
	static const struct organ *const organs[] = {&pack_organ, &files_organ, &documents_organ};
	struct unit *u = unit_start(organs, COUNT(organs));
	*ask = (struct ask){.key = STR("case:1"),
	                    .number = STR("IDC-2025-000001"),
	                    .reason = STR("issued in error"),
	                    .spec = document_unit_file(u->a, SPEC),
	                    .view = document_unit_file(u->a, VIEW)};
	return u;
}

static struct issued issue(struct unit *u, struct ask *ask)
{
	struct issued d = {0};
	assert_int_equal(unit_run(u, ask_decide, ask), OK);
	scheduler_drain(u->k);
	dbc *c = db_reader(u->k->db);
	assert_true(document_by_number(c, u->a, ask->number, &d));
	db_reader_return(c);
	return d;
}

static str bytes_of(struct unit *u, const struct issued *d)
{
	str pdf = {0};
	dbc *c = db_reader(u->k->db);
	assert_int_equal(document_bytes(u->k, c, u->a, d, &pdf), OK);
	db_reader_return(c);
	return pdf;
}

static const char *judged(struct unit *u, str pdf, str vkey)
{
	struct document_check k;
	document_check(u->a, pdf, vkey, &k);
	return k.reason;
}

static void an_issued_document_verifies_without_the_database(void **state)
{
	(void)state;
	struct ask ask;
	struct unit *u = start(&ask);
	struct issued d = issue(u, &ask);
	assert_str(d.initials_en, "F. A.");
	assert_int_equal(d.code.n, 14);
	str vkey = journal_vkey(u->k, u->a);
	assert_string_equal(judged(u, bytes_of(u, &d), vkey), "no_proof");
	assert_int_equal(journal_seal(u->k, true), OK);
	str pdf = bytes_of(u, &d);
	struct document_check k;
	document_check(u->a, pdf, vkey, &k);
	assert_int_equal(k.verdict, DOCUMENT_INTACT);
	assert_str(k.number, "IDC-2025-000001");
	assert_true(str_eq(k.code, d.code));
	assert_int_equal(k.seq, d.seq);
	assert_string_equal(judged(u, pdf, (str){0}), "no_key");
	assert_string_equal(judged(u, pdf, STR("other+00000000+AAAA")), "other_log");
	unit_stop(u);
}

static void every_changed_byte_is_noticed(void **state)
{
	(void)state;
	struct ask ask;
	struct unit *u = start(&ask);
	struct issued d = issue(u, &ask);
	assert_int_equal(journal_seal(u->k, true), OK);
	str pdf = bytes_of(u, &d), vkey = journal_vkey(u->k, u->a);
	char *p = NEWN(u->a, char, pdf.n + 1);
	memcpy(p, pdf.p, pdf.n);
	str copy = {p, pdf.n};
	struct document_check k;
	struct signature_place at;
	str der;
	assert_true(signature_find(pdf, &at) && signature_der(u->a, pdf, &at, &der));
	for (size_t i = 0; i < pdf.n; i += pdf.n / 150) {
		if (i >= at.from && i < at.from + 2 * der.n)
			continue; /* the signature itself, and what is told beside it */
		arena_mark m = arena_save(u->a);
		p[i] ^= 1;
		document_check(u->a, copy, vkey, &k);
		if (k.verdict == DOCUMENT_INTACT)
			fail_msg("byte %zu of %zu changed, and it is called intact", i, pdf.n);
		p[i] ^= 1;
		arena_rewind(u->a, m);
	}
	p[pdf.n] = '\n';
	copy.n++;
	assert_string_equal(judged(u, copy, vkey), "beyond");
	copy.n -= 2;
	assert_string_equal(judged(u, copy, vkey), "beyond");
	assert_string_equal(judged(u, STR("%PDF-1.7 nothing"), vkey), "no_signature");
	unit_stop(u);
}

static void numbers_have_no_gaps_and_a_key_counts_once(void **state)
{
	(void)state;
	struct ask ask;
	struct unit *u = start(&ask);
	issue(u, &ask);
	assert_int_equal(unit_run(u, ask_decide, &ask), OK); /* the same key */
	ask.key = STR("case:2");
	ask.number = STR("IDC-2025-000002");
	struct issued d = issue(u, &ask);
	assert_str(d.number, "IDC-2025-000002");
	u->now += 60 * DAY; /* into the next year */
	ask.key = STR("case:3");
	ask.number = STR("IDC-2026-000001");
	issue(u, &ask);
	unit_stop(u);
}

static void a_document_ends_when_its_spec_says_so(void **state)
{
	(void)state;
	struct ask ask;
	struct unit *u = start(&ask);
	json_set_int(u->a, ask.spec, "valid_days", 90);
	struct issued d = issue(u, &ask);
	assert_int_equal(d.expires, u->now + 90 * DAY);
	unit_stop(u);
}

static void a_code_is_found_however_it_is_typed(void **state)
{
	(void)state;
	struct ask ask;
	struct unit *u = start(&ask);
	struct issued d = issue(u, &ask), found;
	char typed[64];
	size_t n = 0;
	for (size_t i = 0; i < d.code.n; i++) {
		char c = d.code.p[i];
		if (c != '-')
			typed[n++] = c == '0' ? 'o' : c == '1' ? 'l' : (char)(c >= 'A' ? c + 32 : c);
		if (i == 6)
			typed[n++] = ' ';
	}
	dbc *c = db_reader(u->k->db);
	assert_true(document_by_code(c, u->a, (str){typed, n}, &found));
	assert_int_equal(found.id, d.id);
	assert_false(document_by_code(c, u->a, STR("0000-0000-0000"), &found));
	assert_false(document_by_code(c, u->a, STR("U"), &found));
	db_reader_return(c);
	unit_stop(u);
}

static void a_revoked_document_says_so_and_only_once(void **state)
{
	(void)state;
	struct ask ask;
	struct unit *u = start(&ask);
	issue(u, &ask);
	u->now += HOUR;
	assert_int_equal(unit_run(u, revoke_decide, &ask), OK);
	assert_int_equal(unit_run(u, revoke_decide, &ask), ERR_conflict);
	struct issued d;
	dbc *c = db_reader(u->k->db);
	assert_true(document_by_number(c, u->a, ask.number, &d));
	assert_int_equal(d.revoked, u->now);
	assert_str(d.reason, "issued in error");
	db_reader_return(c);
	unit_stop(u);
}

static void an_erased_person_leaves_a_number_and_nothing_else(void **state)
{
	(void)state;
	struct ask ask;
	struct unit *u = start(&ask);
	struct issued d = issue(u, &ask);
	assert_int_equal(unit_run(u, erase_decide, &ask), OK);
	dbc *c = db_reader(u->k->db);
	str pdf;
	assert_true(document_by_number(c, u->a, ask.number, &d));
	assert_int_equal(d.initials_en.n, 0);
	assert_int_equal(document_bytes(u->k, c, u->a, &d, &pdf), ERR_vault_erased);
	db_reader_return(c);
	unit_stop(u);
}

static void the_register_is_rebuilt_from_the_journal(void **state)
{
	(void)state;
	struct ask ask;
	struct unit *u = start(&ask);
	issue(u, &ask);
	assert_int_equal(unit_run(u, revoke_decide, &ask), OK);
	struct rebuild_report r;
	assert_int_equal(journal_rebuild(u->k, u->a, false, &r), OK);
	if (r.different)
		fail_msg("%.*s differs", STRF(r.first_different));
	unit_stop(u);
}

static void the_key_is_made_once_and_is_the_owners_alone(void **state)
{
	(void)state;
	struct ask ask;
	struct unit *u = start(&ask);
	str one = {0}, two = {0}, path = str_fmt(u->a, "%s/keys/document.pem", u->dir);
	json *spec = ask.spec, *view = ask.view;
	struct stat s;
	assert_int_equal(document_render_now(u->k, u->a, spec, view, u->now, &one), OK);
	assert_int_equal(stat(str_c(u->a, path), &s), 0);
	assert_int_equal(s.st_mode & 0777, 0600);
	assert_int_equal(document_render_now(u->k, u->a, spec, view, u->now, &two), OK);
	struct document_check x, y;
	document_check(u->a, one, (str){0}, &x);
	document_check(u->a, two, (str){0}, &y);
	assert_true(x.certificate.n && str_eq(x.certificate, y.certificate));
	assert_string_equal(x.reason, "no_proof");
	unit_stop(u);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_issued_document_verifies_without_the_database),
	    cmocka_unit_test(every_changed_byte_is_noticed),
	    cmocka_unit_test(numbers_have_no_gaps_and_a_key_counts_once),
	    cmocka_unit_test(a_document_ends_when_its_spec_says_so),
	    cmocka_unit_test(a_code_is_found_however_it_is_typed),
	    cmocka_unit_test(a_revoked_document_says_so_and_only_once),
	    cmocka_unit_test(an_erased_person_leaves_a_number_and_nothing_else),
	    cmocka_unit_test(the_register_is_rebuilt_from_the_journal),
	    cmocka_unit_test(the_key_is_made_once_and_is_the_owners_alone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
