/* New versions of rules: written, checked, tried on past cases, published by two people.
 * On PostgreSQL when DIWAN_TEST_PG names a server. */
#include "portal_unit.h"

#include "kernel/cases/replay.h"
#include "systems/guide/guide.h"
#include "systems/policy/policy.h"

#define AUTHOR    "790199916"
#define PUBLISHER "730699917"
#define RULE      "/en/policy/services/" SERVICE "/fee"
#define FEE_FILE  "packs/bahrain/decisions/idcard-fee/idcard-fee.dmn" /* the service shares it */
#define TEST_FILE "packs/bahrain/decisions/idcard-fee/idcard-fee.tests.xml"

static void give_card(struct portal *p, int64_t person)
{
	struct portal_cards c = {person};
	assert_int_equal(unit_run(p->w->u, portal_cards_decide, &c), OK);
}

static struct portal *start(void)
{
	static struct portal p;
	static const struct system *const more[] = {&guide_system, &policy_system};
	p = portal_start_with(more, COUNT(more));
	int64_t author = site_person(p.w, AUTHOR, "Author of rules");
	give_card(&p, p.other);
	int64_t publisher = site_person(p.w, PUBLISHER, "Publisher of rules");
	site_grant(p.w, author, "policy_author", "iga");
	site_grant(p.w, publisher, "policy_publisher", "iga");
	site_grant(p.w, publisher, "id_officer", "iga");
	return &p;
}

static str slurp(arena *a, const char *path)
{
	FILE *f = fopen(path, "rb");
	assert_non_null(f);
	char *p = NEWN(a, char, 1 << 20);
	size_t n = fread(p, 1, 1 << 20, f);
	fclose(f);
	return (str){p, n};
}

/* The first `old` after `mark` becomes `new`. */
static str replaced(arena *a, str text, const char *mark, const char *old, const char *new)
{
	ptrdiff_t from = str_find(text, str_of(mark));
	assert_true(from >= 0);
	ptrdiff_t at = str_find(str_sub(text, (size_t)from, text.n), str_of(old));
	assert_true(at >= 0);
	size_t begin = (size_t)(from + at);
	return str_fmt(a, "%.*s%s%.*s", STRF(str_sub(text, 0, begin)), new,
	               STRF(str_sub(text, begin + strlen(old), text.n)));
}

/* A lost card costs a citizen five dinars, in the table and in its examples. */
static str five_dinars(arena *a)
{
	return replaced(a, slurp(a, FEE_FILE), "<rule id=\"base_rule3\">", "4.000", "5.000");
}

static str five_examples(arena *a)
{
	static const struct {
		const char *of, *then, *now;
	} change[] = {
	    {"id=\"004\"", ">4.000<", ">5.000<"},   {"id=\"004\"", ">4.000<", ">5.000<"},
	    {"id=\"006\"", ">4.000<", ">5.000<"},   {"id=\"006\"", ">4.000<", ">5.000<"},
	    {"id=\"007\"", ">14.000<", ">15.000<"}, {"id=\"007\"", ">4.000<", ">5.000<"},
	    {"id=\"025\"", ">4.000<", ">5.000<"},   {"id=\"025\"", ">4.000<", ">5.000<"},
	};
	str s = slurp(a, TEST_FILE);
	for (size_t i = 0; i < COUNT(change); i++)
		s = replaced(a, s, change[i].of, change[i].then, change[i].now);
	return s;
}

static void part(buf *b, const char *name, const char *more, str value)
{
	buf_fmt(b, "--BB\r\nContent-Disposition: form-data; name=\"%s\"%s\r\n\r\n%.*s\r\n", name, more,
	        STRF(value));
}

/* Saves texts of a change; the page of the change is the last one. */
static void save(struct visitor *v, const char *target, str text, str tests, bool upload)
{
	buf b = buf_make(v->w->u->a, 4 << 20);
	const char *file = "; filename=\"x.dmn\"\r\nContent-Type: application/octet-stream";
	part(&b, "csrf", "", visitor_hidden(v, "csrf"));
	part(&b, "idempotency_key", "", visitor_hidden(v, "idempotency_key"));
	part(&b, upload ? "file" : "text", upload ? file : "", text);
	part(&b, upload ? "tests_file" : "tests", upload ? file : "", tests);
	buf_puts(&b, "--BB--\r\n");
	visitor_took(v, site_post(v->w, target, visitor_headers(v, ""),
	                          "multipart/form-data; boundary=BB", buf_str(&b)));
	if (v->status == 303)
		follow(v);
}

