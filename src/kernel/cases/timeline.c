/* timeline.c - the story of a case, told from the journal. */
#include "kernel/cases/cases_in.h"
#include "kernel/cases/statements.h"

#include "kernel/head.h"
#include "kernel/i18n/i18n.h"

#define SCRATCH_BYTES ((size_t)16 * 1024 * 1024)

/* Every event of the case, first to last, with secrets opened if wanted. */
static void each_event(struct kernel *k, dbc *c, int64_t id, bool open,
                       void (*each)(void *ctx, const struct event *e), void *ctx)
{
	arena *s = arena_create(SCRATCH_BYTES);
	if (!s)
		return;
	rows *r = db_query(c, &sql_case_journal, D_INT(id));
	while (db_next(r)) {
		struct journal_row row;
		arena_reset(s);
		if (!journal_row_read(r, &row))
			break;
		if (!open)
			row.sealed = (str){0};
		if (journal_row_open(k, c, s, &row) != OK)
			break;
		each(ctx, &row.e);
	}
	db_done(r);
	arena_destroy(s);
}

static json *reversed(arena *a, json *list)
{
	json *out = json_array(a), *next;
	json **all = NEWN(a, json *, list->count + 1);
	size_t n = 0;
	for (json *v = list->first; v; v = next) {
		next = v->next;
		all[n++] = v;
	}
	while (n--) {
		all[n]->next = NULL;
		json_push(out, all[n]);
	}
	return out;
}

struct story {
	dbc *c;
	arena *a;
	struct kase q;
	const struct service *service; /* NULL: it has no words of its own for its ends */
	bool officer;
	json *list;
	str acted; /* the entity of the task that was handled last, by whom */
	int64_t actor;
	json *step; /* an officer's, not yet in the list, and what it decided */
	str outcome;
};

static json *person_name(struct story *s, int64_t id)
{
	struct person p;
	return person_get(s->c, s->a, id, &p) ? text_pair(s->a, p.name_en, p.name_ar) : NULL;
}

static json *entity_name(struct story *s, str id, instant at)
{
	struct entity n;
	return entity_get(s->c, s->a, id, at, &n) ? text_pair(s->a, n.name_en, n.name_ar) : NULL;
}

/* ---- the timeline ---- */

static const struct {
	const char *kind, *key;
	bool officer_only;
} told[] = {
    {"case.drafted", "case.event.started", false},
    {"case.submitted", "case.event.submitted", false},
    {"task.claimed", "case.event.claimed", false},
    {"task.released", "case.event.released", true},
    {"task.assigned", "case.event.assigned", true},
    {"task.overdue", "case.event.overdue", true},
    {"task.closed", "case.event.step", false},
    {"case.returned", "case.event.returned", false},
    {"case.answered", "case.event.answered", false},
    {"case.approved", "case.event.approved", false},
    {"case.rejected", "case.event.rejected", false},
    {"case.withdrawn", "case.event.withdrawn", false},
    {"document.issued", "case.event.issued", false},
    {"document.revoked", "case.event.revoked", false},
    {"case.rated", "case.event.rated", false},
    {"case.noted", "case.event.noted", true},
    {"case.incident", "case.event.incident", true},
    {"case.resolved", "case.event.resolved", true},
    {"case.migrated", "case.event.migrated", true},
    {"case.suspended", "case.event.suspended", false},
    {"case.resumed", "case.event.resumed", false},
    {"case.reopened", "case.event.reopened", false},
    {"case.split", "case.event.split", false},
    {"case.split_off", "case.event.split_off", false},
    {"case.joined", "case.event.joined", true},
    {"case.separated", "case.event.separated", true},
    {"case.appealed", "case.event.appealed", false},
    {"case.appeal_dropped", "case.event.appeal_dropped", false},
};

