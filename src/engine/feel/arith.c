#include "engine/feel/node.h"

/* + - * / ** over numbers, strings, points in time and durations (tables 44, 45,
 * 53 to 56 of the standard). */

/* What is worth more than a step: about one for a microsecond. */
static uint64_t power_steps(decimal y)
{
	enum { SMALL = 64, STEPS = 20 };
	int64_t n;
	return dec_to_i64(y, &n) && n >= -SMALL && n <= SMALL ? 0 : STEPS;
}

static feel_value numbers(struct env *e, char op, decimal x, decimal y)
{
	decimal r;
	if (op == '^')
		env_step(e, power_steps(y));
	if (op == '^' && dec_is_zero(y)) /* pow(x, 0) is 1 for any x (IEEE 754-2008, 9.2.1) */
		return feel_int(1);
	bool ok = op == '+'   ? dec_add(x, y, &r)
	          : op == '-' ? dec_sub(x, y, &r)
	          : op == '*' ? dec_mul(x, y, &r)
	          : op == '/' ? dec_div(x, y, &r)
	                      : dec_pow(x, y, &r);
	if (!ok)
		return env_fail(e,
		                op == '/' && dec_is_zero(y) ? "division by zero" : "a number out of range");
	return feel_number(r);
}

/* A point in time at another instant (nanoseconds of UTC), in its own zone. */
static feel_value at_instant(feel_value v, i128 utc)
{
	int32_t off = v.t.zone ? v.t.zone->offset : 0;
	for (int round = 0; round < 3; round++) {
		i128 local = utc + (i128)off * FEEL_NANOS;
		i128 days = local / FEEL_DAY_NANOS;
		if (local % FEEL_DAY_NANOS < 0)
			days--;
		v.t.days = (int64_t)days;
		v.t.nanos = (int64_t)(local - days * FEEL_DAY_NANOS);
		int32_t now = feel_offset_at(v.t.zone, v.t.days, v.t.nanos);
		if (now == off)
			break;
		off = now;
	}
	return v;
}

static feel_value shift(struct env *e, feel_value v, i128 nanos)
{
	i128 t = feel_nanos(v) + nanos;
	if (v.kind == FEEL_TIME) {
		v.t.nanos =
		    (int64_t)(((i128)v.t.nanos + nanos % FEEL_DAY_NANOS + FEEL_DAY_NANOS) % FEEL_DAY_NANOS);
		return v;
	}
	enum feel_kind kind = (enum feel_kind)v.kind;
	if (feel_day_fits(t / FEEL_DAY_NANOS))
		v = at_instant(v, t);
	if (!feel_day_fits(t / FEEL_DAY_NANOS) || !feel_day_fits(v.t.days))
		return env_fail(e, "a date beyond the year %d", FEEL_YEAR_MAX);
	if (kind == FEEL_DATE)
		v.t.nanos = 0;
	return v;
}

static feel_value duration(struct env *e, i128 nanos)
{
	feel_value v;
	return feel_of_nanos(nanos, &v) ? v : env_fail(e, "a duration out of range");
}

static feel_value months(struct env *e, i128 m)
{
	if (m > INT64_MAX / 2 || m < -(INT64_MAX / 2))
		return env_fail(e, "a duration out of range");
	return (feel_value){.kind = FEEL_MONTHS, .months = (int64_t)m};
}

static bool is_point(feel_value v)
{
	return v.kind == FEEL_DATE || v.kind == FEEL_TIME || v.kind == FEEL_DATETIME;
}

static feel_value mismatch(struct env *e, char op, feel_value x, feel_value y)
{
	return env_fail(e, "%s %s %s has no meaning", feel_kind_name((enum feel_kind)x.kind),
	                op == '^' ? "**" : (char[]){op, 0}, feel_kind_name((enum feel_kind)y.kind));
}

static feel_value minus_points(struct env *e, feel_value x, feel_value y)
{
	bool time = x.kind == FEEL_TIME, other = y.kind == FEEL_TIME;
	bool x_zone = x.t.zone != NULL || x.kind == FEEL_DATE;
	bool y_zone = y.t.zone != NULL || y.kind == FEEL_DATE;
	if (time != other)
		return mismatch(e, '-', x, y);
	if (x.kind == y.kind && x_zone != y_zone)
		return env_fail(e, "one of the two has a time zone, the other has none");
	if (x.kind != y.kind && (!x_zone || !y_zone))
		return env_fail(e, "one of the two has a time zone, the other has none");
	return duration(e, feel_nanos(x) - feel_nanos(y));
}

