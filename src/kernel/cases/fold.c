/* fold.c - events of cases into tables; see migrations/ for what each table is. */
#include "kernel/cases/fold.h"

#include "kernel/cases/cases_in.h"
#include "kernel/cases/statements.h"
#include "kernel/search/search.h"

#include <stdlib.h>

static str member(arena *a, const json *object, const char *name)
{
	const json *v = json_get(object, name);
	return v ? json_print(a, v) : (str){0};
}

static struct held_row *file_of(dbc *c, arena *a, const struct event *e)
{
	return held_get(c, a, &case_file, e->case_id, 0);
}

static void body_set(dbc *c, arena *a, const struct event *e, int column, str text)
{
	struct held_row *b = held_get(c, a, &case_body, e->case_id, e->subject);
	if (b)
		held_set(c, b, column, D_TEXT(text));
}

static void touch(dbc *c, arena *a, const struct event *e)
{
	struct held_row *f = file_of(c, a, e);
	if (!f)
		return;
	held_set(c, f, FILE_revision, D_INT(f->v[FILE_revision].i + 1));
	held_set(c, f, FILE_changed, D_INT(e->at));
}

static void count(dbc *c, str entity, str service, str state, int64_t n)
{
	held_add(c, &case_sums, (const struct dbv[]){D_TEXT(entity), D_TEXT(service), D_TEXT(state)},
	         &n);
}

/* The case's rows on the desks, and the counts of lists, go with its state. */
static void desk_state(dbc *c, arena *a, int64_t id, str state, instant due)
{
	for (struct held_row *d = held_get(c, a, &case_desk, id, 0); d; d = d->next) {
		str entity = d->v[DESK_entity].s, service = d->v[DESK_service].s;
		if (!str_eq(d->v[DESK_state].s, state)) {
			count(c, entity, service, d->v[DESK_state].s, -1);
			count(c, entity, service, state, 1);
		}
		held_set(c, d, DESK_state, D_TEXT(state));
		held_set(c, d, DESK_due, D_INT(due ? due : CASE_NO_DUE));
	}
}

#define NAME_WORDS_MAX 256 /* of a person's names */

static int by_bytes(const void *x, const void *y)
{
	return str_cmp(*(const str *)x, *(const str *)y);
}

str person_words(arena *a, const json *person)
{
	str *word, names = str_fmt(a, "%.*s %.*s", STRF(json_text(json_path(person, "name.en"))),
	                           STRF(json_text(json_path(person, "name.ar"))));
	size_t n = search_tokens(a, names, &word);
	n = n < NAME_WORDS_MAX ? n : NAME_WORDS_MAX;
	qsort(word, n, sizeof *word, by_bytes);
	buf all = buf_make(a, names.n * 2 + n + 1);
	for (size_t i = 0; i < n; i++) {
		if (i && str_eq(word[i - 1], word[i]))
			continue;
		if (i)
			buf_putc(&all, ' ');
		buf_put(&all, word[i]);
	}
	return buf_str(&all);
}

/* Of the case's person, as the names stood when it was sent. */
static str names_of(dbc *c, arena *a, int64_t id, int64_t applicant, const struct event *e)
{
	struct held_row *b = held_get(c, a, &case_body, id, applicant);
	if (!b || b->v[BODY_names].s.n || !b->v[BODY_person].s.n) /* known, or erased */
		return b ? b->v[BODY_names].s : (str){0};
	const struct submitted_ahead *ready = e && e->ahead ? e->ahead->derived : NULL;
	const json *person = e ? json_get(e->secret, "applicant") : NULL;
	if (!ready && !person)
		person = json_parse(a, b->v[BODY_person].s, NULL);
	held_set(c, b, BODY_names, D_BLOB(ready ? ready->names : person_words(a, person)));
	return b->v[BODY_names].s;
}

/* The entity finds the case by these words. One statement for several at once would take
 * SQLite longer. */
static void words_add(dbc *c, int64_t id, str entity, str names)
{
	str word;
	while (str_cut(&names, ' ', &word))
		db_exec(c, &sql_word_insert, D_TEXT(entity), D_BLOB(word), D_INT(id));
}

static void words_remove(dbc *c, arena *a, int64_t id, int64_t applicant)
{
	str word, rest, names = str_dup(a, names_of(c, a, id, applicant, NULL));
	for (const struct held_row *d = held_get(c, a, &case_desk, id, 0); d; d = d->next) {
		rest = names;
		while (str_cut(&rest, ' ', &word))
			db_exec(c, &sql_word_delete, d->v[DESK_entity], D_BLOB(word), D_INT(id));
	}
}

