/* read.c - cases and tasks out of their tables. */
#include "kernel/cases/cases_in.h"
#include "kernel/cases/statements.h"

static json *parse(arena *a, str text)
{
	return text.n ? json_parse(a, str_dup(a, text), NULL) : NULL;
}

/* From the columns of case_file. */
static void read_case(const struct dbv *v, arena *a, str reason, struct kase *q)
{
	*q = (struct kase){
	    .id = v[FILE_id].i,
	    .reference = str_dup(a, v[FILE_reference].s),
	    .service = str_dup(a, v[FILE_service].s),
	    .version = v[FILE_version].i,
	    .entity = str_dup(a, v[FILE_entity].s),
	    .applicant = v[FILE_applicant].i,
	    .agent = v[FILE_agent].i,
	    .state = str_dup(a, v[FILE_state].s),
	    .outcome = str_dup(a, v[FILE_outcome].s),
	    .channel = str_dup(a, v[FILE_channel].s),
	    .opened = v[FILE_opened].i,
	    .submitted = v[FILE_submitted].i,
	    .changed = v[FILE_changed].i,
	    .closed = v[FILE_closed].i,
	    .due = v[FILE_due].i,
	    .holder = v[FILE_holder].i,
	    .revision = v[FILE_revision].i,
	    .fee = {v[FILE_fee].i},
	    .fee_rule = parse(a, v[FILE_fee_rule].s),
	    .paused = v[FILE_paused].i,
	    .currency = str_dup(a, v[FILE_currency].s),
	    .rating = v[FILE_rating].i,
	    .suspended = v[FILE_suspended].i,
	    .joined = v[FILE_joined].i,
	    .split_from = v[FILE_split_from].i,
	    .appealed = v[FILE_appealed].i,
	    .appeals = v[FILE_appeals].i,
	    .reason = str_dup(a, reason),
	};
}

/* A row of CASE_COLUMNS: those of case_file and the reason. */
static void row_case(rows *r, arena *a, struct kase *q)
{
	struct dbv v[FILE_COLUMNS + 1];
	db_row(r, v, FILE_COLUMNS + 1);
	read_case(v, a, v[FILE_COLUMNS].s, q);
}

static bool one_case(arena *a, rows *r, struct kase *out)
{
	bool found = db_next(r);
	if (found)
		row_case(r, a, out);
	db_done(r);
	return found;
}

bool case_get(dbc *c, arena *a, int64_t id, struct kase *out)
{
	if (!held_open(c))
		return one_case(a, db_query(c, &sql_case_get, D_INT(id)), out);
	struct held_row *f = held_get(c, a, &case_file, id, 0);
	struct held_row *b = f ? held_get(c, a, &case_body, id, f->v[FILE_applicant].i) : NULL;
	if (f)
		read_case(f->v, a, b ? b->v[BODY_reason].s : (str){0}, out);
	return f != NULL;
}

bool case_by_reference(dbc *c, arena *a, str reference, struct kase *out)
{
	return one_case(a, db_query(c, &sql_case_by_reference, D_TEXT(reference)), out);
}

size_t cases_of(dbc *c, arena *a, int64_t person, struct kase *out, size_t max)
{
	size_t n = 0;
	rows *r = db_query(c, &sql_case_of, D_INT(person), D_INT((int64_t)max));
	while (n < max && db_next(r))
		row_case(r, a, &out[n++]);
	db_done(r);
	return n;
}

bool case_open_of(dbc *c, arena *a, int64_t person, str service, struct kase *out)
{
	return one_case(a, db_query(c, &sql_case_open_of, D_INT(person), D_TEXT(service)), out);
}

bool body_get(dbc *c, arena *a, const struct kase *q, struct body *out)
{
	*out = (struct body){0};
	const struct held_row *b = held_get(c, a, &case_body, q->id, q->applicant);
	if (!b)
		return false;
	*out = (struct body){
	    .person = parse(a, b->v[BODY_person].s),
	    .answers = parse(a, b->v[BODY_answers].s),
	    .process = parse(a, b->v[BODY_process].s),
	};
	return true;
}

/* One part of it; NULL if absent. */
static json *body_part(dbc *c, arena *a, int64_t id, int column)
{
	const struct held_row *f = held_get(c, a, &case_file, id, 0);
	const struct held_row *b = f ? held_get(c, a, &case_body, id, f->v[FILE_applicant].i) : NULL;
	return b ? parse(a, b->v[column].s) : NULL;
}

static json *or_empty(arena *a, json *v)
{
	return v ? v : json_object(a);
}

json *case_applicant(dbc *c, arena *a, int64_t id)
{
	return or_empty(a, body_part(c, a, id, BODY_person));
}

json *case_answers(dbc *c, arena *a, int64_t id)
{
	return or_empty(a, body_part(c, a, id, BODY_answers));
}

