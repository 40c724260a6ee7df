/* fold.c - events of cases into tables; see migrations/ for what each table is. */
#include "kernel/cases/fold.h"

#include "kernel/cases/cases_in.h"
#include "kernel/cases/statements.h"
#include "kernel/search/search.h"

static str member(arena *a, const json *object, const char *name)
{
	const json *v = json_get(object, name);
	return v ? json_print(a, v) : (str){0};
}

static void touch(dbc *c, const struct event *e)
{
	db_exec(c, &sql_case_touch, D_INT(e->subject), D_INT(e->case_id), D_INT(e->at));
}

/* The case's rows on the desks, and the counts of lists, go with its state. */
static void desk_state(dbc *c, arena *a, int64_t id, str state, instant due)
{
	struct {
		str entity, service, state;
	} at[DESKS_MAX];
	size_t n = 0;
	rows *r = db_query(c, &sql_case_desk_of, D_INT(id));
	while (n < DESKS_MAX && db_next(r)) {
		at[n].entity = str_dup(a, db_text(r, 0));
		at[n].service = str_dup(a, db_text(r, 1));
		at[n].state = str_dup(a, db_text(r, 2));
		n++;
	}
	db_done(r);
	for (size_t i = 0; i < n; i++) {
		if (str_eq(at[i].state, state))
			continue;
		db_exec(c, &sql_case_count_add, D_TEXT(at[i].entity), D_TEXT(at[i].service),
		        D_TEXT(at[i].state), D_INT(-1));
		db_exec(c, &sql_case_count_add, D_TEXT(at[i].entity), D_TEXT(at[i].service), D_TEXT(state),
		        D_INT(1));
	}
	db_exec(c, &sql_case_desk_update, D_INT(id), D_TEXT(state), D_INT(due ? due : CASE_NO_DUE));
}

/* The entity's desk shows the case from now on, and finds it by its words. */
static void desk_add(dbc *c, arena *a, int64_t id, str entity)
{
	struct kase q;
	struct body b;
	if (!case_get(c, a, id, &q) || !db_exec(c, &sql_case_desk_insert, D_INT(id), D_TEXT(entity)))
		return;
	db_exec(c, &sql_case_count_add, D_TEXT(entity), D_TEXT(q.service), D_TEXT(q.state), D_INT(1));
	body_get(c, a, &q, &b);
	if (!b.person) /* erased */
		return;
	str *word, names = str_fmt(a, "%.*s %.*s", STRF(json_text(json_path(b.person, "name.en"))),
	                           STRF(json_text(json_path(b.person, "name.ar"))));
	size_t n = search_tokens(a, names, &word);
	for (size_t i = 0; i < n; i++)
		db_exec(c, &sql_word_insert, D_TEXT(entity), D_BLOB(word[i]), D_INT(id));
}

static void holders(dbc *c, const struct event *e)
{
	db_exec(c, &sql_case_holder, D_INT(e->subject), D_INT(e->case_id));
	db_exec(c, &sql_case_desk_holder, D_INT(e->case_id));
}

static void state_of(dbc *c, arena *a, const struct event *e)
{
	struct kase q;
	str state = json_str(e->data, "state");
	if (!state.n || !case_get(c, a, e->case_id, &q))
		return;
	db_exec(c, &sql_case_state_set, D_INT(e->subject), D_INT(e->case_id), D_TEXT(state));
	desk_state(c, a, e->case_id, state, q.due);
}

/* ---- drafts ---- */

void fold_case_drafted(dbc *c, arena *a, const struct event *e)
{
	db_exec(c, &sql_case_insert, D_INT(e->case_id), D_INT(e->subject),
	        D_INT(json_int(e->data, "agent", 0)), D_TEXT(json_str(e->data, "service")),
	        D_INT(json_int(e->data, "version", 0)), D_TEXT(e->entity),
	        D_TEXT(json_str(e->data, "channel")), D_INT(e->at));
	db_exec(c, &sql_case_body_insert, D_INT(e->subject), D_INT(e->case_id),
	        D_TEXT(member(a, e->secret, "answers")), D_TEXT(member(a, e->secret, "raw")));
}

void fold_case_saved(dbc *c, arena *a, const struct event *e)
{
	db_exec(c, &sql_case_body_answers, D_INT(e->subject), D_INT(e->case_id),
	        D_TEXT(member(a, e->secret, "answers")), D_TEXT(member(a, e->secret, "raw")));
	touch(c, e);
}

void fold_case_discarded(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	db_exec(c, &sql_case_delete, D_INT(e->subject), D_INT(e->case_id));
	db_exec(c, &sql_case_body_delete, D_INT(e->subject), D_INT(e->case_id));
}

/* ---- the process ---- */

