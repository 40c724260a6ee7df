/*
 * Every route of the platform, every role, somebody else's case in each of its states
 * (draft, unpaid, received, returned, suspended, appealed, closed), also for those whose
 * power over it was taken or ran out:
 * generated from the routes themselves, so that a new route is walked at once. Among the
 * strangers: who may act for the applicant, but in another service, and an officer of
 * another entity who stands in for the one that decides.
 *
 * A stranger to the case gets, for what there is, exactly what they get for what there
 * is not: the same status, the same body, in HTML and in JSON, reading and writing. No
 * page of theirs holds the person's data, and lists, searches, exports and counts of theirs,
 * of what is open and of what is closed, do not change when the case comes into being. Nor
 * does the time of an answer tell it.
 */
#include "portal_unit.h"

#include "app/systems.h"
#include "kernel/identity/mandate.h"

#include <stdlib.h>

#define STATISTICS   "880499908"
#define AUDITOR      "760999909"
#define EDITOR       "870699911"
#define FAR_ADMIN    "770399908"
#define GUARDIAN     "790699921" /* until the mandate was ended */
#define EXPIRED      "790699922" /* until its last day */
#define FORMER       "790699923" /* an officer of the entity, until the role was taken */
#define TEMPORARY    "790699924" /* the same, until its last day */
#define SECOND_EYE   "790699925" /* decides on the appeal */
#define LIMITED      "790699926" /* may act for the applicant, in another service */
#define LIMITED_ROLE 13
#define ROLES        14
#define PLACE        "Secretplace"

/* What a parameter of a path may name; twice, for what there is and what there is not. */
struct named {
	str reference, file, document;
};

struct matrix {
	struct portal p;
	struct visitor *stranger[ROLES];
	const char *role[ROLES];
	struct named real, none;
	int walked, denied;
};

/* ---- paths ---- */

static str value_of(const struct named *n, str path, str name)
{
	if (str_eq(name, STR("reference")))
		return n->reference;
	if (str_eq(name, STR("file")) || (str_eq(name, STR("id")) && str_starts(path, STR("/files/"))))
		return n->file;
	if (str_starts(path, STR("/documents/")))
		return n->document;
	if (str_eq(name, STR("page")))
		return STR("what");
	if (str_eq(name, STR("act")))
		return STR("suspend");
	return str_starts(path, STR("/services/")) ? STR(SERVICE) : STR("1");
}

/* "/en/desk/cases/IDL-2025-000001/claim" of "/desk/cases/:reference/claim". */
static const char *path_with(arena *a, const struct route *route, const struct named *n)
{
	buf b = buf_make(a, 1024);
	str rest = str_of(route->path), part;
	bool api = str_starts(rest, STR("/api/")) || str_starts(rest, STR("/hooks/"));
	if (!api)
		buf_puts(&b, "/en");
	str_cut(&rest, '/', &part);
	while (str_cut(&rest, '/', &part)) {
		buf_putc(&b, '/');
		bool param = part.n && part.p[0] == ':';
		buf_put(&b, param ? value_of(n, str_of(route->path), str_sub(part, 1, part.n)) : part);
	}
	return str_c(a, buf_str(&b));
}

static bool names_a_case(const struct route *route)
{
	str path = str_of(route->path);
	return str_find(path, STR(":reference")) >= 0 || str_starts(path, STR("/files/:")) ||
	       str_starts(path, STR("/documents/:"));
}

/* ---- answers, without what differs each time ---- */

static str without(arena *a, str s, str what)
{
	buf b = buf_make(a, s.n + 1);
	ptrdiff_t at;
	while (what.n && (at = str_find(s, what)) >= 0) {
		buf_put(&b, str_sub(s, 0, (size_t)at));
		s = str_sub(s, (size_t)at + what.n, s.n);
	}
	buf_put(&b, s);
	return str_dup(a, buf_str(&b));
}

