/*
 * escape.h - writing a value so that it stays a value, for each place in a page.
 */
#ifndef WEB_ESCAPE_H
#define WEB_ESCAPE_H

#include "base/buf.h"

enum escape {
	ESCAPE_TEXT,           /* element content; a filter may add markup of its own */
	ESCAPE_ATTRIBUTE,      /* quoted attribute, <title>, <textarea>: no markup */
	ESCAPE_URL,            /* the beginning of a URL: its scheme is checked */
	ESCAPE_URL_PATH,       /* inside a URL before its query; keeps "/" */
	ESCAPE_URL_LOOSE,      /* the same, after something that may yet be a scheme */
	ESCAPE_URL_QUERY,      /* one component: all but unreserved characters encoded */
	ESCAPE_NAME,           /* the rest of a data- or aria- attribute's name */
	ESCAPE_ATTRIBUTE_NAME, /* a whole attribute name, of those that are harmless */
	ESCAPE_LEVEL,          /* 1 to 6, after "<h" */
	ESCAPE_NONE,           /* plain text */
};

void escape_write(buf *out, enum escape e, str s);

/* http, https, mailto, tel, or no scheme at all. */
bool url_scheme_allowed(str url);

/* Percent-encodes all but RFC 3986 unreserved characters. */
void url_encode(buf *out, str s);

#endif