static void submit(dbc *c, arena *a, const struct event *e, instant received)
{
	const json *d = e->data;
	db_exec(c, &sql_case_submit, D_INT(e->subject), D_INT(e->case_id),
	        D_TEXT(json_str(d, "reference")), D_INT(received), D_INT(json_int(d, "due", 0)),
	        D_INT(json_int(d, "fee", 0)), D_TEXT(json_str(d, "currency")),
	        D_TEXT(member(a, d, "rule")), D_INT(json_int(d, "version", 0)),
	        D_TEXT(json_str(d, "channel")));
	db_exec(c, &sql_case_number_set, D_TEXT(json_str(d, "prefix")), D_INT(json_int(d, "year", 0)),
	        D_INT(json_int(d, "number", 0)));
	db_exec(c, &sql_case_body_submitted, D_INT(e->subject), D_INT(e->case_id),
	        D_TEXT(member(a, e->secret, "applicant")), D_TEXT(member(a, e->secret, "answers")),
	        D_TEXT(member(a, e->secret, "trace")));
	desk_add(c, a, e->case_id, e->entity);
	touch(c, e);
}

void fold_case_submitted(dbc *c, arena *a, const struct event *e)
{
	submit(c, a, e, e->at);
}

void fold_case_advanced(dbc *c, arena *a, const struct event *e)
{
	const json *d = e->data;
	bool closed = json_truth(d, "closed");
	instant due = json_int(d, "due", 0);
	db_exec(c, &sql_case_advance, D_INT(e->subject), D_INT(e->case_id),
	        D_TEXT(json_str(d, "state")), D_TEXT(json_str(d, "outcome")), D_INT(due),
	        D_INT(json_int(d, "paused", 0)), D_INT(closed ? e->at : 0));
	db_exec(c, &sql_case_body_process, D_INT(e->subject), D_INT(e->case_id),
	        D_TEXT(member(a, e->secret, "process")));
	/* Time that stands still is not late, however long it stands. */
	bool still = str_eq(json_str(d, "state"), STR("suspended"));
	desk_state(c, a, e->case_id, json_str(d, "state"), still ? 0 : due);
	if (closed) {
		db_exec(c, &sql_wait_delete_all, D_INT(e->case_id));
		db_exec(c, &sql_incident_delete_all, D_INT(e->case_id));
	}
	touch(c, e);
}

void fold_case_migrated(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	db_exec(c, &sql_case_version, D_INT(e->subject), D_INT(e->case_id),
	        D_INT(json_int(e->data, "version", 0)));
	touch(c, e);
}

/* ---- beside the process ---- */

static void reason_of(dbc *c, const struct event *e)
{
	db_exec(c, &sql_case_body_reason, D_INT(e->subject), D_INT(e->case_id),
	        D_TEXT(json_str(e->secret, "reason")));
	touch(c, e);
}

/* A state that no step of the process gave. */
static void put_state(dbc *c, arena *a, const struct event *e, str state, str outcome,
                      instant closed)
{
	db_exec(c, &sql_case_decided, D_INT(e->subject), D_INT(e->case_id), D_TEXT(state),
	        D_TEXT(outcome), D_INT(closed), D_INT(json_int(e->data, "due", 0)));
	desk_state(c, a, e->case_id, state, json_int(e->data, "due", 0));
}

void fold_case_suspended(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	db_exec(c, &sql_case_suspend, D_INT(e->subject), D_INT(e->case_id), D_INT(e->at));
	reason_of(c, e);
}

void fold_case_resumed(dbc *c, arena *a, const struct event *e)
{
	struct kase q;
	if (case_get(c, a, e->case_id, &q) && q.suspended)
		db_exec(c, &sql_task_later, D_INT(e->case_id), D_INT(e->at - q.suspended));
	db_exec(c, &sql_case_suspend, D_INT(e->subject), D_INT(e->case_id), D_INT(0));
	db_exec(c, &sql_case_body_reason, D_INT(e->subject), D_INT(e->case_id), D_TEXT(STR("")));
	touch(c, e);
}

void fold_case_reopened(dbc *c, arena *a, const struct event *e)
{
	put_state(c, a, e, STR("submitted"), STR(""), 0);
	reason_of(c, e);
}

void fold_case_split(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	touch(c, e);
}

