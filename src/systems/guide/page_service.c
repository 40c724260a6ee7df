/* page_service.c - a service's card. */
#include "kernel/cases/cases.h"
#include "systems/guide/guide_in.h"
#include "web/server.h"

/* The service a card's page is about; ERR_not_found when it is not in force. */
err guide_service(struct req *r, const struct pack **p, const struct service **s)
{
	err e = guide_pack(r, p);
	if (e)
		return e;
	*s = pack_service(*p, req_param(r, "id"));
	if (!*s || !guide_in_force(*s, calendar_day((*p)->calendar, r->now)))
		return req_fail(r, ERR_not_found, "", "there is no such service");
	return OK;
}

static json *named(struct req *r, const json *ids, const json *list, const char *member)
{
	json *out = json_array(r->a);
	for (const json *i = ids ? ids->first : NULL; i; i = i->next) {
		const json *item = guide_item(list, json_text(i));
		if (item)
			json_push(out, json_copy(r->a, json_get(item, member)));
	}
	return out;
}

static json *documents(struct req *r, const struct pack *p, const struct service *s)
{
	json *out = json_array(r->a);
	const json *list = json_get(s->card, "documents");
	for (const json *d = list ? list->first : NULL; d; d = d->next) {
		const json *type = guide_item(p->evidence_types, json_str(d, "evidence"));
		if (!type)
			continue;
		json *o = json_push(out, json_object(r->a));
		json_set(r->a, o, "title", json_copy(r->a, json_get(type, "name")));
		if (json_get(d, "when"))
			json_set(r->a, o, "when", json_copy(r->a, json_get(d, "when")));
		json_set_bool(r->a, o, "held", json_truth(type, "once_only"));
		json_set_bool(r->a, o, "optional", !json_truth(d, "required"));
		if (json_get(type, "service") && !str_eq(json_str(type, "service"), s->id))
			json_set_str(r->a, o, "href",
			             view_href(r, "/services/%s", str_c(r->a, json_str(type, "service"))));
		if (json_get(type, "issuer"))
			json_set(r->a, o, "issuer", guide_entity_name(r->a, p, json_str(type, "issuer")));
	}
	return out;
}

/* A law with its text, where that is published; NULL when nobody knows it. */
static json *law(struct req *r, const struct pack *p, str id)
{
	const json *known = id.n ? guide_item(p->legal, id) : NULL;
	if (!known)
		return NULL;
	json *o = json_object(r->a);
	json_set(r->a, o, "title", json_copy(r->a, json_get(known, "title")));
	json_set_str(r->a, o, "href", json_str(known, "url"));
	return o;
}

static json *fees(struct req *r, const struct pack *p, const struct service *s)
{
	json *out = json_array(r->a);
	int64_t day = calendar_day(p->calendar, r->now);
	const json *list = json_get(s->card, "fees");
	for (const json *f = list ? list->first : NULL; f; f = f->next) {
		if (!service_fee_in_force(f, day))
			continue;
		json *o = json_push(out, json_object(r->a));
		json_set(r->a, o, "label", json_copy(r->a, json_get(f, "label")));
		if (json_get(f, "condition"))
			json_set(r->a, o, "condition", json_copy(r->a, json_get(f, "condition")));
		int64_t minor = json_int(f, "amount_minor", 0);
		bool varies = json_truth(f, "variable"); /* its amount is set case by case */
		json *basis = law(r, p, json_str(f, "legal"));
		if (basis)
			json_set(r->a, o, "legal", basis);
		json_set_bool(r->a, o, "varies", varies);
		json_set_bool(r->a, o, "free", minor == 0 && !varies);
		json *amount = json_set(r->a, o, "amount", json_object(r->a));
		json_set_int(r->a, amount, "minor", minor);
		json_set_str(r->a, amount, "currency", json_str(f, "currency"));
		str unit = json_str(f, "unit");
		if (!str_eq(unit, STR("application")))
			json_set(r->a, o, "unit",
			         view_both(r, str_c(r->a, str_cat(r->a, STR("guide.unit."), unit))));
	}
	/* One line that says "no fee" is no table: the page says so by itself. */
	const json *only = out->count == 1 ? out->first : NULL;
	bool nothing = only && json_truth(only, "free") && !json_get(only, "condition") &&
	               !json_get(only, "legal");
	return nothing ? json_array(r->a) : out;
}

