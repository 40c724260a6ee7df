/* My space: what of every room is the reader's own, on one page. */
#include "portal_unit.h"

#include "kernel/ledger/ledger.h"
#include "kernel/outbox/outbox.h"
#include "systems/notify/notify.h"
#include "systems/payments/bills.h"
#include "systems/payments/payments.h"

static struct portal begun(void)
{
	static const struct organ *organs[9];
	static const struct system *const systems[] = {&portal_system, &notify_system,
	                                               &payments_system};
	const struct organ *const all[] = {
	    &pack_organ,   &files_organ,        &search_organ,       &documents_organ,     &cases_organ,
	    &ledger_organ, portal_system.organ, notify_system.organ, payments_system.organ};
	for (size_t i = 0; i < COUNT(all); i++)
		organs[i] = all[i];
	return portal_over(organs, COUNT(all), systems, COUNT(systems));
}

#define SLOT_ANSWERS                                                                               \
	"{\"permit_changed\":false,\"fast_track\":false,\"centre\":\"isa-town\",\"day\":\"%.*s\","     \
	"\"slot\":\"09:00\",\"phone\":\"+97336123456\",\"declaration\":true,\"photograph\":{"          \
	"\"file\":\"abababababababababababababababababababababababababababababababab\","               \
	"\"name\":\"p.jpg\",\"bytes\":20480,\"type\":\"image/jpeg\",\"width\":600,\"height\":800}}"

static err booked_decide(struct tx *tx, struct portal_act *m)
{
	struct kase q;
	const struct service *s = pack_service(pack_current(tx->k), STR("idcard-renew"));
	str day = date_print(tx->a, tx->now / DAY + 5);
	json *answers = json_parse(tx->a, str_fmt(tx->a, SLOT_ANSWERS, STRF(day)), NULL);
	struct person who;
	assert_true(person_get(tx->db, tx->a, m->by, &who));
	json *sources = json_object(tx->a);
	json_set(tx->a, sources, "applicant", person_view(tx->a, &who));
	answers = form_prefill(s->form, sources, answers, tx->a);
	err e = draft_open(tx, s, m->by, &q);
	e = e ? e : draft_save(tx, q.id, answers, json_object(tx->a));
	return e ? e : case_submit(tx, q.id);
}

static err billed_decide(struct tx *tx, struct portal_act *m)
{
	int64_t id;
	return bill_issue(tx,
	                  &(struct bill){.entity = STR("iga"),
	                                 .number = STR("WATER-7"),
	                                 .payer = m->by,
	                                 .label_en = STR("Water bill"),
	                                 .label_ar = STR("فاتورة الماء"),
	                                 .gl = STR("4310"),
	                                 .currency = STR("BHD"),
	                                 .amount = 12500,
	                                 .due = tx->now + 9 * DAY},
	                  &id);
}

static str section(struct visitor *v, const char *id)
{
	arena *a = v->w->u->a;
	return str_dup(
	    a, between(v->page, str_fmt(a, "<section aria-labelledby=\"%s\"", id).p, "</section>"));
}

static void holds(struct visitor *v, const char *id, const char *words)
{
	str s = section(v, id);
	if (str_find(s, str_of(words)) < 0)
		fail_msg("no \"%s\" in %s: %.*s", words, id, STRF(s));
}

/* A draft, an application that was decided, one with an appointment, a bill. */
static void lives(struct portal *p, struct visitor *v)
{
	str name = portal_begin(v);
	portal_fill(v, name);
	visit(v, str_fmt(p->w->u->a, "/en/applications/%.*s/check", STRF(name)).p);
	submit(v, str_fmt(p->w->u->a, "/en/applications/%.*s/check", STRF(name)).p, "");
	int64_t id = portal_kase(p, name).id;
	portal_pay(p, id);
	portal_decide(p, id, "approve", "");
	scheduler_drain(p->w->u->k);
	portal_begin(v);
	assert_int_equal(
	    portal_act(p, (struct portal_act){.by = p->citizen, .decide = portal_ending_decide}), OK);
	assert_int_equal(portal_act(p, (struct portal_act){.by = p->citizen, .decide = booked_decide}),
	                 OK);
	assert_int_equal(portal_act(p, (struct portal_act){.by = p->citizen, .decide = billed_decide}),
	                 OK);
}

/* proves: POR-03 */
static void my_space_shows_every_list_of_a_person(void **state)
{
	(void)state;
	struct portal p = begun();
	struct visitor *v = signed_in(p.w, CITIZEN);
	lives(&p, v);
	visit(v, "/en/me");
	assert_int_equal(v->status, 200);
	holds(v, "drafts", "Replace a lost identity card");
	holds(v, "drafts", "/continue");
	holds(v, "applications", "IDL-");
	holds(v, "applications", "IDR-");
	holds(v, "bills", "Water bill");
	holds(v, "bills", "12.500");
	holds(v, "documents", ".pdf");
	holds(v, "appointments", "Isa Town service centre");
	holds(v, "appointments", "09:00");
	holds(v, "messages", "/en/inbox/");
	holds(v, "history", "/en/applications/IDL-");
	visit(v, "/ar/me");
	holds(v, "appointments", "مركز الخدمة بمدينة عيسى");
	holds(v, "bills", "فاتورة الماء");
	visit(v, "/en/me/history");
	assert_shows(v, "/en/applications/IDR-");
	assert_shows(v, "/en/applications/IDL-");
	portal_stop(&p);
}

static void my_space_shows_nothing_of_others(void **state)
{
	(void)state;
	struct portal p = begun();
	struct visitor *v = signed_in(p.w, CITIZEN), *other = signed_in(p.w, OTHER);
	lives(&p, v);
	visit(other, "/en/me");
	assert_int_equal(other->status, 200);
	assert_shows(other, "You have no drafts.");
	assert_shows(other, "You have no appointments ahead.");
	static const char *const theirs[] = {"IDL-", "IDR-", "Water bill", ".pdf", "/continue"};
	for (size_t i = 0; i < COUNT(theirs); i++)
		assert_false(shows(other, theirs[i]));
	visit(other, "/en/me/history");
	assert_shows(other, "Nothing happened in the last six months.");
	portal_stop(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(my_space_shows_every_list_of_a_person),
	    cmocka_unit_test(my_space_shows_nothing_of_others),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
