/*
 * pack.h - a country's data, checked, hashed and in force.
 *
 * A pack is a folder (packs/README.md). pack_check reads and checks all of it and
 * says what is wrong with file, line, rule and hint. pack_put makes a checked
 * pack the one in force: its files are kept in the database by their hash
 * (pack_blob), with a manifest that lists their names and hashes; the event
 * pack.loaded records the manifest's own hash, which is the pack's, and
 * entity.registered / role.defined follow for what changed. Every node of the
 * platform then reads the pack from the database: application nodes need no
 * folder. A case keeps the version of the service it began with (service_at).
 *
 * A service may also be published alone, by two people (systems/policy): a new version
 * of its folder, from an instant on, event service.published. What is in force at an
 * instant follows from the tables and the clock alone: the newest pack, and over it,
 * for each of its services, the published version with the highest number whose
 * instant has come, if that number is above the pack's own. So every node changes at
 * the same instant, a restart changes nothing, and a pack loaded later with the same
 * number of the service leaves the published version in force; with a higher one it
 * takes its place, and that of the versions still waiting. A number that was published
 * is taken: a pack that uses it for other files is refused.
 *
 * A `struct pack` is immutable and lives as long as the kernel. JSON members are
 * the documents as the pack's schemas describe them.
 *
 * Thread safety: any thread.
 */
#ifndef KERNEL_PACK_H
#define KERNEL_PACK_H

#include "base/diag.h"
#include "base/money.h"
#include "engine/bpmn/bpmn.h"
#include "engine/dmn/dmn.h"
#include "engine/form/form.h"
#include "kernel/calendar/calendar.h"
#include "kernel/kernel.h"

#define PACK_MAX_FILES    4000
#define PACK_MAX_BYTES    ((size_t)64 * 1024 * 1024)
#define PACK_MAX_SERVICES 5000

/* An executable service's decision: a DMN model and how its inputs are found. */
struct service_decision {
	str id; /* "fee" */
	const struct dmn *model;
	str decision;         /* name in the model */
	str currency, amount; /* empty: the result is no amount */
	size_t n_inputs;
	const str *input;                     /* names */
	const struct feel_expr *const *value; /* over applicant, answers, today, fees */
};

struct service_test { /* eligibility */
	str id;
	const struct feel_expr *test;
	const json *message; /* {"en","ar"} */
};

/* A form that an officer fills in a user task (diwan:form). */
struct service_form {
	str key;
	const struct form *form;
};

struct service {
	str id;
	int64_t version;  /* of service.json if executable, else of the card */
	str hash;         /* over all files of its folder, hex */
	str entity;       /* provider */
	const json *card; /* card.json, never NULL */
	int64_t from, to; /* days the card is in force, both included; open: INT64_MIN, INT64_MAX */
	/* executable services; NULL or 0 otherwise */
	const json *definition; /* service.json */
	const struct form *form;
	const struct bpmn *process;
	str process_xml; /* as written, or compiled from a table of stages */
	const json *messages, *document, *scenarios;
	const struct service_form *forms;
	size_t n_forms;
	const struct service_decision *decisions;
	size_t n_decisions;
	const struct service_test *eligibility;
	size_t n_eligibility;
};

/* A decision table of the country (decisions/ID). */
struct pack_decision {
	str id;
	const json *about; /* decision.json */
	const struct dmn *model;
	str xml;
	int64_t from, to; /* days; to = INT64_MAX: open */
};

/* A government body, and how many services are its own. */
struct pack_entity {
	str id;
	const json *about; /* its item of entities.json */
	size_t services;
};

struct pack {
	str id, version, hash;
	const json *meta; /* pack.json */
	char currency[4];
	int32_t utc_offset;
	const struct calendar *calendar;
	const json *entities, *roles, *life_events, *audiences, *channels, *payment_methods, *centres,
	    *evidence_types, *legal, *identifiers, *calendar_json,
	    *countries, /* of people's nationality; or NULL */
	    *messages,  /* notices of every service that has none of its own for an event; or NULL */
	    *demo;                      /* NULL when the pack has none */
	const struct service *services; /* by id */
	size_t n_services;
	const struct pack_entity *entity; /* by id: the bodies of `entities` */
	size_t n_entity;
	const struct pack_decision *decisions;
	size_t n_decisions;
};

