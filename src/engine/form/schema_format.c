#include "engine/form/schema_format.h"

#include "base/time.h"
#include "engine/form/hostname.h"
#include "engine/form/pattern.h"

#include <ctype.h>

static bool digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool hex(char c)
{
	return isxdigit((unsigned char)c) != 0;
}

/* Takes exactly n digits off the front. */
static bool take_digits(str *s, size_t n, int *out)
{
	if (s->n < n)
		return false;
	int v = 0;
	for (size_t i = 0; i < n; i++) {
		if (!digit(s->p[i]))
			return false;
		v = v * 10 + (s->p[i] - '0');
	}
	*s = str_sub(*s, n, s->n);
	*out = v;
	return true;
}

static bool take(str *s, char c)
{
	if (!s->n || s->p[0] != c)
		return false;
	*s = str_sub(*s, 1, s->n);
	return true;
}

/* ---- dates and times: RFC 3339 ---- */

static bool take_date(str *s)
{
	int y, m, d;
	return take_digits(s, 4, &y) && take(s, '-') && take_digits(s, 2, &m) && take(s, '-') &&
	       take_digits(s, 2, &d) && date_valid(y, m, d);
}

/* A second of 60 is a leap second: 23:59:60 UTC, whatever the offset says. */
static bool take_time(str *s)
{
	int h, m, sec, oh = 0, om = 0, sign = 0;
	if (!take_digits(s, 2, &h) || !take(s, ':') || !take_digits(s, 2, &m) || !take(s, ':') ||
	    !take_digits(s, 2, &sec) || h > 23 || m > 59 || sec > 60)
		return false;
	if (take(s, '.')) {
		int one;
		if (!take_digits(s, 1, &one))
			return false;
		while (take_digits(s, 1, &one))
			;
	}
	if (!take(s, 'Z') && !take(s, 'z')) {
		sign = take(s, '+') ? 1 : take(s, '-') ? -1 : 0;
		if (!sign || !take_digits(s, 2, &oh) || !take(s, ':') || !take_digits(s, 2, &om) ||
		    oh > 23 || om > 59)
			return false;
	}
	int utc = ((h * 60 + m - sign * (oh * 60 + om)) % 1440 + 1440) % 1440;
	return sec < 60 || utc == 1439;
}

static bool is_date(str s)
{
	return take_date(&s) && !s.n;
}

static bool is_time(str s)
{
	return take_time(&s) && !s.n;
}

static bool is_date_time(str s)
{
	return take_date(&s) && (take(&s, 'T') || take(&s, 't')) && take_time(&s) && !s.n;
}

/* Units must come in order without gaps between those given in the time part. */
static bool take_units(str *s, const char *units)
{
	bool any = false;
	int last = -1, one;
	while (s->n && digit(s->p[0])) {
		while (take_digits(s, 1, &one))
			;
		int at = -1;
		for (int i = 0; units[i]; i++)
			if (s->n && s->p[0] == units[i])
				at = i;
		if (at <= last || (any && at != last + 1))
			return false;
		*s = str_sub(*s, 1, s->n);
		last = at;
		any = true;
	}
	return any;
}

static bool is_duration(str s)
{
	if (!take(&s, 'P') || !s.n)
		return false;
	if (s.p[s.n - 1] == 'W') {
		str weeks = str_sub(s, 0, s.n);
		return take_units(&weeks, "W") && !weeks.n;
	}
	if (s.p[0] != 'T' && !take_units(&s, "YMD"))
		return false;
	if (take(&s, 'T') && !take_units(&s, "HMS"))
		return false;
	return !s.n;
}

/* ---- addresses ---- */

static bool is_ipv4(str s)
{
	str part;
	int parts = 0;
	while (str_cut(&s, '.', &part)) {
		int64_t v;
		if (!part.n || part.n > 3 || !digit(part.p[0]) || (part.n > 1 && part.p[0] == '0') ||
		    !str_i64(part, &v) || v > 255)
			return false;
		parts++;
	}
	return parts == 4;
}

