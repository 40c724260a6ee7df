/* timer.c - times as BPMN writes them: ISO 8601 dates, durations, repetitions. */
#include "engine/bpmn/model.h"

#define SPAN_MAX_VALUE 1000000000 /* of one component; keeps sums within int64 */

static bool digits(str *s, int64_t *out)
{
	size_t n = 0;
	int64_t v = 0;

	while (n < s->n && s->p[n] >= '0' && s->p[n] <= '9') {
		v = v * 10 + (s->p[n] - '0');
		if (v > SPAN_MAX_VALUE)
			return false;
		n++;
	}
	*s = str_sub(*s, n, s->n);
	*out = v;
	return n > 0;
}

/* "12.5S": the fraction of a second, in microseconds. */
static bool fraction(str *s, instant *micros)
{
	instant unit = SECOND / 10;

	*s = str_sub(*s, 1, s->n);
	size_t n = 0;
	while (n < s->n && s->p[n] >= '0' && s->p[n] <= '9') {
		*micros += (s->p[n++] - '0') * unit;
		unit /= 10;
	}
	*s = str_sub(*s, n, s->n);
	return n > 0 && s->n && s->p[0] == 'S';
}

static bool component(str *s, bool time, int *last, struct bpmn_span *out)
{
	static const char date_units[] = "YMWD", time_units[] = "HMS";
	int64_t v;
	instant micros = 0;

	if (!digits(s, &v) || !s->n)
		return false;
	if (time && s->p[0] == '.' && !fraction(s, &micros))
		return false;
	const char *units = time ? time_units : date_units;
	int at = 0;
	while (units[at] && units[at] != s->p[0])
		at++;
	if (!units[at] || at <= *last)
		return false;
	*last = at;
	*s = str_sub(*s, 1, s->n);
	if (time) {
		out->micros += v * (at == 0 ? HOUR : at == 1 ? MINUTE : SECOND) + micros;
		return out->micros < (instant)SPAN_MAX_VALUE * SECOND;
	}
	if (at < 2)
		out->months += at == 0 ? v * 12 : v;
	else
		out->days += at == 2 ? v * 7 : v;
	return out->months < 120000 && out->days < 4000000;
}

bool bpmn_span_parse(str s, struct bpmn_span *out)
{
	struct bpmn_span v = {0};

	s = str_trim(s);
	if (s.n && s.p[0] == '-') {
		v.negative = true;
		s = str_sub(s, 1, s.n);
	}
	if (s.n < 3 || s.p[0] != 'P')
		return false;
	s = str_sub(s, 1, s.n);
	for (int last = -1; s.n && s.p[0] != 'T';)
		if (!component(&s, false, &last, &v))
			return false;
	if (s.n) {
		s = str_sub(s, 1, s.n);
		int last = -1;
		do
			if (!component(&s, true, &last, &v))
				return false;
		while (s.n);
	}
	*out = v;
	return true;
}

instant bpmn_span_add(instant t, struct bpmn_span s, int32_t offset)
{
	int sign = s.negative ? -1 : 1;

	if (s.months) {
		civil c = civil_of(t, offset);
		int64_t month = (int64_t)c.year * 12 + c.month - 1 + sign * s.months;
		if (month < 0 || month > 9999 * 12)
			return t;
		c.year = (int32_t)(month / 12);
		c.month = (int8_t)(month % 12 + 1);
		while (!date_valid(c.year, c.month, c.day))
			c.day--;
		t = instant_of(c, offset);
	}
	return t + sign * (s.days * DAY + s.micros);
}

bool bpmn_date_parse(str s, int32_t offset, instant *out)
{
	int64_t days;

	s = str_trim(s);
	if (time_parse(s, out))
		return true;
	if (date_parse(s, &days)) {
		*out = days * DAY - offset * SECOND;
		return true;
	}
	char text[40];
	if (s.n < 19 || s.n + 1 > sizeof text)
		return false;
	for (size_t i = 0; i < s.n; i++)
		text[i] = s.p[i];
	text[s.n] = 'Z';
	if (!time_parse((str){text, s.n + 1}, out))
		return false;
	*out -= offset * SECOND;
	return true;
}

bool bpmn_cycle_parse(str s, int64_t *repeats, instant *start, struct bpmn_span *every)
{
	str head, middle;

	s = str_trim(s);
	if (!str_cut(&s, '/', &head) || !head.n || head.p[0] != 'R')
		return false;
	str count = str_sub(head, 1, head.n);
	*repeats = -1;
	if (count.n && (!str_i64(count, repeats) || *repeats < 0 || *repeats > SPAN_MAX_VALUE))
		return false;
	*start = 0;
	if (!str_cut(&s, '/', &middle))
		return false;
	if (s.p == NULL)
		return bpmn_span_parse(middle, every);
	if (bpmn_date_parse(middle, 0, start))
		return bpmn_span_parse(s, every);
	return false;
}
