/*
 * foreign.c - cards from CPSV-AP that another program wrote: the way back through
 * packs/CPSV-AP.md, from the properties of the profile alone (CAT-09).
 *
 * CPSV-AP does not fill a card. What a card needs and the file does not say is filled in so
 * that a reader sees that it was not said ("Not stated"), and is named in the card's
 * `proposed`, so that its editors see it too. A text that stands in one language only is
 * taken into the other marked as not translated.
 */
#include "base/money.h"
#include "systems/guide/guide_in.h"

#define ID_MAX     64
#define TEXT_MAX   4000
#define STEPS_MAX  20
#define DAYS_MONTH 20 /* working days */
#define DAYS_WEEK  5
#define SOURCE_ID  "imported"
#define NO_DAY     "2000-01-01"

struct foreign {
	arena *a;
	const json *graph; /* {ID: node} */
	json *rows;        /* out: [{"kind", "record"}] */
	json *seen;        /* "kind/id": true */
	currency money;    /* of fees that name none */
	json *proposed;    /* of the card at work */
};

/* ---- reading ---- */

static const json *node_at(const struct foreign *f, const json *value)
{
	return json_get_str(f->graph, json_str(value, "@id"));
}

static const json *first_of(const json *node, const char *property)
{
	const json *list = json_get(node, property);
	return list ? list->first : NULL;
}

static bool is_a(const json *node, const char *type)
{
	const json *types = json_get(node, "@type");
	for (const json *t = types ? types->first : NULL; t; t = t->next)
		if (str_eq(json_text(t), str_of(type)))
			return true;
	return false;
}

static str plain(const json *node, const char *property)
{
	return json_str(first_of(node, property), "@value");
}

/* "https://x/id/service/Tax_On web" and "Tax_On web" are "tax-on-web". */
static str id_from(arena *a, str s)
{
	char *p = NEWN(a, char, ID_MAX);
	size_t n = 0;
	bool gap = false;
	for (size_t i = s.n; i-- > 0;)
		if (s.p[i] == '/' || s.p[i] == '#') {
			if (i + 1 < s.n) {
				s = str_sub(s, i + 1, s.n);
				break;
			}
			s = str_sub(s, 0, i);
		}
	for (size_t i = 0; i < s.n && n < ID_MAX - 1; i++) {
		char c = s.p[i] >= 'A' && s.p[i] <= 'Z' ? (char)(s.p[i] + 32) : s.p[i];
		if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
			if (gap && n)
				p[n++] = '-';
			p[n++] = c;
			gap = false;
		} else {
			gap = true;
		}
	}
	return n ? (str){p, n} : str_fmt(a, "x%llx", (unsigned long long)str_hash(s, 1));
}

/* By its notation or identifier, else by its address. */
static str id_of(const struct foreign *f, const json *value)
{
	const json *node = node_at(f, value);
	str said = plain(node, "skos:notation");
	said = said.n ? said : plain(node, "dct:identifier");
	return id_from(f->a, said.n ? said : json_str(value, "@id"));
}

/* A text of a language, then one of no language, then any; *own: it is not another's. */
static str in_language(const json *node, const char *property, const char *lang, bool *own)
{
	const json *list = json_get(node, property);
	str any = {0}, none = {0};
	*own = true;
	for (const json *v = list ? list->first : NULL; v; v = v->next) {
		str said = json_str(v, "@language"), text = str_trim(json_str(v, "@value"));
		if (text.n && str_starts(said, str_of(lang)))
			return text;
		if (text.n && !said.n && !none.n)
			none = text;
		if (text.n && !any.n)
			any = text;
	}
	*own = none.n > 0;
	return none.n ? none : any;
}

static bool is_arabic(str s)
{
	for (size_t i = 0; i + 1 < s.n; i++)
		if (((unsigned char)s.p[i] & 0xfe) == 0xd8)
			return true;
	return false;
}

static str cut(str s)
{
	size_t n = s.n < TEXT_MAX / 2 ? s.n : TEXT_MAX / 2;
	while (n < s.n && n && ((unsigned char)s.p[n] & 0xc0) == 0x80)
		n--;
	return str_sub(s, 0, n);
}

