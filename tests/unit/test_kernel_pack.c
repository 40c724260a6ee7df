/* A pack is checked, comes into force, is read back by another node, and answers. */
#include "kernel_unit.h"

#include "kernel/authority/authority.h"
#include "kernel/identity/identity.h"
#include "kernel/journal.h"
#include "kernel/pack/demo.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define LOST "services/idcard-replace-lost/"

static struct pack_source folder(arena *a, const char *path)
{
	struct diags d = diags_make(a, str_of(path));
	struct pack_source s;
	if (pack_read_folder(a, path, &s, &d) != OK)
		fail_msg("%.*s", STRF(diags_print(a, &d)));
	return s;
}

static struct pack *checked(arena *a, const struct pack_source *s)
{
	struct diags d = diags_make(a, STR("pack"));
	struct pack *p = pack_check(a, s, &d);
	if (!p)
		fail_msg("%.*s", STRF(diags_print(a, &d)));
	return p;
}

/* The file's bytes with one text replaced by another, once. */
static void replace(arena *a, struct pack_source *s, const char *path, const char *old,
                    const char *new)
{
	for (size_t i = 0; i < s->n; i++) {
		if (!str_eq(s->files[i].path, str_of(path)))
			continue;
		str b = s->files[i].bytes;
		ptrdiff_t at = str_find(b, str_of(old));
		if (at < 0)
			fail_msg("%s does not hold %s", path, old);
		s->files[i].bytes = str_fmt(a, "%.*s%s%.*s", (int)at, b.p, new,
		                            STRF(str_sub(b, (size_t)at + strlen(old), b.n)));
		return;
	}
	fail_msg("no file %s", path);
}

/* Gives a file another name and other bytes. */
static void rewrite(struct pack_source *s, const char *path, const char *name, const char *bytes)
{
	for (size_t i = 0; i < s->n; i++)
		if (str_eq(s->files[i].path, str_of(path))) {
			s->files[i] = (struct pack_source_file){.path = str_of(name), .bytes = str_of(bytes)};
			return;
		}
	fail_msg("no file %s", path);
}

struct put {
	const struct pack_source *s;
	const struct pack *p;
};

static err put_decide(struct tx *tx, void *ctx)
{
	struct put *x = ctx;
	return pack_put(tx, x->s, x->p);
}

static err put(struct unit *u, const struct pack_source *s)
{
	struct put x = {s, checked(u->a, s)};
	str why = {0};
	err e = unit_run(u, put_decide, &x);
	if (e == OK && pack_refresh(u->k, &why) != OK)
		fail_msg("%.*s", STRF(why));
	return e;
}

static struct unit *start(void)
{
	const struct organ *organs[] = {&pack_organ};
	return unit_start(organs, 1);
}

static struct unit *started(struct pack_source *s)
{
	struct unit *u = start();
	*s = folder(u->a, "packs/bahrain");
	assert_int_equal(put(u, s), OK);
	return u;
}

static int64_t events(struct unit *u)
{
	dbc *c = db_reader(u->k->db);
	rows *r = db_query_text(c, STR("SELECT count(*) FROM journal"), NULL, 0);
	int64_t n = db_next(r) ? db_int(r, 0) : -1;
	db_done(r);
	db_reader_return(c);
	return n;
}

/* ---- checking ---- */

static void the_packs_of_the_project_are_right(void **state)
{
	arena *a = *state;
	struct pack_source s = folder(a, "packs/bahrain"), e = folder(a, "packs/empty");
	struct pack *p = checked(a, &s), *q = checked(a, &e);
	assert_str(p->id, "bahrain");
	assert_string_equal(p->currency, "BHD");
	assert_int_equal(p->utc_offset, 3 * 3600);
	assert_true(p->n_services > 60);
	assert_true(p->n_decisions >= 5);
	assert_int_equal(q->n_services, 0);
	assert_int_equal(p->hash.n, 64);
	assert_true(str_eq(p->hash, checked(a, &s)->hash));
}

static void services_are_found_by_id(void **state)
{
	struct pack_source s = folder(*state, "packs/bahrain");
	struct pack *p = checked(*state, &s);
	for (size_t i = 0; i < p->n_services; i++)
		assert_ptr_equal(pack_service(p, p->services[i].id), &p->services[i]);
	assert_null(pack_service(p, STR("no-such-service")));
	const struct service *lost = pack_service(p, STR("idcard-replace-lost"));
	assert_non_null(lost->form);
	assert_non_null(lost->process);
	assert_int_equal(lost->n_decisions, 1);
	int64_t day = days_from_civil(2026, 11, 25);
	assert_non_null(pack_decision_at(p, STR("building-fee"), day));
	assert_null(pack_decision_at(p, STR("building-fee"), days_from_civil(1990, 1, 1)));
}

