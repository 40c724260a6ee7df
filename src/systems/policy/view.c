/* view.c - what several pages say, and who may see it. */
#include "systems/policy/policy_in.h"

#include "web/server.h"

json *policy_person(struct req *r, int64_t id)
{
	struct person p;
	return id && person_get(r->db, r->a, id, &p) ? text_pair(r->a, p.name_en, p.name_ar) : NULL;
}

int64_t policy_today(struct req *r, const struct pack *p)
{
	return p->calendar ? calendar_day(p->calendar, r->now) : r->now / DAY;
}

instant policy_day_begins(const struct pack *p, int64_t day)
{
	return day * DAY - p->utc_offset * SECOND;
}

/* ---- who may ---- */

static err nothing(struct req *r)
{
	return req_fail(r, ERR_not_found, "", "there is nothing at this address");
}

static err find(struct req *r, enum permission p, str service, str model, struct at *out)
{
	out->p = pack_current(r->k);
	out->s = pack_service(out->p, service);
	if (!out->s || !out->s->definition)
		return nothing(r);
	err e = req_require(r, p, out->s->entity);
	if (e)
		return e;
	if (!policy_model_find(r, out->s, model, &out->m))
		return nothing(r);
	out->newest = service_newest(out->p, r->db, r->a, service);
	return OK;
}

err policy_service_at(struct req *r, struct at *out)
{
	*out = (struct at){0};
	return find(r, PERM_policy_write, req_param(r, "service"), req_param(r, "model"), out);
}

err policy_at(struct req *r, enum permission p, struct at *out)
{
	int64_t id;
	*out = (struct at){0};
	if (!req_param_id(r, "id", &id) || !change_get(r->db, r->a, id, &out->ch))
		return nothing(r);
	return find(r, p, out->ch.service, out->ch.model, out);
}

/* ---- parts of pages ---- */

json *policy_service_view(struct req *r, const struct service *s)
{
	json *v = json_object(r->a);
	json_set_str(r->a, v, "id", s->id);
	json_set_int(r->a, v, "version", s->version);
	json_set(r->a, v, "title", json_copy(r->a, json_get(s->card, "title")));
	json_set(r->a, v, "entity", view_entity(r, s->entity, r->now));
	return v;
}

static void person_set(struct req *r, json *o, const char *name, int64_t id)
{
	json *who = policy_person(r, id);
	if (who)
		json_set(r->a, o, name, who);
}

json *policy_change_view(struct req *r, const struct pack *p, const struct change *ch)
{
	json *o = json_object(r->a);
	struct model m;
	const struct service *s = pack_service(p, ch->service);
	json_set_str(r->a, o, "id", str_fmt(r->a, "%lld", (long long)ch->id));
	json_set_str(r->a, o, "state", ch->state);
	json_set_int(r->a, o, "base", ch->base);
	json_set_int(r->a, o, "version", ch->version);
	json_set_int(r->a, o, "changed", ch->changed);
	person_set(r, o, "author", ch->author);
	person_set(r, o, "decider", ch->decider);
	json_set_int(r->a, o, "decided", ch->decided);
	person_set(r, o, "approver", ch->approver);
	json_set_int(r->a, o, "approved", ch->approved);
	json_set_str(r->a, o, "from", ch->from);
	json_set_str(r->a, o, "reason", ch->reason);
	json_set_str(r->a, o, "answer", ch->answer);
	json_set_str(r->a, o, "hash", ch->text);
	if (s)
		json_set(r->a, o, "service", policy_service_view(r, s));
	if (str_eq(ch->model, STR(POLICY_CARD)))
		json_set(r->a, o, "title", view_both(r, "cards.card"));
	else if (s && policy_model_find(r, s, ch->model, &m))
		json_set(r->a, o, "title", m.title);
	return o;
}

void policy_error(struct req *r, json *v, const char *field, const char *key)
{
	json *list = json_get(v, "errors"), *form = json_get(v, "form");
	json *e = json_push(list, json_object(r->a)), *f = json_object(r->a);
	json_set_str(r->a, e, "text", req_text(r, key));
	json_set_str(r->a, e, "href", str_fmt(r->a, "#%s", field));
	json_set_str(r->a, f, "error", req_text(r, key));
	json_set(r->a, form, field, f);
}

static void crumb(struct req *r, json *list, json *text, str href)
{
	json *c = json_push(list, json_object(r->a));
	json_set(r->a, c, "text", text);
	if (href.n)
		json_set_str(r->a, c, "href", str_fmt(r->a, "/%s%.*s", lang_code(r->lang), STRF(href)));
}

void policy_crumbs(struct req *r, json *v, const struct at *at)
{
	json *list = json_set(r->a, v, "crumbs", json_array(r->a));
	crumb(r, list, view_both(r, "policy.title"), STR("/policy"));
	crumb(r, list, json_copy(r->a, json_get(at->s->card, "title")),
	      str_fmt(r->a, "/policy/services/%.*s/%.*s", STRF(at->s->id), STRF(at->m.id)));
}

void policy_asked_view(struct req *r, json *v, const struct at *at)
{
	str from = req_field(r, "from"), reason = req_field(r, "reason");
	json_set_str(r->a, v, "from",
	             from.n          ? from
	             : at->ch.from.n ? at->ch.from
	                             : date_print(r->a, policy_today(r, at->p) + 1));
	json_set_str(r->a, v, "reason", reason.n ? reason : at->ch.reason);
}