/* The entity's desk shows the case from now on, and finds it by its words. */
static void desk_add(dbc *c, arena *a, const struct event *e)
{
	const struct held_row *f = file_of(c, a, e);
	if (!f)
		return;
	for (const struct held_row *d = held_get(c, a, &case_desk, e->case_id, 0); d; d = d->next)
		if (str_eq(d->v[DESK_entity].s, e->entity))
			return;
	str names = names_of(c, a, e->case_id, f->v[FILE_applicant].i, e);
	words_add(c, e->case_id, e->entity, names);
	instant due = f->v[FILE_due].i;
	held_insert(c, &case_desk,
	            (const struct dbv[]){
	                [DESK_case_id] = D_INT(e->case_id),
	                [DESK_entity] = D_TEXT(e->entity),
	                [DESK_applicant] = f->v[FILE_applicant],
	                [DESK_service] = f->v[FILE_service],
	                [DESK_state] = f->v[FILE_state],
	                [DESK_holder] = D_INT(0),
	                [DESK_due] = D_INT(due ? due : CASE_NO_DUE),
	                [DESK_submitted] = f->v[FILE_submitted],
	            });
	count(c, e->entity, f->v[FILE_service].s, f->v[FILE_state].s, 1);
}

static void holders(dbc *c, const struct event *e)
{
	db_exec(c, &sql_case_holder, D_INT(e->subject), D_INT(e->case_id));
	db_exec(c, &sql_case_desk_holder, D_INT(e->case_id));
}

static void state_of(dbc *c, arena *a, const struct event *e)
{
	str state = json_str(e->data, "state");
	struct held_row *f = file_of(c, a, e);
	if (!state.n || !f)
		return;
	held_set(c, f, FILE_state, D_TEXT(state));
	desk_state(c, a, e->case_id, state, f->v[FILE_due].i);
}

/* ---- drafts ---- */

static void file_insert(dbc *c, const struct event *e)
{
	held_insert(c, &case_file,
	            (const struct dbv[FILE_COLUMNS]){
	                [FILE_id] = D_INT(e->case_id),
	                [FILE_reference] = D_NULL,
	                [FILE_service] = D_TEXT(json_str(e->data, "service")),
	                [FILE_version] = D_INT(json_int(e->data, "version", 0)),
	                [FILE_entity] = D_TEXT(e->entity),
	                [FILE_applicant] = D_INT(e->subject),
	                [FILE_agent] = D_INT(json_int(e->data, "agent", 0)),
	                [FILE_state] = D_TEXT(STR("draft")),
	                [FILE_outcome] = D_TEXT(STR("")),
	                [FILE_channel] = D_TEXT(json_str(e->data, "channel")),
	                [FILE_opened] = D_INT(e->at),
	                [FILE_submitted] = D_INT(0),
	                [FILE_changed] = D_INT(e->at),
	                [FILE_closed] = D_INT(0),
	                [FILE_due] = D_INT(0),
	                [FILE_holder] = D_INT(0),
	                [FILE_revision] = D_INT(1),
	                [FILE_fee] = D_INT(0),
	                [FILE_fee_rule] = D_TEXT(STR("")),
	                [FILE_paused] = D_INT(0),
	                [FILE_currency] = D_TEXT(STR("")),
	                [FILE_rating] = D_INT(0),
	                [FILE_suspended] = D_INT(0),
	                [FILE_joined] = D_INT(0),
	                [FILE_split_from] = D_INT(0),
	                [FILE_appealed] = D_INT(0),
	                [FILE_appeals] = D_INT(0),
	            });
}

static void body_insert(dbc *c, const struct event *e, str answers, str raw)
{
	struct dbv body[BODY_COLUMNS];
	for (int i = 0; i < BODY_COLUMNS; i++)
		body[i] = D_TEXT(STR(""));
	body[BODY_case_id] = D_INT(e->case_id);
	body[BODY_applicant] = D_INT(e->subject);
	body[BODY_answers] = D_TEXT(answers);
	body[BODY_raw] = D_TEXT(raw);
	body[BODY_names] = D_BLOB(STR(""));
	held_insert(c, &case_body, body);
}

