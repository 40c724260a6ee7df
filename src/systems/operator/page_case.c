/*
 * page_case.c - a case that cannot go on by itself: where it stands, moved to another
 * step, or to another version of its service by a plan that was tried before.
 *
 * The operator sees the process and its words, not the applicant's answers.
 */
#include "kernel/cases/cases.h"
#include "systems/operator/operator_in.h"

#include "base/utf8.h"
#include "web/view.h"

#define VERSIONS_SHOWN 20
#define PLAN_MAX       200 /* steps that a plan names */
#define REASON_CHARS   1000

struct change { /* what the operator asks for */
	int64_t id, instance, version;
	str element, reason;
	json *plan;
};

static err case_of(struct req *r, struct kase *q)
{
	int64_t id = 0;
	if (!req_param_id(r, "id", &id) || !case_get(r->db, r->a, id, q) ||
	    str_eq(q->state, STR("draft")))
		return req_fail(r, ERR_not_found, "", "there is no such case");
	return OK;
}

static bool good_reason(str reason)
{
	return reason.n && utf8_length(reason) <= REASON_CHARS;
}

/* ---- what the page shows ---- */

static str two_texts(struct req *r, const json *two)
{
	return str_dup(r->a, req_pick(r, two));
}

static void option(struct req *r, json *items, str value, str text, bool selected)
{
	json *o = json_push(items, json_object(r->a));
	json_set_str(r->a, o, "value", value);
	json_set_str(r->a, o, "text", text);
	json_set_bool(r->a, o, "selected", selected);
}

/* The elements a step may go to, after an empty line that chooses none. */
static json *options(struct req *r, const json *to, str chosen)
{
	json *items = json_array(r->a);
	option(r, items, (str){0}, req_text(r, "operator.case.choose"), !chosen.n);
	for (const json *v = to ? to->first : NULL; v; v = v->next) {
		str id = json_str(v, "element"), name = two_texts(r, json_get(v, "name"));
		if (!str_eq(name, id))
			name = str_fmt(r->a, "%.*s (%.*s)", STRF(name), STRF(id));
		option(r, items, id, name, str_eq(id, chosen));
	}
	return items;
}

static void about(struct req *r, const struct kase *q, json *v)
{
	const struct service *s = service_at(r->k, r->db, q->service, q->version);
	const json *title = s ? json_get(s->card, "title") : NULL;
	json_set_str(r->a, v, "id", str_fmt(r->a, "%lld", (long long)q->id));
	json_set_str(r->a, v, "reference", q->reference);
	json_set_str(r->a, v, "service", title ? two_texts(r, title) : q->service);
	json_set_int(r->a, v, "version", q->version);
	view_case_state(r, v, q);
	json_set_int(r->a, v, "reason_max", REASON_CHARS);
}

static void add_error(struct req *r, json *v, str field, const char *key)
{
	json *list = json_get(v, "errors");
	if (!list)
		list = json_set(r->a, v, "errors", json_array(r->a));
	json *e = json_push(list, json_object(r->a));
	json_set_str(r->a, e, "text", req_text(r, key));
	json_set_str(r->a, e, "href", str_fmt(r->a, "#%.*s", STRF(field)));
}

static json *steps_view(struct req *r, const struct kase *q, const struct change *again)
{
	json *list = json_array(r->a);
	if (q->closed)
		return list;
	json *steps = case_steps(r->k, r->db, r->a, q);
	for (const json *s = steps->first; s; s = s->next) {
		int64_t instance = json_int(s, "instance", 0);
		bool this = again && again->instance == instance;
		json *v = json_push(list, json_object(r->a));
		json_set_int(r->a, v, "instance", instance);
		json_set_str(r->a, v, "element", json_str(s, "element"));
		json_set_str(r->a, v, "name", two_texts(r, json_get(s, "name")));
		json_set_bool(r->a, v, "parked", json_truth(s, "parked"));
		json_set_str(r->a, v, "to_id", str_fmt(r->a, "to-%lld", (long long)instance));
		json_set_str(r->a, v, "reason_id", str_fmt(r->a, "reason-%lld", (long long)instance));
		if (json_get(s, "to")->count)
			json_set(r->a, v, "items",
			         options(r, json_get(s, "to"), this ? again->element : (str){0}));
		if (this) {
			json_set_str(r->a, v, "reason", again->reason);
			if (!again->element.n)
				json_set_str(r->a, v, "to_error", req_text(r, "operator.case.to_needed"));
			if (!good_reason(again->reason))
				json_set_str(r->a, v, "reason_error", req_text(r, "operator.case.reason_needed"));
		}
	}
	return list;
}

