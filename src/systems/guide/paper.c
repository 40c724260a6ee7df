/* paper.c - cards on paper, one or all of them, in both languages (CAT-09). */
#include "base/embed.h"
#include "engine/document/document.h"
#include "kernel/documents/documents.h"
#include "systems/guide/exchange.h"
#include "systems/guide/guide_in.h"

#define CARD_SPEC  "src/systems/guide/card.json"
#define GUIDE_SPEC "src/systems/guide/paper.json"
#define LIST_BYTES ((size_t)64 * 1024)

json *guide_message(const struct paper *w, const char *key, str last)
{
	str name = str_cat(w->a, str_of(key), last);
	return text_pair(w->a, message_text(w->texts, w->a, LANG_EN, name, 0, NULL, false),
	                 message_text(w->texts, w->a, LANG_AR, name, 0, NULL, false));
}

/* A text in one language; a plain string is that of both. */
static str of(const json *two, const char *lang)
{
	return json_is(two, JSON_OBJECT) ? json_str(two, lang) : json_text(two);
}

/* One more line, "text (more)", in both languages. */
static void line(struct paper *w, json *lines, const json *two, const json *more)
{
	static const char *const langs[] = {"en", "ar"};
	for (size_t i = 0; i < COUNT(langs); i++) {
		str old = json_str(lines, langs[i]), also = of(more, langs[i]);
		json_set_str(w->a, lines, langs[i],
		             str_fmt(w->a, "%.*s%s%.*s%s%.*s%s", STRF(old), old.n ? "\n" : "",
		                     STRF(of(two, langs[i])), also.n ? " (" : "", STRF(also),
		                     also.n ? ")" : ""));
	}
}

static json *texts_of(struct paper *w, const json *list)
{
	json *out = json_object(w->a);
	for (const json *i = list ? list->first : NULL; i; i = i->next)
		line(w, out, i, NULL);
	return out;
}

static json *names_of(struct paper *w, const json *ids, const json *document, const char *member)
{
	json *out = json_object(w->a);
	for (const json *i = ids ? ids->first : NULL; i; i = i->next) {
		const json *item = guide_item(document, json_text(i));
		if (item)
			line(w, out, json_get(item, member), NULL);
	}
	return out;
}

static json *documents(struct paper *w, const struct service *s)
{
	json *out = json_object(w->a);
	const json *list = json_get(s->card, "documents");
	for (const json *d = list ? list->first : NULL; d; d = d->next) {
		const json *type = guide_item(w->p->evidence_types, json_str(d, "evidence"));
		if (!type)
			continue;
		bool held = json_truth(type, "once_only");
		line(w, out, json_get(type, "name"),
		     held ? guide_message(w, "guide.held", (str){0}) : json_get(d, "when"));
	}
	return out;
}

/* "Each further copy: BHD 3.000 per copy (when ...)", a line a fee of the day. */
static json *fees(struct paper *w, const struct service *s)
{
	json *out = json_object(w->a);
	const json *list = json_get(s->card, "fees");
	for (const json *f = list ? list->first : NULL; f; f = f->next) {
		currency c;
		if (!service_fee_in_force(f, w->day) || !currency_find(json_str(f, "currency"), &c))
			continue;
		json *two = json_object(w->a), *varies = guide_message(w, "guide.varies", (str){0});
		str unit = json_str(f, "unit");
		json *per = str_eq(unit, STR("application")) ? NULL : guide_message(w, "guide.unit.", unit);
		str amount = money_print(w->a, (money){json_int(f, "amount_minor", 0)}, c);
		for (int l = 0; l < LANG_COUNT; l++) {
			const char *lang = lang_code((enum lang)l);
			str sum = json_truth(f, "variable") ? json_str(varies, lang)
			                                    : str_fmt(w->a, "%s %.*s", c.code, STRF(amount));
			json_set_str(w->a, two, lang,
			             str_fmt(w->a, "%.*s: %.*s%s%.*s", STRF(of(json_get(f, "label"), lang)),
			                     STRF(sum), per ? " " : "", STRF(of(per, lang))));
		}
		line(w, out, two, json_get(f, "condition"));
	}
	return out;
}

json *guide_paper_card(struct paper *w, const struct service *s)
{
	const json *c = s->card;
	const struct {
		const char *name;
		json *lines;
	} lists[] = {
	    {"conditions", texts_of(w, json_get(c, "conditions"))},
	    {"documents", documents(w, s)},
	    {"fees", fees(w, s)},
	    {"steps", texts_of(w, json_get(c, "steps"))},
	    {"legal", names_of(w, json_get(c, "legal"), w->p->legal, "title")},
	    {"centres", names_of(w, json_get(c, "centres"), w->p->centres, "name")},
	};
	static const char *const same[] = {"title", "summary", "description"};
	json *v = json_object(w->a);
	for (size_t i = 0; i < COUNT(same); i++)
		json_set(w->a, v, same[i], json_copy(w->a, json_get(c, same[i])));
	for (size_t i = 0; i < COUNT(lists); i++)
		if (lists[i].lines->first)
			json_set(w->a, v, lists[i].name, lists[i].lines);
	json_set(w->a, v, "time", guide_time(w, json_get(c, "process_time")));
	json_set(w->a, v, "login", guide_message(w, "guide.login.", json_str(c, "login")));
	json_set(w->a, v, "entity", guide_entity_name(w->a, w->p, s->entity));
	json_set_str(w->a, v, "reviewed", json_str(c, "reviewed"));
	json_set_str(w->a, v, "url", str_fmt(w->a, "%.*s/id/service/%.*s", STRF(w->base), STRF(s->id)));
	return v;
}