/* ---- in force ---- */

/* A service whose process is a table of stages: compiled, its cases run. */
static void a_process_may_be_a_table_of_stages(void **state)
{
	static const char stages[] =
	    "{\"process\": \"lost\", \"stages\": ["
	    "{\"stage\": \"payment\", \"type\": \"payment\", \"fee\": \"fee\"},"
	    "{\"stage\": \"review\", \"who\": \"id_officer\", \"working_days\": 3,"
	    " \"reminder\": \"overdue\", \"outcomes\": [\"approve\", \"reject\"],"
	    " \"decision\": \"decision = \\\"approve\\\"\", \"then\": \"issue\","
	    " \"else\": \"end:rejected\"},"
	    "{\"stage\": \"issue\", \"type\": \"issue\", \"document\": \"document\","
	    " \"then\": \"end:approved\"}]}";
	static const char cases[] =
	    "{\"format\": \"diwan-bpmn-test/1\", \"cases\": [{\"name\": \"rejected\","
	    "\"steps\": [{\"start\": \"lost\"}, {\"complete\": \"review\","
	    "\"vars\": {\"decision\": \"reject\"}}],"
	    "\"expect\": {\"completed\": {\"issue\": 0, \"end_rejected\": 1}}}]}";
	arena *a = *state;
	struct pack_source s = folder(a, "packs/bahrain");
	struct diags d = diags_make(a, STR("pack"));
	replace(a, &s, LOST "service.json", "process.bpmn", "process.stages.json");
	rewrite(&s, LOST "process.bpmn", LOST "process.stages.json", stages);
	rewrite(&s, LOST "process.tests.json", LOST "process.tests.json", cases);
	const struct service *x = pack_service(checked(a, &s), STR("idcard-replace-lost"));
	assert_non_null(x->process);
	assert_true(str_starts(x->process_xml, STR("<?xml")));
	/* what it names must exist, as in a drawn process */
	replace(a, &s, LOST "process.stages.json", "id_officer", "nobody");
	assert_null(pack_check(a, &s, &d));
	assert_str(d.first->rule, "pack.process.role");
}

static void it_comes_into_force_with_its_bodies_and_roles(void **state)
{
	(void)state;
	struct pack_source s;
	struct unit *u = started(&s);
	struct entity e;
	dbc *c = db_reader(u->k->db);
	assert_true(entity_get(c, u->a, STR("mofne"), days_from_civil(2018, 12, 4) * DAY, &e));
	assert_str(e.name_en, "Ministry of Finance");
	assert_true(entity_get(c, u->a, STR("mofne"), days_from_civil(2018, 12, 5) * DAY, &e));
	assert_str(e.name_en, "Ministry of Finance and National Economy");
	assert_true(entity_get(c, u->a, STR("iga"), u->now, &e));
	db_reader_return(c);
	assert_str(pack_current(u->k)->id, "bahrain");
	unit_stop(u);
}

static void loading_it_again_does_nothing(void **state)
{
	(void)state;
	struct pack_source s;
	struct unit *u = started(&s);
	int64_t before = events(u);
	const struct pack *p = pack_current(u->k);
	assert_int_equal(put(u, &s), OK);
	assert_int_equal(events(u), before);
	assert_ptr_equal(pack_current(u->k), p);
	/* A changed role is one event more, beside the pack's own. */
	replace(u->a, &s, "roles.json", "\"case.work\"", "\"case.work\", \"stats.records\"");
	assert_int_equal(put(u, &s), OK);
	assert_int_equal(events(u), before + 2);
	unit_stop(u);
}

static void another_node_reads_it_from_the_database(void **state)
{
	(void)state;
	struct pack_source s;
	struct unit *u = started(&s);
	str hash = str_dup(u->a, pack_current(u->k)->hash), why = {0};
	kernel_close(u->k);
	unit_open(u);
	assert_null(pack_current(u->k));
	assert_int_equal(pack_refresh(u->k, &why), OK);
	const struct pack *p = pack_current(u->k);
	assert_true(str_eq(p->hash, hash));
	assert_non_null(pack_service(p, STR("idcard-replace-lost"))->form);
	assert_false(calendar_working_day(p->calendar, days_from_civil(2026, 11, 27)));
	unit_stop(u);
}

