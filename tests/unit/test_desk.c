/* The desk over HTTP: lists, decisions, and that nothing of another entity shows. */
#include "desk_unit.h"

/* A case that waits for an officer. */
static str waiting(struct desk *d, int64_t person, int64_t *id)
{
	*id = submitted(d->p, person);
	paid(d->p, *id);
	return look_at(d->p, *id).reference;
}

static void an_officer_finds_takes_and_decides(void **state)
{
	(void)state;
	struct desk *d = desk_start();
	struct people *p = d->p;
	const char *me = signed_in(d, p->officer);
	int64_t id;
	str ref = waiting(d, p->citizen, &id);
	str list = get(d, me, "/en/desk");
	assert_int_equal(status_of(list), 200);
	assert_true(has(list, "Maryam Ali") && has(list, "1 case"));
	const char *page = at(d, "/en/desk/cases/*", ref);
	str shown = get(d, me, page);
	assert_int_equal(status_of(shown), 200);
	assert_true(has(shown, "Manama souq") && has(shown, "Take this case"));
	assert_int_equal(count_of(p, "case.read"), 1);
	assert_int_equal(status_of(get(d, me, at(d, "/en/desk/cases/*/diagram.svg", ref))), 200);
	str taken = post(d, me, page, at(d, "/en/desk/cases/*/claim", ref), "");
	assert_int_equal(status_of(taken), 303);
	/* Without a reason nothing is returned, and the page says so. */
	str v =
	    str_fmt(p->u->a, "version=%lld&outcome=return&reason=", (long long)look_at(p, id).revision);
	str again = post(d, me, page, at(d, "/en/desk/cases/*/decide", ref), str_c(p->u->a, v));
	assert_int_equal(status_of(again), 422);
	assert_true(has(again, "Write what is missing") && has(again, "<title>Error"));
	v = str_cat(p->u->a, v, STR("A+sharper+photo"));
	assert_int_equal(
	    status_of(post(d, me, page, at(d, "/en/desk/cases/*/decide", ref), str_c(p->u->a, v))),
	    303);
	struct kase q = look_at(p, id);
	assert_str(q.state, "returned");
	assert_str(q.reason, "A sharper photo");
	assert_true(has(get(d, me, "/ar/desk?state=returned"), "dir=\"rtl\""));
	rebuilt(p);
	desk_stop(d);
}

static void the_second_officer_is_told_who_was_first(void **state)
{
	(void)state;
	struct desk *d = desk_start();
	struct people *p = d->p;
	const char *me = signed_in(d, p->officer), *other = signed_in(d, p->second);
	int64_t id;
	str ref = waiting(d, p->citizen, &id);
	const char *page = at(d, "/en/desk/cases/*", ref),
	           *claim = at(d, "/en/desk/cases/*/claim", ref);
	str seen = get(d, other, page); /* before the first one takes it */
	assert_int_equal(status_of(post(d, me, page, claim, "")), 303);
	str csrf = between(seen, "name=\"csrf\" value=\"", "\"");
	str late = site_post(&d->site, claim, other, "application/x-www-form-urlencoded",
	                     str_fmt(p->u->a, "csrf=%.*s&idempotency_key=k2", STRF(csrf)));
	assert_int_equal(status_of(late), 409);
	assert_true(has(late, "Yusuf Khalid"));
	assert_int_equal(look_at(p, id).holder, p->officer);
	desk_stop(d);
}