static const char *key_of(const struct event *e, bool officer)
{
	if (str_eq(e->kind, STR("work.done")))
		return str_eq(json_str(e->data, "type"), STR("payment")) && !json_truth(e->data, "failed")
		           ? "case.event.paid"
		           : NULL;
	if (str_eq(e->kind, STR("case.appeal_decided")))
		return str_eq(json_str(e->data, "outcome"), STR("allow")) ? "case.event.appeal_allowed"
		                                                          : "case.event.appeal_upheld";
	for (size_t i = 0; i < COUNT(told); i++)
		if (str_eq(e->kind, str_of(told[i].kind)))
			return told[i].officer_only && !officer ? NULL : told[i].key;
	return NULL;
}

static str words_of(const struct event *e)
{
	static const char *const members[] = {"reason", "text", "words", "what"};
	for (size_t i = 0; i < COUNT(members); i++)
		if (json_str(e->secret, members[i]).n)
			return json_str(e->secret, members[i]);
	return (str){0};
}

static bool is_own(const struct story *s, int64_t actor)
{
	return actor == s->q.applicant || (s->q.agent && actor == s->q.agent);
}

/* What was issued or asked for, or the officer's step. */
static json *about(struct story *s, const struct event *e)
{
	struct task t;
	const json *title = json_get(e->data, "title");
	if (title)
		return json_copy(s->a, title);
	if (!str_starts(e->kind, STR("task.")) ||
	    !task_get(s->c, s->a, json_int(e->data, "task", 0), &t) || !t.name || !t.name->count)
		return NULL;
	return json_copy(s->a, t.name);
}

/* A step waits for the event that follows it: what it decided is told once, by the case's
 * own event when that says the same, and its words by the later of the two. */
static void settle_step(struct story *s, const json *next, str kind)
{
	static const char *const same[][2] = {
	    {"case.returned", "return"}, {"case.rejected", "reject"}, {"case.approved", "approve"}};
	json *step = s->step;
	s->step = NULL;
	if (!step)
		return;
	bool at_once = next && str_eq(json_str(step, "at"), json_str(next, "at"));
	for (size_t i = 0; i < COUNT(same) && at_once; i++)
		if (str_eq(kind, str_of(same[i][0])) && str_eq(s->outcome, str_of(same[i][1])))
			return;
	if (at_once && str_eq(json_str(step, "text"), json_str(next, "text")))
		json_remove(step, STR("text"));
	json_push(s->list, step);
}

static void tell(void *ctx, const struct event *e)
{
	struct story *s = ctx;
	const char *key = key_of(e, s->officer);
	bool step = str_eq(e->kind, STR("task.closed")), own = is_own(s, e->actor);
	if (str_starts(e->kind, STR("task.")) && !str_eq(e->kind, STR("task.opened"))) {
		s->acted = str_dup(s->a, e->entity);
		s->actor = e->actor;
	}
	if (!key || (step && (own || !e->actor || !json_truth(e->data, "completed"))))
		return;
	json *v = json_object(s->a), *by = NULL, *what = about(s, e);
	const json *end = str_starts(e->kind, STR("case."))
	                      ? service_end_text(s->service, str_sub(e->kind, 5, e->kind.n),
	                                         json_str(e->data, "outcome"))
	                      : NULL;
	/* A decision is told by the entity whose officer took it. */
	bool decides = e->actor && e->actor == s->actor && str_starts(e->kind, STR("case."));
	str entity = decides && !own ? s->acted : str_dup(s->a, e->entity);
	json_set_str(s->a, v, "key", str_of(key));
	json_set_str(s->a, v, "at", time_print(s->a, e->at));
	/* The applicant sees the entity that acted, not which officer. */
	if (e->actor)
		by = s->officer || own ? person_name(s, e->actor) : entity_name(s, entity, e->at);
	if (by)
		json_set(s->a, v, "by", by);
	json_set_str(s->a, v, "entity", entity);
	if (what)
		json_set(s->a, v, "about", what);
	if (end)
		json_set(s->a, v, "label", json_copy(s->a, end));
	if (step && s->officer)
		json_set_str(s->a, v, "outcome", str_dup(s->a, json_str(e->data, "outcome")));
	if (words_of(e).n)
		json_set_str(s->a, v, "text", str_dup(s->a, words_of(e)));
	settle_step(s, v, e->kind);
	if (step) {
		s->step = v;
		s->outcome = str_dup(s->a, json_str(e->data, "outcome"));
		return;
	}
	json_push(s->list, v);
}

