#include "base/time.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static instant read_clock(clockid_t id)
{
	struct timespec ts;
	clock_gettime(id, &ts);
	return (instant)ts.tv_sec * SECOND + ts.tv_nsec / 1000;
}

static instant system_now(void *ctx)
{
	(void)ctx;
	return read_clock(CLOCK_REALTIME);
}

clock_source clock_system(void)
{
	return (clock_source){system_now, NULL};
}

static instant offset_now(void *ctx)
{
	long long seconds = 0;
	FILE *f = fopen(ctx, "r");
	if (f) {
		char line[32] = "";
		if (fgets(line, sizeof line, f)) {
			int64_t v;
			if (str_i64(str_trim(str_of(line)), &v))
				seconds = v;
		}
		fclose(f);
	}
	return read_clock(CLOCK_REALTIME) + (instant)seconds * SECOND;
}

clock_source clock_offset_file(const char *path)
{
	return (clock_source){offset_now, (void *)(uintptr_t)path};
}

instant clock_now(clock_source c)
{
	return c.now(c.ctx);
}

instant clock_monotonic(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

/* Howard Hinnant's civil-day arithmetic, in our own words: eras of 400 years
 * counted from 1 March, so that the leap day is the last of its year. */
int64_t days_from_civil(int32_t y, int m, int d)
{
	int64_t year = (int64_t)y - (m <= 2);
	int64_t era = (year >= 0 ? year : year - 399) / 400;
	int64_t of_era = year - era * 400;
	int64_t of_year = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

void civil_from_days(int64_t days, int32_t *y, int *m, int *d)
{
	days += 719468;
	int64_t era = (days >= 0 ? days : days - 146096) / 146097;
	int64_t doe = days - era * 146097;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int64_t mp = (5 * doy + 2) / 153;
	*d = (int)(doy - (153 * mp + 2) / 5 + 1);
	*m = (int)(mp < 10 ? mp + 3 : mp - 9);
	*y = (int32_t)(yoe + era * 400 + (*m <= 2));
}

bool date_valid(int32_t y, int m, int d)
{
	static const int8_t length[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	if (m < 1 || m > 12 || d < 1)
		return false;
	bool leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
	return d <= length[m - 1] + (m == 2 && leap);
}

int weekday(int64_t days)
{
	return (int)(((days + 4) % 7 + 7) % 7);
}

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

civil civil_of(instant t, int32_t offset)
{
	int64_t local = t + offset * SECOND;
	int64_t days = floor_div(local, DAY);
	int64_t rest = local - days * DAY;
	int y_m, y_d;
	civil c = {0};
	civil_from_days(days, &c.year, &y_m, &y_d);
	c.month = (int8_t)y_m;
	c.day = (int8_t)y_d;
	c.hour = (int8_t)(rest / HOUR);
	c.minute = (int8_t)(rest / MINUTE % 60);
	c.second = (int8_t)(rest / SECOND % 60);
	c.micro = (int32_t)(rest % SECOND);
	return c;
}

instant instant_of(civil c, int32_t offset)
{
	return days_from_civil(c.year, c.month, c.day) * DAY + c.hour * HOUR + c.minute * MINUTE +
	       c.second * SECOND + c.micro - offset * SECOND;
}

str time_print(arena *a, instant t)
{
	civil c = civil_of(t, 0);
	str s = str_fmt(a, "%04d-%02d-%02dT%02d:%02d:%02d", c.year, c.month, c.day, c.hour, c.minute,
	                c.second);
	if (c.micro)
		return str_fmt(a, "%.*s.%06dZ", STRF(s), c.micro);
	return str_cat(a, s, STR("Z"));
}

str date_print(arena *a, int64_t days)
{
	int32_t y;
	int m, d;
	civil_from_days(days, &y, &m, &d);
	return str_fmt(a, "%04d-%02d-%02d", y, m, d);
}

/* `width` digits off the front; -1 if they are not there. */
static int take_digits(str *s, size_t width)
{
	int v = 0;
	if (s->n < width)
		return -1;
	for (size_t i = 0; i < width; i++) {
		if (s->p[i] < '0' || s->p[i] > '9')
			return -1;
		v = v * 10 + (s->p[i] - '0');
	}
	*s = str_sub(*s, width, s->n);
	return v;
}

static bool take_char(str *s, char c)
{
	if (!s->n || s->p[0] != c)
		return false;
	*s = str_sub(*s, 1, s->n);
	return true;
}

static bool take_date(str *s, int64_t *days)
{
	int y = take_digits(s, 4);
	if (y < 0 || !take_char(s, '-'))
		return false;
	int m = take_digits(s, 2);
	if (m < 0 || !take_char(s, '-'))
		return false;
	int d = take_digits(s, 2);
	if (d < 0 || !date_valid(y, m, d))
		return false;
	*days = days_from_civil(y, m, d);
	return true;
}

bool date_parse(str s, int64_t *days)
{
	return take_date(&s, days) && s.n == 0;
}

static bool take_offset(str *s, int *seconds)
{
	if (take_char(s, 'Z')) {
		*seconds = 0;
		return true;
	}
	int sign = s->n && s->p[0] == '-' ? -1 : 1;
	if (!take_char(s, '+') && !take_char(s, '-'))
		return false;
	int h = take_digits(s, 2);
	if (h < 0 || h > 14 || !take_char(s, ':'))
		return false;
	int m = take_digits(s, 2);
	if (m < 0 || m > 59)
		return false;
	*seconds = sign * (h * 3600 + m * 60);
	return true;
}

static bool take_fraction(str *s, int *micro)
{
	*micro = 0;
	if (!take_char(s, '.'))
		return true;
	int scale = 100000, seen = 0;
	while (s->n && s->p[0] >= '0' && s->p[0] <= '9') {
		*micro += (s->p[0] - '0') * scale;
		scale /= 10;
		seen++;
		*s = str_sub(*s, 1, s->n);
	}
	return seen > 0;
}

bool time_parse(str s, instant *out)
{
	int64_t days;
	int micro, offset;
	if (!take_date(&s, &days) || (!take_char(&s, 'T') && !take_char(&s, ' ')))
		return false;
	int h = take_digits(&s, 2);
	if (h < 0 || h > 23 || !take_char(&s, ':'))
		return false;
	int m = take_digits(&s, 2);
	if (m < 0 || m > 59 || !take_char(&s, ':'))
		return false;
	int sec = take_digits(&s, 2);
	if (sec < 0 || sec > 59 || !take_fraction(&s, &micro) || !take_offset(&s, &offset) || s.n)
		return false;
	*out = days * DAY + h * HOUR + m * MINUTE + sec * SECOND + micro - offset * SECOND;
	return true;
}