static feel_value add(struct env *e, char op, feel_value x, feel_value y)
{
	int sign = op == '-' ? -1 : 1;
	if (op == '+' && is_point(y) && !is_point(x)) {
		feel_value t = x;
		x = y;
		y = t;
	}
	if (is_point(x) && is_point(y) && op == '-')
		return minus_points(e, x, y);
	if (is_point(x) && y.kind == FEEL_DAYS)
		return shift(e, x, sign * feel_nanos(y));
	if ((x.kind == FEEL_DATE || x.kind == FEEL_DATETIME) && y.kind == FEEL_MONTHS)
		return feel_shift_months(e, x, sign * y.months);
	if (x.kind == FEEL_DAYS && y.kind == FEEL_DAYS)
		return duration(e, feel_nanos(x) + sign * feel_nanos(y));
	if (x.kind == FEEL_MONTHS && y.kind == FEEL_MONTHS)
		return months(e, (i128)x.months + (i128)sign * y.months);
	return mismatch(e, op, x, y);
}

static bool whole_decimal(i128 v, decimal *out)
{
	bool neg = v < 0;
	__extension__ unsigned __int128 m = neg ? -(unsigned __int128)v : (unsigned __int128)v;
	decimal hi = dec_of_i64((int64_t)(m / 1000000000000000000)),
	        lo = dec_of_i64((int64_t)(m % 1000000000000000000));
	hi.exp = 18;
	if (!dec_add(hi, lo, out))
		return false;
	out->neg = neg && !dec_is_zero(*out);
	return true;
}

static bool to_whole(decimal d, i128 *out)
{
	decimal q, unit = dec_of_i64(1000000000000000000);
	int64_t hi, lo;
	d = dec_integral(d, DEC_DOWN);
	if (!dec_div_int(d, unit, &q) || !dec_to_i64(q, &hi) || !dec_rem(d, unit, &q) ||
	    !dec_to_i64(q, &lo))
		return false;
	*out = (i128)hi * 1000000000000000000 + lo;
	return true;
}

static feel_value scale(struct env *e, char op, feel_value x, feel_value y)
{
	decimal a, b, r;
	i128 n;
	bool swapped = x.kind == FEEL_NUMBER;
	feel_value d = swapped ? y : x, k = swapped ? x : y;
	if (swapped && op == '/')
		return mismatch(e, op, x, y);
	bool in_days = d.kind == FEEL_DAYS;
	whole_decimal(in_days ? feel_nanos(d) : d.months, &a);
	if (k.kind == d.kind && op == '/') {
		whole_decimal(in_days ? feel_nanos(k) : k.months, &b);
		return numbers(e, '/', a, b);
	}
	if (k.kind != FEEL_NUMBER)
		return mismatch(e, op, x, y);
	if (!(op == '*' ? dec_mul(a, k.num, &r) : dec_div(a, k.num, &r)) || !to_whole(r, &n))
		return env_fail(e, op == '/' && dec_is_zero(k.num) ? "division by zero"
		                                                   : "a duration out of range");
	return in_days ? duration(e, n) : months(e, n);
}

feel_value feel_arith(struct env *e, char op, feel_value x, feel_value y)
{
	if (x.kind == FEEL_NUMBER && y.kind == FEEL_NUMBER)
		return numbers(e, op, x.num, y.num);
	if (x.kind == FEEL_NULL || y.kind == FEEL_NULL)
		return mismatch(e, op, x, y);
	if (op == '+' && x.kind == FEEL_STRING && y.kind == FEEL_STRING) {
		env_step(e, (x.s.n + y.s.n) / 64);
		return feel_string(str_cat(e->a, x.s, y.s));
	}
	bool dx = x.kind == FEEL_DAYS || x.kind == FEEL_MONTHS;
	bool dy = y.kind == FEEL_DAYS || y.kind == FEEL_MONTHS;
	if (op == '+' || op == '-')
		return add(e, op, x, y);
	if ((op == '*' || op == '/') && (dx || dy))
		return scale(e, op, x, y);
	return mismatch(e, op, x, y);
}

feel_value eval_arith(const struct node *n, struct env *e)
{
	feel_value x = node_run(n->kid[0], e), y = node_run(n->kid[1], e);
	return feel_arith(e, (char)n->slot, x, y);
}

feel_value eval_negate(const struct node *n, struct env *e)
{
	feel_value x = node_run(n->kid[0], e);
	if (x.kind == FEEL_NUMBER) {
		x.num = dec_neg(x.num);
		return x;
	}
	if (x.kind == FEEL_MONTHS)
		return months(e, -(i128)x.months);
	if (x.kind == FEEL_DAYS)
		return duration(e, -feel_nanos(x));
	return env_fail(e, "- %s has no meaning", feel_kind_name((enum feel_kind)x.kind));
}
