#include "base/json.h"

#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>

#define INDEX_FROM 12 /* members; smaller objects are searched one by one */

/* ---- name lookup ---- */

struct index {
	size_t cap; /* a power of two, at least twice the members */
	json **slot;
};

static void index_put(struct index *ix, json *member)
{
	size_t i = str_hash(member->key, (uintptr_t)ix) & (ix->cap - 1);
	while (ix->slot[i])
		i = (i + 1) & (ix->cap - 1);
	ix->slot[i] = member;
}

static void index_build(arena *a, json *object)
{
	struct index *ix = NEW(a, struct index);
	ix->cap = 64;
	while (ix->cap < (size_t)object->count * 4)
		ix->cap *= 2;
	ix->slot = NEWN(a, json *, ix->cap);
	for (json *m = object->first; m; m = m->next)
		index_put(ix, m);
	object->index = ix;
}

/* Of two texts of n > 0 bytes, by parts that may overlap: most names are short. */
static inline bool same_bytes(const char *x, const char *y, size_t n)
{
	uint64_t a, b;
	uint32_t c[2], d[2];
	if (n > 16)
		return memcmp(x, y, n) == 0;
	if (n >= 8) {
		memcpy(&a, x, 8);
		memcpy(&b, y, 8);
		if (a != b)
			return false;
		memcpy(&a, x + n - 8, 8);
		memcpy(&b, y + n - 8, 8);
		return a == b;
	}
	if (n >= 4) {
		memcpy(&c[0], x, 4);
		memcpy(&d[0], y, 4);
		memcpy(&c[1], x + n - 4, 4);
		memcpy(&d[1], y + n - 4, 4);
		return !((c[0] ^ d[0]) | (c[1] ^ d[1]));
	}
	return x[0] == y[0] && x[n / 2] == y[n / 2] && x[n - 1] == y[n - 1];
}

static inline bool key_is(const json *m, str name)
{
	return m->key.n == name.n && (!name.n || same_bytes(m->key.p, name.p, name.n));
}

/* Most names that are set are new to the object: one bit tells so. Bits of members that
 * were removed stay. */
static inline uint32_t name_bit(str name)
{
	if (!name.n)
		return 1;
	return 1u << (((unsigned char)name.p[name.n - 1] + name.n) & 31);
}

json *json_get_str(const json *o, str name)
{
	if (!o || o->type != JSON_OBJECT || !(o->names & name_bit(name)))
		return NULL;
	if (o->index) {
		const struct index *ix = o->index;
		size_t i = str_hash(name, (uintptr_t)ix) & (ix->cap - 1);
		for (; ix->slot[i]; i = (i + 1) & (ix->cap - 1))
			if (str_eq(ix->slot[i]->key, name))
				return ix->slot[i];
		return NULL;
	}
	for (json *m = o->first; m; m = m->next)
		if (key_is(m, name))
			return m;
	return NULL;
}

static void append(json *parent, json *v)
{
	v->next = NULL;
	if (parent->last)
		parent->last->next = v;
	else
		parent->first = v;
	parent->last = v;
	parent->count++;
}

static void append_member(arena *a, json *o, json *v)
{
	append(o, v);
	o->names |= name_bit(v->key);
	struct index *ix = o->index;
	if (ix && (size_t)o->count * 2 <= ix->cap)
		index_put(ix, v);
	else if (o->count >= INDEX_FROM)
		index_build(a, o);
}

/* ---- reader ---- */

struct reader {
	arena *a;
	const char *p, *end, *line_start;
	uint32_t line;
	int depth;
	const char *what; /* first fault, and where it is */
	uint32_t what_line, what_col;
};

static json *fault(struct reader *r, const char *what)
{
	if (!r->what) {
		r->what = what;
		r->what_line = r->line;
		r->what_col = (uint32_t)(r->p - r->line_start) + 1;
	}
	return NULL;
}

static void skip_space(struct reader *r)
{
	for (; r->p < r->end; r->p++) {
		if (*r->p == '\n') {
			r->line++;
			r->line_start = r->p + 1;
		} else if (*r->p != ' ' && *r->p != '\t' && *r->p != '\r') {
			return;
		}
	}
}

static json *node(struct reader *r, enum json_type t)
{
	json *v = NEW(r->a, json);
	v->type = t;
	v->line = r->line;
	v->col = (uint32_t)(r->p - r->line_start) + 1;
	return v;
}

