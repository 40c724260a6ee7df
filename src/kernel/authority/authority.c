#include "kernel/authority/authority.h"

#include "kernel/identity/organ.h"
#include "kernel/identity/statements.h"
#include "kernel/kernel.h"

#include <string.h>

#define GRANTS_MAX 64 /* roles of one person at one time */

const char *permission_name(enum permission p)
{
	static const char *const name[] = {
#define PERMISSION(name, doc) #name,
#include "kernel/authority/permissions.def"
#undef PERMISSION
	};
	return p < PERM_COUNT ? name[p] : "";
}

/* Packs write "case.work" for case_work. */
bool permission_find(str text, enum permission *out)
{
	for (int p = 0; p < PERM_COUNT; p++) {
		str name = str_of(permission_name((enum permission)p));
		if (name.n != text.n)
			continue;
		size_t i = 0;
		while (i < name.n && (name.p[i] == text.p[i] || (name.p[i] == '_' && text.p[i] == '.')))
			i++;
		if (i == name.n) {
			*out = (enum permission)p;
			return true;
		}
	}
	return false;
}

struct rights rights_of(dbc *c, arena *a, int64_t person, instant at)
{
	struct rights out = {arena_raw(a, GRANTS_MAX * sizeof *out.grants), 0};
	rows *r = db_query(c, &sql_grant_list, D_INT(person), D_INT(at));
	while (out.n < GRANTS_MAX && db_next(r))
		out.grants[out.n++] = (struct grant){str_dup(a, db_text(r, 0)), str_dup(a, db_text(r, 1)),
		                                     (uint64_t)db_int(r, 2)};
	db_done(r);
	return out;
}

static bool carries(const struct grant *g, enum permission p)
{
	return g->permissions >> p & 1;
}

static bool covers(const struct grant *g, str entity)
{
	return str_eq(g->entity, STR("*")) || (entity.n && str_eq(g->entity, entity));
}

bool may(const struct rights *r, enum permission p, str entity)
{
	for (size_t i = 0; i < r->n; i++)
		if (carries(&r->grants[i], p) && covers(&r->grants[i], entity))
			return true;
	return false;
}

bool may_somewhere(const struct rights *r, enum permission p)
{
	for (size_t i = 0; i < r->n; i++)
		if (carries(&r->grants[i], p))
			return true;
	return false;
}

size_t may_where(const struct rights *r, enum permission p, arena *a, str **entities, bool *all)
{
	str *out = NEWN(a, str, r->n + 1);
	size_t n = 0;
	*all = false;
	for (size_t i = 0; i < r->n; i++) {
		if (!carries(&r->grants[i], p))
			continue;
		if (str_eq(r->grants[i].entity, STR("*")))
			*all = true;
		size_t k = 0;
		while (k < n && !str_eq(out[k], r->grants[i].entity))
			k++;
		if (k == n)
			out[n++] = r->grants[i].entity;
	}
	*entities = out;
	return n;
}

size_t people_who_may(dbc *c, enum permission p, str entity, instant at, int64_t *out, size_t max)
{
	size_t n = 0;
	rows *q = db_query(c, &sql_grant_holders, D_TEXT(entity), D_INT(at));
	while (n < max && db_next(q)) {
		bool holds = ((uint64_t)db_int(q, 1) >> p & 1) != 0;
		if (holds && (!n || out[n - 1] != db_int(q, 0)))
			out[n++] = db_int(q, 0);
	}
	db_done(q);
	return n;
}

/* ---- roles and who holds them ---- */

size_t role_all(dbc *c, arena *a, struct role *out, size_t max)
{
	size_t n = 0;
	rows *r = db_query_args(c, &sql_role_list, NULL, 0);
	while (n < max && db_next(r))
		out[n++] = (struct role){str_dup(a, db_text(r, 0)), str_dup(a, db_text(r, 1)),
		                         str_dup(a, db_text(r, 2)), (uint64_t)db_int(r, 3)};
	db_done(r);
	return n;
}

bool role_is_local(const struct role *r)
{
	uint64_t local = (uint64_t)1 << PERM_case_read | (uint64_t)1 << PERM_case_work |
	                 (uint64_t)1 << PERM_entity_admin | (uint64_t)1 << PERM_editor_edit |
	                 (uint64_t)1 << PERM_editor_approve;
	return r->permissions && (r->permissions & ~local) == 0;
}

