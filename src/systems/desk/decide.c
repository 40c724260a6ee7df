/*
 * decide.c - taking a case, giving it back or on, deciding, noting.
 *
 * Two officers may press at the same moment. The one who comes second is not sent
 * to an error page: the case is shown again as it is now, with who was faster, and
 * what was typed is still there.
 */
#include "systems/desk/desk_in.h"

#include "base/utf8.h"

struct work {
	struct kase q;
	struct task t;
	int64_t revision, to;
	const struct form *form; /* that the task asks to be filled, or NULL */
	struct filled filled;
};

/* The case and the task of the address and the form; refuses what is another's. */
static err work_of(struct req *r)
{
	struct work *w = NEW(r->a, struct work);
	int64_t task;
	r->state = w;
	err e = desk_case_of(r, PERM_case_work, &w->q);
	if (e)
		return e;
	if (str_i64(req_field(r, "task"), &task)) {
		if (!task_get(r->db, r->a, task, &w->t) || w->t.case_id != w->q.id ||
		    !may(&r->session.rights, PERM_case_work, w->t.entity))
			return req_fail(r, ERR_not_found, "", "there is nothing at this address");
	} else if (!desk_task_of(r, &w->q, &w->t)) {
		return req_fail(r, ERR_case_closed, "", "nothing is left to do in this case");
	}
	w->revision = req_field_int(r, "version", w->q.revision, 0, INT64_MAX);
	return OK;
}

/* Refusals that another officer's act explains are part of the answer. */
static err told(struct tx *tx, struct req *r, err e)
{
	const char *key = e == ERR_case_taken    ? "error.case_taken"
	                  : e == ERR_conflict    ? "error.conflict"
	                  : e == ERR_case_closed ? "error.case_closed"
	                                         : NULL;
	r->decided = json_object(tx->a);
	if (!key || r->wants_json)
		return e;
	json_set_str(tx->a, r->decided, "refused", str_of(key));
	json_set_str(tx->a, r->decided, "by", tx->fault.detail);
	tx->fault = (struct fault){0};
	return OK;
}

/* The case as it is now, with what went wrong. */
static err shown_again(struct req *r, str key)
{
	struct work *w = r->state;
	case_get(r->db, r->a, w->q.id, &w->q);
	json *v = desk_case_view(r, &w->q), *p = json_object(r->a);
	json_set_str(r->a, p, "text", req_text(r, str_c(r->a, key)));
	json_set_str(r->a, p, "by", json_str(r->decided, "by"));
	json_set(r->a, v, "problem", p);
	err e = req_view(r, "desk/case", v);
	r->status = 409;
	return e;
}

static err answered(struct req *r, const char *flash)
{
	const struct work *w = r->state;
	str refused = json_str(r->decided, "refused");
	if (refused.n)
		return shown_again(r, refused);
	req_flash(r, flash);
	return req_redirect(r, "/desk/cases/%.*s", STRF(w->q.reference));
}

/* ---- taking ---- */

err prepare_desk_claim(struct req *r)
{
	return work_of(r);
}

/* A substitute takes over what the absent officer holds. */
static err claim(struct tx *tx, int64_t task)
{
	struct task t;
	int64_t me = tx->actor.person;
	if (task_get(tx->db, tx->a, task, &t) && t.holder && t.holder != me &&
	    desk_stands_in(tx->db, me, t.holder, tx->now))
		return task_assign(tx, task, me);
	return task_claim(tx, task);
}

err decide_desk_claim(struct tx *tx, struct req *r)
{
	const struct work *w = r->state;
	return told(tx, r, claim(tx, w->t.id));
}

err answer_desk_claim(struct req *r)
{
	return answered(r, "desk.case.taken");
}

err prepare_desk_release(struct req *r)
{
	return work_of(r);
}

err decide_desk_release(struct tx *tx, struct req *r)
{
	const struct work *w = r->state;
	return told(tx, r, task_release(tx, w->t.id));
}

err answer_desk_release(struct req *r)
{
	return answered(r, "desk.case.released");
}