static bool hex4(struct reader *r, uint32_t *out)
{
	if (r->end - r->p < 4)
		return false;
	uint32_t v = 0;
	for (int i = 0; i < 4; i++) {
		char c = r->p[i];
		int d = c >= '0' && c <= '9'   ? c - '0'
		        : c >= 'a' && c <= 'f' ? c - 'a' + 10
		        : c >= 'A' && c <= 'F' ? c - 'A' + 10
		                               : -1;
		if (d < 0)
			return false;
		v = v << 4 | (uint32_t)d;
	}
	r->p += 4;
	*out = v;
	return true;
}

static bool unicode_escape(struct reader *r, buf *b)
{
	uint32_t c, lo;
	if (!hex4(r, &c))
		return fault(r, "\\u needs four hexadecimal digits");
	if (c >= 0xDC00 && c <= 0xDFFF)
		return fault(r, "a low surrogate without its high one");
	if (c >= 0xD800 && c <= 0xDBFF) {
		if (r->end - r->p < 6 || r->p[0] != '\\' || r->p[1] != 'u')
			return fault(r, "a high surrogate without its low one");
		r->p += 2;
		if (!hex4(r, &lo) || lo < 0xDC00 || lo > 0xDFFF)
			return fault(r, "a high surrogate without its low one");
		c = 0x10000 + ((c - 0xD800) << 10) + (lo - 0xDC00);
	}
	char out[4];
	buf_put(b, (str){out, utf8_encode(c, out)});
	return true;
}

static bool escape(struct reader *r, buf *b)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	if (r->p == r->end)
		return fault(r, "the text ends inside a string");
	char c = *r->p++;
	if (c == 'u')
		return unicode_escape(r, b);
	const char *at = c ? strchr(from, c) : NULL;
	if (!at)
		return fault(r, "an unknown escape in a string");
	buf_putc(b, to[at - from]);
	return true;
}

/* After the opening quote. */
static bool string_body(struct reader *r, str *out)
{
	const char *start = r->p;
	while (r->p < r->end && *r->p != '"' && *r->p != '\\' && (unsigned char)*r->p >= 0x20)
		r->p++;
	if (r->p < r->end && *r->p == '"') {
		*out = (str){start, (size_t)(r->p++ - start)};
	} else {
		buf b = buf_make(r->a, JSON_MAX_BYTES);
		buf_put(&b, (str){start, (size_t)(r->p - start)});
		for (;;) {
			if (r->p == r->end)
				return fault(r, "the text ends inside a string");
			char c = *r->p;
			if ((unsigned char)c < 0x20)
				return fault(r, "a control character inside a string");
			r->p++;
			if (c == '"')
				break;
			if (c != '\\')
				buf_putc(&b, c);
			else if (!escape(r, &b))
				return false;
		}
		*out = buf_str(&b);
	}
	return true;
}

static bool digits(struct reader *r)
{
	const char *start = r->p;
	while (r->p < r->end && *r->p >= '0' && *r->p <= '9')
		r->p++;
	return r->p > start;
}

static json *number(struct reader *r)
{
	json *v = node(r, JSON_NUMBER);
	const char *start = r->p;
	if (*r->p == '-')
		r->p++;
	if (r->p < r->end && *r->p == '0')
		r->p++;
	else if (!digits(r))
		return fault(r, "not a value");
	if (r->p < r->end && *r->p == '.') {
		r->p++;
		if (!digits(r))
			return fault(r, "a number needs digits after its point");
	}
	if (r->p < r->end && (*r->p == 'e' || *r->p == 'E')) {
		r->p++;
		if (r->p < r->end && (*r->p == '+' || *r->p == '-'))
			r->p++;
		if (!digits(r))
			return fault(r, "a number needs digits in its exponent");
	}
	v->s = (str){start, (size_t)(r->p - start)};
	return v;
}

static json *value(struct reader *r);

static json *array(struct reader *r)
{
	json *v = node(r, JSON_ARRAY);
	r->p++;
	skip_space(r);
	if (r->p < r->end && *r->p == ']') {
		r->p++;
		return v;
	}
	for (;;) {
		json *e = value(r);
		if (!e)
			return NULL;
		append(v, e);
		skip_space(r);
		if (r->p < r->end && *r->p == ',') {
			r->p++;
			continue;
		}
		if (r->p < r->end && *r->p == ']') {
			r->p++;
			return v;
		}
		return fault(r, "expected ',' or ']'");
	}
}