void case_typed(dbc *c, arena *a, const struct kase *q, json **answers, json **raw)
{
	const struct held_row *b = held_get(c, a, &case_body, q->id, q->applicant);
	*answers = or_empty(a, b ? parse(a, b->v[BODY_answers].s) : NULL);
	*raw = or_empty(a, b ? parse(a, b->v[BODY_raw].s) : NULL);
}

json *case_waiting(dbc *c, arena *a, int64_t id)
{
	return bpmn_waiting(a, body_part(c, a, id, BODY_process));
}

json *case_trace(dbc *c, arena *a, int64_t id)
{
	return body_part(c, a, id, BODY_trace);
}

json *case_incidents(dbc *c, arena *a, int64_t id)
{
	json *list = json_array(a);
	rows *r = db_query(c, &sql_incident_list, D_INT(id));
	while (db_next(r)) {
		json *v = json_object(a);
		json_set_int(a, v, "instance", db_int(r, 0));
		json_set_str(a, v, "rule", str_dup(a, db_text(r, 1)));
		json_set_str(a, v, "what", str_dup(a, db_text(r, 2)));
		json_set_str(a, v, "at", time_print(a, db_int(r, 3)));
		json_push(list, v);
	}
	db_done(r);
	return list;
}

json *cases_parked(dbc *c, arena *a, size_t max)
{
	json *list = json_array(a);
	rows *r = db_query(c, &sql_incident_newest, D_INT((int64_t)max));
	while (db_next(r)) {
		json *v = json_push(list, json_object(a));
		json_set_int(a, v, "instance", db_int(r, 0));
		json_set_str(a, v, "rule", str_dup(a, db_text(r, 1)));
		json_set_str(a, v, "what", str_dup(a, db_text(r, 2)));
		json_set_str(a, v, "at", time_print(a, db_int(r, 3)));
		json_set_int(a, v, "case", db_int(r, 4));
		json_set_str(a, v, "reference", str_dup(a, db_text(r, 5)));
		json_set_str(a, v, "service", str_dup(a, db_text(r, 6)));
		json_set_str(a, v, "entity", str_dup(a, db_text(r, 7)));
	}
	db_done(r);
	return list;
}

/* ---- tasks ---- */

static void split(arena *a, str words, struct task *t)
{
	str word, rest = words;
	size_t n = 0;
	t->outcomes = NEWN(a, str, words.n / 2 + 1);
	while (rest.n && str_cut(&rest, ' ', &word))
		if (word.n)
			t->outcomes[n++] = word;
	t->n_outcomes = n;
}

static void read_task(rows *r, arena *a, struct task *t)
{
	*t = (struct task){
	    .id = db_int(r, 0),
	    .case_id = db_int(r, 1),
	    .instance = db_int(r, 2),
	    .element = str_dup(a, db_text(r, 3)),
	    .role = str_dup(a, db_text(r, 4)),
	    .entity = str_dup(a, db_text(r, 5)),
	    .name = parse(a, db_text(r, 6)),
	    .form = str_dup(a, db_text(r, 8)),
	    .holder = db_int(r, 9),
	    .opened = db_int(r, 10),
	    .due = db_int(r, 11),
	    .closed = db_int(r, 12),
	    .outcome = str_dup(a, db_text(r, 13)),
	    .taken = db_int(r, 14),
	    .closer = db_int(r, 15),
	    .four_eyes = str_dup(a, db_text(r, 16)),
	    .answers = parse(a, db_text(r, 17)),
	};
	split(a, str_dup(a, db_text(r, 7)), t);
}

static bool one_task(arena *a, rows *r, struct task *out)
{
	bool found = db_next(r);
	if (found)
		read_task(r, a, out);
	db_done(r);
	return found;
}

bool task_get(dbc *c, arena *a, int64_t id, struct task *out)
{
	return one_task(a, db_query(c, &sql_task_get, D_INT(id)), out);
}

bool task_of_instance(dbc *c, arena *a, int64_t case_id, int64_t instance, struct task *out)
{
	return one_task(a, db_query(c, &sql_task_at, D_INT(case_id), D_INT(instance)), out);
}

size_t case_tasks(dbc *c, arena *a, int64_t id, bool open_only, struct task *out, size_t max)
{
	size_t n = 0;
	rows *r = db_query(c, open_only ? &sql_task_list_open : &sql_task_list, D_INT(id),
	                   D_INT((int64_t)max));
	while (n < max && db_next(r))
		read_task(r, a, &out[n++]);
	db_done(r);
	return n;
}

size_t case_times(dbc *c, str service, instant since, struct case_time *out, size_t max)
{
	size_t n = 0;
	rows *r = db_query(c, &sql_case_times, D_TEXT(service), D_INT(since), D_INT((int64_t)max));
	while (n < max && db_next(r))
		out[n++] = (struct case_time){db_int(r, 0), db_int(r, 1)};
	db_done(r);
	return n;
}