void fold_case_drafted(dbc *c, arena *a, const struct event *e)
{
	file_insert(c, e);
	body_insert(c, e, event_secret_text(a, e, "answers"), event_secret_text(a, e, "raw"));
}

void fold_case_saved(dbc *c, arena *a, const struct event *e)
{
	body_set(c, a, e, BODY_answers, event_secret_text(a, e, "answers"));
	body_set(c, a, e, BODY_raw, event_secret_text(a, e, "raw"));
	touch(c, a, e);
}

void fold_case_discarded(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	db_exec(c, &sql_case_delete, D_INT(e->subject), D_INT(e->case_id));
	db_exec(c, &sql_case_body_delete, D_INT(e->subject), D_INT(e->case_id));
}

/* ---- the process ---- */

static void file_submit(dbc *c, arena *a, struct held_row *f, const struct event *e,
                        instant received)
{
	const json *d = e->data;
	held_set(c, f, FILE_reference, D_TEXT(json_str(d, "reference")));
	held_set(c, f, FILE_state, D_TEXT(STR("submitted")));
	held_set(c, f, FILE_submitted, D_INT(received));
	held_set(c, f, FILE_due, D_INT(json_int(d, "due", 0)));
	held_set(c, f, FILE_fee, D_INT(json_int(d, "fee", 0)));
	held_set(c, f, FILE_currency, D_TEXT(json_str(d, "currency")));
	held_set(c, f, FILE_fee_rule, D_TEXT(member(a, d, "rule")));
	held_set(c, f, FILE_version, D_INT(json_int(d, "version", 0)));
	held_set(c, f, FILE_channel, D_TEXT(json_str(d, "channel")));
}

static void number_taken(dbc *c, const json *d)
{
	const struct dbv keys[] = {D_TEXT(json_str(d, "prefix")), D_INT(json_int(d, "year", 0))};
	int64_t more = json_int(d, "number", 0) - held_sum(c, &case_numbers, keys);
	held_add(c, &case_numbers, keys, &more);
}

static void submit(dbc *c, arena *a, const struct event *e, instant received)
{
	const json *d = e->data;
	struct held_row *f = file_of(c, a, e);
	if (f)
		file_submit(c, a, f, e, received);
	number_taken(c, d);
	body_set(c, a, e, BODY_person, event_secret_text(a, e, "applicant"));
	body_set(c, a, e, BODY_answers, event_secret_text(a, e, "answers"));
	body_set(c, a, e, BODY_raw, STR(""));
	body_set(c, a, e, BODY_trace, event_secret_text(a, e, "trace"));
	desk_add(c, a, e);
	touch(c, a, e);
}

/* Where it stands from now on. */
static void file_advance(dbc *c, arena *a, const struct event *e, int64_t id, const json *d)
{
	struct held_row *f = held_get(c, a, &case_file, id, 0);
	if (!f)
		return;
	held_set(c, f, FILE_state, D_TEXT(json_str(d, "state")));
	held_set(c, f, FILE_outcome, D_TEXT(json_str(d, "outcome")));
	held_set(c, f, FILE_due, D_INT(json_int(d, "due", 0)));
	held_set(c, f, FILE_paused, D_INT(json_int(d, "paused", 0)));
	held_set(c, f, FILE_closed, D_INT(json_truth(d, "closed") ? e->at : 0));
}

void fold_case_submitted(dbc *c, arena *a, const struct event *e)
{
	submit(c, a, e, e->at);
}

void fold_case_advanced(dbc *c, arena *a, const struct event *e)
{
	const json *d = e->data;
	file_advance(c, a, e, e->case_id, d);
	body_set(c, a, e, BODY_process, event_secret_text(a, e, "process"));
	/* Time that stands still is not late, however long it stands. */
	bool still = str_eq(json_str(d, "state"), STR("suspended"));
	desk_state(c, a, e->case_id, json_str(d, "state"), still ? 0 : json_int(d, "due", 0));
	if (json_truth(d, "closed")) {
		db_exec(c, &sql_wait_delete_all, D_INT(e->case_id));
		db_exec(c, &sql_incident_delete_all, D_INT(e->case_id));
	}
	touch(c, a, e);
}

void fold_case_migrated(dbc *c, arena *a, const struct event *e)
{
	struct held_row *f = file_of(c, a, e);
	if (f)
		held_set(c, f, FILE_version, D_INT(json_int(e->data, "version", 0)));
	touch(c, a, e);
}

/* ---- beside the process ---- */

