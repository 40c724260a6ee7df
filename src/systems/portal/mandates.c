/*
 * mandates.c - acting for somebody else: who may, for which service, until when.
 *
 * The principal gives a mandate to a person named by the whole personal number, and
 * ends it at any time; the agent then sees nothing of theirs any more. A mandate
 * for one service opens no other. Cases keep both: the applicant, and the agent who
 * acted. Of a company its signatory gives and ends them. Nobody else passes one on.
 */
#include "systems/portal/applying.h"

/* Companies of which the reader is a signatory. */
static size_t companies(struct req *r, struct mandate **out)
{
	struct mandate *m;
	size_t n = mandates_of_agent(r->db, r->a, r->session.person, r->now, &m), kept = 0;
	for (size_t i = 0; i < n; i++)
		if (str_eq(m[i].basis, STR("signatory")))
			m[kept++] = m[i];
	*out = m;
	return kept;
}

/* Mandates that the reader may end: their own, and those of their companies. */
static size_t given_by(struct req *r, struct mandate *out, size_t max)
{
	struct mandate *m, *c;
	size_t kept = 0, n = mandates_of_principal(r->db, r->a, r->session.person, r->now, &m);
	for (size_t i = 0; i < n && kept < max; i++)
		out[kept++] = m[i];
	size_t firms = companies(r, &c);
	for (size_t k = 0; k < firms; k++) {
		n = mandates_of_principal(r->db, r->a, c[k].principal, r->now, &m);
		for (size_t i = 0; i < n && kept < max; i++)
			if (!mandate_whole(&m[i]))
				out[kept++] = m[i];
	}
	return kept;
}

/* ---- the page ---- */

static str name_in(struct req *r, const struct person *p)
{
	return r->lang == LANG_AR && p->name_ar.n ? p->name_ar : p->name_en;
}

static json *mandate_view(struct req *r, json *list, const struct mandate *m, int64_t other)
{
	struct person p = {0};
	const struct pack *pack = pack_current(r->k);
	json *o = json_push(list, json_object(r->a));
	person_get(r->db, r->a, other, &p);
	json_set_str(r->a, o, "id", str_fmt(r->a, "%lld", (long long)m->id));
	json_set_str(r->a, o, "name", name_in(r, &p));
	struct person owner = {0};
	if (m->principal != r->session.person && other != m->principal)
		person_get(r->db, r->a, m->principal, &owner);
	json_set_str(r->a, o, "for", owner.id ? name_in(r, &owner) : (str){0});
	json_set_str(
	    r->a, o, "basis",
	    mandate_whole(m)
	        ? req_text(r, str_c(r->a, str_fmt(r->a, "portal.mandate.basis.%.*s", STRF(m->basis))))
	        : (str){0});
	json_set_bool(r->a, o, "may_end", !mandate_whole(m));
	json_set_bool(r->a, o, "any", str_eq(m->service, STR("*")));
	json_set(
	    r->a, o, "service",
	    json_copy(r->a, json_get(service_view(r->a, pack ? pack_service(pack, m->service) : NULL,
	                                          m->service),
	                             "title")));
	view_day(r, o, "until", m->until);
	return o;
}

static void option(struct req *r, json *list, str value, json *text, const char *field)
{
	json *o = json_push(list, json_object(r->a));
	json_set_str(r->a, o, "value", value);
	json_set(r->a, o, "text", text);
	json_set_bool(r->a, o, "selected", str_eq(req_field(r, field), value));
}

static void options(struct req *r, json *v)
{
	static const char *const spans[] = {"30", "90", "365"};
	const struct pack *p = pack_current(r->k);
	json *list = json_set(r->a, v, "services", json_array(r->a));
	option(r, list, STR("*"), json_string(r->a, req_text(r, "portal.mandate.any")), "service");
	for (size_t i = 0; p && i < p->n_services; i++)
		if (p->services[i].process && p->services[i].form)
			option(r, list, p->services[i].id,
			       json_copy(r->a, json_get(p->services[i].card, "title")), "service");
	struct mandate *m;
	size_t n = companies(r, &m);
	list = json_set(r->a, v, "owners", json_array(r->a));
	for (size_t i = 0; i <= n && n; i++) {
		struct person who = {0};
		int64_t id = i ? m[i - 1].principal : r->session.person;
		person_get(r->db, r->a, id, &who);
		option(r, list, str_fmt(r->a, "%lld", (long long)id), json_string(r->a, name_in(r, &who)),
		       "owner");
	}
	list = json_set(r->a, v, "spans", json_array(r->a));
	for (size_t i = 0; i < COUNT(spans); i++) {
		str key = str_fmt(r->a, "portal.accounts.span.%s", spans[i]);
		option(r, list, str_of(spans[i]), json_string(r->a, req_text(r, str_c(r->a, key))), "span");
	}
}