static str answer_of(struct visitor *v, const struct named *n)
{
	arena *a = v->w->u->a;
	str s = str_cat(a, v->location, v->page);
	static const char *const fresh[] = {"csrf", "idempotency_key"};
	for (size_t i = 0; i < COUNT(fresh); i++) {
		const char *mark = str_fmt(a, "name=\"%s\" value=\"", fresh[i]).p;
		for (int guard = 0; guard < 40 && str_find(s, str_of(mark)) >= 0; guard++) {
			str value = between(s, mark, "\"");
			s = without(a, s, str_fmt(a, "%s%.*s", mark, STRF(value)));
		}
	}
	s = without(a, s, header_of(v->answer, "X-Request-Id", 0));
	s = without(a, s, n->reference);
	s = without(a, s, n->document);
	return without(a, s, n->file);
}

static void assert_no_data(const struct visitor *v, const char *role, const char *path)
{
	static const char *const secrets[] = {"Maryam", "مريم", CITIZEN, PLACE, "me.png"};
	for (size_t i = 0; i < COUNT(secrets); i++)
		if (shows(v, secrets[i]))
			fail_msg("%s at %s is shown \"%s\"", role, path, secrets[i]);
}

/* ---- the walk ---- */

static void ask(struct visitor *v, const struct route *route, const char *path, const char *accept)
{
	if (route->kind == ROUTE_PAGE) {
		visitor_took(v, site_get(v->w, path, visitor_headers(v, accept)));
		return;
	}
	const char *fields = "reason=x&outcome=approve&rating=5&revision=1&words=x&text=x&to=1&page=1"
	                     "&task=1&sure=1";
	visit(v, "/en/track");
	submit_by(v, route->method, path, fields);
}

static void compare(struct matrix *m, size_t role, const struct route *route, const char *accept)
{
	struct visitor *v = m->stranger[role], before = *v;
	arena *a = v->w->u->a;
	arena_mark mark = arena_save(a);
	const char *there = path_with(a, route, &m->real), *not_there = path_with(a, route, &m->none);
	ask(v, route, there, accept);
	int status = v->status;
	assert_no_data(v, m->role[role], there);
	str real = answer_of(v, &m->real);
	ask(v, route, not_there, accept);
	if (v->status != status)
		fail_msg("%s at %s: %d, but %d at %s", m->role[role], there, status, v->status, not_there);
	if (!str_eq(real, answer_of(v, &m->none)))
		fail_msg("%s is answered otherwise at %s than at %s:\n%.*s\n---\n%.*s", m->role[role],
		         there, not_there, STRF(real), STRF(answer_of(v, &m->none)));
	if (status == 200 || status >= 500)
		fail_msg("%s at %s: %d", m->role[role], there, status);
	m->walked++;
	m->denied += status == 403 || status == 404;
	*v = before;
	arena_rewind(a, mark);
}

static void walk_strangers(struct matrix *m)
{
	for (size_t s = 0; s < app_systems_count; s++)
		for (size_t i = 0; i < app_systems[s]->n_routes; i++) {
			const struct route *route = &app_systems[s]->routes[i];
			if (!names_a_case(route))
				continue;
			for (size_t role = 0; role < ROLES; role++) {
				compare(m, role, route, "");
				if (route->kind == ROUTE_PAGE)
					compare(m, role, route, "Accept: application/json\r\n");
			}
		}
}

/* Pages that name nothing: no list, search, export or count of a stranger tells. */
static void walk_lists(struct matrix *m)
{
	for (size_t s = 0; s < app_systems_count; s++)
		for (size_t i = 0; i < app_systems[s]->n_routes; i++) {
			const struct route *route = &app_systems[s]->routes[i];
			if (route->kind != ROUTE_PAGE || names_a_case(route))
				continue;
			for (size_t role = 0; role < ROLES; role++) {
				struct visitor *v = m->stranger[role];
				const char *path = path_with(m->p.w->u->a, route, &m->real);
				visit(v, path);
				if (v->status >= 500)
					fail_msg("%s at %s: %d", m->role[role], path, v->status);
				if (role != LIMITED_ROLE) /* who knows for whom they may act */
					assert_no_data(v, m->role[role], path);
				else if (shows(v, PLACE) || shows(v, "me.png"))
					fail_msg("%s at %s is shown what was answered", m->role[role], path);
				if (str_find(v->page, m->real.file) >= 0 ||
				    str_find(v->page, m->real.reference) >= 0)
					fail_msg("%s at %s is shown the case or its file", m->role[role], path);
				m->walked++;
			}
		}
}

