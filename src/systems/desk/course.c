/*
 * course.c - what an officer does to a case beside its process: suspend, resume, split,
 * join, separate, reopen. Each is asked for on a page of its own, with its consequence.
 */
#include "systems/desk/desk_in.h"

#include "base/utf8.h"

#define RELATED_MAX 50

static const struct course {
	const char *name;
	enum case_act act;
	enum permission permission;
	bool reason, other; /* asks for a reason, for another case's reference */
} courses[] = {
    {"suspend", CASE_SUSPEND, PERM_case_work, true, false},
    {"resume", CASE_RESUME, PERM_case_work, false, false},
    {"split", CASE_SPLIT, PERM_case_work, true, false},
    {"join", CASE_JOIN, PERM_case_work, true, true},
    {"separate", CASE_SEPARATE, PERM_case_work, false, false},
    {"reopen", CASE_REOPEN, PERM_case_reopen, true, false},
};

struct work {
	const struct course *course;
	struct kase q, other;
};

json *desk_task_name(struct req *r, const struct task *t)
{
	const struct messages *texts = server_settings(r->server)->texts;
	if (t->name && t->name->count)
		return json_copy(r->a, t->name);
	if (t->instance || !str_eq(t->element, STR("appeal")))
		return text_pair(r->a, t->element, t->element);
	return text_pair(r->a,
	                 message_text(texts, r->a, LANG_EN, STR("desk.task.appeal"), 0, NULL, false),
	                 message_text(texts, r->a, LANG_AR, STR("desk.task.appeal"), 0, NULL, false));
}

bool desk_led(struct req *r, const struct kase *q)
{
	struct kase lead;
	return q->joined && case_get(r->db, r->a, q->joined, &lead) && !lead.closed;
}

/* ---- on the page of the case ---- */

static bool fits(struct req *r, const struct kase *q, const struct course *c)
{
	if (!case_act_fits(q->state, c->act) || q->applicant == r->session.person ||
	    q->agent == r->session.person)
		return false;
	if (c->act == CASE_REOPEN && !q->closed)
		return false;
	if (c->act == CASE_SEPARATE || c->act == CASE_JOIN)
		return (c->act == CASE_SEPARATE) == (q->joined != 0);
	return true;
}

static void relate(struct req *r, json *list, const char *key, const struct kase *q)
{
	if (!desk_allowed(r, PERM_case_read, q->id))
		return;
	json *o = json_push(list, json_object(r->a));
	json_set_str(r->a, o, "key", str_of(key));
	json_set_str(r->a, o, "reference", q->reference);
	view_case_state(r, o, q);
	json_set_str(r->a, o, "href", view_href(r, "/desk/cases/%.*s", STRF(q->reference)));
}

static json *related(struct req *r, const struct kase *q)
{
	struct kase *with = NEWN(r->a, struct kase, RELATED_MAX), one;
	json *list = json_array(r->a);
	if (q->joined && case_get(r->db, r->a, q->joined, &one))
		relate(r, list, "desk.related.lead", &one);
	size_t n = cases_joined(r->db, r->a, q->id, with, RELATED_MAX);
	for (size_t i = 0; i < n; i++)
		relate(r, list, "desk.related.joined", &with[i]);
	if (q->split_from && case_get(r->db, r->a, q->split_from, &one))
		relate(r, list, "desk.related.from", &one);
	n = case_parts(r->db, r->a, q->id, with, RELATED_MAX);
	for (size_t i = 0; i < n; i++)
		relate(r, list, "desk.related.part", &with[i]);
	return list;
}

void desk_course_view(struct req *r, const struct kase *q, json *view)
{
	json *list = json_set(r->a, view, "acts", json_array(r->a));
	for (size_t i = 0; i < COUNT(courses); i++) {
		if (!fits(r, q, &courses[i]) || !desk_allowed(r, courses[i].permission, q->id))
			continue;
		json *o = json_push(list, json_object(r->a));
		str key = str_fmt(r->a, "desk.course.%s", courses[i].name);
		json_set_str(r->a, o, "text", req_text(r, str_c(r->a, key)));
		json_set_str(
		    r->a, o, "href",
		    view_href(r, "/desk/cases/%.*s/course/%s", STRF(q->reference), courses[i].name));
	}
	json_set(r->a, view, "related", related(r, q));
}

