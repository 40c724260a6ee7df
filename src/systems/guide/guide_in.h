/* guide_in.h - what the files of the guide share; private to systems/guide. */
#ifndef SYSTEMS_GUIDE_IN_H
#define SYSTEMS_GUIDE_IN_H

#include "kernel/i18n/i18n.h"
#include "kernel/pack/pack.h"
#include "systems/guide/guide.h"
#include "web/view.h"

#define ROUTES_DEF "systems/guide/routes.def"
#include "web/declare.h"

#define ERROR(name, code, http, retry) ERR_##name = (code),
enum guide_error {
#include "systems/guide/errors.def"
};
#undef ERROR

#define STMT(n, t) extern struct sql sql_##n;
#include "systems/guide/statements.def"
#undef STMT
void guide_statements(void);

#define EVENT(name, kind, version, doc) void fold_##name(dbc *c, arena *a, const struct event *e);
#include "systems/guide/events.def"
#undef EVENT
void guide_follow_pack(dbc *c, arena *a, const struct event *e);
void guide_follow_erased(dbc *c, arena *a, const struct event *e);
void guide_follow_rating(dbc *c, arena *a, const struct event *e);

/* published.c */
err guide_react_published(struct tx *tx, const struct event *e);
err guide_index_job(struct tx *tx, const struct job *j);
void guide_published_again(struct tx *tx, int64_t after);

/* review.c: not reviewed for more than a year. */
bool guide_stale(const struct service *s, int64_t today);
err guide_react_pack(struct tx *tx, const struct event *e);
err guide_review_job(struct tx *tx, const struct job *j);

#define GUIDE_PAGE_SIZE 20
#define GUIDE_FOUND_MAX 2000
#define GUIDE_NOTE_MAX  1000

/* The pack in force, or ERR_unavailable told. */
err guide_pack(struct req *r, const struct pack **p);

/* The service of the address in force today; else ERR_not_found is told. */
err guide_service(struct req *r, const struct pack **p, const struct service **s);

/* Leads from an address with a former id to the same with the present one, between
 * `before` and `after`; false when there is none. */
bool guide_moved(struct req *r, const char *before, const char *after);

/* {id, title, summary, time, ...} of a card's page, and the way to it. */
json *guide_about(struct req *r, const struct service *s);
/* All that a card's page shows. */
json *guide_card_view(struct req *r, const struct pack *p, const struct service *s);
void guide_service_crumbs(struct req *r, const struct pack *p, const struct service *s, json *v);

/* The first item of the list in one of the pack's documents, {"channels": [...]}. */
const json *guide_first(const json *document);

/* star.c: favourites of the reader. */
bool guide_starred(struct req *r, str service);
int64_t guide_stars(struct req *r, json *list, size_t max);

/* page_centres.c: the governorates as a select's items. */
json *guide_areas(struct req *r, const struct pack *p, str chosen);

/* An item {"id", "name", ...} of a document of the pack, NULL when unknown. */
const json *guide_item(const json *list, str id);
/* {"en","ar"} of an entity; empty object when unknown. */
json *guide_entity_name(arena *a, const struct pack *p, str id);

bool guide_lists(const json *ids, str id); /* is a string in an array */
bool guide_in_force(const struct service *s, int64_t day);
/* Can it be applied for here, or elsewhere online? */
bool guide_online(const struct service *s);
/* {id, title, summary, entity, online}: one result. */
json *guide_result(arena *a, const struct pack *p, const struct service *s);
json *guide_results(arena *a, const struct pack *p, const struct service *const *s, size_t n);
/* A breadcrumb's list, from pairs (text, href); see guide_crumb. */
json *guide_crumbs(struct req *r);
void guide_crumb(struct req *r, json *crumbs, json *text, const char *href);
/* "3 working days" in both languages. */
json *guide_duration(struct req *r, const json *duration);
/* "0.6 working days": the median of the latest decided cases of 90 days, in the unit
 * of the promise; NULL when they are too few. */
json *guide_usual(struct req *r, const struct pack *p, const struct service *s);

/* All cards as CPSV-AP 3.2 in Turtle (packs/CPSV-AP.md), and the same as JSON-LD; empty
 * when that is more than an answer may hold. */
str guide_turtle(arena *a, const struct pack *p, str base);
str guide_json_ld(arena *a, str turtle);
/* paper.c: cards as PDF, in both languages. */
struct paper {
	arena *a;
	const struct messages *texts;
	const struct pack *p;
	int64_t day; /* whose fees are meant */
	str base;    /* of addresses */
};
json *guide_message(const struct paper *w, const char *key, str last); /* key and last: its name */
json *guide_time(const struct paper *w, const json *duration);         /* guide_duration */
json *guide_paper_card(struct paper *w, const struct service *s);
err guide_paper_one(struct kernel *k, struct paper *w, const struct service *s, instant now,
                    str *pdf);

/* `paper`: where the cards of a body are as PDF, when they fit into one. */
void guide_paper_view(struct req *r, json *v, str entity, size_t cards);

/* What of pack.json goes with the cards: whose they are, currency, sources. */
json *guide_catalogue(arena *a, const struct pack *p);

/* rdf.c: Turtle or N-Triples, and JSON-LD, as nodes by their ids; NULL after telling *d. */
json *guide_rdf(arena *a, str text, struct diags *d);
json *guide_json_graph(arena *a, str text, struct diags *d);
/* foreign.c: cards and list items, as guide_table_read has them, of nodes without records. */
json *guide_foreign(arena *a, const json *graph, str currency_code, str file);

/* table.c: all cards, and the lists that they name, as a table; empty when it is too large.
 * Read back: [{"kind", "record"}], each record with its line; NULL after telling *d. */
str guide_table(arena *a, const struct pack *p);
bool guide_is_table(str text);
json *guide_table_read(arena *a, str text, struct diags *d);

#endif