#define CLOSED "state=issued&state=approved&state=rejected&state=withdrawn"
#define EVERY  CLOSED "&state=submitted&state=review&state=returned&state=suspended&state=unpaid"
static const char *const counted[] = {"/en/desk",
                                      "/en/desk.csv",
                                      "/en/desk/workload",
                                      "/en/desk?q=Maryam",
                                      "/en/desk?q=" CITIZEN,
                                      "/en/desk?q=%22Maryam+Ali%22&" EVERY,
                                      "/en/desk?q=-nobody&" EVERY,
                                      "/en/desk?q=entity%3Aiga&" EVERY,
                                      "/en/desk?entity=iga&" CLOSED,
                                      "/en/desk?service=" SERVICE "&" CLOSED,
                                      "/en/desk.csv?" EVERY "&state=appealed",
                                      "/en/desk.csv?q=Maryam&" EVERY,
                                      "/en/desk/workload?entity=iga",
                                      "/en/applications",
                                      "/en/inbox?q=IDL",
                                      "/en/documents",
                                      "/en/inbox"};

static str lists_of(struct matrix *m, struct visitor *v)
{
	arena *a = v->w->u->a;
	str all = {0};
	for (size_t i = 0; i < COUNT(counted); i++) {
		visit(v, counted[i]);
		all = str_cat(a, all, answer_of(v, &m->none));
	}
	return all;
}

/* ---- how long it takes ---- */

#define TIMED 25 /* of each, one after the other in turn */

static int by_size(const void *x, const void *y)
{
	const int64_t *p = x, *q = y;
	return (*p > *q) - (*p < *q);
}

static int64_t took(struct visitor *v, const char *path)
{
	struct visitor before = *v;
	arena_mark mark = arena_save(v->w->u->a);
	instant from = clock_monotonic();
	visit(v, path);
	int64_t micros = clock_monotonic() - from;
	*v = before;
	arena_rewind(v->w->u->a, mark);
	return micros;
}

/* The middle of many, asked for in turn: half as long again would be a sign. A machine that
 * does other things meanwhile disturbs both alike; what differs each time is a difference. */
static bool time_tells(struct visitor *v, const char *there, const char *not_there)
{
	int64_t real[TIMED], none[TIMED];
	for (int i = 0; i < TIMED; i++) {
		real[i] = took(v, there);
		none[i] = took(v, not_there);
	}
	qsort(real, TIMED, sizeof *real, by_size);
	qsort(none, TIMED, sizeof *none, by_size);
	int64_t a = real[TIMED / 2], b = none[TIMED / 2];
	return a > b + b / 2 + 300 || b > a + a / 2 + 300;
}

static void walk_times(struct matrix *m)
{
	static const char *const paths[] = {"/desk/cases/:reference", "/applications/:reference",
	                                    "/files/:id", "/documents/:id"};
	static const size_t roles[] = {1, 2, LIMITED_ROLE};
	for (size_t i = 0; i < COUNT(paths); i++)
		for (size_t k = 0; k < COUNT(roles); k++) {
			arena *a = m->p.w->u->a;
			const struct route route = {.path = paths[i], .kind = ROUTE_PAGE};
			const char *there = path_with(a, &route, &m->real),
			           *not_there = path_with(a, &route, &m->none);
			bool tells = true;
			for (int tries = 0; tries < 12 && tells; tries++)
				tells = time_tells(m->stranger[roles[k]], there, not_there);
			if (tells)
				fail_msg("%s at %s: the time tells", m->role[roles[k]], there);
		}
}

/* ---- the case ---- */