/* ---- the page of an act ---- */

static err work_of(struct req *r, struct work *w)
{
	str name = req_param(r, "act");
	for (size_t i = 0; i < COUNT(courses); i++)
		if (str_eq(name, str_of(courses[i].name)))
			w->course = &courses[i];
	if (!w->course)
		return req_fail(r, ERR_not_found, "", "there is nothing at this address");
	return desk_case_of(r, w->course->permission, &w->q);
}

static json *course_view(struct req *r, const struct work *w)
{
	json *v = json_object(r->a), *form = json_object(r->a), *f;
	const char *name = w->course->name;
	json_set_str(r->a, v, "back", view_href(r, "/desk/cases/%.*s", STRF(w->q.reference)));
	json_set_str(r->a, v, "reference", w->q.reference);
	json_set(r->a, v, "service", desk_service(r, w->q.service));
	view_case_state(r, v, &w->q);
	json_set_str(r->a, v, "title", req_text(r, str_c(r->a, str_fmt(r->a, "desk.course.%s", name))));
	json_set_str(r->a, v, "about",
	             req_text(r, str_c(r->a, str_fmt(r->a, "desk.course.%s.about", name))));
	json_set_bool(r->a, v, "ask_reason", w->course->reason);
	json_set_bool(r->a, v, "ask_other", w->course->other);
	json_set_int(r->a, v, "reason_max", 1000);
	f = json_set(r->a, form, "reason", json_object(r->a));
	json_set_str(r->a, f, "value", req_field(r, "reason"));
	f = json_set(r->a, form, "other", json_object(r->a));
	json_set_str(r->a, f, "value", req_field(r, "other"));
	json_set(r->a, v, "form", form);
	return v;
}

err page_desk_course(struct req *r)
{
	struct work w = {0};
	err e = work_of(r, &w);
	if (!e && !fits(r, &w.q, w.course)) /* no longer, or never: the case says how it stands */
		return req_redirect(r, "/desk/cases/%.*s", STRF(w.q.reference));
	return e ? e : req_view(r, "desk/course", course_view(r, &w));
}

err prepare_desk_course(struct req *r)
{
	struct work *w = NEW(r->a, struct work);
	str reason = str_trim(req_field(r, "reason")), other = str_trim(req_field(r, "other"));
	const char *wrong = NULL, *field = "reason";
	r->state = w;
	err e = work_of(r, w);
	if (e)
		return e;
	if (w->course->other && (!case_by_reference(r->db, r->a, other, &w->other) ||
	                         !desk_allowed(r, PERM_case_work, w->other.id)))
		wrong = "desk.course.no_case", field = "other";
	else if (w->course->reason && !reason.n)
		wrong = "desk.course.why";
	else if (utf8_length(reason) > 1000)
		wrong = "desk.case.reason_long";
	if (!wrong)
		return OK;
	json *v = course_view(r, w);
	desk_error(r, v, field, req_text(r, wrong));
	return req_again(r, "desk/course", v);
}

err decide_desk_course(struct tx *tx, struct req *r)
{
	const struct work *w = r->state;
	str reason = str_trim(req_field(r, "reason"));
	struct kase part;
	r->decided = json_object(tx->a);
	switch (w->course->act) {
	case CASE_SUSPEND:
		return case_suspend(tx, w->q.id, reason);
	case CASE_RESUME:
		return case_resume(tx, w->q.id, reason);
	case CASE_JOIN:
		return case_join(tx, w->q.id, w->other.id, reason);
	case CASE_SEPARATE:
		return case_separate(tx, w->q.id);
	case CASE_REOPEN:
		return case_reopen(tx, w->q.id, reason);
	case CASE_SPLIT: {
		err e = case_split(tx, w->q.id, reason, &part);
		if (!e)
			json_set_str(tx->a, r->decided, "part", part.reference);
		return e;
	}
	default:
		return ERR_internal;
	}
}

err answer_desk_course(struct req *r)
{
	const struct work *w = r->state;
	str part = json_str(r->decided, "part"),
	    key = str_fmt(r->a, "desk.course.%s.done", w->course->name);
	req_flash(r, str_c(r->a, key));
	return req_redirect(r, "/desk/cases/%.*s", STRF(part.n ? part : w->q.reference));
}