static void changed_files_need_a_new_version(void **state)
{
	(void)state;
	struct pack_source s;
	struct unit *u = started(&s);
	replace(u->a, &s, LOST "messages.json", "Pay the fee of", "Please pay the fee of");
	assert_int_equal(put(u, &s), ERR_pack_invalid);
	replace(u->a, &s, LOST "service.json", "\"version\": 1", "\"version\": 2");
	assert_int_equal(put(u, &s), OK);
	dbc *c = db_reader(u->k->db);
	const struct service *now = pack_service(pack_current(u->k), STR("idcard-replace-lost"));
	const struct service *old = service_at(u->k, c, STR("idcard-replace-lost"), 1);
	assert_int_equal(now->version, 2);
	assert_non_null(old);
	assert_int_equal(old->version, 1);
	assert_non_null(old->process);
	assert_ptr_equal(service_at(u->k, c, STR("idcard-replace-lost"), 1), old);
	assert_ptr_equal(service_at(u->k, c, STR("idcard-replace-lost"), 2), now);
	assert_null(service_at(u->k, c, STR("idcard-replace-lost"), 3));
	str body = json_text(json_path(json_get(old->messages, "messages")->first, "body.en"));
	assert_true(str_find(body, STR("\n\nPay the fee of")) > 0);
	db_reader_return(c);
	unit_stop(u);
}

static void another_country_is_refused(void **state)
{
	(void)state;
	struct pack_source s;
	struct unit *u = started(&s);
	struct pack_source e = folder(u->a, "packs/empty");
	assert_int_equal(put(u, &e), ERR_pack_invalid);
	assert_str(pack_current(u->k)->id, "bahrain");
	unit_stop(u);
}

static void the_journal_gives_the_same_tables(void **state)
{
	(void)state;
	struct pack_source s;
	struct unit *u = started(&s);
	replace(u->a, &s, LOST "messages.json", "Pay the fee of", "Please pay the fee of");
	replace(u->a, &s, LOST "service.json", "\"version\": 1", "\"version\": 2");
	assert_int_equal(put(u, &s), OK);
	struct rebuild_report r;
	assert_int_equal(journal_rebuild(u->k, u->a, false, &r), OK);
	assert_int_equal(r.different, 0);
	unit_stop(u);
}

/* ---- asking ---- */

static json *context(arena *a, const struct pack *p, const char *group, const char *born,
                     const char *answers)
{
	json *who = json_parse(a, STR("{\"cards\":[{\"serial\":\"1\"}]}"), NULL);
	json_set_str(a, who, "group", str_of(group));
	json_set_str(a, who, "birth_date", str_of(born));
	instant now = 0;
	assert_true(time_parse(STR("2026-11-25T08:00:00Z"), &now));
	return service_context(a, p, who, json_parse(a, str_of(answers), NULL), now);
}

static void a_decision_gives_an_amount_and_its_rule(void **state)
{
	arena *a = *state;
	struct pack_source src = folder(a, "packs/bahrain");
	struct pack *p = checked(a, &src);
	const struct service *s = pack_service(p, STR("idcard-replace-lost"));
	static const struct {
		const char *group, *answers;
		int64_t minor;
	} fees[] = {
	    {"citizen", "{\"fast_track\":false,\"permit_changed\":false}", 4000},
	    {"citizen", "{\"fast_track\":true,\"permit_changed\":false}", 14000},
	    {"resident", "{\"fast_track\":false,\"permit_changed\":false}", 10000},
	    {"domestic_worker", "{\"fast_track\":false,\"permit_changed\":true}", 0},
	};
	for (size_t i = 0; i < COUNT(fees); i++) {
		struct decision_answer d;
		json *c = context(a, p, fees[i].group, "1985-01-15", fees[i].answers);
		assert_int_equal(service_decide(a, s, STR("fee"), c, 0, &d), OK);
		assert_true(d.has_amount);
		assert_int_equal(d.amount.minor, fees[i].minor);
		assert_true(json_str(d.rule, "en").n > 0);
		assert_true(json_str(d.rule, "ar").n > 0);
		assert_true(d.trace->count > 0);
	}
	struct decision_answer d;
	json *c = context(a, p, "martian", "1985-01-15", "{}");
	assert_int_equal(service_decide(a, s, STR("fee"), c, 0, &d), ERR_bad_input);
	assert_int_equal(service_decide(a, s, STR("none"), c, 0, &d), ERR_decision_unknown);
}