/* proves: CORE-02 */
static void another_entity_sees_nothing(void **state)
{
	(void)state;
	struct desk *d = desk_start();
	struct people *p = d->p;
	const char *me = signed_in(d, p->officer), *foreign = signed_in(d, p->foreign);
	int64_t id;
	str ref = waiting(d, p->citizen, &id);
	static const char *const lists[] = {
	    "/en/desk",
	    "/en/desk?q=maryam",
	    "/en/desk?q=850119990",
	    "/en/desk?entity=iga",
	    "/en/desk?q=entity%3Aiga",
	    "/en/desk?assignee=none",
	    "/en/desk.csv",
	    "/en/desk/workload",
	    "/en/desk?q=-nobody",
	    "/en/desk?service=" SERVICE,
	};
	for (size_t i = 0; i < COUNT(lists); i++) {
		str theirs = get(d, foreign, lists[i]), ours = get(d, me, lists[i]);
		assert_int_equal(status_of(theirs), 200);
		if (has(theirs, "Maryam") || str_find(theirs, ref) >= 0)
			fail_msg("%s shows another entity's case", lists[i]);
		if (!str_eq(str_of(lists[i]), STR("/en/desk/workload")))
			assert_true(has(ours, "Maryam"));
	}
	assert_true(has(get(d, foreign, "/en/desk?entity=iga"), "0 cases"));
	/* The very same answer for what is another's and for what is not. */
	const char *theirs[] = {"/en/desk/cases/*", "/en/desk/cases/*/diagram.svg", "/en/desk?q=*",
	                        "/en/desk/selected?do=claim&reference=*"};
	for (size_t i = 0; i < COUNT(theirs); i++) {
		str real = get(d, foreign, at(d, theirs[i], ref));
		str none = get(d, foreign, at(d, theirs[i], STR("IDL-2025-999999")));
		assert_int_equal(status_of(real), status_of(none));
		assert_true(str_find(real, STR("Maryam")) < 0);
		assert_int_equal(status_of(real), i < 2 ? 404 : 200);
	}
	int64_t denied = count_of(p, "access.denied");
	assert_true(denied >= 4);
	static const char *const acts[] = {"claim", "release", "decide", "assign", "notes"};
	for (size_t i = 0; i < COUNT(acts); i++) {
		str to = str_fmt(p->u->a, "/en/desk/cases/%.*s/%s", STRF(ref), acts[i]);
		assert_int_equal(status_of(post(d, foreign, "/en/desk/absence", str_c(p->u->a, to),
		                                "text=x&outcome=approve&to=5")),
		                 404);
	}
	assert_str(look_at(p, id).state, "submitted");
	/* A citizen has no desk at all. */
	assert_int_equal(status_of(get(d, signed_in(d, p->citizen), "/en/desk")), 403);
	desk_stop(d);
}

static void the_query_language(void **state)
{
	(void)state;
	struct desk *d = desk_start();
	struct people *p = d->p;
	const char *me = signed_in(d, p->officer);
	int64_t first, second;
	str ref = waiting(d, p->citizen, &first), other = waiting(d, p->other, &second);
	static const struct {
		const char *q;
		bool first, second;
	} asked[] = {
	    {"maryam", true, false},
	    {"%22maryam%20ali%22", true, false},
	    {"%22ali%20maryam%22", false, false},
	    {"-maryam", false, true},
	    {"850119991", false, true},
	    {"held%3Anobody", true, true},
	    {"held%3Ame", false, false},
	    {"due%3A%3C20d", true, true},
	    {"due%3Alate", false, false},
	    {"due%3A%3E20d", false, false},
	    {"state%3Areturned", false, false},
	    {"entity%3Aiga%20maryam", true, false},
	    {"service%3A" SERVICE, true, true},
	    {"received%3Atoday", true, true},
	    {"received%3A%3C2020-01-01", false, false},
	    {"colour%3Ared", false, false},
	    {"-ali", false, true},
	    {"-al", true, true}, /* a word, not a part of one */
	    {"-%22maryam%20ali%22", false, true},
	    {"-state%3Asubmitted", false, false},
	    {"-state%3Areview", true, true},
	    {"-state%3Ablue", false, false},
	    {"-service%3A" SERVICE, false, false},
	    {"-service%3Acomplaint%20-nobody", true, true},
	    {"entity%3Aig", true, true},
	    {"entity%3Aga", false, false},
	    {"entity%3Amo", false, false},
	    {"-entity%3Aiga", false, false},
	    {"-entity%3Amo%20%22maryam%20ali%22%20due%3A%3C20d%20-tag", true, false},
	};
	for (size_t i = 0; i < COUNT(asked); i++) {
		str page = get(d, me, str_c(p->u->a, str_fmt(p->u->a, "/en/desk?q=%s", asked[i].q)));
		if ((str_find(page, ref) >= 0) != asked[i].first ||
		    (str_find(page, other) >= 0) != asked[i].second)
			fail_msg("q=%s finds the wrong cases", asked[i].q);
	}
	assert_true(has(get(d, me, "/en/desk?q=colour%3Ared"), "is not a search term"));
	assert_true(has(get(d, me, "/en/desk?q=-colour%3Ared"), "is not a search term"));
	/* What is open is listed without asking, whatever state it is in. */
	const char *page = at(d, "/en/desk/cases/*", ref);
	assert_int_equal(status_of(post(d, me, page, at(d, "/en/desk/cases/*/claim", ref), "")), 303);
	static const char *const mine[] = {"/en/desk", "/en/desk?assignee=me", "/en/desk?q=held%3Ame",
	                                   "/en/desk?q=-state%3Asubmitted", "/en/desk?state=review"};
	for (size_t i = 0; i < COUNT(mine); i++)
		if (str_find(get(d, me, mine[i]), ref) < 0)
			fail_msg("%s does not list what I hold", mine[i]);
	assert_true(str_find(get(d, me, "/en/desk?assignee=none"), ref) < 0);
	/* A whole reference jumps to its case. */
	str jump = get(d, me, at(d, "/en/desk?q=*", ref));
	assert_int_equal(status_of(jump), 303);
	desk_stop(d);
}