static json *member(struct reader *r, const json *object)
{
	skip_space(r);
	if (r->p == r->end || *r->p != '"')
		return fault(r, "expected a member name in double quotes");
	r->p++;
	str key;
	if (!string_body(r, &key))
		return NULL;
	if (json_get_str(object, key))
		return fault(r, "the same member name twice in one object");
	skip_space(r);
	if (r->p == r->end || *r->p != ':')
		return fault(r, "expected ':'");
	r->p++;
	json *v = value(r);
	if (v)
		v->key = key;
	return v;
}

static json *object(struct reader *r)
{
	json *v = node(r, JSON_OBJECT);
	r->p++;
	skip_space(r);
	if (r->p < r->end && *r->p == '}') {
		r->p++;
		return v;
	}
	for (;;) {
		json *m = member(r, v);
		if (!m)
			return NULL;
		append_member(r->a, v, m);
		skip_space(r);
		if (r->p < r->end && *r->p == ',') {
			r->p++;
			continue;
		}
		if (r->p < r->end && *r->p == '}') {
			r->p++;
			return v;
		}
		return fault(r, "expected ',' or '}'");
	}
}

static json *word(struct reader *r, const char *w, enum json_type t, bool b)
{
	size_t n = strlen(w);
	if ((size_t)(r->end - r->p) < n || memcmp(r->p, w, n) != 0)
		return fault(r, "not a value");
	json *v = node(r, t);
	v->b = b;
	r->p += n;
	return v;
}

static json *value(struct reader *r)
{
	skip_space(r);
	if (r->p == r->end)
		return fault(r, "the text ends where a value should be");
	json *v;
	switch (*r->p) {
	case '{':
	case '[':
		if (r->depth == JSON_MAX_DEPTH)
			return fault(r, "nested too deeply");
		r->depth++;
		v = *r->p == '{' ? object(r) : array(r);
		r->depth--;
		return v;
	case '"':
		v = node(r, JSON_STRING);
		r->p++;
		return string_body(r, &v->s) ? v : NULL;
	case 't':
		return word(r, "true", JSON_BOOL, true);
	case 'f':
		return word(r, "false", JSON_BOOL, false);
	case 'n':
		return word(r, "null", JSON_NULL, false);
	default:
		return number(r);
	}
}

json *json_parse(arena *a, str text, json_error *e)
{
	struct reader r = {
	    .a = a, .p = text.p, .end = text.p + text.n, .line_start = text.p, .line = 1};
	json *v = NULL;
	ptrdiff_t bad = text.n > JSON_MAX_BYTES ? 0 : utf8_check(text);
	if (text.n > JSON_MAX_BYTES) {
		fault(&r, "the document is too large");
	} else if (bad >= 0) {
		r.p += bad;
		fault(&r, "not UTF-8");
	} else {
		v = value(&r);
		skip_space(&r);
		if (v && r.p != r.end)
			v = fault(&r, "something follows the document");
	}
	if (!v && e)
		*e = (json_error){str_of(r.what), r.what_line, r.what_col};
	return v;
}

/* ---- reading ---- */

json *json_at(const json *v, size_t i)
{
	if (!v || (v->type != JSON_ARRAY && v->type != JSON_OBJECT))
		return NULL;
	json *e = v->first;
	while (e && i--)
		e = e->next;
	return e;
}

json *json_path(const json *v, const char *dotted)
{
	str rest = str_of(dotted), part;
	const json *at = v;
	while (at && str_cut(&rest, '.', &part))
		at = json_get_str(at, part);
	return (json *)(uintptr_t)at;
}

str json_text(const json *v)
{
	return v && (v->type == JSON_STRING || v->type == JSON_NUMBER) ? v->s : (str){0};
}

bool json_i64(const json *v, int64_t *out)
{
	return v && v->type == JSON_NUMBER && str_i64(v->s, out);
}

bool json_is(const json *v, enum json_type t)
{
	return v && v->type == t;
}

bool json_equal(const json *x, const json *y)
{
	if (!x || !y || x->type != y->type || x->count != y->count)
		return x == y;
	switch (x->type) {
	case JSON_NULL:
		return true;
	case JSON_BOOL:
		return x->b == y->b;
	case JSON_NUMBER:
	case JSON_STRING:
		return str_eq(x->s, y->s);
	case JSON_ARRAY:
		for (json *i = x->first, *k = y->first; i; i = i->next, k = k->next)
			if (!json_equal(i, k))
				return false;
		return true;
	case JSON_OBJECT:
		for (json *i = x->first; i; i = i->next)
			if (!json_equal(i, json_get_str(y, i->key)))
				return false;
		return true;
	}
	return false;
}

