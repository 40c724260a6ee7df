/*
 * api.c - the same cases and decisions for agencies' programs: openapi.json.
 *
 * Callers prove themselves by a key (keys.c). A key's session has the rights its
 * officer holds for the key's entity, so that every other rule of the desk holds
 * here as it is. Refusals are problem details (RFC 9457).
 */
#include "systems/desk/desk_in.h"

#include "web/limit.h"
#include "web/server.h"

#include <stdlib.h>

#define API_LINES     25
#define API_LINES_MAX 200

err page_api_openapi(struct req *r)
{
	str text = server_api(r->server);
	if (!text.n)
		return req_fail(r, ERR_not_found, "", "there is nothing at this address");
	r->cacheable = true;
	return req_content(r, "application/json", text, NULL);
}

/* ---- who calls ---- */

/* The rights of a person that concern one entity. */
static struct rights rights_for(struct req *r, int64_t person, str entity)
{
	struct rights all = rights_of(r->db, r->a, person, r->now);
	size_t n = 0;
	for (size_t i = 0; i < all.n; i++) {
		if (!str_eq(all.grants[i].entity, entity) && !str_eq(all.grants[i].entity, STR("*")))
			continue;
		all.grants[n] = all.grants[i];
		all.grants[n++].entity = entity;
	}
	all.n = n;
	return all;
}

/* Of a key; and of an address that calls without a good one. */
static const struct limit per_key = {"key", API_CALLS_A_MINUTE, 60, true};
static const struct limit per_address = {"address", API_REFUSED_A_MINUTE, 60, false};

static err stranger(struct req *r, const char *why)
{
	err e = req_limit(r, &per_address, r->address);
	return e ? e : req_fail(r, ERR_sign_in_needed, "", "%s", why);
}

err desk_caller(struct req *r)
{
	str sent = req_header(r, "Authorization");
	if (!str_starts(sent, STR("Bearer " KEY_PREFIX)) || sent.n > 100)
		return stranger(r, "send Authorization: Bearer and a key");
	return desk_caller_by(r, desk_key_hash(r->a, str_sub(sent, 7, sent.n)));
}

err desk_caller_by(struct req *r, str hash)
{
	str entity = {0};
	int64_t person = 0;
	instant until = 0;
	rows *rs = db_query(r->db, &sql_desk_key_find, D_TEXT(hash));
	if (db_next(rs)) {
		entity = str_dup(r->a, db_text(rs, 0));
		person = db_int(rs, 1);
		until = db_int(rs, 2);
	}
	db_done(rs);
	if (!person || until <= r->now)
		return stranger(r, "this key is not known, or has ended");
	err e = req_limit(r, &per_key, hash);
	if (e)
		return e;
	r->session.level = SESSION_FULL;
	r->session.person = person;
	r->session.id = str_fmt(r->a, "key:%.*s", STRF(hash));
	r->session.rights = rights_for(r, person, entity);
	r->actor = (struct actor){.person = person, .entity = entity, .channel = STR("api")};
	return OK;
}

/* ---- reading ---- */

static void at(struct req *r, json *o, const char *name, instant t)
{
	json_set(r->a, o, name, t ? json_string(r->a, time_print(r->a, t)) : json_null(r->a));
}

static json *name_or_null(struct req *r, int64_t person)
{
	json *name = desk_person(r, person);
	return name ? name : json_null(r->a);
}

static json *summary(struct req *r, const struct kase *q)
{
	json *o = json_object(r->a);
	json_set_str(r->a, o, "reference", q->reference);
	json_set_int(r->a, o, "version", q->revision);
	json_set_str(r->a, o, "service", q->service);
	json_set_str(r->a, o, "entity", q->entity);
	view_case_state(r, o, q);
	json_set_str(r->a, o, "outcome", q->outcome);
	at(r, o, "received", q->submitted);
	at(r, o, "due", q->due);
	json_set(r->a, o, "applicant", name_or_null(r, q->applicant));
	json_set(r->a, o, "holder", name_or_null(r, q->holder));
	return o;
}

err page_api_cases(struct req *r)
{
	struct desk_query *q = NEW(r->a, struct desk_query);
	struct case_line *l = NEWN(r->a, struct case_line, API_LINES_MAX + 1);
	json *v = json_object(r->a), *list = json_set(r->a, v, "cases", json_array(r->a));
	size_t want = (size_t)req_field_int(r, "limit", API_LINES, 1, API_LINES_MAX);
	err e = desk_caller(r);
	if (e)
		return e;
	desk_query_read(r, q);
	if (q->wrong)
		return req_fail(r, ERR_bad_input, "q", "\"%.*s\" is not a search term",
		                STRF(q->wrong_term));
	struct kase k;
	size_t n = q->reference.n ? 0 : desk_query_lines(r, q, l, want + 1);
	str after = desk_query_next(r, q, l, n, want);
	for (size_t i = 0; i < n && i < want; i++)
		if (case_get(r->db, r->a, l[i].id, &k))
			json_push(list, summary(r, &k));
	str next = desk_query_href(r, q, "/api/v1/cases", NULL, after);
	json_set(r->a, v, "next",
	         after.n ? json_string(r->a, str_fmt(r->a, "%.*s&limit=%zu",
	                                             STRF(str_sub(next, 3, next.n)), want))
	                 : json_null(r->a));
	return req_view(r, "desk/list", v);
}