/* Rows of the list, as their folds would write them: more than a table makes at once. */
static void many(struct people *p, int n, const char *name)
{
	dbc *w = db_writer(p->u->k->db);
	const char *word =
	    db_kind_of(w) == DB_SQLITE ? "CAST('manifold' AS BLOB)" : "'manifold'::bytea";
	str sql = str_fmt(
	    p->u->a,
	    "INSERT INTO person (id, national_number, name_en, name_ar, nationality, kind, birth_date,"
	    " sex, email, phone, language, staff, registered) VALUES (77, '777777777', '%s', '%s',"
	    " 'BHR', 'citizen', '1985-01-01', 'F', '', '', 'en', 0, 0);"
	    "INSERT INTO case_file (id, applicant, agent, reference, service, version, entity, state,"
	    " outcome, channel, opened, submitted, changed, closed, due, paused, holder, revision, fee,"
	    " currency, fee_rule, rating) WITH RECURSIVE n(i) AS (SELECT CAST(1 AS BIGINT) UNION ALL"
	    " SELECT i + 1 FROM n WHERE i < %d) SELECT i, 77, 0, 'ABC-2025-' || CAST(1000000 + i AS"
	    " TEXT), 'complaint', 1, 'iga', 'review', '', 'web', 1, 1, 1, 0, i / 7, 0, 9, 1, 0, '', '',"
	    " 0 FROM n;"
	    "INSERT INTO case_desk (entity, case_id, applicant, service, state, holder, due, submitted)"
	    " SELECT entity, id, applicant, service, state, holder, due, submitted FROM case_file WHERE"
	    " applicant = 77;"
	    "INSERT INTO case_count (entity, service, state, n) VALUES ('iga', 'complaint', 'review',"
	    " %d);"
	    "INSERT INTO case_word (entity, word, case_id) SELECT entity, %s, id FROM case_file WHERE"
	    " applicant = 77;",
	    name, name, n, n, word);
	assert_int_equal(db_script(w, sql), OK);
	db_writer_return(w);
}

static size_t lines_of(str text)
{
	size_t n = 0;
	for (str line; str_cut(&text, '\n', &line);)
		n += line.n > 0;
	return n;
}

/* A filtered list is whole however long it is, in the order of its keys, and no name in it
 * is a formula. */