void fold_case_split_off(dbc *c, arena *a, const struct event *e)
{
	const json *d = e->data;
	db_exec(c, &sql_case_insert, D_INT(e->case_id), D_INT(e->subject),
	        D_INT(json_int(d, "agent", 0)), D_TEXT(json_str(d, "service")),
	        D_INT(json_int(d, "version", 0)), D_TEXT(e->entity), D_TEXT(json_str(d, "channel")),
	        D_INT(e->at));
	db_exec(c, &sql_case_body_insert, D_INT(e->subject), D_INT(e->case_id), D_TEXT(STR("")),
	        D_TEXT(STR("")));
	submit(c, a, e, json_int(d, "submitted", e->at));
	db_exec(c, &sql_case_split_from, D_INT(e->subject), D_INT(e->case_id),
	        D_INT(json_int(d, "from", 0)));
	db_exec(c, &sql_case_body_process, D_INT(e->subject), D_INT(e->case_id),
	        D_TEXT(member(a, e->secret, "process")));
	reason_of(c, e);
}

void fold_case_joined(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	db_exec(c, &sql_case_join, D_INT(e->subject), D_INT(e->case_id),
	        D_INT(json_int(e->data, "lead", 0)));
	touch(c, e);
}

void fold_case_separated(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	db_exec(c, &sql_case_join, D_INT(e->subject), D_INT(e->case_id), D_INT(0));
	touch(c, e);
}

void fold_case_appealed(dbc *c, arena *a, const struct event *e)
{
	instant due = json_int(e->data, "due", 0);
	db_exec(c, &sql_case_appeal, D_INT(e->subject), D_INT(e->case_id), D_INT(e->at), D_INT(due));
	desk_state(c, a, e->case_id, STR("appealed"), due);
	touch(c, e);
}

void fold_case_appeal_dropped(dbc *c, arena *a, const struct event *e)
{
	put_state(c, a, e, STR("rejected"), STR("rejected"), e->at);
	touch(c, e);
}

void fold_case_appeal_decided(dbc *c, arena *a, const struct event *e)
{
	if (str_eq(json_str(e->data, "outcome"), STR("allow")))
		put_state(c, a, e, STR("submitted"), STR(""), 0);
	else
		put_state(c, a, e, STR("rejected"), STR("rejected"), e->at);
	reason_of(c, e);
}

/* ---- tasks ---- */

void fold_task_opened(dbc *c, arena *a, const struct event *e)
{
	const json *d = e->data;
	db_exec(c, &sql_task_insert, D_TEXT(e->entity), D_INT(json_int(d, "task", 0)),
	        D_INT(e->case_id), D_INT(json_int(d, "instance", 0)), D_TEXT(json_str(d, "element")),
	        D_TEXT(json_str(d, "role")), D_TEXT(member(a, d, "name")),
	        D_TEXT(json_str(d, "outcomes")), D_TEXT(json_str(d, "form")),
	        D_TEXT(json_str(d, "four_eyes")), D_INT(e->at), D_INT(json_int(d, "due", 0)));
	desk_add(c, a, e->case_id, e->entity);
	touch(c, e);
}

void fold_task_closed(dbc *c, arena *a, const struct event *e)
{
	db_exec(c, &sql_task_close, D_INT(json_int(e->data, "task", 0)), D_INT(e->at), D_INT(e->actor),
	        D_TEXT(json_str(e->data, "outcome")), D_TEXT(member(a, e->secret, "answers")));
	holders(c, e);
	touch(c, e);
}

static void hold(dbc *c, arena *a, const struct event *e, int64_t holder)
{
	db_exec(c, &sql_task_hold, D_INT(json_int(e->data, "task", 0)), D_INT(holder),
	        D_INT(holder ? e->at : 0));
	holders(c, e);
	state_of(c, a, e);
	touch(c, e);
}

void fold_task_claimed(dbc *c, arena *a, const struct event *e)
{
	hold(c, a, e, e->actor);
}

void fold_task_released(dbc *c, arena *a, const struct event *e)
{
	hold(c, a, e, 0);
}

void fold_task_assigned(dbc *c, arena *a, const struct event *e)
{
	hold(c, a, e, json_int(e->data, "to", 0));
}

void fold_task_overdue(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	touch(c, e);
}

/* ---- work, messages, incidents ---- */

void fold_work_requested(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	const json *d = e->data;
	db_exec(c, &sql_work_insert, D_INT(e->case_id), D_INT(json_int(d, "instance", 0)),
	        D_TEXT(json_str(d, "type")), D_TEXT(json_str(d, "element")), D_INT(e->at));
	touch(c, e);
}

static void work_over(dbc *c, const struct event *e)
{
	db_exec(c, &sql_work_delete, D_INT(e->case_id), D_INT(json_int(e->data, "instance", 0)));
	touch(c, e);
}

void fold_work_done(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	work_over(c, e);
}

void fold_work_cancelled(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	work_over(c, e);
}