/* {"en", "ar"} of the first of these properties that says anything; NULL when none does. */
static json *text_of(const struct foreign *f, const json *node, const char *property)
{
	bool own_en, own_ar;
	str en = cut(in_language(node, property, "en", &own_en)),
	    ar = cut(in_language(node, property, "ar", &own_ar));
	if (!en.n && !ar.n)
		return NULL;
	bool strange = !own_en || is_arabic(en);
	return text_pair(f->a, strange ? str_fmt(f->a, "Not translated: %.*s", STRF(en)) : en,
	                 is_arabic(ar) ? ar : str_fmt(f->a, "غير مترجم: %.*s", STRF(ar)));
}

static json *first_text(const struct foreign *f, const json *node, const char *const *properties)
{
	json *two = NULL;
	for (; *properties && !two; properties++)
		two = text_of(f, node, *properties);
	return two;
}

static const char *const names[] = {"dct:title", "skos:prefLabel", "dct:description",
                                    "skos:altLabel", NULL};

/* What a thing is called; its id when it has no name. */
static json *name_of(const struct foreign *f, const json *value)
{
	json *two = first_text(f, node_at(f, value), names);
	str id = id_of(f, value);
	return two ? two : text_pair(f->a, id, str_fmt(f->a, "غير مترجم: %.*s", STRF(id)));
}

static json *not_stated(const struct foreign *f, const char *field)
{
	if (field)
		json_push(f->proposed, json_string(f->a, str_of(field)));
	return text_pair(f->a, STR("Not stated"), STR("غير مذكور"));
}

/* ---- lists ---- */

/* An item of a list, once; its other members are set by the caller. NULL when it is known. */
static json *item(struct foreign *f, const char *kind, str id, const char *name_member, json *name)
{
	str key = str_fmt(f->a, "%s/%.*s", kind, STRF(id));
	if (json_get_str(f->seen, key))
		return NULL;
	json_set_key(f->a, f->seen, key, json_bool(f->a, true));
	json *row = json_push(f->rows, json_object(f->a));
	json_set_str(f->a, row, "kind", str_of(kind));
	json *record = json_set(f->a, row, "record", json_object(f->a));
	json_set_str(f->a, record, "id", id);
	json_set(f->a, record, name_member, name);
	return record;
}

static void with(const struct foreign *f, json *record, const char *member, const char *value)
{
	if (record)
		json_set_str(f->a, record, member, str_of(value));
}

static str body(struct foreign *f, const json *value)
{
	str id = id_of(f, value), site = json_str(first_of(node_at(f, value), "foaf:homepage"), "@id");
	json *record = item(f, "organisation", id, "name", name_of(f, value));
	with(f, record, "kind", "office");
	if (record && (str_starts(site, STR("http://")) || str_starts(site, STR("https://"))))
		json_set_str(f->a, record, "site", site);
	with(f, record, "source", SOURCE_ID);
	return id;
}

static str event(struct foreign *f, const json *value)
{
	const json *node = node_at(f, value);
	json *about = text_of(f, node, "dct:description");
	json *record = item(f, "event", id_of(f, value), "name", name_of(f, value));
	with(f, record, "kind", is_a(node, "cv:BusinessEvent") ? "business" : "life");
	if (record)
		json_set(f->a, record, "description", about ? about : name_of(f, value));
	return id_of(f, value);
}

/* By the scheme channel-kind of packs/CPSV-AP.md. */
static const char *channel_kind(const struct foreign *f, const json *node)
{
	static const char *const kinds[] = {"web",       "app",   "counter", "kiosk",
	                                    "telephone", "email", "api"};
	str said = id_from(f->a, json_str(first_of(node, "dct:type"), "@id"));
	for (size_t i = 0; i < COUNT(kinds); i++)
		if (str_eq(said, str_of(kinds[i])))
			return kinds[i];
	return "counter";
}

static str channel(struct foreign *f, const json *value)
{
	json *record = item(f, "channel", id_of(f, value), "name", name_of(f, value));
	const json *hours = node_at(f, first_of(node_at(f, value), "cv:openingHours"));
	json *open = first_text(f, hours, names);
	with(f, record, "kind", channel_kind(f, node_at(f, value)));
	if (record)
		json_set(f->a, record, "hours", open ? open : not_stated(f, NULL));
	return id_of(f, value);
}

static str audience(struct foreign *f, const json *value)
{
	item(f, "audience", id_of(f, value), "name", name_of(f, value));
	return id_of(f, value);
}

