/*
 * applications.c - a person's applications, and one of them: where it stands, who
 * has it and until when, what was said, who read it.
 */
#include "systems/portal/applying.h"

#define TASKS_MAX 64 /* bodies with a part in one case */
#define CASES_MAX 500
#define PAGE_ROWS 20
#define WORDS_MAX 500

/* ---- where it stands ---- */

/* What the applicant has to do, and where. */
static str next_step(struct req *r, const struct kase *q)
{
	const char *name = str_c(r->a, case_name(r->a, q));
	if (str_eq(q->state, STR("draft")) || str_eq(q->state, STR("returned")))
		return view_href(r, "/applications/%s/continue", name);
	if (str_eq(q->state, STR("unpaid")))
		return view_href(r, "/applications/%s/pay", name);
	return (str){0};
}

/* The key of the sentence on who has it: the applicant, the entity, or nobody. */
static const char *who_has_it(const struct kase *q)
{
	if (str_eq(q->state, STR("appealed")))
		return "portal.application.with_appeal";
	if (str_eq(q->state, STR("suspended")))
		return "portal.application.suspended";
	if (str_eq(q->state, STR("submitted")))
		return "portal.application.with_entity";
	if (str_eq(q->state, STR("review")))
		return "portal.application.with_officer";
	if (str_eq(q->state, STR("returned")) || str_eq(q->state, STR("unpaid")) ||
	    str_eq(q->state, STR("draft")))
		return "portal.application.with_you";
	return "";
}

/* The bodies whose officers have it now, or the one it was sent to. */
static json *held_by(struct req *r, const struct kase *q, instant at)
{
	struct task t[TASKS_MAX];
	size_t n = q->closed ? 0 : case_tasks(r->db, r->a, q->id, true, t, TASKS_MAX);
	str en = {0}, ar = {0};
	for (size_t i = 0; i < n; i++) {
		bool again = str_eq(t[i].role, STR("applicant"));
		for (size_t k = 0; k < i && !again; k++)
			again = !str_eq(t[k].role, STR("applicant")) && str_eq(t[k].entity, t[i].entity);
		if (again)
			continue;
		json *name = view_entity(r, t[i].entity, at);
		en = str_fmt(r->a, "%.*s%s%.*s", STRF(en), en.n ? ", " : "", STRF(json_str(name, "en")));
		ar = str_fmt(r->a, "%.*s%s%.*s", STRF(ar), ar.n ? "، " : "", STRF(json_str(name, "ar")));
	}
	return en.n ? text_pair(r->a, en, ar) : view_entity(r, q->entity, at);
}

/* What the applicant is asked to do. */
static void asked_view(struct req *r, json *v, const struct kase *q)
{
	struct task t[TASKS_MAX];
	size_t n =
	    str_eq(q->state, STR("returned")) ? case_tasks(r->db, r->a, q->id, true, t, TASKS_MAX) : 0;
	for (size_t i = 0; i < n; i++)
		if (str_eq(t[i].role, STR("applicant")) && t[i].name && t[i].name->count) {
			json_set(r->a, v, "asked", json_copy(r->a, t[i].name));
			return;
		}
}

/* Whose words the page shows: why it stands still, what is missing, what was decided. */
static const char *words_key(const struct kase *q)
{
	if (!q->reason.n || str_eq(q->state, STR("submitted")) || str_eq(q->state, STR("review")) ||
	    str_eq(q->state, STR("unpaid")))
		return "";
	return str_eq(q->state, STR("withdrawn")) ? "portal.application.words_own"
	                                          : "portal.application.words";
}

/* The day it is to be decided by, while the time runs; `over`: that day is past. */
static void due_view(struct req *r, json *v, const struct kase *q)
{
	bool runs = !q->outcome.n || str_eq(q->state, STR("appealed"));
	bool shown = runs && !q->paused && !q->suspended && q->due;
	view_day(r, v, "due", shown ? q->due : 0);
	json_set_bool(r->a, v, "over", shown && q->due < r->now);
}

/* ---- the list ---- */

