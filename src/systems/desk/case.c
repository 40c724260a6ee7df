/*
 * case.c - a case as an officer sees it.
 *
 * Each reading is recorded (case.read) before the page is shown: who cannot be
 * recorded as a reader does not read.
 */
#include "systems/desk/desk_in.h"

#include "kernel/files/files.h"
#include "kernel/identity/mandate.h"

#include <string.h>

/* ---- which case ---- */

bool desk_allowed(struct req *r, enum permission p, int64_t id)
{
	str entity[ENTITIES_MAX];
	size_t n = case_entities(r->db, r->a, id, entity, ENTITIES_MAX);
	for (size_t i = 0; i < n; i++)
		if (may(&r->session.rights, p, entity[i]))
			return true;
	return false;
}

err desk_case_of(struct req *r, enum permission p, struct kase *out)
{
	bool found = case_by_reference(r->db, r->a, req_param(r, "reference"), out);
	if (found && desk_allowed(r, p, out->id))
		return OK;
	/* What is not there is refused, and journalled, just like what is another's. */
	denial_record(r->k, r->actor, p, str_of(r->route->name), found ? out->entity : (str){0});
	return req_fail(r, ERR_not_found, "", "there is nothing at this address");
}

bool desk_task_of(struct req *r, const struct kase *q, struct task *out)
{
	struct task list[TASKS_MAX];
	size_t n = case_tasks(r->db, r->a, q->id, true, list, TASKS_MAX);
	const struct task *best = NULL;
	for (size_t i = 0; i < n; i++) {
		bool mine = list[i].holder == r->session.person;
		if (str_eq(list[i].role, STR("applicant")) ||
		    !may(&r->session.rights, PERM_case_work, list[i].entity))
			continue;
		if (mine || !best || (!list[i].holder && best->holder))
			best = &list[i];
		if (mine)
			break;
	}
	if (best)
		*out = *best;
	return best != NULL;
}

json *desk_colleagues(struct req *r, str entity, int64_t but)
{
	struct role_holder *h = NEWN(r->a, struct role_holder, OFFICERS_MAX);
	json *list = json_array(r->a);
	size_t n = role_holders(r->db, r->a, entity, r->now, h, OFFICERS_MAX);
	for (size_t i = 0; i < n; i++) {
		struct rights rights = rights_of(r->db, r->a, h[i].person, r->now);
		bool again = i > 0 && h[i].person == h[i - 1].person;
		if (again || h[i].person == but || !may(&rights, PERM_case_work, entity))
			continue;
		desk_choice(r, list, str_fmt(r->a, "%lld", (long long)h[i].person),
		            text_pair(r->a, h[i].name_en, h[i].name_ar));
	}
	return list;
}

/* ---- the answers ---- */

/* The question whose answer the file is; of two with the same file first the first. */
static str question_of(json *pages, str file)
{
	for (json *page = pages->first; page; page = page->next)
		for (json *row = json_get(page, "rows")->first; row; row = row->next)
			if (str_eq(json_str(row, "file"), file)) {
				json_remove(row, STR("file"));
				return json_str(row, "key");
			}
	return (str){0};
}

static void answer_file(struct req *r, const struct kase *q, json *list, const json *f, json *pages)
{
	json *o = json_push(list, json_object(r->a));
	int64_t w = json_int(f, "width", 0), h = json_int(f, "height", 0);
	str type = json_str(f, "type");
	str href =
	    view_href(r, "/desk/cases/%.*s/files/%.*s", STRF(q->reference), STRF(json_str(f, "file")));
	json_set_str(r->a, o, "href", href);
	/* A photograph is judged by eye. */
	json_set_str(r->a, o, "thumb", str_starts(type, STR("image/")) ? href : (str){0});
	json_set_str(r->a, o, "label", question_of(pages, json_str(f, "file")));
	json_set_str(r->a, o, "name", json_str(f, "name"));
	view_file(r, o, type, json_int(f, "bytes", 0));
	if (w && h)
		json_set_str(r->a, o, "pixels",
		             str_fmt(r->a, "%lld \xC3\x97 %lld", (long long)w, (long long)h));
}

