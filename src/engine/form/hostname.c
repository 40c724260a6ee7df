#include "engine/form/hostname.h"

#include "base/utf8.h"

#include <ctype.h>
#include <utf8proc.h>

/* ---- Punycode, RFC 3492 ---- */

enum { BASE = 36, TMIN = 1, TMAX = 26, SKEW = 38, DAMP = 700, INITIAL_BIAS = 72, INITIAL_N = 128 };

static uint32_t adapt(uint32_t delta, uint32_t points, bool first)
{
	uint32_t k = 0;
	delta = first ? delta / DAMP : delta / 2;
	delta += delta / points;
	for (; delta > (BASE - TMIN) * TMAX / 2; k += BASE)
		delta /= BASE - TMIN;
	return k + (BASE - TMIN + 1) * delta / (delta + SKEW);
}

static uint32_t threshold(uint32_t k, uint32_t bias)
{
	return k <= bias ? TMIN : k >= bias + TMAX ? TMAX : k - bias;
}

static int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0' + 26;
	c = (char)tolower((unsigned char)c);
	return c >= 'a' && c <= 'z' ? c - 'a' : -1;
}

static bool punycode_decode(str s, uint32_t out[HOSTNAME_MAX_LABEL], size_t *count)
{
	size_t basic = s.n, n_out = 0, i = 0;
	while (basic && s.p[basic - 1] != '-')
		basic--;
	for (; basic && i + 1 < basic; i++)
		out[n_out++] = (unsigned char)s.p[i];
	uint32_t n = INITIAL_N, at = 0, bias = INITIAL_BIAS;
	for (i = basic; i < s.n;) {
		uint32_t before = at, weight = 1;
		for (uint32_t k = BASE;; k += BASE) {
			int d = i < s.n ? digit_value(s.p[i++]) : -1;
			if (d < 0 || (uint32_t)d > (UINT32_MAX - at) / weight)
				return false;
			at += (uint32_t)d * weight;
			uint32_t t = threshold(k, bias);
			if ((uint32_t)d < t)
				break;
			if (weight > UINT32_MAX / (BASE - t))
				return false;
			weight *= BASE - t;
		}
		if (n_out >= HOSTNAME_MAX_LABEL)
			return false;
		bias = adapt(at - before, (uint32_t)n_out + 1, before == 0);
		n += at / (uint32_t)(n_out + 1);
		at %= (uint32_t)(n_out + 1);
		if (n > 0x10FFFF)
			return false;
		for (size_t k = n_out; k > at; k--)
			out[k] = out[k - 1];
		out[at++] = n;
		n_out++;
	}
	*count = n_out;
	return n_out > 0;
}

static char digit_letter(uint32_t d)
{
	return (char)(d < 26 ? 'a' + d : '0' + (d - 26));
}

struct label {
	char text[HOSTNAME_MAX_LABEL + 1];
	size_t n; /* beyond HOSTNAME_MAX_LABEL: too long */
};

static void label_put(struct label *l, char c)
{
	if (l->n < sizeof l->text)
		l->text[l->n++] = c;
}

/* One code point's distance as a variable-length integer. */
static void put_integer(struct label *l, uint32_t q, uint32_t bias)
{
	for (uint32_t k = BASE;; k += BASE) {
		uint32_t t = threshold(k, bias);
		if (q < t)
			break;
		label_put(l, digit_letter(t + (q - t) % (BASE - t)));
		q = (q - t) / (BASE - t);
	}
	label_put(l, digit_letter(q));
}

/* The A-label of these code points, "xn--" included unless all are ASCII. */
static struct label punycode_encode(const uint32_t *in, size_t count)
{
	struct label l = {.n = 0};
	uint32_t n = INITIAL_N, delta = 0, bias = INITIAL_BIAS;
	size_t basic = 0;
	for (size_t i = 0; i < count; i++)
		basic += in[i] < 0x80;
	for (const char *p = basic < count ? "xn--" : ""; *p; p++)
		label_put(&l, *p);
	for (size_t i = 0; i < count; i++)
		if (in[i] < 0x80)
			label_put(&l, (char)in[i]);
	if (basic && basic < count)
		label_put(&l, '-');
	for (size_t done = basic; done < count;) {
		uint32_t m = UINT32_MAX;
		for (size_t i = 0; i < count; i++)
			if (in[i] >= n && in[i] < m)
				m = in[i];
		delta += (m - n) * (uint32_t)(done + 1);
		n = m;
		for (size_t i = 0; i < count; i++) {
			delta += in[i] < n;
			if (in[i] != n)
				continue;
			put_integer(&l, delta, bias);
			bias = adapt(delta, (uint32_t)done + 1, done == basic);
			delta = 0;
			done++;
		}
		delta++;
		n++;
	}
	return l;
}

