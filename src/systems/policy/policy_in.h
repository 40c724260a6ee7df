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
#define POLICY_CARD         "card"    /* what the guide says of a service */

/* ---- models.c ---- */

/* What of a service may be written: a decision with its examples, or its process. */
struct model {
	str id;          /* of the decision in service.json, or POLICY_PROCESS */
	str file, tests; /* paths in the pack; tests empty: there are none */
	bool process, card;
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
	int64_t approver; /* of a card: who approved it for its body, or 0 */
	instant approved;
	str service, entity, model;
	str text, tests; /* hashes */
	str state;       /* draft proposed approved (cards alone) rejected published withdrawn */
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
	str file;        /* that was checked */
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
/* From which day and why, as asked for now, or kept. */
void policy_asked_view(struct req *r, json *v, const struct at *at);
void policy_error(struct req *r, json *v, const char *field, const char *key);
void policy_crumbs(struct req *r, json *v, const struct at *at);
instant policy_day_begins(const struct pack *p, int64_t day);
int64_t policy_today(struct req *r, const struct pack *p);
bool policy_may_edit(const struct change *ch);
/* "dmn" or "bpmn" if the optional pack can draw this model; else empty. */
str policy_editor(struct req *r, const struct model *m);
/* The whole page of a change. */
json *policy_change_page(struct req *r, struct at *at, struct checked *k);

/* ---- write.c, decide.c: from prepare to decide to answer ---- */

struct writing {
	struct at at;
	str text, tests; /* as sent; NULL pointer: as it was */
	int64_t day;
	str reason;
};
typedef json *policy_shows(struct req *r, struct at *at, struct checked *k);
/* Takes reason and day of a proposal from the request; what is wrong with it is told on its
 * own page again, of template `page`. */
err policy_proposes(struct req *r, struct writing *w, policy_shows *shows, const char *page);

struct deciding {
	struct at at;
	struct checked k;
	str reason;
	str state; /* in which it must still be */
};

/* decide.c: the change as it is now; refuses those who had a hand in it. */
err policy_proposal(struct tx *tx, const struct deciding *d, struct change *now);

/* ---- cards: card_fields.c, card_words.c, card_page.c, card_write.c ---- */

#define CARD_VERSIONS_MAX 200
#define CARD_WORDS_MAX    1500 /* of one text; longer ones are compared as a whole */

struct model card_model(struct req *r, const struct service *s);
/* As policy_at and policy_service_at, for a card. */
err card_at(struct req *r, enum permission p, struct at *out);
err card_service_at(struct req *r, struct at *out);
/* A card's text as it is kept: each value on a line of its own. */
str card_print(arena *a, const json *card);

/* The form of a card as components of a page (partials/form/component.html); `errors`
 * has texts by the id of a field. */
json *card_components(struct req *r, const struct pack *p, const json *card, const json *errors);
/* The card as the form sent it, over what the form has no field for. */
json *card_read(struct req *r, const struct pack *p, const json *before);
/* What is wrong, by the id of the field it stands at; "errors" {text, href} in order. */
json *card_errors(struct req *r, const struct checked *k, json *list);

/* Each field of a card as a text in both languages: [{"key", "en", "ar"}]. */
json *card_texts(struct req *r, const struct pack *p, const json *card);
/* Two cards side by side: [{"key", "changed", "en", "ar"}], where a language has
 * {"old": [{"text", "op"}], "new": [...]}; op "same", "gone" or "fresh". NULL: none. */
json *card_compare(struct req *r, const struct pack *p, const json *old, const json *new);

json *card_change_page(struct req *r, struct at *at, struct checked *k);

#endif