static json *spec_of(struct paper *w, const char *name)
{
	str text;
	return embed_find(str_of(name), &text) ? json_parse(w->a, text, NULL) : NULL;
}

err guide_paper_one(struct kernel *k, struct paper *w, const struct service *s, instant now,
                    str *pdf)
{
	const json *spec = spec_of(w, CARD_SPEC);
	return spec ? document_render_now(k, w->a, spec, guide_paper_card(w, s), now, pdf)
	            : ERR_internal;
}

/* "{{title}}" as "{{card7.title}}". */
static str renamed(arena *a, str text, str card)
{
	buf b = buf_make(a, LIST_BYTES);
	ptrdiff_t at;
	while ((at = str_find(text, STR("{{"))) >= 0) {
		buf_fmt(&b, "%.*s{{%.*s.", (int)at, text.p, STRF(card));
		text = str_sub(text, (size_t)at + 2, text.n);
	}
	buf_put(&b, text);
	return buf_str(&b);
}

/* A block of a card's own document, for the card of this name among others. */
static json *block_of(arena *a, const json *v, str card)
{
	if (json_is(v, JSON_STRING))
		return str_eq(v->key, STR("if"))
		           ? json_string(a, str_fmt(a, "%.*s.%.*s", STRF(card), STRF(v->s)))
		           : json_string(a, renamed(a, v->s, card));
	if (!json_is(v, JSON_OBJECT) && !json_is(v, JSON_ARRAY))
		return json_copy(a, v);
	bool list = json_is(v, JSON_ARRAY);
	json *out = list ? json_array(a) : json_object(a);
	for (const json *i = v->first; i; i = i->next)
		if (list)
			json_push(out, block_of(a, i, card));
		else
			json_set_key(a, out, i->key, block_of(a, i, card));
	return out;
}

/* A card behind the others: its title as a heading, then what its own document has. */
static void append(struct paper *w, json *blocks, json *view, const json *card_spec,
                   const struct service *s, size_t no)
{
	str name = str_fmt(w->a, "card%zu", no);
	json *heading = json_push(blocks, json_object(w->a)), *card = guide_paper_card(w, s);
	json_set(w->a, card, "provider", json_copy(w->a, json_get(card, "entity")));
	json_set_str(w->a, heading, "block", STR("heading"));
	json_set_str(w->a, heading, "text", str_fmt(w->a, "{{%.*s.title}}", STRF(name)));
	for (const json *b = json_get(card_spec, "blocks")->first; b; b = b->next)
		json_push(blocks, block_of(w->a, b, name));
	json_set_key(w->a, view, name, card);
	json *row = json_push(json_get(view, "list"), json_object(w->a));
	json_set(w->a, row, "title", json_copy(w->a, json_get(card, "title")));
	json_set(w->a, row, "entity", json_copy(w->a, json_get(card, "entity")));
}

size_t guide_paper_cards(arena *a)
{
	struct paper w = {.a = a};
	const json *guide = json_get(spec_of(&w, GUIDE_SPEC), "blocks");
	const json *card = json_get(spec_of(&w, CARD_SPEC), "blocks");
	return guide && card ? (DOCUMENT_MAX_BLOCKS - guide->count) / (card->count + 1) : 0;
}

err guide_paper(struct kernel *k, arena *a, const struct messages *texts, str base_url, str entity,
                instant now, str *pdf)
{
	const struct pack *p = pack_current(k);
	struct paper w = {a, texts, p, calendar_day(p->calendar, now), base_url};
	json *spec = spec_of(&w, GUIDE_SPEC), *view = json_object(a);
	const json *card_spec = spec_of(&w, CARD_SPEC);
	size_t n = 0;
	if (!spec || !card_spec)
		return ERR_internal;
	str owner = entity.n ? entity : json_str(p->meta, "owner");
	json_set(a, view, "title", guide_message(&w, "guide.title", (str){0}));
	json_set(a, view, "entity", guide_entity_name(a, p, owner));
	json_set_str(a, view, "today", date_print(a, w.day));
	json_set(a, view, "list", json_array(a));
	for (size_t i = 0; i < p->n_services; i++) {
		const struct service *s = &p->services[i];
		if (guide_in_force(s, w.day) && (!entity.n || str_eq(s->entity, entity)))
			append(&w, json_get(spec, "blocks"), view, card_spec, s, ++n);
	}
	if (!n)
		return ERR_not_found;
	if (json_get(spec, "blocks")->count > DOCUMENT_MAX_BLOCKS)
		return ERR_document_too_large;
	return document_render_now(k, a, spec, view, now, pdf);
}
