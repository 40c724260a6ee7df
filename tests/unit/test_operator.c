/*
 * The operator's pages of a case: where it stands, moved to another step or to another
 * version of its service, in both languages, by those alone who operate the platform.
 */
#include "portal_unit.h"

#include "systems/operator/operator.h"

static const struct system *const more[] = {&operator_system};

/* A case that was paid and waits for the officer. */
static struct kase paid_case(struct portal *p)
{
	struct visitor *v = signed_in(p->w, CITIZEN);
	str name = portal_begin(v);
	portal_fill(v, name);
	str check = str_fmt(p->w->u->a, "/en/applications/%.*s/check", STRF(name));
	visit(v, check.p);
	submit(v, check.p, "declare=true");
	assert_int_equal(v->status, 303);
	struct kase q = portal_kase(p, name);
	portal_pay(p, q.id);
	return portal_kase(p, name);
}

static const char *path(struct portal *p, const char *lang, const struct kase *q, const char *rest)
{
	return str_fmt(p->w->u->a, "/%s/operator/cases/%lld%s", lang, (long long)q->id, rest).p;
}

static int64_t events(struct portal *p, const char *kind)
{
	dbc *c = db_reader(p->w->u->k->db);
	struct dbv v[] = {D_TEXT(str_of(kind))};
	rows *r = db_query_text(c, STR("SELECT count(*) FROM journal WHERE kind = $1"), v, 1);
	int64_t n = db_next(r) ? db_int(r, 0) : -1;
	db_done(r);
	db_reader_return(c);
	return n;
}

static void journal_is_whole(struct portal *p)
{
	struct rebuild_report r = {0};
	assert_int_equal(journal_rebuild(p->w->u->k, p->w->u->a, false, &r), OK);
	if (r.different)
		fail_msg("%d tables differ after a rebuild, first %.*s", r.different,
		         STRF(r.first_different));
}

static void a_case_is_moved_with_a_reason(void **state)
{
	(void)state;
	struct portal p = portal_start_with(more, 1);
	struct kase q = paid_case(&p);
	struct visitor *v = signed_in(p.w, OPERATOR);
	visit(v, path(&p, "en", &q, ""));
	assert_int_equal(v->status, 200);
	assert_shows(v, "Where it stands");
	assert_shows(v, "<option value=\"issue\">");
	assert_false(shows(v, "Maryam")); /* the matter is not the person */
	str instance = str_dup(p.w->u->a, between(v->page, "name=\"instance\" value=\"", "\""));
	const char *move = path(&p, "en", &q, "/move");
	/* Neither a step nor a reason: nothing happens, and both are said. */
	submit(v, move, str_fmt(p.w->u->a, "instance=%.*s", STRF(instance)).p);
	assert_int_equal(v->status, 422);
	assert_shows(v, "Choose where the case goes on.");
	assert_shows(v, "Say why");
	/* A place that is not offered: the start, a boundary event, another step's number. */
	submit(v, move, str_fmt(p.w->u->a, "instance=%.*s&to=start&reason=x", STRF(instance)).p);
	assert_int_equal(v->status, 409);
	visit(v, path(&p, "en", &q, ""));
	submit(v, move, "instance=999&to=issue&reason=x");
	assert_int_equal(v->status, 409);
	assert_int_equal(events(&p, "operator.case_moved"), 0);
	visit(v, path(&p, "en", &q, ""));
	submit(v, move,
	       str_fmt(p.w->u->a, "instance=%.*s&to=issue&reason=The+officer+left", STRF(instance)).p);
	assert_int_equal(v->status, 303);
	follow(v);
	assert_shows(v, "The case was moved.");
	assert_str(portal_kase(&p, q.reference).state, "approved");
	assert_int_equal(events(&p, "operator.case_moved"), 1);
	dbc *c = db_reader(p.w->u->k->db);
	struct task t[4];
	assert_int_equal(case_tasks(c, p.w->u->a, q.id, true, t, 4), 0);
	rows *r = db_query_text(c, STR("SELECT count(*) FROM journal WHERE data LIKE '%officer left%'"),
	                        NULL, 0);
	assert_true(db_next(r) && db_int(r, 0) == 0); /* the reason is sealed */
	db_done(r);
	db_reader_return(c);
	visit(v, path(&p, "en", &q, "/diagram.svg"));
	assert_int_equal(v->status, 200);
	assert_shows(v, "bpmn-issue");
	journal_is_whole(&p);
	portal_stop(&p);
}