/* proves: IDC-04 */
static void the_fee_of_a_card_is_that_of_the_table(void **state)
{
	arena *a = *state;
	struct pack_source src = folder(a, "packs/bahrain");
	struct pack *p = checked(a, &src);
	const struct service *renew = pack_service(p, STR("idcard-renew"));
	const struct service *lost = pack_service(p, STR("idcard-replace-lost"));
	const struct {
		const struct service *s;
		const char *group, *born, *answers;
		int64_t minor;
	} fees[] = {
	    {renew, "citizen", "1965-06-20", "{\"fast_track\":false}", 1000},
	    {renew, "citizen", "1965-06-20", "{\"fast_track\":true}", 11000},
	    {renew, "citizen", "1966-11-26", "{\"fast_track\":false}", 2000},
	    {renew, "resident", "1990-03-08", "{\"fast_track\":false}", 10000},
	    {renew, "domestic_worker", "1993-08-30", "{\"permit_changed\":true}", 0},
	    {renew, "domestic_worker", "1993-08-30", "{\"permit_changed\":false}", 10000},
	    {lost, "citizen", "1985-01-15", "{\"fast_track\":false}", 4000},
	};
	for (size_t i = 0; i < COUNT(fees); i++) {
		struct decision_answer d;
		json *c = context(a, p, fees[i].group, fees[i].born, fees[i].answers);
		assert_int_equal(service_decide(a, fees[i].s, STR("fee"), c, 0, &d), OK);
		assert_int_equal(d.amount.minor, fees[i].minor);
	}
}

/* A card with 40 days left is to be replaced, not renewed. */
static void the_window_of_renewal_is_one_month(void **state)
{
	arena *a = *state;
	struct pack_source src = folder(a, "packs/bahrain");
	struct pack *p = checked(a, &src);
	const struct service *s = pack_service(p, STR("idcard-renew"));
	static const struct {
		const char *expires, *refusal;
	} cards[] = {{"2027-01-04", "Your card does not expire within a month. Ask for a replacement"},
	             {"2026-12-26", "Your card does not expire within a month. Ask for a replacement"},
	             {"2026-12-25", NULL},
	             {"2026-11-24", NULL}};
	for (size_t i = 0; i < COUNT(cards); i++) {
		json *c = context(a, p, "citizen", "1985-01-15", "{}");
		json *card = json_get(json_get(c, "applicant"), "cards")->first;
		json_set_str(a, card, "expires", str_of(cards[i].expires));
		json_set_str(a, card, "status", STR("active"));
		const json *no = service_refusal(a, s, c, 0);
		if (cards[i].refusal)
			assert_true(str_starts(json_str(no, "en"), str_of(cards[i].refusal)));
		else
			assert_null(no);
	}
}

/* proves: CORE-04 */
static void tables_run_their_tests_and_show_their_trace(void **state)
{
	arena *a = *state;
	struct pack_source src = folder(a, "packs/bahrain");
	struct pack *p = checked(a, &src);
	struct decision_answer d;
	json *c = context(a, p, "citizen", "1985-01-15", "{\"fast_track\":true}");
	assert_int_equal(
	    service_decide(a, pack_service(p, STR("idcard-replace-lost")), STR("fee"), c, 0, &d), OK);
	const json *table = d.trace->first;
	assert_str(json_str(table, "table"), "BaseFee");
	assert_str(json_str(json_get(table, "rules")->first, "id"), "base_rule3");
	assert_str(json_str(d.rule, "en"), "Citizen: replacement of a lost card, BD 4.000.");
	/* In force from the day the table says, and not before. */
	assert_null(pack_decision_at(p, STR("notary-fee"), days_from_civil(1999, 1, 1)));
	assert_non_null(pack_decision_at(p, STR("notary-fee"), days_from_civil(2026, 1, 1)));
	/* A rule that no longer gives what its tests say is refused. */
	struct diags told = diags_make(a, STR("pack"));
	replace(a, &src, LOST "fee.dmn", "<text>4.000</text>", "<text>5.000</text>");
	assert_null(pack_check(a, &src, &told));
	assert_str(told.first->rule, "pack.example");
	assert_str(told.first->file, LOST "fee.tests.xml");
}