static void rating(struct req *r, const struct service *s, json *v)
{
	rows *q = db_query(r->db, &sql_guide_rating_get, D_TEXT(s->id));
	if (db_next(q)) {
		int64_t n = db_int(q, 0), tenths = (db_int(q, 1) * 10 + n / 2) / n;
		json *o = json_set(r->a, v, "rating", json_object(r->a));
		json_set_int(r->a, o, "count", n);
		json_set_str(
		    r->a, o, "average",
		    str_fmt(r->a, "%lld.%lld", (long long)(tenths / 10), (long long)(tenths % 10)));
	}
	db_done(q);
}

/* What the button does: start here, go on with a draft, or sign in first. */
static void start(struct req *r, const struct service *s, json *about)
{
	if (!s->definition)
		return;
	bool needs_person = !str_eq(json_str(s->definition, "login"), STR("none"));
	str there = view_href(r, "/services/%.*s/apply", STRF(s->id)); /* by way of signing in */
	if (needs_person && r->session.level != SESSION_FULL) {
		json_set_str(r->a, about, "sign_in", there);
		return;
	}
	struct kase q;
	json_set_bool(r->a, about, "apply", true);
	json_set_str(r->a, about, "start", there);
	if (r->session.person && case_open_of(r->db, r->a, r->session.person, s->id, &q) &&
	    str_eq(q.state, STR("draft")))
		json_set_str(r->a, about, "draft",
		             view_href(r, "/applications/%lld/continue", (long long)q.id));
}

/* An appointment is booked in the form: at the page that asks the day, of a draft. */
static void appointment(struct req *r, const struct service *s, json *about)
{
	const json *names = json_get(s->definition, "appointment");
	ptrdiff_t page = names && s->form ? form_page_of(s->form, json_str(names, "day")) : -1;
	struct kase q;
	if (page < 0)
		return;
	str there = view_href(r, "/services/%.*s/apply", STRF(s->id));
	if (r->session.level == SESSION_FULL && case_open_of(r->db, r->a, r->session.person, s->id, &q))
		there = str_eq(q.state, STR("draft"))
		            ? view_href(r, "/applications/%lld/form/%.*s", (long long)q.id,
		                        STRF(form_page_id(s->form, (size_t)page)))
		            : view_href(r, "/applications/%.*s", STRF(q.reference));
	json_set_str(r->a, about, "appointment", there);
}

json *guide_about(struct req *r, const struct service *s)
{
	json *o = json_object(r->a);
	json_set_str(r->a, o, "id", s->id);
	json_set(r->a, o, "title", json_copy(r->a, json_get(s->card, "title")));
	json_set(r->a, o, "summary", json_copy(r->a, json_get(s->card, "summary")));
	json_set(r->a, o, "description", json_copy(r->a, json_get(s->card, "description")));
	json_set_str(r->a, o, "updated", json_str(s->card, "reviewed"));
	json_set(r->a, o, "time", guide_duration(r, json_get(s->card, "process_time")));
	json_set(
	    r->a, o, "login",
	    view_both(r, str_c(r->a, str_cat(r->a, STR("guide.login."), json_str(s->card, "login")))));
	start(r, s, o);
	appointment(r, s, o);
	return o;
}

static json *provider(struct req *r, const struct pack *p, const struct service *s)
{
	const json *body = guide_item(p->entities, s->entity);
	json *o = json_object(r->a);
	json_set_str(r->a, o, "id", s->entity);
	json_set(r->a, o, "name", guide_entity_name(r->a, p, s->entity));
	json_set_str(r->a, o, "phone", json_str(body, "telephone"));
	return o;
}

/* Other bodies that take part. */
static json *partners(struct req *r, const struct pack *p, const struct service *s)
{
	json *out = json_array(r->a);
	const json *list = json_get(s->card, "partners");
	for (const json *i = list ? list->first : NULL; i; i = i->next) {
		json *o = json_push(out, json_object(r->a));
		json_set(r->a, o, "name", guide_entity_name(r->a, p, json_text(i)));
		json_set_str(r->a, o, "href", view_href(r, "/entities/%s", str_c(r->a, json_text(i))));
	}
	return out;
}

static json *legal(struct req *r, const struct pack *p, const struct service *s)
{
	json *out = json_array(r->a);
	const json *list = json_get(s->card, "legal");
	for (const json *i = list ? list->first : NULL; i; i = i->next) {
		json *o = law(r, p, json_text(i));
		if (o)
			json_push(out, o);
	}
	return out;
}