/* ---- U-labels, RFC 5892 ---- */

static bool in_range(uint32_t c, uint32_t from, uint32_t to)
{
	return c >= from && c <= to;
}

static bool greek(uint32_t c)
{
	return in_range(c, 0x370, 0x3FF) || in_range(c, 0x1F00, 0x1FFF);
}

static bool hebrew(uint32_t c)
{
	return in_range(c, 0x591, 0x5F4);
}

static bool japanese(uint32_t c)
{
	return in_range(c, 0x3041, 0x309F) || (in_range(c, 0x30A1, 0x30FF) && c != 0x30FB) ||
	       in_range(c, 0x3400, 0x9FFF) || c == 0x3005 || c == 0x3007;
}

/* Joining types of the Arabic script (Unicode's ArabicShaping): does the letter
 * join the one that follows it, or only the one before? */
static bool joins_before(uint32_t c)
{
	return in_range(c, 0x620, 0x6FF) && c != 0x621 && c != 0x674 &&
	       utf8proc_category((utf8proc_int32_t)c) == UTF8PROC_CATEGORY_LO;
}

static bool joins_after(uint32_t c)
{
	bool right_only = in_range(c, 0x622, 0x625) || c == 0x627 || c == 0x629 ||
	                  in_range(c, 0x62F, 0x632) || c == 0x648 || in_range(c, 0x671, 0x677) ||
	                  in_range(c, 0x688, 0x699) || c == 0x6C0 || in_range(c, 0x6C3, 0x6CB) ||
	                  c == 0x6CD || c == 0x6CF || in_range(c, 0x6D2, 0x6D5) ||
	                  in_range(c, 0x6EE, 0x6EF);
	return joins_before(c) && !right_only;
}

static bool transparent(uint32_t c)
{
	return utf8proc_category((utf8proc_int32_t)c) == UTF8PROC_CATEGORY_MN;
}

/* A.1: a non-joiner between letters that would otherwise join. */
static bool parts_letters(const uint32_t *at, size_t n, size_t i)
{
	size_t before = i, after = i + 1;
	while (before && transparent(at[before - 1]))
		before--;
	while (after < n && transparent(at[after]))
		after++;
	return before && after < n && joins_after(at[before - 1]) && joins_before(at[after]);
}

/* Appendix A: code points that are allowed only in some company. */
static bool context_holds(const uint32_t *at, size_t n, size_t i)
{
	uint32_t c = at[i], before = i ? at[i - 1] : 0, after = i + 1 < n ? at[i + 1] : 0;
	switch (c) {
	case 0x200C:
	case 0x200D: { /* after a virama */
		const utf8proc_property_t *p = utf8proc_get_property((utf8proc_int32_t)before);
		return (i && p->combining_class == 9) || (c == 0x200C && parts_letters(at, n, i));
	}
	case 0xB7:
		return before == 'l' && after == 'l';
	case 0x375:
		return greek(after);
	case 0x5F3:
	case 0x5F4:
		return hebrew(before);
	case 0x30FB:
		for (size_t k = 0; k < n; k++)
			if (japanese(at[k]))
				return true;
		return false;
	default:
		break;
	}
	bool arabic = in_range(c, 0x660, 0x669), extended = in_range(c, 0x6F0, 0x6F9);
	for (size_t k = 0; (arabic || extended) && k < n; k++)
		if (arabic ? in_range(at[k], 0x6F0, 0x6F9) : in_range(at[k], 0x660, 0x669))
			return false;
	return true;
}

static bool contextual(uint32_t c)
{
	return c == 0x200C || c == 0x200D || c == 0xB7 || c == 0x375 || c == 0x5F3 || c == 0x5F4 ||
	       c == 0x30FB;
}