void fold_case_waiting(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	const json *d = e->data;
	db_exec(c, &sql_wait_insert, D_INT(e->case_id), D_INT(json_int(d, "instance", 0)),
	        D_TEXT(json_str(d, "kind")), D_TEXT(json_str(d, "name")), D_TEXT(json_str(d, "key")));
	touch(c, e);
}

void fold_case_reached(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	db_exec(c, &sql_wait_delete, D_INT(e->case_id), D_INT(json_int(e->data, "instance", 0)));
	touch(c, e);
}

void fold_case_thrown(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	touch(c, e);
}

void fold_case_incident(dbc *c, arena *a, const struct event *e)
{
	const json *d = e->data;
	db_exec(c, &sql_incident_set, D_INT(e->case_id), D_INT(json_int(d, "instance", 0)),
	        D_TEXT(json_str(d, "rule")), D_TEXT(member(a, e->secret, "cause")),
	        D_TEXT(json_str(e->secret, "what")), D_INT(e->at));
	touch(c, e);
}

void fold_case_resolved(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	db_exec(c, &sql_incident_delete, D_INT(e->case_id), D_INT(json_int(e->data, "instance", 0)));
	touch(c, e);
}

/* ---- what people said ---- */

void fold_case_returned(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	reason_of(c, e);
}

void fold_case_rejected(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	reason_of(c, e);
}

void fold_case_approved(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	touch(c, e);
}

void fold_case_answered(dbc *c, arena *a, const struct event *e)
{
	db_exec(c, &sql_case_body_answers, D_INT(e->subject), D_INT(e->case_id),
	        D_TEXT(member(a, e->secret, "answers")), D_TEXT(STR("")));
	touch(c, e);
}

void fold_case_withdrawn(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	reason_of(c, e);
}

void fold_case_rated(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	db_exec(c, &sql_case_rating, D_INT(e->subject), D_INT(e->case_id),
	        D_INT(json_int(e->data, "rating", 0)));
	db_exec(c, &sql_case_body_words, D_INT(e->subject), D_INT(e->case_id),
	        D_TEXT(json_str(e->secret, "words")));
	touch(c, e);
}

/* Notes are read from the journal; they do not change the case. */
void fold_case_noted(dbc *c, arena *a, const struct event *e)
{
	(void)c;
	(void)a;
	(void)e;
}

void fold_case_read(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	db_exec(c, &sql_reader_set, D_INT(e->case_id), D_INT(e->actor), D_INT(e->at));
}

/* ---- erasure ---- */

static size_t ids_of(dbc *c, struct sql *q, int64_t person, int64_t *out, size_t max)
{
	size_t n = 0;
	rows *r = db_query(c, q, D_INT(person));
	while (n < max && db_next(r))
		out[n++] = db_int(r, 0);
	db_done(r);
	return n;
}

/* A case without its person cannot go on: it ends as withdrawn. */
static void end_open(dbc *c, arena *a, const struct event *e, int64_t id)
{
	db_exec(c, &sql_case_advance, D_INT(e->subject), D_INT(id), D_TEXT(STR("withdrawn")),
	        D_TEXT(STR("withdrawn")), D_INT(0), D_INT(0), D_INT(e->at));
	db_exec(c, &sql_task_close_all, D_INT(id), D_INT(e->at));
	db_exec(c, &sql_work_delete_all, D_INT(id));
	db_exec(c, &sql_wait_delete_all, D_INT(id));
	db_exec(c, &sql_incident_delete_all, D_INT(id));
	db_exec(c, &sql_case_holder, D_INT(e->subject), D_INT(id));
	db_exec(c, &sql_case_desk_holder, D_INT(id));
	desk_state(c, a, id, STR("withdrawn"), 0);
}

void fold_case_person_erased(dbc *c, arena *a, const struct event *e)
{
	int64_t *id = NEWN(a, int64_t, CASES_OF_PERSON_MAX);
	size_t n = ids_of(c, &sql_case_draft_ids, e->subject, id, CASES_OF_PERSON_MAX);
	for (size_t i = 0; i < n; i++) {
		db_exec(c, &sql_case_delete, D_INT(e->subject), D_INT(id[i]));
		db_exec(c, &sql_case_body_delete, D_INT(e->subject), D_INT(id[i]));
	}
	n = ids_of(c, &sql_case_open_ids, e->subject, id, CASES_OF_PERSON_MAX);
	for (size_t i = 0; i < n; i++)
		end_open(c, a, e, id[i]);
	n = ids_of(c, &sql_case_all_ids, e->subject, id, CASES_OF_PERSON_MAX);
	for (size_t i = 0; i < n; i++) {
		db_exec(c, &sql_word_delete, D_INT(id[i]));
		db_exec(c, &sql_task_erase, D_INT(id[i]));
	}
	db_exec(c, &sql_case_body_erase, D_INT(e->subject));
}