static void stranger(struct matrix *m, size_t i, const char *role, const char *number)
{
	m->role[i] = role;
	if (number) {
		m->stranger[i] = signed_in(m->p.w, number);
		return;
	}
	m->stranger[i] = NEW(m->p.w->u->a, struct visitor);
	m->stranger[i]->w = m->p.w;
}

/* ---- power that was lent, and is over ---- */

struct lent {
	int64_t principal, guardian, expired, former, temporary, limited, officer, foreign;
	struct mandate ended;
};

static err lend_decide(struct tx *tx, void *ctx)
{
	struct lent *l = ctx;
	struct mandate m = {.principal = l->principal,
	                    .agent = l->guardian,
	                    .service = STR("*"),
	                    .basis = STR("guardian")};
	err e = mandate_give(tx, &m);
	l->ended = m;
	m.agent = l->expired;
	m.until = tx->now + SECOND;
	if (!e)
		e = mandate_give(tx, &m);
	m = (struct mandate){.principal = l->principal,
	                     .agent = l->limited,
	                     .service = STR("complaint"),
	                     .basis = STR("guardian")};
	if (!e)
		e = mandate_give(tx, &m);
	if (!e)
		e = role_grant(tx, l->former, STR("id_officer"), STR("iga"), 0);
	if (!e)
		e = role_grant(tx, l->temporary, STR("id_officer"), STR("iga"), tx->now + SECOND);
	return e;
}

/* The officer is away; a colleague of another entity stands in, and has no more right. */
static err cover_decide(struct tx *tx, void *ctx)
{
	struct lent *l = ctx;
	json *d = json_object(tx->a);
	tx->actor = (struct actor){.person = l->officer, .entity = STR("iga"), .channel = STR("web")};
	json_set_int(tx->a, d, "substitute", l->foreign);
	json_set_int(tx->a, d, "since", tx->now - DAY);
	json_set_int(tx->a, d, "until", tx->now + 30 * DAY);
	return tx_emit(tx, (struct emission){.kind = "desk.cover_set", .data = d});
}

static err take_back_decide(struct tx *tx, void *ctx)
{
	struct lent *l = ctx;
	err e = mandate_end(tx, &l->ended);
	return e ? e : role_end(tx, l->former, STR("id_officer"), STR("iga"));
}

static void lend_and_take_back(struct matrix *m)
{
	struct site *w = m->p.w;
	struct lent l = {.principal = m->p.citizen,
	                 .guardian = site_person(w, GUARDIAN, "Former Guardian"),
	                 .expired = site_person(w, EXPIRED, "Expired Guardian"),
	                 .former = site_person(w, FORMER, "Former Officer"),
	                 .temporary = site_person(w, TEMPORARY, "Temporary Officer"),
	                 .limited = site_person(w, LIMITED, "Limited Agent"),
	                 .officer = m->p.officer,
	                 .foreign = m->p.foreign};
	assert_int_equal(unit_run(w->u, lend_decide, &l), OK);
	assert_int_equal(unit_run(w->u, cover_decide, &l), OK);
	stranger(m, 9, "a guardian whose mandate was ended", GUARDIAN);
	stranger(m, 10, "a guardian whose mandate ran out", EXPIRED);
	stranger(m, 11, "an officer whose role was taken", FORMER);
	stranger(m, 12, "an officer whose role ran out", TEMPORARY);
	stranger(m, LIMITED_ROLE, "an agent for another service", LIMITED);
	w->u->now += 2 * SECOND;
	assert_int_equal(unit_run(w->u, take_back_decide, &l), OK);
	w->u->now += SECOND;
}

