/* A pack comes into force: its files, the event, bodies and roles. */
#include "kernel/pack/pack_in.h"
#include "kernel/pack/statements.h"

#include <openssl/sha.h>

#define DB_STATEMENTS     "kernel/pack/statements.def"
#define DB_STATEMENT_LIST pack_statements
#include "db/declare.h"

str pack_sha256(arena *a, str bytes)
{
	return pack_sha256_since(a, arena_save(a), bytes);
}

str pack_sha256_since(arena *a, arena_mark m, str bytes)
{
	unsigned char h[SHA256_DIGEST_LENGTH];
	SHA256((const unsigned char *)(bytes.p ? bytes.p : ""), bytes.n, h);
	arena_rewind(a, m);
	return str_hex(a, (str){(const char *)h, sizeof h});
}

json *pack_manifest(arena *a, const struct pack_source *s, const struct pack *p)
{
	json *m = json_object(a), *files = json_set(a, m, "files", json_object(a));
	for (size_t i = 0; i < s->n; i++)
		json_set_key(a, files, s->files[i].path, json_string(a, pack_sha256(a, s->files[i].bytes)));
	json *services = json_set(a, m, "services", json_object(a));
	for (size_t i = 0; i < p->n_services; i++) {
		json *v = json_set_key(a, services, p->services[i].id, json_object(a));
		json_set_int(a, v, "version", p->services[i].version);
		json_set_str(a, v, "hash", p->services[i].hash);
	}
	return m;
}

/* ---- reading back ---- */

bool pack_blob_get(dbc *c, arena *a, str hash, str *out)
{
	rows *r = db_query(c, &sql_pack_blob_get, D_TEXT(hash));
	bool found = db_next(r);
	if (found)
		*out = str_dup(a, db_text(r, 0));
	db_done(r);
	return found && str_eq(pack_sha256(a, *out), hash);
}

json *pack_manifest_get(dbc *c, arena *a, str hash)
{
	str text;
	return pack_blob_get(c, a, hash, &text) ? json_parse(a, text, NULL) : NULL;
}

bool pack_source_load(dbc *c, arena *a, str hash, str only, struct pack_source *out, str *why)
{
	json *m = pack_manifest_get(c, a, hash);
	const json *files = json_get(m, "files");
	*out =
	    (struct pack_source){.files = NEWN(a, struct pack_source_file, files ? files->count : 0)};
	for (const json *f = files ? files->first : NULL; f; f = f->next) {
		struct pack_source_file *at = &out->files[out->n];
		if (!str_starts(f->key, only))
			continue;
		at->path = f->key;
		if (!pack_blob_get(c, a, f->s, &at->bytes)) {
			*why = str_fmt(a, "the file %.*s of pack %.*s is missing or was changed", STRF(f->key),
			               STRF(hash));
			return false;
		}
		out->n++;
	}
	if (!files)
		*why = str_fmt(a, "the manifest of pack %.*s is missing or was changed", STRF(hash));
	return files != NULL;
}

/* ---- the fold ---- */

/* The services stand in the manifest, which is kept by its hash: an event is too
 * small for the names of thousands of files. */
void fold_pack_loaded(dbc *c, arena *a, const struct event *e)
{
	str hash = json_str(e->data, "hash");
	db_exec(c, &sql_pack_insert, D_INT(e->seq), D_TEXT(json_str(e->data, "id")),
	        D_TEXT(json_str(e->data, "version")), D_TEXT(hash), D_INT(e->at));
	json *m = pack_manifest_get(c, a, hash);
	const json *services = json_get(m, "services");
	for (const json *s = services ? services->first : NULL; s; s = s->next)
		db_exec(c, &sql_pack_service_insert, D_TEXT(s->key), D_INT(json_int(s, "version", 0)),
		        D_TEXT(json_str(s, "hash")), D_TEXT(hash));
}

/* ---- bodies and roles ---- */

/* Was the same entry in the file of the pack before? */
static bool unchanged(const json *before, const char *member, const json *entry)
{
	const json *list = json_get(before, member);
	for (const json *v = list ? list->first : NULL; v; v = v->next)
		if (str_eq(json_str(v, "id"), json_str(entry, "id")))
			return json_equal(v, entry);
	return false;
}

static void push_name(arena *a, json *names, str since, const json *name)
{
	json *n = json_object(a);
	if (since.n)
		json_set_str(a, n, "since", since);
	json_set_str(a, n, "en", json_str(name, "en"));
	json_set_str(a, n, "ar", json_str(name, "ar"));
	json_push(names, n);
}

/* The day after the one a name ended on. */
static str next_day(arena *a, str date)
{
	int64_t day;
	return date_parse(date, &day) ? date_print(a, day + 1) : date;
}

/* Names from the oldest on, each with the day it began; none: as long as known. */
static json *names_of(arena *a, const json *entity)
{
	json *names = json_array(a);
	const json *former = json_get(entity, "former_names");
	str since = {0};
	for (size_t i = 0; former && i < former->count; i++) {
		const json *next = NULL; /* the one that ended first of those not yet taken */
		for (const json *f = former->first; f; f = f->next) {
			str until = json_str(f, "until");
			bool taken = since.n && str_cmp(until, since) < 0;
			if (!taken && (!next || str_cmp(until, json_str(next, "until")) < 0))
				next = f;
		}
		if (!next)
			break;
		push_name(a, names, json_str(next, "since").n ? json_str(next, "since") : since,
		          json_get(next, "name"));
		since = next_day(a, json_str(next, "until"));
	}
	push_name(a, names, since, json_get(entity, "name"));
	return names;
}