static void a_long_table_is_whole(void **state)
{
	(void)state;
	struct desk *d = desk_start();
	struct people *p = d->p;
	static const char *const paths[] = {
	    "/en/desk.csv", "/en/desk.csv?q=manifold", "/en/desk.csv?q=manifold+-nobody&sort=-due",
	    "/en/desk.csv?q=-nobody&sort=received", "/en/desk.csv?q=-service%3Aidcard-renew"};
	const char *me = signed_in(d, p->officer);
	many(p, 4700, "=1+manifold");
	for (size_t i = 0; i < COUNT(paths); i++) {
		str csv = chunks_of(p->u->a, site_raw(&d->site,
		                                      str_fmt(p->u->a,
		                                              "GET %s HTTP/1.1\r\nHost: localhost\r\n"
		                                              "Connection: close\r\n%s\r\n",
		                                              paths[i], me),
		                                      20000));
		if (lines_of(csv) != 4701)
			fail_msg("%s: %zu lines", paths[i], lines_of(csv));
		assert_true(str_find(csv, STR("\"'=1+manifold\"")) > 0 && str_find(csv, STR("\"=")) < 0);
		for (int k = 1; k <= 4700; k += 137)
			assert_true(str_find(csv, str_fmt(p->u->a, "ABC-2025-%d", 1000000 + k)) > 0);
	}
	assert_true(has(get(d, me, "/en/desk?q=manifold"), "More than 100 cases"));
	assert_true(has(get(d, me, "/en/desk?q=received%3A%3C2025-01-01"), "4,700 cases"));
	/* What no index knows is looked for some thousand cases at a time, on and on. */
	str page = get(d, me, "/en/desk?q=-service%3Acomplaint");
	int pages = 0;
	for (; has(page, "None of the cases looked at so far") && pages < 10; pages++) {
		str at = between(between(page, "None of the cases", "</section>"), "after=", "\"");
		page = get(d, me,
		           str_c(p->u->a, str_fmt(p->u->a, "/en/desk?q=-service%%3Acomplaint&after=%.*s",
		                                  STRF(at))));
	}
	assert_true(pages > 0 && pages < 10);
	assert_true(has(page, "No case matches"));
	desk_stop(d);
}

static void a_table_is_safe_and_whole(void **state)
{
	(void)state;
	struct desk *d = desk_start();
	struct people *p = d->p;
	const char *me = signed_in(d, p->officer);
	int64_t id;
	waiting(d, p->citizen, &id);
	waiting(d, p->other, &id);
	str csv = get(d, me, "/en/desk.csv?sort=received");
	assert_true(has(csv, "text/csv") && has(csv, "attachment"));
	str body = chunks_of(p->u->a, csv);
	assert_true(str_starts(body, STR("\xEF\xBB\xBF\"Reference\"")));
	assert_int_equal(lines_of(body), 3);
	desk_stop(d);
}

static void bulk_is_all_or_nothing(void **state)
{
	(void)state;
	struct desk *d = desk_start();
	struct people *p = d->p;
	const char *me = signed_in(d, p->officer), *other = signed_in(d, p->second);
	int64_t a, b;
	str x = waiting(d, p->citizen, &a), y = waiting(d, p->other, &b);
	str both = str_fmt(p->u->a, "do=claim&reference=%.*s&reference=%.*s", STRF(x), STRF(y));
	str target = str_fmt(p->u->a, "/en/desk/selected?%.*s", STRF(both));
	str preview = get(d, me, str_c(p->u->a, target));
	assert_true(has(preview, "You take it"));
	/* Somebody takes one of them between preview and confirmation. */
	str csrf = between(preview, "name=\"csrf\" value=\"", "\"");
	DONE(p, DO_CLAIM, p->second, task_of(p, b, "id_officer").id);
	str late =
	    site_post(&d->site, "/en/desk/selected", me, "application/x-www-form-urlencoded",
	              str_fmt(p->u->a, "csrf=%.*s&idempotency_key=k1&%.*s", STRF(csrf), STRF(both)));
	assert_int_equal(status_of(late), 422);
	assert_int_equal(look_at(p, a).holder, 0);
	assert_true(has(get(d, me, str_c(p->u->a, target)), "A colleague holds it"));
	DONE(p, DO_RELEASE, p->second, task_of(p, b, "id_officer").id);
	assert_int_equal(
	    status_of(post(d, me, str_c(p->u->a, target), "/en/desk/selected", str_c(p->u->a, both))),
	    303);
	assert_int_equal(look_at(p, a).holder, p->officer);
	assert_int_equal(look_at(p, b).holder, p->officer);
	(void)other;
	desk_stop(d);
}