json *case_timeline(struct kernel *k, dbc *c, arena *a, int64_t id, bool officer)
{
	struct story s = {.c = c, .a = a, .officer = officer, .list = json_array(a)};
	if (case_get(c, a, id, &s.q)) {
		s.service = service_at(k, c, s.q.service, s.q.version);
		each_event(k, c, id, true, tell, &s);
	}
	settle_step(&s, NULL, (str){0});
	return reversed(a, s.list);
}

/* ---- readers ---- */

static void reading(void *ctx, const struct event *e)
{
	struct story *s = ctx;
	if (!str_eq(e->kind, STR("case.read")))
		return;
	json *v = json_object(s->a), *entity = entity_name(s, e->entity, e->at),
	     *person = person_name(s, e->actor);
	json_set_str(s->a, v, "at", time_print(s->a, e->at));
	json_set(s->a, v, "entity", entity ? entity : text_pair(s->a, e->entity, e->entity));
	json_set(s->a, v, "person", person ? person : text_pair(s->a, (str){0}, (str){0}));
	json_set_str(s->a, v, "purpose", str_dup(s->a, json_str(e->data, "purpose")));
	json_push(s->list, v);
}

json *case_reads(struct kernel *k, dbc *c, arena *a, int64_t id)
{
	struct story s = {.c = c, .a = a, .list = json_array(a)};
	each_event(k, c, id, false, reading, &s);
	return reversed(a, s.list);
}

/* ---- messages ---- */

static void message(void *ctx, const struct event *e)
{
	struct story *s = ctx;
	const json *subject = json_get(e->secret, "subject"), *body = json_get(e->secret, "body");
	if (!str_eq(e->kind, STR("notice.queued")) || !subject)
		return; /* another event, or its reader was erased */
	json *v = json_object(s->a), *to = person_name(s, e->subject);
	json_set_str(s->a, v, "at", time_print(s->a, e->at));
	json_set(s->a, v, "to", to ? to : text_pair(s->a, (str){0}, (str){0}));
	json_set(s->a, v, "subject", json_copy(s->a, subject));
	json_set(s->a, v, "body", body ? json_copy(s->a, body) : text_pair(s->a, (str){0}, (str){0}));
	json_set_bool(s->a, v, "inbox", json_truth(e->data, "inbox"));
	json_set_bool(s->a, v, "email", json_truth(e->data, "email"));
	json_push(s->list, v);
}

json *case_messages(struct kernel *k, dbc *c, arena *a, int64_t id)
{
	struct story s = {.c = c, .a = a, .list = json_array(a)};
	each_event(k, c, id, true, message, &s);
	return reversed(a, s.list);
}

/* ---- the diagram ---- */

struct path {
	arena *a;
	json *trace, *open; /* see bpmn_path; elements where the case stands */
};

static void tell_path(struct path *p, const char *kind, str element, instant at)
{
	json *v = json_push(p->trace, json_object(p->a));
	json_set_str(p->a, v, "kind", str_of(kind));
	json_set_str(p->a, v, "element", element);
	json_set_int(p->a, v, "at", at);
}