/* ---- building ---- */

static json *make(arena *a, enum json_type t)
{
	json *v = NEW(a, json);
	v->type = t;
	return v;
}

json *json_object(arena *a)
{
	return make(a, JSON_OBJECT);
}

json *json_array(arena *a)
{
	return make(a, JSON_ARRAY);
}

json *json_null(arena *a)
{
	return make(a, JSON_NULL);
}

json *json_bool(arena *a, bool b)
{
	json *v = make(a, JSON_BOOL);
	v->b = b;
	return v;
}

json *json_int_new(arena *a, int64_t i)
{
	char text[STR_INT_BYTES];
	json *v = make(a, JSON_NUMBER);
	v->s = str_dup(a, str_of_int(i, text));
	return v;
}

json *json_number(arena *a, str literal)
{
	json *v = make(a, JSON_NUMBER);
	v->s = literal;
	return v;
}

json *json_string(arena *a, str s)
{
	json *v = make(a, JSON_STRING);
	v->s = s;
	return v;
}

json *json_set_key(arena *a, json *o, str name, json *v)
{
	if (o->names & name_bit(name))
		json_remove(o, name);
	v->key = name;
	append_member(a, o, v);
	return v;
}

bool json_remove(json *o, str name)
{
	json *old = json_get_str(o, name), *before = NULL;
	if (!old)
		return false;
	for (json *m = o->first; m != old; m = m->next)
		before = m;
	if (before)
		before->next = old->next;
	else
		o->first = old->next;
	if (o->last == old)
		o->last = before;
	o->count--;
	o->index = NULL; /* a probe chain may run through the removed slot */
	return true;
}

json *json_push(json *array, json *v)
{
	append(array, v);
	return v;
}

json *json_copy(arena *a, const json *v)
{
	if (!v)
		return json_null(a);
	json *c = make(a, v->type);
	c->b = v->b;
	c->s = v->s.n ? str_dup(a, v->s) : v->s;
	c->key = v->key.n ? str_dup(a, v->key) : v->key;
	c->line = v->line;
	c->col = v->col;
	for (const json *e = v->first; e; e = e->next) {
		json *d = json_copy(a, e);
		if (v->type == JSON_OBJECT)
			append_member(a, c, d);
		else
			append(c, d);
	}
	return c;
}

json *json_share(arena *a, const json *v)
{
	json *c = make(a, JSON_NULL);
	if (v)
		*c = *v;
	c->next = NULL;
	return c;
}

/* ---- writing ---- */

/* Eight bytes at once: whether one is a quote, a backslash or below a space. A byte
 * above 0x7F passes: the carry of a subtraction is only looked at below that. */
static bool plain8(const char *p)
{
	const uint64_t one = 0x0101010101010101u, high = one << 7;
	uint64_t v;
	memcpy(&v, p, sizeof v);
	uint64_t quote = v ^ (one * '"'), slash = v ^ (one * '\\');
	return !(((v - one * 0x20) | (quote - one) | (slash - one)) & ~v & high);
}

/* The same of a whole text: parts that overlap, so that the end is not a case of its own. */
static bool plain(str s)
{
	char short_[8];
	if (s.n >= 8) {
		for (size_t i = 0; i + 8 < s.n; i += 8)
			if (!plain8(s.p + i))
				return false;
		return plain8(s.p + s.n - 8);
	}
	memset(short_, 'x', sizeof short_);
	if (s.n >= 4) {
		memcpy(short_, s.p, 4);
		memcpy(short_ + 4, s.p + s.n - 4, 4);
	} else if (s.n) {
		short_[0] = s.p[0];
		short_[1] = s.p[s.n / 2];
		short_[2] = s.p[s.n - 1];
	}
	return plain8(short_);
}

static bool plain_char(char c)
{
	return (unsigned char)c >= 0x20 && c != '"' && c != '\\';
}

static void write_escape(buf *b, char c)
{
	if (c == '"' || c == '\\')
		buf_put(b, (str){(const char[]){'\\', c}, 2});
	else if (c == '\n')
		buf_put(b, STR("\\n"));
	else
		buf_fmt(b, "\\u%04x", (unsigned char)c);
}

