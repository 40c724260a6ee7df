/* uri.h - references resolved against a base (RFC 3986 section 5.2). */
#ifndef ENGINE_FORM_URI_H
#define ENGINE_FORM_URI_H

#include "base/str.h"

struct uri {
	str scheme, authority, path, query, fragment;
	bool has_authority, has_query, has_fragment;
};

struct uri uri_split(str s);
str uri_resolve(arena *a, str base, str reference);
/* Splits "a#b" in two; *fragment has a NULL pointer when there is no '#'. */
str uri_without_fragment(str s, str *fragment);
/* %41 -> A; a malformed escape stays as it is. */
str uri_unescape(arena *a, str s);

#endif