static json *versions_view(struct req *r, const struct kase *q)
{
	int64_t version[VERSIONS_SHOWN];
	json *list = json_array(r->a);
	size_t n = service_versions(r->db, q->service, version, VERSIONS_SHOWN);
	for (size_t i = 0; i < n && !q->closed; i++)
		if (version[i] != q->version) {
			json *v = json_push(list, json_object(r->a));
			json_set_int(r->a, v, "version", version[i]);
		}
	return list;
}

static json *case_view(struct req *r, const struct kase *q, const struct change *again)
{
	json *v = json_object(r->a);
	about(r, q, v);
	json_set_bool(r->a, v, "closed", q->closed != 0);
	json_set_str(r->a, v, "diagram",
	             str_fmt(r->a, "/%s/operator/cases/%lld/diagram.svg", lang_code(r->lang),
	                     (long long)q->id));
	json_set(r->a, v, "incidents", case_incidents(r->db, r->a, q->id));
	json_set(r->a, v, "steps", steps_view(r, q, again));
	json_set(r->a, v, "versions", versions_view(r, q));
	return v;
}

err page_operator_case(struct req *r)
{
	struct kase q;
	err e = case_of(r, &q);
	return e ? e : req_view(r, "operator/case", case_view(r, &q, NULL));
}

static str span_text(void *ctx, arena *a, int64_t micros)
{
	return duration_text(a, ((const struct req *)ctx)->lang, micros);
}

err page_operator_diagram(struct req *r)
{
	struct kase q;
	err e = case_of(r, &q);
	if (e)
		return e;
	str svg = case_diagram(r->k, r->db, r->a, &q, r->lang == LANG_AR, span_text, r);
	return svg.n ? req_content(r, "image/svg+xml", svg, NULL)
	             : req_fail(r, ERR_not_found, "", "this service has no process");
}

/* ---- moving ---- */

static bool offered(struct req *r, const struct kase *q, const struct change *c)
{
	json *steps = case_steps(r->k, r->db, r->a, q);
	for (const json *s = steps->first; s; s = s->next)
		for (const json *to = json_get(s, "to")->first; to; to = to->next)
			if (json_int(s, "instance", 0) == c->instance &&
			    str_eq(json_str(to, "element"), c->element))
				return true;
	return false;
}

err prepare_operator_case_move(struct req *r)
{
	struct change *c = NEW(r->a, struct change);
	struct kase q;
	err e = case_of(r, &q);
	if (e)
		return e;
	r->state = c;
	*c = (struct change){.id = q.id,
	                     .instance = req_field_int(r, "instance", 0, 0, INT64_MAX),
	                     .element = req_field(r, "to"),
	                     .reason = str_trim(req_field(r, "reason"))};
	if (c->element.n && !offered(r, &q, c))
		return req_fail(r, ERR_conflict, "", "the case no longer stands where the page showed it");
	if (c->element.n && good_reason(c->reason))
		return OK;
	json *v = case_view(r, &q, c);
	if (!c->element.n)
		add_error(r, v, str_fmt(r->a, "to-%lld", (long long)c->instance),
		          "operator.case.to_needed");
	if (!good_reason(c->reason))
		add_error(r, v, str_fmt(r->a, "reason-%lld", (long long)c->instance),
		          "operator.case.reason_needed");
	return req_again(r, "operator/case", v);
}

static err told(struct tx *tx, const char *kind, const struct change *c, json *data)
{
	struct kase q;
	if (!case_get(tx->db, tx->a, c->id, &q))
		return tx_fail(tx, ERR_not_found, "", "there is no such case");
	json *secret = json_object(tx->a);
	json_set_str(tx->a, secret, "reason", c->reason);
	return tx_emit(tx, (struct emission){.kind = kind,
	                                     .entity = q.entity,
	                                     .subject = q.applicant,
	                                     .case_id = q.id,
	                                     .data = data,
	                                     .secret = secret});
}

