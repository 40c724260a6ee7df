/* page_preview.c - what would have happened to last year's cases. */
#include "systems/policy/policy_in.h"

#include "web/server.h"

#define PREVIEW_CASES  20000
#define PREVIEW_MICROS (4 * SECOND)
#define PREVIEW_LISTED 200

struct preview {
	struct req *r;
	const struct at *at;
	const struct service *candidate;
	json *affected;
	int64_t hidden; /* affected cases whose references the reader may not see */
};

/* The name of a step, in either version. */
static json *step_name(struct preview *p, str id)
{
	arena *a = p->r->a;
	const json *el = bpmn_element_json(a, p->candidate->process, id);
	if (!el && p->at->s->process)
		el = bpmn_element_json(a, p->at->s->process, id);
	str en = json_str(el, "name"), ar = json_text(json_path(el, "attributes.name_ar"));
	en = en.n ? en : id;
	return text_pair(p->r->a, en, ar.n ? ar : en);
}

/* An answer for people: an amount as it is, how a process ends or where it waits. */
static json *reading(struct preview *p, str text)
{
	arena *a = p->r->a;
	const struct messages *t = server_settings(p->r->server)->texts;
	if (str_starts(text, STR("end:"))) {
		str end = str_sub(text, 4, text.n), key = str_cat(a, STR("case.state."), end);
		const json *own = service_end_text(p->candidate, STR("approved"), end);
		if (str_eq(end, STR("rejected")) || str_eq(end, STR("withdrawn")))
			own = service_end_text(p->candidate, end, end);
		if (own)
			return json_copy(a, own);
		return message_known(t, key)
		           ? view_both(p->r, str_c(a, key))
		           : text_pair(p->r->a, str_sub(text, 4, text.n), str_sub(text, 4, text.n));
	}
	if (!str_starts(text, STR("at:")))
		return text_pair(p->r->a, str_dup(a, text), str_dup(a, text));
	json *name = step_name(p, str_dup(a, str_sub(text, 3, text.n))), *out = json_object(a);
	for (int l = 0; l < LANG_COUNT; l++) {
		const char *code = lang_code((enum lang)l);
		json *args = json_object(a);
		json_set_str(a, args, "step", json_str(name, code));
		json_set_str(a, out, code,
		             message_text(t, a, (enum lang)l, STR("policy.preview.waits"), 0, args, false));
	}
	return out;
}

static void set_answer(struct preview *p, json *o, const char *name, str text)
{
	if (text.n)
		json_set(p->r->a, o, name, reading(p, text));
}

static void one(void *ctx, const struct replay_case *x)
{
	struct preview *p = ctx;
	arena *a = p->r->a;
	if (!may(&p->r->session.rights, PERM_case_read, x->entity)) {
		p->hidden++;
		return;
	}
	if (p->affected->count >= PREVIEW_LISTED)
		return;
	json *o = json_push(p->affected, json_object(a));
	json_set_str(a, o, "reference", str_dup(a, x->reference));
	json_set_int(a, o, "submitted", x->submitted);
	set_answer(p, o, "then", x->then.text);
	set_answer(p, o, "now", x->now.text);
}

static void sums(struct req *r, json *v, const struct replay *x)
{
	json *list = json_set(r->a, v, "sums", json_array(r->a));
	for (size_t i = 0; i < x->n_sums; i++) {
		const struct replay_sum *s = &x->sum[i];
		const struct {
			const char *name;
			int64_t minor;
		} part[] = {{"then", s->then.minor},
		            {"now", s->now.minor},
		            {"difference", s->now.minor - s->then.minor}};
		json *o = json_push(list, json_object(r->a));
		json_set_str(r->a, o, "currency", s->currency);
		for (size_t k = 0; k < COUNT(part); k++) {
			json *m = json_set(r->a, o, part[k].name, json_object(r->a));
			json_set_int(r->a, m, "minor", part[k].minor);
			json_set_str(r->a, m, "currency", s->currency);
		}
	}
}

static void counts(struct preview *p, json *v, const struct replay *x)
{
	struct req *r = p->r;
	json *pairs = json_set(r->a, v, "pairs", json_array(r->a));
	json_set_int(r->a, v, "cases", x->cases);
	json_set_int(r->a, v, "erased", x->erased);
	json_set_int(r->a, v, "same", x->same);
	json_set_int(r->a, v, "changed_cases", x->changed);
	json_set_int(r->a, v, "lost", x->lost);
	json_set_int(r->a, v, "unequal", x->unequal);
	json_set_int(r->a, v, "others", x->others);
	json_set_bool(r->a, v, "limited", x->limited);
	for (size_t i = 0; i < x->n_pairs; i++) {
		json *o = json_push(pairs, json_object(r->a));
		set_answer(p, o, "then", x->pair[i].then);
		set_answer(p, o, "now", x->pair[i].now);
		json_set_int(r->a, o, "n", x->pair[i].n);
		if (x->pair[i].rule)
			json_set(r->a, o, "rule", x->pair[i].rule);
	}
}

/* The span asked for, by default the year up to today. */
static void span(struct req *r, const struct pack *p, json *v, struct replay_ask *q)
{
	int64_t today = policy_today(r, p), from, to;
	if (!date_parse(req_field(r, "to"), &to))
		to = today;
	if (!date_parse(req_field(r, "from"), &from) || from > to)
		from = to - 365;
	json_set_str(r->a, v, "from", date_print(r->a, from));
	json_set_str(r->a, v, "to", date_print(r->a, to));
	q->from = policy_day_begins(p, from);
	q->to = policy_day_begins(p, to + 1);
}

err page_policy_preview(struct req *r)
{
	struct at at;
	struct checked k;
	struct replay *x = NEW(r->a, struct replay);
	err e = policy_at(r, PERM_policy_write, &at);
	if (e)
		return e;
	policy_check(r, &at.ch, &at.m, &k);
	if (!k.s)
		return req_redirect(r, "/policy/changes/%lld", (long long)at.ch.id);
	struct preview p = {.r = r, .at = &at, .candidate = k.s, .affected = json_array(r->a)};
	struct replay_ask q = {.candidate = k.s,
	                       .decision = at.m.process ? (str){0} : at.m.id,
	                       .cases_max = PREVIEW_CASES,
	                       .micros_max = PREVIEW_MICROS};
	json *v = json_object(r->a);
	policy_crumbs(r, v, &at);
	span(r, at.p, v, &q);
	e = case_replay(r->k, r->db, r->a, &q, one, &p, x);
	if (e)
		return req_fail(r, e, "", "the cases cannot be decided again");
	json_set(r->a, v, "change", policy_change_view(r, at.p, &at.ch));
	json_set(r->a, v, "title", at.m.title);
	json_set_bool(r->a, v, "process", at.m.process);
	counts(&p, v, x);
	sums(r, v, x);
	json_set(r->a, v, "affected", p.affected);
	json_set_int(r->a, v, "hidden", p.hidden);
	json_set_int(r->a, v, "listed", (int64_t)p.affected->count);
	return req_view(r, "policy/preview", v);
}
