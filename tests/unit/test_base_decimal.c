#include "unit.h"

#include "base/decimal.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

static decimal dec(const char *s)
{
	decimal d;
	assert_true(dec_parse(str_of(s), &d));
	return d;
}

static void test_text(void **state)
{
	arena *a = *state;
	assert_str(dec_print(a, dec("1.10")), "1.10");
	assert_str(dec_print(a, dec("-0")), "0");
	assert_str(dec_print(a, dec("12e3")), "12000");
	assert_str(dec_print(a, dec(".5")), "0.5");
	assert_str(dec_print(a, dec("1e-7")), "0.0000001");
	assert_str(dec_print(a, dec("1e400")), "1E+400");
	assert_str(dec_print(a, dec("12345678901234567890123456789012345")),
	           "12345678901234567890123456789012340");
	decimal d = dec("7");
	static const char *const bad[] = {"", "-", ".", "1.2.3", "1e", "0x1", "1 ", "1e9999"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(dec_parse(str_of(bad[i]), &d));
	assert_str(dec_print(a, d), "7");
}

static void test_tenths_are_exact(void **state)
{
	(void)state;
	decimal r;
	assert_true(dec_add(dec("0.1"), dec("0.2"), &r));
	assert_int_equal(dec_cmp(r, dec("0.3")), 0);
	assert_int_equal(dec_hash(dec("0.30")), dec_hash(dec("0.3")));
}

static void test_refusals(void **state)
{
	(void)state;
	decimal r = dec("5");
	assert_false(dec_div(r, dec("0"), &r));
	assert_false(dec_sqrt(dec("-1"), &r));
	assert_false(dec_ln(dec("0"), &r));
	assert_false(dec_mul(dec("9e6000"), dec("9e6000"), &r));
	assert_false(dec_exp(dec("20000"), &r));
	assert_false(dec_pow(dec("-2"), dec("0.5"), &r));
	int64_t v;
	assert_false(dec_to_i64(dec("9223372036854775808"), &v));
	assert_true(dec_to_i64(dec("-9223372036854775808"), &v));
	assert_true(v == INT64_MIN);
	assert_int_equal(dec_cmp(r, dec("5")), 0);
}

static void test_known_values(void **state)
{
	arena *a = *state;
	decimal r;
	assert_true(dec_exp(dec("1"), &r));
	assert_str(dec_print(a, r), "2.718281828459045235360287471352662");
	assert_true(dec_ln(dec("10"), &r));
	assert_str(dec_print(a, r), "2.302585092994045684017991454684364");
	assert_true(dec_sqrt(dec("2"), &r));
	assert_str(dec_print(a, r), "1.414213562373095048801688724209698");
	assert_true(dec_pow(dec("2"), dec("0.5"), &r));
	assert_str(dec_print(a, r), "1.414213562373095048801688724209698");
	assert_true(dec_pow(dec("2"), dec("100"), &r));
	assert_str(dec_print(a, r), "1267650600228229401496703205376");
	assert_true(dec_pow(dec("16"), dec("-0.5"), &r));
	assert_int_equal(dec_cmp(r, dec("0.25")), 0);
	assert_true(dec_mod_floor(dec("-12"), dec("5"), &r));
	assert_str(dec_print(a, r), "3");
}

/* --- the decTest vectors of IBM's General Decimal Arithmetic ------------------ */

enum { WORDS = 16 };

/* Why a vector is not run. */
enum reason { SPECIAL, NO_OPERATION, OTHER_ROUNDING, OTHER_RANGE, REASONS };

static const char *const reason_text[REASONS] = {
    "NaN, infinity or an encoding in hexadecimal: no numbers of FEEL", "an operation FEEL has not",
    "a rounding that FEEL never asks of this operation",
    "a precision or range of exponents that is not decimal128's"};

struct tally {
	size_t run, failed, skipped[REASONS];
};

static const char *const mode_names[] = {"half_even", "half_up", "half_down", "up",
                                         "down",      "ceiling", "floor"};

static size_t words(char *line, char *w[WORDS])
{
	size_t n = 0;
	for (char *p = line; *p && n < WORDS;) {
		while (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r')
			p++;
		if (!*p || (p[0] == '-' && p[1] == '-'))
			break;
		char quote = *p == '\'' || *p == '"' ? *p : 0;
		w[n++] = quote ? ++p : p;
		while (*p && (quote ? *p != quote : *p != ' ' && *p != '\t' && *p != '\n' && *p != '\r'))
			p++;
		if (*p)
			*p++ = 0;
	}
	return n;
}

/* Runs one operation; -1 when it is not one of ours. */
static int operate(const char *op, decimal x, decimal y, enum dec_round mode, decimal *r)
{
	if (!strcmp(op, "add"))
		return dec_add(x, y, r);
	if (!strcmp(op, "subtract"))
		return dec_sub(x, y, r);
	if (!strcmp(op, "multiply"))
		return dec_mul(x, y, r);
	if (!strcmp(op, "divide"))
		return dec_div(x, y, r);
	if (!strcmp(op, "divideint"))
		return dec_div_int(x, y, r);
	if (!strcmp(op, "remainder"))
		return dec_rem(x, y, r);
	if (!strcmp(op, "quantize"))
		return dec_quantize(x, y.exp, mode, r);
	if (!strcmp(op, "squareroot"))
		return dec_sqrt(x, r);
	if (!strcmp(op, "exp"))
		return dec_exp(x, r);
	if (!strcmp(op, "ln"))
		return dec_ln(x, r);
	if (!strcmp(op, "power"))
		return dec_pow(x, y, r);
	*r = x;
	if (!strcmp(op, "abs") || !strcmp(op, "copyabs")) {
		*r = dec_abs(x);
		return 1;
	}
	if (!strcmp(op, "minus") || !strcmp(op, "copynegate")) {
		*r = dec_neg(x);
		return 1;
	}
	if (!strcmp(op, "plus") || !strcmp(op, "copy"))
		return 1;
	if (!strcmp(op, "max") || !strcmp(op, "min")) {
		if ((dec_cmp(x, y) < 0) == !strcmp(op, "max"))
			*r = y;
		return 1;
	}
	if (!strcmp(op, "comparesig")) {
		*r = dec_of_i64(dec_cmp(x, y));
		return 1;
	}
	if (!strcmp(op, "samequantum")) {
		*r = dec_of_i64(x.exp == y.exp);
		return 1;
	}
	if (!strcmp(op, "tosci") || !strcmp(op, "toSci") || !strcmp(op, "apply"))
		return 1;
	if (!strcmp(op, "tointegralx")) {
		*r = dec_integral(x, mode);
		return 1;
	}
	if (!strcmp(op, "reduce")) {
		*r = dec_reduce(x);
		return dec_is_zero(x) ? -1 : 1;
	}
	if (!strcmp(op, "compare")) {
		*r = dec_of_i64(dec_cmp(x, y));
		return 1;
	}
	return -1;
}

static bool same(decimal x, decimal y, bool cohort)
{
	if (dec_cmp(x, y) != 0)
		return false;
	return !cohort || x.exp == y.exp;
}

/* To `digits` digits, for vectors of a lower precision than ours. */
static decimal shorten(arena *a, decimal d, int digits)
{
	str s = dec_print_sci(a, (decimal){d.lo, d.hi, 0, false});
	int have = 0;
	for (size_t i = 0; i < s.n && s.p[i] != 'E'; i++)
		have += s.p[i] != '.';
	if (have > digits)
		dec_quantize(d, d.exp + have - digits, DEC_HALF_EVEN, &d);
	return d;
}

static void run_line(arena *a, char *w[], size_t n, enum dec_round mode, int digits,
                     struct tally *t)
{
	size_t arrow = 0;
	for (size_t i = 2; i < n; i++)
		if (!strcmp(w[i], "->"))
			arrow = i;
	if (arrow < 3 || arrow + 1 >= n)
		return;
	const char *op = w[1];
	bool rounded = !strcmp(op, "quantize") || !strcmp(op, "tointegralx");
	decimal x, y = {0}, r = {0}, want = {0};
	bool overflow = strstr(w[arrow + 1], "Inf") || strstr(w[arrow + 1], "NaN");
	/* special operands are no numbers of ours; other modes only where we take one */
	if (!dec_parse(str_of(w[2]), &x) || (arrow == 4 && !dec_parse(str_of(w[3]), &y)) ||
	    (!overflow && !dec_parse(str_of(w[arrow + 1]), &want))) {
		t->skipped[SPECIAL]++;
		return;
	}
	int did = mode && !rounded ? -1 : operate(op, x, y, mode, &r);
	if (did < 0) {
		t->skipped[mode && !rounded ? OTHER_ROUNDING : NO_OPERATION]++;
		return;
	}
	bool real = !strcmp(op, "exp") || !strcmp(op, "ln") || !strcmp(op, "power") ||
	            (digits < DEC_DIGITS && !strcmp(op, "squareroot"));
	if (digits < DEC_DIGITS) {
		if (overflow || !real || x.exp < -900 || want.exp < -380 || want.exp > 380) {
			t->skipped[OTHER_RANGE]++;
			return;
		}
		r = shorten(a, r, digits);
	}
	t->run++;
	bool chosen = !strcmp(op, "max") || !strcmp(op, "min"); /* which of two equals is free */
	if (overflow ? did : !did || !same(r, want, !real && !chosen)) {
		t->failed++;
		if (t->failed < 20)
			fprintf(stderr, "%s %s %s %s: got %.*s, expected %s\n", w[0], op, w[2],
			        arrow == 4 ? w[3] : "", STRF(did ? dec_print_sci(a, r) : STR("refusal")),
			        w[arrow + 1]);
	}
}

static void run_file(arena *a, const char *path, bool quad, struct tally *t)
{
	FILE *f = fopen(path, "r");
	if (!f)
		return;
	char line[2048], *w[WORDS];
	int mode = 0, precision = quad ? 34 : 0;
	bool range = quad;
	while (fgets(line, sizeof line, f)) {
		size_t n = words(line, w);
		if (n >= 2 && !strcasecmp(w[0], "rounding:")) {
			mode = -1;
			for (int i = 0; i < 7; i++)
				if (!strcasecmp(w[1], mode_names[i]))
					mode = i;
		} else if (n >= 2 && !strcasecmp(w[0], "precision:")) {
			precision = atoi(w[1]);
		} else if (n >= 2 && !strcasecmp(w[0], "maxexponent:")) {
			range = quad || atoi(w[1]) >= 999;
		} else if (n >= 5 && mode >= 0 &&
		           (precision == 34 || (!quad && precision >= 7 && precision < 34)) && range) {
			run_line(a, w, n, (enum dec_round)mode, precision, t);
		} else if (n >= 5 && !strchr(w[0], ':')) {
			t->skipped[mode < 0 ? OTHER_ROUNDING : OTHER_RANGE]++;
		}
	}
	fclose(f);
}

static const char *vector_folder(void)
{
	static const char *const known[] = {
	    "/usr/lib/python3.11/test/decimaltestdata",
	    "/usr/lib/python3.13/test/decimaltestdata",
	};
	const char *env = getenv("DECTEST");
	if (env)
		return env;
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		DIR *d = opendir(known[i]);
		if (d) {
			closedir(d);
			return known[i];
		}
	}
	return NULL;
}

static void test_vectors(void **state)
{
	arena *a = *state;
	static const char *const files[] = {
	    "dqAdd",        "dqSubtract",   "dqMultiply",    "dqDivide",     "dqDivideInt",
	    "dqRemainder",  "dqQuantize",   "dqCompare",     "dqToIntegral", "dqBase",
	    "dqReduce",     "dqAbs",        "dqMinus",       "dqPlus",       "dqMax",
	    "dqMin",        "dqCompareSig", "dqSameQuantum", "dqCopy",       "dqCopyAbs",
	    "dqCopyNegate", "squareroot",   "exp",           "ln",           "power"};
	const char *folder = vector_folder();
	if (!folder) {
		fprintf(stderr, "# decTest vectors absent (libpython3.11-testsuite): skipped\n");
		skip();
	}
	size_t run = 0, failed = 0, skipped[REASONS] = {0};
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		struct tally t = {0};
		str path = str_fmt(a, "%s/%s.decTest", folder, files[i]);
		run_file(a, str_c(a, path), files[i][0] == 'd', &t);
		fprintf(stderr, "# %s: %zu run, %zu failed\n", files[i], t.run, t.failed);
		for (size_t k = 0; k < REASONS; k++)
			skipped[k] += t.skipped[k];
		run += t.run;
		failed += t.failed;
	}
	fprintf(stderr, "# %zu vectors run, %zu failed; not run:\n", run, failed);
	for (size_t k = 0; k < REASONS; k++)
		fprintf(stderr, "#   %5zu %s\n", skipped[k], reason_text[k]);
	assert_true(run > 5500);
	assert_int_equal(failed, 0);
}

