#include "base/time.h"
#include "base/buf.h"
#include "engine/feel/node.h"

#include <string.h>

/* Dates, times and durations as text (ISO 8601 / XML Schema) and as numbers. */

#define OFFSET_MAX (18 * 3600) /* seconds; XML Schema and java.time agree on 18 hours at most */

struct cursor {
	str s;
	size_t at;
};

static char at(const struct cursor *c)
{
	return c->at < c->s.n ? c->s.p[c->at] : 0;
}

static bool take(struct cursor *c, char sign)
{
	if (at(c) != sign || c->at >= c->s.n)
		return false;
	c->at++;
	return true;
}

static size_t digits(struct cursor *c, size_t min, size_t max, int64_t *out)
{
	size_t n = 0;
	int64_t v = 0;
	while (n < max && at(c) >= '0' && at(c) <= '9') {
		v = v * 10 + (at(c) - '0');
		c->at++;
		n++;
	}
	*out = v;
	return n >= min ? n : 0;
}

static bool date_part(struct cursor *c, int64_t *days)
{
	int64_t y, m, d;
	bool neg = take(c, '-');
	size_t from = c->at;
	size_t n = digits(c, 4, 9, &y);
	if (!n || (n > 4 && c->s.p[from] == '0'))
		return false;
	if (!take(c, '-') || !digits(c, 2, 2, &m) || !take(c, '-') || !digits(c, 2, 2, &d))
		return false;
	if (neg)
		y = -y;
	if (!date_valid((int32_t)y, (int)m, (int)d))
		return false;
	*days = days_from_civil((int32_t)y, (int)m, (int)d);
	return true;
}

static bool clock_part(struct cursor *c, int64_t *nanos)
{
	int64_t h, m, s, frac = 0;
	if (!digits(c, 2, 2, &h) || !take(c, ':') || !digits(c, 2, 2, &m) || !take(c, ':') ||
	    !digits(c, 2, 2, &s))
		return false;
	if (take(c, '.')) {
		int64_t unit = FEEL_NANOS;
		size_t n = 0;
		for (; at(c) >= '0' && at(c) <= '9'; c->at++, n++) {
			unit /= 10;
			frac += (at(c) - '0') * unit;
		}
		if (!n)
			return false;
	}
	if (h > 24 || m > 59 || s > 59 || (h == 24 && (m || s || frac)))
		return false;
	*nanos = ((h * 60 + m) * 60 + s) * FEEL_NANOS + frac;
	return true;
}

const struct feel_zone *feel_zone_offset(arena *a, int32_t seconds)
{
	static const struct feel_zone utc = {{0}, 0, NULL};
	if (seconds == 0)
		return &utc;
	struct feel_zone *z = NEW(a, struct feel_zone);
	z->offset = seconds;
	return z;
}

/* Z, +hh:mm[:ss], @Zone/Name, or nothing. */
static bool zone_part(struct env *e, struct cursor *c, const struct feel_zone **out)
{
	int64_t h, m, s = 0;
	*out = NULL;
	if (c->at >= c->s.n)
		return true;
	if (take(c, 'Z')) {
		*out = feel_zone_offset(e->a, 0);
		return true;
	}
	if (take(c, '@')) {
		str name = str_sub(c->s, c->at, c->s.n);
		c->at = c->s.n;
		return feel_zone_find(e, name, out);
	}
	bool neg = at(c) == '-';
	if (!take(c, '+') && !take(c, '-'))
		return false;
	if (!digits(c, 2, 2, &h) || !take(c, ':') || !digits(c, 2, 2, &m))
		return false;
	if (take(c, ':') && !digits(c, 2, 2, &s))
		return false;
	int64_t off = (h * 60 + m) * 60 + s;
	if (m > 59 || s > 59 || off > OFFSET_MAX)
		return false;
	*out = feel_zone_offset(e->a, (int32_t)(neg ? -off : off));
	return true;
}

bool feel_parse_date(str s, feel_value *out)
{
	struct cursor c = {s, 0};
	int64_t days;
	if (!date_part(&c, &days) || c.at != s.n)
		return false;
	*out = (feel_value){.kind = FEEL_DATE, .t = {.days = days}};
	return true;
}