static json *mandates_view(struct req *r)
{
	struct mandate *m = NEWN(r->a, struct mandate, MANDATES_MAX);
	json *v = json_object(r->a);
	view_crumb(r, v, req_text(r, "portal.profile.title"), view_href(r, "/profile"));
	view_crumb(r, v, req_text(r, "portal.mandate.title"), (str){0});
	json *list = json_set(r->a, v, "given", json_array(r->a));
	size_t n = given_by(r, m, MANDATES_MAX);
	for (size_t i = 0; i < n; i++)
		mandate_view(r, list, &m[i], m[i].agent);
	list = json_set(r->a, v, "held", json_array(r->a));
	n = mandates_of_agent(r->db, r->a, r->session.person, r->now, &m);
	for (size_t i = 0; i < n; i++)
		mandate_view(r, list, &m[i], m[i].principal);
	view_value(r, v, "number", req_field(r, "number"));
	options(r, v);
	return v;
}

err page_portal_mandates(struct req *r)
{
	return req_view(r, "portal/mandates", mandates_view(r));
}

/* ---- giving and ending ---- */

/* For whom: the reader, or a company whose signatory they are. */
static bool owner_read(struct req *r, int64_t *owner)
{
	struct mandate *m;
	size_t n = companies(r, &m);
	*owner = r->session.person;
	if (!req_field(r, "owner").n)
		return true;
	if (!str_i64(req_field(r, "owner"), owner))
		return false;
	bool may = *owner == r->session.person;
	for (size_t i = 0; i < n; i++)
		may |= m[i].principal == *owner;
	return may;
}

err prepare_portal_mandate_give(struct req *r)
{
	struct mandate *m = NEW(r->a, struct mandate);
	const struct pack *pack = pack_current(r->k);
	struct person agent = {0};
	const char *wrong = NULL;
	r->state = m;
	m->service = req_field(r, "service");
	m->until = r->now + req_field_int(r, "span", 30, 1, 365) * DAY;
	m->basis = STR("given");
	if (!owner_read(r, &m->principal))
		return nothing_here(r);
	const struct service *s = pack ? pack_service(pack, m->service) : NULL;
	if (!person_by_number(r->db, r->a, number_normal(r->a, req_field(r, "number")), &agent))
		wrong = "portal.accounts.unknown_number";
	else if (agent.id == m->principal || agent.id == r->session.person)
		wrong = "portal.mandate.oneself";
	m->agent = agent.id;
	if (!wrong && (str_eq(m->service, STR("*")) || (s && s->process)))
		return OK;
	json *v = mandates_view(r);
	view_error(r, v, wrong ? "number" : "service",
	           view_text(r, wrong ? wrong : "portal.mandate.no_service", 0, NULL));
	return req_again(r, "portal/mandates", v);
}

/* Still the company's signatory? */
static bool still(struct tx *tx, int64_t principal)
{
	struct mandate m;
	if (principal == tx->actor.person)
		return true;
	return acts_for(tx->db, tx->a, tx->actor.person, principal, STR("*"), tx->now, &m) &&
	       str_eq(m.basis, STR("signatory"));
}

static err for_owner(struct tx *tx, int64_t principal)
{
	tx->actor.on_behalf = principal == tx->actor.person ? 0 : principal;
	return still(tx, principal) ? OK : tx_fail(tx, ERR_not_found, "", "there is nothing here");
}

err decide_portal_mandate_give(struct tx *tx, struct req *r)
{
	struct mandate m = *(const struct mandate *)r->state;
	err e = for_owner(tx, m.principal);
	return e ? e : mandate_give(tx, &m);
}

err answer_portal_mandate_give(struct req *r)
{
	req_flash(r, "portal.mandate.was_given");
	return req_redirect(r, "/profile/mandates");
}

err prepare_portal_mandate_end(struct req *r)
{
	struct mandate *m = NEWN(r->a, struct mandate, MANDATES_MAX);
	int64_t id = 0;
	str_i64(req_field(r, "mandate"), &id);
	size_t n = given_by(r, m, MANDATES_MAX);
	for (size_t i = 0; i < n; i++)
		if (m[i].id == id && !mandate_whole(&m[i])) {
			r->state = &m[i];
			return OK;
		}
	return nothing_here(r);
}

err decide_portal_mandate_end(struct tx *tx, struct req *r)
{
	const struct mandate *m = r->state;
	err e = for_owner(tx, m->principal);
	return e ? e : mandate_end(tx, m);
}

err answer_portal_mandate_end(struct req *r)
{
	req_flash(r, "portal.mandate.was_ended");
	return req_redirect(r, "/profile/mandates");
}
