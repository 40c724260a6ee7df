/* report_in.h - what the files of report share; private to systems/report. */
#ifndef SYSTEMS_REPORT_IN_H
#define SYSTEMS_REPORT_IN_H

#include "kernel/pack/pack.h"
#include "systems/report/report.h"

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

enum measure { MEASURE_COUNT, MEASURE_SUM, MEASURE_MEDIAN, MEASURE_MEAN };

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
extern const struct indicator_info report_indicators[INDICATOR_COUNT];
bool indicator_find(str id, enum indicator *out);

/* Days [from, to) where the country is, and one service or all (empty). */
struct span {
	int64_t from, to;
	str service;
};
struct total {
	int64_t n, sum;
};
struct total report_total(dbc *c, enum indicator i, struct span s);
/* Micros; -1 when nothing was decided. */
int64_t report_median(dbc *c, struct span s);
/* Ratings of 1 to 5 in out[1..5]. */
void report_ratings(dbc *c, struct span s, int64_t out[6]);

/* The figure worked out from the journal's records, with their hash. */
struct recount {
	int64_t records, sum;
	str hash;            /* SHA-256 over the leaf hashes, in order, hex */
	int64_t first, last; /* records' numbers */
};
struct recount report_recount(dbc *c, arena *a, enum indicator i, instant from, instant to,
                              str service);

#define RECORDS_PAGE 100
#define RECORDS_CSV  100000

/* {id, label, meaning, counted, left_out, unit, events, since} */
json *report_measure(struct req *r, enum indicator i);
json *report_both(struct req *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The span that the address asks for; a year by default the present one. */
struct span report_span(struct req *r, int64_t *year);
int64_t report_offset(const struct req *r); /* seconds */

#endif
