/*
 * accounts.c - an entity's administrator and the people who work in it.
 *
 * Shown are those who hold a role in the administrator's own entities. Anybody
 * else is found only by the whole personal number: nobody browses the population.
 * Nobody gives a role to themselves, or takes their own administration away.
 */
#include "systems/portal/portal_in.h"

#include "base/utf8.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ACCOUNTS_MAX 500 /* shown at once; a search narrows them */
#define ROLES_MAX    64
#define ENTITIES_MAX 512

struct roles {
	struct role at[ROLES_MAX];
	size_t n;
};

static const struct role *role_named(const struct roles *roles, str name)
{
	for (size_t i = 0; i < roles->n; i++)
		if (str_eq(roles->at[i].name, name))
			return &roles->at[i];
	return NULL;
}

/* The administrator's entities; with a role for all of them, all there are. */
static size_t own_entities(struct req *r, str **out)
{
	bool all;
	size_t n = may_where(&r->session.rights, PERM_entity_admin, r->a, out, &all);
	if (!all)
		return n;
	struct entity *e = NEWN(r->a, struct entity, ENTITIES_MAX);
	n = entity_all(r->db, r->a, r->now, e, ENTITIES_MAX);
	*out = NEWN(r->a, str, n + 1);
	for (size_t i = 0; i < n; i++)
		(*out)[i] = e[i].id;
	return n;
}

/* ---- the list ---- */

static bool matches(arena *a, const struct role_holder *h, str q)
{
	str low = str_lower(a, q), number = number_normal(a, q);
	return !q.n || str_find(str_lower(a, h->name_en), low) >= 0 || str_find(h->name_ar, q) >= 0 ||
	       (number.n && str_starts(h->number, number));
}

static json *account_of(struct req *r, json *list, int64_t person, str number, json *name)
{
	arena *a = r->a;
	char id[24];
	snprintf(id, sizeof id, "%lld", (long long)person);
	for (json *o = list->first; o; o = o->next)
		if (str_eq(json_str(o, "person"), str_of(id)))
			return o;
	struct credential c = {0};
	json *o = json_push(list, json_object(a));
	json_set_str(a, o, "person", str_dup(a, str_of(id)));
	json_set(a, o, "name", name);
	json_set_str(a, o, "number", number);
	json_set(a, o, "roles", json_array(a));
	credential_get(r->k, r->db, a, person, &c);
	json_set_bool(a, o, "second_factor", c.totp_secret.n > 0);
	view_at(r, o, "last_seen", last_of(r->db, person, "portal.signed_in", NULL));
	return o;
}

static void list_entity(struct req *r, json *list, const struct roles *roles, str entity, str q)
{
	struct role_holder *h = NEWN(r->a, struct role_holder, ACCOUNTS_MAX);
	size_t n = role_holders(r->db, r->a, entity, r->now, h, ACCOUNTS_MAX);
	json *name = view_entity(r, entity, r->now);
	for (size_t i = 0; i < n && list->count < ACCOUNTS_MAX; i++) {
		const struct role *role = role_named(roles, h[i].role);
		if (!matches(r->a, &h[i], q))
			continue;
		json *o = account_of(r, list, h[i].person, h[i].number,
		                     text_pair(r->a, h[i].name_en, h[i].name_ar));
		json *g = json_push(json_get(o, "roles"), json_object(r->a));
		json_set(r->a, g, "role",
		         role ? text_pair(r->a, role->title_en, role->title_ar)
		              : json_string(r->a, h[i].role));
		json_set_str(r->a, g, "role_id", h[i].role);
		json_set(r->a, g, "entity", json_copy(r->a, name));
		json_set_str(r->a, g, "entity_id", entity);
		view_day(r, g, "until", h[i].until);
		json_set_bool(r->a, g, "fixed",
		              !role || !role_is_local(role) || h[i].person == r->session.person);
	}
}

static json *choice(struct req *r, json *list, str value, json *text, str chosen)
{
	json *o = json_push(list, json_object(r->a));
	json_set_str(r->a, o, "value", value);
	json_set(r->a, o, "text", text);
	json_set_bool(r->a, o, "selected", chosen.n && str_eq(value, chosen));
	return o;
}

static void choices(struct req *r, json *v, const struct roles *roles, const str *entity, size_t n)
{
	static const char *const spans[] = {"0", "30", "90", "180", "365"};
	arena *a = r->a;
	json *list = json_set(a, v, "roles", json_array(a));
	choice(r, list, (str){0}, json_string(a, req_text(r, "portal.accounts.choose_role")), (str){0});
	for (size_t i = 0; i < roles->n; i++)
		if (role_is_local(&roles->at[i]))
			choice(r, list, roles->at[i].name,
			       text_pair(a, roles->at[i].title_en, roles->at[i].title_ar),
			       req_field(r, "role"));
	list = json_set(a, v, "entities", json_array(a));
	for (size_t i = 0; i < n; i++)
		choice(r, list, entity[i], view_entity(r, entity[i], r->now), req_field(r, "entity"));
	list = json_set(a, v, "spans", json_array(a));
	for (size_t i = 0; i < COUNT(spans); i++) {
		str key = str_fmt(a, "portal.accounts.span.%s", spans[i]);
		choice(r, list, str_of(spans[i]), json_string(a, req_text(r, str_c(a, key))),
		       req_field(r, "span"));
	}
}

