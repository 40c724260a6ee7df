/* report_in.h - what the files of report share; private to systems/report. */
#ifndef SYSTEMS_REPORT_IN_H
#define SYSTEMS_REPORT_IN_H

#include "kernel/pack/pack.h"
#include "systems/report/report.h"
#include "web/view.h"

#define ROUTES_DEF "systems/report/routes.def"
#include "web/declare.h"

#define STMT(n, t) extern struct sql sql_##n;
#include "systems/report/statements.def"
#undef STMT
void report_statements(void);

void report_follow_pack(dbc *c, arena *a, const struct event *e);
void report_follow_submitted(dbc *c, arena *a, const struct event *e);
void report_follow_decided(dbc *c, arena *a, const struct event *e);
void report_follow_rated(dbc *c, arena *a, const struct event *e);
void report_follow_captured(dbc *c, arena *a, const struct event *e);
void report_follow_issued(dbc *c, arena *a, const struct event *e);

/* An application counts once among those that ended, on the day it first did; what is
 * decided after that, on an appeal or reopened, is counted apart (AGAIN), so that a figure
 * once published stays what it was. A case that was split off from another is no
 * application: nobody sent it. */
enum measure {
	MEASURE_COUNT,
	MEASURE_FIRST,
	MEASURE_AGAIN,
	MEASURE_SUM,
	MEASURE_MEDIAN,
	MEASURE_MEAN
};

#define INDICATOR(id, event, measure) INDICATOR_##id,
enum indicator {
#include "systems/report/indicators.def"
	INDICATOR_COUNT
};
#undef INDICATOR

struct indicator_info {
	const char *id, *event;
	enum measure measure;
};
/* Is it of how applications ended, and so of more than one kind of event? */
bool report_of_ends(enum measure how);
/* The other kind of event that is counted, or "". */
const char *report_second(enum indicator i);
extern const struct indicator_info report_indicators[INDICATOR_COUNT];
bool indicator_find(str id, enum indicator *out);

/* Days [from, to) where the country is, one service or all (empty), and of the
 * records of ratings those with so many stars (0: all). */
struct span {
	int64_t from, to;
	str service;
	int64_t stars;
};
struct total {
	int64_t n, sum;
	int64_t median; /* micros, of a MEDIAN; -1 when nothing was decided */
};
struct total report_total(dbc *c, enum indicator i, struct span s);
/* Ratings of 1 to 5 in out[1..5]. */
void report_ratings(dbc *c, struct span s, int64_t out[6]);

/* The figure worked out from the journal's records, with their hash. */
struct recount {
	struct total total;
	str hash;            /* SHA-256 over the leaf hashes, in order, hex */
	int64_t first, last; /* records' numbers */
};
struct recount report_recount(dbc *c, arena *a, enum indicator i, struct span s);
/* Does a record of the span's days count in it? */
bool report_counts(struct span s, const json *data);
/* The span's ends; what the country's clock shows is told by the pack. */
instant report_instant(dbc *c, int64_t day);

#define RECORDS_PAGE 100
#define RECORDS_CSV  100000

/* {id, label, meaning, counted, left_out, unit, events, since} */
json *report_measure(struct req *r, enum indicator i);
json *report_both(struct req *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Sets value, money or duration: a figure as it is published. */
void report_figure(struct req *r, json *o, enum indicator i, struct total t);
/* The span that the address asks for: a year, by default the present one, or a
 * month of it. */
struct span report_span(struct req *r, int64_t *year);
struct span report_month(int64_t year, int month, str service); /* 1 to 12; 0: the year */
int64_t report_offset(dbc *c);                                  /* seconds */

#endif