/* Begins a change; its address. */
static const char *begin(struct visitor *v)
{
	visit(v, RULE);
	submit(v, RULE, "");
	assert_int_equal(v->status, 303);
	const char *at = str_c(v->w->u->a, str_dup(v->w->u->a, v->location));
	follow(v);
	return at;
}

static const char *below(struct visitor *v, const char *at, const char *verb)
{
	return str_fmt(v->w->u->a, "%s/%s", at, verb).p;
}

static const char *day_after(struct portal *p, int days)
{
	return str_c(p->w->u->a, date_print(p->w->u->a, p->w->u->now / DAY + days));
}

static void propose(struct portal *p, struct visitor *v, const char *at, int days)
{
	submit(v, below(v, at, "propose"),
	       str_fmt(p->w->u->a, "reason=The+Cabinet+decided&from=%s", day_after(p, days)).p);
	if (v->status != 303)
		fail_msg("not proposed: %d\n%.*s", v->status, STRF(v->page));
	follow(v);
}

/* An application sent now; its reference. */
static str applied(struct portal *p, const char *who)
{
	struct visitor *v = signed_in(p->w, who);
	arena *a = p->w->u->a;
	str name = portal_begin(v);
	portal_fill(v, name);
	const char *check = str_fmt(a, "/en/applications/%.*s/check", STRF(name)).p;
	visit(v, check);
	submit(v, check, "");
	assert_int_equal(v->status, 303);
	return portal_case(v);
}

static const struct service *in_force(struct portal *p)
{
	return pack_service(pack_current(p->w->u->k), STR(SERVICE));
}

/* The journal verifies, and a replay gives the same tables. */
static void sound(struct portal *p)
{
	struct journal_report j = {0};
	struct rebuild_report b = {0};
	assert_int_equal(journal_seal(p->w->u->k, true), OK);
	assert_int_equal(journal_verify(p->w->u->k, p->w->u->a, &j), OK);
	assert_int_equal(j.first_bad, 0);
	assert_int_equal(journal_rebuild(p->w->u->k, p->w->u->a, false, &b), OK);
	if (b.different)
		fail_msg("the replay of %.*s differs", STRF(b.first_different));
}

/* ---- the path ---- */

/* proves: CORE-04 */
static void two_people_publish_and_the_next_case_pays_the_new_fee(void **state)
{
	(void)state;
	struct portal *p = start();
	arena *a = p->w->u->a;
	str before = applied(p, CITIZEN);
	int64_t version = in_force(p)->version;
	assert_int_equal(portal_kase(p, before).fee.minor, 4000);

	struct visitor *author = signed_in(p->w, AUTHOR);
	visit(author, "/en/policy");
	assert_shows(author, "/policy/services/" SERVICE "/fee");
	const char *at = begin(author);
	assert_shows(author, "The text is the same as in the version it is built on.");
	save(author, at, five_dinars(a), five_examples(a), false);
	assert_shows(author, "No errors.");
	assert_shows(author, "Removed");
	submit(author, below(author, at, "propose"), "reason=&from=2031-01-01");
	assert_int_equal(author->status, 422);
	assert_shows(author, "Write the reason");
	visit(author, at);
	propose(p, author, at, 0);
	assert_shows(author, "Somebody else publishes it or sends it back.");

	/* the author may not, not even with the permission */
	struct visitor *both = signed_in(p->w, PUBLISHER);
	visit(both, at);
	assert_shows(both, "The Cabinet decided");
	assert_shows(both, "Publish from the first day");
	submit(both, below(both, at, "publish"), "");
	assert_int_equal(both->status, 303);
	follow(both);
	assert_shows(both, ">Published<");

	assert_int_equal(in_force(p)->version, version + 1);
	str after = applied(p, OTHER);
	assert_int_equal(portal_kase(p, after).fee.minor, 5000);
	assert_int_equal(portal_kase(p, after).version, version + 1);
	assert_int_equal(portal_kase(p, before).version, version); /* and stays */
	visit(both, "/en/services/" SERVICE "/fee");
	assert_shows(both, "5.000");
	sound(p);
	portal_stop(p);
}

