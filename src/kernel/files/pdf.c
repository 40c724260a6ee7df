/*
 * pdf.c - does a PDF act, or carry what would?
 *
 * A reader can only run what is in an object, and an object begins with "N G obj" or
 * stands in an object stream. So from every such beginning, wherever it is (a reader
 * may be led into the middle of a stream), the object is read token by token, and the
 * contents of every object stream after it is inflated. What is not in an object,
 * compressed pictures above all, may spell anything.
 *
 * What is looked for are names (ISO 32000-1, 12.6 and 7.11.4), with #xx decoded; in
 * strings and comments they are no names. Object streams that cannot be inflated
 * (encrypted, or filtered otherwise) are refused: nobody could say what they hold.
 */
#include "kernel/files/examine.h"

#include "base/buf.h"

#include <string.h>
#include <zlib.h>

#define END_WITHIN    1024 /* bytes before the end in which "%%EOF" must stand */
#define READ_TIMES    8    /* of the file's size: objects within objects, over and over */
#define READ_LEAST    ((size_t)1024 * 1024)
#define INFLATED_MAX  ((size_t)32 * 1024 * 1024)
#define INFLATE_CHUNK ((size_t)64 * 1024)

static const char *const active[] = {"JavaScript",    "JS",        "Launch", "EmbeddedFile",
                                     "EmbeddedFiles", "RichMedia", "XFA",    "SubmitForm",
                                     "ImportData",    "EF"};

/* What changes a stream's bytes besides FlateDecode, or takes them from elsewhere. */
static const char *const opaque[] = {"DecodeParms", "DP", "F", "FFilter", "FDecodeParms"};

struct reader {
	arena *a;
	size_t budget;   /* bytes of tokens that may still be read */
	size_t inflated; /* bytes that may still come out of object streams */
	bool encrypted, object_streams;
	enum finding_verdict verdict;
};

/* What of an object tells whether it is an object stream, and where one is. */
struct object {
	bool first, opaque;
	int filters;             /* times that /Filter stands in it */
	size_t filter;           /* behind the last one */
	int dictionaries, arrays; /* open at this point */
	size_t stream;           /* where its data begins; 0: it has none */
	bool over;
};

/* ---- characters (7.2.2) ---- */

static int hex_digit(char c)
{
	return c >= '0' && c <= '9'                 ? c - '0'
	       : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10
	                                            : -1;
}

static bool is_space(char c)
{
	return c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == '\f' || c == '\0';
}

static bool is_delimiter(char c)
{
	return c != '\0' && strchr("()<>[]{}/%", c) != NULL;
}

