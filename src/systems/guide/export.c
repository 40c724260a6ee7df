/*
 * export.c - the cards as CPSV-AP 3.2.0 in Turtle, by the rules of
 * packs/CPSV-AP.md: whatever is pointed to is described in the same file.
 */
#include "systems/guide/guide_in.h"

#define TURTLE_BYTES_MAX ((size_t)16 * 1024 * 1024)
#define AUTHORITY        "http://publications.europa.eu/resource/authority/"

struct out {
	arena *a;
	const struct pack *p;
	str base;
	buf b;
};

static const char prefixes[] =
#define VOCABULARY(name, iri) "@prefix " name ": <" iri "> .\n"
#include "systems/guide/vocabularies.def"
#undef VOCABULARY
    "\n"
    "<" AUTHORITY "country/BHR> a dct:Location .\n"
    "<" AUTHORITY "language/ARA> a dct:LinguisticSystem .\n"
    "<" AUTHORITY "language/ENG> a dct:LinguisticSystem .\n\n";

/* ---- terms ---- */

static void text(struct out *o, str s)
{
	buf_putc(&o->b, '"');
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		if (c == '"' || c == '\\')
			buf_putc(&o->b, '\\');
		if (c == '\n')
			buf_puts(&o->b, "\\n");
		else if ((unsigned char)c >= 0x20)
			buf_putc(&o->b, c);
	}
	buf_putc(&o->b, '"');
}

/* "..."@en, "..."@ar */
static void both(struct out *o, const json *two)
{
	text(o, json_str(two, "en"));
	buf_puts(&o->b, "@en, ");
	text(o, json_str(two, "ar"));
	buf_puts(&o->b, "@ar");
}

static void iri(struct out *o, const char *kind, str id)
{
	buf_fmt(&o->b, "<%.*s/id/%s/%.*s>", STRF(o->base), kind, STRF(id));
}

static void part(struct out *o, const struct service *s, const char *kind, str name)
{
	buf_fmt(&o->b, "<%.*s/id/service/%.*s/%s%s%.*s>", STRF(o->base), STRF(s->id), kind,
	        name.n ? "/" : "", STRF(name));
}

static void property(struct out *o, const char *name)
{
	buf_fmt(&o->b, " ;\n    %s ", name);
}

static void literal(struct out *o, const char *name, str s, const char *type)
{
	property(o, name);
	text(o, s);
	buf_puts(&o->b, type);
}

static void texts(struct out *o, const char *name, const json *two)
{
	property(o, name);
	both(o, two);
}

static void end(struct out *o)
{
	buf_puts(&o->b, " .\n\n");
}

/* The whole of it, also what CPSV-AP has no property for: `diwan guide import` reads it. */
static void record(struct out *o, const json *v)
{
	literal(o, "dw:record", json_print(o->a, v), "^^rdf:JSON");
}

static json *pair(struct out *o, str en, str ar)
{
	json *v = json_object(o->a);
	json_set_str(o->a, v, "en", en);
	json_set_str(o->a, v, "ar", ar);
	return v;
}

/* ---- shared things ---- */

static void concept(struct out *o, const char *scheme, str id, const json *label, const json *of)
{
	buf_fmt(&o->b, "<%.*s/id/concept/%s/%.*s> a skos:Concept", STRF(o->base), scheme, STRF(id));
	texts(o, "skos:prefLabel", label);
	literal(o, "skos:notation", id, "");
	if (of)
		record(o, of);
	end(o);
}

static void concept_of(struct out *o, const char *scheme, str id)
{
	buf_fmt(&o->b, "<%.*s/id/concept/%s/%.*s>", STRF(o->base), scheme, STRF(id));
}

static void concept_list(struct out *o, const char *scheme, const json *document)
{
	for (const json *i = guide_first(document); i; i = i->next)
	concept(o, scheme, json_str(i, "id"), json_get(i, "name"), i);
}

/* The words of our own lists: CONCEPT(scheme, id, English, Arabic). */
static void fixed_concepts(struct out *o)
{
	static const struct {
		const char *scheme, *id, *en, *ar;
	} all[] = {
#define CONCEPT(scheme, id, en, ar) {scheme, id, en, ar},
#include "systems/guide/concepts.def"
#undef CONCEPT
	};
	for (size_t i = 0; i < COUNT(all); i++)
	concept(o, all[i].scheme, str_of(all[i].id), pair(o, str_of(all[i].en), str_of(all[i].ar)),
	        NULL);
}