static void the_first_test_that_fails_refuses(void **state)
{
	arena *a = *state;
	struct pack_source src = folder(a, "packs/bahrain");
	struct pack *p = checked(a, &src);
	const struct service *s = pack_service(p, STR("idcard-replace-lost"));
	assert_null(service_refusal(a, s, context(a, p, "citizen", "1985-01-15", "{}"), 0));
	const json *no = service_refusal(a, s, context(a, p, "tourist", "1985-01-15", "{}"), 0);
	assert_true(str_starts(json_str(no, "en"), STR("This service is for citizens")));
	json *none = context(a, p, "citizen", "1985-01-15", "{}");
	json_set(a, json_get(none, "applicant"), "cards", json_array(a));
	no = service_refusal(a, s, none, 0);
	assert_true(str_starts(json_str(no, "en"), STR("No identity card")));
}

static void numbers_of_the_country_are_checked(void **state)
{
	arena *a = *state;
	struct pack_source src = folder(a, "packs/bahrain");
	struct pack *p = checked(a, &src);
	const json *list = json_get(p->identifiers, "schemes");
	str normal;
	for (const json *v = list->first; v; v = v->next)
		for (const json *x = json_get(v, "examples")->first; x; x = x->next) {
			assert_int_equal(identifier_check(a, p, json_str(v, "id"), json_text(x), &normal), OK);
			/* Another last digit: right only where the scheme has no check digit. */
			char *bad = NEWN(a, char, json_text(x).n);
			memcpy(bad, json_text(x).p, json_text(x).n);
			size_t last = json_text(x).n - 1;
			bad[last] = (char)(bad[last] == '9' ? '0' : bad[last] + 1);
			bool none = str_eq(json_text(json_path(v, "checksum.kind")), STR("none"));
			err e = identifier_check(a, p, json_str(v, "id"), (str){bad, last + 1}, &normal);
			assert_int_equal(e, none ? OK : ERR_national_number_bad);
		}
	str scheme = STR("bhr-personal-number");
	assert_int_equal(identifier_check(a, p, scheme, STR(" ٨٥٠١ ٩٩-٩٠١ "), &normal), OK);
	assert_str(normal, "850199901");
	assert_int_equal(identifier_check(a, p, scheme, STR("85019990"), &normal),
	                 ERR_national_number_bad);
	assert_int_equal(identifier_check(a, p, scheme, STR("85019990a"), &normal),
	                 ERR_national_number_bad);
	assert_int_equal(identifier_check(a, p, STR("no-scheme"), STR("850199901"), &normal),
	                 ERR_national_number_bad);
}

static void another_scheme_brings_its_own_rules(void **state)
{
	arena *a = *state;
	struct pack_source src = folder(a, "packs/bahrain");
	struct pack *p = checked(a, &src);
	str bhr = json_str(p->meta, "identifier"), normal;
	assert_str(bhr, "bhr-personal-number");
	/* Nine digits; a month that is none is only pointed out. */
	assert_int_equal(identifier_check(a, p, bhr, STR("851399901"), &normal), OK);
	json *advice = identifier_advice(a, p, bhr, STR("851399901"));
	assert_true(
	    str_starts(json_text(json_path(advice, "warning.en")), STR("The third and fourth")));
	assert_null(json_get(identifier_advice(a, p, bhr, STR("850199901")), "warning"));
	/* Eight digits lost their zero: it is added only when the person agrees. */
	assert_int_equal(identifier_check(a, p, bhr, STR("50199901"), &normal),
	                 ERR_national_number_bad);
	advice = identifier_advice(a, p, bhr, STR("50199901"));
	assert_str(json_str(advice, "padded"), "050199901");
	assert_true(json_text(json_path(advice, "consent.ar")).n > 0);
	assert_int_equal(identifier_advice(a, p, bhr, STR("501999"))->count, 0);
	/* The same pack with the scheme of the Emirates: Luhn is enforced. */
	replace(a, &src, "pack.json", "\"identifier\": \"bhr-personal-number\"",
	        "\"identifier\": \"are-emirates-id\"");
	p = checked(a, &src);
	str are = json_str(p->meta, "identifier");
	assert_int_equal(identifier_check(a, p, are, STR("784-1985-0000001-7"), &normal), OK);
	assert_str(normal, "784198500000017");
	assert_int_equal(identifier_check(a, p, are, STR("784-1985-0000001-8"), &normal),
	                 ERR_national_number_bad);
}