/* The first four digits that are a year; a law needs one. */
static int64_t year_in(str s)
{
	int64_t year;
	for (size_t i = 0; i + 4 <= s.n; i++)
		if (str_i64(str_sub(s, i, i + 4), &year) && year >= 1900 && year <= 2200)
			return year;
	return 0;
}

/* A law of which nothing says the year is left out: the card's `proposed` tells. */
static str law(struct foreign *f, const json *value)
{
	str id = id_of(f, value);
	json *name = name_of(f, value);
	int64_t year = year_in(json_str(name, "en"));
	year = year ? year : year_in(id);
	if (!year) {
		if (!guide_lists(f->proposed, STR("legal")))
			json_push(f->proposed, json_string(f->a, STR("legal")));
		return (str){0};
	}
	json *record = item(f, "legal", id, "title", name);
	with(f, record, "kind", "law");
	if (record)
		json_set_int(f->a, record, "year", year);
	with(f, record, "source", SOURCE_ID);
	return id;
}

/* Of an evidence: what it conforms to, else the evidence itself is the type. */
static str evidence_type(struct foreign *f, const json *value)
{
	const json *kind = first_of(node_at(f, value), "dct:conformsTo");
	str id = id_of(f, kind ? kind : value);
	json *record = item(f, "evidence-type", id, "name", name_of(f, value));
	with(f, record, "kind", "certificate");
	if (record)
		json_set_bool(f->a, record, "once_only", false);
	return id;
}

/* ---- a card ---- */

static void push_new(arena *a, json *list, str id)
{
	if (id.n && !guide_lists(list, id))
		json_push(list, json_string(a, id));
}

/* The ids of what a property points to, each made an item of its list. */
static json *ids(struct foreign *f, json *card, const char *member, const json *node,
                 const char *property, str (*take)(struct foreign *f, const json *value))
{
	json *out = json_get(card, member);
	if (!out)
		out = json_set(f->a, card, member, json_array(f->a));
	const json *list = json_get(node, property);
	for (const json *v = list ? list->first : NULL; v; v = v->next)
		if (json_get(v, "@id"))
			push_new(f->a, out, take(f, v));
	return out;
}

/* A concept of one of our own lists, by its address: ".../concept/SCHEME/ID". */
static str concept_in(const struct foreign *f, const json *node, const char *scheme)
{
	const json *list = json_get(node, "cv:isClassifiedBy");
	str mark = str_fmt(f->a, "/concept/%s/", scheme);
	for (const json *v = list ? list->first : NULL; v; v = v->next) {
		str id = json_str(v, "@id");
		ptrdiff_t at = str_find(id, mark);
		if (at >= 0)
			return str_sub(id, (size_t)at + mark.n, id.n);
	}
	return (str){0};
}

/* Ways to pay are concepts of our own scheme; the profile has no property for them. */
static void payments(struct foreign *f, json *card, const json *node)
{
	json *out = json_set(f->a, card, "payment_methods", json_array(f->a));
	const json *list = json_get(node, "cv:isClassifiedBy");
	for (const json *v = list ? list->first : NULL; v; v = v->next) {
		if (str_find(json_str(v, "@id"), STR("/concept/payment/")) < 0)
			continue;
		json *record = item(f, "payment", id_of(f, v), "name", name_of(f, v));
		if (record)
			json_set_bool(f->a, record, "online", false);
		push_new(f->a, out, id_of(f, v));
	}
}

/* Where one goes: contact points that have a name. */
static void centres(struct foreign *f, json *card, const json *node)
{
	json *out = json_set(f->a, card, "centres", json_array(f->a));
	const json *list = json_get(node, "cv:contactPoint");
	for (const json *v = list ? list->first : NULL; v; v = v->next) {
		json *name = text_of(f, node_at(f, v), "dct:title");
		if (!name || !json_get(card, "provider"))
			continue;
		json *record = item(f, "centre", id_of(f, v), "name", name);
		with(f, record, "kind", "counter");
		with(f, record, "source", SOURCE_ID);
		if (record)
			json_set_str(f->a, record, "entity", json_str(card, "provider"));
		push_new(f->a, out, id_of(f, v));
	}
}