static void bodies(struct out *o)
{
	for (const json *e = guide_first(o->p->entities); e; e = e->next) {
		iri(o, "organisation", json_str(e, "id"));
		buf_puts(&o->b, " a cv:PublicOrganisation, org:Organization, foaf:Agent");
		literal(o, "dct:identifier", json_str(e, "id"), "");
		texts(o, "skos:prefLabel", json_get(e, "name"));
		texts(o, "dct:title", json_get(e, "name"));
		buf_puts(&o->b, " ;\n    dct:spatial <" AUTHORITY "country/BHR>");
		if (json_str(e, "site").n)
			buf_fmt(&o->b, " ;\n    foaf:homepage <%.*s>", STRF(json_str(e, "site")));
		if (json_str(e, "parent").n) {
			property(o, "org:subOrganizationOf");
			iri(o, "organisation", json_str(e, "parent"));
		}
		record(o, e);
		end(o);
	}
}

static void events(struct out *o)
{
	for (const json *e = guide_first(o->p->life_events); e; e = e->next) {
		bool business = str_eq(json_str(e, "kind"), STR("business"));
		iri(o, "event", json_str(e, "id"));
		buf_puts(&o->b, business ? " a cv:BusinessEvent, cv:Event" : " a cv:LifeEvent, cv:Event");
		literal(o, "dct:identifier", json_str(e, "id"), "");
		texts(o, "dct:title", json_get(e, "name"));
		texts(o, "dct:description", json_get(e, "description"));
		record(o, e);
		end(o);
	}
}

static void channels(struct out *o)
{
	for (const json *c = guide_first(o->p->channels); c; c = c->next) {
		str id = json_str(c, "id");
		const json *hours = json_get(c, "hours");
		if (hours) {
			iri(o, "channel", str_cat(o->a, id, STR("/hours")));
			buf_puts(&o->b, " a time:TemporalEntity");
			texts(o, "dct:description", hours);
			end(o);
		}
		iri(o, "channel", id);
		buf_puts(&o->b, " a cv:Channel");
		literal(o, "dct:identifier", id, "");
		texts(o, "dct:title", json_get(c, "name"));
		texts(o, "dct:description", json_get(c, "name"));
		property(o, "dct:type");
		concept_of(o, "channel-kind", json_str(c, "kind"));
		if (hours) {
			property(o, "cv:openingHours");
			iri(o, "channel", str_cat(o->a, id, STR("/hours")));
		}
		record(o, c);
		end(o);
	}
}

static void simple(struct out *o, const char *kind, const char *type, const json *document,
                   const char *name)
{
	for (const json *i = guide_first(document); i; i = i->next) {
		iri(o, kind, json_str(i, "id"));
		buf_fmt(&o->b, " a %s", type);
		literal(o, "dct:identifier", json_str(i, "id"), "");
		texts(o, "dct:title", json_get(i, name));
		record(o, i);
		end(o);
	}
}

static void evidence_types(struct out *o)
{
	for (const json *t = guide_first(o->p->evidence_types); t; t = t->next) {
		iri(o, "evidence-type", json_str(t, "id"));
		buf_puts(&o->b, " a cv:EvidenceType");
		literal(o, "dct:identifier", json_str(t, "id"), "");
		texts(o, "dct:title", json_get(t, "name"));
		property(o, "cv:evidenceTypeClassification");
		concept_of(o, "evidence", json_str(t, "kind"));
		if (json_str(t, "issuer").n) {
			property(o, "dct:publisher");
			iri(o, "organisation", json_str(t, "issuer"));
		}
		record(o, t);
		end(o);
	}
}

/* ---- the parts of a service ---- */

static void requirements(struct out *o, const struct service *s, const char *kind, const json *list)
{
	int n = 0;
	for (const json *i = list ? list->first : NULL; i; i = i->next) {
		str no = str_fmt(o->a, "%d", ++n);
		part(o, s, kind, no);
		buf_puts(&o->b, " a cv:Requirement");
		literal(o, "dct:identifier", str_fmt(o->a, "%.*s/%s/%d", STRF(s->id), kind, n), "");
		texts(o, "dct:title", i);
		property(o, "dct:type");
		concept_of(o, "requirement", str_of(kind));
		end(o);
	}
}

static void evidences(struct out *o, const struct service *s)
{
	const json *list = json_get(s->card, "documents");
	for (const json *d = list ? list->first : NULL; d; d = d->next) {
		str id = json_str(d, "evidence");
		const json *type = guide_item(o->p->evidence_types, id);
		part(o, s, "evidence", id);
		buf_puts(&o->b, " a cv:Evidence");
		literal(o, "dct:identifier", str_fmt(o->a, "%.*s/%.*s", STRF(s->id), STRF(id)), "");
		texts(o, "dct:title", json_get(type, "name"));
		if (json_get(d, "when"))
			texts(o, "dct:description", json_get(d, "when"));
		property(o, "dct:conformsTo");
		iri(o, "evidence-type", id);
		end(o);
	}
}