bool feel_parse_time(struct env *e, str s, feel_value *out)
{
	struct cursor c = {s, 0};
	feel_value v = {.kind = FEEL_TIME};
	take(&c, 'T');
	if (!clock_part(&c, &v.t.nanos) || !zone_part(e, &c, &v.t.zone) || c.at != s.n)
		return false;
	v.t.nanos %= FEEL_DAY_NANOS;
	*out = v;
	return true;
}

bool feel_parse_datetime(struct env *e, str s, feel_value *out)
{
	struct cursor c = {s, 0};
	feel_value v = {.kind = FEEL_DATETIME};
	if (!date_part(&c, &v.t.days))
		return false;
	if (c.at < s.n &&
	    (!take(&c, 'T') || !clock_part(&c, &v.t.nanos) || !zone_part(e, &c, &v.t.zone)))
		return false;
	if (c.at != s.n)
		return false;
	v.t.days += v.t.nanos / FEEL_DAY_NANOS;
	v.t.nanos %= FEEL_DAY_NANOS;
	*out = v;
	return feel_day_fits(v.t.days);
}

bool feel_parse_duration(str s, feel_value *out)
{
	struct cursor c = {s, 0};
	bool neg = take(&c, '-'), time = false, any = false, months = false, days = false;
	i128 total = 0;
	int64_t n_months = 0, v;
	if (!take(&c, 'P'))
		return false;
	int last = -1;
	while (c.at < s.n) {
		if (!time && take(&c, 'T')) {
			time = true;
			any = false;
			continue;
		}
		static const char units[] = "YMDhmS";
		static const int64_t secs[] = {0, 0, 86400, 3600, 60, 1};
		if (!digits(&c, 1, 18, &v))
			return false;
		int64_t frac = 0;
		bool point = take(&c, '.');
		if (point) {
			int64_t unit = FEEL_NANOS;
			for (; at(&c) >= '0' && at(&c) <= '9'; c.at++)
				frac += (at(&c) - '0') * (unit /= 10);
		}
		char u = at(&c);
		u = time && u == 'H' ? 'h' : time && u == 'M' ? 'm' : u;
		const char *hit = u ? strchr(units, u) : NULL;
		int k = hit ? (int)(hit - units) : -1;
		if (k <= last || (k > 2) != time || (point && u != 'S'))
			return false;
		last = k;
		c.at++;
		any = true;
		if (k < 2) {
			if (v > INT64_MAX / 24)
				return false;
			n_months += k == 0 ? v * 12 : v;
			months = true;
		} else {
			total += ((i128)v * secs[k]) * FEEL_NANOS + frac;
			days = true;
		}
	}
	if (!any || months == days)
		return false;
	if (months) {
		*out = (feel_value){.kind = FEEL_MONTHS, .months = neg ? -n_months : n_months};
		return true;
	}
	return feel_of_nanos(neg ? -total : total, out);
}

feel_value feel_parse_at(struct env *e, str s)
{
	feel_value v;
	if (feel_parse_date(s, &v) || feel_parse_datetime(e, s, &v) || feel_parse_time(e, s, &v) ||
	    feel_parse_duration(s, &v))
		return v;
	return env_fail(e, "\"%.*s\" is no date, time or duration", STRF(s));
}

/* --- as numbers ----------------------------------------------------------------------- */

int32_t feel_offset_at(const struct feel_zone *z, int64_t days, int64_t nanos)
{
	if (!z)
		return 0;
	if (!z->tz)
		return z->offset;
	return feel_tz_local(z->tz, days * 86400 + nanos / FEEL_NANOS);
}

int32_t feel_offset_of(feel_value v)
{
	if (v.kind == FEEL_TIME && v.t.zone && v.t.zone->tz)
		return feel_tz_standard(v.t.zone->tz);
	return feel_offset_at(v.t.zone, v.t.days, v.t.nanos);
}

i128 feel_nanos(feel_value v)
{
	if (v.kind == FEEL_DAYS)
		return (i128)v.dur.secs * FEEL_NANOS + v.dur.nanos;
	int32_t off = feel_offset_of(v);
	return (i128)v.t.days * FEEL_DAY_NANOS + v.t.nanos - (i128)off * FEEL_NANOS;
}

bool feel_of_nanos(i128 n, feel_value *out)
{
	i128 secs = n / FEEL_NANOS;
	if (secs > INT64_MAX / 4 || secs < -(INT64_MAX / 4))
		return false;
	*out = (feel_value){.kind = FEEL_DAYS,
	                    .dur = {.secs = (int64_t)secs, .nanos = (int64_t)(n % FEEL_NANOS)}};
	return true;
}