/* ---- people of a trial ---- */

static void invented_people_never_join_real_ones(void **state)
{
	(void)state;
	struct pack_source s;
	struct unit *u = started(&s);
	struct demo *d = demo_prepare(NULL, u->a, pack_current(u->k));
	assert_int_equal(unit_run(u, demo_put, d), OK);
	int64_t before = events(u);
	assert_int_equal(unit_run(u, demo_put, d), OK);
	assert_int_equal(events(u), before);
	struct person p;
	struct credential cred;
	dbc *c = db_reader(u->k->db);
	assert_true(person_by_number(c, u->a, STR("800599905"), &p));
	assert_true(p.staff);
	struct rights r = rights_of(c, u->a, p.id, u->now);
	assert_true(may(&r, PERM_case_work, STR("iga")));
	assert_false(may(&r, PERM_case_work, STR("moe")));
	assert_true(credential_get(u->k, c, u->a, p.id, &cred));
	assert_true(password_check(cred.password_hash, STR("demo-only-password")));
	db_reader_return(c);
	unit_stop(u);
}

static err register_one(struct tx *tx, void *ctx)
{
	(void)ctx;
	struct person p = {.national_number = STR("850101234"),
	                   .name_en = STR("A B"),
	                   .name_ar = STR("أ ب"),
	                   .language = STR("ar")};
	return person_register(tx, &p);
}

static void real_people_keep_invented_ones_out(void **state)
{
	(void)state;
	struct pack_source s;
	struct unit *u = started(&s);
	assert_int_equal(unit_run(u, register_one, NULL), OK);
	assert_int_equal(unit_run(u, demo_put, demo_prepare(NULL, u->a, pack_current(u->k))),
	                 ERR_conflict);
	unit_stop(u);
}

static str bytes_of(const struct pack_source *s, const char *path)
{
	for (size_t i = 0; i < s->n; i++)
		if (str_eq(s->files[i].path, str_of(path)))
			return s->files[i].bytes;
	fail_msg("no file %s", path);
	return (str){0};
}

static void services_share_a_decision_of_the_country(void **state)
{
	arena *a = *state;
	struct pack_source s = folder(a, "packs/bahrain");
	str table = bytes_of(&s, "decisions/idcard-fee/idcard-fee.dmn");
	assert_true(str_eq(bytes_of(&s, LOST "fee.dmn"), table));
	assert_true(str_eq(bytes_of(&s, "services/idcard-renew/fee.dmn"), table));
	const struct pack *p = checked(a, &s);
	for (size_t i = 0; i < 2; i++) {
		const struct service *of =
		    pack_service(p, i ? STR("idcard-renew") : STR("idcard-replace-lost"));
		assert_str(of->decisions[0].id, "fee");
		assert_non_null(of->decisions[0].model);
	}
	/* the shared table is part of what a version of the service is */
	str before = pack_service(p, STR("idcard-renew"))->hash;
	replace(a, &s, "services/idcard-renew/fee.dmn", "</definitions>", "\n</definitions>");
	assert_false(str_eq(pack_service(checked(a, &s), STR("idcard-renew"))->hash, before));
}

/* Both languages of a label; false if one is missing. */
static bool both(const json *label)
{
	return json_str(label, "en").n && json_str(label, "ar").n;
}

static size_t unsaid(arena *a, const struct dmn *m, const char *whose)
{
	size_t bad = 0;
	const json *all = dmn_describe(a, m);
	for (const json *i = json_get(all, "inputs")->first; i; i = i->next)
		bad += !both(json_get(i, "label"));
	for (const json *d = json_get(all, "decisions")->first; d; d = d->next) {
		const json *t = dmn_table_view(a, m, json_str(d, "name")), *c;
		bad += !both(json_get(d, "label"));
		for (const json *r = json_get(d, "results")->first; r; r = r->next)
			bad += !both(json_get(r, "label"));
		for (int i = 0; t && i < 2; i++)
			for (c = json_get(t, i ? "output_columns" : "input_columns")->first; c; c = c->next) {
				str values = json_str(c, "values"), one;
				bad += !both(json_get(c, "label"));
				while (str_starts(values, STR("\"")) && str_cut(&values, ',', &one))
					bad += !both(json_get_str(json_get(c, "meanings"),
					                          str_sub(str_trim(one), 1, str_trim(one).n - 1)));
			}
	}
	if (bad)
		print_message("%s: %zu things without a label in both languages\n", whose, bad);
	return bad;
}

