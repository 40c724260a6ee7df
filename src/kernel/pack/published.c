/* published.c - versions of services that were published one by one. */
#include "kernel/pack/pack_in.h"
#include "kernel/pack/statements.h"

#include <string.h>

/* ---- texts kept by their hash ---- */

str pack_text_keep(struct tx *tx, str bytes)
{
	str hash = pack_sha256(tx->a, bytes);
	db_exec(tx->db, &sql_pack_blob_insert, D_TEXT(hash), D_BLOB(bytes));
	return hash;
}

bool pack_text(dbc *c, arena *a, str hash, str *bytes)
{
	return pack_blob_get(c, a, hash, bytes);
}

/* ---- the fold ---- */

/* The version stands beside those that packs brought; its "pack" is the list of its
 * own files. */
void fold_service_published(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	str service = json_str(e->data, "service"), hash = json_str(e->data, "hash");
	str manifest = json_str(e->data, "manifest");
	int64_t version = json_int(e->data, "version", 0);
	db_exec(c, &sql_pack_service_insert, D_TEXT(service), D_INT(version), D_TEXT(hash),
	        D_TEXT(manifest));
	db_exec(c, &sql_pack_published_insert, D_TEXT(service), D_INT(version),
	        D_INT(json_int(e->data, "from", 0)), D_INT(e->seq), D_TEXT(hash), D_TEXT(manifest));
}

/* ---- reading ---- */

struct service_published published_row(rows *r, arena *a)
{
	return (struct service_published){.service = str_dup(a, db_text(r, 0)),
	                                  .version = db_int(r, 1),
	                                  .from = db_int(r, 2),
	                                  .hash = str_dup(a, db_text(r, 3)),
	                                  .manifest = str_dup(a, db_text(r, 4))};
}

size_t service_published_of(dbc *c, arena *a, str service, struct service_published *out,
                            size_t max)
{
	size_t n = 0;
	rows *r = db_query(c, &sql_pack_published_of, D_TEXT(service), D_INT((int64_t)max));
	while (n < max && db_next(r))
		out[n++] = published_row(r, a);
	db_done(r);
	return n;
}

/* Published ones below the pack's own number are out of force. */
int64_t service_newest(const struct pack *p, dbc *c, arena *a, str service)
{
	struct service_published last;
	const struct service *s = pack_service(p, service);
	int64_t now = s ? s->version : 0;
	size_t n = service_published_of(c, a, service, &last, 1);
	return n && last.version > now ? last.version : now;
}

int64_t service_next(dbc *c, str service)
{
	return db_query_int(c, &sql_pack_service_newest, 0, D_TEXT(service)) + 1;
}

/* ---- sources ---- */

/* The list of files of a version, or empty. */
static str manifest_of(dbc *c, arena *a, str service, int64_t version)
{
	rows *r = db_query(c, &sql_pack_service_get, D_TEXT(service), D_INT(version));
	str hash = db_next(r) ? str_dup(a, db_text(r, 1)) : (str){0};
	db_done(r);
	return hash;
}

static str pack_hash(dbc *c, arena *a)
{
	rows *r = db_query_args(c, &sql_pack_newest, NULL, 0);
	str hash = db_next(r) ? str_dup(a, db_text(r, 3)) : (str){0};
	db_done(r);
	return hash;
}

/* Lists of the country, and cards: lists name services by them. Nobody invented. */
static bool is_common(str path)
{
	if (str_chr(path, '/') < 0)
		return !str_eq(path, STR("demo.json"));
	return str_starts(path, STR("services/")) && str_ends(path, STR("/card.json"));
}

bool service_source(dbc *c, arena *a, str service, int64_t version, struct pack_source *out,
                    str *why)
{
	struct pack_source own;
	str manifest = manifest_of(c, a, service, version);
	if (!manifest.n) {
		*why = str_fmt(a, "there is no version %lld of %.*s", (long long)version, STRF(service));
		return false;
	}
	if (!pack_source_load(c, a, manifest, str_fmt(a, "services/%.*s/", STRF(service)), &own, why))
		return false;
	json *lists = pack_manifest_get(c, a, pack_hash(c, a));
	*out = (struct pack_source){.part = true};
	for (const json *f = json_get(lists, "files") ? json_get(lists, "files")->first : NULL; f;
	     f = f->next) {
		str bytes;
		if (!is_common(f->key))
			continue;
		if (!pack_blob_get(c, a, f->s, &bytes)) {
			*why = str_fmt(a, "the file %.*s is missing or was changed", STRF(f->key));
			return false;
		}
		source_put(a, out, f->key, bytes);
	}
	for (size_t i = 0; i < own.n; i++)
		source_put(a, out, own.files[i].path, own.files[i].bytes);
	return true;
}

