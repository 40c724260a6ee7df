/* figure.c - reading the sums, and working them out again from the journal. */
#include "systems/report/report_in.h"

#include <openssl/sha.h>

const struct indicator_info report_indicators[INDICATOR_COUNT] = {
#define INDICATOR(id, event, measure) {#id, event, MEASURE_##measure},
#include "systems/report/indicators.def"
#undef INDICATOR
};

bool indicator_find(str id, enum indicator *out)
{
	for (int i = 0; i < INDICATOR_COUNT; i++)
		if (str_eq(id, str_of(report_indicators[i].id))) {
			*out = (enum indicator)i;
			return true;
		}
	return false;
}

struct total report_total(dbc *c, enum indicator i, struct span s)
{
	struct total t = {0};
	rows *r = db_query(c, &sql_report_day_sum, D_TEXT(str_of(report_indicators[i].id)),
	                   D_INT(s.from), D_INT(s.to), D_TEXT(s.service));
	if (db_next(r))
		t = (struct total){db_int(r, 0), db_int(r, 1)};
	db_done(r);
	return t;
}

/* The lower of the two middle ones when their number is even. */
int64_t report_median(dbc *c, struct span s)
{
	int64_t n =
	    db_query_int(c, &sql_report_decided, 0, D_INT(s.from), D_INT(s.to), D_TEXT(s.service));
	if (!n)
		return -1;
	return db_query_int(c, &sql_report_median, -1, D_INT(s.from), D_INT(s.to), D_TEXT(s.service),
	                    D_INT((n - 1) / 2));
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

struct recount report_recount(dbc *c, arena *a, enum indicator i, instant from, instant to,
                              str service)
{
	struct recount out = {0};
	SHA256_CTX h;
	unsigned char digest[SHA256_DIGEST_LENGTH];
	SHA256_Init(&h);
	rows *r = db_query(c, &sql_report_all_records, D_TEXT(str_of(report_indicators[i].event)),
	                   D_INT(from), D_INT(to));
	while (db_next(r)) {
		arena_mark before = arena_save(a);
		const json *data = json_parse(a, db_text(r, 1), NULL);
		bool counted = !service.n || str_eq(service, json_str(data, "service"));
		if (counted) {
			str leaf = db_text(r, 2);
			SHA256_Update(&h, leaf.p, leaf.n);
			out.first = out.records ? out.first : db_int(r, 0);
			out.last = db_int(r, 0);
			out.records++;
			out.sum += measured(i, data);
		}
		arena_rewind(a, before);
	}
	db_done(r);
	SHA256_Final(digest, &h);
	out.hash = str_hex(a, (str){(const char *)digest, sizeof digest});
	return out;
}
