/* A pack as a whole: its files, the lists of the country, and what is left over. */
#include "kernel/pack/pack_in.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The files of the pack's first level. */
static const struct root {
	const char *name;
	size_t member; /* of struct pack */
	bool needed;
} roots[] = {
    {"pack", offsetof(struct pack, meta), true},
    {"entities", offsetof(struct pack, entities), true},
    {"roles", offsetof(struct pack, roles), true},
    {"life-events", offsetof(struct pack, life_events), true},
    {"audiences", offsetof(struct pack, audiences), true},
    {"channels", offsetof(struct pack, channels), true},
    {"payment-methods", offsetof(struct pack, payment_methods), true},
    {"centres", offsetof(struct pack, centres), true},
    {"evidence-types", offsetof(struct pack, evidence_types), true},
    {"legal", offsetof(struct pack, legal), true},
    {"identifiers", offsetof(struct pack, identifiers), true},
    {"calendar", offsetof(struct pack, calendar_json), true},
    {"messages", offsetof(struct pack, messages), false},
    {"countries", offsetof(struct pack, countries), false},
    {"demo", offsetof(struct pack, demo), false},
};

/* ---- telling ---- */

static void tell(struct check *c, enum severity s, const struct pack_file *f, const json *at,
                 const char *rule, const char *hint, const char *fmt, va_list ap)
{
	char text[1024];
	vsnprintf(text, sizeof text, fmt, ap);
	c->d->file = f->path;
	struct diag *g = diags_add(c->d, s, rule, at && at->line ? at->line : 1,
	                           at && at->col ? at->col : 1, "%s", text);
	g->hint = str_of(hint);
}

void check_error(struct check *c, const struct pack_file *f, const json *at, const char *rule,
                 const char *hint, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	tell(c, DIAG_ERROR, f, at, rule, hint, fmt, ap);
	va_end(ap);
}

void check_warning(struct check *c, const struct pack_file *f, const json *at, const char *rule,
                   const char *hint, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	tell(c, DIAG_WARNING, f, at, rule, hint, fmt, ap);
	va_end(ap);
}

/* ---- files ---- */

static int by_path(const void *x, const void *y)
{
	return str_cmp(((const struct pack_file *)x)->path, ((const struct pack_file *)y)->path);
}

struct pack_file *check_find(struct check *c, str path)
{
	struct pack_file key = {.path = path};
	return c->n ? bsearch(&key, c->file, c->n, sizeof key, by_path) : NULL;
}

struct pack_file *check_need(struct check *c, str folder, str name, const struct pack_file *owner,
                             const json *at)
{
	struct pack_file *f = check_find(c, str_cat(c->a, folder, name));
	if (f)
		f->used = true;
	else
		check_error(c, owner, at, "pack.file.missing",
		            "Write the file, or correct the name: it stands in the same folder.",
		            "there is no file %.*s%.*s", STRF(folder), STRF(name));
	return f;
}

static void parse(struct check *c, struct pack_file *f)
{
	json_error e = {0};
	f->doc = json_parse(c->a, f->bytes, &e);
	if (f->doc)
		return;
	c->d->file = f->path;
	diags_add(c->d, DIAG_ERROR, "pack.json", e.line ? e.line : 1, e.col ? e.col : 1, "%.*s",
	          STRF(e.what))
	    ->hint = STR("A JSON file: check commas, quotes and brackets around this place.");
}

/* "card" for "services/x/card.json"; empty for a file that something must name. */
static str schema_by_path(str path)
{
	str rest = path, first, second;
	bool top = str_chr(path, '/') < 0;
	if (top) {
		for (size_t i = 0; i < COUNT(roots); i++)
			if (str_eq(str_sub(path, 0, path.n - 5), str_of(roots[i].name)))
				return str_of(roots[i].name);
		return (str){0};
	}
	str_cut(&rest, '/', &first);
	str_cut(&rest, '/', &second);
	if (str_eq(first, STR("services")) && str_eq(rest, STR("card.json")))
		return STR("card");
	if (str_eq(first, STR("services")) && str_eq(rest, STR("service.json")))
		return STR("service");
	if (str_eq(first, STR("decisions")) && str_eq(rest, STR("decision.json")))
		return STR("decision");
	return (str){0};
}

static void take_files(struct check *c, const struct pack_source *s)
{
	c->n = s->n;
	c->file = NEWN(c->a, struct pack_file, s->n);
	for (size_t i = 0; i < s->n; i++)
		c->file[i] = (struct pack_file){.path = s->files[i].path, .bytes = s->files[i].bytes};
	if (c->n)
		qsort(c->file, c->n, sizeof *c->file, by_path);
	for (size_t i = 0; i < c->n; i++) {
		struct pack_file *f = &c->file[i];
		if (!str_ends(f->path, STR(".json")))
			continue;
		parse(c, f);
		f->schema = schema_by_path(f->path);
		f->used = f->schema.n > 0;
		if (f->used)
			check_schema(c, f);
	}
}

