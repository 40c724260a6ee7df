#include "engine/form/uri.h"

#include "base/buf.h"

#include <ctype.h>

static str take_scheme(str *s)
{
	if (!s->n || !isalpha((unsigned char)s->p[0]))
		return (str){0};
	for (size_t i = 1; i < s->n; i++) {
		unsigned char c = (unsigned char)s->p[i];
		if (c == ':') {
			str scheme = str_sub(*s, 0, i);
			*s = str_sub(*s, i + 1, s->n);
			return scheme;
		}
		if (!isalnum(c) && c != '+' && c != '-' && c != '.')
			break;
	}
	return (str){0};
}

str uri_without_fragment(str s, str *fragment)
{
	ptrdiff_t hash = str_chr(s, '#');
	*fragment = hash < 0 ? (str){0} : str_sub(s, (size_t)hash + 1, s.n);
	return hash < 0 ? s : str_sub(s, 0, (size_t)hash);
}

struct uri uri_split(str s)
{
	struct uri u = {0};
	u.has_fragment = str_chr(s, '#') >= 0;
	s = uri_without_fragment(s, &u.fragment);
	ptrdiff_t ask = str_chr(s, '?');
	if (ask >= 0) {
		u.has_query = true;
		u.query = str_sub(s, (size_t)ask + 1, s.n);
		s = str_sub(s, 0, (size_t)ask);
	}
	u.scheme = take_scheme(&s);
	if (str_starts(s, STR("//"))) {
		u.has_authority = true;
		s = str_sub(s, 2, s.n);
		ptrdiff_t slash = str_chr(s, '/');
		u.authority = slash < 0 ? s : str_sub(s, 0, (size_t)slash);
		s = slash < 0 ? (str){0} : str_sub(s, (size_t)slash, s.n);
	}
	u.path = s;
	return u;
}

/* RFC 3986 5.2.4 on an output buffer that only ever loses its last segment. */
static str remove_dots(arena *a, str path)
{
	char *out = NEWN(a, char, path.n + 1);
	size_t n = 0;
	while (path.n) {
		size_t end = path.p[0] == '/';
		while (end < path.n && path.p[end] != '/')
			end++;
		str segment = str_sub(path, 0, end);
		str name = segment.p[0] == '/' ? str_sub(segment, 1, segment.n) : segment;
		bool last = end == path.n;
		path = str_sub(path, end, path.n);
		bool up = str_eq(name, STR(".."));
		if (up || str_eq(name, STR("."))) {
			while (up && n && out[--n] != '/')
				;
			if (last && segment.p[0] == '/')
				out[n++] = '/';
			continue;
		}
		for (size_t i = 0; i < segment.n; i++)
			out[n++] = segment.p[i];
	}
	return (str){out, n};
}

static str merge(arena *a, struct uri base, str path)
{
	if (base.has_authority && !base.path.n)
		return str_cat(a, STR("/"), path);
	size_t keep = base.path.n;
	while (keep && base.path.p[keep - 1] != '/')
		keep--;
	return str_cat(a, str_sub(base.path, 0, keep), path);
}

static str compose(arena *a, struct uri u)
{
	buf b = buf_make(a, 64 + u.scheme.n + u.authority.n + u.path.n + u.query.n + u.fragment.n);
	if (u.scheme.n) {
		buf_put(&b, u.scheme);
		buf_putc(&b, ':');
	}
	if (u.has_authority) {
		buf_puts(&b, "//");
		buf_put(&b, u.authority);
	}
	buf_put(&b, u.path);
	if (u.has_query) {
		buf_putc(&b, '?');
		buf_put(&b, u.query);
	}
	if (u.has_fragment) {
		buf_putc(&b, '#');
		buf_put(&b, u.fragment);
	}
	return buf_str(&b);
}

str uri_resolve(arena *a, str base_text, str reference)
{
	struct uri r = uri_split(reference), base = uri_split(base_text);
	if (r.scheme.n) {
		r.path = r.has_authority ? remove_dots(a, r.path) : r.path;
		return compose(a, r);
	}
	struct uri t = base;
	t.has_fragment = r.has_fragment;
	t.fragment = r.fragment;
	if (r.has_authority) {
		t.has_authority = true;
		t.authority = r.authority;
		t.path = remove_dots(a, r.path);
	} else if (!r.path.n) {
		if (!r.has_query)
			return compose(a, t);
	} else {
		bool absolute = r.path.p[0] == '/';
		t.path = remove_dots(a, absolute ? r.path : merge(a, base, r.path));
	}
	t.has_query = r.has_query;
	t.query = r.query;
	return compose(a, t);
}

str uri_unescape(arena *a, str s)
{
	if (str_chr(s, '%') < 0)
		return s;
	char *out = NEWN(a, char, s.n + 1);
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++) {
		str byte;
		if (s.p[i] == '%' && i + 2 < s.n && str_unhex(a, str_sub(s, i + 1, i + 3), &byte)) {
			out[n++] = byte.p[0];
			i += 2;
		} else {
			out[n++] = s.p[i];
		}
	}
	return (str){out, n};
}