static void pages_view(struct req *r, json *v, int64_t page, int64_t pages)
{
	if (pages < 2)
		return;
	json *o = json_set(r->a, v, "pages", json_object(r->a));
	if (page > 1)
		json_set_str(r->a, o, "previous",
		             view_href(r, "/applications?page=%lld", (long long)page - 1));
	if (page < pages)
		json_set_str(r->a, o, "next", view_href(r, "/applications?page=%lld", (long long)page + 1));
	json *items = json_set(r->a, o, "items", json_array(r->a));
	for (int64_t i = 1; i <= pages; i++) {
		json *item = json_push(items, json_object(r->a));
		json_set_int(r->a, item, "number", i);
		json_set_str(r->a, item, "href", view_href(r, "/applications?page=%lld", (long long)i));
		json_set_bool(r->a, item, "current", i == page);
	}
}

/* The applicant's name in the reader's language. */
static str name_of(struct req *r, const struct kase *q)
{
	struct person p = {0};
	person_get(r->db, r->a, q->applicant, &p);
	return r->lang == LANG_AR && p.name_ar.n ? p.name_ar : p.name_en;
}

/* Cases in which the reader acts for others, behind their own. */
static size_t add_for_others(struct req *r, struct kase *q, size_t n)
{
	struct mandate *m;
	struct kase *of = NEWN(r->a, struct kase, CASES_MAX);
	size_t mandates = mandates_of_agent(r->db, r->a, r->session.person, r->now, &m);
	for (size_t i = 0; i < mandates; i++) {
		size_t found = cases_of(r->db, r->a, m[i].principal, of, CASES_MAX);
		for (size_t k = 0; k < found && n < CASES_MAX; k++) {
			bool twice = false;
			for (size_t x = 0; x < n; x++)
				twice |= q[x].id == of[k].id;
			bool shared = of[k].agent == r->session.person || mandate_whole(&m[i]);
			if (!twice && shared && mandate_covers(&m[i], of[k].service))
				q[n++] = of[k];
		}
	}
	return n;
}

err page_portal_applications(struct req *r)
{
	arena *a = r->a;
	struct kase *q = NEWN(a, struct kase, CASES_MAX);
	int64_t n = (int64_t)cases_of(r->db, a, r->session.person, q, CASES_MAX);
	n = (int64_t)add_for_others(r, q, (size_t)n);
	int64_t pages = (n + PAGE_ROWS - 1) / PAGE_ROWS;
	int64_t page = req_field_int(r, "page", 1, 1, pages ? pages : 1);
	json *v = json_object(a), *list = json_set(a, v, "applications", json_array(a));
	json_set_str(a, v, "guide_href", view_href(r, "/guide"));
	for (int64_t i = (page - 1) * PAGE_ROWS; i < n && i < page * PAGE_ROWS; i++) {
		const struct service *s = case_service(r->k, r->db, &q[i]);
		json *o = json_push(list, json_object(a));
		json_set_str(a, o, "name", case_name(a, &q[i]));
		json_set_str(a, o, "reference", q[i].reference);
		json_set(a, o, "service",
		         json_copy(a, json_get(service_view(a, s, q[i].service), "title")));
		json_set_str(a, o, "for",
		             q[i].applicant == r->session.person ? (str){0} : name_of(r, &q[i]));
		view_case_state(r, o, &q[i]);
		view_at(r, o, "changed", q[i].changed);
		json_set_str(a, o, "with", str_of(who_has_it(&q[i])));
		json_set(a, o, "entity", held_by(r, &q[i], r->now));
		json_set_str(a, o, "next", next_step(r, &q[i]));
		due_view(r, o, &q[i]);
	}
	pages_view(r, v, page, pages);
	return req_view(r, "portal/applications", v);
}

/* ---- one of them ---- */

