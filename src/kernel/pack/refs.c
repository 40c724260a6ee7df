/* What the files of a pack say of each other. */
#include "kernel/pack/pack_in.h"

#include <stdlib.h>

/* ---- the lists ---- */

static const struct list {
	enum id_kind kind;
	const char *what, *file, *member;
} lists[] = {
    {ID_ENTITY, "government body", "entities.json", "entities"},
    {ID_ROLE, "role", "roles.json", "roles"},
    {ID_LIFE_EVENT, "life event", "life-events.json", "life_events"},
    {ID_AUDIENCE, "audience", "audiences.json", "audiences"},
    {ID_CHANNEL, "channel", "channels.json", "channels"},
    {ID_PAYMENT_METHOD, "payment method", "payment-methods.json", "payment_methods"},
    {ID_CENTRE, "centre", "centres.json", "centres"},
    {ID_EVIDENCE, "evidence type", "evidence-types.json", "evidence_types"},
    {ID_LEGAL, "law or decision", "legal.json", "legal"},
    {ID_SOURCE, "source", "pack.json", "sources"},
    {ID_SCHEME, "scheme of numbers", "identifiers.json", "schemes"},
    {ID_COUNTRY, "country", "countries.json", "countries"},
};

static int by_id(const void *x, const void *y)
{
	return str_cmp(*(const str *)x, *(const str *)y);
}

bool check_has_id(const struct check *c, enum id_kind kind, str id)
{
	const struct id_set *s = &c->ids[kind];
	return s->n && bsearch(&id, s->id, s->n, sizeof id, by_id);
}

static void take_list(struct check *c, const struct list *l)
{
	struct pack_file *f = check_find(c, str_of(l->file));
	const json *list = f ? json_get(f->doc, l->member) : NULL;
	struct id_set *s = &c->ids[l->kind];
	*s = (struct id_set){.what = l->what, .file = l->file};
	s->id = NEWN(c->a, str, list ? list->count : 0);
	for (const json *v = list ? list->first : NULL; v; v = v->next)
		s->id[s->n++] = json_str(v, "id");
	if (s->n)
		qsort(s->id, s->n, sizeof *s->id, by_id);
	for (size_t i = 1; i < s->n; i++)
		if (str_eq(s->id[i], s->id[i - 1]) && s->id[i].n)
			for (const json *v = list->first, *seen = NULL; v; v = v->next)
				if (str_eq(json_str(v, "id"), s->id[i])) {
					if (seen)
						check_error(c, f, json_get(v, "id"), "pack.id.twice",
						            "Ids never change and stand for one thing.",
						            "the %s \"%.*s\" is listed twice", l->what, STRF(s->id[i]));
					seen = v;
				}
}

void check_ids(struct check *c)
{
	for (size_t i = 0; i < COUNT(lists); i++)
		take_list(c, &lists[i]);
}

/* ---- who points where ---- */

static const struct ref {
	const char *schema; /* of the files it stands in */
	const char *path;   /* "documents[].evidence" */
	enum id_kind to;
} refs[] = {
    {"pack", "identifier", ID_SCHEME},
    {"pack", "owner", ID_ENTITY},
    {"entities", "entities[].parent", ID_ENTITY},
    {"entities", "entities[].succeeded_by", ID_ENTITY},
    {"entities", "entities[].near[]", ID_ENTITY},
    {"centres", "centres[].entity", ID_ENTITY},
    {"centres", "centres[].governorate", ID_ENTITY},
    {"evidence-types", "evidence_types[].issuer", ID_ENTITY},
    {"legal", "legal[].issuer", ID_ENTITY},
    {"demo", "accounts[].roles[].role", ID_ROLE},
    {"demo", "accounts[].roles[].entity", ID_ENTITY},
    {"card", "provider", ID_ENTITY},
    {"card", "partners[]", ID_ENTITY},
    {"card", "audiences[]", ID_AUDIENCE},
    {"card", "life_events[]", ID_LIFE_EVENT},
    {"card", "documents[].evidence", ID_EVIDENCE},
    {"card", "fees[].legal", ID_LEGAL},
    {"card", "payment_methods[]", ID_PAYMENT_METHOD},
    {"card", "channels[]", ID_CHANNEL},
    {"card", "centres[]", ID_CENTRE},
    {"card", "legal[]", ID_LEGAL},
    {"decision", "owner", ID_ENTITY},
    {"decision", "legal[]", ID_LEGAL},
    {"service", "entity", ID_ENTITY},
};

static void check_id(struct check *c, const struct pack_file *f, const json *v, enum id_kind to)
{
	const struct id_set *s = &c->ids[to];
	str id = json_text(v);
	bool every = str_eq(f->schema, STR("demo")) && str_eq(id, STR("*"));
	if (!json_is(v, JSON_STRING) || every || check_has_id(c, to, id))
		return;
	check_error(c, f, v, "pack.ref",
	            str_c(c->a, str_fmt(c->a, "Add it to %s, or correct the id.", s->file)),
	            "there is no %s \"%.*s\"", s->what, STRF(id));
}

static void follow(struct check *c, const struct pack_file *f, const json *v, str path,
                   enum id_kind to)
{
	str part, rest = path;
	if (!v)
		return;
	if (!path.n || !str_cut(&rest, '.', &part)) {
		check_id(c, f, v, to);
		return;
	}
	bool many = str_ends(part, STR("[]"));
	const json *at = json_get_str(v, many ? str_sub(part, 0, part.n - 2) : part);
	if (!many)
		follow(c, f, at, rest, to);
	for (const json *i = many && json_is(at, JSON_ARRAY) ? at->first : NULL; i; i = i->next)
		follow(c, f, i, rest, to);
}