/* ---- in and out ---- */

/* The file of a version, as a modeler would open it. */
static str exported(struct visitor *v, int64_t version)
{
	visit(v, str_c(v->w->u->a, str_fmt(v->w->u->a, RULE "/versions/%lld", (long long)version)));
	assert_int_equal(v->status, 200);
	assert_true(str_find(header_of(v->answer, "Content-Disposition", 0), STR(".dmn")) > 0);
	return str_dup(v->w->u->a, v->page);
}

/* A DMN file is taken in with its tests, which are run; what goes out is the same file,
 * byte by byte, decides the same, and comes in again. */
/* proves: CORE-04 */
static void a_table_comes_in_and_goes_out_as_dmn(void **state)
{
	(void)state;
	struct portal *p = start();
	arena *a = p->w->u->a;
	int64_t version = in_force(p)->version;
	struct visitor *v = signed_in(p->w, AUTHOR), *w = signed_in(p->w, PUBLISHER);
	const char *at = begin(v);
	save(v, at, five_dinars(a), slurp(a, TEST_FILE), true);
	assert_shows(v, "An example gives another result than it expects.");
	save(v, at, five_dinars(a), five_examples(a), true);
	assert_shows(v, "No errors.");
	propose(p, v, at, 0);
	visit(w, at);
	submit(w, below(w, at, "publish"), "");
	assert_int_equal(w->status, 303);
	str out = exported(v, version + 1);
	assert_true(str_eq(out, five_dinars(a)));
	assert_true(str_eq(exported(v, version), slurp(a, FEE_FILE)));
	struct diags d = diags_make(a, STR("fee.dmn"));
	assert_non_null(dmn_load(a, out, &d));
	assert_int_equal(d.errors, 0);
	/* The rule that applied, and why, on the page of who asks. */
	visit(w, "/en/services/" SERVICE "/fee?try=1&in0=citizen&in1=41&in2=lost&in3=false&in4=false&"
	         "in5=false");
	assert_shows(w, "Rules that applied");
	assert_shows(w, ">5.000<");
	at = begin(v);
	save(v, at, out, five_examples(a), true);
	assert_shows(v, "The text is the same as in the version it is built on.");
	sound(p);
	portal_stop(p);
}

/* ---- four eyes ---- */

static void nobody_publishes_what_they_wrote(void **state)
{
	(void)state;
	struct portal *p = start();
	arena *a = p->w->u->a;
	struct visitor *v = signed_in(p->w, PUBLISHER); /* may write and may publish */
	const char *at = begin(v);
	save(v, at, five_dinars(a), five_examples(a), true);
	assert_shows(v, "No errors.");
	propose(p, v, at, 0);
	assert_true(!shows(v, "Publish from the first day"));
	submit(v, below(v, at, "publish"), "");
	assert_int_equal(v->status, 403);
	assert_shows(v, "Another person has to decide this");
	visit(v, at);
	submit(v, below(v, at, "reject"), "answer=no");
	assert_int_equal(v->status, 403);
	/* an author has no right to publish at all, nor to take back what is another's */
	struct visitor *author = signed_in(p->w, AUTHOR);
	visit(author, at);
	submit(author, below(author, at, "withdraw"), "");
	assert_int_equal(author->status, 409);
	visit(author, at);
	submit(author, below(author, at, "publish"), "");
	assert_true(author->status == 404 || author->status == 403);
	/* nor sees an officer of another body any of it */
	struct visitor *foreign = signed_in(p->w, FOREIGN);
	visit(foreign, at);
	assert_true(foreign->status == 404 || foreign->status == 403);
	assert_true(str_find(foreign->page, STR("base_rule3")) < 0);
	sound(p);
	portal_stop(p);
}

/* ---- the check ---- */