/* One of these words, else the first. */
static void one_of(const struct foreign *f, json *card, const char *member, str said,
                   const char *const *words)
{
	const char *found = words[0];
	for (; *words; words++)
		if (str_eq(said, str_of(*words)))
			found = *words;
	json_set_str(f->a, card, member, str_of(found));
}

static void requirements(const struct foreign *f, json *card, const json *node)
{
	json *who = json_set(f->a, card, "beneficiaries", json_array(f->a));
	json *what = json_set(f->a, card, "conditions", json_array(f->a));
	const json *list = json_get(node, "cv:holdsRequirement");
	for (const json *v = list ? list->first : NULL; v; v = v->next) {
		const json *r = node_at(f, v);
		json *text = first_text(f, r, names);
		bool person = str_ends(json_str(first_of(r, "dct:type"), "@id"), STR("/beneficiary"));
		if (text)
			json_push(person ? who : what, text);
	}
	if (!who->first)
		json_push(who, not_stated(f, "beneficiaries"));
}

static void documents(struct foreign *f, json *card, const json *node)
{
	json *out = json_set(f->a, card, "documents", json_array(f->a)), *known = json_array(f->a);
	static const char *const properties[] = {"cpsv:hasInput", "cv:hasInputType"};
	for (size_t i = 0; i < COUNT(properties); i++) {
		const json *list = json_get(node, properties[i]);
		for (const json *v = list ? list->first : NULL; v; v = v->next) {
			str id = evidence_type(f, v);
			json *when = i ? NULL : text_of(f, node_at(f, v), "dct:description");
			if (guide_lists(known, id))
				continue;
			push_new(f->a, known, id);
			json *o = json_push(out, json_object(f->a));
			json_set_str(f->a, o, "evidence", id);
			json_set_bool(f->a, o, "required", true);
			if (when)
				json_set(f->a, o, "when", when);
		}
	}
}

/* "4.000" in fils; false when it is no amount, or has more decimals than there are. */
static bool minor_units(str s, currency c, int64_t *out)
{
	money m;
	if (!money_parse(s, c, &m) || m.minor < 0)
		return false;
	*out = m.minor;
	return true;
}

/* ".../currency/BHD" */
static bool currency_named(const json *cost, currency *out)
{
	str named = json_str(first_of(cost, "cv:currency"), "@id");
	return named.n >= 3 && currency_find(str_sub(named, named.n - 3, named.n), out);
}

static void fees(struct foreign *f, json *card, const json *node, str from)
{
	json *out = json_set(f->a, card, "fees", json_array(f->a));
	const json *list = json_get(node, "cv:hasCost");
	for (const json *v = list ? list->first : NULL; v; v = v->next) {
		const json *cost = node_at(f, v);
		str since = plain(cost, "dct:valid");
		currency c = f->money, own;
		int64_t minor = 0, day;
		if (currency_named(cost, &own))
			c = own;
		bool known = minor_units(plain(cost, "cv:hasValue"), c, &minor);
		json *o = json_push(out, json_object(f->a)), *label = first_text(f, cost, names);
		json_set_str(f->a, o, "id", id_of(f, v));
		json_set(f->a, o, "label", label ? label : not_stated(f, NULL));
		json_set_int(f->a, o, "amount_minor", minor);
		json_set_str(f->a, o, "currency", str_dup(f->a, str_of(c.code)));
		json_set_str(f->a, o, "unit", STR("application"));
		json_set_str(f->a, o, "valid_from", date_parse(since, &day) ? since : from);
		if (!known)
			json_set_bool(f->a, o, "variable", true);
	}
	if (out->first)
		return;
	json *o = json_push(out, json_object(f->a));
	json_set_str(f->a, o, "id", STR("fee"));
	json_set(f->a, o, "label", not_stated(f, "fees"));
	json_set_int(f->a, o, "amount_minor", 0);
	json_set_str(f->a, o, "currency", str_dup(f->a, str_of(f->money.code)));
	json_set_str(f->a, o, "unit", STR("application"));
	json_set_str(f->a, o, "valid_from", from);
	json_set_bool(f->a, o, "variable", true);
}