static bool allowed(uint32_t c)
{
	static const uint32_t also[] = {0xDF, 0x3C2, 0x6FD, 0x6FE, 0xF0B, 0x3007};
	static const uint32_t never[] = {0x640,  0x7FA,  0x302E, 0x302F, 0x3031,
	                                 0x3032, 0x3033, 0x3034, 0x3035, 0x303B};
	for (size_t i = 0; i < sizeof also / sizeof *also; i++)
		if (c == also[i])
			return true;
	for (size_t i = 0; i < sizeof never / sizeof *never; i++)
		if (c == never[i])
			return false;
	if (in_range(c, 0x1100, 0x11FF) || in_range(c, 0xA960, 0xA97F) || in_range(c, 0xD7B0, 0xD7FF))
		return false; /* old Hangul jamo */
	switch (utf8proc_category((utf8proc_int32_t)c)) {
	case UTF8PROC_CATEGORY_LL:
	case UTF8PROC_CATEGORY_LO:
	case UTF8PROC_CATEGORY_LM:
	case UTF8PROC_CATEGORY_MN:
	case UTF8PROC_CATEGORY_MC:
	case UTF8PROC_CATEGORY_ND:
		break;
	default:
		return c == '-';
	}
	/* What case folding and compatibility mapping would change is unstable. */
	utf8proc_int32_t folded[18];
	utf8proc_ssize_t n =
	    utf8proc_decompose_char((utf8proc_int32_t)c, folded, 18,
	                            UTF8PROC_COMPAT | UTF8PROC_CASEFOLD | UTF8PROC_COMPOSE, NULL);
	const utf8proc_property_t *p = utf8proc_get_property((utf8proc_int32_t)c);
	return p->decomp_type == 0 && (n != 1 || folded[0] == (utf8proc_int32_t)c || c == 0xDF);
}

static bool combining(uint32_t c)
{
	utf8proc_category_t k = utf8proc_category((utf8proc_int32_t)c);
	return k == UTF8PROC_CATEGORY_MN || k == UTF8PROC_CATEGORY_MC || k == UTF8PROC_CATEGORY_ME;
}

static bool u_label(const uint32_t *at, size_t n)
{
	if (!n || at[0] == '-' || at[n - 1] == '-' || (n > 3 && at[2] == '-' && at[3] == '-') ||
	    combining(at[0]) || punycode_encode(at, n).n > HOSTNAME_MAX_LABEL)
		return false;
	for (size_t i = 0; i < n; i++)
		if (contextual(at[i]) ? !context_holds(at, n, i)
		                      : !allowed(at[i]) || !context_holds(at, n, i))
			return false;
	return true;
}

/* ---- the Bidi rule, RFC 5893 section 2 ---- */

struct direction {
	bool rtl;   /* has a right-to-left character */
	bool holds; /* keeps the rule */
};

static utf8proc_bidi_class_t bidi_class(uint32_t c)
{
	return (utf8proc_bidi_class_t)utf8proc_get_property((utf8proc_int32_t)c)->bidi_class;
}

static bool neutral(utf8proc_bidi_class_t b)
{
	return b == UTF8PROC_BIDI_CLASS_ES || b == UTF8PROC_BIDI_CLASS_CS ||
	       b == UTF8PROC_BIDI_CLASS_ET || b == UTF8PROC_BIDI_CLASS_ON ||
	       b == UTF8PROC_BIDI_CLASS_BN || b == UTF8PROC_BIDI_CLASS_NSM;
}

