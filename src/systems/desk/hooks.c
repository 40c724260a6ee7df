/*
 * hooks.c - agencies' programs are told what happens to their cases, instead of asking.
 *
 * A message names the event, the case and its state: no personal data, which the program
 * reads with its key if it needs it. It is signed as Standard Webhooks have it, sent
 * after the commit, and again with growing pauses until it is taken.
 */
#include "systems/desk/desk_in.h"

#include "base/rng.h"
#include "kernel/outbox/post.h"
#include "kernel/vault.h"

#define SECRET_BYTES 32
#define URL_BYTES    500
#define SECRET_LABEL "desk-hook|"

/* ---- what happens ---- */

static bool hook_of(dbc *c, arena *a, str entity, str *url, instant *since)
{
	rows *r = db_query(c, &sql_desk_hook_get, D_TEXT(entity));
	bool found = db_next(r);
	if (found) {
		*url = str_dup(a, db_text(r, 0));
		*since = db_int(r, 1);
	}
	db_done(r);
	return found;
}

/* {"type","timestamp","data"}, as that standard proposes. */
static json *message(struct tx *tx, const struct event *e, const struct kase *q)
{
	json *v = json_object(tx->a), *d = json_object(tx->a);
	json_set_str(tx->a, v, "type", e->kind);
	json_set_str(tx->a, v, "timestamp", time_print(tx->a, e->at));
	json_set_str(tx->a, d, "reference", q->reference);
	json_set_str(tx->a, d, "service", q->service);
	json_set_str(tx->a, d, "entity", e->entity);
	json_set_str(tx->a, d, "state", q->state);
	json_set_str(tx->a, d, "outcome", q->outcome);
	json_set_int(tx->a, d, "version", q->revision);
	json_set(tx->a, v, "data", d);
	return v;
}

err desk_hook_react(struct tx *tx, const struct event *e)
{
	struct kase q;
	str url;
	instant since;
	if (!e->entity.n || !held_sum(tx->db, &desk_hooks, &D_TEXT(e->entity)) ||
	    !hook_of(tx->db, tx->a, e->entity, &url, &since) ||
	    !case_get(tx->db, tx->a, e->case_id, &q))
		return OK;
	json *p = json_object(tx->a);
	str id = str_fmt(tx->a, "evt_%lld_%.*s", (long long)e->seq, STRF(e->entity));
	json_set_str(tx->a, p, "id", id);
	json_set_str(tx->a, p, "entity", e->entity);
	json_set(tx->a, p, "message", message(tx, e, &q));
	tx_later(tx, "desk.hook", id, 0, p);
	return OK;
}

static bool hook_read(struct job *j, str entity, struct post *p)
{
	instant since;
	str label = str_cat(j->a, STR(SECRET_LABEL), entity), wrapped = {0};
	dbc *c = db_reader(j->k->db);
	bool found = hook_of(c, j->a, entity, &p->url, &since);
	rows *r = db_query(c, &sql_desk_hook_secret_get, D_TEXT(entity));
	if (db_next(r))
		wrapped = str_dup(j->a, db_text(r, 0));
	db_done(r);
	db_clear(c);
	db_reader_return(c);
	return found && wrapped.n && vault_unwrap(j->k, j->a, label, wrapped, &p->secret);
}

err desk_hook_job(struct job *j)
{
	struct post p = {.id = json_str(j->payload, "id"),
	                 .body = json_print(j->a, json_get(j->payload, "message")),
	                 .abroad = !config_flag(j->k->config, SETTING_webhooks_anywhere)};
	if (!hook_read(j, json_str(j->payload, "entity"), &p))
		return OK; /* nobody wants to know any more */
	return post_signed(j, &p);
}

/* ---- the page ---- */

struct hook {
	str entity, url, secret;
};