static bool is_ipv6(str s)
{
	int groups = 0;
	bool gap = false;
	if (str_starts(s, STR("::"))) {
		gap = true;
		s = str_sub(s, 2, s.n);
	}
	while (s.n) {
		size_t n = 0;
		while (n < s.n && s.p[n] != ':')
			n++;
		str part = str_sub(s, 0, n);
		if (str_chr(part, '.') >= 0) {
			if (n != s.n || !is_ipv4(part))
				return false;
			groups += 2;
			break;
		}
		if (!n || n > 4)
			return false;
		for (size_t i = 0; i < n; i++)
			if (!hex(part.p[i]))
				return false;
		groups++;
		s = str_sub(s, n, s.n);
		if (!s.n)
			break;
		s = str_sub(s, 1, s.n);
		if (s.n && s.p[0] == ':') {
			if (gap)
				return false;
			gap = true;
			s = str_sub(s, 1, s.n);
		} else if (!s.n) {
			return false;
		}
	}
	return gap ? groups < 8 : groups == 8;
}

static bool atom_char(unsigned char c, bool intl)
{
	return isalnum(c) || (c < 0x80 && c && str_chr(STR("!#$%&'*+-/=?^_`{|}~"), (char)c) >= 0) ||
	       (intl && c >= 0x80);
}

static bool local_part(str s, bool intl)
{
	if (s.n >= 2 && s.p[0] == '"' && s.p[s.n - 1] == '"') {
		for (size_t i = 1; i + 1 < s.n; i++) {
			unsigned char c = (unsigned char)s.p[i];
			if (c == '\\' && i + 2 < s.n)
				i++;
			else if (c < 0x20 || c == '"' || c == 0x7f || (c >= 0x80 && !intl))
				return false;
		}
		return true;
	}
	bool dot = true; /* as if one stood before */
	for (size_t i = 0; i < s.n; i++) {
		bool now = s.p[i] == '.';
		if (now ? dot : !atom_char((unsigned char)s.p[i], intl))
			return false;
		dot = now;
	}
	return s.n && s.n <= 64 && !dot;
}

static bool is_email(str s, bool intl, arena *scratch)
{
	size_t at = s.n;
	while (at && s.p[at - 1] != '@')
		at--;
	if (!at)
		return false;
	str domain = str_sub(s, at, s.n);
	if (!local_part(str_sub(s, 0, at - 1), intl))
		return false;
	if (domain.n > 2 && domain.p[0] == '[' && domain.p[domain.n - 1] == ']') {
		str literal = str_sub(domain, 1, domain.n - 1);
		if (str_starts(literal, STR("IPv6:")))
			return is_ipv6(str_sub(literal, 5, literal.n));
		return is_ipv4(literal);
	}
	return intl ? hostname_valid_idn(domain, scratch) : hostname_valid(domain, scratch);
}

/* ---- identifiers ---- */

enum { PART_USERINFO = 1, PART_HOST = 2, PART_PATH = 4, PART_QUERY = 8 };

static bool uri_chars(str s, unsigned part, bool intl)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if (c == '%') {
			if (i + 2 >= s.n || !hex(s.p[i + 1]) || !hex(s.p[i + 2]))
				return false;
			i += 2;
			continue;
		}
		bool fine =
		    isalnum(c) || str_chr(STR("-._~!$&'()*+,;="), (char)c) >= 0 || (c >= 0x80 && intl);
		if (part & (PART_PATH | PART_QUERY))
			fine = fine || c == ':' || c == '@' || c == '/';
		if (part & PART_QUERY)
			fine = fine || c == '?';
		if (part & PART_USERINFO)
			fine = fine || c == ':';
		if (c == 0 || !fine)
			return false;
	}
	return true;
}

