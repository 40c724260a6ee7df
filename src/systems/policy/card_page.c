/* card_page.c - cards an editor may write, the versions of one, two of them side by side,
 * and a change of one: its form, what the check says, who approves it. */
#include "systems/policy/card_in.h"

#include "web/server.h"

/* ---- who may ---- */

struct model card_model(struct req *r, const struct service *s)
{
	return (struct model){.id = STR(POLICY_CARD),
	                      .file = str_fmt(r->a, "services/%.*s/card.json", STRF(s->id)),
	                      .card = true,
	                      .title = view_both(r, "cards.card")};
}

static err nothing(struct req *r)
{
	return req_fail(r, ERR_not_found, "", "there is nothing at this address");
}

static err find(struct req *r, enum permission p, str service, struct at *out)
{
	out->p = pack_current(r->k);
	out->s = pack_service(out->p, service);
	if (!out->s)
		return nothing(r);
	err e = req_require(r, p, out->s->entity);
	if (e)
		return e;
	out->m = card_model(r, out->s);
	out->newest = service_newest(out->p, r->db, r->a, service);
	return OK;
}

err card_service_at(struct req *r, struct at *out)
{
	*out = (struct at){0};
	return find(r, PERM_editor_edit, req_param(r, "service"), out);
}

/* A version that left the card as it was (a rule was published) does not make a change of
 * the card stale. */
static void rebase(struct req *r, struct at *at)
{
	if (at->ch.base == at->newest)
		return;
	json *then = json_parse(r->a, policy_text_of(r, at->s->id, at->ch.base, at->m.file), NULL);
	json *now = json_parse(r->a, policy_text_of(r, at->s->id, at->newest, at->m.file), NULL);
	if (!then || !now)
		return;
	json_remove(then, STR("version"));
	json_remove(now, STR("version"));
	if (json_equal(then, now))
		at->ch.base = at->newest;
}

err card_at(struct req *r, enum permission p, struct at *out)
{
	int64_t id;
	*out = (struct at){0};
	if (!req_param_id(r, "id", &id) || !change_get(r->db, r->a, id, &out->ch) ||
	    !str_eq(out->ch.model, STR(POLICY_CARD)))
		return nothing(r);
	err e = find(r, p, out->ch.service, out);
	if (!e)
		rebase(r, out);
	return e;
}

/* ---- parts ---- */

static void crumbs(struct req *r, json *v, const struct at *at, const char *last)
{
	view_crumb(r, v, req_text(r, "cards.title"), view_href(r, "/cards"));
	if (at)
		view_crumb(r, v, req_pick(r, json_get(at->s->card, "title")),
		           view_href(r, "/cards/of/%.*s", STRF(at->s->id)));
	if (last)
		view_crumb(r, v, req_text(r, last), (str){0});
}

static json *card_of(struct req *r, const struct at *at, int64_t version)
{
	return json_parse(r->a, policy_text_of(r, at->s->id, version, at->m.file), NULL);
}

/* ---- the list ---- */

err page_card_home(struct req *r)
{
	const struct pack *p = pack_current(r->k);
	if (!p)
		return req_fail(r, ERR_unavailable, "", "no country pack is in force yet");
	json *v = json_object(r->a), *services = json_set(r->a, v, "services", json_array(r->a)),
	     *open = json_set(r->a, v, "changes", json_array(r->a));
	for (size_t i = 0; i < p->n_services; i++)
		if (may(&r->session.rights, PERM_editor_edit, p->services[i].entity))
			json_push(services, policy_service_view(r, &p->services[i]));
	struct change *list = NEWN(r->a, struct change, POLICY_CHANGES_MAX);
	size_t n = changes_open(r->db, r->a, list, POLICY_CHANGES_MAX);
	for (size_t i = 0; i < n; i++)
		if (str_eq(list[i].model, STR(POLICY_CARD)) && pack_service(p, list[i].service) &&
		    may(&r->session.rights, PERM_editor_edit, list[i].entity))
			json_push(open, policy_change_view(r, p, &list[i]));
	return req_view(r, "cards/home", v);
}

/* ---- versions ---- */

/* From when a version holds: as it was published; of a pack's version, not known here. */
static instant since(const struct service_published *list, size_t n, int64_t version)
{
	for (size_t i = 0; i < n; i++)
		if (list[i].version == version)
			return list[i].from;
	return 0;
}

static json *versions(struct req *r, const struct at *at, const struct change *ch, size_t n_ch)
{
	struct service_published *pub = NEWN(r->a, struct service_published, CARD_VERSIONS_MAX);
	int64_t *no = NEWN(r->a, int64_t, CARD_VERSIONS_MAX);
	size_t n_pub = service_published_of(r->db, r->a, at->s->id, pub, CARD_VERSIONS_MAX);
	size_t n = service_versions(r->db, at->s->id, no, CARD_VERSIONS_MAX);
	json *list = json_array(r->a);
	for (size_t i = 0; i < n; i++) {
		json *o = json_push(list, json_object(r->a));
		instant from = since(pub, n_pub, no[i]);
		json_set_int(r->a, o, "version", no[i]);
		json_set_int(r->a, o, "from", from);
		json_set_bool(r->a, o, "now", no[i] == at->s->version);
		json_set_bool(r->a, o, "waits", from > r->now && no[i] > at->s->version);
		for (size_t k = 0; k < n_ch; k++)
			if (ch[k].version == no[i])
				json_set(r->a, o, "change", policy_change_view(r, at->p, &ch[k]));
	}
	return list;
}

