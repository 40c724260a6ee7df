/*
 * bulk.c - one action on many cases: first what it would do to each, then all of
 * it or nothing.
 */
#include "systems/desk/desk_in.h"

enum bulk { BULK_CLAIM, BULK_RELEASE, BULK_ASSIGN, BULK_COUNT };

static const char *const actions[] = {"claim", "release", "assign"};

struct selected {
	enum bulk action;
	int64_t to;
	size_t n;
	int64_t task[SELECTED_MAX];
	str reference[SELECTED_MAX];
};

/* What hinders the action on this task, as far as can be seen now; NULL: nothing. */
static const char *hindrance(struct req *r, const struct selected *s, const struct kase *q,
                             bool has_task, const struct task *t)
{
	int64_t me = r->session.person;
	if (!has_task)
		return "desk.bulk.nothing_to_do";
	if (q->applicant == me || (s->action == BULK_ASSIGN && q->applicant == s->to))
		return "desk.bulk.own";
	if (t->holder && t->holder != me && !desk_stands_in(r->db, me, t->holder, r->now))
		return "desk.bulk.held";
	if (s->action == BULK_RELEASE && t->holder != me)
		return "desk.bulk.not_yours";
	return NULL;
}

static bool visible(struct req *r, const struct kase *q)
{
	str entity[ENTITIES_MAX];
	size_t n = case_entities(r->db, r->a, q->id, entity, ENTITIES_MAX);
	for (size_t i = 0; i < n; i++)
		if (may(&r->session.rights, PERM_case_work, entity[i]))
			return true;
	return false;
}

/* Reads the selection and tells for each case what would happen. */
static json *preview(struct req *r, struct selected *s, bool *good)
{
	json *list = json_array(r->a);
	str refs[SELECTED_MAX];
	size_t n = req_field_all(r, "reference", refs, SELECTED_MAX);
	*good = n > 0;
	for (size_t i = 0; i < n; i++) {
		struct kase q;
		struct task t = {0};
		if (!case_by_reference(r->db, r->a, refs[i], &q) || !visible(r, &q)) {
			*good = false;
			continue;
		}
		bool has = !q.closed && desk_task_of(r, &q, &t);
		const char *why = hindrance(r, s, &q, has, &t);
		json *o = json_push(list, json_object(r->a)), *who = desk_person(r, q.applicant),
		     *holder = desk_person(r, t.holder);
		json_set_str(r->a, o, "reference", q.reference);
		json_set(r->a, o, "applicant", who ? who : json_string(r->a, (str){0}));
		view_case_state(r, o, &q);
		json_set(r->a, o, "holder", holder ? holder : json_string(r->a, (str){0}));
		json_set_bool(r->a, o, "ok", !why);
		json_set_str(
		    r->a, o, "text",
		    req_text(r, why ? why
		                    : str_c(r->a, str_fmt(r->a, "desk.bulk.will_%s", actions[s->action]))));
		*good = *good && !why;
		s->task[s->n] = t.id;
		s->reference[s->n++] = q.reference;
	}
	return list;
}

static bool read_action(struct req *r, struct selected *s)
{
	str to = req_field(r, "to");
	for (int i = 0; i < BULK_COUNT; i++)
		if (str_eq(req_field(r, "do"), str_of(actions[i]))) {
			s->action = (enum bulk)i;
			return i != BULK_ASSIGN || !to.n || str_i64(to, &s->to);
		}
	return false;
}

static json *colleagues(struct req *r)
{
	str *entity;
	bool all;
	size_t n = may_where(&r->session.rights, PERM_case_work, r->a, &entity, &all);
	json *list = json_array(r->a);
	desk_choice(r, list, (str){0}, json_string(r->a, req_text(r, "desk.case.choose_colleague")));
	for (size_t i = 0; i < n; i++) {
		json *more = desk_colleagues(r, entity[i], r->session.person), *next;
		for (json *o = more->first; o; o = next) {
			next = o->next;
			o->next = NULL;
			json_set_bool(r->a, o, "selected", str_eq(json_str(o, "value"), req_field(r, "to")));
			json_push(list, o);
		}
	}
	return list;
}

static json *bulk_view(struct req *r, struct selected *s, bool *good)
{
	json *v = json_object(r->a);
	json_set(r->a, v, "cases", preview(r, s, good));
	bool to_missing = s->action == BULK_ASSIGN && !s->to;
	json_set_str(r->a, v, "do", str_of(actions[s->action]));
	json_set_bool(r->a, v, "assign", s->action == BULK_ASSIGN);
	json_set(r->a, v, "colleagues", colleagues(r));
	json_set_bool(r->a, v, "can_apply", *good);
	json_set_int(r->a, v, "count", (int64_t)s->n);
	json_set_str(r->a, v, "back", view_href(r, "/desk"));
	*good = *good && !to_missing;
	return v;
}

err page_desk_bulk(struct req *r)
{
	struct selected *s = NEW(r->a, struct selected);
	bool good;
	if (!read_action(r, s))
		return req_fail(r, ERR_bad_input, "do", "claim, release or assign");
	return req_view(r, "desk/selected", bulk_view(r, s, &good));
}

err prepare_desk_bulk(struct req *r)
{
	struct selected *s = NEW(r->a, struct selected);
	bool good;
	r->state = s;
	if (!read_action(r, s))
		return req_fail(r, ERR_bad_input, "do", "claim, release or assign");
	json *v = bulk_view(r, s, &good);
	if (good)
		return OK;
	if (s->action == BULK_ASSIGN && !s->to)
		desk_error(r, v, "to", req_text(r, "desk.case.choose_colleague"));
	else
		desk_error(r, v, "cases", req_text(r, "desk.bulk.not_all"));
	return req_again(r, "desk/selected", v);
}

/* One refusal undoes all: the transaction is the unit. */
err decide_desk_bulk(struct tx *tx, struct req *r)
{
	const struct selected *s = r->state;
	err e = OK;
	for (size_t i = 0; i < s->n && !e; i++) {
		struct task t;
		int64_t me = tx->actor.person;
		bool covered = task_get(tx->db, tx->a, s->task[i], &t) && t.holder && t.holder != me &&
		               desk_stands_in(tx->db, me, t.holder, tx->now);
		if (s->action == BULK_RELEASE)
			e = task_release(tx, s->task[i]);
		else if (s->action == BULK_CLAIM)
			e = covered ? task_assign(tx, s->task[i], me) : task_claim(tx, s->task[i]);
		else if (t.holder && t.holder != me && !covered)
			e = task_claim(tx, s->task[i]); /* says who has it */
		else
			e = task_assign(tx, s->task[i], s->to);
	}
	return e;
}

err answer_desk_bulk(struct req *r)
{
	req_flash(r, "desk.bulk.done");
	return req_redirect(r, "/desk");
}