static bool is_regular(char c)
{
	return !is_space(c) && !is_delimiter(c);
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* ---- tokens ---- */

/* Behind the string that begins before `at`: balanced parentheses, backslashes. */
static size_t string_end(str s, size_t at)
{
	for (int depth = 1; at < s.n && depth; at++) {
		if (s.p[at] == '\\')
			at++;
		else if (s.p[at] == '(')
			depth++;
		else if (s.p[at] == ')')
			depth--;
	}
	return at < s.n ? at : s.n;
}

static size_t line_end(str s, size_t at)
{
	while (at < s.n && s.p[at] != '\n' && s.p[at] != '\r')
		at++;
	return at;
}

static size_t word_end(str s, size_t at)
{
	while (at < s.n && is_regular(s.p[at]))
		at++;
	return at;
}

/* Does the name in `raw`, with #xx decoded, read `wanted`? */
static bool name_is(str raw, const char *wanted)
{
	for (; *wanted; wanted++) {
		if (!raw.n)
			return false;
		char c = raw.p[0];
		size_t used = 1;
		if (c == '#' && raw.n > 2 && hex_digit(raw.p[1]) >= 0 && hex_digit(raw.p[2]) >= 0) {
			c = (char)(hex_digit(raw.p[1]) * 16 + hex_digit(raw.p[2]));
			used = 3;
		}
		if (c != *wanted)
			return false;
		raw = str_sub(raw, used, raw.n);
	}
	return raw.n == 0;
}

static bool name_in(str raw, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (name_is(raw, names[i]))
			return true;
	return false;
}

static void take_name(struct reader *r, str raw, size_t behind, struct object *o)
{
	if (name_in(raw, active, sizeof active / sizeof *active))
		r->verdict = FINDING_active;
	r->encrypted |= name_is(raw, "Encrypt");
	o->first |= name_is(raw, "First");
	o->opaque |= name_in(raw, opaque, sizeof opaque / sizeof *opaque);
	if (name_is(raw, "Filter")) {
		o->filters++;
		o->filter = behind;
	}
}

/* Names in a hexadecimal string are a mistake, and readers differ on mistakes. */
static size_t take_hex(struct reader *r, str s, size_t at, struct object *o)
{
	for (; at < s.n && s.p[at] != '>'; at++)
		if (s.p[at] == '/')
			take_name(r, str_sub(s, at + 1, word_end(s, at + 1)), 0, o);
	return at < s.n ? at + 1 : at;
}

static size_t take_delimiter(struct reader *r, str s, size_t at, struct object *o)
{
	bool twice = at + 1 < s.n && s.p[at + 1] == s.p[at];
	switch (s.p[at]) {
	case '<':
		if (!twice)
			return take_hex(r, s, at + 1, o);
		o->dictionaries++;
		return at + 2;
	case '>':
		o->dictionaries -= twice && o->dictionaries > 0;
		return at + 1 + twice;
	case '[':
		o->arrays++;
		break;
	case ']':
		o->arrays -= o->arrays > 0;
		break;
	default:
		break;
	}
	return at + 1;
}

/* The words that end an object do so outside dictionaries and arrays alone. */
static void take_word(str s, size_t at, size_t to, struct object *o)
{
	str word = str_sub(s, at, to);
	if (o->dictionaries || o->arrays)
		return;
	o->over = str_eq(word, STR("endobj")) || str_eq(word, STR("startxref")) ||
	          str_eq(word, STR("stream"));
	if (!str_eq(word, STR("stream")))
		return;
	o->stream = to + (to < s.n && s.p[to] == '\r');
	o->stream += o->stream < s.n && s.p[o->stream] == '\n';
}

/* One token; returns where the next begins. */
static size_t take_token(struct reader *r, str s, size_t at, struct object *o)
{
	char c = s.p[at];
	if (is_space(c))
		return at + 1;
	if (c == '%')
		return line_end(s, at);
	if (c == '(')
		return string_end(s, at + 1);
	size_t to = word_end(s, at + 1);
	if (c == '/') {
		take_name(r, str_sub(s, at + 1, to), to, o);
		return to;
	}
	if (is_delimiter(c))
		return take_delimiter(r, s, at, o);
	take_word(s, at, to, o);
	return to;
}

/* From `at` to the end of its object, or of the bytes. */
static struct object read_object(struct reader *r, str s, size_t at)
{
	struct object o = {0};
	while (at < s.n && !o.over && !r->verdict) {
		size_t next = take_token(r, s, at, &o);
		if (next - at > r->budget) {
			r->verdict = FINDING_crowded;
			break;
		}
		r->budget -= next - at;
		at = next;
	}
	return o;
}

/* ---- object streams (7.5.7) ---- */

/* Its filter is FlateDecode and nothing else: /FlateDecode or [/FlateDecode]. */
static bool only_flate(str s, const struct object *o)
{
	size_t at = o->filter;
	bool list = false;
	for (; at < s.n && (is_space(s.p[at]) || (s.p[at] == '[' && !list)); at++)
		list |= s.p[at] == '[';
	if (at >= s.n || s.p[at] != '/')
		return false;
	size_t to = word_end(s, at + 1);
	if (!name_is(str_sub(s, at + 1, to), "FlateDecode"))
		return false;
	while (list && to < s.n && is_space(s.p[to]))
		to++;
	return !list || (to < s.n && s.p[to] == ']');
}

/* False: it is no whole zlib stream. */
static bool inflate_all(struct reader *r, str data, str *out)
{
	z_stream z = {.next_in = (unsigned char *)(uintptr_t)data.p, .avail_in = (unsigned)data.n};
	buf b = buf_make(r->a, r->inflated);
	unsigned char *chunk = NEWN(r->a, unsigned char, INFLATE_CHUNK);
	int e = inflateInit(&z);
	while (e == Z_OK && !b.over) {
		z.next_out = chunk;
		z.avail_out = INFLATE_CHUNK;
		e = inflate(&z, Z_NO_FLUSH);
		buf_put(&b, (str){(char *)chunk, INFLATE_CHUNK - z.avail_out});
	}
	inflateEnd(&z);
	if (b.over)
		r->verdict = FINDING_crowded;
	*out = buf_str(&b);
	return e == Z_STREAM_END;
}

static bool plain_bytes(struct reader *r, str s, const struct object *o, str *plain)
{
	str data = str_sub(s, o->stream, s.n);
	if (o->opaque || o->filters > 1)
		return false;
	if (o->filters)
		return only_flate(s, o) && inflate_all(r, data, plain);
	ptrdiff_t end = str_find(data, STR("endstream"));
	*plain = end < 0 ? data : str_sub(data, 0, (size_t)end);
	return true;
}

/* Its objects follow one another, headed by numbers: all of it is tokens. A reader
 * takes any stream with /First for one, whatever /Type says. */
static void read_object_stream(struct reader *r, str s, const struct object *o)
{
	arena_mark mark = arena_save(r->a);
	struct object inner = {0};
	str plain = {0};
	r->object_streams = true;
	if (!plain_bytes(r, s, o, &plain) && !r->verdict)
		r->verdict = FINDING_hidden;
	if (plain.n > r->inflated && !r->verdict)
		r->verdict = FINDING_crowded;
	r->inflated -= r->verdict ? 0 : plain.n;
	for (size_t at = 0; at < plain.n && !r->verdict;)
		at = take_token(r, plain, at, &inner);
	arena_rewind(r->a, mark);
}

/* ---- where objects begin ---- */

/* Back over white space and a comment's line before it; false when none was there. */
static bool back_over_space(str s, size_t *at)
{
	size_t i = *at, from = *at;
	while (i > 0 && is_space(s.p[i - 1]))
		i--;
	bool line = memchr(s.p + i, '\n', from - i) || memchr(s.p + i, '\r', from - i);
	if (line) { /* "7 % comment" counts as "7" */
		size_t start = i;
		while (start > 0 && s.p[start - 1] != '\n' && s.p[start - 1] != '\r')
			start--;
		const char *mark = memchr(s.p + start, '%', i - start);
		if (mark)
			i = (size_t)(mark - s.p);
		while (i > 0 && is_space(s.p[i - 1]))
			i--;
	}
	*at = i;
	return i < from;
}

static bool back_over_number(str s, size_t *at)
{
	size_t i = *at;
	while (i > 0 && is_digit(s.p[i - 1]))
		i--;
	bool some = i < *at;
	*at = i;
	return some;
}

/* Is "obj" at `at` the end of "N G obj"? Readers allow "N Gobj". */
static bool object_begins(str s, size_t at)
{
	if (at + 3 < s.n && is_regular(s.p[at + 3]) && !is_digit(s.p[at + 3]) && s.p[at + 3] != '-' &&
	    s.p[at + 3] != '+' && s.p[at + 3] != '.')
		return false;
	back_over_space(s, &at);
	return back_over_number(s, &at) && back_over_space(s, &at) && back_over_number(s, &at);
}

static bool word_at(str s, size_t at, const char *word)
{
	size_t n = strlen(word);
	return n <= s.n - at && memcmp(s.p + at, word, n) == 0;
}

enum finding_verdict pdf_examine(arena *a, str s)
{
	struct reader r = {.a = a, .budget = READ_LEAST + READ_TIMES * s.n, .inflated = INFLATED_MAX};
	size_t from = s.n > END_WITHIN ? s.n - END_WITHIN : 0;
	if (str_find(str_sub(s, from, s.n), STR("%%EOF")) < 0)
		return FINDING_truncated;
	size_t objects = 0;
	for (size_t i = 0; i < s.n && !r.verdict; i++) {
		bool object = s.p[i] == 'o' && word_at(s, i, "obj") && object_begins(s, i);
		bool trailer = s.p[i] == 't' && word_at(s, i, "trailer");
		if (!object && !trailer)
			continue;
		objects += object;
		struct object o = read_object(&r, s, i + (object ? 3 : 7));
		if (!r.verdict && object && o.stream && o.first)
			read_object_stream(&r, s, &o);
	}
	if (!objects)
		return FINDING_broken;
	if (!r.verdict && r.encrypted && r.object_streams)
		r.verdict = FINDING_hidden; /* what was inflated was not what a reader sees */
	return r.verdict;
}