static bool uri_authority(str s, bool intl)
{
	size_t at = s.n;
	while (at && s.p[at - 1] != '@')
		at--;
	if (at && !uri_chars(str_sub(s, 0, at - 1), PART_USERINFO, intl))
		return false;
	s = str_sub(s, at, s.n);
	if (s.n && s.p[0] == '[') {
		ptrdiff_t close = str_chr(s, ']');
		if (close < 0)
			return false;
		str literal = str_sub(s, 1, (size_t)close);
		bool future = literal.n && (literal.p[0] == 'v' || literal.p[0] == 'V');
		if (future ? !uri_chars(str_sub(literal, 1, literal.n), PART_USERINFO, false)
		           : !is_ipv6(literal))
			return false;
		s = str_sub(s, (size_t)close + 1, s.n);
		if (s.n && s.p[0] != ':')
			return false;
	}
	ptrdiff_t colon = str_chr(s, ':');
	if (colon >= 0) {
		for (size_t i = (size_t)colon + 1; i < s.n; i++)
			if (!digit(s.p[i]))
				return false;
		s = str_sub(s, 0, (size_t)colon);
	}
	return uri_chars(s, PART_HOST, intl);
}

static bool is_uri(str s, bool relative, bool intl)
{
	ptrdiff_t hash = str_chr(s, '#');
	if (hash >= 0) {
		if (!uri_chars(str_sub(s, (size_t)hash + 1, s.n), PART_QUERY, intl))
			return false;
		s = str_sub(s, 0, (size_t)hash);
	}
	ptrdiff_t ask = str_chr(s, '?');
	if (ask >= 0) {
		if (!uri_chars(str_sub(s, (size_t)ask + 1, s.n), PART_QUERY, intl))
			return false;
		s = str_sub(s, 0, (size_t)ask);
	}
	size_t colon = 0;
	while (colon < s.n && (isalnum((unsigned char)s.p[colon]) || s.p[colon] == '+' ||
	                       s.p[colon] == '-' || s.p[colon] == '.'))
		colon++;
	bool scheme = colon && colon < s.n && s.p[colon] == ':' && isalpha((unsigned char)s.p[0]);
	if (scheme)
		s = str_sub(s, colon + 1, s.n);
	else if (!relative)
		return false;
	if (str_starts(s, STR("//"))) {
		s = str_sub(s, 2, s.n);
		ptrdiff_t slash = str_chr(s, '/');
		if (!uri_authority(slash < 0 ? s : str_sub(s, 0, (size_t)slash), intl))
			return false;
		s = slash < 0 ? (str){0} : str_sub(s, (size_t)slash, s.n);
	} else if (!scheme) { /* a first segment with a colon would read as a scheme */
		ptrdiff_t slash = str_chr(s, '/'), first = str_chr(s, ':');
		if (first >= 0 && (slash < 0 || first < slash))
			return false;
	}
	return uri_chars(s, PART_PATH, intl);
}

static bool template_variable(str s)
{
	ptrdiff_t colon = str_chr(s, ':');
	if (s.n && s.p[s.n - 1] == '*')
		s.n--;
	else if (colon >= 0) {
		str length = str_sub(s, (size_t)colon + 1, s.n);
		int64_t v;
		if (!length.n || !digit(length.p[0]) || !str_i64(length, &v) || v < 1 || v > 9999)
			return false;
		s = str_sub(s, 0, (size_t)colon);
	}
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if (!isalnum(c) && c != '_' && c != '.' && c != '%')
			return false;
	}
	return s.n > 0;
}

static bool is_uri_template(str s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if (c <= 0x20 || c == '}' || c == '"' || c == '<' || c == '>' || c == '\\' || c == '^' ||
		    c == '`' || c == '|')
			return false;
		if (c != '{')
			continue;
		size_t end = i + 1;
		while (end < s.n && s.p[end] != '}')
			end++;
		str list = str_sub(s, i + 1, end), one;
		if (end >= s.n || !list.n)
			return false;
		if (str_chr(STR("+#./;?&"), list.p[0]) >= 0)
			list = str_sub(list, 1, list.n);
		if (!list.n)
			return false;
		while (str_cut(&list, ',', &one))
			if (!template_variable(one))
				return false;
		i = end;
	}
	return true;
}

