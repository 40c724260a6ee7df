/* Private to kernel/pack: a pack while it is read, and the packs of a process. */
#ifndef KERNEL_PACK_IN_H
#define KERNEL_PACK_IN_H

#include "kernel/pack/pack.h"

struct pack_file {
	str path, bytes;
	json *doc;    /* of a .json file that parses */
	str schema;   /* name of the schema it was checked against; empty: none */
	bool invalid; /* by that schema */
	bool used;    /* some other file names it, or the layout knows it */
};

/* Ids that other files may name. */
struct id_set {
	const char *what; /* "government body", for messages */
	const char *file; /* where they are listed */
	str *id;          /* sorted */
	size_t n;
};

enum id_kind {
	ID_ENTITY,
	ID_ROLE,
	ID_LIFE_EVENT,
	ID_AUDIENCE,
	ID_CHANNEL,
	ID_PAYMENT_METHOD,
	ID_CENTRE,
	ID_EVIDENCE,
	ID_LEGAL,
	ID_SOURCE,
	ID_SCHEME,
	ID_COUNTRY,
	ID_KINDS
};

struct check {
	arena *a;
	struct diags *d;
	struct pack *p;
	struct pack_file *file; /* by path */
	size_t n;
	struct id_set ids[ID_KINDS];
	struct kept *schemas; /* compiled; schema.c */
	/* It was checked before, and its bytes are the same: schemas, references and
	 * examples are not gone through again. */
	bool trusted;
	bool part; /* as in struct pack_source */
};

struct pack_file *check_find(struct check *c, str path);
/* A file of a folder ("services/x/"), or NULL after saying at `at` (a value of
 * `owner`) that it is missing. Marks it as used. */
struct pack_file *check_need(struct check *c, str folder, str name, const struct pack_file *owner,
                             const json *at);
/* An error at a value of a file. `hint` may be NULL. */
void check_error(struct check *c, const struct pack_file *f, const json *at, const char *rule,
                 const char *hint, const char *fmt, ...) __attribute__((format(printf, 6, 7)));
void check_warning(struct check *c, const struct pack_file *f, const json *at, const char *rule,
                   const char *hint, const char *fmt, ...) __attribute__((format(printf, 6, 7)));
bool check_has_id(const struct check *c, enum id_kind kind, str id);

/* schema.c: against packs/schema/NAME.schema.json. */
bool pack_schema_known(str name);
void check_schema(struct check *c, struct pack_file *f);

/* refs.c */
void check_ids(struct check *c);
void check_refs(struct check *c);

/* services.c */
void check_services(struct check *c);
void check_decisions(struct check *c);

/* ask.c: is it a state that a case ends in? */
bool service_ended(str state);

/* scenario.c: is what the scenarios of a service expect before its first step so? */
void check_scenarios(struct check *c, const struct pack_file *f, const struct service *s);

/* check.c: as pack_check; `trusted` see above. */
struct pack *pack_build(arena *a, const struct pack_source *s, bool trusted, struct diags *d);
/* One service of files whose paths begin with services/ID/; NULL when it is wrong. */
struct service *pack_build_service(arena *a, const struct pack_source *s, str id, struct diags *d);

/* put.c */
str pack_sha256(arena *a, str bytes);
/* The same; gives back what was made since the mark, the bytes themselves for one. */
str pack_sha256_since(arena *a, arena_mark m, str bytes);
/* {"files": {path: hash}, "services": {id: {"version", "hash"}}}: its hash is the
 * pack's. */
json *pack_manifest(arena *a, const struct pack_source *s, const struct pack *p);

bool pack_blob_get(dbc *c, arena *a, str hash, str *out);
json *pack_manifest_get(dbc *c, arena *a, str hash);
struct service_published published_row(rows *r, arena *a); /* published.c */

#define EVENT(name, kind, version, doc) void fold_##name(dbc *c, arena *a, const struct event *e);
#include "kernel/pack/events.def"
#undef EVENT

#endif