static json *hooks_view(struct req *r)
{
	str *entity, url;
	instant since;
	size_t n = desk_own_entities(r, &entity);
	json *v = json_object(r->a), *list = json_set(r->a, v, "hooks", json_array(r->a)),
	     *choices = json_set(r->a, v, "entities", json_array(r->a));
	json_set_str(r->a, v, "back", view_href(r, "/admin/keys"));
	for (size_t i = 0; i < n; i++) {
		json *c = desk_choice(r, choices, entity[i], view_entity(r, entity[i], r->now));
		json_set_bool(r->a, c, "selected", str_eq(req_field(r, "entity"), entity[i]));
		if (!hook_of(r->db, r->a, entity[i], &url, &since))
			continue;
		json *o = json_push(list, json_object(r->a));
		json_set_str(r->a, o, "entity", entity[i]);
		json_set(r->a, o, "name", view_entity(r, entity[i], r->now));
		json_set_str(r->a, o, "url", url);
		view_day(r, o, "since", since);
	}
	json_set_str(r->a, v, "url", req_field(r, "url"));
	json_set_str(r->a, v, "secret", (str){0});
	return v;
}

err page_desk_hooks(struct req *r)
{
	return req_view(r, "desk/webhooks", hooks_view(r));
}

static bool own(struct req *r, str wanted)
{
	str *entity;
	size_t n = desk_own_entities(r, &entity);
	for (size_t i = 0; i < n; i++)
		if (str_eq(entity[i], wanted))
			return true;
	return false;
}

static bool url_good(struct req *r, str url)
{
	bool anywhere = config_flag(r->k->config, SETTING_webhooks_anywhere);
	for (size_t i = 0; i < url.n; i++)
		if ((unsigned char)url.p[i] <= 0x20 || (unsigned char)url.p[i] >= 0x7F)
			return false;
	if (url.n > URL_BYTES || str_chr(url, '@') >= 0)
		return false;
	return (str_starts(url, STR("https://")) && url.n > 8) ||
	       (anywhere && str_starts(url, STR("http://")) && url.n > 7);
}

err prepare_desk_hook_set(struct req *r)
{
	struct hook *h = NEW(r->a, struct hook);
	char bytes[SECRET_BYTES];
	rng random = rng_system();
	r->state = h;
	h->entity = req_field(r, "entity");
	h->url = str_trim(req_field(r, "url"));
	if (!own(r, h->entity))
		return req_require(r, PERM_entity_admin, h->entity);
	if (!url_good(r, h->url)) {
		json *v = hooks_view(r);
		desk_error(r, v, "url", req_text(r, "desk.hooks.bad_url"));
		return req_again(r, "desk/webhooks", v);
	}
	rng_bytes(&random, bytes, sizeof bytes);
	h->secret = str_cat(r->a, STR("whsec_"), str_base64(r->a, (str){bytes, sizeof bytes}));
	return OK;
}

err decide_desk_hook_set(struct tx *tx, struct req *r)
{
	const struct hook *h = r->state;
	json *d = json_object(tx->a);
	str label = str_cat(tx->a, STR(SECRET_LABEL), h->entity);
	db_exec(tx->db, &sql_desk_hook_secret_set, D_TEXT(h->entity),
	        D_BLOB(vault_wrap(tx->k, tx->a, label, h->secret)));
	json_set_str(tx->a, d, "url", h->url);
	r->decided = json_object(tx->a);
	json_set_str(tx->a, r->decided, "proof", desk_key_hash(tx->a, h->secret));
	return tx_emit(tx, (struct emission){.kind = "desk.hook_set", .entity = h->entity, .data = d});
}

/* Sent twice, the first secret counts, and nobody can read it again. */
err answer_desk_hook_set(struct req *r)
{
	const struct hook *h = r->state;
	json *v = hooks_view(r);
	if (str_eq(desk_key_hash(r->a, h->secret), json_str(r->decided, "proof")))
		json_set_str(r->a, v, "secret", h->secret);
	json_set_str(r->a, v, "url", (str){0});
	return req_view(r, "desk/webhooks", v);
}

err prepare_desk_hook_end(struct req *r)
{
	struct hook *h = NEW(r->a, struct hook);
	r->state = h;
	h->entity = req_field(r, "entity");
	return own(r, h->entity) ? OK : req_require(r, PERM_entity_admin, h->entity);
}

err decide_desk_hook_end(struct tx *tx, struct req *r)
{
	const struct hook *h = r->state;
	return tx_emit(tx, (struct emission){.kind = "desk.hook_ended", .entity = h->entity});
}

err answer_desk_hook_end(struct req *r)
{
	req_flash(r, "desk.hooks.ended");
	return req_redirect(r, "/admin/webhooks");
}