static void rules_of_the_pack_speak_both_languages(void **state)
{
	arena *a = *state;
	struct pack_source s = folder(a, "packs/bahrain");
	const struct pack *p = checked(a, &s);
	size_t bad = 0, models = 0;
	for (size_t i = 0; i < p->n_decisions; i++, models++)
		bad += unsaid(a, p->decisions[i].model, str_c(a, p->decisions[i].id));
	for (size_t i = 0; i < p->n_services; i++)
		for (size_t k = 0; k < p->services[i].n_decisions; k++, models++)
			bad += unsaid(a, p->services[i].decisions[k].model, str_c(a, p->services[i].id));
	assert_in_range(models, 20, 1000);
	assert_int_equal(bad, 0);
}

static void put_text(arena *a, const char *dir, const char *path, const char *text)
{
	str whole = str_fmt(a, "%s/%s", dir, path);
	for (size_t i = strlen(dir) + 1; i < whole.n; i++)
		if (whole.p[i] == '/')
			mkdir(str_c(a, str_sub(whole, 0, i)), 0700);
	FILE *f = fopen(str_c(a, whole), "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void refused(arena *a, const char *dir, const char *what)
{
	struct diags d = diags_make(a, STR("pack"));
	struct pack_source s;
	assert_int_equal(pack_read_folder(a, dir, &s, &d), ERR_pack_invalid);
	assert_str(d.first->rule, "pack.decision.shared");
	assert_str(d.first->file, "services/x/service.json");
	assert_true(str_find(d.first->what, str_of(what)) >= 0);
}

static void a_shared_decision_must_be_there_and_stand_once(void **state)
{
	arena *a = *state;
	char dir[] = "/tmp/diwan.shared.XXXXXX";
	assert_non_null(mkdtemp(dir));
	put_text(a, dir, "services/x/service.json",
	         "{\"decisions\": {\"fee\": {\"shared\": \"toll\", \"file\": \"fee.dmn\"}}}");
	refused(a, dir, "no decision \"toll\"");
	put_text(a, dir, "decisions/toll/decision.json", "{\"file\": \"toll.dmn\"}");
	put_text(a, dir, "decisions/toll/toll.dmn", "<definitions/>");
	struct pack_source s = folder(a, dir);
	assert_str(bytes_of(&s, "services/x/fee.dmn"), "<definitions/>");
	put_text(a, dir, "services/x/fee.dmn", "<other/>");
	refused(a, dir, "stands in the service's folder too");
	static const char *const made[] = {"services/x/service.json",
	                                   "services/x/fee.dmn",
	                                   "services/x",
	                                   "services",
	                                   "decisions/toll/decision.json",
	                                   "decisions/toll/toll.dmn",
	                                   "decisions/toll",
	                                   "decisions",
	                                   ""};
	for (size_t i = 0; i < sizeof made / sizeof *made; i++)
		assert_int_equal(remove(str_c(a, str_fmt(a, "%s/%s", dir, made[i]))), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    UNIT(the_packs_of_the_project_are_right),
	    UNIT(services_are_found_by_id),
	    UNIT(a_process_may_be_a_table_of_stages),
	    cmocka_unit_test(it_comes_into_force_with_its_bodies_and_roles),
	    cmocka_unit_test(loading_it_again_does_nothing),
	    cmocka_unit_test(another_node_reads_it_from_the_database),
	    cmocka_unit_test(changed_files_need_a_new_version),
	    cmocka_unit_test(another_country_is_refused),
	    cmocka_unit_test(the_journal_gives_the_same_tables),
	    UNIT(a_decision_gives_an_amount_and_its_rule),
	    UNIT(services_share_a_decision_of_the_country),
	    UNIT(rules_of_the_pack_speak_both_languages),
	    UNIT(a_shared_decision_must_be_there_and_stand_once),
	    UNIT(the_fee_of_a_card_is_that_of_the_table),
	    UNIT(the_window_of_renewal_is_one_month),
	    UNIT(tables_run_their_tests_and_show_their_trace),
	    UNIT(the_first_test_that_fails_refuses),
	    UNIT(numbers_of_the_country_are_checked),
	    UNIT(another_scheme_brings_its_own_rules),
	    cmocka_unit_test(invented_people_never_join_real_ones),
	    cmocka_unit_test(real_people_keep_invented_ones_out),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