/* proves: CORE-02 */
static void a_substitute_takes_over(void **state)
{
	(void)state;
	struct desk *d = desk_start();
	struct people *p = d->p;
	const char *me = signed_in(d, p->officer), *other = signed_in(d, p->second);
	int64_t id;
	str ref = waiting(d, p->citizen, &id);
	DONE(p, DO_CLAIM, p->officer, task_of(p, id, "id_officer").id);
	const char *page = at(d, "/en/desk/cases/*", ref),
	           *claim = at(d, "/en/desk/cases/*/claim", ref);
	assert_int_equal(status_of(post(d, other, page, claim, "")), 409);
	str cover = str_fmt(p->u->a, "who=%lld&since=24%%2F11%%2F2025&until=%%D9%%A3%%D9%%A0/11/2025",
	                    (long long)p->second);
	assert_int_equal(
	    status_of(post(d, me, "/en/desk/absence", "/en/desk/absence", str_c(p->u->a, cover))), 303);
	assert_true(has(get(d, other, "/en/desk/absence"), "Yusuf Khalid"));
	assert_int_equal(status_of(post(d, other, page, claim, "")), 303);
	assert_int_equal(look_at(p, id).holder, p->second);
	/* It ends by itself. */
	DONE(p, DO_ASSIGN, p->second, task_of(p, id, "id_officer").id, p->officer);
	p->u->now += 8 * DAY;
	other = signed_in(d, p->second);
	assert_int_equal(status_of(post(d, other, page, claim, "")), 409);
	assert_int_equal(status_of(post(d, signed_in(d, p->officer), "/en/desk/absence",
	                                "/en/desk/absence", "who=1&since=x&until=")),
	                 422);
	rebuilt(p);
	desk_stop(d);
}

static void searches_are_kept(void **state)
{
	(void)state;
	struct desk *d = desk_start();
	const char *me = signed_in(d, d->p->officer);
	assert_int_equal(status_of(post(d, me, "/en/desk/absence", "/en/desk/searches",
	                                "name=Late+ones&query=%3Fq%3Ddue%253Alate")),
	                 303);
	assert_true(has(get(d, me, "/en/desk"), "href=\"/en/desk?q=due%3Alate\""));
	assert_true(has(get(d, me, "/en/desk"), "Late ones"));
	assert_int_equal(status_of(post(d, me, "/en/desk/absence", "/en/desk/searches",
	                                "name=x&query=//evil.example")),
	                 422);
	assert_int_equal(
	    status_of(post(d, me, "/en/desk/absence", "/en/desk/searches/remove", "name=Late+ones")),
	    303);
	assert_true(!has(get(d, me, "/en/desk"), "Late ones"));
	rebuilt(d->p);
	desk_stop(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_officer_finds_takes_and_decides),
	    cmocka_unit_test(the_second_officer_is_told_who_was_first),
	    cmocka_unit_test(another_entity_sees_nothing),
	    cmocka_unit_test(the_query_language),
	    cmocka_unit_test(a_table_is_safe_and_whole),
	    cmocka_unit_test(a_long_table_is_whole),
	    cmocka_unit_test(bulk_is_all_or_nothing),
	    cmocka_unit_test(a_substitute_takes_over),
	    cmocka_unit_test(searches_are_kept),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