/* --- gcc's _Decimal128 as a second opinion, where there is one ------------------ */

#if defined(__DECIMAL_BID_FORMAT__) && defined(__SIZEOF_INT128__)
#define HAS_DECIMAL128 1

__extension__ typedef _Decimal128 decimal128;

static uint64_t next(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

/* BID: sign, 14 bits of exponent (biased by 6176), 113 bits of coefficient. */
static decimal128 theirs(decimal d)
{
	uint64_t w[2] = {d.lo, d.hi | (uint64_t)(d.exp + 6176) << 49 | (uint64_t)d.neg << 63};
	decimal128 out;
	memcpy(&out, w, sizeof out);
	return out;
}

static bool ours(decimal128 x, decimal *out)
{
	uint64_t w[2];
	memcpy(w, &x, sizeof w);
	if ((w[1] >> 61 & 3) == 3) /* infinity, NaN */
		return false;
	*out = (decimal){.lo = w[0],
	                 .hi = w[1] & ((UINT64_C(1) << 49) - 1),
	                 .exp = (int32_t)(w[1] >> 49 & 0x3FFF) - 6176,
	                 .neg = w[1] >> 63};
	return true;
}

static decimal any_decimal(uint64_t *seed)
{
	static const int32_t spread[] = {4, 20, 40, 400, 6000};
	decimal d = {.lo = next(seed), .neg = next(seed) & 1};
	int bits = (int)(next(seed) % 112) + 1;
	if (bits > 64)
		d.hi = next(seed) & ((UINT64_C(1) << (bits - 64)) - 1);
	else if (bits < 64)
		d.lo &= (UINT64_C(1) << bits) - 1;
	int32_t s = spread[next(seed) % 5];
	d.exp = (int32_t)(next(seed) % (uint64_t)(2 * s)) - s;
	return d;
}

static void test_against_decimal128(void **state)
{
	arena *a = *state;
	uint64_t seed = 20260101;
	for (int i = 0; i < 200000; i++) {
		decimal x = any_decimal(&seed), y = any_decimal(&seed), got, want;
		decimal128 p = theirs(x), q = theirs(y);
		static const char signs[] = "+-*/";
		char op = signs[i % 4];
		bool did = op == '+'   ? dec_add(x, y, &got)
		           : op == '-' ? dec_sub(x, y, &got)
		           : op == '*' ? dec_mul(x, y, &got)
		                       : dec_div(x, y, &got);
		decimal128 r = op == '+' ? p + q : op == '-' ? p - q : op == '*' ? p * q : p / q;
		bool has = ours(r, &want) && !(op == '/' && dec_is_zero(y));
		if (did != has || (did && !same(got, want, true)))
			print_message("%.*s %c %.*s: %.*s, expected %.*s\n", STRF(dec_print_sci(a, x)), op,
			              STRF(dec_print_sci(a, y)), STRF(did ? dec_print_sci(a, got) : STR("-")),
			              STRF(has ? dec_print_sci(a, want) : STR("-")));
		assert_int_equal(did, has);
		assert_true(!did || same(got, want, true));
		assert_int_equal(dec_cmp(x, y), p < q ? -1 : p > q);
	}
}
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {UNIT(test_text),
	                                   UNIT(test_tenths_are_exact),
	                                   UNIT(test_refusals),
	                                   UNIT(test_known_values),
#ifdef HAS_DECIMAL128
	                                   UNIT(test_against_decimal128),
#endif
	                                   UNIT(test_vectors)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