/* Files stand anywhere in the answers. */
static void files_in(struct req *r, const struct kase *q, json *list, const json *v, json *pages,
                     int depth)
{
	if (depth > 8)
		return;
	if (json_is(v, JSON_OBJECT) && json_str(v, "file").n == 64 && json_get(v, "bytes"))
		answer_file(r, q, list, v, pages);
	else if (json_is(v, JSON_OBJECT) || json_is(v, JSON_ARRAY))
		for (const json *m = v->first; m; m = m->next)
			files_in(r, q, list, m, pages, depth + 1);
}

static void answers(struct req *r, const struct kase *q, const struct service *s, json *v)
{
	json *given = case_answers(r->db, r->a, q->id), *files = json_array(r->a);
	struct form_env env = desk_form_env(r);
	json *check = s && s->form ? form_check_view(s->form, given, &env, r->a) : NULL;
	json *pages = check ? json_get(check, "pages") : json_array(r->a);
	for (json *page = pages->first; page; page = page->next) {
		json *rows_of = json_get(page, "rows");
		for (json *row = rows_of ? rows_of->first : NULL; row; row = row->next) {
			json_remove(row, STR("change")); /* an officer reads */
			json_remove(row, STR("change_hidden"));
		}
	}
	json_set(r->a, v, "pages", pages);
	files_in(r, q, files, given, pages, 0);
	json_set(r->a, v, "files", files);
}

/* ---- what the platform found out ---- */

static void check_line(struct req *r, json *list, bool ok, str text)
{
	json *o = json_push(list, json_object(r->a));
	json_set_bool(r->a, o, "ok", ok);
	json_set_str(r->a, o, "text", text);
}

static void checks(struct req *r, const struct kase *q, const struct service *s, bool paid, json *v)
{
	json *list = json_set(r->a, v, "checks", json_array(r->a));
	const struct pack *p = pack_current(r->k);
	struct kase open;
	json *applicant = case_applicant(r->db, r->a, q->id);
	if (!s || !p || !applicant->count)
		return;
	json *context = service_context(r->a, p, applicant, case_answers(r->db, r->a, q->id), r->now);
	const json *refusal = service_refusal(r->a, s, context, r->now);
	check_line(r, list, !refusal,
	           refusal ? req_pick(r, refusal) : req_text(r, "desk.check.eligible"));
	bool other = case_open_of(r->db, r->a, q->applicant, q->service, &open) && open.id != q->id &&
	             !str_eq(open.state, STR("draft"));
	check_line(r, list, !other,
	           req_text(r, other ? "desk.check.other_case" : "desk.check.no_other_case"));
	json *flags = s->form ? form_flags(s->form, case_answers(r->db, r->a, q->id), r->a) : NULL;
	for (const json *f = flags ? flags->first : NULL; f; f = f->next)
		check_line(r, list, false,
		           str_fmt(r->a, "%.*s: %.*s", STRF(req_pick(r, json_get(f, "label"))),
		                   STRF(req_text(r, "desk.check.background"))));
	if (q->fee.minor && (paid || str_eq(q->state, STR("unpaid"))))
		check_line(r, list, paid, req_text(r, paid ? "desk.check.paid" : "desk.check.unpaid"));
}

/* The rules that gave the fee, table by table. */
static void decision(struct req *r, const struct kase *q, json *v)
{
	json *trace = case_trace(r->db, r->a, q->id), *list = json_array(r->a);
	for (const json *t = trace ? trace->first : NULL; t; t = t->next) {
		const json *rules = json_get(t, "rules"), *inputs = json_get(t, "inputs");
		if (!json_get(t, "table"))
			continue;
		json *o = json_push(list, json_object(r->a)), *in = json_array(r->a),
		     *hit = json_array(r->a);
		json_set_str(r->a, o, "table", json_str(t, "table"));
		for (const json *i = inputs ? inputs->first : NULL; i; i = i->next)
			json_push(
			    in, json_string(r->a, str_fmt(r->a, "%.*s = %.*s", STRF(json_str(i, "expression")),
			                                  STRF(json_print(r->a, json_get(i, "value"))))));
		for (const json *h = rules ? rules->first : NULL; h; h = h->next) {
			const json *notes = json_get(h, "annotations");
			str text = notes ? req_pick(r, notes) : json_str(h, "annotation");
			json_push(hit, json_string(r->a, text.n ? text : json_str(h, "id")));
		}
		json_set(r->a, o, "inputs", in);
		json_set(r->a, o, "rules", hit);
	}
	if (list->count)
		json_set(r->a, v, "trace", list);
}