static void rating_view(struct req *r, json *v, const struct kase *q)
{
	arena *a = r->a;
	json *o = json_set(a, v, "rating", json_object(a));
	bool decided = q->outcome.n && !str_eq(q->outcome, STR("withdrawn"));
	json_set_bool(a, o, "ask", decided && !q->rating);
	json_set_bool(a, o, "given", q->rating > 0);
	json_set_int(a, o, "maxlength", WORDS_MAX);
	json *items = json_set(a, o, "items", json_array(a));
	for (int i = 5; i >= 1; i--) {
		json *item = json_push(items, json_object(a));
		str key = str_fmt(a, "portal.rating.%d", i);
		json_set_str(a, item, "id", i == 5 ? STR("rating") : str_fmt(a, "rating-%d", 6 - i));
		json_set_str(a, item, "value", str_fmt(a, "%d", i));
		json_set_str(a, item, "text", req_text(r, str_c(a, key)));
		json_set_bool(a, item, "checked", str_eq(req_field(r, "rating"), str_fmt(a, "%d", i)));
	}
	view_value(r, v, "words", req_field(r, "words"));
}

static void answers_view(struct req *r, json *v, const struct kase *q, const struct service *s)
{
	struct form_env env = form_env_of(r);
	if (!s || !s->form)
		return;
	json *check = form_check_view(s->form, case_answers(r->db, r->a, q->id), &env, r->a);
	for (json *p = json_get(check, "pages")->first; p; p = p->next)
		for (json *row = json_get(p, "rows")->first; row; row = row->next)
			json_remove(row, STR("change"));
	json_set(r->a, v, "pages", json_get(check, "pages"));
}

/* Known purposes are texts of ours; others are shown as written. */
static json *reads_view(struct req *r, const struct kase *q)
{
	json *list = case_reads(r->k, r->db, r->a, q->id);
	for (json *o = list->first; o; o = o->next) {
		str key = str_fmt(r->a, "portal.purpose.%.*s", STRF(json_str(o, "purpose")));
		if (message_known(server_settings(r->server)->texts, key))
			json_set_str(r->a, o, "purpose", req_text(r, str_c(r->a, key)));
		/* The entity answers for its officers; an agent is named. */
		if (json_text(json_path(o, "entity.en")).n)
			json_remove(o, STR("person"));
	}
	return list;
}

static json *application_view(struct req *r, const struct kase *q)
{
	arena *a = r->a;
	const struct service *s = case_service(r->k, r->db, q);
	json *v = json_object(a), *service = service_view(a, s, q->service);
	bool decided = q->outcome.n > 0;
	view_crumb(r, v, req_text(r, "portal.applications.title"), view_href(r, "/applications"));
	view_crumb(r, v, req_pick(r, json_get(service, "title")), (str){0});
	json_set(a, v, "service", service);
	json_set_str(a, v, "name", case_name(a, q));
	json_set_str(a, v, "for", q->applicant == r->session.person ? (str){0} : name_of(r, q));
	json_set_str(a, v, "reference", q->reference);
	view_case_state(r, v, q);
	json_set_str(a, v, "reason", q->reason);
	json_set_str(a, v, "words", str_of(words_key(q)));
	asked_view(r, v, q);
	json_set_str(a, v, "with", str_of(who_has_it(q)));
	json_set(a, v, "entity", held_by(r, q, q->opened));
	due_view(r, v, q);
	json_set_str(a, v, "continue", next_step(r, q));
	json_set_bool(a, v, "may_withdraw", !decided && case_act_fits(q->state, CASE_WITHDRAW));
	appeal_view(r, v, q);
	if (q->currency.n && q->fee.minor)
		json_set(a, v, "fee", money_view(a, q->fee.minor, q->currency));
	if (q->fee_rule)
		json_set(a, v, "fee_rule", json_copy(a, q->fee_rule));
	documents_view(r, v, q);
	rating_view(r, v, q);
	json_set(a, v, "timeline", case_timeline(r->k, r->db, a, q->id, false));
	answers_view(r, v, q, s);
	json_set(a, v, "reads", reads_view(r, q));
	return v;
}

static err read_decide(struct tx *tx, void *ctx)
{
	return case_read(tx, *(const int64_t *)ctx, STR("agent"));
}

/* Who acts for somebody is told to them as a reader, like an officer. */
static err record_agent(struct req *r, const struct kase *q)
{
	int64_t id = q->id;
	if (q->applicant == r->session.person ||
	    case_read_lately(r->db, q->id, r->session.person, r->now))
		return OK;
	struct action act = {
	    .k = r->k, .a = r->a, .actor = r->actor, .decide = read_decide, .ctx = &id};
	err e = kernel_run(&act);
	return e ? req_fail(r, e, "", "%.*s", STRF(act.fault.detail)) : OK;
}

