/*
 * authority.h - who may do what, for which entity.
 *
 * Roles are data of the pack: a name and the permissions it carries. A person
 * holds a role for an entity (or for all: entity "*"), from a day to a day. The
 * question is always the same: may this person do P for entity E at instant T?
 * A denial is journalled by the caller (kernel_denied) and, where existence must
 * not be disclosed, answered with "not found".
 */
#ifndef KERNEL_AUTHORITY_H
#define KERNEL_AUTHORITY_H

#include "db/db.h"
#include "kernel/tx.h"

#define PERMISSION(name, doc) PERM_##name,
enum permission {
#include "kernel/authority/permissions.def"
	PERM_COUNT
};
#undef PERMISSION

/* "case.work" for PERM_case_work, as packs write it. */
const char *permission_name(enum permission p);
bool permission_find(str name, enum permission *out);

/* A person's rights at an instant, read once per request. */
struct grant {
	str role, entity;            /* entity "*" = every entity */
	uint64_t permissions;        /* bit 1 << enum permission */
};
struct rights {
	struct grant *grants;
	size_t n;
};
struct rights rights_of(dbc *c, arena *a, int64_t person, instant at);

bool may(const struct rights *r, enum permission p, str entity);
/* For any entity at all; what a route's declaration asks. */
bool may_somewhere(const struct rights *r, enum permission p);
/* Entities for which p is held; *all is set when it is held for every one. */
size_t may_where(const struct rights *r, enum permission p, arena *a, str **entities, bool *all);

/* A role as the pack defines it. */
struct role {
	str name, title_en, title_ar;
	uint64_t permissions;
};
size_t role_all(dbc *c, arena *a, struct role *out, size_t max);
/* May an entity's own administrator give it? Not when it carries a permission that
 * reaches beyond the entity (audit, operation, publishing), nor when it carries none. */
bool role_is_local(const struct role *r);

/* Who holds a role for exactly this entity at an instant, by person. */
struct role_holder {
	int64_t person;
	str number, name_en, name_ar, role;
	instant since, until; /* until 0 = without end */
};
size_t role_holders(dbc *c, arena *a, str entity, instant at, struct role_holder *out, size_t max);

/* The people who hold p for the entity (or for all) at an instant, by id. */
size_t people_who_may(dbc *c, enum permission p, str entity, instant at, int64_t *out, size_t max);

/* Grants and ends a role; events role.granted, role.ended. */
err role_grant(struct tx *tx, int64_t person, str role, str entity, instant until);
err role_end(struct tx *tx, int64_t person, str role, str entity);

/* Journals that `actor` was refused permission p on `what` (a route's name). */
void denial_record(struct kernel *k, struct actor actor, enum permission p, str what, str entity);

#endif