void guide_service_crumbs(struct req *r, const struct pack *p, const struct service *s, json *v)
{
	json *list = json_set(r->a, v, "crumbs", guide_crumbs(r));
	guide_crumb(r, list, view_both(r, "guide.title"), "/guide");
	const json *events = json_get(s->card, "life_events");
	const json *event = events ? guide_item(p->life_events, json_text(json_at(events, 0))) : NULL;
	if (event)
		guide_crumb(r, list, json_copy(r->a, json_get(event, "name")),
		            str_c(r->a, str_cat(r->a, STR("/life-events/"), json_str(event, "id"))));
}

json *guide_card_view(struct req *r, const struct pack *p, const struct service *s)
{
	json *v = json_object(r->a);
	const json *c = s->card;
	guide_service_crumbs(r, p, s, v);
	json *about = json_set(r->a, v, "service", guide_about(r, s)), *usual = guide_usual(r, p, s);
	if (usual)
		json_set(r->a, about, "usual", usual);
	if (r->session.level == SESSION_FULL)
		json_set_int(r->a, v, "star", guide_starred(r, s->id) ? 2 : 1);
	else
		json_set_str(r->a, v, "star_sign_in",
		             view_href(r, "/sign-in?next=/services/%.*s", STRF(s->id)));
	json_set(r->a, v, "conditions", json_copy(r->a, json_get(c, "conditions")));
	json_set(r->a, v, "documents", documents(r, p, s));
	json_set(r->a, v, "fees", fees(r, p, s));
	json_set(r->a, v, "steps", json_copy(r->a, json_get(c, "steps")));
	if (json_get(c, "presence_required"))
		json_set(r->a, v, "presence", json_copy(r->a, json_get(c, "presence_required")));
	json_set_str(r->a, v, "embed",
	             str_fmt(r->a,
	                     "<iframe src=\"%.*s/%s/embed/services/%.*s\" title=\"%.*s\" width=\"360\""
	                     " height=\"300\"></iframe>",
	                     STRF(server_public_url(r->server)), lang_code(r->lang), STRF(s->id),
	                     STRF(req_pick(r, json_get(c, "title")))));
	json_set(r->a, v, "legal", legal(r, p, s));
	json_set(r->a, v, "provider", provider(r, p, s));
	json_set(r->a, v, "partners", partners(r, p, s));
	if (json_get(c, "questions"))
		json_set(r->a, v, "questions", json_copy(r->a, json_get(c, "questions")));
	if (json_get(c, "terms"))
		json_set(r->a, v, "terms", json_copy(r->a, json_get(c, "terms")));
	json_set(r->a, v, "who", json_copy(r->a, json_get(c, "beneficiaries")));
	json_set(r->a, v, "channels", named(r, json_get(c, "channels"), p->channels, "name"));
	json_set(r->a, v, "methods",
	         named(r, json_get(c, "payment_methods"), p->payment_methods, "name"));
	json_set(r->a, v, "centres", named(r, json_get(c, "centres"), p->centres, "name"));
	if (json_get(c, "centres") && json_get(c, "centres")->count)
		json_set(r->a, v, "areas", guide_areas(r, p, (str){0}));
	if (s->n_decisions)
		json_set_str(r->a, v, "rule_href", view_href(r, "/services/%.*s/fee", STRF(s->id)));
	rating(r, s, v);
	return v;
}

err page_guide_service(struct req *r)
{
	const struct pack *p;
	const struct service *s;
	if (guide_moved(r, "/services/", ""))
		return OK;
	err e = guide_service(r, &p, &s);
	if (e)
		return e;
	r->cacheable = r->session.level != SESSION_FULL;
	return req_view(r, "guide/service", guide_card_view(r, p, s));
}

/* The text of a change by its hash, as systems/policy keeps it: over the service as it is. */
err page_guide_preview(struct req *r)
{
	const struct pack *p;
	str text;
	err e = guide_pack(r, &p);
	if (e)
		return e;
	bool known = pack_text(r->db, r->a, req_param(r, "hash"), &text);
	const json *card = known ? json_parse(r->a, text, NULL) : NULL;
	const struct service *now = pack_service(p, json_str(card, "id"));
	if (!now || !json_get(card, "process_time"))
		return req_fail(r, ERR_not_found, "", "there is nothing at this address");
	e = req_require(r, PERM_editor_edit, now->entity);
	if (e)
		return e;
	struct service s = *now;
	s.card = card;
	json *v = guide_card_view(r, p, &s);
	json_set_bool(r->a, v, "preview", true);
	json_remove(v, STR("star"));
	return req_view(r, "guide/service", v);
}
