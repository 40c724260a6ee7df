/* Cards that nobody reviewed for a year: listed, and their body's editors told. */
#include "portal_unit.h"

#include "kernel/outbox/outbox.h"
#include "systems/guide/guide.h"
#include "systems/notify/notify.h"

/* proves: CAT-11 */
static void a_stale_card_is_listed_and_its_body_told_once(void **state)
{
	(void)state;
	static const struct system *const both[] = {&notify_system, &guide_system};
	struct portal p = portal_start_with(both, 2);
	struct unit *u = p.w->u;
	struct visitor *editor = signed_in(p.w, ADMIN);
	visit(editor, "/en/guide/quality");
	assert_false(shows(editor, "Not reviewed for more than a year"));
	scheduler_drain(u->k); /* today's look at the cards: nothing */
	visit(editor, "/en/inbox");
	assert_shows(editor, "No messages");

	int64_t reviewed;
	const struct service *s = pack_service(pack_current(u->k), STR("idcard-renew"));
	assert_true(date_parse(json_str(s->card, "reviewed"), &reviewed));
	u->now = (reviewed + 367) * DAY;
	for (int day = 0; day < 3; day++) { /* told on the first day, and not again */
		scheduler_drain(u->k);
		u->now += DAY;
	}
	editor = signed_in(p.w, ADMIN);
	visit(editor, "/en/guide/quality");
	str row = between(editor->page, "href=\"/en/services/idcard-renew\"", "</tr>");
	assert_true(str_find(row, STR("Not reviewed for more than a year")) > 0);
	assert_true(str_find(row, STR("Its editors were told on")) > 0);
	assert_true(str_find(row, STR(">80<")) > 0); /* its score */
	visit(editor, "/en/inbox?q=Review+Renew+an+identity+card");
	str first = between(editor->page, "Review the card of", "</ul>");
	assert_true(first.n > 0);
	assert_true(str_find(first, STR("Renew an identity card")) > 0);
	assert_true(str_find(str_sub(first, 60, first.n), STR("Renew an identity card")) < 0);
	struct visitor *other = signed_in(p.w, OTHER); /* edits nothing */
	visit(other, "/en/inbox");
	assert_shows(other, "No messages");
	struct rebuild_report r;
	assert_int_equal(journal_rebuild(u->k, u->a, false, &r), OK);
	assert_int_equal(r.different, 0);
	portal_stop(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_stale_card_is_listed_and_its_body_told_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