err page_portal_application(struct req *r)
{
	struct kase q;
	err e = own_case(r, &q);
	if (!e)
		e = record_agent(r, &q);
	return e ? e : req_view(r, "portal/application", application_view(r, &q));
}

err page_portal_confirmation(struct req *r)
{
	struct kase q;
	err e = own_case(r, &q);
	if (e)
		return e;
	if (!q.reference.n || str_eq(q.state, STR("unpaid")))
		return req_redirect(r, "/applications/%s", str_c(r->a, case_name(r->a, &q)));
	json *v = json_object(r->a);
	json_set(r->a, v, "service", service_view(r->a, case_service(r->k, r->db, &q), q.service));
	json_set_str(r->a, v, "reference", q.reference);
	view_day(r, v, "due", q.outcome.n ? 0 : q.due);
	receipt_view(r, v, &q);
	return req_view(r, "portal/apply-confirmation", v);
}

/* ---- rating ---- */

struct rating {
	struct kase q;
	int stars;
	str words;
};

err prepare_portal_rating(struct req *r)
{
	struct rating *t = NEW(r->a, struct rating);
	r->state = t;
	err e = own_case(r, &t->q);
	if (e)
		return e;
	t->stars = (int)req_field_int(r, "rating", 0, 0, 5);
	t->words = str_trim(req_field(r, "words"));
	if (t->stars)
		return OK;
	json *v = application_view(r, &t->q);
	view_error(r, v, "rating", view_text(r, "portal.rating.choose", 0, NULL));
	return req_again(r, "portal/application", v);
}

err decide_portal_rating(struct tx *tx, struct req *r)
{
	const struct rating *t = r->state;
	return case_rate(tx, t->q.id, t->stars, t->words);
}

err answer_portal_rating(struct req *r)
{
	req_flash(r, "portal.rating.thanks");
	return req_redirect(r, "/applications/%s", str_c(r->a, req_param(r, "reference")));
}

/* ---- giving up: a draft is discarded, a sent application withdrawn ---- */

static json *leave_view(struct req *r, const struct kase *q)
{
	json *v = json_object(r->a);
	const char *name = str_c(r->a, case_name(r->a, q));
	json_set(r->a, v, "service", service_view(r->a, case_service(r->k, r->db, q), q->service));
	json_set_str(r->a, v, "back", view_href(r, "/applications/%s", name));
	json_set_str(r->a, v, "reference", q->reference);
	json_set_bool(r->a, v, "draft", str_eq(q->state, STR("draft")));
	view_value(r, v, "reason", req_field(r, "reason"));
	return v;
}

err page_portal_leave(struct req *r)
{
	struct kase q;
	err e = own_case(r, &q);
	if (e)
		return e;
	if (q.outcome.n || str_eq(q.state, STR("withdrawn")))
		return req_redirect(r, "/applications/%s", str_c(r->a, case_name(r->a, &q)));
	return req_view(r, "portal/leave", leave_view(r, &q));
}

err prepare_portal_leave(struct req *r)
{
	struct kase *q = NEW(r->a, struct kase);
	r->state = q;
	return own_case(r, q);
}

err decide_portal_leave(struct tx *tx, struct req *r)
{
	const struct kase *q = r->state;
	bool draft = str_eq(q->state, STR("draft"));
	r->decided = json_object(tx->a);
	json_set_bool(tx->a, r->decided, "alone", true);
	if (draft)
		return draft_discard(tx, q->id);
	json_set_str(tx->a, r->decided, "reference", q->reference);
	return case_withdraw(tx, q->id, str_trim(req_field(r, "reason")));
}

err answer_portal_leave(struct req *r)
{
	str reference = json_str(r->decided, "reference");
	req_flash(r, reference.n ? "portal.leave.withdrawn" : "portal.leave.discarded");
	if (!reference.n)
		return req_redirect(r, "/applications");
	return req_redirect(r, "/applications/%s", str_c(r->a, reference));
}
