#include "web/http.h"

#include "base/utf8.h"

#include <string.h>

#define WEIGHT_FULL 1000

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool control(unsigned char c)
{
	return (c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7F;
}

/* The byte of an escape at s.p[i]; -1 if it is not whole. */
static int escaped(str s, size_t i)
{
	if (i + 2 >= s.n)
		return -1;
	int high = hex_value(s.p[i + 1]), low = hex_value(s.p[i + 2]);
	return high < 0 || low < 0 ? -1 : high * 16 + low;
}

bool url_decode(arena *a, str s, bool form, str *out)
{
	char *p = NEWN(a, char, s.n + 1);
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++) {
		int c = (unsigned char)s.p[i];
		if (c == '%') {
			c = escaped(s, i);
			i += 2;
		} else if (c == '+' && form) {
			c = ' ';
		}
		if (c < 0 || control((unsigned char)c))
			return false;
		p[n++] = (char)c;
	}
	*out = (str){p, n};
	return utf8_check(*out) < 0;
}

static bool dot_segment(str path)
{
	for (str part; str_cut(&path, '/', &part);)
		if (str_eq(part, STR(".")) || str_eq(part, STR("..")) || str_eq_nocase(part, STR("%2e")) ||
		    str_eq_nocase(part, STR("%2e%2e")) || str_eq_nocase(part, STR(".%2e")) ||
		    str_eq_nocase(part, STR("%2e.")))
			return true;
	return false;
}

/* The bytes of the target, escapes undone, must be UTF-8 without controls. */
static const char *target_bytes(str t)
{
	char raw[REQ_MAX_URI_BYTES];
	size_t n = 0;
	for (size_t i = 0; i < t.n; i++) {
		int c = (unsigned char)t.p[i];
		if (c <= 0x20 || c >= 0x7F || strchr("\"<>\\^`{|}#", c))
			return "it has a character that must be percent-encoded";
		if (c == '%') {
			c = escaped(t, i);
			i += 2;
			if (c < 0)
				return "it has a '%' that begins no escape";
			if (c < 0x20 || c == 0x7F)
				return "it has an encoded control character";
		}
		raw[n++] = (char)c;
	}
	return utf8_check((str){raw, n}) < 0 ? NULL : "it is not UTF-8";
}

const char *target_refused(str t)
{
	if (t.n > REQ_MAX_URI_BYTES)
		return "it is too long";
	if (!t.n || t.p[0] != '/')
		return "it does not begin with '/'";
	str path = t, part;
	str_cut(&path, '?', &part);
	if (dot_segment(part))
		return "it has a '.' or '..' segment";
	return target_bytes(t);
}

bool form_parse(arena *a, str text, struct field *fields, size_t *n, size_t max)
{
	for (str pair; text.n && str_cut(&text, '&', &pair);) {
		str value = pair, name;
		if (!pair.n)
			continue;
		str_cut(&value, '=', &name);
		if (*n == max || name.n > REQ_MAX_NAME_BYTES || value.n > 3 * REQ_MAX_FIELD_BYTES)
			return false;
		struct field *f = &fields[*n];
		if (!url_decode(a, name, true, &f->name) || !url_decode(a, value, true, &f->value) ||
		    f->value.n > REQ_MAX_FIELD_BYTES)
			return false;
		++*n;
	}
	return true;
}

str cookie_find(str header, str name)
{
	for (str pair; str_cut(&header, ';', &pair);) {
		str value = str_trim(pair), key;
		str_cut(&value, '=', &key);
		if (str_eq(key, name))
			return value;
	}
	return (str){0};
}

/* "q=0.8" in thousandths; WEIGHT_FULL without one. */
static int weight(str parameters)
{
	for (str p; str_cut(&parameters, ';', &p);) {
		p = str_trim(p);
		if (p.n < 3 || (p.p[0] | 32) != 'q' || p.p[1] != '=')
			continue;
		int w = p.p[2] == '1' ? WEIGHT_FULL : 0, unit = 100;
		for (size_t i = 4; i < p.n && i < 7 && w < WEIGHT_FULL; i++, unit /= 10)
			w += p.p[i] >= '0' && p.p[i] <= '9' ? (p.p[i] - '0') * unit : 0;
		return w;
	}
	return WEIGHT_FULL;
}

enum lang accept_language(str header)
{
	int liked[LANG_COUNT] = {0};
	for (str part; str_cut(&header, ',', &part);) {
		str tag;
		str_cut(&part, ';', &tag);
		tag = str_trim(tag);
		str primary = tag, rest;
		str_cut(&primary, '-', &rest);
		int w = weight(part);
		if (str_eq_nocase(rest, STR("en")) && w > liked[LANG_EN])
			liked[LANG_EN] = w;
		if (str_eq_nocase(rest, STR("ar")) && w > liked[LANG_AR])
			liked[LANG_AR] = w;
	}
	return liked[LANG_EN] > liked[LANG_AR] ? LANG_EN : LANG_AR;
}

bool accept_json(str header)
{
	int json_weight = 0, html_weight = 0;
	for (str part; str_cut(&header, ',', &part);) {
		str type;
		str_cut(&part, ';', &type);
		type = str_trim(type);
		int w = weight(part);
		if (str_eq_nocase(type, STR("application/json")) ||
		    str_eq_nocase(type, STR("application/problem+json")))
			json_weight = w > json_weight ? w : json_weight;
		if (str_eq_nocase(type, STR("text/html")) ||
		    str_eq_nocase(type, STR("application/xhtml+xml")))
			html_weight = w > html_weight ? w : html_weight;
	}
	return json_weight > html_weight;
}

bool etag_listed(str header, str etag)
{
	for (str part; str_cut(&header, ',', &part);) {
		part = str_trim(part);
		if (str_starts(part, STR("W/")))
			part = str_sub(part, 2, part.n);
		if (str_eq(part, etag) || str_eq(part, STR("*")))
			return true;
	}
	return false;
}

bool idempotency_key_parse(str header, str *out)
{
	header = str_trim(header);
	if (header.n < 3 || header.n > 257 || header.p[0] != '"' || header.p[header.n - 1] != '"')
		return false;
	str key = str_sub(header, 1, header.n - 1);
	for (size_t i = 0; i < key.n; i++)
		if (key.p[i] < 0x20 || key.p[i] > 0x7E || key.p[i] == '"' || key.p[i] == '\\')
			return false;
	*out = key;
	return true;
}

bool listen_parse(str text, str *host, int *port)
{
	size_t colon = text.n;
	while (colon && text.p[colon - 1] != ':')
		colon--;
	int64_t n;
	if (colon < 2 || !str_i64(str_sub(text, colon, text.n), &n) || n < 0 || n > 65535)
		return false;
	*host = str_sub(text, 0, colon - 1);
	if (host->p[0] == '[' && host->p[host->n - 1] == ']')
		*host = str_sub(*host, 1, host->n - 1);
	*port = (int)n;
	return true;
}