void json_write_string(buf *b, str s)
{
	size_t from = 0;
	if (plain(s)) {
		char *p = buf_room(b, s.n + 2);
		if (!p)
			return;
		p[0] = '"';
		if (s.n)
			memcpy(p + 1, s.p, s.n);
		p[s.n + 1] = '"';
		return;
	}
	buf_putc(b, '"');
	for (size_t i = 0; i < s.n;) {
		if (s.n - i >= 8 && plain8(s.p + i)) {
			i += 8;
			continue;
		}
		while (i < s.n && plain_char(s.p[i]))
			i++;
		if (i == s.n)
			break;
		buf_put(b, (str){s.p + from, i - from});
		write_escape(b, s.p[i++]);
		from = i;
	}
	buf_put(b, (str){s.p ? s.p + from : NULL, s.n - from});
	buf_putc(b, '"');
}

static void line_break(buf *b, int indent, int depth)
{
	if (indent <= 0)
		return;
	buf_putc(b, '\n');
	for (int i = 0; i < indent * depth; i++)
		buf_putc(b, ' ');
}

static int by_name(const void *x, const void *y)
{
	const json *const *p = x, *const *q = y;
	return str_cmp((*p)->key, (*q)->key);
}

/* The children in the order to write: a sorted array of pointers when `a` is
 * given, the list itself otherwise. */
static void write_value(buf *b, const json *v, int indent, int depth, arena *sorted);

static void write_children(buf *b, const json *v, int indent, int depth, arena *sorted)
{
	const json **order = NULL;
	if (sorted && v->type == JSON_OBJECT && v->count > 1) {
		order = NEWN(sorted, const json *, v->count);
		size_t n = 0;
		for (const json *e = v->first; e; e = e->next)
			order[n++] = e;
		qsort(order, n, sizeof *order, by_name);
	}
	const json *e = v->first;
	for (size_t i = 0; i < v->count; i++, e = e->next) {
		const json *child = order ? order[i] : e;
		if (i)
			buf_putc(b, ',');
		line_break(b, indent, depth + 1);
		if (v->type == JSON_OBJECT) {
			json_write_string(b, child->key);
			buf_put(b, indent > 0 ? STR(": ") : STR(":"));
		}
		write_value(b, child, indent, depth + 1, sorted);
	}
	if (v->count)
		line_break(b, indent, depth);
}

static void write_value(buf *b, const json *v, int indent, int depth, arena *sorted)
{
	switch (v ? v->type : JSON_NULL) {
	case JSON_NULL:
		buf_puts(b, "null");
		break;
	case JSON_BOOL:
		buf_puts(b, v->b ? "true" : "false");
		break;
	case JSON_NUMBER:
		buf_put(b, v->s);
		break;
	case JSON_STRING:
		json_write_string(b, v->s);
		break;
	case JSON_ARRAY:
		buf_putc(b, '[');
		write_children(b, v, indent, depth, sorted);
		buf_putc(b, ']');
		break;
	case JSON_OBJECT:
		buf_putc(b, '{');
		write_children(b, v, indent, depth, sorted);
		buf_putc(b, '}');
		break;
	}
}

void json_write(buf *b, const json *v, int indent)
{
	write_value(b, v, indent, 0, NULL);
}

str json_print(arena *a, const json *v)
{
	buf b = buf_make(a, JSON_MAX_BYTES * 2);
	json_write(&b, v, 0);
	return buf_str(&b);
}

str json_print_members(arena *a, const json *object, str *member)
{
	buf b = buf_make(a, JSON_MAX_BYTES * 2);
	size_t *from = NEWN(a, size_t, object->count + 1), i = 0;
	buf_putc(&b, '{');
	for (const json *m = object->first; m; m = m->next, i++) {
		if (i)
			buf_putc(&b, ',');
		json_write_string(&b, m->key);
		buf_putc(&b, ':');
		from[i] = b.n;
		write_value(&b, m, 0, 0, NULL);
		member[i].n = b.n - from[i];
	}
	buf_putc(&b, '}');
	while (i--)
		member[i].p = b.p + from[i];
	return buf_str(&b);
}

str json_canonical(arena *a, const json *v)
{
	buf b = buf_make(a, JSON_MAX_BYTES * 2);
	write_value(&b, v, 0, 0, a);
	return buf_str(&b);
}