/* The story tells whether it was paid: some services ask for the fee after the decision. */
static bool is_paid(const json *timeline)
{
	for (const json *o = timeline->first; o; o = o->next)
		if (str_eq(json_str(o, "key"), STR("case.event.paid")))
			return true;
	return false;
}

static void payment(struct req *r, const struct kase *q, bool paid, json *v)
{
	if (!q->currency.n)
		return;
	json *o = json_set(r->a, v, "payment", json_object(r->a)), *amount = json_object(r->a);
	json_set_int(r->a, amount, "minor", q->fee.minor);
	json_set_str(r->a, amount, "currency", q->currency);
	json_set(r->a, o, "amount", amount);
	json_set(r->a, o, "rule", q->fee_rule ? q->fee_rule : json_string(r->a, (str){0}));
	json_set_bool(r->a, o, "owed", q->fee.minor > 0);
	json_set_bool(r->a, o, "paid", paid);
}

/* ---- what may be done ---- */

/* The service's own word for an outcome, or the desk's. */
static json *outcome_text(struct req *r, const struct service *s, str outcome)
{
	const json *own = json_get_str(json_get(s ? s->definition : NULL, "outcomes"), outcome);
	str key = str_fmt(r->a, "desk.outcome.%.*s", STRF(outcome));
	if (own)
		return json_copy(r->a, own);
	bool known = message_known(server_settings(r->server)->texts, key);
	return json_string(r->a, known ? req_text(r, str_c(r->a, key)) : outcome);
}

static void outcomes(struct req *r, const struct service *s, const struct task *t, json *v)
{
	json *list = json_set(r->a, v, "outcomes", json_array(r->a));
	for (size_t i = 0; i < t->n_outcomes; i++) {
		json *o = desk_choice(r, list, t->outcomes[i], outcome_text(r, s, t->outcomes[i]));
		json_set_str(r->a, o, "id", i ? str_fmt(r->a, "outcome-%zu", i + 1) : STR("outcome"));
		json_set_bool(r->a, o, "checked", str_eq(req_field(r, "outcome"), t->outcomes[i]));
	}
}

static void task_part(struct req *r, const struct kase *q, const struct service *s, json *v,
                      json *about)
{
	struct task t;
	bool any = !q->closed && desk_task_of(r, q, &t);
	bool own = r->session.person == q->applicant || r->session.person == q->agent;
	bool mine = any && t.holder == r->session.person;
	bool stopped = q->suspended || (any && desk_led(r, q));
	bool barred = any && !own && task_barred(r->db, r->a, q, &t, r->session.person);
	bool covers =
	    any && t.holder && !mine && desk_stands_in(r->db, r->session.person, t.holder, r->now);
	json *holder = any && t.holder && !mine ? desk_person(r, t.holder) : NULL;
	json_set_bool(r->a, about, "can_claim", any && !own && !barred && (!t.holder || covers));
	json_set_bool(r->a, about, "can_decide", mine && !own && !stopped && !barred);
	json_set_bool(r->a, about, "own", own);
	json_set_bool(r->a, about, "barred", barred);
	json_set_bool(r->a, about, "led", any && desk_led(r, q));
	json_set(r->a, about, "held_by", holder ? holder : json_string(r->a, (str){0}));
	if (holder)
		json_set_str(r->a, about, "held_since", time_print(r->a, t.taken));
	json_set_str(r->a, about, "task", any ? str_fmt(r->a, "%lld", (long long)t.id) : (str){0});
	if (any) {
		json_set(r->a, about, "task_name", desk_task_name(r, &t));
		outcomes(r, s, &t, v);
		if (mine && task_form(s, &t))
			desk_form_view(r, task_form(s, &t), NULL, v);
		json_set(r->a, v, "colleagues", desk_colleagues(r, t.entity, r->session.person));
	}
}