err prepare_desk_assign(struct req *r)
{
	err e = work_of(r);
	struct work *w = r->state;
	if (e)
		return e;
	if (str_i64(req_field(r, "to"), &w->to) && w->to > 0)
		return OK;
	json *v = desk_case_view(r, &w->q);
	desk_error(r, v, "to", req_text(r, "desk.case.choose_colleague"));
	return req_again(r, "desk/case", v);
}

err decide_desk_assign(struct tx *tx, struct req *r)
{
	const struct work *w = r->state;
	struct task t;
	/* Held by a third: only that officer, or who stands in, gives it on. */
	if (task_get(tx->db, tx->a, w->t.id, &t) && t.holder && t.holder != tx->actor.person &&
	    !desk_stands_in(tx->db, tx->actor.person, t.holder, tx->now))
		return told(tx, r, task_claim(tx, w->t.id));
	return told(tx, r, task_assign(tx, w->t.id, w->to));
}

err answer_desk_assign(struct req *r)
{
	return answered(r, "desk.case.assigned");
}

/* ---- deciding ---- */

static bool offered(const struct task *t, str outcome)
{
	for (size_t i = 0; i < t->n_outcomes; i++)
		if (str_eq(t->outcomes[i], outcome))
			return true;
	return !t->n_outcomes;
}

static bool filled_well(struct req *r, struct work *w)
{
	w->form = task_form(service_at(r->k, r->db, w->q.service, w->q.version), &w->t);
	if (w->form)
		desk_form_read(r, w->form, &w->filled);
	return !w->form || !w->filled.errors.count;
}

err prepare_desk_decide(struct req *r)
{
	err e = work_of(r);
	struct work *w = r->state;
	str outcome = req_field(r, "outcome"), reason = str_trim(req_field(r, "reason"));
	const char *wrong = NULL, *field = "reason";
	if (e)
		return e;
	bool well = filled_well(r, w);
	const struct service *s = service_at(r->k, r->db, w->q.service, w->q.version);
	bool told = outcome_needs_reason(s, outcome);
	if (!offered(&w->t, outcome))
		wrong = "desk.case.choose_outcome", field = "outcome";
	else if (told && !reason.n)
		wrong = str_eq(outcome, STR("return")) ? "desk.case.what_is_missing" : "desk.case.why_not";
	else if (utf8_length(reason) > 1000)
		wrong = "desk.case.reason_long";
	if (!wrong && well)
		return OK;
	json *v = desk_case_view(r, &w->q);
	if (w->form)
		desk_form_view(r, w->form, &w->filled, v);
	if (wrong)
		desk_error(r, v, field, req_text(r, wrong));
	return req_again(r, "desk/case", v);
}

err decide_desk_decide(struct tx *tx, struct req *r)
{
	const struct work *w = r->state;
	return told(tx, r,
	            task_complete(tx, w->t.id, w->revision, req_field(r, "outcome"),
	                          str_trim(req_field(r, "reason")),
	                          w->form ? w->filled.answers : NULL));
}

err answer_desk_decide(struct req *r)
{
	return answered(r, "desk.case.decided");
}

/* ---- notes ---- */

err prepare_desk_note(struct req *r)
{
	struct work *w = NEW(r->a, struct work);
	r->state = w;
	err e = desk_case_of(r, PERM_case_work, &w->q);
	str text = str_trim(req_field(r, "text"));
	if (e || (text.n && utf8_length(text) <= 4000))
		return e;
	json *v = desk_case_view(r, &w->q);
	desk_error(r, v, "text", req_text(r, text.n ? "desk.note.long" : "desk.note.empty"));
	return req_again(r, "desk/case", v);
}

err decide_desk_note(struct tx *tx, struct req *r)
{
	const struct work *w = r->state;
	r->decided = json_object(tx->a);
	return case_note(tx, w->q.id, str_trim(req_field(r, "text")));
}

err answer_desk_note(struct req *r)
{
	return answered(r, "desk.note.left");
}