static str unit_word(const json *fee, const char *lang)
{
	static const struct {
		const char *unit, *en, *ar;
	} all[] = {
#define UNIT(unit, en, ar) {unit, en, ar},
#include "systems/guide/units.def"
#undef UNIT
	};
	for (size_t i = 0; i < COUNT(all); i++)
		if (str_eq(json_str(fee, "unit"), str_of(all[i].unit)))
			return str_of(lang[0] == 'e' ? all[i].en : all[i].ar);
	return (str){0};
}

static str fee_words(struct out *o, const json *fee, const char *lang)
{
	buf b = buf_make(o->a, 16384);
	str words[3] = {json_str(json_get(fee, "label"), lang),
	                json_str(json_get(fee, "condition"), lang), unit_word(fee, lang)};
	for (int i = 0; i < 3; i++) {
		if (words[i].n && b.n)
			buf_puts(&b, ". ");
		buf_put(&b, words[i]);
	}
	return buf_str(&b);
}

static void cost_amount(struct out *o, const json *fee)
{
	currency c;
	money m = {json_int(fee, "amount_minor", 0)};
	if (json_truth(fee, "variable") || !currency_find(json_str(fee, "currency"), &c))
		return;
	literal(o, "cv:hasValue", money_print(o->a, m, c), "^^xsd:double");
	buf_fmt(&o->b, " ;\n    cv:currency <" AUTHORITY "currency/%s>", c.code);
}

static void costs(struct out *o, const struct service *s)
{
	const json *list = json_get(s->card, "fees");
	for (const json *f = list ? list->first : NULL; f; f = f->next) {
		str id = json_str(f, "id");
		part(o, s, "cost", id);
		buf_puts(&o->b, " a cv:Cost");
		literal(o, "dct:identifier", str_fmt(o->a, "%.*s/%.*s", STRF(s->id), STRF(id)), "");
		cost_amount(o, f);
		texts(o, "dct:description", pair(o, fee_words(o, f, "en"), fee_words(o, f, "ar")));
		property(o, "cv:isDefinedBy");
		iri(o, "organisation", s->entity);
		literal(o, "dct:valid", json_str(f, "valid_from"), "^^xsd:date");
		if (json_str(f, "valid_to").n)
			literal(o, "dct:valid", json_str(f, "valid_to"), "^^xsd:date");
		if (json_is(json_get(f, "legal"), JSON_STRING)) {
			property(o, "dct:conformsTo");
			iri(o, "legal", json_str(f, "legal"));
		}
		end(o);
	}
}

static str numbered(struct out *o, const json *steps, const char *lang)
{
	buf b = buf_make(o->a, (size_t)64 * 1024);
	int n = 0;
	for (const json *i = steps ? steps->first : NULL; i; i = i->next) {
		buf_fmt(&b, "%s%d. ", n ? "\n" : "", n + 1);
		buf_put(&b, json_str(i, lang));
		n++;
	}
	return buf_str(&b);
}

static void each(struct out *o, const char *name, const char *kind, const json *ids)
{
	for (const json *i = ids ? ids->first : NULL; i; i = i->next) {
		property(o, name);
		iri(o, kind, json_text(i));
	}
}

static void each_concept(struct out *o, const char *name, const char *scheme, const json *ids)
{
	for (const json *i = ids ? ids->first : NULL; i; i = i->next) {
		property(o, name);
		concept_of(o, scheme, json_text(i));
	}
}

static void each_part(struct out *o, const char *name, const struct service *s, const char *kind,
                      const json *list, const char *member)
{
	int n = 0;
	for (const json *i = list ? list->first : NULL; i; i = i->next) {
		n++;
		property(o, name);
		part(o, s, kind, member ? json_str(i, member) : str_fmt(o->a, "%d", n));
	}
}

