#include "engine/feel/builtin.h"

static feel_value rounded(struct env *e, const feel_value *v, size_t n, enum dec_round mode,
                          const char *what)
{
	int64_t scale = 0;
	decimal r;
	if (v[0].kind != FEEL_NUMBER || (n > 1 && !bi_int(v[1], &scale)))
		return bi_wrong(e, what);
	if (scale < -DEC_EXP_MAX || scale > -DEC_EXP_MIN)
		return env_fail(e, "%s: a scale outside -6111..6176", what);
	if (!dec_round_to(v[0].num, (int32_t)scale, mode, &r))
		return env_fail(e, "%s: more than 34 digits", what);
	if (dec_is_zero(r))
		r.neg = false;
	if (r.exp > 0)
		dec_quantize(r, 0, DEC_HALF_EVEN, &r);
	return feel_number(r);
}

feel_value bi_decimal(struct env *e, const feel_value *v, size_t n)
{
	return rounded(e, v, n, DEC_HALF_EVEN, "decimal");
}

feel_value bi_floor(struct env *e, const feel_value *v, size_t n)
{
	return rounded(e, v, n, DEC_FLOOR, "floor");
}

feel_value bi_ceiling(struct env *e, const feel_value *v, size_t n)
{
	return rounded(e, v, n, DEC_CEILING, "ceiling");
}

feel_value bi_round_up(struct env *e, const feel_value *v, size_t n)
{
	return rounded(e, v, n, DEC_UP, "round up");
}

feel_value bi_round_down(struct env *e, const feel_value *v, size_t n)
{
	return rounded(e, v, n, DEC_DOWN, "round down");
}

feel_value bi_round_half_up(struct env *e, const feel_value *v, size_t n)
{
	return rounded(e, v, n, DEC_HALF_UP, "round half up");
}

feel_value bi_round_half_down(struct env *e, const feel_value *v, size_t n)
{
	return rounded(e, v, n, DEC_HALF_DOWN, "round half down");
}

feel_value bi_abs(struct env *e, const feel_value *v, size_t n)
{
	(void)n;
	feel_value out = v[0];
	if (out.kind == FEEL_NUMBER) {
		out.num = dec_abs(out.num);
	} else if (out.kind == FEEL_MONTHS) {
		out.months = out.months < 0 ? -out.months : out.months;
	} else if (out.kind == FEEL_DAYS) {
		i128 t = feel_nanos(out);
		if (t < 0)
			feel_of_nanos(-t, &out);
	} else {
		return bi_wrong(e, "abs");
	}
	return out;
}

feel_value bi_modulo(struct env *e, const feel_value *v, size_t n)
{
	(void)n;
	decimal r;
	if (v[0].kind != FEEL_NUMBER || v[1].kind != FEEL_NUMBER)
		return bi_wrong(e, "modulo");
	if (!dec_mod_floor(v[0].num, v[1].num, &r))
		return env_fail(e, "modulo: division by zero");
	return feel_number(r);
}

/* They cost `steps` microseconds, about, and so many steps. */
static feel_value real(struct env *e, feel_value v, bool (*fn)(decimal, decimal *),
                       const char *what, uint64_t steps)
{
	decimal r;
	env_step(e, steps);
	if (v.kind != FEEL_NUMBER)
		return bi_wrong(e, what);
	return fn(v.num, &r) ? feel_number(r) : env_fail(e, "%s: no such number", what);
}

feel_value bi_sqrt(struct env *e, const feel_value *v, size_t n)
{
	(void)n;
	return real(e, v[0], dec_sqrt, "sqrt", 2);
}

feel_value bi_log(struct env *e, const feel_value *v, size_t n)
{
	(void)n;
	return real(e, v[0], dec_ln, "log", 20);
}

feel_value bi_exp(struct env *e, const feel_value *v, size_t n)
{
	(void)n;
	return real(e, v[0], dec_exp, "exp", 5);
}

static feel_value parity(struct env *e, feel_value v, bool odd)
{
	decimal r;
	if (v.kind != FEEL_NUMBER)
		return bi_wrong(e, odd ? "odd" : "even");
	if (!dec_mod_floor(v.num, dec_of_i64(2), &r))
		return feel_null();
	return feel_bool(dec_cmp(r, dec_of_i64(odd)) == 0);
}

feel_value bi_odd(struct env *e, const feel_value *v, size_t n)
{
	(void)n;
	return parity(e, v[0], true);
}

feel_value bi_even(struct env *e, const feel_value *v, size_t n)
{
	(void)n;
	return parity(e, v[0], false);
}