/* Who applied for the applicant, and by what right. */
static void agent_part(struct req *r, const struct kase *q, json *o)
{
	struct mandate m = {.basis = STR("given")};
	json *name = desk_person(r, q->agent);
	if (!name)
		return;
	mandate_between(r->db, r->a, q->agent, q->applicant, &m);
	str key = str_fmt(r->a, "desk.agent.%.*s", STRF(m.basis));
	json_set(r->a, o, "agent", name);
	json_set_str(r->a, o, "agent_basis", req_text(r, str_c(r->a, key)));
}

static json *about_case(struct req *r, const struct kase *q)
{
	json *o = json_object(r->a), *who = json_object(r->a);
	struct person p = {0};
	person_get(r->db, r->a, q->applicant, &p);
	json_set(r->a, who, "name", text_pair(r->a, p.name_en, p.name_ar));
	json_set_str(r->a, who, "national_number", p.national_number);
	json_set_str(r->a, o, "reference", q->reference);
	json_set_int(r->a, o, "version", q->revision);
	json_set(r->a, o, "service", desk_service(r, q->service));
	json_set_str(r->a, o, "service_id", q->service);
	json_set(r->a, o, "entity", view_entity(r, q->entity, r->now));
	view_case_state(r, o, q);
	json_set_str(r->a, o, "outcome", q->outcome);
	json_set_str(r->a, o, "channel", q->channel);
	view_day(r, o, "received", q->submitted);
	view_day(r, o, "due", q->closed ? 0 : q->due);
	json_set_str(r->a, o, "due_state", desk_due_state(r, q->state, q->due));
	json_set_bool(r->a, o, "paused", q->paused != 0);
	json_set_str(r->a, o, "reason", str_eq(q->state, STR("suspended")) ? q->reason : (str){0});
	json_set(r->a, o, "applicant", who);
	agent_part(r, q, o);
	return o;
}

/* Steps with what they decided, in words. */
static json *timeline(struct req *r, const struct kase *q, const struct service *s)
{
	json *list = case_timeline(r->k, r->db, r->a, q->id, true);
	for (json *o = list->first; o; o = o->next)
		if (json_str(o, "outcome").n && !str_eq(json_str(o, "outcome"), STR("done")))
			json_set(r->a, o, "decided", outcome_text(r, s, json_str(o, "outcome")));
	return list;
}

/* Who had it for how long, of those who had it at all. */
static void delays(struct req *r, const struct kase *q, json *v)
{
	json *all = case_delays(r->k, r->db, r->a, q),
	     *list = json_set(r->a, v, "delays", json_array(r->a));
	for (const json *d = all->first; d; d = d->next) {
		int64_t micros = json_int(d, "micros", 0);
		if (micros < MINUTE)
			continue;
		json *o = json_push(list, json_object(r->a));
		str key = str_fmt(r->a, "desk.party.%.*s", STRF(json_str(d, "party")));
		json_set_str(r->a, o, "party", req_text(r, str_c(r->a, key)));
		json_set_str(r->a, o, "time", duration_text(r->a, r->lang, micros));
	}
}