/* The pack's second version calls the officer's task by another name. */
static void second_version(struct portal *p)
{
	static const char *const file[] = {"service.json", "process.bpmn", "process.tests.json"};
	arena *a = p->w->u->a;
	struct portal_pack n;
	struct diags d = diags_make(a, (str){0});
	str why = {0};
	assert_int_equal(pack_read_folder(a, "packs/bahrain", &n.source, &d), OK);
	portal_document(p->w->u, &n.source);
	for (size_t i = 0; i < n.source.n; i++)
		for (size_t f = 0; f < COUNT(file); f++) {
			struct pack_source_file *x = &n.source.files[i];
			if (!str_eq(x->path, str_fmt(a, "services/" SERVICE "/%s", file[f])))
				continue;
			buf b = buf_make(a, 1024 * 1024);
			str rest = x->bytes;
			ptrdiff_t at;
			while ((at = str_find(rest, STR("review"))) >= 0) {
				buf_put(&b, str_sub(rest, 0, (size_t)at));
				buf_puts(&b, "examine");
				rest = str_sub(rest, (size_t)at + 6, rest.n);
			}
			buf_put(&b, rest);
			x->bytes = buf_str(&b);
			at = str_find(x->bytes, STR("\"version\": 1"));
			if (f == 0 && at >= 0)
				x->bytes =
				    str_cat(a, str_sub(x->bytes, 0, (size_t)at + 11),
				            str_cat(a, STR("2"), str_sub(x->bytes, (size_t)at + 12, x->bytes.n)));
		}
	n.pack = pack_check(a, &n.source, &d);
	if (!n.pack)
		fail_msg("%.*s", STRF(diags_print(a, &d)));
	assert_int_equal(unit_run(p->w->u, portal_pack_decide, &n), OK);
	assert_int_equal(pack_refresh(p->w->u->k, &why), OK);
}

static void a_case_moves_to_another_version_by_a_plan_that_fits(void **state)
{
	(void)state;
	struct portal p = portal_start_with(more, 1);
	struct kase q = paid_case(&p);
	second_version(&p);
	struct visitor *v = signed_in(p.w, OPERATOR);
	visit(v, path(&p, "en", &q, ""));
	assert_shows(v, "/migrate?version=2");
	visit(v, path(&p, "en", &q, "/migrate?version=3"));
	assert_int_equal(v->status, 404);
	visit(v, path(&p, "en", &q, "/migrate?version=2"));
	assert_shows(v, "name=\"plan.review\"");
	const char *migrate = path(&p, "en", &q, "/migrate");
	submit(v, migrate, "version=2&reason=New+rules");
	assert_int_equal(v->status, 422);
	assert_shows(v, "The plan does not fit");
	assert_int_equal(portal_kase(&p, q.reference).version, 1);
	submit(v, migrate, "version=2&plan.review=examine");
	assert_int_equal(v->status, 422);
	submit(v, migrate, "version=2&plan.review=examine&reason=New+rules");
	assert_int_equal(v->status, 303);
	follow(v);
	assert_shows(v, "The case goes on in the other version.");
	assert_int_equal(portal_kase(&p, q.reference).version, 2);
	assert_int_equal(events(&p, "operator.case_migrated"), 1);
	portal_decide(&p, q.id, "approve", "");
	assert_str(portal_kase(&p, q.reference).state, "approved");
	visit(v, path(&p, "ar", &q, ""));
	assert_int_equal(v->status, 200);
	assert_shows(v, "موضعها الحالي");
	journal_is_whole(&p);
	portal_stop(&p);
}

static void nobody_else_sees_or_moves_a_case(void **state)
{
	static const char *const who[] = {CITIZEN, OFFICER, ADMIN};
	static const char *const pages[] = {"", "/diagram.svg", "/migrate?version=1"};
	(void)state;
	struct portal p = portal_start_with(more, 1);
	struct kase q = paid_case(&p);
	for (size_t i = 0; i < COUNT(who); i++) {
		struct visitor *v = signed_in(p.w, who[i]);
		for (size_t n = 0; n < COUNT(pages); n++) {
			visit(v, path(&p, "en", &q, pages[n]));
			assert_int_equal(v->status, 403);
		}
		visit(v, "/en/profile");
		submit(v, path(&p, "en", &q, "/move"), "instance=1&to=issue&reason=x");
		assert_int_equal(v->status, 403);
		visit(v, "/en/profile");
		submit(v, path(&p, "en", &q, "/migrate"), "version=1&reason=x");
		assert_int_equal(v->status, 403);
	}
	assert_str(portal_kase(&p, q.reference).state, "submitted");
	assert_int_equal(events(&p, "operator.case_moved"), 0);
	portal_stop(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_case_is_moved_with_a_reason),
	    cmocka_unit_test(a_case_moves_to_another_version_by_a_plan_that_fits),
	    cmocka_unit_test(nobody_else_sees_or_moves_a_case),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