static void reason_of(dbc *c, arena *a, const struct event *e)
{
	body_set(c, a, e, BODY_reason, json_str(e->secret, "reason"));
	touch(c, a, e);
}

static void file_set(dbc *c, arena *a, const struct event *e, int column, int64_t v)
{
	struct held_row *f = file_of(c, a, e);
	if (f)
		held_set(c, f, column, D_INT(v));
}

/* A state that no step of the process gave. */
static void put_state(dbc *c, arena *a, const struct event *e, str state, str outcome,
                      instant closed)
{
	instant due = json_int(e->data, "due", 0);
	struct held_row *f = file_of(c, a, e);
	if (f) {
		held_set(c, f, FILE_state, D_TEXT(state));
		held_set(c, f, FILE_outcome, D_TEXT(outcome));
		held_set(c, f, FILE_closed, D_INT(closed));
		held_set(c, f, FILE_due, due ? D_INT(due) : f->v[FILE_due]);
	}
	desk_state(c, a, e->case_id, state, due);
}

void fold_case_suspended(dbc *c, arena *a, const struct event *e)
{
	file_set(c, a, e, FILE_suspended, e->at);
	reason_of(c, a, e);
}

void fold_case_resumed(dbc *c, arena *a, const struct event *e)
{
	const struct held_row *f = file_of(c, a, e);
	if (f && f->v[FILE_suspended].i)
		db_exec(c, &sql_task_later, D_INT(e->case_id), D_INT(e->at - f->v[FILE_suspended].i));
	file_set(c, a, e, FILE_suspended, 0);
	body_set(c, a, e, BODY_reason, STR(""));
	touch(c, a, e);
}

void fold_case_reopened(dbc *c, arena *a, const struct event *e)
{
	put_state(c, a, e, STR("submitted"), STR(""), 0);
	reason_of(c, a, e);
}

void fold_case_split(dbc *c, arena *a, const struct event *e)
{
	touch(c, a, e);
}

void fold_case_split_off(dbc *c, arena *a, const struct event *e)
{
	file_insert(c, e);
	body_insert(c, e, STR(""), STR(""));
	submit(c, a, e, json_int(e->data, "submitted", e->at));
	file_set(c, a, e, FILE_split_from, json_int(e->data, "from", 0));
	body_set(c, a, e, BODY_process, event_secret_text(a, e, "process"));
	reason_of(c, a, e);
}

void fold_case_joined(dbc *c, arena *a, const struct event *e)
{
	file_set(c, a, e, FILE_joined, json_int(e->data, "lead", 0));
	touch(c, a, e);
}

void fold_case_separated(dbc *c, arena *a, const struct event *e)
{
	file_set(c, a, e, FILE_joined, 0);
	touch(c, a, e);
}

void fold_case_appealed(dbc *c, arena *a, const struct event *e)
{
	instant due = json_int(e->data, "due", 0);
	struct held_row *f = file_of(c, a, e);
	if (f) {
		held_set(c, f, FILE_appealed, D_INT(e->at));
		held_set(c, f, FILE_appeals, D_INT(f->v[FILE_appeals].i + 1));
		held_set(c, f, FILE_state, D_TEXT(STR("appealed")));
		held_set(c, f, FILE_closed, D_INT(0));
		held_set(c, f, FILE_due, D_INT(due));
		held_set(c, f, FILE_paused, D_INT(0));
	}
	desk_state(c, a, e->case_id, STR("appealed"), due);
	touch(c, a, e);
}

void fold_case_appeal_dropped(dbc *c, arena *a, const struct event *e)
{
	put_state(c, a, e, STR("rejected"), STR("rejected"), e->at);
	touch(c, a, e);
}

void fold_case_appeal_decided(dbc *c, arena *a, const struct event *e)
{
	if (str_eq(json_str(e->data, "outcome"), STR("allow")))
		put_state(c, a, e, STR("submitted"), STR(""), 0);
	else
		put_state(c, a, e, STR("rejected"), STR("rejected"), e->at);
	reason_of(c, a, e);
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
	desk_add(c, a, e);
	touch(c, a, e);
}

void fold_task_closed(dbc *c, arena *a, const struct event *e)
{
	db_exec(c, &sql_task_close, D_INT(json_int(e->data, "task", 0)), D_INT(e->at), D_INT(e->actor),
	        D_TEXT(json_str(e->data, "outcome")), D_TEXT(event_secret_text(a, e, "answers")));
	holders(c, e);
	touch(c, a, e);
}