static struct matrix *matrix_start(void)
{
	static struct matrix m;
	const struct organ *organs[APP_ORGANS_MAX];
	size_t n = app_organs(organs);
	assert_true(organs[0] == &identity_organ);
	m = (struct matrix){.p = portal_over(organs + 1, n - 1, app_systems, app_systems_count)};
	struct site *w = m.p.w;
	site_grant(w, site_person(w, STATISTICS, "Statistician"), "statistics_officer", "*");
	site_grant(w, site_person(w, AUDITOR, "Auditor"), "auditor", "*");
	site_grant(w, site_person(w, EDITOR, "Editor"), "content_authority", "*");
	site_grant(w, site_person(w, FAR_ADMIN, "Admin Mun"), "entity_admin", "capital-municipality");
	stranger(&m, 0, "a visitor", NULL);
	stranger(&m, 1, "another citizen", OTHER);
	stranger(&m, 2, "an officer of another entity", FOREIGN);
	stranger(&m, 3, "an administrator of another entity", FAR_ADMIN);
	stranger(&m, 4, "a statistics officer", STATISTICS);
	stranger(&m, 5, "an auditor", AUDITOR);
	stranger(&m, 6, "an editor", EDITOR);
	stranger(&m, 7, "the operator", OPERATOR);
	stranger(&m, 8, "somebody signed out", OTHER);
	visit(m.stranger[8], "/en/profile");
	submit(m.stranger[8], "/en/sign-out", "");
	lend_and_take_back(&m);
	m.none = (struct named){STR("XXX-2099-999999"),
	                        STR("0000000000000000000000000000000000000000000000000000000000000000"),
	                        STR("D-2099-999999.pdf")};
	return &m;
}

/* The photograph's name in the answers: what a file's address is made of. */
static str file_of(struct portal *p, int64_t id)
{
	dbc *c = db_reader(p->w->u->k->db);
	json *answers = case_answers(c, p->w->u->a, id);
	db_reader_return(c);
	return str_dup(p->w->u->a, json_text(json_path(answers, "photograph.file")));
}

/* The issued certificate's address, or one of the same form that leads nowhere. */
static str document_of(struct matrix *m, int64_t id)
{
	struct issued d[4];
	arena *a = m->p.w->u->a;
	scheduler_drain(m->p.w->u->k);
	dbc *c = db_reader(m->p.w->u->k->db);
	size_t n = documents_of_case(c, a, id, d, 4);
	db_reader_return(c);
	return n ? str_cat(a, d[0].number, STR(".pdf")) : STR("D-2099-888888.pdf");
}

static void rename_case(struct matrix *m, str reference)
{
	struct kase q = portal_kase(&m->p, reference);
	m->real = (struct named){reference, file_of(&m->p, q.id), document_of(m, q.id)};
	assert_int_equal(m->real.file.n, 64);
	/* A draft's address is a number: what is not there is one as well. */
	int64_t number;
	m->none.reference = str_i64(reference, &number)
	                        ? str_fmt(m->p.w->u->a, "%lld", (long long)number + 1)
	                        : STR("XXX-2099-999999");
}

static int64_t denials(struct matrix *m)
{
	dbc *c = db_reader(m->p.w->u->k->db);
	rows *r =
	    db_query_text(c, STR("SELECT count(*) FROM journal WHERE kind = 'access.denied'"), NULL, 0);
	int64_t n = db_next(r) ? db_int(r, 0) : 0;
	db_done(r);
	db_reader_return(c);
	return n;
}

static const char *with(arena *a, const char *before, str name, const char *after)
{
	return str_fmt(a, "%s%.*s%s", before, STRF(name), after).p;
}

static void assert_own(struct matrix *m, struct visitor *citizen, struct visitor *officer)
{
	arena *a = m->p.w->u->a;
	visit(citizen, with(a, "/en/applications/", m->real.reference, ""));
	assert_int_equal(citizen->status, 200);
	assert_shows(citizen, PLACE);
	visit(citizen, with(a, "/en/files/", m->real.file, ""));
	assert_int_equal(citizen->status, 200);
	visit(officer, with(a, "/en/desk/cases/", m->real.reference, ""));
	assert_int_equal(officer->status, 200);
	assert_shows(officer, PLACE);
	/* An officer reads at the desk, not as if they were the applicant. */
	visit(officer, with(a, "/en/applications/", m->real.reference, ""));
	assert_int_equal(officer->status, 404);
}

/* ---- beside the process ---- */