/* Where it only passed through, it is counted, as a flow is, and has no time. */
static void passed(void *ctx, const struct event *e)
{
	struct path *p = ctx;
	if (!str_eq(e->kind, STR("case.advanced")))
		return;
	const json *left = json_get(e->data, "left"), *flows = json_get(e->data, "flows"),
	           *entered = json_get(e->data, "entered");
	for (const json *v = left ? left->first : NULL; v; v = v->next) {
		str id = str_dup(p->a, v->s);
		bool stood = json_remove(p->open, id);
		tell_path(p, stood ? "left" : "flow", id, e->at);
	}
	for (const json *v = flows ? flows->first : NULL; v; v = v->next)
		tell_path(p, "flow", str_dup(p->a, v->s), e->at);
	for (const json *v = entered ? entered->first : NULL; v; v = v->next) {
		str id = str_dup(p->a, v->s);
		tell_path(p, "entered", id, e->at);
		json_set_key(p->a, p->open, id, json_null(p->a));
	}
}

/* What the trace leaves open and the case no longer waits for was withdrawn. */
static void mark_waiting(arena *a, json *path, const json *waits, const json *open)
{
	for (const json *o = open->first; o; o = o->next)
		json_set_str(a, json_get_str(path, o->key), "state", STR("done"));
	for (const json *v = waits->first; v; v = v->next) {
		str kind = json_str(v, "kind"), id = json_str(v, "element");
		if (str_eq(kind, STR("join")) || str_eq(kind, STR("scope")))
			continue;
		json *mark = json_get_str(path, id);
		if (!mark)
			mark = json_set_key(a, path, id, json_object(a));
		json_set_str(a, mark, "state",
		             str_eq(kind, STR("incident")) ? STR("error") : STR("active"));
	}
}

str case_diagram(struct kernel *k, dbc *c, arena *a, const struct kase *q, bool arabic,
                 str (*span)(void *ctx, arena *a, int64_t micros), void *ctx)
{
	const struct service *s = service_at(k, c, q->service, q->version);
	struct path p = {a, json_array(a), json_object(a)};
	if (!s || !s->process)
		return (str){0};
	each_event(k, c, q->id, false, passed, &p);
	json *path = bpmn_path(a, p.trace, span, ctx);
	mark_waiting(a, path, case_waiting(c, a, q->id), p.open);
	return bpmn_svg_in(a, s->process, path, arabic ? "name_ar" : NULL);
}

/* ---- who had it for how long ---- */

struct spans {
	str party; /* who has it since `at` */
	instant at;
	int64_t applicant, entity, platform;
};

static void span_end(struct spans *s, instant at)
{
	int64_t *sum = str_eq(s->party, STR("applicant")) ? &s->applicant
	               : str_eq(s->party, STR("entity"))  ? &s->entity
	                                                  : &s->platform;
	if (s->at)
		*sum += at - s->at;
	s->at = at;
}

static str party_of(str state)
{
	if (str_eq(state, STR("unpaid")) || str_eq(state, STR("returned")))
		return STR("applicant");
	return str_eq(state, STR("submitted")) || str_eq(state, STR("review")) ? STR("entity")
	                                                                       : STR("platform");
}

static void had(void *ctx, const struct event *e)
{
	struct spans *s = ctx;
	str state = json_str(e->data, "state");
	if (str_eq(e->kind, STR("case.submitted"))) {
		s->party = STR("platform");
		s->at = e->at;
	}
	if (!state.n || !s->at)
		return;
	span_end(s, e->at);
	s->party = party_of(state);
}

json *case_delays(struct kernel *k, dbc *c, arena *a, const struct kase *q)
{
	struct spans s = {0};
	json *list = json_array(a);
	each_event(k, c, q->id, false, had, &s);
	span_end(&s, q->closed ? q->closed : kernel_now(k));
	const struct {
		const char *party;
		int64_t micros;
	} all[] = {{"applicant", s.applicant}, {"entity", s.entity}, {"platform", s.platform}};
	for (size_t i = 0; i < COUNT(all); i++) {
		json *v = json_object(a);
		json_set_str(a, v, "party", str_of(all[i].party));
		json_set_int(a, v, "micros", all[i].micros);
		json_push(list, v);
	}
	return list;
}