static void the_check_refuses_with_line_and_column(void **state)
{
	(void)state;
	struct portal *p = start();
	arena *a = p->w->u->a;
	struct visitor *v = signed_in(p->w, AUTHOR);
	const char *at = begin(v);
	/* an example that expects the old fee */
	save(v, at, five_dinars(a), slurp(a, TEST_FILE), false);
	assert_shows(v, "this version cannot be published");
	assert_shows(v, "fee.tests.xml");
	assert_shows(v, "An example gives another result than it expects.");
	submit(v, below(v, at, "propose"), str_fmt(a, "reason=x&from=%s", day_after(p, 1)).p);
	assert_int_equal(v->status, 422);
	assert_shows(v, "Correct the errors that the check found");
	/* not even XML */
	visit(v, at);
	save(v, at, STR("<definitions>\n<nothing"), five_examples(a), false);
	assert_shows(v, "line <bdi>2</bdi>, column <bdi>1</bdi>");
	visit(v, str_fmt(a, "/ar%.*s", STRF(str_sub(str_of(at), 3, strlen(at)))).p);
	assert_shows(v, "يجب أن يكون الملف بصيغة XML سليمة.");
	portal_stop(p);
}

/* ---- days ---- */

/* proves: CORE-04 */
static void a_version_holds_from_its_day_on(void **state)
{
	(void)state;
	struct portal *p = start();
	arena *a = p->w->u->a;
	int64_t version = in_force(p)->version;
	struct visitor *v = signed_in(p->w, AUTHOR), *w = signed_in(p->w, PUBLISHER);
	const char *at = begin(v);
	save(v, at, five_dinars(a), five_examples(a), false);
	propose(p, v, at, 10);
	visit(w, at);
	submit(w, below(w, at, "reject"), "answer=Name+the+decision");
	assert_int_equal(w->status, 303);
	visit(v, at);
	assert_shows(v, "Name the decision");
	propose(p, v, at, 10);
	visit(w, at);
	submit(w, below(w, at, "publish"), "");
	assert_int_equal(w->status, 303);
	assert_int_equal(in_force(p)->version, version);
	visit(v, RULE);
	assert_shows(v, "Waits for its day");
	str before = applied(p, CITIZEN);
	assert_int_equal(portal_kase(p, before).fee.minor, 4000);
	/* a second process that opens the same database knows it too */
	p->w->u->now = (p->w->u->now / DAY + 10) * DAY - 3 * HOUR - SECOND;
	assert_int_equal(in_force(p)->version, version);
	p->w->u->now += SECOND; /* midnight in Manama */
	assert_int_equal(in_force(p)->version, version + 1);
	p->w->u->now += HOUR;
	str after = applied(p, OTHER);
	assert_int_equal(portal_kase(p, after).fee.minor, 5000);
	/* the case of then, decided again now, gives what it gave */
	struct replay *r = NEW(a, struct replay);
	dbc *c = db_reader(p->w->u->k->db);
	struct replay_ask q = {
	    .candidate = in_force(p), .decision = STR("fee"), .to = p->w->u->now + DAY};
	assert_int_equal(case_replay(p->w->u->k, c, a, &q, NULL, NULL, r), OK);
	db_reader_return(c);
	assert_int_equal(r->cases, 2);
	assert_int_equal(r->unequal, 0);
	assert_int_equal(r->changed, 1);
	sound(p);
	portal_stop(p);
}

/* ---- what would have happened ---- */

static err erase_decide(struct tx *tx, void *ctx)
{
	return person_erase(tx, *(int64_t *)ctx, STR("asked"));
}

static void a_preview_tells_who_would_be_affected(void **state)
{
	(void)state;
	struct portal *p = start();
	arena *a = p->w->u->a;
	str first = applied(p, CITIZEN), second = applied(p, OTHER);
	struct visitor *v = signed_in(p->w, AUTHOR), *w = signed_in(p->w, PUBLISHER);
	const char *at = begin(v);
	save(v, at, five_dinars(a), five_examples(a), false);
	visit(v, below(v, at, "preview"));
	assert_shows(v, "BHD 4.000");
	assert_shows(v, "BHD 5.000");
	assert_shows(v, "2 cases belong to bodies whose cases you may not see.");
	assert_true(str_find(v->page, first) < 0);
	visit(w, below(w, at, "preview"));
	assert_true(str_find(w->page, first) >= 0 && str_find(w->page, second) >= 0);
	assert_int_equal(unit_run(p->w->u, erase_decide, &p->other), OK);
	visit(w, below(w, at, "preview"));
	assert_true(str_find(w->page, first) >= 0 && str_find(w->page, second) < 0);
	assert_shows(
	    w, "Erased: nothing to decide from</dt><dd class=\"govuk-summary-list__value\"><bdi>1<");
	visit(w, str_fmt(a, "%s?from=2001-01-01&to=2001-12-31", below(w, at, "preview")).p);
	assert_shows(w, "No case would have had another result.");
	portal_stop(p);
}