static err suspend_decide(struct tx *tx, struct portal_act *act)
{
	return case_suspend(tx, act->case_id, str_of(act->reason));
}

static err resume_decide(struct tx *tx, struct portal_act *act)
{
	return case_resume(tx, act->case_id, (str){0});
}

static err appeal_decide(struct tx *tx, struct portal_act *act)
{
	return case_appeal(tx, act->case_id, str_of(act->reason));
}

static void act(struct matrix *m, int64_t by, int64_t id, const char *outcome,
                err (*decide)(struct tx *, struct portal_act *))
{
	assert_int_equal(portal_act(&m->p, (struct portal_act){.by = by,
	                                                       .entity = "iga",
	                                                       .case_id = id,
	                                                       .outcome = outcome,
	                                                       .reason = "Because",
	                                                       .decide = decide}),
	                 OK);
}

/* Suspended; rejected, appealed, and decided anew by another. */
static void walk_beside(struct matrix *m, int64_t id)
{
	int64_t second = site_person(m->p.w, SECOND_EYE, "Second Iga");
	site_grant(m->p.w, second, "id_officer", "iga");
	act(m, m->p.officer, id, NULL, suspend_decide);
	walk_strangers(m);
	act(m, m->p.officer, id, NULL, resume_decide);
	portal_decide(&m->p, id, "reject", "Where is it?");
	act(m, m->p.citizen, id, NULL, appeal_decide);
	walk_strangers(m);
	act(m, second, id, "allow", portal_task_decide);
	act(m, second, id, "approve", portal_task_decide);
}

/* proves: CORE-02 */
static void a_stranger_learns_nothing(void **state)
{
	struct matrix *m = matrix_start();
	arena *a = m->p.w->u->a;
	struct visitor *citizen = signed_in(m->p.w, CITIZEN), *officer = signed_in(m->p.w, OFFICER);
	str before[ROLES];
	(void)state;
	for (size_t i = 1; i < ROLES; i++)
		before[i] = lists_of(m, m->stranger[i]);
	str draft = portal_begin(citizen);
	visit(citizen, with(a, "/en/applications/", draft, "/form/when"));
	portal_fill_at(citizen, draft, PLACE);
	rename_case(m, draft);
	walk_strangers(m); /* a draft */
	visit(citizen, with(a, "/en/applications/", draft, "/check"));
	submit(citizen, with(a, "/en/applications/", draft, "/check"), "");
	assert_int_equal(citizen->status, 303);
	rename_case(m, portal_case(citizen));
	struct kase q = portal_kase(&m->p, m->real.reference);
	walk_strangers(m); /* not paid */
	portal_pay(&m->p, q.id);
	walk_strangers(m); /* with the entity */
	assert_own(m, citizen, officer);
	portal_decide(&m->p, q.id, "return", "Where exactly?");
	walk_strangers(m); /* with the applicant again */
	visit(citizen, with(a, "/en/applications/", m->real.reference, "/check"));
	submit(citizen, with(a, "/en/applications/", m->real.reference, "/check"), "");
	assert_int_equal(citizen->status, 303);
	walk_beside(m, q.id);
	rename_case(m, m->real.reference);
	assert_false(str_starts(m->real.document, STR("D-2099"))); /* a certificate was issued */
	walk_strangers(m);                                         /* closed */
	assert_own(m, citizen, officer);
	walk_times(m);
	walk_lists(m);
	for (size_t i = 1; i < ROLES; i++)
		if (!str_eq(before[i], lists_of(m, m->stranger[i])))
			fail_msg("a list of %s changed with somebody else's case", m->role[i]);
	assert_true(m->denied > 500);
	assert_true(denials(m) > 500); /* each is in the journal */
	print_message("# %d requests of strangers, %lld denials journalled\n", m->walked,
	              (long long)denials(m));
	struct rebuild_report r;
	assert_int_equal(journal_rebuild(m->p.w->u->k, a, false, &r), OK);
	if (r.different)
		fail_msg("%.*s differs after a rebuild", STRF(r.first_different));
	site_stop(m->p.w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(a_stranger_learns_nothing)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