static struct direction direction_of(const uint32_t *at, size_t n)
{
	struct direction d = {false, true};
	utf8proc_bidi_class_t first = bidi_class(at[0]), last = first;
	bool right = first == UTF8PROC_BIDI_CLASS_R || first == UTF8PROC_BIDI_CLASS_AL;
	bool european = false, arabic = false;
	d.holds = right || first == UTF8PROC_BIDI_CLASS_L;
	for (size_t i = 0; i < n; i++) {
		utf8proc_bidi_class_t b = bidi_class(at[i]);
		bool strong = b == UTF8PROC_BIDI_CLASS_R || b == UTF8PROC_BIDI_CLASS_AL;
		european |= b == UTF8PROC_BIDI_CLASS_EN;
		arabic |= b == UTF8PROC_BIDI_CLASS_AN;
		d.rtl |= strong || b == UTF8PROC_BIDI_CLASS_AN;
		if (!neutral(b) && b != UTF8PROC_BIDI_CLASS_EN &&
		    (right ? !strong && b != UTF8PROC_BIDI_CLASS_AN : b != UTF8PROC_BIDI_CLASS_L))
			d.holds = false;
		if (b != UTF8PROC_BIDI_CLASS_NSM)
			last = b;
	}
	if (european && arabic && right)
		d.holds = false;
	if (neutral(last))
		d.holds = false;
	return d;
}

/* ---- names ---- */

struct name {
	size_t length; /* as A-labels, dots included */
	bool rtl, breaks_rule;
};

static void name_add(struct name *name, const uint32_t *at, size_t n, size_t length)
{
	struct direction d = direction_of(at, n);
	name->length += length + (name->length > 0);
	name->rtl |= d.rtl;
	name->breaks_rule |= !d.holds;
}

static bool name_holds(const struct name *name)
{
	return name->length <= HOSTNAME_MAX_BYTES && !(name->rtl && name->breaks_rule);
}

static bool letters_digits_hyphens(str s)
{
	if (!s.n || s.n > HOSTNAME_MAX_LABEL || s.p[0] == '-' || s.p[s.n - 1] == '-')
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (!isalnum((unsigned char)s.p[i]) && s.p[i] != '-')
			return false;
	return true;
}

static bool a_label(str s, struct name *name)
{
	uint32_t points[HOSTNAME_MAX_LABEL + 1];
	size_t n = 0;
	if (!letters_digits_hyphens(s))
		return false;
	if (s.n <= 3 || s.p[2] != '-' || s.p[3] != '-') {
		for (; n < s.n; n++)
			points[n] = (unsigned char)s.p[n];
		name_add(name, points, n, s.n);
		return true;
	}
	if (!str_eq_nocase(str_sub(s, 0, 4), STR("xn--")) ||
	    !punycode_decode(str_sub(s, 4, s.n), points, &n) || !u_label(points, n))
		return false;
	struct label again = punycode_encode(points, n);
	name_add(name, points, n, s.n);
	return str_eq_nocase((str){again.text, again.n}, s);
}

bool hostname_valid(str s, arena *scratch)
{
	str label;
	struct name name = {0};
	(void)scratch;
	if (!s.n || s.n > HOSTNAME_MAX_BYTES)
		return false;
	while (str_cut(&s, '.', &label))
		if (!a_label(label, &name))
			return false;
	return name_holds(&name);
}

static bool idn_label(str s, struct name *name)
{
	uint32_t points[HOSTNAME_MAX_LABEL];
	size_t n = 0;
	bool ascii = true;
	for (size_t i = 0; i < s.n; i++)
		ascii = ascii && (unsigned char)s.p[i] < 0x80;
	if (ascii)
		return a_label(s, name);
	while (s.n) {
		uint32_t c = utf8_next(&s);
		if (c == UTF8_BAD || n >= HOSTNAME_MAX_LABEL)
			return false;
		points[n++] = c;
	}
	if (!u_label(points, n))
		return false;
	name_add(name, points, n, punycode_encode(points, n).n);
	return true;
}

/* The ideographic full stops separate labels as '.' does (RFC 3490 section 3.1). */
bool hostname_valid_idn(str s, arena *scratch)
{
	if (!s.n || s.n > 4 * HOSTNAME_MAX_BYTES)
		return false;
	char *flat = NEWN(scratch, char, s.n + 1);
	size_t n = 0;
	while (s.n) {
		str rest = s;
		uint32_t c = utf8_next(&s);
		if (c == 0x3002 || c == 0xFF0E || c == 0xFF61)
			flat[n++] = '.';
		else
			for (size_t i = 0; i < rest.n - s.n; i++)
				flat[n++] = rest.p[i];
	}
	str all = {flat, n}, label;
	struct name name = {0};
	while (str_cut(&all, '.', &label))
		if (!idn_label(label, &name))
			return false;
	return name_holds(&name);
}
