#include "web/escape.h"

#include <string.h>

static bool letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool digit(char c)
{
	return c >= '0' && c <= '9';
}

static void html(buf *out, str s)
{
	size_t from = 0;
	for (size_t i = 0; i < s.n; i++) {
		const char *entity;
		switch (s.p[i]) {
		case '&':
			entity = "&amp;";
			break;
		case '<':
			entity = "&lt;";
			break;
		case '>':
			entity = "&gt;";
			break;
		case '"':
			entity = "&quot;";
			break;
		case '\'':
			entity = "&#39;";
			break;
		case '\0':
			entity = "\uFFFD";
			break;
		default:
			continue;
		}
		buf_put(out, str_sub(s, from, i));
		buf_puts(out, entity);
		from = i + 1;
	}
	buf_put(out, str_sub(s, from, s.n));
}

bool url_scheme_allowed(str url)
{
	static const char *const allowed[] = {"http", "https", "mailto", "tel"};
	size_t i = 0;
	while (i < url.n && !strchr(":/?#", url.p[i]))
		i++;
	if (i == url.n || url.p[i] != ':')
		return true;
	for (size_t k = 0; k < sizeof allowed / sizeof *allowed; k++)
		if (str_eq_nocase(str_sub(url, 0, i), str_of(allowed[k])))
			return true;
	return false;
}

static void percent(buf *out, char c)
{
	static const char hex[] = "0123456789ABCDEF";
	buf_putc(out, '%');
	buf_putc(out, hex[(unsigned char)c >> 4]);
	buf_putc(out, hex[(unsigned char)c & 15]);
}

void url_encode(buf *out, str s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		if (letter(c) || digit(c) || (c && strchr("-._~", c)))
			buf_putc(out, c);
		else
			percent(out, c);
	}
}

/* Keeps what has a meaning in a URL, encodes what could end the attribute. */
static void url_path(buf *out, str s, bool colon)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		if (c == '&')
			buf_puts(out, "&amp;");
		else if (letter(c) || digit(c) || (c == ':' && colon) ||
		         (c && strchr("-._~/?#%=+,;@!$*()[]", c)))
			buf_putc(out, c);
		else
			percent(out, c);
	}
}

static bool name_is_plain(str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!letter(s.p[i]) && !digit(s.p[i]) && s.p[i] != '-')
			return false;
	return s.n > 0;
}

static bool attribute_is_harmless(str s)
{
	static const char *const plain[] = {
	    "id",       "class",        "role",      "dir",        "lang",      "title",    "hidden",
	    "alt",      "name",         "value",     "type",       "for",       "rows",     "cols",
	    "min",      "max",          "step",      "pattern",    "colspan",   "rowspan",  "scope",
	    "width",    "autocomplete", "inputmode", "spellcheck", "maxlength", "multiple", "accept",
	    "disabled", "checked",      "selected",  "tabindex",   "open",      "rel",      "target",
	    "hreflang", "datetime",     "novalidate"};
	if (!name_is_plain(s))
		return false;
	if (str_starts(s, STR("data-")) || str_starts(s, STR("aria-")))
		return true;
	for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
		if (str_eq_nocase(s, str_of(plain[i])))
			return true;
	return false;
}

void escape_write(buf *out, enum escape e, str s)
{
	switch (e) {
	case ESCAPE_TEXT:
	case ESCAPE_ATTRIBUTE:
		html(out, s);
		return;
	case ESCAPE_URL:
		if (url_scheme_allowed(s))
			url_path(out, s, true);
		else
			buf_putc(out, '#');
		return;
	case ESCAPE_URL_PATH:
	case ESCAPE_URL_LOOSE:
		url_path(out, s, e == ESCAPE_URL_PATH);
		return;
	case ESCAPE_URL_QUERY:
		url_encode(out, s);
		return;
	case ESCAPE_NAME:
		buf_put(out, name_is_plain(s) ? s : STR("refused"));
		return;
	case ESCAPE_ATTRIBUTE_NAME:
		buf_put(out, attribute_is_harmless(s) ? s : STR("data-refused"));
		return;
	case ESCAPE_LEVEL:
		buf_putc(out, s.n == 1 && s.p[0] >= '1' && s.p[0] <= '6' ? s.p[0] : '2');
		return;
	case ESCAPE_NONE:
		buf_put(out, s);
		return;
	}
}
