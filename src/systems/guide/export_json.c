/*
 * export_json.c - the same graph as JSON-LD 1.1, read from the Turtle of export.c: one
 * description, two ways to write it. Of Turtle it knows what export.c uses: prefixes,
 * addresses, prefixed names, texts with a language or a type, `a`, lists with `;` and `,`.
 */
#include "systems/guide/guide_in.h"

#define JSON_BYTES_MAX ((size_t)24 * 1024 * 1024)
#define PAIRS_MAX      1024 /* of one subject */

enum kind { TERM_END, TERM_NAME, TERM_IRI, TERM_TEXT, TERM_MARK };

struct term {
	enum kind kind;
	str s;          /* a text's escapes are those of JSON, too */
	str lang, type; /* of a text */
};

struct pair {
	str property;
	struct term object;
	bool written;
};

static bool ends_name(char c)
{
	return c == ' ' || c == '\n' || c == ',' || c == ';';
}

static str take(str *in, size_t n)
{
	str s = str_sub(*in, 0, n);
	*in = str_sub(*in, n, in->n);
	return s;
}

static str take_name(str *in)
{
	size_t n = 0;
	while (n < in->n && !ends_name(in->p[n]))
		n++;
	return take(in, n);
}

/* Behind its first quote. */
static struct term take_text(str *in)
{
	size_t n = 0;
	while (n < in->n && in->p[n] != '"')
		n += in->p[n] == '\\' ? 2 : 1;
	struct term t = {.kind = TERM_TEXT, .s = take(in, n)};
	take(in, 1);
	if (str_starts(*in, STR("@"))) {
		take(in, 1);
		t.lang = take_name(in);
	} else if (str_starts(*in, STR("^^"))) {
		take(in, 2);
		t.type = take_name(in);
	}
	return t;
}

static struct term next(str *in)
{
	while (in->n && (in->p[0] == ' ' || in->p[0] == '\n'))
		take(in, 1);
	if (!in->n)
		return (struct term){.kind = TERM_END};
	char c = in->p[0];
	if (c == '"') {
		take(in, 1);
		return take_text(in);
	}
	if (c == '<') {
		ptrdiff_t to = str_chr(*in, '>');
		str iri = take(in, to < 0 ? in->n : (size_t)to + 1);
		return (struct term){.kind = TERM_IRI, .s = str_sub(iri, 1, iri.n - 1)};
	}
	if (c == ',' || c == ';' || c == '.')
		return (struct term){.kind = TERM_MARK, .s = take(in, 1)};
	return (struct term){.kind = TERM_NAME, .s = take_name(in)};
}

/* ---- writing ---- */

static void quoted(buf *b, str s)
{
	buf_putc(b, '"');
	buf_put(b, s);
	buf_putc(b, '"');
}

static void value(buf *b, const struct term *t)
{
	buf_puts(b, t->kind == TERM_TEXT ? "{\"@value\":" : "{\"@id\":");
	quoted(b, t->s);
	if (t->lang.n || t->type.n) {
		buf_puts(b, t->lang.n ? ",\"@language\":" : ",\"@type\":");
		quoted(b, t->lang.n ? t->lang : t->type);
	}
	buf_putc(b, '}');
}

/* All objects of the property of p[from]. */
static void values(buf *b, struct pair *p, size_t from, size_t n)
{
	bool types = str_eq(p[from].property, STR("a")), first = true;
	buf_putc(b, ',');
	quoted(b, types ? STR("@type") : p[from].property);
	buf_puts(b, ":[");
	for (size_t i = from; i < n; i++) {
		if (p[i].written || !str_eq(p[i].property, p[from].property))
			continue;
		buf_puts(b, first ? "" : ",");
		first = false;
		p[i].written = true;
		if (types)
			quoted(b, p[i].object.s);
		else
			value(b, &p[i].object);
	}
	buf_putc(b, ']');
}

#define NOT_OURS SIZE_MAX

/* What is said of a subject, up to its full stop; how many pairs. NOT_OURS at anything that
 * export.c does not write: a list, a node without a name. */
static size_t take_pairs(str *in, struct pair *p)
{
	size_t n = 0;
	struct term t = next(in);
	while (t.kind == TERM_NAME) {
		if (!str_eq(t.s, STR("a")) && str_chr(t.s, ':') < 0)
			return NOT_OURS;
		str property = t.s;
		do {
			struct pair one = {.property = property, .object = next(in)};
			if (n < PAIRS_MAX)
				p[n++] = one;
			t = next(in);
		} while (t.kind == TERM_MARK && t.s.p[0] == ',');
		if (t.kind != TERM_MARK)
			return NOT_OURS;
		if (t.s.p[0] == ';')
			t = next(in);
	}
	return n;
}

static void subject(buf *b, str about, struct pair *p, size_t n)
{
	buf_puts(b, "{\"@id\":");
	quoted(b, about);
	for (size_t i = 0; i < n; i++)
		if (!p[i].written)
			values(b, p, i, n);
	buf_putc(b, '}');
}

/* "@prefix name: <iri> ." lines; leaves the rest in *in. */
static void context(buf *b, str *in)
{
	const char *before = "";
	buf_puts(b, "{\"@context\":{");
	while (str_starts(*in, STR("@prefix "))) {
		take(in, sizeof "@prefix " - 1);
		str name = take_name(in);
		buf_puts(b, before);
		quoted(b, str_sub(name, 0, name.n - 1));
		buf_putc(b, ':');
		quoted(b, next(in).s);
		before = ",";
		next(in); /* the full stop */
		*in = str_trim(*in);
	}
	buf_puts(b, "},\n\"@graph\":[");
}

str guide_json_ld(arena *a, str turtle)
{
	buf b = buf_make(a, JSON_BYTES_MAX);
	struct pair *p = NEWN(a, struct pair, PAIRS_MAX);
	const char *before = "";
	context(&b, &turtle);
	bool good = true;
	for (struct term t = next(&turtle); good && t.kind != TERM_END; t = next(&turtle)) {
		size_t n = t.kind == TERM_IRI ? take_pairs(&turtle, p) : NOT_OURS;
		good = n != NOT_OURS;
		if (!good)
			break;
		buf_puts(&b, before);
		subject(&b, t.s, p, n);
		before = ",\n";
	}
	if (!good)
		return (str){0};
	buf_puts(&b, "]}\n");
	return b.over ? (str){0} : buf_str(&b);
}