err decide_operator_case_move(struct tx *tx, struct req *r)
{
	const struct change *c = r->state;
	json *d = json_object(tx->a);
	json_set_int(tx->a, d, "instance", c->instance);
	json_set_str(tx->a, d, "element", c->element);
	err e = told(tx, "operator.case_moved", c, d);
	return e ? e : case_move(tx, c->id, c->instance, c->element);
}

err answer_operator_case_move(struct req *r)
{
	const struct change *c = r->state;
	req_flash(r, "operator.case.moved");
	return req_redirect(r, "/operator/cases/%lld", (long long)c->id);
}

/* ---- another version ---- */

static json *plan_view(struct req *r, const struct kase *q, const struct change *c)
{
	json *missing = case_missing(r->k, r->db, r->a, q, c->version);
	if (!missing)
		return NULL;
	json *v = json_object(r->a), *list = json_array(r->a);
	about(r, q, v);
	json_set_int(r->a, v, "to_version", c->version);
	json_set_str(r->a, v, "reason", c->reason);
	for (const json *m = missing->first; m; m = m->next) {
		str id = json_str(m, "element");
		json *o = json_push(list, json_object(r->a));
		json_set_str(r->a, o, "field", str_fmt(r->a, "plan.%.*s", STRF(id)));
		json_set_str(
		    r->a, o, "name",
		    str_fmt(r->a, "%.*s (%.*s)", STRF(two_texts(r, json_get(m, "name"))), STRF(id)));
		json_set(r->a, o, "items",
		         options(r, json_get(m, "to"), json_str(c->plan, str_c(r->a, id))));
	}
	json_set(r->a, v, "plan", list);
	return v;
}

static err change_of(struct req *r, struct kase *q, struct change *c)
{
	err e = case_of(r, q);
	if (e)
		return e;
	*c = (struct change){.id = q->id,
	                     .version = req_field_int(r, "version", 0, 1, INT64_MAX),
	                     .reason = str_trim(req_field(r, "reason")),
	                     .plan = json_object(r->a)};
	for (size_t i = 0; i < r->n_fields && c->plan->count < PLAN_MAX; i++)
		if (str_starts(r->fields[i].name, STR("plan.")) && r->fields[i].value.n)
			json_set_key(r->a, c->plan, str_sub(r->fields[i].name, 5, r->fields[i].name.n),
			             json_string(r->a, r->fields[i].value));
	if (q->closed)
		return req_fail(r, ERR_case_closed, "", "only a running case has a version to leave");
	return OK;
}

err page_operator_migrate(struct req *r)
{
	struct kase q;
	struct change c;
	err e = change_of(r, &q, &c);
	json *v = e ? NULL : plan_view(r, &q, &c);
	if (e)
		return e;
	return v ? req_view(r, "operator/migrate", v)
	         : req_fail(r, ERR_not_found, "", "there is no such version");
}

err prepare_operator_migrate(struct req *r)
{
	struct change *c = NEW(r->a, struct change);
	struct kase q;
	err e = change_of(r, &q, c);
	json *v = e ? NULL : plan_view(r, &q, c);
	if (e)
		return e;
	r->state = c;
	if (!v)
		return req_fail(r, ERR_not_found, "", "there is no such version");
	bool fits = case_fits(r->k, r->db, r->a, &q, c->version, c->plan);
	if (fits && good_reason(c->reason))
		return OK;
	if (!fits)
		add_error(r, v, STR("plan"), "operator.migrate.unfit");
	if (!good_reason(c->reason)) {
		add_error(r, v, STR("reason"), "operator.case.reason_needed");
		json_set_str(r->a, v, "reason_error", req_text(r, "operator.case.reason_needed"));
	}
	return req_again(r, "operator/migrate", v);
}

err decide_operator_migrate(struct tx *tx, struct req *r)
{
	const struct change *c = r->state;
	json *d = json_object(tx->a);
	json_set_int(tx->a, d, "version", c->version);
	err e = told(tx, "operator.case_migrated", c, d);
	return e ? e : case_migrate(tx, c->id, c->version, c->plan);
}

err answer_operator_migrate(struct req *r)
{
	const struct change *c = r->state;
	req_flash(r, "operator.migrate.done");
	return req_redirect(r, "/operator/cases/%lld", (long long)c->id);
}