static json *accounts_view(struct req *r)
{
	arena *a = r->a;
	str *entity, q = str_trim(req_field(r, "q"));
	struct roles *roles = NEW(a, struct roles);
	struct person found;
	json *v = json_object(a), *list = json_array(a);
	size_t n = own_entities(r, &entity);
	roles->n = role_all(r->db, a, roles->at, ROLES_MAX);
	for (size_t i = 0; i < n; i++)
		list_entity(r, list, roles, entity[i], q);
	if (q.n && person_by_number(r->db, a, number_normal(a, q), &found))
		account_of(r, list, found.id, found.national_number,
		           text_pair(a, found.name_en, found.name_ar));
	json_set_str(a, v, "q", q);
	json_set_int(a, v, "count", (int64_t)list->count);
	json_set(a, v, "accounts", list);
	view_value(r, v, "number", req_field(r, "number"));
	choices(r, v, roles, entity, n);
	return v;
}

err page_portal_accounts(struct req *r)
{
	return req_view(r, "portal/accounts", accounts_view(r));
}

/* ---- giving ---- */

struct grant_form {
	int64_t person;
	str role, entity;
	instant until;
};

static bool role_offered(struct req *r, str name)
{
	struct roles *roles = NEW(r->a, struct roles);
	roles->n = role_all(r->db, r->a, roles->at, ROLES_MAX);
	const struct role *role = role_named(roles, name);
	return role && role_is_local(role);
}

err prepare_portal_grant(struct req *r)
{
	struct grant_form *g = NEW(r->a, struct grant_form);
	struct person p = {0};
	json *v = NULL;
	r->state = g;
	g->role = req_field(r, "role");
	g->entity = req_field(r, "entity");
	int64_t days = req_field_int(r, "span", 0, 0, 3650);
	g->until = days ? r->now + days * DAY : 0;
	err e = req_require(r, PERM_entity_admin, g->entity);
	if (e)
		return e;
	const char *wrong = NULL, *field = "number";
	if (!person_by_number(r->db, r->a, number_normal(r->a, req_field(r, "number")), &p))
		wrong = "portal.accounts.unknown_number";
	else if (p.id == r->session.person)
		wrong = "portal.accounts.not_oneself";
	else if (!role_offered(r, g->role))
		wrong = "portal.accounts.no_such_role", field = "role";
	g->person = p.id;
	if (!wrong)
		return OK;
	v = accounts_view(r);
	view_error(r, v, field, view_text(r, wrong, 0, NULL));
	return req_again(r, "portal/accounts", v);
}

/* Rights may have changed since the page was asked for. */
static err still_may(struct tx *tx, struct req *r, str entity)
{
	struct rights now = rights_of(tx->db, tx->a, r->session.person, tx->now);
	return may(&now, PERM_entity_admin, entity)
	           ? OK
	           : tx_fail(tx, ERR_not_found, "", "there is nothing at this address");
}

err decide_portal_grant(struct tx *tx, struct req *r)
{
	const struct grant_form *g = r->state;
	err e = still_may(tx, r, g->entity);
	return e ? e : role_grant(tx, g->person, g->role, g->entity, g->until);
}

err answer_portal_grant(struct req *r)
{
	req_flash(r, "portal.accounts.granted");
	return req_redirect(r, "/admin/accounts");
}

/* ---- taking away ---- */

err prepare_portal_revoke(struct req *r)
{
	struct grant_form *g = NEW(r->a, struct grant_form);
	r->state = g;
	g->role = req_field(r, "role");
	g->entity = req_field(r, "entity");
	err e = req_require(r, PERM_entity_admin, g->entity);
	if (e)
		return e;
	if (!str_i64(req_field(r, "person"), &g->person) || !role_offered(r, g->role))
		return req_fail(r, ERR_not_found, "", "there is nothing at this address");
	if (g->person == r->session.person)
		return req_fail(r, ERR_forbidden, "person", "nobody takes away their own role");
	return OK;
}

err decide_portal_revoke(struct tx *tx, struct req *r)
{
	const struct grant_form *g = r->state;
	err e = still_may(tx, r, g->entity);
	return e ? e : role_end(tx, g->person, g->role, g->entity);
}

err answer_portal_revoke(struct req *r)
{
	req_flash(r, "portal.accounts.revoked");
	return req_redirect(r, "/admin/accounts");
}
