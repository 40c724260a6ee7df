/* policy_in.h - what the files of policy share; private to systems/policy. */
#ifndef SYSTEMS_POLICY_IN_H
#define SYSTEMS_POLICY_IN_H

#include "kernel/cases/replay.h"
#include "kernel/pack/pack.h"
#include "systems/policy/policy.h"
#include "web/view.h"

#define ROUTES_DEF "systems/policy/routes.def"
#include "web/declare.h"

#define ERROR(name, code, http, retry) ERR_##name = (code),
enum policy_error {
#include "systems/policy/errors.def"
};
#undef ERROR

#define STMT(n, t) extern struct sql sql_##n;
#include "systems/policy/statements.def"
#undef STMT
void policy_statements(void);

#define EVENT(name, kind, version, doc) void fold_##name(dbc *c, arena *a, const struct event *e);
#include "systems/policy/events.def"
#undef EVENT

#define POLICY_MODELS_MAX   32
#define POLICY_CHANGES_MAX  200
#define POLICY_VERSIONS_MAX 50
#define POLICY_REASON_CHARS 2000
#define POLICY_DIAGS_MAX    100
#define POLICY_AHEAD_DAYS   (5 * 366)
#define POLICY_PROCESS      "process" /* the model that is no decision */

/* ---- models.c ---- */

/* What of a service may be written: a decision with its examples, or its process. */
struct model {
	str id;          /* of the decision in service.json, or POLICY_PROCESS */
	str file, tests; /* paths in the pack; tests empty: there are none */
	bool process;
	json *title;                      /* {"en","ar"} */
	const struct service_decision *d; /* NULL of a process */
};
size_t policy_models(struct req *r, const struct service *s, struct model *out, size_t max);
bool policy_model_find(struct req *r, const struct service *s, str id, struct model *out);
/* The file of a version as text; empty when it had none. */
str policy_text_of(struct req *r, str service, int64_t version, str path);

/* ---- fold.c ---- */

struct change {
	int64_t id, base, author, decider, version;
	str service, entity, model;
	str text, tests; /* hashes */
	str state;       /* draft proposed rejected published withdrawn */
	instant made, changed, decided;
	str from; /* day */
	str reason, answer;
};
bool change_get(dbc *c, arena *a, int64_t id, struct change *out);
size_t changes_open(dbc *c, arena *a, struct change *out, size_t max);
size_t changes_of(dbc *c, arena *a, str service, str model, struct change *out, size_t max);
bool change_has_hand(dbc *c, int64_t id, int64_t person);

/* ---- check.c ---- */

/* A change as a service: `s` is NULL when the check refused it. */
struct checked {
	struct pack_source files;
	const struct service *s;
	struct diags d;
	str text, tests; /* as written */
	bool unchanged;  /* the same as the version it is built on */
	str why;         /* the files could not be read */
};
void policy_check(struct req *r, const struct change *ch, const struct model *m,
                  struct checked *out);
json *policy_diags(struct req *r, const struct model *m, const struct diags *d);

/* ---- view.c ---- */

/* The change of the address with its service and model; refuses others' with
 * ERR_not_found. */
struct at {
	struct change ch;
	const struct pack *p;
	const struct service *s; /* in force now */
	struct model m;
	int64_t newest;
};
err policy_at(struct req *r, enum permission p, struct at *out);
err policy_service_at(struct req *r, struct at *out); /* of :service and :model */

json *policy_person(struct req *r, int64_t id);
json *policy_service_view(struct req *r, const struct service *s);
json *policy_change_view(struct req *r, const struct pack *p, const struct change *ch);
void policy_error(struct req *r, json *v, const char *field, const char *key);
void policy_crumbs(struct req *r, json *v, const struct at *at);
instant policy_day_begins(const struct pack *p, int64_t day);
int64_t policy_today(struct req *r, const struct pack *p);
bool policy_may_edit(const struct change *ch);
/* "dmn" or "bpmn" if the optional pack can draw this model; else empty. */
str policy_editor(struct req *r, const struct model *m);
/* The whole page of a change. */
json *policy_change_page(struct req *r, struct at *at, struct checked *k);

#endif