bool feel_day_fits(i128 days)
{
	return days >= days_from_civil(-FEEL_YEAR_MAX, 1, 1) &&
	       days <= days_from_civil(FEEL_YEAR_MAX, 12, 31);
}

feel_value feel_shift_months(struct env *e, feel_value v, int64_t months)
{
	int32_t y;
	int m, d;
	civil_from_days(v.t.days, &y, &m, &d);
	i128 total = (i128)y * 12 + (m - 1) + months;
	i128 year = total >= 0 ? total / 12 : -((-total + 11) / 12);
	int month = (int)(total - year * 12) + 1;
	if (year > FEEL_YEAR_MAX || year < -FEEL_YEAR_MAX)
		return env_fail(e, "a date beyond the year %d", FEEL_YEAR_MAX);
	while (d > 28 && !date_valid((int32_t)year, month, d))
		d--;
	v.t.days = days_from_civil((int32_t)year, month, d);
	return v;
}

/* --- printing ---------------------------------------------------------------------------- */

static void print_fraction(buf *b, int64_t nanos)
{
	if (!nanos)
		return;
	char text[9];
	size_t n = 9;
	for (size_t i = 9; i-- > 0; nanos /= 10)
		text[i] = (char)('0' + nanos % 10);
	while (n && text[n - 1] == '0')
		n--;
	buf_putc(b, '.');
	buf_put(b, (str){text, n});
}

static void print_zone(buf *b, const struct feel_zone *z)
{
	if (!z)
		return;
	if (z->tz) {
		buf_putc(b, '@');
		buf_put(b, z->name);
		return;
	}
	int32_t o = z->offset < 0 ? -z->offset : z->offset;
	if (o == 0) {
		buf_putc(b, 'Z');
		return;
	}
	buf_fmt(b, "%c%02d:%02d", z->offset < 0 ? '-' : '+', o / 3600, o / 60 % 60);
	if (o % 60)
		buf_fmt(b, ":%02d", o % 60);
}

static void print_days(buf *b, feel_value v)
{
	int64_t s = v.dur.secs, n = v.dur.nanos;
	if (s < 0 || n < 0) {
		buf_putc(b, '-');
		s = -s;
		n = -n;
	}
	buf_putc(b, 'P');
	if (s / 86400)
		buf_fmt(b, "%lldD", (long long)(s / 86400));
	int64_t h = s / 3600 % 24, m = s / 60 % 60;
	bool zero = s == 0 && n == 0;
	if (h || m || s % 60 || n || zero)
		buf_putc(b, 'T');
	if (h)
		buf_fmt(b, "%lldH", (long long)h);
	if (m)
		buf_fmt(b, "%lldM", (long long)m);
	if (s % 60 || n || zero) {
		buf_fmt(b, "%lld", (long long)(s % 60));
		print_fraction(b, n);
		buf_putc(b, 'S');
	}
}

static void print_months(buf *b, int64_t m)
{
	if (m < 0)
		buf_putc(b, '-');
	m = m < 0 ? -m : m;
	buf_putc(b, 'P');
	if (m / 12)
		buf_fmt(b, "%lldY", (long long)(m / 12));
	if (m % 12 || m == 0)
		buf_fmt(b, "%lldM", (long long)(m % 12));
}

void feel_print_time(buf *b, feel_value v)
{
	if (v.kind == FEEL_DAYS) {
		print_days(b, v);
		return;
	}
	if (v.kind == FEEL_MONTHS) {
		print_months(b, v.months);
		return;
	}
	if (v.kind != FEEL_TIME) {
		int32_t y;
		int m, d;
		civil_from_days(v.t.days, &y, &m, &d);
		buf_fmt(b, "%s%04d-%02d-%02d", y < 0 ? "-" : "", y < 0 ? -y : y, m, d);
	}
	if (v.kind == FEEL_DATE)
		return;
	if (v.kind == FEEL_DATETIME)
		buf_putc(b, 'T');
	int64_t s = v.t.nanos / FEEL_NANOS;
	buf_fmt(b, "%02d:%02d:%02d", (int)(s / 3600), (int)(s / 60 % 60), (int)(s % 60));
	print_fraction(b, v.t.nanos % FEEL_NANOS);
	print_zone(b, v.t.zone);
}
