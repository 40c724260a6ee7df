#include "base/exact.h"

/*@ lemma grows: \forall integer a, b, c; 0 <= a <= b && 0 <= c ==> 0 <= a * c <= b * c; */
/*@ lemma spreads: \forall integer x, q, r, n, d; x == q * d + r ==> x * n == (q * n) * d + r * n;
 */
/*@ lemma gathers: \forall integer a, b, d, e, m; e == b * d + m ==> a * d + e == (a + b) * d + m;
 */
/*@ lemma rounds_up: \forall integer w, d, p, e; p == w * d + e ==> (w + 1) * d - p == d - e; */
/*@ lemma rounds_down: \forall integer w, d, p, e; p == w * d + e ==> w * d - p == -e; */

bool exact_add(int64_t x, int64_t y, int64_t *out)
{
	if ((y > 0 && x > INT64_MAX - y) || (y < 0 && x < INT64_MIN - y))
		return false;
	*out = x + y;
	return true;
}

bool exact_sub(int64_t x, int64_t y, int64_t *out)
{
	if ((y < 0 && x > INT64_MAX + y) || (y > 0 && x < INT64_MIN + y))
		return false;
	*out = x - y;
	return true;
}

bool exact_digit(int64_t v, int digit, int64_t *out)
{
	if (v > (INT64_MAX - digit) / 10)
		return false;
	*out = v * 10 + digit;
	return true;
}

/*@ requires \valid(out) && 0 <= a && 0 < n;
    assigns *out;
    ensures \result == \true ==> *out == a * n && 0 <= a * n <= INT64_MAX; */
static bool times(int64_t a, int64_t n, int64_t *out)
{
	int64_t most = INT64_MAX / n;
	/*@ assert most * n <= INT64_MAX; */
	if (a > most)
		return false;
	/*@ assert 0 <= a * n <= most * n; */
	*out = a * n;
	return true;
}

bool exact_ratio(int64_t x, int64_t num, int64_t den, int64_t *whole, int64_t *rest)
{
	if (x < 0 || num < 0)
		return false;
	if (num == 0) {
		*whole = 0;
		*rest = 0;
		return true;
	}
	int64_t q = x / den, r = x % den;
	/*@ assert x == q * den + r; */
	int64_t big = 0, small = 0;
	if (!times(q, num, &big) || !times(r, num, &small))
		return false;
	/*@ assert x * num == big * den + small; */
	int64_t d = small / den, m = small % den;
	/*@ assert small == d * den + m; */
	if (big > INT64_MAX - d)
		return false;
	/*@ assert x * num == (big + d) * den + m; */
	*whole = big + d;
	*rest = m;
	/*@ assert *whole == big + d && *rest == m; */
	return true;
}

bool exact_round(int64_t x, int64_t num, int64_t den, int64_t *out)
{
	int64_t whole = 0, rest = 0;
	if (!exact_ratio(x, num, den, &whole, &rest))
		return false;
	bool up = rest >= den - rest;
	if (up && whole == INT64_MAX)
		return false;
	/*@ assert x * num == whole * den + rest; */
	if (up) {
		/*@ assert (whole + 1) * den - x * num == den - rest; */
		/*@ assert -den < 2 * ((whole + 1) * den - x * num) <= den; */
		*out = whole + 1;
	} else {
		/*@ assert whole * den - x * num == -rest; */
		/*@ assert -den < 2 * (whole * den - x * num) <= den; */
		*out = whole;
	}
	return true;
}