static void procedure(struct out *o, const struct service *s)
{
	const json *steps = json_get(s->card, "steps");
	part(o, s, "procedure", (str){0});
	buf_puts(&o->b, " a cpsv:Rule");
	literal(o, "dct:identifier", str_cat(o->a, s->id, STR("/procedure")), "");
	texts(o, "dct:title", pair(o, STR("How to apply"), STR("خطوات الحصول على الخدمة")));
	texts(o, "dct:description", pair(o, numbered(o, steps, "en"), numbered(o, steps, "ar")));
	buf_puts(&o->b,
	         " ;\n    dct:language <" AUTHORITY "language/ARA>, <" AUTHORITY "language/ENG>");
	each(o, "cpsv:implements", "legal", json_get(s->card, "legal"));
	end(o);
	part(o, s, "output", (str){0});
	buf_puts(&o->b, " a cv:Output");
	literal(o, "dct:identifier", str_cat(o->a, s->id, STR("/output")), "");
	texts(o, "dct:title", json_get(s->card, "output"));
	end(o);
}

static void participations(struct out *o, const struct service *s)
{
	const json *list = json_get(s->card, "partners");
	for (const json *i = list ? list->first : NULL; i; i = i->next) {
		str id = json_text(i);
		const json *body = guide_item(o->p->entities, id), *name = json_get(body, "name");
		part(o, s, "participation", id);
		buf_puts(&o->b, " a cv:Participation");
		literal(o, "dct:identifier", str_fmt(o->a, "%.*s/%.*s", STRF(s->id), STRF(id)), "");
		texts(o, "dct:description", name);
		property(o, "cv:role");
		concept_of(o, "role", STR("partner"));
		property(o, "cv:hasParticipant");
		iri(o, "organisation", id);
		end(o);
	}
}

/* ---- the service itself ---- */

static void keywords(struct out *o, const json *card, const char *lang)
{
	const json *list = json_get(json_get(card, "keywords"), lang);
	for (const json *i = list ? list->first : NULL; i; i = i->next) {
		property(o, "dcat:keyword");
		text(o, json_text(i));
		buf_fmt(&o->b, "@%s", lang);
	}
}

static str processing_time(struct out *o, const json *t)
{
	long long n = (long long)json_int(t, "value", 0);
	str unit = json_str(t, "unit");
	if (str_eq(unit, STR("minutes")))
		return str_fmt(o->a, "PT%lldM", n);
	return str_fmt(o->a, str_eq(unit, STR("hours")) ? "PT%lldH" : "P%lldD", n);
}

static void links(struct out *o, const struct service *s)
{
	const json *c = s->card, *documents = json_get(c, "documents");
	each_concept(o, "dct:audience", "audience", json_get(c, "audiences"));
	each(o, "cv:isGroupedBy", "event", json_get(c, "life_events"));
	each_part(o, "cv:holdsRequirement", s, "beneficiary", json_get(c, "beneficiaries"), NULL);
	each_part(o, "cv:holdsRequirement", s, "condition", json_get(c, "conditions"), NULL);
	for (const json *d = documents ? documents->first : NULL; d; d = d->next) {
		property(o, "cv:hasInputType");
		iri(o, "evidence-type", json_str(d, "evidence"));
	}
	each_part(o, "cpsv:hasInput", s, "evidence", documents, "evidence");
	each_part(o, "cv:hasCost", s, "cost", json_get(c, "fees"), "id");
	each_concept(o, "cv:isClassifiedBy", "payment", json_get(c, "payment_methods"));
	each(o, "cv:hasChannel", "channel", json_get(c, "channels"));
	each(o, "cv:contactPoint", "centre", json_get(c, "centres"));
	each(o, "cv:hasLegalResource", "legal", json_get(c, "legal"));
	const json *partners = json_get(c, "partners");
	for (const json *i = partners ? partners->first : NULL; i; i = i->next) {
		property(o, "cv:hasParticipation");
		part(o, s, "participation", json_text(i));
	}
}