size_t role_holders(dbc *c, arena *a, str entity, instant at, struct role_holder *out, size_t max)
{
	size_t n = 0;
	rows *r = db_query(c, &sql_grant_entity, D_TEXT(entity), D_INT(at), D_INT((int64_t)max));
	while (n < max && db_next(r))
		out[n++] = (struct role_holder){
			db_int(r, 0), str_dup(a, db_text(r, 1)), str_dup(a, db_text(r, 2)),
			str_dup(a, db_text(r, 3)), str_dup(a, db_text(r, 4)), db_int(r, 5), db_int(r, 6)};
	db_done(r);
	return n;
}

/* ---- granting ---- */

static json *grant_data(struct tx *tx, int64_t person, str role, str entity)
{
	json *d = json_object(tx->a);
	json_set_int(tx->a, d, "person", person);
	json_set_str(tx->a, d, "role", role);
	json_set_str(tx->a, d, "entity", entity);
	return d;
}

err role_grant(struct tx *tx, int64_t person, str role, str entity, instant until)
{
	if (db_query_int(tx->db, &sql_role_get, -1, D_TEXT(role)) < 0)
		return tx_fail(tx, ERR_role_unknown, "role", "no role is called %.*s", STRF(role));
	json *d = grant_data(tx, person, role, entity);
	json_set_int(tx->a, d, "until", until);
	return tx_emit(tx, (struct emission){.kind = "role.granted", .entity = entity, .data = d});
}

void fold_role_granted(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	db_exec(c, &sql_grant_set, D_INT(json_int(e->data, "person", 0)),
	        D_TEXT(json_str(e->data, "role")), D_TEXT(json_str(e->data, "entity")), D_INT(e->at),
	        D_INT(json_int(e->data, "until", 0)));
}

err role_end(struct tx *tx, int64_t person, str role, str entity)
{
	json *d = grant_data(tx, person, role, entity);
	return tx_emit(tx, (struct emission){.kind = "role.ended", .entity = entity, .data = d});
}

void fold_role_ended(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	db_exec(c, &sql_grant_end, D_INT(json_int(e->data, "person", 0)),
	        D_TEXT(json_str(e->data, "role")), D_TEXT(json_str(e->data, "entity")), D_INT(e->at));
}

/* data: {name, title: {en, ar}, permissions: ["case.work", ...]} */
void fold_role_defined(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	uint64_t bits = 0;
	const json *list = json_get(e->data, "permissions");
	for (const json *p = list ? list->first : NULL; p; p = p->next) {
		enum permission found;
		if (permission_find(json_text(p), &found))
			bits |= (uint64_t)1 << found;
	}
	db_exec(c, &sql_role_set, D_TEXT(json_str(e->data, "name")), D_INT((int64_t)bits),
	        D_TEXT(json_text(json_path(e->data, "title.en"))),
	        D_TEXT(json_text(json_path(e->data, "title.ar"))));
}

/* ---- denials ---- */

struct denied {
	enum permission p;
	str what, entity;
};

static err denial_decide(struct tx *tx, void *ctx)
{
	struct denied *d = ctx;
	json *o = json_object(tx->a);
	json_set_str(tx->a, o, "permission", str_of(permission_name(d->p)));
	json_set_str(tx->a, o, "what", d->what);
	return tx_emit(tx, (struct emission){.kind = "access.denied", .entity = d->entity, .data = o});
}

void fold_access_denied(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	db_exec(c, &sql_denial_insert, D_INT(e->seq), D_INT(e->at), D_INT(e->actor),
	        D_TEXT(json_str(e->data, "permission")), D_TEXT(json_str(e->data, "what")),
	        D_TEXT(e->entity));
}

#define DENIAL_ARENA_BYTES ((size_t)1024 * 1024)

void denial_record(struct kernel *k, struct actor actor, enum permission p, str what, str entity)
{
	arena *a = arena_create(DENIAL_ARENA_BYTES);
	if (!a)
		return;
	struct denied d = {p, what, entity};
	struct action act = {.k = k, .a = a, .actor = actor, .decide = denial_decide, .ctx = &d};
	kernel_run(&act);
	arena_destroy(a);
}