static void take_roots(struct check *c)
{
	for (size_t i = 0; i < COUNT(roots); i++) {
		struct pack_file *f = check_find(c, str_fmt(c->a, "%s.json", roots[i].name));
		memcpy((char *)c->p + roots[i].member, f ? &f->doc : &(json *){NULL}, sizeof f->doc);
		if (f || !roots[i].needed)
			continue;
		struct pack_file missing = {.path = str_fmt(c->a, "%s.json", roots[i].name)};
		check_error(c, &missing, NULL, "pack.file.missing",
		            "Every pack has it; packs/empty has the smallest one.",
		            "the pack has no file %s.json", roots[i].name);
	}
}

static void take_meta(struct check *c)
{
	struct pack *p = c->p;
	struct pack_file *f = check_find(c, STR("pack.json"));
	p->id = json_str(p->meta, "id");
	p->version = json_str(p->meta, "version");
	str code = json_str(p->meta, "currency"), offset = json_str(p->meta, "utc_offset");
	currency known;
	if (!currency_find(code, &known) && f)
		check_error(c, f, json_get(p->meta, "currency"), "pack.currency",
		            "Use a code of ISO 4217, such as BHD.", "%.*s is not a known currency",
		            STRF(code));
	else
		memcpy(p->currency, known.code, sizeof p->currency);
	int64_t h = 0, m = 0;
	if (offset.n == 6 && str_i64(str_sub(offset, 1, 3), &h) && str_i64(str_sub(offset, 4, 6), &m))
		p->utc_offset = (int32_t)((offset.p[0] == '-' ? -1 : 1) * (h * 3600 + m * 60));
}

static void take_calendar(struct check *c)
{
	struct pack_file *f = check_find(c, STR("calendar.json"));
	if (!f || !f->doc || f->invalid)
		return;
	c->d->file = f->path;
	c->p->calendar = calendar_load(c->a, f->doc, c->p->utc_offset, c->d);
	if (!json_equal(json_get(f->doc, "weekend"), json_get(c->p->meta, "weekend")))
		check_error(c, f, json_get(f->doc, "weekend"), "pack.weekend",
		            "Write the same days in pack.json and calendar.json.",
		            "the weekend is not the one of pack.json");
}

static int by_entity(const void *x, const void *y)
{
	return str_cmp(((const struct pack_entity *)x)->id, ((const struct pack_entity *)y)->id);
}

/* After the services, which are counted. */
static void take_entities(struct check *c)
{
	struct pack *p = c->p;
	const json *list = json_get(p->entities, "entities");
	struct pack_entity *e = NEWN(c->a, struct pack_entity, (list ? list->count : 0) + 1);
	for (const json *i = list ? list->first : NULL; i; i = i->next)
		e[p->n_entity++] = (struct pack_entity){.id = json_str(i, "id"), .about = i};
	qsort(e, p->n_entity, sizeof *e, by_entity);
	p->entity = e;
	for (size_t i = 0; i < p->n_services; i++) {
		struct pack_entity key = {.id = p->services[i].entity};
		struct pack_entity *of = bsearch(&key, e, p->n_entity, sizeof *e, by_entity);
		if (of)
			of->services++;
	}
}

static void tell_unused(struct check *c)
{
	for (size_t i = 0; i < c->n; i++)
		if (!c->file[i].used)
			check_warning(c, &c->file[i], NULL, "pack.file.unused",
			              "Name it in service.json or decision.json, or remove it.",
			              "no file of the pack uses this one");
}

/* ---- the whole ---- */

struct pack *pack_build(arena *a, const struct pack_source *s, bool trusted, struct diags *d)
{
	struct check c = {
	    .a = a, .d = d, .p = NEW(a, struct pack), .trusted = trusted, .part = s->part};
	size_t before = d->errors;
	str file = d->file;
	take_files(&c, s);
	take_roots(&c);
	take_meta(&c);
	take_calendar(&c);
	check_ids(&c);
	check_decisions(&c);
	check_services(&c);
	take_entities(&c);
	if (!trusted) {
		check_refs(&c);
		tell_unused(&c);
	}
	d->file = file;
	if (d->errors > before)
		return NULL;
	arena_mark mark = arena_save(a);
	json *manifest = pack_manifest(a, s, c.p);
	c.p->hash = pack_sha256_since(a, mark, json_canonical(a, manifest));
	return c.p;
}

struct pack *pack_check(arena *a, const struct pack_source *s, struct diags *d)
{
	return pack_build(a, s, false, d);
}

struct service *pack_build_service(arena *a, const struct pack_source *s, str id, struct diags *d)
{
	struct check c = {.a = a, .d = d, .p = NEW(a, struct pack), .trusted = true};
	take_files(&c, s);
	check_services(&c);
	if (d->errors || c.p->n_services != 1 || !str_eq(c.p->services[0].id, id))
		return NULL;
	struct service *out = NEW(a, struct service);
	*out = c.p->services[0];
	return out;
}