/* "PT15M", "PT1H", "P3D": working days have no name there. */
static void process_time(const struct foreign *f, json *card, str s)
{
	json *t = json_set(f->a, card, "process_time", json_object(f->a));
	bool clock = str_starts(s, STR("PT")), read = s.n > 2 && s.p[0] == 'P';
	str digits = str_sub(s, clock ? 2 : 1, s.n ? s.n - 1 : 0);
	char last = s.n ? s.p[s.n - 1] : '\0';
	int64_t n = 0, times = last == 'W' ? DAYS_WEEK : last == 'M' && !clock ? DAYS_MONTH : 1;
	read = read && str_i64(digits, &n) && n >= 0 && n <= 1000 / times &&
	       (last == 'D' || last == 'W' || last == 'M' || (clock && last == 'H'));
	const char *unit = !clock ? "working_days" : last == 'H' ? "hours" : "minutes";
	if (!read)
		json_push(f->proposed, json_string(f->a, STR("process_time")));
	json_set_int(f->a, t, "value", read ? n * times : 1);
	json_set_str(f->a, t, "unit", str_of(read ? unit : "working_days"));
}

/* Numbered lines of the rule, one a step. */
static str step_of(str line)
{
	size_t n = 0;
	line = str_trim(line);
	while (n < line.n && line.p[n] >= '0' && line.p[n] <= '9')
		n++;
	return n && n + 1 < line.n && line.p[n] == '.' ? str_trim(str_sub(line, n + 1, line.n)) : line;
}

static void steps(const struct foreign *f, json *card, const json *node)
{
	json *out = json_set(f->a, card, "steps", json_array(f->a));
	const json *rule = node_at(f, first_of(node, "cpsv:follows"));
	json *text = text_of(f, rule, "dct:description");
	str en = json_str(text, "en"), ar = json_str(text, "ar"), x, y;
	size_t n = 0;
	while (n < STEPS_MAX && str_cut(&en, '\n', &x)) {
		bool both = str_cut(&ar, '\n', &y);
		x = step_of(x);
		y = both ? step_of(y) : (str){0};
		if (!x.n)
			continue;
		json_push(out,
		          text_pair(f->a, x, is_arabic(y) ? y : str_fmt(f->a, "غير مترجم: %.*s", STRF(x))));
		n++;
	}
	if (!out->first)
		json_push(out, not_stated(f, "steps"));
}

static void keywords(const struct foreign *f, json *card, const json *node)
{
	static const char *const langs[] = {"en", "ar"};
	json *o = json_set(f->a, card, "keywords", json_object(f->a));
	const json *list = json_get(node, "dcat:keyword"), *title = json_get(card, "title");
	for (size_t l = 0; l < COUNT(langs); l++) {
		json *out = json_set(f->a, o, langs[l], json_array(f->a));
		for (const json *v = list ? list->first : NULL; v; v = v->next)
			if (str_starts(json_str(v, "@language"), str_of(langs[l])) &&
			    (!l || is_arabic(json_str(v, "@value"))))
				push_new(f->a, out, json_str(v, "@value"));
		if (!out->first)
			push_new(f->a, out, json_str(title, langs[l]));
	}
}

static str date_or(str s, str otherwise)
{
	int64_t day;
	str date = str_sub(s, 0, 10);
	return date_parse(date, &day) ? date : otherwise;
}

static void about(const struct foreign *f, json *card, const json *node, str id)
{
	static const char *const descriptions[] = {"dct:description", "dct:abstract", "dct:title",
	                                           NULL};
	static const char *const summaries[] = {"dct:abstract", "dct:title", "dct:description", NULL};
	int64_t version;
	str from = date_or(plain(node, "dct:valid"), date_or(plain(node, "dct:issued"), STR(NO_DAY)));
	json *title = first_text(f, node, names);
	json_set_str(f->a, card, "id", id);
	json_set_int(f->a, card, "version",
	             str_i64(plain(node, "owl:versionInfo"), &version) && version > 0 ? version : 1);
	json_set_str(f->a, card, "valid_from", from);
	json_set_str(f->a, card, "reviewed", date_or(plain(node, "dct:modified"), from));
	json_set(f->a, card, "title",
	         title ? title : text_pair(f->a, id, str_fmt(f->a, "غير مترجم: %.*s", STRF(id))));
	json *summary = first_text(f, node, summaries), *whole = first_text(f, node, descriptions);
	json_set(f->a, card, "summary", summary ? summary : not_stated(f, NULL));
	json_set(f->a, card, "description", whole ? whole : not_stated(f, "description"));
}