static void hold(dbc *c, arena *a, const struct event *e, int64_t holder)
{
	db_exec(c, &sql_task_hold, D_INT(json_int(e->data, "task", 0)), D_INT(holder),
	        D_INT(holder ? e->at : 0));
	holders(c, e);
	state_of(c, a, e);
	touch(c, a, e);
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
	touch(c, a, e);
}

/* ---- work, messages, incidents ---- */

void fold_work_requested(dbc *c, arena *a, const struct event *e)
{
	const json *d = e->data;
	db_exec(c, &sql_work_insert, D_INT(e->case_id), D_INT(json_int(d, "instance", 0)),
	        D_TEXT(json_str(d, "type")), D_TEXT(json_str(d, "element")), D_INT(e->at));
	touch(c, a, e);
}

static void work_over(dbc *c, arena *a, const struct event *e)
{
	db_exec(c, &sql_work_delete, D_INT(e->case_id), D_INT(json_int(e->data, "instance", 0)));
	touch(c, a, e);
}

void fold_work_done(dbc *c, arena *a, const struct event *e)
{
	work_over(c, a, e);
}

void fold_work_cancelled(dbc *c, arena *a, const struct event *e)
{
	work_over(c, a, e);
}

void fold_case_waiting(dbc *c, arena *a, const struct event *e)
{
	const json *d = e->data;
	db_exec(c, &sql_wait_insert, D_INT(e->case_id), D_INT(json_int(d, "instance", 0)),
	        D_TEXT(json_str(d, "kind")), D_TEXT(json_str(d, "name")), D_TEXT(json_str(d, "key")));
	touch(c, a, e);
}

void fold_case_reached(dbc *c, arena *a, const struct event *e)
{
	db_exec(c, &sql_wait_delete, D_INT(e->case_id), D_INT(json_int(e->data, "instance", 0)));
	touch(c, a, e);
}

void fold_case_thrown(dbc *c, arena *a, const struct event *e)
{
	touch(c, a, e);
}

void fold_case_incident(dbc *c, arena *a, const struct event *e)
{
	const json *d = e->data;
	db_exec(c, &sql_incident_set, D_INT(e->case_id), D_INT(json_int(d, "instance", 0)),
	        D_TEXT(json_str(d, "rule")), D_TEXT(event_secret_text(a, e, "cause")),
	        D_TEXT(json_str(e->secret, "what")), D_INT(e->at));
	touch(c, a, e);
}

void fold_case_resolved(dbc *c, arena *a, const struct event *e)
{
	db_exec(c, &sql_incident_delete, D_INT(e->case_id), D_INT(json_int(e->data, "instance", 0)));
	touch(c, a, e);
}

/* ---- what people said ---- */

void fold_case_returned(dbc *c, arena *a, const struct event *e)
{
	reason_of(c, a, e);
}

void fold_case_rejected(dbc *c, arena *a, const struct event *e)
{
	reason_of(c, a, e);
}

void fold_case_approved(dbc *c, arena *a, const struct event *e)
{
	reason_of(c, a, e);
}

void fold_case_answered(dbc *c, arena *a, const struct event *e)
{
	body_set(c, a, e, BODY_answers, event_secret_text(a, e, "answers"));
	body_set(c, a, e, BODY_raw, STR(""));
	body_set(c, a, e, BODY_reason, STR("")); /* what was asked has been answered */
	touch(c, a, e);
}

void fold_case_withdrawn(dbc *c, arena *a, const struct event *e)
{
	reason_of(c, a, e);
}

void fold_case_rated(dbc *c, arena *a, const struct event *e)
{
	struct held_row *f = file_of(c, a, e);
	if (f)
		held_set(c, f, FILE_rating, D_INT(json_int(e->data, "rating", 0)));
	body_set(c, a, e, BODY_words, json_str(e->secret, "words"));
	touch(c, a, e);
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
	json *d = json_object(a);
	json_set_str(a, d, "state", STR("withdrawn"));
	json_set_str(a, d, "outcome", STR("withdrawn"));
	json_set_bool(a, d, "closed", true);
	file_advance(c, a, e, id, d);
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
		words_remove(c, a, id[i], e->subject);
		db_exec(c, &sql_task_erase, D_INT(id[i]));
	}
	db_exec(c, &sql_case_body_erase, D_INT(e->subject), D_BLOB(STR("")));
}
