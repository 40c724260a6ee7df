/* figure.c - reading the sums, and working them out again from the journal. */
#include "systems/report/report_in.h"

#include <openssl/sha.h>
#include <stdlib.h>

const struct indicator_info report_indicators[INDICATOR_COUNT] = {
#define INDICATOR(id, event, measure) {#id, event, MEASURE_##measure},
#include "systems/report/indicators.def"
#undef INDICATOR
};

bool report_of_ends(enum measure how)
{
	return how == MEASURE_FIRST || how == MEASURE_AGAIN || how == MEASURE_MEDIAN;
}

const char *report_second(enum indicator i)
{
	enum measure how = report_indicators[i].measure;
	return how == MEASURE_AGAIN || how == MEASURE_MEDIAN ? "case.rejected" : "";
}

bool indicator_find(str id, enum indicator *out)
{
	for (int i = 0; i < INDICATOR_COUNT; i++)
		if (str_eq(id, str_of(report_indicators[i].id))) {
			*out = (enum indicator)i;
			return true;
		}
	return false;
}

/* The lower of the two middle ones when their number is even. */
static struct total decided(dbc *c, struct span s)
{
	struct total t = {.median = -1};
	t.n = db_query_int(c, &sql_report_decided, 0, D_INT(s.from), D_INT(s.to), D_TEXT(s.service));
	if (t.n)
		t.median = db_query_int(c, &sql_report_median, -1, D_INT(s.from), D_INT(s.to),
		                        D_TEXT(s.service), D_INT((t.n - 1) / 2));
	return t;
}

struct total report_total(dbc *c, enum indicator i, struct span s)
{
	struct total t = {0};
	if (report_indicators[i].measure == MEASURE_MEDIAN)
		return decided(c, s);
	rows *r = db_query(c, &sql_report_day_sum, D_TEXT(str_of(report_indicators[i].id)),
	                   D_INT(s.from), D_INT(s.to), D_TEXT(s.service));
	if (db_next(r))
		t = (struct total){.n = db_int(r, 0), .sum = db_int(r, 1)};
	db_done(r);
	return t;
}

void report_ratings(dbc *c, struct span s, int64_t out[6])
{
	for (int i = 0; i < 6; i++)
		out[i] = 0;
	rows *r = db_query(c, &sql_report_rated, D_INT(s.from), D_INT(s.to), D_TEXT(s.service));
	while (db_next(r))
		if (db_int(r, 0) >= 1 && db_int(r, 0) <= 5)
			out[db_int(r, 0)] = db_int(r, 1);
	db_done(r);
}

static int64_t measured(enum indicator i, const json *data)
{
	switch (report_indicators[i].measure) {
	case MEASURE_SUM:
		return json_int(data, "amount", 0);
	case MEASURE_MEAN:
		return json_int(data, "rating", 0);
	default:
		return 0;
	}
}

static int by_size(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return (x > y) - (x < y);
}

static rows *records_of(dbc *c, enum indicator i, instant from, instant to)
{
	const struct indicator_info *info = &report_indicators[i];
	if (!report_of_ends(info->measure))
		return db_query(c, &sql_report_all_records, D_TEXT(str_of(info->event)), D_INT(from),
		                D_INT(to));
	return db_query(
	    c, info->measure == MEASURE_AGAIN ? &sql_report_again_ends : &sql_report_first_ends,
	    D_TEXT(str_of(info->event)), D_TEXT(str_of(report_second(i))), D_INT(from), D_INT(to));
}

int64_t report_offset(dbc *c)
{
	return db_query_int_args(c, &sql_report_offset_get, 0, NULL, 0);
}

instant report_instant(dbc *c, int64_t day)
{
	return day * DAY - report_offset(c) * SECOND;
}

bool report_counts(struct span s, const json *data)
{
	return (!s.service.n || str_eq(s.service, json_str(data, "service"))) &&
	       (!s.stars || s.stars == json_int(data, "rating", 0));
}

struct recount report_recount(dbc *c, arena *a, enum indicator i, struct span s)
{
	instant from = report_instant(c, s.from), to = report_instant(c, s.to);
	bool median = report_indicators[i].measure == MEASURE_MEDIAN;
	int64_t most =
	    median ? db_query_int(c, &sql_report_decisions_most, 0, D_INT(from), D_INT(to)) : 0;
	int64_t *spans = NEWN(a, int64_t, (size_t)most + 1);
	struct recount out = {0};
	SHA256_CTX h;
	unsigned char digest[SHA256_DIGEST_LENGTH];
	SHA256_Init(&h);
	rows *r = records_of(c, i, from, to);
	while (db_next(r)) {
		arena_mark before = arena_save(a);
		const json *data = json_parse(a, db_text(r, 1), NULL);
		if (report_counts(s, data)) {
			str leaf = db_text(r, 2);
			SHA256_Update(&h, leaf.p, leaf.n);
			out.first = out.total.n ? out.first : db_int(r, 0);
			out.last = db_int(r, 0);
			if (out.total.n < most)
				spans[out.total.n] = db_int(r, 3);
			out.total.n++;
			out.total.sum += measured(i, data);
		}
		arena_rewind(a, before);
	}
	db_done(r);
	if (median) {
		qsort(spans, (size_t)out.total.n, sizeof *spans, by_size);
		out.total.median = out.total.n ? spans[(out.total.n - 1) / 2] : -1;
	}
	SHA256_Final(digest, &h);
	out.hash = str_hex(a, (str){(const char *)digest, sizeof digest});
	return out;
}