err page_card_history(struct req *r)
{
	struct at at;
	err e = card_service_at(r, &at);
	if (e)
		return e;
	json *v = json_object(r->a), *list = json_set(r->a, v, "changes", json_array(r->a));
	crumbs(r, v, &at, NULL);
	json_set(r->a, v, "service", policy_service_view(r, at.s));
	struct change *ch = NEWN(r->a, struct change, POLICY_CHANGES_MAX);
	size_t n = changes_of(r->db, r->a, at.s->id, at.m.id, ch, POLICY_CHANGES_MAX);
	for (size_t i = 0; i < n; i++)
		json_push(list, policy_change_view(r, at.p, &ch[i]));
	json_set(r->a, v, "versions", versions(r, &at, ch, n));
	return req_view(r, "cards/history", v);
}

static json *choices(struct req *r, const int64_t *no, size_t n, int64_t chosen)
{
	json *items = json_array(r->a);
	for (size_t i = 0; i < n; i++) {
		json *o = json_push(items, json_object(r->a));
		json_set_int(r->a, o, "value", no[i]);
		json_set_int(r->a, o, "text", no[i]);
		json_set_bool(r->a, o, "selected", no[i] == chosen);
	}
	return items;
}

err page_card_compare(struct req *r)
{
	struct at at;
	err e = card_service_at(r, &at);
	if (e)
		return e;
	int64_t *no = NEWN(r->a, int64_t, CARD_VERSIONS_MAX);
	size_t n = service_versions(r->db, at.s->id, no, CARD_VERSIONS_MAX);
	int64_t b = req_field_int(r, "b", n ? no[0] : 0, 1, INT64_MAX);
	int64_t a = req_field_int(r, "a", n > 1 ? no[1] : b, 1, INT64_MAX);
	json *old = card_of(r, &at, a), *new = card_of(r, &at, b);
	if (!old || !new)
		return req_fail(r, ERR_not_found, "", "there is no such version");
	json *v = json_object(r->a);
	crumbs(r, v, &at, "cards.compare");
	json_set(r->a, v, "service", policy_service_view(r, at.s));
	json_set_int(r->a, v, "a", a);
	json_set_int(r->a, v, "b", b);
	json_set(r->a, v, "from", choices(r, no, n, a));
	json_set(r->a, v, "to", choices(r, no, n, b));
	json_set(r->a, v, "rows", card_compare(r, at.p, old, new));
	return req_view(r, "cards/compare", v);
}

/* ---- a change ---- */

/* What the reader may do with it, by its state. */
static void rights(struct req *r, json *v, const struct at *at)
{
	const struct change *ch = &at->ch;
	bool proposed = str_eq(ch->state, STR("proposed")),
	     approved = str_eq(ch->state, STR("approved"));
	bool hand = change_has_hand(r->db, ch->id, r->session.person);
	bool approver = may(&r->session.rights, PERM_editor_approve, at->s->entity);
	bool publisher = may(&r->session.rights, PERM_editor_publish, at->s->entity);
	json_set_bool(r->a, v, "may_edit", policy_may_edit(ch));
	json_set_bool(r->a, v, "may_withdraw",
	              hand && (policy_may_edit(ch) || proposed || approved) &&
	                  ch->approver != r->session.person);
	json_set_bool(r->a, v, "may_approve", proposed && approver && !hand);
	json_set_bool(r->a, v, "may_publish",
	              approved && publisher && !hand && ch->approver != r->session.person);
	json_set_bool(r->a, v, "own", (proposed || approved) && hand);
	json_set_bool(r->a, v, "stale",
	              ch->base != at->newest && !str_eq(ch->state, STR("published")) &&
	                  !str_eq(ch->state, STR("withdrawn")));
}

json *card_change_page(struct req *r, struct at *at, struct checked *k)
{
	json *v = json_object(r->a), *errors = json_set(r->a, v, "errors", json_array(r->a));
	json *card = json_parse(r->a, k->text, NULL), *base = card_of(r, at, at->ch.base);
	crumbs(r, v, at, "cards.change");
	json_set(r->a, v, "form", json_object(r->a));
	json_set(r->a, v, "change", policy_change_view(r, at->p, &at->ch));
	json_set(r->a, v, "service", policy_service_view(r, at->s));
	json_set_int(r->a, v, "newest", at->newest);
	json_set_bool(r->a, v, "good", k->s != NULL);
	json_set_bool(r->a, v, "unchanged", k->unchanged);
	rights(r, v, at);
	/* A draft may be incomplete: that is told where it is written, not to its readers. */
	json *wrong = card_errors(r, k, policy_may_edit(&at->ch) ? errors : json_array(r->a));
	if (policy_may_edit(&at->ch))
		json_set(r->a, v, "components", card_components(r, at->p, card, wrong));
	if (base && card)
		json_set(r->a, v, "rows", card_compare(r, at->p, base, card));
	json_set_str(r->a, v, "preview",
	             k->s ? view_href(r, "/guide/preview/%.*s", STRF(at->ch.text)) : (str){0});
	policy_asked_view(r, v, at);
	return v;
}

err page_card_change(struct req *r)
{
	struct at at;
	struct checked k;
	err e = card_at(r, PERM_editor_edit, &at);
	if (e)
		return e;
	policy_check(r, &at.ch, &at.m, &k);
	return req_view(r, "cards/change", card_change_page(r, &at, &k));
}