/* ---- a process ---- */

#define PROCESS "/en/policy/services/" SERVICE "/process"

/* The service with another process, without its examples. */
static const struct service *with_process(struct portal *p, dbc *c, str text)
{
	arena *a = p->w->u->a;
	struct pack_source src;
	struct diags d = diags_make(a, (str){0});
	str why;
	assert_true(service_source(c, a, STR(SERVICE), in_force(p)->version, &src, &why));
	source_put(a, &src, STR("services/" SERVICE "/process.bpmn"), text);
	const struct service *s = source_service(a, &src, STR(SERVICE), &d);
	if (!s)
		fail_msg("%.*s", STRF(diags_print(a, &d)));
	return s;
}

static struct replay *tried(struct portal *p, dbc *c, const struct service *s)
{
	struct replay *r = NEW(p->w->u->a, struct replay);
	struct replay_ask q = {.candidate = s, .to = p->w->u->now + DAY};
	assert_int_equal(case_replay(p->w->u->k, c, p->w->u->a, &q, NULL, NULL, r), OK);
	return r;
}

/* A decided case and one that waits go through other processes again. */
static void a_process_is_tried_on_what_people_answered(void **state)
{
	(void)state;
	struct portal *p = start();
	arena *a = p->w->u->a;
	str name = applied(p, CITIZEN), other = applied(p, OTHER);
	struct kase q = portal_kase(p, name);
	portal_pay(p, q.id);
	portal_decide(p, q.id, "approve", "");
	scheduler_drain(p->w->u->k);
	assert_true(portal_kase(p, name).closed > 0 && !portal_kase(p, other).closed);
	str text = slurp(a, "packs/bahrain/services/" SERVICE "/process.bpmn");
	dbc *c = db_reader(p->w->u->k->db);
	struct replay *r = tried(p, c, with_process(p, c, text));
	assert_int_equal(r->cases, 2);
	assert_int_equal(r->same, 2);
	assert_int_equal(r->unequal, 0);
	/* who was approved would be rejected */
	str swapped = replaced(a, text, "id=\"f_approve\"", "\"approve\"", "\"neither\"");
	swapped = replaced(a, swapped, "id=\"f_reject\"", "\"reject\"", "\"approve\"");
	r = tried(p, c, with_process(p, c, swapped));
	assert_int_equal(r->changed, 1);
	assert_str(r->pair[0].then, "end:approved");
	assert_str(r->pair[0].now, "end:rejected");
	db_reader_return(c);
	/* and on the page */
	struct visitor *v = signed_in(p->w, PUBLISHER);
	visit(v, PROCESS);
	submit(v, PROCESS, "");
	visit(v, below(v, str_c(a, str_dup(a, v->location)), "preview"));
	assert_shows(v, "No case would have had another result.");
	portal_stop(p);
}

/* ---- packs and published versions ---- */

struct loading {
	struct pack_source source;
	struct pack *pack;
	err e;
};

static err load_decide(struct tx *tx, void *ctx)
{
	struct loading *l = ctx;
	return pack_put(tx, &l->source, l->pack);
}