static bool is_json_pointer(str s)
{
	if (s.n && s.p[0] != '/')
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] == '~' && (i + 1 >= s.n || (s.p[i + 1] != '0' && s.p[i + 1] != '1')))
			return false;
	return true;
}

static bool is_relative_pointer(str s)
{
	size_t n = 0;
	while (n < s.n && digit(s.p[n]))
		n++;
	if (!n || (n > 1 && s.p[0] == '0'))
		return false;
	s = str_sub(s, n, s.n);
	return str_eq(s, STR("#")) || is_json_pointer(s);
}

static bool is_uuid(str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (i == 8 || i == 13 || i == 18 || i == 23 ? s.p[i] != '-' : !hex(s.p[i]))
			return false;
	return s.n == 36;
}

/* ---- by name ---- */

enum format format_find(str name)
{
	static const struct {
		const char *name;
		enum format format;
	} known[] = {
	    {"date-time", FORMAT_DATE_TIME},
	    {"date", FORMAT_DATE},
	    {"time", FORMAT_TIME},
	    {"duration", FORMAT_DURATION},
	    {"email", FORMAT_EMAIL},
	    {"idn-email", FORMAT_IDN_EMAIL},
	    {"hostname", FORMAT_HOSTNAME},
	    {"idn-hostname", FORMAT_IDN_HOSTNAME},
	    {"ipv4", FORMAT_IPV4},
	    {"ipv6", FORMAT_IPV6},
	    {"uri", FORMAT_URI},
	    {"uri-reference", FORMAT_URI_REFERENCE},
	    {"iri", FORMAT_IRI},
	    {"iri-reference", FORMAT_IRI_REFERENCE},
	    {"uri-template", FORMAT_URI_TEMPLATE},
	    {"json-pointer", FORMAT_JSON_POINTER},
	    {"relative-json-pointer", FORMAT_RELATIVE_JSON_POINTER},
	    {"regex", FORMAT_REGEX},
	    {"uuid", FORMAT_UUID},
	};
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (str_eq(name, str_of(known[i].name)))
			return known[i].format;
	return FORMAT_UNKNOWN;
}

bool format_check(enum format f, str s, arena *scratch)
{
	switch (f) {
	case FORMAT_UNKNOWN:
		return true;
	case FORMAT_DATE_TIME:
		return is_date_time(s);
	case FORMAT_DATE:
		return is_date(s);
	case FORMAT_TIME:
		return is_time(s);
	case FORMAT_DURATION:
		return is_duration(s);
	case FORMAT_EMAIL:
		return is_email(s, false, scratch);
	case FORMAT_IDN_EMAIL:
		return is_email(s, true, scratch);
	case FORMAT_HOSTNAME:
		return hostname_valid(s, scratch);
	case FORMAT_IDN_HOSTNAME:
		return hostname_valid_idn(s, scratch);
	case FORMAT_IPV4:
		return is_ipv4(s);
	case FORMAT_IPV6:
		return is_ipv6(s);
	case FORMAT_URI:
		return is_uri(s, false, false);
	case FORMAT_URI_REFERENCE:
		return is_uri(s, true, false);
	case FORMAT_IRI:
		return is_uri(s, false, true);
	case FORMAT_IRI_REFERENCE:
		return is_uri(s, true, true);
	case FORMAT_URI_TEMPLATE:
		return is_uri_template(s);
	case FORMAT_JSON_POINTER:
		return is_json_pointer(s);
	case FORMAT_RELATIVE_JSON_POINTER:
		return is_relative_pointer(s);
	case FORMAT_REGEX:
		return pattern_valid(scratch, s);
	case FORMAT_UUID:
		return is_uuid(s);
	}
	return true;
}