static err put_entities(struct tx *tx, const struct pack *p, const json *before)
{
	const json *list = json_get(p->entities, "entities");
	err e = OK;
	for (const json *v = list ? list->first : NULL; v && e == OK; v = v->next) {
		if (unchanged(before, "entities", v))
			continue;
		json *data = json_object(tx->a);
		json_set_str(tx->a, data, "id", json_str(v, "id"));
		json_set_str(tx->a, data, "kind", json_str(v, "kind"));
		json_set_str(tx->a, data, "parent", json_str(v, "parent"));
		json_set(tx->a, data, "names", names_of(tx->a, v));
		e = tx_emit(tx, (struct emission){.kind = "entity.registered",
		                                  .entity = json_str(v, "id"),
		                                  .data = data});
	}
	return e;
}

static err put_roles(struct tx *tx, const struct pack *p, const json *before)
{
	const json *list = json_get(p->roles, "roles");
	err e = OK;
	for (const json *v = list ? list->first : NULL; v && e == OK; v = v->next) {
		if (unchanged(before, "roles", v))
			continue;
		json *data = json_object(tx->a);
		json_set_str(tx->a, data, "name", json_str(v, "id"));
		json_set(tx->a, data, "title", json_copy(tx->a, json_get(v, "name")));
		json_set(tx->a, data, "permissions", json_copy(tx->a, json_get(v, "permissions")));
		e = tx_emit(tx, (struct emission){.kind = "role.defined", .data = data});
	}
	return e;
}

/* A role that the pack no longer has keeps its name and loses its permissions. */
static err end_roles(struct tx *tx, const struct pack *p, const json *before)
{
	const json *list = json_get(before, "roles"), *now = json_get(p->roles, "roles");
	err e = OK;
	for (const json *v = list ? list->first : NULL; v && e == OK; v = v->next) {
		bool found = false;
		for (const json *n = now->first; n && !found; n = n->next)
			found = str_eq(json_str(n, "id"), json_str(v, "id"));
		if (found)
			continue;
		json *data = json_object(tx->a);
		json_set_str(tx->a, data, "name", json_str(v, "id"));
		json_set(tx->a, data, "title", json_copy(tx->a, json_get(v, "name")));
		json_set(tx->a, data, "permissions", json_array(tx->a));
		e = tx_emit(tx, (struct emission){.kind = "role.defined", .data = data});
	}
	return e;
}

/* ---- putting ---- */

struct in_force {
	str id, hash;
	json *entities, *roles;
};

static json *file_of(dbc *c, arena *a, str hash, const char *path)
{
	struct pack_source s;
	str why;
	if (!pack_source_load(c, a, hash, str_of(path), &s, &why) || s.n != 1)
		return NULL;
	return json_parse(a, s.files[0].bytes, NULL);
}

static struct in_force find_in_force(struct tx *tx)
{
	struct in_force f = {0};
	rows *r = db_query_args(tx->db, &sql_pack_newest, NULL, 0);
	if (db_next(r)) {
		f.id = str_dup(tx->a, db_text(r, 1));
		f.hash = str_dup(tx->a, db_text(r, 3));
	}
	db_done(r);
	if (f.hash.n) {
		f.entities = file_of(tx->db, tx->a, f.hash, "entities.json");
		f.roles = file_of(tx->db, tx->a, f.hash, "roles.json");
	}
	return f;
}

static err check_versions(struct tx *tx, const struct pack *p)
{
	for (size_t i = 0; i < p->n_services; i++) {
		const struct service *s = &p->services[i];
		rows *r = db_query(tx->db, &sql_pack_service_get, D_TEXT(s->id), D_INT(s->version));
		bool other = db_next(r) && !str_eq(db_text(r, 0), s->hash);
		db_done(r);
		if (other)
			return tx_fail(tx, ERR_pack_invalid, "version",
			               "the files of service %.*s changed: raise \"version\" in %s, so that "
			               "cases already begun keep the version %lld they began with",
			               STRF(s->id), s->definition ? "service.json" : "card.json",
			               (long long)s->version);
	}
	return OK;
}

static void keep_blobs(struct tx *tx, const struct pack_source *s, str manifest, str hash)
{
	for (size_t i = 0; i < s->n; i++)
		db_exec(tx->db, &sql_pack_blob_insert, D_TEXT(pack_sha256(tx->a, s->files[i].bytes)),
		        D_BLOB(s->files[i].bytes));
	db_exec(tx->db, &sql_pack_blob_insert, D_TEXT(hash), D_BLOB(manifest));
}

err pack_put(struct tx *tx, const struct pack_source *s, const struct pack *p)
{
	struct in_force old = find_in_force(tx);
	str manifest = json_canonical(tx->a, pack_manifest(tx->a, s, p));
	if (str_eq(old.hash, p->hash))
		return OK;
	if (old.id.n && !str_eq(old.id, p->id))
		return tx_fail(tx, ERR_pack_invalid, "id",
		               "the pack in force is %.*s: another country needs a database of its own",
		               STRF(old.id));
	if (!str_eq(pack_sha256(tx->a, manifest), p->hash))
		return tx_fail(tx, ERR_pack_invalid, "", "these are not the files that were checked");
	err e = check_versions(tx, p);
	if (e)
		return e;
	keep_blobs(tx, s, manifest, p->hash);
	json *data = json_object(tx->a);
	json_set_str(tx->a, data, "id", p->id);
	json_set_str(tx->a, data, "version", p->version);
	json_set_str(tx->a, data, "hash", p->hash);
	json_set_int(tx->a, data, "files", (int64_t)s->n);
	json_set_int(tx->a, data, "services", (int64_t)p->n_services);
	e = tx_emit(tx, (struct emission){.kind = "pack.loaded", .data = data});
	if (e == OK)
		e = put_entities(tx, p, old.entities);
	if (e == OK)
		e = put_roles(tx, p, old.roles);
	return e ? e : end_roles(tx, p, old.roles);
}