/* Every "source" and "sources", wherever they stand. */
static void check_sources(struct check *c, const struct pack_file *f, const json *v)
{
	if (str_eq(v->key, STR("source")) && json_is(v, JSON_STRING))
		check_id(c, f, v, ID_SOURCE);
	bool many = str_eq(v->key, STR("sources")) && json_is(v, JSON_ARRAY);
	for (const json *i = json_is(v, JSON_ARRAY) || json_is(v, JSON_OBJECT) ? v->first : NULL; i;
	     i = i->next) {
		if (many && json_is(i, JSON_STRING))
			check_id(c, f, i, ID_SOURCE);
		else
			check_sources(c, f, i);
	}
}

static void check_days(struct check *c, const struct pack_file *f, const json *v)
{
	int64_t from, to;
	if (!json_is(v, JSON_OBJECT) && !json_is(v, JSON_ARRAY))
		return;
	const json *end = json_get(v, "valid_to");
	if (end && date_parse(json_str(v, "valid_from"), &from) && date_parse(json_text(end), &to) &&
	    to < from)
		check_error(c, f, end, "pack.dates", "\"valid_to\" is the last day, after \"valid_from\".",
		            "this ends before it begins");
	for (const json *i = v->first; i; i = i->next)
		check_days(c, f, i);
}

static struct pack_file *card_of(struct check *c, str id)
{
	return check_find(c, str_fmt(c->a, "services/%.*s/card.json", STRF(id)));
}

/* A former id leads to one service: it is nobody's now, and no other's former one. */
static void check_former(struct check *c, const struct pack_file *f)
{
	const json *list = json_get(f->doc, "formerly");
	for (const json *v = list ? list->first : NULL; v; v = v->next) {
		bool taken = card_of(c, json_text(v)) != NULL;
		for (size_t i = 0; i < c->n && !taken; i++) {
			const struct pack_file *other = &c->file[i];
			const json *more = other != f && str_eq(other->schema, STR("card"))
			                       ? json_get(other->doc, "formerly")
			                       : NULL;
			for (const json *o = more ? more->first : NULL; o && !taken; o = o->next)
				taken = str_eq(json_text(o), json_text(v));
		}
		if (taken)
			check_error(c, f, v, "pack.id.former", "An address leads to one service for ever.",
			            "\"%.*s\" is, or was, another service", STRF(json_text(v)));
	}
}

/* "service" of a document: where one gets it. */
static void check_evidence(struct check *c, const struct pack_file *f)
{
	const json *list = json_get(f->doc, "evidence_types");
	for (const json *v = list ? list->first : NULL; v; v = v->next) {
		const json *id = json_get(v, "service");
		if (id && !card_of(c, json_text(id)))
			check_error(c, f, id, "pack.ref", "Add its card, or correct the id.",
			            "there is no service \"%.*s\"", STRF(json_text(id)));
	}
}

/* "bundle" of a life event: each of its services is one that is begun here. Of a service
 * that is checked alone the others have their cards only. */
static void check_bundles(struct check *c, const struct pack_file *f)
{
	const json *list = json_get(f->doc, "life_events");
	for (const json *e = list ? list->first : NULL; e; e = e->next) {
		const json *bundle = json_get(e, "bundle");
		for (const json *v = bundle ? bundle->first : NULL; v; v = v->next) {
			const struct pack_file *card = card_of(c, json_text(v));
			if (!card || !str_eq(json_str(card->doc, "digital_stage"), STR("transaction")))
				check_error(c, f, v, "pack.ref", "Only a transaction can be begun.",
				            "there is no transaction \"%.*s\"", STRF(json_text(v)));
		}
	}
}

static void check_card(struct check *c, const struct pack_file *f)
{
	const json *fees = json_get(f->doc, "fees");
	str folder = str_sub(f->path, 0, f->path.n - STR("/card.json").n);
	str id = json_str(f->doc, "id");
	if (!str_ends(folder, str_cat(c->a, STR("/"), id)))
		check_error(c, f, json_get(f->doc, "id"), "pack.id.folder",
		            "The folder of a service has the service's id as its name.",
		            "the id is not the name of the folder");
	check_former(c, f);
	for (const json *v = fees ? fees->first : NULL; v; v = v->next)
		if (!str_eq(json_str(v, "currency"), str_of(c->p->currency)))
			check_error(c, f, json_get(v, "currency"), "pack.currency",
			            "Fees are in the currency of pack.json.", "the pack's currency is %s",
			            c->p->currency);
}

void check_refs(struct check *c)
{
	for (size_t i = 0; i < c->n; i++) {
		struct pack_file *f = &c->file[i];
		if (!f->doc || !f->schema.n)
			continue;
		for (size_t r = 0; r < COUNT(refs); r++)
			if (str_eq(f->schema, str_of(refs[r].schema)))
				follow(c, f, f->doc, str_of(refs[r].path), refs[r].to);
		if (!str_eq(f->schema, STR("messages")) && !str_eq(f->schema, STR("document")))
			check_sources(c, f, f->doc);
		check_days(c, f, f->doc);
		if (str_eq(f->schema, STR("card")))
			check_card(c, f);
		if (str_eq(f->schema, STR("evidence-types")))
			check_evidence(c, f);
		if (str_eq(f->schema, STR("life-events")))
			check_bundles(c, f);
	}
}