void source_put(arena *a, struct pack_source *s, str path, str bytes)
{
	for (size_t i = 0; i < s->n; i++)
		if (str_eq(s->files[i].path, path)) {
			s->files[i].bytes = bytes;
			return;
		}
	struct pack_source_file *more = NEWN(a, struct pack_source_file, s->n + 1);
	if (s->n)
		memcpy(more, s->files, s->n * sizeof *more);
	more[s->n] = (struct pack_source_file){path, bytes};
	*s = (struct pack_source){more, s->n + 1, s->part};
}

/* Where a value stands in the text it was parsed from. */
static size_t offset_of(str text, const json *v)
{
	size_t at = 0;
	for (uint32_t line = 1; line < v->line && at < text.n; at++)
		line += text.p[at] == '\n';
	return at + v->col - 1;
}

/* Of one file; *known when it is there. */
static bool renumber(arena *a, struct pack_source *s, str path, int64_t version, bool *known)
{
	for (size_t i = 0; i < s->n; i++) {
		str text = s->files[i].bytes;
		if (!str_eq(s->files[i].path, path))
			continue;
		*known = true;
		const json *v = json_get(json_parse(a, text, NULL), "version");
		size_t from = v && v->line ? offset_of(text, v) : text.n, to = from;
		while (to < text.n && text.p[to] >= '0' && text.p[to] <= '9')
			to++;
		if (to == from)
			return false;
		s->files[i].bytes = str_fmt(a, "%.*s%lld%.*s", STRF(str_sub(text, 0, from)),
		                            (long long)version, STRF(str_sub(text, to, text.n)));
		return true;
	}
	return false;
}

bool source_renumber(arena *a, struct pack_source *s, str service, int64_t version)
{
	bool form = false, card = false;
	bool done =
	    renumber(a, s, str_fmt(a, "services/%.*s/service.json", STRF(service)), version, &form);
	return form ? done
	            : renumber(a, s, str_fmt(a, "services/%.*s/card.json", STRF(service)), version,
	                       &card);
}

const struct service *source_service(arena *a, const struct pack_source *s, str service,
                                     struct diags *d)
{
	struct pack_source own = {0};
	str folder = str_fmt(a, "services/%.*s/", STRF(service));
	for (size_t i = 0; i < s->n; i++)
		if (str_starts(s->files[i].path, folder))
			source_put(a, &own, s->files[i].path, s->files[i].bytes);
	return pack_build_service(a, &own, service, d);
}

/* ---- publishing ---- */

/* Keeps the files of the service's folder; the hash of their list. */
static str keep_folder(struct tx *tx, const struct service *s, const struct pack_source *files)
{
	str folder = str_fmt(tx->a, "services/%.*s/", STRF(s->id));
	json *m = json_object(tx->a), *list = json_set(tx->a, m, "files", json_object(tx->a));
	for (size_t i = 0; i < files->n; i++)
		if (str_starts(files->files[i].path, folder))
			json_set_key(tx->a, list, files->files[i].path,
			             json_string(tx->a, pack_text_keep(tx, files->files[i].bytes)));
	return pack_text_keep(tx, json_canonical(tx->a, m));
}

err service_publish(struct tx *tx, const struct service *s, const struct pack_source *files,
                    instant from, const json *about)
{
	struct service_published last;
	const struct service *now = pack_service(pack_current(tx->k), s->id);
	if (!now || s->version != service_next(tx->db, s->id))
		return tx_fail(tx, ERR_conflict, "", "another version of %.*s came meanwhile", STRF(s->id));
	if (from < tx->now)
		from = tx->now;
	if (service_published_of(tx->db, tx->a, s->id, &last, 1) && last.version > now->version &&
	    from < last.from)
		return tx_fail(tx, ERR_bad_input, "from", "version %lld holds from a later instant",
		               (long long)last.version);
	json *data = about ? json_copy(tx->a, about) : json_object(tx->a);
	json_set_str(tx->a, data, "service", s->id);
	json_set_int(tx->a, data, "version", s->version);
	json_set_int(tx->a, data, "from", from);
	json_set_str(tx->a, data, "hash", s->hash);
	json_set_str(tx->a, data, "manifest", keep_folder(tx, s, files));
	return tx_emit(
	    tx, (struct emission){.kind = "service.published", .entity = s->entity, .data = data});
}