static json *task_json(struct req *r, const struct task *t)
{
	json *o = json_object(r->a), *outcomes = json_set(r->a, o, "outcomes", json_array(r->a));
	json_set_str(r->a, o, "id", str_fmt(r->a, "%lld", (long long)t->id));
	json_set_str(r->a, o, "element", t->element);
	json_set(r->a, o, "name", desk_task_name(r, t));
	json_set_str(r->a, o, "role", t->role);
	json_set_str(r->a, o, "entity", t->entity);
	json_set_str(r->a, o, "form", t->form);
	for (size_t i = 0; i < t->n_outcomes; i++)
		json_push(outcomes, json_string(r->a, t->outcomes[i]));
	json_set(r->a, o, "holder", name_or_null(r, t->holder));
	at(r, o, "opened", t->opened);
	at(r, o, "due", t->due);
	return o;
}

static json *case_json(struct req *r, const struct kase *q)
{
	struct task t[TASKS_MAX];
	struct person p = {0};
	json *v = summary(r, q), *who = json_object(r->a), *fee = json_object(r->a);
	json *tasks = json_array(r->a);
	currency c;
	person_get(r->db, r->a, q->applicant, &p);
	json_set(r->a, who, "name", text_pair(r->a, p.name_en, p.name_ar));
	json_set_str(r->a, who, "national_number", p.national_number);
	json_set(r->a, v, "person", who);
	json_set(r->a, v, "answers", case_answers(r->db, r->a, q->id));
	if (currency_find(q->currency, &c)) {
		json_set_str(r->a, fee, "amount", money_print(r->a, q->fee, c));
		json_set_str(r->a, fee, "currency", q->currency);
	}
	json_set(r->a, v, "fee", q->currency.n ? fee : json_null(r->a));
	size_t n = case_tasks(r->db, r->a, q->id, true, t, TASKS_MAX);
	for (size_t i = 0; i < n; i++)
		json_push(tasks, task_json(r, &t[i]));
	json_set(r->a, v, "tasks", tasks);
	json_set(r->a, v, "timeline", case_timeline(r->k, r->db, r->a, q->id, true));
	return v;
}

err page_api_case(struct req *r)
{
	struct kase q;
	err e = desk_caller(r);
	if (!e)
		e = desk_case_of(r, PERM_case_read, &q);
	if (!e)
		e = desk_record_reading(r, &q, STR("api"));
	return e ? e : req_view(r, "desk/case", case_json(r, &q));
}

/* ---- deciding ---- */

struct call {
	struct kase q;
	struct task t;
	int64_t version;
	str outcome, reason, text;
	const json *answers;
};

/* The case of the address and the task of the body. */
static err call_of(struct req *r, bool task)
{
	struct call *c = NEW(r->a, struct call);
	int64_t id;
	r->state = c;
	err e = desk_caller(r);
	if (!e && !json_is(r->body, JSON_OBJECT))
		e = req_fail(r, ERR_bad_input, "", "send a JSON object");
	if (!e)
		e = desk_case_of(r, PERM_case_work, &c->q);
	if (e || !task)
		return e;
	str given = json_str(r->body, "task");
	if (!given.n) { /* none left: the command says so, unless it is sent again */
		(void)desk_task_of(r, &c->q, &c->t);
		return OK;
	}
	if (!str_i64(given, &id) || !task_get(r->db, r->a, id, &c->t) || c->t.case_id != c->q.id ||
	    !may(&r->session.rights, PERM_case_work, c->t.entity))
		return req_fail(r, ERR_bad_input, "task", "this case has no such task for you");
	return OK;
}

/* What the program gets back: the case as it is now. */
static err case_now(struct req *r)
{
	struct call *c = r->state;
	case_get(r->db, r->a, c->q.id, &c->q);
	return req_view(r, "desk/case", case_json(r, &c->q));
}

static err task_needed(struct tx *tx, const struct call *c)
{
	return c->t.id ? OK : tx_fail(tx, ERR_case_closed, "", "nothing is left to do in this case");
}

err prepare_api_claim(struct req *r)
{
	return call_of(r, true);
}

err decide_api_claim(struct tx *tx, struct req *r)
{
	const struct call *c = r->state;
	err e = task_needed(tx, c);
	return e ? e : task_claim(tx, c->t.id);
}

err answer_api_claim(struct req *r)
{
	return case_now(r);
}

err prepare_api_release(struct req *r)
{
	return call_of(r, true);
}

err decide_api_release(struct tx *tx, struct req *r)
{
	const struct call *c = r->state;
	err e = task_needed(tx, c);
	return e ? e : task_release(tx, c->t.id);
}

err answer_api_release(struct req *r)
{
	return case_now(r);
}

err prepare_api_decide(struct req *r)
{
	err e = call_of(r, true);
	struct call *c = r->state;
	if (e)
		return e;
	c->outcome = json_str(r->body, "outcome");
	c->reason = str_trim(json_str(r->body, "reason"));
	c->answers = json_get(r->body, "answers");
	if (!json_i64(json_get(r->body, "version"), &c->version))
		return req_fail(r, ERR_bad_input, "version", "the version of the case you decide on");
	return OK;
}

err decide_api_decide(struct tx *tx, struct req *r)
{
	const struct call *c = r->state;
	err e = task_needed(tx, c);
	return e ? e : task_complete(tx, c->t.id, c->version, c->outcome, c->reason, c->answers);
}

err answer_api_decide(struct req *r)
{
	return case_now(r);
}

err prepare_api_note(struct req *r)
{
	err e = call_of(r, false);
	struct call *c = r->state;
	if (!e)
		c->text = str_trim(json_str(r->body, "text"));
	return e;
}

err decide_api_note(struct tx *tx, struct req *r)
{
	const struct call *c = r->state;
	return case_note(tx, c->q.id, c->text);
}

err answer_api_note(struct req *r)
{
	return case_now(r);
}