/* The pack of Bahrain with another version of its own, and of the service. */
static err load(struct portal *p, const char *pack_version, int64_t version, bool other_files)
{
	arena *a = p->w->u->a;
	struct loading l = {0};
	struct diags d = diags_make(a, (str){0});
	str why;
	assert_int_equal(pack_read_folder(a, "packs/bahrain", &l.source, &d), OK);
	portal_document(p->w->u, &l.source);
	for (size_t i = 0; i < l.source.n; i++)
		if (str_eq(l.source.files[i].path, STR("pack.json")))
			l.source.files[i].bytes =
			    replaced(a, l.source.files[i].bytes, "\"version\"", "1.0.0", pack_version);
	if (other_files)
		source_put(a, &l.source, STR("services/" SERVICE "/fee.dmn"),
		           str_cat(a, slurp(a, FEE_FILE), STR("<!-- later -->\n")));
	if (version)
		assert_true(source_renumber(a, &l.source, STR(SERVICE), version));
	l.pack = pack_check(a, &l.source, &d);
	if (!l.pack)
		fail_msg("%.*s", STRF(diags_print(a, &d)));
	err e = unit_run(p->w->u, load_decide, &l);
	if (!e && pack_refresh(p->w->u->k, &why))
		fail_msg("%.*s", STRF(why));
	return e;
}

static void a_newer_pack_and_published_versions(void **state)
{
	(void)state;
	struct portal *p = start();
	arena *a = p->w->u->a;
	int64_t version = in_force(p)->version;
	struct visitor *v = signed_in(p->w, AUTHOR), *w = signed_in(p->w, PUBLISHER);
	const char *at = begin(v);
	save(v, at, five_dinars(a), five_examples(a), false);
	propose(p, v, at, 0);
	visit(w, at);
	submit(w, below(w, at, "publish"), "");
	assert_int_equal(in_force(p)->version, version + 1);
	/* a pack that leaves the service as it was: the published version stands */
	assert_int_equal(load(p, "1.0.1", 0, false), OK);
	assert_int_equal(in_force(p)->version, version + 1);
	/* a pack that takes the published number for other files is refused */
	assert_int_equal(load(p, "1.0.2", version + 1, true), ERR_pack_invalid);
	assert_int_equal(in_force(p)->version, version + 1);
	/* a higher number takes its place */
	assert_int_equal(load(p, "1.0.3", version + 2, true), OK);
	assert_int_equal(in_force(p)->version, version + 2);
	/* and what was begun before is not published over it unseen */
	dbc *c = db_reader(p->w->u->k->db);
	assert_int_equal(service_newest(pack_current(p->w->u->k), c, a, STR(SERVICE)), version + 2);
	assert_non_null(service_at(p->w->u->k, c, STR(SERVICE), version + 1));
	db_reader_return(c);
	sound(p);
	portal_stop(p);
}

/* Two nodes: what one publishes the other uses after a look at the database. */
static void another_node_uses_what_was_published(void **state)
{
	(void)state;
	struct portal *p = start();
	arena *a = p->w->u->a;
	struct unit *u = p->w->u;
	int64_t version = in_force(p)->version;
	struct visitor *v = signed_in(p->w, AUTHOR), *w = signed_in(p->w, PUBLISHER);
	const char *at = begin(v);
	save(v, at, five_dinars(a), five_examples(a), false);
	propose(p, v, at, 3);
	visit(w, at);
	submit(w, below(w, at, "publish"), "");
	assert_int_equal(w->status, 303);
	struct kernel_options o = {.database = u->url,
	                           .data_dir = str_of(u->dir),
	                           .clock = {unit_now, u},
	                           .organs = u->organs,
	                           .n_organs = u->n_organs,
	                           .read_only = true};
	struct kernel *node;
	str why = {0};
	if (kernel_open(&o, &node, &why) != OK || pack_refresh(node, &why) != OK)
		fail_msg("%.*s", STRF(why));
	assert_int_equal(pack_service(pack_current(node), STR(SERVICE))->version, version);
	u->now += 4 * DAY;
	assert_int_equal(pack_service(pack_current(node), STR(SERVICE))->version, version + 1);
	kernel_close(node);
	portal_stop(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_table_comes_in_and_goes_out_as_dmn),
	    cmocka_unit_test(two_people_publish_and_the_next_case_pays_the_new_fee),
	    cmocka_unit_test(nobody_publishes_what_they_wrote),
	    cmocka_unit_test(the_check_refuses_with_line_and_column),
	    cmocka_unit_test(a_version_holds_from_its_day_on),
	    cmocka_unit_test(a_preview_tells_who_would_be_affected),
	    cmocka_unit_test(a_process_is_tried_on_what_people_answered),
	    cmocka_unit_test(a_newer_pack_and_published_versions),
	    cmocka_unit_test(another_node_uses_what_was_published),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