json *desk_case_view(struct req *r, const struct kase *q)
{
	const struct service *s = service_at(r->k, r->db, q->service, q->version);
	json *v = json_object(r->a), *about = about_case(r, q), *form = json_object(r->a);
	json *reason = json_object(r->a), *outcome = json_object(r->a), *note = json_object(r->a);
	json_set_str(r->a, v, "back", view_href(r, "/desk"));
	json_set_int(r->a, v, "reason_max", 1000);
	json_set_int(r->a, v, "note_max", 4000);
	task_part(r, q, s, v, about);
	desk_course_view(r, q, v);
	json_set(r->a, v, "case", about);
	json_set_str(r->a, reason, "value", req_field(r, "reason"));
	json_set_str(r->a, note, "value", req_field(r, "text"));
	json_set(r->a, form, "reason", reason);
	json_set(r->a, form, "outcome", outcome);
	json_set(r->a, form, "text", note);
	json_set(r->a, v, "form", form);
	answers(r, q, s, v);
	desk_findings(r, q, s, v);
	json *story = json_set(r->a, v, "timeline", timeline(r, q, s));
	bool paid = is_paid(story) && !str_eq(q->state, STR("unpaid"));
	checks(r, q, s, paid, v);
	payment(r, q, paid, v);
	decision(r, q, v);
	json_set(r->a, v, "incidents", case_incidents(r->db, r->a, q->id));
	json_set(r->a, v, "reads", case_reads(r->k, r->db, r->a, q->id));
	json_set(r->a, v, "messages", case_messages(r->k, r->db, r->a, q->id));
	delays(r, q, v);
	if (s && s->process)
		json_set_str(r->a, v, "diagram",
		             view_href(r, "/desk/cases/%.*s/diagram.svg", STRF(q->reference)));
	return v;
}

/* ---- pages ---- */

struct reading {
	int64_t id;
	str purpose;
};

static err read_decide(struct tx *tx, void *ctx)
{
	const struct reading *m = ctx;
	return case_read(tx, m->id, m->purpose);
}

err desk_record_reading(struct req *r, const struct kase *q, str purpose)
{
	struct reading m = {q->id, purpose};
	if (case_read_lately(r->db, q->id, r->session.person, r->now))
		return OK;
	struct action act = {.k = r->k, .a = r->a, .actor = r->actor, .decide = read_decide, .ctx = &m};
	err e = kernel_run(&act);
	return e ? req_fail(r, e, "", "%.*s", STRF(act.fault.detail)) : OK;
}

err page_desk_case(struct req *r)
{
	struct kase q;
	err e = desk_case_of(r, PERM_case_read, &q);
	if (!e)
		e = desk_record_reading(r, &q, STR("desk"));
	return e ? e : req_view(r, "desk/case", desk_case_view(r, &q));
}

static str span_text(void *ctx, arena *a, int64_t micros)
{
	return duration_text(a, ((const struct req *)ctx)->lang, micros);
}

err page_desk_diagram(struct req *r)
{
	struct kase q;
	err e = desk_case_of(r, PERM_case_read, &q);
	if (e)
		return e;
	str svg = case_diagram(r->k, r->db, r->a, &q, r->lang == LANG_AR, span_text, r);
	return svg.n ? req_content(r, "image/svg+xml", svg, NULL)
	             : req_fail(r, ERR_not_found, "", "this service has no process");
}

static bool names_file(const json *v, str id, int depth)
{
	if (depth > 8 || !(json_is(v, JSON_OBJECT) || json_is(v, JSON_ARRAY)))
		return false;
	if (str_eq(json_str(v, "file"), id))
		return true;
	for (const json *m = v->first; m; m = m->next)
		if (names_file(m, id, depth + 1))
			return true;
	return false;
}

err page_desk_file(struct req *r)
{
	struct kase q;
	struct file_info f;
	str bytes, id = req_param(r, "file");
	err e = desk_case_of(r, PERM_case_read, &q);
	if (!e &&
	    (!names_file(case_answers(r->db, r->a, q.id), id, 0) || !file_find(r->db, r->a, id, &f)))
		e = req_fail(r, ERR_not_found, "", "there is nothing at this address");
	if (!e)
		e = desk_record_reading(r, &q, STR("desk"));
	if (e)
		return e;
	e = file_read(r->k, r->db, r->a, id, &bytes);
	if (e)
		return req_fail(r, e, "", "the file cannot be read");
	return req_content(r, str_c(r->a, f.type), bytes, str_c(r->a, f.name));
}