/* ---- a folder ---- */

struct pack_source_file {
	str path; /* "services/x/card.json", '/' always */
	str bytes;
};
struct pack_source {
	struct pack_source_file *files; /* by path */
	size_t n;
	bool part; /* of one service (service_source): the others are there by their cards */
};
/* Reads a folder: regular files only, no symbolic links, within the limits. A decision
 * of service.json with "shared" has its files from decisions/ID: they are put into the
 * service's folder here, so that nothing later knows the difference. */
err pack_read_folder(arena *a, const char *path, struct pack_source *out, struct diags *d);
/* Checks everything, also the tests beside decisions and processes. NULL when
 * there is an error in *d; warnings are told too. */
struct pack *pack_check(arena *a, const struct pack_source *s, struct diags *d);

/* ---- in force ---- */

/* Makes the pack the one in force; nothing happens when it already is. Refuses
 * with ERR_pack_invalid a pack whose id differs from the one in force, or a
 * service whose files changed without a new version. For decide functions;
 * afterwards (after the commit) call pack_refresh. */
err pack_put(struct tx *tx, const struct pack_source *s, const struct pack *p);
/* Reads the pack in force from the database again if it changed; call it at start.
 * *why stays readable until the thread's next call. */
err pack_refresh(struct kernel *k, str *why);
/* The same for other nodes' changes: asks the database at most once a second. The
 * scheduler's threads call it. */
void pack_poll(struct kernel *k);
/* What is in force now, by the kernel's clock. NULL before any was loaded. */
const struct pack *pack_current(const struct kernel *k);
/* The country's hours, in seconds east of Greenwich, and its money; while no pack is in
 * force: UTC, and a currency without a code. */
int32_t pack_utc_offset(const struct kernel *k);
currency pack_currency(const struct kernel *k);
const struct service *pack_service(const struct pack *p, str id);
/* The service that had this id before ("formerly" of its card), or NULL. */
const struct service *pack_service_formerly(const struct pack *p, str id);
/* NULL when there is no such body. */
const struct pack_entity *pack_entity(const struct pack *p, str id);
const struct pack_decision *pack_decision_at(const struct pack *p, str id, int64_t day);
/* A list of the pack as choices of a form ("choicesFrom"): [{"value", "label"}]; centres,
 * entities, countries. NULL if there is no such list. */
const json *pack_choices(const struct pack *p, arena *a, str name);
/* A country's name {"en","ar"} by its code; the code itself when no list has it. */
json *pack_country(const struct pack *p, arena *a, str code);
/* The form of a user task; NULL if there is none of the key. */
const struct form *service_form(const struct service *s, str key);
/* A service as it was in that version, also of packs no longer in force; NULL if
 * it never was. Kept in memory, at most SERVICE_VERSIONS_KEPT. */
#define SERVICE_VERSIONS_KEPT 1024
const struct service *service_at(struct kernel *k, dbc *c, str id, int64_t version);
/* Every version there was of it, the newest first. */
size_t service_versions(dbc *c, str id, int64_t *out, size_t max);

/* The files of a pack by its hash, of those whose path begins with `only`, from the
 * database: what a fold of pack.loaded may read. False and *why when one is
 * missing or was changed. */
bool pack_source_load(dbc *c, arena *a, str hash, str only, struct pack_source *out, str *why);

/* ---- services published one by one ---- */

#define PUBLISHED_AHEAD_MAX 16 /* instants to come that a process prepares for */

struct service_published {
	str service;
	int64_t version;
	instant from;
	str hash, manifest; /* of its folder; of the list of its files */
};
/* The newest first. */
size_t service_published_of(dbc *c, arena *a, str service, struct service_published *out,
                            size_t max);