/* Who takes part: the body of each participation but the competent one. */
static void partners(struct foreign *f, json *card, const json *node)
{
	json *out = json_set(f->a, card, "partners", json_array(f->a));
	const json *list = json_get(node, "cv:hasParticipation");
	for (const json *v = list ? list->first : NULL; v; v = v->next) {
		const json *who = first_of(node_at(f, v), "cv:hasParticipant");
		str id = who ? body(f, who) : (str){0};
		if (id.n && !str_eq(id, json_str(card, "provider")))
			push_new(f->a, out, id);
	}
}

static void card_of(struct foreign *f, const json *node)
{
	static const char *const stages[] = {"information", "download", "transaction", NULL};
	static const char *const logins[] = {"none", "standard", "advanced", NULL};
	str said = plain(node, "dct:identifier");
	str id = id_from(f->a, said.n ? said : json_str(node, "@id"));
	json *card = json_object(f->a);
	const json *owner = first_of(node, "cv:hasCompetentAuthority");
	card->line = node->line;
	f->proposed = json_array(f->a);
	about(f, card, node, id);
	if (owner) /* without one the check of the card says what is missing */
		json_set_str(f->a, card, "provider", body(f, owner));
	partners(f, card, node);
	if (!ids(f, card, "audiences", node, "dct:audience", audience)->first) {
		item(f, "audience", STR("everyone"), "name",
		     text_pair(f->a, STR("Everyone"), STR("الجميع")));
		json_push(json_get(card, "audiences"), json_string(f->a, STR("everyone")));
	}
	ids(f, card, "life_events", node, "cv:isGroupedBy", event);
	requirements(f, card, node);
	documents(f, card, node);
	fees(f, card, node, json_str(card, "valid_from"));
	payments(f, card, node);
	process_time(f, card, plain(node, "cv:processingTime"));
	if (!ids(f, card, "channels", node, "cv:hasChannel", channel)->first) {
		json *none = item(f, "channel", STR("not-stated"), "name", not_stated(f, "channels"));
		with(f, none, "kind", "counter");
		if (none)
			json_set(f->a, none, "hours", not_stated(f, NULL));
		json_push(json_get(card, "channels"), json_string(f->a, STR("not-stated")));
	}
	centres(f, card, node);
	steps(f, card, node);
	const json *output = node_at(f, first_of(node, "cpsv:produces"));
	json *product = first_text(f, output, names);
	json_set(f->a, card, "output", product ? product : not_stated(f, "output"));
	ids(f, card, "legal", node, "cv:hasLegalResource", law);
	ids(f, card, "legal", node_at(f, first_of(node, "cpsv:follows")), "cpsv:implements", law);
	keywords(f, card, node);
	one_of(f, card, "digital_stage", concept_in(f, node, "digital-stage"), stages);
	one_of(f, card, "login", concept_in(f, node, "login"), logins);
	json_set(f->a, card, "sources", json_array(f->a));
	json_set(f->a, card, "proposed", f->proposed);
	json *row = json_push(f->rows, json_object(f->a));
	json_set_str(f->a, row, "kind", STR("service"));
	json_set(f->a, row, "record", card);
}

json *guide_foreign(arena *a, const json *graph, str currency_code, str file)
{
	struct foreign f = {.a = a, .graph = graph, .rows = json_array(a), .seen = json_object(a)};
	str url = {0};
	bool named = false;
	for (const json *node = graph->first; node && !named; node = node->next)
		named = currency_named(node, &f.money);
	if (!named && !currency_find(currency_code, &f.money))
		currency_find(STR("USD"), &f.money);
	for (const json *node = graph->first; node; node = node->next)
		if (is_a(node, "cpsv:PublicService")) {
			card_of(&f, node);
			url = str_starts(json_str(node, "@id"), STR("http")) ? json_str(node, "@id") : url;
		}
	json *row = json_push(f.rows, json_object(a));
	json_set_str(a, row, "kind", STR("catalogue"));
	json *meta = json_set(a, row, "record", json_object(a));
	json_set_str(a, meta, "currency", str_dup(a, str_of(f.money.code)));
	json *source = item(&f, "source", STR(SOURCE_ID), "title", json_string(a, file));
	json_set_str(a, source, "url", url.n ? url : STR("https://example.org"));
	return f.rows;
}
