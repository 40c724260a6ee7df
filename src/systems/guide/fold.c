/* fold.c - the index of cards, ratings and readers' notes, from events. */
#include "kernel/search/search.h"
#include "systems/guide/guide_in.h"

#define DB_STATEMENTS     "systems/guide/statements.def"
#define DB_STATEMENT_LIST guide_statements
#include "db/declare.h"

#define CARD_ARENA_BYTES ((size_t)16 * 1024 * 1024)

static void join(buf *b, const json *v, const char *lang)
{
	buf_putc(b, ' ');
	if (json_is(v, JSON_STRING))
		buf_put(b, v->s);
	else if (json_is(v, JSON_OBJECT) && json_get(v, lang))
		join(b, json_get(v, lang), lang);
	else if (json_is(v, JSON_ARRAY))
		for (const json *i = v->first; i; i = i->next)
			join(b, i, lang);
}

/* What else a reader may look for: words of the author, results, who it is for. */
static str body(arena *a, const json *card, const char *lang)
{
	static const char *const members[] = {"description", "output", "beneficiaries", "steps"};
	buf b = buf_make(a, (size_t)256 * 1024);
	for (size_t i = 0; i < COUNT(members); i++)
		join(&b, json_get(card, members[i]), lang);
	return buf_str(&b);
}

static str summary(arena *a, const json *card, const char *lang)
{
	buf b = buf_make(a, (size_t)64 * 1024);
	join(&b, json_get(card, "summary"), lang);
	join(&b, json_path(card, lang[0] == 'e' ? "keywords.en" : "keywords.ar"), lang);
	return buf_str(&b);
}

static void index_card(dbc *c, arena *a, const json *card)
{
	const json *title = json_get(card, "title");
	search_put(c, a,
	           &(struct search_doc){
	               .set = STR("guide"),
	               .id = json_str(card, "id"),
	               .title_en = json_str(title, "en"),
	               .title_ar = json_str(title, "ar"),
	               .summary_en = summary(a, card, "en"),
	               .summary_ar = summary(a, card, "ar"),
	               .body_en = body(a, card, "en"),
	               .body_ar = body(a, card, "ar"),
	           });
}

/* All cards of the pack that came into force replace those indexed before. */
void guide_follow_pack(dbc *c, arena *a, const struct event *e)
{
	struct pack_source s;
	str why = {0};
	if (!pack_source_load(c, a, json_str(e->data, "hash"), STR("services/"), &s, &why))
		return; /* told by pack_refresh, which reads the same files */
	rows *old = db_query_args(c, &sql_guide_cards_drop, NULL, 0);
	json *gone = json_array(a);
	while (db_next(old))
		json_push(gone, json_string(a, str_dup(a, db_text(old, 0))));
	db_done(old);
	for (const json *g = gone->first; g; g = g->next)
		search_remove(c, STR("guide"), g->s);
	arena *one = arena_create(CARD_ARENA_BYTES); /* thousands of cards, one at a time */
	for (size_t i = 0; one && i < s.n; i++) {
		if (!str_ends(s.files[i].path, STR("/card.json")))
			continue;
		arena_reset(one);
		const json *card = json_parse(one, s.files[i].bytes, NULL);
		if (card)
			index_card(c, one, card);
	}
	arena_destroy(one);
}

void fold_guide_card_indexed(dbc *c, arena *a, const struct event *e)
{
	struct pack_source s;
	str why = {0},
	    folder = str_fmt(a, "services/%.*s/card.json", STRF(json_str(e->data, "service")));
	if (!pack_source_load(c, a, json_str(e->data, "manifest"), folder, &s, &why) || !s.n)
		return;
	const json *card = json_parse(a, s.files[0].bytes, NULL);
	if (card)
		index_card(c, a, card);
}

void guide_follow_rating(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	str service = json_str(e->data, "service");
	int64_t rating = json_int(e->data, "rating", 0);
	if (service.n && rating >= 1 && rating <= 5)
		db_exec(c, &sql_guide_rating_add, D_TEXT(service), D_INT(rating));
}

void fold_guide_feedback_given(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	db_exec(c, &sql_guide_feedback_add, D_INT(json_int(e->data, "id", 0)),
	        D_TEXT(json_str(e->data, "service")), D_TEXT(e->entity),
	        D_INT(json_truth(e->data, "helped")), D_TEXT(json_str(e->data, "note")), D_INT(e->at));
}

void fold_guide_feedback_closed(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	db_exec(c, &sql_guide_feedback_set, D_INT(json_int(e->data, "id", 0)), D_TEXT(STR("closed")));
}

void fold_guide_card_stale(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	db_exec(c, &sql_guide_stale_set, D_TEXT(json_str(e->data, "service")),
	        D_TEXT(json_str(e->data, "reviewed")), D_INT(e->at));
}
