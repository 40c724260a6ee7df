#include "base/time.h"
#include "engine/feel/node.h"

#include <string.h>

/* Named zones from TZif data (RFC 8536), read through the run's loader and kept
 * for the evaluation. After the last transition the footer's rule is followed
 * by the offsets of the file only up to its end: files of tzdata ("fat" or
 * "slim") are read with their POSIX rule. */

#define ZONE_NAME_MAX 64
#define TZ_TIMES_MAX  5000
#define TZ_TYPES_MAX  256

struct rule_day { /* Mm.w.d/time */
	int month, week, day;
	int32_t at;
	bool set;
};

struct feel_tz {
	size_t n;
	int64_t *when; /* UTC seconds of the transitions */
	uint8_t *type;
	int32_t offset[TZ_TYPES_MAX];
	int32_t std, dst; /* of the footer */
	bool has_rule, has_dst;
	struct rule_day from, to;
};

struct zone_cache {
	struct feel_zone zone;
	struct zone_cache *next;
};

static int64_t be(const uint8_t *p, int n)
{
	uint64_t v = 0;
	for (int i = 0; i < n; i++)
		v = (v << 8) | p[i];
	return n == 4 ? (int64_t)(int32_t)(uint32_t)v : (int64_t)v;
}

/* --- the footer: "CET-1CEST,M3.5.0,M10.5.0/3" ------------------------------------------ */