/* Of all services, by service and version; those that a pack has overtaken included. */
size_t service_published_all(dbc *c, arena *a, struct service_published **out);
/* The newest version of a service of the pack in force, waiting ones included. */
int64_t service_newest(const struct pack *p, dbc *c, arena *a, str service);
/* The next number that is free. */
int64_t service_next(dbc *c, str service);

/* What pack_check needs to check one service: the files of that version, the lists of the
 * country and the cards of all services. People of the demonstration are left out. False
 * and *why. */
bool service_source(dbc *c, arena *a, str service, int64_t version, struct pack_source *out,
                    str *why);
/* In a source: replaces a file, or adds it. */
void source_put(arena *a, struct pack_source *s, str path, str bytes);
/* Writes a number into "version" of its service.json, of a service without a form into that
 * of its card, and leaves the rest as written. */
bool source_renumber(arena *a, struct pack_source *s, str service, int64_t version);

/* The service of such a source, unchecked: no example runs. NULL when a file of it cannot
 * be read, told in *d. */
const struct service *source_service(arena *a, const struct pack_source *s, str service,
                                     struct diags *d);

/* Publishes a checked service: `s` as pack_check made it of `files`. Its number must be
 * service_next (ERR_conflict), and `from` not before the newest version's (ERR_bad_input);
 * from <= now: at once. `about` is kept in the event. Call pack_refresh after the commit. */
err service_publish(struct tx *tx, const struct service *s, const struct pack_source *files,
                    instant from, const json *about);

/* Texts kept by their SHA-256, as files of packs are; for decide functions. */
str pack_text_keep(struct tx *tx, str bytes);
bool pack_text(dbc *c, arena *a, str hash, str *bytes);

/* ---- asking a service ---- */

/* An amount {"id", "amount_minor", "valid_from", "valid_to"} of a card, on a day. */
bool service_fee_in_force(const json *fee, int64_t day);
/* The amount of a card's fee on a day, NULL when it has none then: `name` is its id with
 * '_' for '-', as expressions write it ("fees.further_copy"). A day's amounts are what
 * the card shows on that day, so that page and checkout change together (CAT-02). */
const json *service_fee(const struct service *s, str name, int64_t day);

/* What the service calls a case that ended so ("ends" of service.json), {"en","ar"}; NULL:
 * it is called what it is for every service. `s` may be NULL. */
const json *service_end_text(const struct service *s, str state, str outcome);

/* The context of a service's expressions: {applicant, answers, today}; they also see
 * `fees`, the amounts of the card on that day. */
json *service_context(arena *a, const struct pack *p, const json *applicant, const json *answers,
                      instant now);
/* The message of the first test that is not true, or NULL when eligible. */
const json *service_refusal(arena *a, const struct service *s, const json *context, instant now);
struct decision_answer {
	json *value; /* as the model gave it */
	bool has_amount;
	money amount; /* of service_decision.amount, rounded half even */
	json *rule;   /* {"en","ar"}: annotations, named so, of the rule that matched in
	               * the first table that ran; or NULL */
	json *trace;
};
/* ERR_decision_unknown; ERR_bad_input when no rule gave the amount. */
err service_decide(arena *a, const struct service *s, str decision, const json *context,
                   instant now, struct decision_answer *out);

/* National numbers and other identifiers (identifiers.json): normalises digits
 * and spaces, checks pattern and check digit. ERR_national_number_bad. */
err identifier_check(arena *a, const struct pack *p, str scheme, str typed, str *normal);
/* What to tell whoever typed it, an object: "warning" {"en","ar"} when a rule that does
 * not refuse looks broken; "padded" and "consent" {"en","ar"} when the number lost its
 * leading characters and would be right with them. Empty when there is nothing. */
json *identifier_advice(arena *a, const struct pack *p, str scheme, str typed);

extern const struct organ pack_organ;

/* For kernel_open and kernel_close. */
struct packs *packs_open(arena *a);
void packs_close(struct packs *p);

#endif
