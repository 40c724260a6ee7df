/*
 * mandates.c - acting for somebody else: who may, for which service, until when.
 *
 * The principal gives a mandate to a person named by the whole personal number, and
 * ends it at any time; the agent then sees nothing of theirs any more. A mandate
 * for one service opens no other. Cases keep both: the applicant, and the agent who
 * acted. Nobody passes a mandate on.
 */
#include "systems/portal/applying.h"

#define MANDATES_MAX 50

struct mandate_form {
	int64_t agent;
	str service; /* "*": any */
	instant until;
};

/* ---- reading ---- */

static struct mandate read_mandate(arena *a, rows *r)
{
	return (struct mandate){.id = db_int(r, 0),
	                        .principal = db_int(r, 1),
	                        .agent = db_int(r, 2),
	                        .service = str_dup(a, db_text(r, 3)),
	                        .given = db_int(r, 4),
	                        .until = db_int(r, 5)};
}

static size_t mandates(dbc *c, arena *a, struct sql *q, int64_t person, instant at,
                       struct mandate *out)
{
	size_t n = 0;
	rows *r = db_query(c, q, D_INT(person), D_INT(at), D_INT(MANDATES_MAX));
	while (n < MANDATES_MAX && db_next(r))
		out[n++] = read_mandate(a, r);
	db_done(r);
	return n;
}

size_t mandates_of_agent(dbc *c, arena *a, int64_t agent, instant at, struct mandate **out)
{
	*out = NEWN(a, struct mandate, MANDATES_MAX);
	return mandates(c, a, &sql_portal_mandate_agent, agent, at, *out);
}

bool mandate_covers(const struct mandate *m, str service)
{
	return str_eq(m->service, STR("*")) || str_eq(m->service, service);
}

bool acts_for(dbc *c, arena *a, int64_t agent, int64_t principal, str service, instant at)
{
	struct mandate *m;
	size_t n = mandates_of_agent(c, a, agent, at, &m);
	for (size_t i = 0; i < n; i++)
		if (m[i].principal == principal && mandate_covers(&m[i], service))
			return true;
	return false;
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
	size_t n = mandates(r->db, r->a, &sql_portal_mandate_principal, r->session.person, r->now, m);
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

err prepare_portal_mandate_give(struct req *r)
{
	struct mandate_form *f = NEW(r->a, struct mandate_form);
	const struct pack *pack = pack_current(r->k);
	struct person agent = {0};
	const char *wrong = NULL;
	r->state = f;
	f->service = req_field(r, "service");
	f->until = r->now + req_field_int(r, "span", 30, 1, 365) * DAY;
	const struct service *s = pack ? pack_service(pack, f->service) : NULL;
	if (!person_by_number(r->db, r->a, number_normal(r->a, req_field(r, "number")), &agent))
		wrong = "portal.accounts.unknown_number";
	else if (agent.id == r->session.person)
		wrong = "portal.mandate.oneself";
	f->agent = agent.id;
	if (!wrong && (str_eq(f->service, STR("*")) || (s && s->process)))
		return OK;
	json *v = mandates_view(r);
	view_error(r, v, wrong ? "number" : "service",
	           view_text(r, wrong ? wrong : "portal.mandate.no_service", 0, NULL));
	return req_again(r, "portal/mandates", v);
}

err decide_portal_mandate_give(struct tx *tx, struct req *r)
{
	const struct mandate_form *f = r->state;
	json *d = json_object(tx->a);
	json_set_int(tx->a, d, "mandate", tx_id(tx));
	json_set_int(tx->a, d, "agent", f->agent);
	json_set_str(tx->a, d, "service", f->service);
	json_set_int(tx->a, d, "until", f->until);
	return tx_emit(
	    tx,
	    (struct emission){.kind = "portal.mandate_given", .subject = r->session.person, .data = d});
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
	size_t n = mandates(r->db, r->a, &sql_portal_mandate_principal, r->session.person, r->now, m);
	for (size_t i = 0; i < n; i++)
		if (m[i].id == id) {
			r->state = &m[i];
			return OK;
		}
	return nothing_here(r);
}

err decide_portal_mandate_end(struct tx *tx, struct req *r)
{
	const struct mandate *m = r->state;
	json *d = json_object(tx->a);
	json_set_int(tx->a, d, "mandate", m->id);
	return tx_emit(
	    tx,
	    (struct emission){.kind = "portal.mandate_ended", .subject = r->session.person, .data = d});
}

err answer_portal_mandate_end(struct req *r)
{
	req_flash(r, "portal.mandate.was_ended");
	return req_redirect(r, "/profile/mandates");
}

/* ---- folds ---- */

void fold_mandate_given(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	db_exec(c, &sql_portal_mandate_insert, D_INT(json_int(e->data, "mandate", 0)),
	        D_INT(e->subject), D_INT(json_int(e->data, "agent", 0)),
	        D_TEXT(json_str(e->data, "service")), D_INT(e->at),
	        D_INT(json_int(e->data, "until", 0)));
}

void fold_mandate_ended(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	db_exec(c, &sql_portal_mandate_end, D_INT(json_int(e->data, "mandate", 0)), D_INT(e->at));
}

void fold_mandates_erased(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	db_exec(c, &sql_portal_mandate_erase, D_INT(e->subject));
}