static bool rule_name(const char **p)
{
	const char *s = *p;
	if (*s == '<') {
		while (*s && *s != '>')
			s++;
		if (*s++ != '>')
			return false;
	} else {
		while ((*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z'))
			s++;
	}
	bool any = s > *p;
	*p = s;
	return any;
}

static int32_t rule_int(const char **p)
{
	int32_t v = 0;
	while (**p >= '0' && **p <= '9' && v < 100000)
		v = v * 10 + (*(*p)++ - '0');
	return v;
}

static int32_t rule_time(const char **p)
{
	bool neg = **p == '-';
	if (**p == '-' || **p == '+')
		(*p)++;
	int32_t v = rule_int(p) * 3600;
	if (**p == ':') {
		(*p)++;
		v += rule_int(p) * 60;
	}
	if (**p == ':') {
		(*p)++;
		v += rule_int(p);
	}
	return neg ? -v : v;
}

static bool rule_day(const char **p, struct rule_day *r)
{
	if (*(*p)++ != ',' || *(*p)++ != 'M')
		return false;
	r->month = rule_int(p);
	if (*(*p)++ != '.')
		return false;
	r->week = rule_int(p);
	if (*(*p)++ != '.')
		return false;
	r->day = rule_int(p);
	r->at = 7200;
	if (**p == '/') {
		(*p)++;
		r->at = rule_time(p);
	}
	r->set = r->month >= 1 && r->month <= 12;
	return r->set;
}

static void read_footer(struct feel_tz *tz, const char *p)
{
	if (!rule_name(&p))
		return;
	tz->std = -rule_time(&p);
	tz->has_rule = true;
	if (!*p || !rule_name(&p))
		return;
	tz->dst = *p && *p != ',' ? -rule_time(&p) : tz->std + 3600;
	if (*p == ',' && rule_day(&p, &tz->from) && rule_day(&p, &tz->to))
		tz->has_dst = true;
	else
		tz->has_rule = false;
}

/* --- the file ------------------------------------------------------------------------------ */

static struct feel_tz *read_tzif(arena *a, str f)
{
	const uint8_t *p = (const uint8_t *)f.p, *end = p + f.n;
	if (f.n < 44 || memcmp(p, "TZif", 4) != 0 || p[4] < '2')
		return NULL;
	/* skip the block of 32-bit times */
	int64_t c[6];
	for (int i = 0; i < 6; i++)
		c[i] = be(p + 20 + 4 * i, 4);
	int64_t skip = 44 + c[3] * 5 + c[4] * 6 + c[5] + c[2] * 8 + c[1] + c[0];
	if (skip < 44 || skip > end - p - 44)
		return NULL;
	p += skip;
	for (int i = 0; i < 6; i++)
		c[i] = be(p + 20 + 4 * i, 4);
	int64_t times = c[3], types = c[4], chars = c[5],
	        size = 44 + times * 9 + types * 6 + chars + c[2] * 12 + c[1] + c[0];
	if (times < 0 || times > TZ_TIMES_MAX || types < 1 || types > TZ_TYPES_MAX || chars < 0 ||
	    size > end - p)
		return NULL;
	struct feel_tz *tz = NEW(a, struct feel_tz);
	tz->n = (size_t)times;
	tz->when = NEWN(a, int64_t, tz->n);
	tz->type = NEWN(a, uint8_t, tz->n);
	for (size_t i = 0; i < tz->n; i++) {
		tz->when[i] = be(p + 44 + 8 * i, 8);
		tz->type[i] = p[44 + 8 * tz->n + i];
	}
	const uint8_t *t = p + 44 + 9 * tz->n;
	for (int64_t i = 0; i < types; i++)
		tz->offset[i] = (int32_t)be(t + 6 * i, 4);
	p += size;
	if (p < end && *p == '\n') {
		str rest = {(const char *)p + 1, (size_t)(end - p - 1)};
		ptrdiff_t nl = str_chr(rest, '\n');
		if (nl > 0)
			read_footer(tz, str_c(a, str_sub(rest, 0, (size_t)nl)));
	}
	return tz;
}

static int64_t rule_seconds(int32_t year, const struct rule_day *r)
{
	int64_t first = days_from_civil(year, r->month, 1);
	int64_t day = first + (r->day - weekday(first) + 7) % 7 + (r->week - 1) * 7;
	int32_t y;
	int m, d;
	civil_from_days(day, &y, &m, &d);
	if (m != r->month)
		day -= 7;
	return day * 86400 + r->at;
}

static int32_t by_rule(const struct feel_tz *tz, int64_t local)
{
	if (!tz->has_dst)
		return tz->std;
	int32_t y;
	int m, d;
	int64_t days = local / 86400 - (local % 86400 < 0);
	civil_from_days(days, &y, &m, &d);
	int64_t from = rule_seconds(y, &tz->from), to = rule_seconds(y, &tz->to);
	bool dst = from < to ? local >= from && local < to : local >= from || local < to;
	return dst ? tz->dst : tz->std;
}

/* The offset in force at a local time; where a local time happens twice, the
 * earlier of the two. */
int32_t feel_tz_local(const struct feel_tz *tz, int64_t local)
{
	int32_t off = tz->n ? tz->offset[0] : tz->has_rule ? tz->std : tz->offset[0];
	for (size_t i = 0; i < tz->n; i++) {
		if (tz->when[i] + off > local)
			return off;
		off = tz->offset[tz->type[i]];
	}
	return tz->has_rule ? by_rule(tz, local) : off;
}

/* What holds today outside of summer time: of a time without a day. */
int32_t feel_tz_standard(const struct feel_tz *tz)
{
	if (tz->has_rule)
		return tz->has_dst && tz->dst < tz->std ? tz->dst : tz->std;
	return tz->offset[tz->n ? tz->type[tz->n - 1] : 0];
}

static bool good_name(str n)
{
	if (n.n == 0 || n.n > ZONE_NAME_MAX || n.p[0] == '/' || str_find(n, STR("..")) >= 0)
		return false;
	for (size_t i = 0; i < n.n; i++) {
		char c = n.p[i];
		bool ok = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		          c == '/' || c == '_' || c == '-' || c == '+';
		if (!ok)
			return false;
	}
	return true;
}

bool feel_zone_find(struct env *e, str name, const struct feel_zone **out)
{
	if (!good_name(name))
		return false;
	for (struct zone_cache *z = e->zones; z; z = z->next) {
		if (str_eq(z->zone.name, name)) {
			*out = &z->zone;
			return true;
		}
	}
	str bytes;
	const struct feel_zones *src = e->run->zones;
	if (!src) {
		if (!str_eq(name, STR("UTC")) && !str_eq(name, STR("Etc/UTC")))
			return false;
		*out = feel_zone_offset(e->a, 0);
		return true;
	}
	struct feel_tz *tz = src->load(src->ctx, e->a, name, &bytes) ? read_tzif(e->a, bytes) : NULL;
	if (!tz)
		return false;
	struct zone_cache *z = NEW(e->a, struct zone_cache);
	z->zone = (struct feel_zone){str_dup(e->a, name), 0, tz};
	z->next = e->zones;
	e->zones = z;
	*out = &z->zone;
	return true;
}