static void service(struct out *o, const struct service *s)
{
	const json *c = s->card;
	requirements(o, s, "beneficiary", json_get(c, "beneficiaries"));
	requirements(o, s, "condition", json_get(c, "conditions"));
	evidences(o, s);
	costs(o, s);
	participations(o, s);
	procedure(o, s);
	iri(o, "service", s->id);
	buf_puts(&o->b, " a cpsv:PublicService");
	literal(o, "dct:identifier", s->id, "");
	texts(o, "dct:title", json_get(c, "title"));
	texts(o, "dct:description", json_get(c, "description"));
	texts(o, "dct:abstract", json_get(c, "summary"));
	keywords(o, c, "en");
	keywords(o, c, "ar");
	property(o, "cv:hasCompetentAuthority");
	iri(o, "organisation", s->entity);
	links(o, s);
	literal(o, "cv:processingTime", processing_time(o, json_get(c, "process_time")),
	        "^^xsd:duration");
	property(o, "cpsv:follows");
	part(o, s, "procedure", (str){0});
	property(o, "cpsv:produces");
	part(o, s, "output", (str){0});
	property(o, "cv:isClassifiedBy");
	concept_of(o, "digital-stage", json_str(c, "digital_stage"));
	property(o, "cv:isClassifiedBy");
	concept_of(o, "login", json_str(c, "login"));
	literal(o, "owl:versionInfo", str_fmt(o->a, "%lld", (long long)json_int(c, "version", 1)), "");
	literal(o, "dct:valid", json_str(c, "valid_from"), "^^xsd:date");
	literal(o, "dct:modified", json_str(c, "reviewed"), "^^xsd:date");
	property(o, "adms:status");
	concept_of(o, "status", STR("published"));
	buf_puts(&o->b, " ;\n    dct:language <" AUTHORITY "language/ARA>, <" AUTHORITY "language/ENG>"
	                " ;\n    dct:spatial <" AUTHORITY "country/BHR>");
	property(o, "dct:isPartOf");
	iri(o, "catalogue", o->p->id);
	record(o, c);
	end(o);
}

/* Does a "source" or "sources" name it, anywhere within? */
static bool names_source(const json *v, str id)
{
	if (str_eq(v->key, STR("source")) && str_eq(json_text(v), id))
		return true;
	bool many = str_eq(v->key, STR("sources"));
	for (const json *i = json_is(v, JSON_OBJECT) || json_is(v, JSON_ARRAY) ? v->first : NULL; i;
	     i = i->next)
		if ((many && str_eq(json_text(i), id)) || names_source(i, id))
			return true;
	return false;
}

static bool source_used(const struct pack *p, str id)
{
	const json *const lists[] = {p->entities,        p->life_events,   p->channels,
	                             p->centres,         p->legal,         p->audiences,
	                             p->payment_methods, p->evidence_types};
	for (size_t i = 0; i < COUNT(lists); i++)
		if (lists[i] && names_source(lists[i], id))
			return true;
	for (size_t i = 0; i < p->n_services; i++)
		if (names_source(p->services[i].card, id))
			return true;
	return false;
}

/* What of pack.json goes with the cards: time, calendar and numbers are the platform's
 * own, and so are the sources of these. */
json *guide_catalogue(arena *a, const struct pack *p)
{
	static const char *const members[] = {"id",      "version",        "title",   "description",
	                                      "country", "country_alpha2", "capital", "currency",
	                                      "owner",   "calling_code"};
	const json *meta = p->meta, *all = json_get(meta, "sources");
	json *v = json_object(a);
	for (size_t i = 0; i < COUNT(members); i++)
		if (json_get(meta, members[i]))
			json_set(a, v, members[i], json_copy(a, json_get(meta, members[i])));
	json *sources = json_set(a, v, "sources", json_array(a));
	for (const json *s = all ? all->first : NULL; s; s = s->next)
		if (source_used(p, json_str(s, "id")))
			json_push(sources, json_copy(a, s));
	return v;
}

static void catalogue(struct out *o)
{
	iri(o, "catalogue", o->p->id);
	buf_puts(&o->b, " a dcat:Dataset");
	literal(o, "dct:identifier", o->p->id, "");
	texts(o, "dct:title", json_get(o->p->meta, "title"));
	texts(o, "dct:description", json_get(o->p->meta, "description"));
	property(o, "dct:publisher");
	iri(o, "organisation", json_str(o->p->meta, "owner"));
	for (size_t i = 0; i < o->p->n_services; i++) {
		property(o, "dct:hasPart");
		iri(o, "service", o->p->services[i].id);
	}
	record(o, guide_catalogue(o->a, o->p));
	end(o);
}

str guide_turtle(arena *a, const struct pack *p, str base)
{
	struct out o = {a, p, base, buf_make(a, TURTLE_BYTES_MAX)};
	buf_puts(&o.b, prefixes);
	buf_fmt(&o.b, "<" AUTHORITY "currency/%s> a skos:Concept .\n\n", p->currency);
	fixed_concepts(&o);
	concept_list(&o, "audience", p->audiences);
	concept_list(&o, "payment", p->payment_methods);
	bodies(&o);
	events(&o);
	channels(&o);
	simple(&o, "centre", "cv:ContactPoint", p->centres, "name");
	simple(&o, "legal", "eli:LegalResource", p->legal, "title");
	evidence_types(&o);
	for (size_t i = 0; i < p->n_services; i++)
		service(&o, &p->services[i]);
	catalogue(&o);
	return o.b.over ? (str){0} : buf_str(&o.b);
}
