/*
 * apply.c - from a service's card to a draft: who applies, whether they may, and
 * what they have begun before.
 */
#include "systems/portal/applying.h"

struct start {
	const struct service *s;
	struct person who;
	const json *refusal;
	struct kase open; /* id 0: none */
	struct mandate *mandate;
	size_t n_mandates; /* under which the reader may apply for others here */
	int64_t principal; /* the other, or 0 */
};

/* Mandates for this service, and the one that the form or link names. */
static bool principal_read(struct req *r, struct start *t)
{
	int64_t wanted = 0;
	str_i64(req_field(r, "for"), &wanted);
	size_t n = mandates_of_agent(r->db, r->a, r->session.person, r->now, &t->mandate);
	for (size_t i = 0; i < n; i++) {
		if (!mandate_covers(&t->mandate[i], t->s->id))
			continue;
		if (t->mandate[i].id == wanted)
			t->principal = t->mandate[i].principal;
		t->mandate[t->n_mandates++] = t->mandate[i];
	}
	return !wanted || t->principal;
}

static err start_read(struct req *r, struct start *t)
{
	const struct pack *p = pack_current(r->k);
	t->s = p ? pack_service(p, req_param(r, "id")) : NULL;
	if (!t->s || !t->s->process || !t->s->form)
		return req_fail(r, ERR_not_found, "", "there is nothing at this address");
	if (!principal_read(r, t) ||
	    !person_get(r->db, r->a, t->principal ? t->principal : r->session.person, &t->who))
		return nothing_here(r);
	json *context = service_context(r->a, p, person_view(r->a, &t->who), json_object(r->a), r->now);
	t->refusal = service_refusal(r->a, t->s, context, r->now);
	/* What somebody has begun without the reader is not the reader's to see. */
	if (!case_open_of(r->db, r->a, t->who.id, t->s->id, &t->open) || !case_is_own(r, &t->open))
		t->open.id = 0;
	return OK;
}

static bool blocked(const struct start *t)
{
	return t->refusal || (t->open.id && !str_eq(t->open.state, STR("draft")) &&
	                      json_truth(t->s->definition, "one_open_case"));
}

/* Pages that the person will see, as far as registers tell. */
static int64_t pages_ahead(struct req *r, const struct start *t)
{
	json *sources = json_object(r->a);
	json_set(r->a, sources, "applicant", person_view(r->a, &t->who));
	json_set(r->a, sources, "person", person_view(r->a, &t->who));
	json *answers = form_prefill(t->s->form, sources, json_object(r->a), r->a);
	int64_t n = 0;
	for (size_t i = 0; i < form_pages(t->s->form); i++)
		n += form_page_shown(t->s->form, i, answers, r->a);
	return n;
}

/* The reader, and those for whom they may apply: each a choice. */
static void choices_view(struct req *r, const struct start *t, json *v)
{
	json *list = json_set(r->a, v, "as", json_array(r->a));
	for (size_t i = 0; i <= t->n_mandates && t->n_mandates; i++) {
		const struct mandate *m = i ? &t->mandate[i - 1] : NULL;
		struct person p = {0};
		person_get(r->db, r->a, m ? m->principal : r->session.person, &p);
		json *o = json_push(list, json_object(r->a));
		json_set_str(r->a, o, "text", r->lang == LANG_AR && p.name_ar.n ? p.name_ar : p.name_en);
		json_set_bool(r->a, o, "current", m ? m->principal == t->principal : !t->principal);
		json_set_str(
		    r->a, o, "href",
		    m ? view_href(r, "/services/%s/apply?for=%lld", str_c(r->a, t->s->id), (long long)m->id)
		      : view_href(r, "/services/%s/apply", str_c(r->a, t->s->id)));
		if (m && m->principal == t->principal)
			json_set_str(r->a, v, "for", str_fmt(r->a, "%lld", (long long)m->id));
	}
}

static json *start_view(struct req *r, const struct start *t)
{
	arena *a = r->a;
	json *v = json_object(a), *who = json_set(a, v, "applicant", json_object(a));
	json_set_str(a, v, "back", view_href(r, "/services/%s", str_c(a, t->s->id)));
	json_set(a, v, "service", service_view(a, t->s, t->s->id));
	json_set(a, v, "provider", view_entity(r, t->s->entity, r->now));
	bool ar = r->lang == LANG_AR;
	json_set_str(a, who, "name", ar && t->who.name_ar.n ? t->who.name_ar : t->who.name_en);
	json_set_str(a, who, "number", t->who.national_number);
	json_set(a, v, "refusal", t->refusal ? json_copy(a, t->refusal) : json_null(a));
	choices_view(r, t, v);
	json_set_bool(a, v, "may_start", !blocked(t));
	json_set_int(a, v, "pages", pages_ahead(r, t));
	if (!t->open.id)
		return v;
	json *open = json_set(a, v, "open", json_object(a));
	bool draft = str_eq(t->open.state, STR("draft"));
	json_set_str(a, open, "reference", t->open.reference);
	view_case_state(r, open, &t->open);
	json_set_bool(a, open, "draft", draft);
	view_at(r, open, "changed", t->open.changed);
	json_set_str(a, open, "href",
	             view_href(r, "/applications/%s%s", str_c(a, case_name(a, &t->open)),
	                       draft ? "/continue" : ""));
	return v;
}

err page_portal_apply(struct req *r)
{
	struct start t = {0};
	err e = start_read(r, &t);
	return e ? e : req_view(r, "portal/apply-start", start_view(r, &t));
}

err prepare_portal_apply(struct req *r)
{
	struct start *t = NEW(r->a, struct start);
	r->state = t;
	err e = start_read(r, t);
	if (!e && blocked(t))
		return req_again(r, "portal/apply-start", start_view(r, t));
	return e;
}

err decide_portal_apply(struct tx *tx, struct req *r)
{
	const struct start *t = r->state;
	struct kase q;
	if (t->principal &&
	    !acts_for(tx->db, tx->a, r->session.person, t->principal, t->s->id, tx->now, NULL))
		return tx_fail(tx, ERR_not_found, "", "there is nothing at this address");
	tx->actor.on_behalf = t->principal;
	err e = draft_open(tx, t->s, t->who.id, &q);
	if (e)
		return e;
	r->decided = json_object(tx->a);
	json_set_str(tx->a, r->decided, "case", case_name(tx->a, &q));
	return OK;
}

err answer_portal_apply(struct req *r)
{
	return req_redirect(r, "/applications/%s/continue", str_c(r->a, json_str(r->decided, "case")));
}

/* To where the person left off; of a fresh draft, to its first page, also when it
 * only shows what registers know. */
err page_portal_continue(struct req *r)
{
	struct applying p = {0};
	err e = applying_of(r, &p);
	if (e || r->redirect.n)
		return e;
	ptrdiff_t page = first_open(r, &p);
	if (!p.returned && p.q.revision <= 1)
		page = form_page_shown(p.s->form, 0, p.answers, r->a)
		           ? 0
		           : form_page_next(p.s->form, 0, p.answers, r->a);
	return req_redirect(r, "%s", str_c(r->a, page_path(r->a, &p, page)));
}
