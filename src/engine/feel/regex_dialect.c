#include "engine/feel/regex.h"

#include "base/utf8.h"

#include <string.h>

/* The dialect of XPath 3.1 (F&O 5.6.1, XML Schema part 2 appendix F) as a pattern
 * of PCRE2. The whole grammar is read, so that what XPath refuses and PCRE2 would
 * understand in its own way (possessive quantifiers, \b, lookahead, [[:alpha:]])
 * is refused, and so that ".", "\w", "\s" and classes mean what XPath says. */

#define CLASS_NEST 8
#define GROUP_NEST 100
#define GROUPS_MAX 200

/* Sets as they stand within brackets: NameStartChar and NameChar of XML 1.0, and
 * what XML Schema means by words and blanks. */
#define NAME_START                                                                                 \
	":A-Z_a-z\\x{C0}-\\x{D6}\\x{D8}-\\x{F6}\\x{F8}-\\x{2FF}\\x{370}-\\x{37D}\\x{37F}-\\x{1FFF}"    \
	"\\x{200C}-\\x{200D}\\x{2070}-\\x{218F}\\x{2C00}-\\x{2FEF}\\x{3001}-\\x{D7FF}"                 \
	"\\x{F900}-\\x{FDCF}\\x{FDF0}-\\x{FFFD}\\x{10000}-\\x{EFFFF}"
#define NAME_PART NAME_START "\\-.0-9\\x{B7}\\x{300}-\\x{36F}\\x{203F}-\\x{2040}"
#define BLANK     " \\t\\n\\r"
#define NO_WORD   "\\p{P}\\p{Z}\\p{C}"

struct dialect {
	str p;
	size_t at;
	buf *out;
	arena *a;
	bool dot_all, extended;
	unsigned open, closed; /* groups begun, groups ended */
	bool ended[GROUPS_MAX];
};

static const struct {
	const char *name;
	uint32_t first, last;
} blocks[] = {
#define BLOCK(name, first, last) {name, first, last},
#include "engine/feel/blocks.def"
#undef BLOCK
};

static char now(const struct dialect *x)
{
	return x->at < x->p.n ? x->p.p[x->at] : 0;
}

/* "\p{Lu}", "\p{IsArabic}" behind its letter p or P: a set within brackets. */
static bool category(struct dialect *x, buf *set, bool not )
{
	ptrdiff_t end = str_chr(str_sub(x->p, x->at, x->p.n), '}');
	if (now(x) != '{' || end < 2)
		return false;
	str name = str_sub(x->p, x->at + 1, x->at + (size_t)end);
	x->at += (size_t)end + 1;
	if (str_starts(name, STR("Is"))) {
		name = str_sub(name, 2, name.n);
		for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) {
			if (!str_eq(name, str_of(blocks[i].name)))
				continue;
			if (!not )
				buf_fmt(set, "\\x{%X}-\\x{%X}", blocks[i].first, blocks[i].last);
			if (not &&blocks[i].first)
				buf_fmt(set, "\\x{0}-\\x{%X}", blocks[i].first - 1);
			if (not &&blocks[i].last < 0x10FFFF)
				buf_fmt(set, "\\x{%X}-\\x{10FFFF}", blocks[i].last + 1);
			return true;
		}
		return false;
	}
	static const char major[] = "LMNPZSC", minor[] = "ultmonedcsfiokp";
	if (name.n < 1 || name.n > 2 || !strchr(major, name.p[0]) ||
	    (name.n == 2 && !strchr(minor, name.p[1])))
		return false;
	buf_fmt(set, "\\%c{%.*s}", not ? 'P' : 'p', STRF(name));
	return true;
}

/* One escape behind its backslash. What stands for a set goes to `set`, the set
 * whose complement is meant to `not_set`; a single character gives its value. */
static bool escaped(struct dialect *x, buf *set, buf *not_set, int *single)
{
	char c = now(x);
	*single = -1;
	x->at++;
	switch (c) {
	case 'n':
		*single = '\n';
		return true;
	case 'r':
		*single = '\r';
		return true;
	case 't':
		*single = '\t';
		return true;
	case 'p':
	case 'P':
		return category(x, set, c == 'P');
	case 'd':
		return buf_puts(set, "\\p{Nd}"), true;
	case 'D':
		return buf_puts(set, "\\P{Nd}"), true;
	case 's':
		return buf_puts(set, BLANK), true;
	case 'S':
		return buf_puts(not_set, BLANK), true;
	case 'w':
		return buf_puts(not_set, NO_WORD), true;
	case 'W':
		return buf_puts(set, NO_WORD), true;
	case 'i':
		return buf_puts(set, NAME_START), true;
	case 'I':
		return buf_puts(not_set, NAME_START), true;
	case 'c':
		return buf_puts(set, NAME_PART), true;
	case 'C':
		return buf_puts(not_set, NAME_PART), true;
	default:
		*single = c;
		return c && strchr("\\|.-^?*+{}()[]$", c) != NULL;
	}
}

static void put_char(buf *b, uint32_t c)
{
	buf_fmt(b, "\\x{%X}", c);
}

/* A set whose parts are plain ranges (`own`), and complements (`others`, each a
 * bracket of its own), less what was subtracted, as one atom. */
static void put_set(struct dialect *x, bool not, str own, str others, str minus)
{
	if (minus.n)
		buf_fmt(x->out, "(?:(?!%.*s)", STRF(minus));
	if (!others.n) {
		buf_fmt(x->out, "[%s%.*s]", not ? "^" : "", STRF(own));
	} else if (not ) {
		buf_fmt(x->out, "(?:(?!%.*s%s%.*s%s)[\\x{0}-\\x{10FFFF}])", STRF(others), own.n ? "|[" : "",
		        STRF(own), own.n ? "]" : "");
	} else {
		buf_fmt(x->out, "(?:%.*s%s%.*s%s)", STRF(others), own.n ? "|[" : "", STRF(own),
		        own.n ? "]" : "");
	}
	if (minus.n)
		buf_putc(x->out, ')');
}

static bool class_expr(struct dialect *x, int depth);

/* A character of a class, or a set (then *single is -1). */
static bool class_item(struct dialect *x, buf *own, buf *others, int *single)
{
	if (now(x) == '\\') {
		buf rest = buf_make(x->a, 1024);
		x->at++;
		if (!escaped(x, own, &rest, single))
			return false;
		if (rest.n)
			buf_fmt(others, "%s[^%.*s]", others->n ? "|" : "", STRF(buf_str(&rest)));
		return true;
	}
	str rest = str_sub(x->p, x->at, x->p.n);
	if (!rest.n || *rest.p == '[')
		return false;
	const char *from = rest.p;
	*single = (int)utf8_next(&rest);
	x->at += (size_t)(rest.p - from);
	return true;
}

static bool class_body(struct dialect *x, buf *own, buf *others, buf *minus, int depth)
{
	for (bool first = true; now(x) != ']' || first; first = false) {
		int lo, hi;
		if (x->at >= x->p.n || (first && now(x) == ']'))
			return false;
		if (!first && now(x) == '-' && x->at + 1 < x->p.n && x->p.p[x->at + 1] == '[') {
			buf *outer = x->out;
			x->at++;
			x->out = minus;
			bool ok = class_expr(x, depth + 1);
			x->out = outer;
			return ok && now(x) == ']';
		}
		if (!class_item(x, own, others, &lo))
			return false;
		bool range = lo >= 0 && now(x) == '-' && x->at + 1 < x->p.n && x->p.p[x->at + 1] != ']' &&
		             x->p.p[x->at + 1] != '[';
		if (!range) {
			if (lo >= 0)
				put_char(own, (uint32_t)lo);
			continue;
		}
		x->at++;
		if (!class_item(x, own, others, &hi) || hi < lo)
			return false;
		put_char(own, (uint32_t)lo);
		buf_putc(own, '-');
		put_char(own, (uint32_t)hi);
	}
	return true;
}

static bool class_expr(struct dialect *x, int depth)
{
	buf own = buf_make(x->a, REGEX_MAX_PATTERN * 16),
	    others = buf_make(x->a, REGEX_MAX_PATTERN * 8),
	    minus = buf_make(x->a, REGEX_MAX_PATTERN * 16);
	if (depth > CLASS_NEST)
		return false;
	x->at++;
	bool not = now(x) == '^';
	x->at += not ;
	if (!class_body(x, &own, &others, &minus, depth))
		return false;
	x->at++;
	put_set(x, not, buf_str(&own), buf_str(&others), buf_str(&minus));
	return !own.over && !others.over && !minus.over;
}

/* "\12" names group 12 if there are so many, else group 1 and then a 2. */
static bool back_reference(struct dialect *x)
{
	unsigned g = (unsigned)(now(x) - '0');
	x->at++;
	while (now(x) >= '0' && now(x) <= '9' && g * 10 + (unsigned)(now(x) - '0') <= x->open) {
		g = g * 10 + (unsigned)(now(x) - '0');
		x->at++;
	}
	if (g > x->open || g >= GROUPS_MAX || !x->ended[g])
		return false;
	buf_fmt(x->out, "(?:\\g{%u})", g);
	return true;
}

static bool atom_escape(struct dialect *x)
{
	buf set = buf_make(x->a, 4096), not_set = buf_make(x->a, 4096);
	int single;
	x->at++;
	if (now(x) >= '1' && now(x) <= '9')
		return back_reference(x);
	if (!escaped(x, &set, &not_set, &single))
		return false;
	if (single >= 0)
		put_char(x->out, (uint32_t)single);
	else
		buf_fmt(x->out, "[%s%.*s]", set.n ? "" : "^", STRF(buf_str(set.n ? &set : &not_set)));
	return true;
}

static bool regex_of(struct dialect *x, int depth);

static bool group(struct dialect *x, int depth)
{
	unsigned number = 0;
	x->at++;
	if (now(x) == '?') {
		if (x->at + 1 >= x->p.n || x->p.p[x->at + 1] != ':')
			return false;
		x->at += 2;
		buf_puts(x->out, "(?:");
	} else {
		number = ++x->open;
		buf_putc(x->out, '(');
	}
	if (!regex_of(x, depth + 1) || now(x) != ')')
		return false;
	x->at++;
	buf_putc(x->out, ')');
	if (number < GROUPS_MAX)
		x->ended[number] = number > 0;
	return true;
}

static bool atom(struct dialect *x, int depth)
{
	char c = now(x);
	if (c == '(')
		return group(x, depth);
	if (c == '[')
		return class_expr(x, 0);
	if (c == '\\')
		return atom_escape(x);
	if (strchr("?*+{}]|)", c))
		return false;
	if (c == '.') {
		buf_puts(x->out, x->dot_all ? "[\\x{0}-\\x{10FFFF}]" : "[^\\n\\r]");
		x->at++;
		return true;
	}
	if (c == '^' || c == '$') {
		buf_putc(x->out, c);
		x->at++;
		return true;
	}
	str rest = str_sub(x->p, x->at, x->p.n);
	const char *from = rest.p;
	put_char(x->out, utf8_next(&rest));
	x->at += (size_t)(rest.p - from);
	return true;
}

static bool amount(struct dialect *x, unsigned *out)
{
	size_t from = x->at;
	unsigned v = 0;
	while (now(x) >= '0' && now(x) <= '9' && v < 100000)
		v = v * 10 + (unsigned)(x->p.p[x->at++] - '0');
	*out = v;
	return x->at > from;
}

static bool quantifier(struct dialect *x)
{
	size_t from = x->at;
	char c = now(x);
	unsigned least, most;
	if (c == '{') {
		x->at++;
		if (!amount(x, &least))
			return false;
		if (now(x) == ',') {
			x->at++;
			if (now(x) != '}' && (!amount(x, &most) || most < least))
				return false;
		}
		if (now(x) != '}')
			return false;
	} else if (!c || !strchr("?*+", c)) {
		return true;
	}
	x->at++;
	if (now(x) == '?')
		x->at++;
	buf_put(x->out, str_sub(x->p, from, x->at));
	return true;
}

static bool regex_of(struct dialect *x, int depth)
{
	if (depth > GROUP_NEST)
		return false;
	while (x->at < x->p.n && now(x) != ')') {
		if (now(x) == '|') {
			buf_putc(x->out, '|');
			x->at++;
			continue;
		}
		if (!atom(x, depth) || !quantifier(x))
			return false;
	}
	return true;
}

/* The flag x: blanks outside of brackets do not count. */
static str without_blanks(arena *a, str p)
{
	char *out = NEWN(a, char, p.n + 1);
	size_t n = 0, nest = 0;
	for (size_t i = 0; i < p.n; i++) {
		char c = p.p[i];
		if (!nest && (c == ' ' || c == '\t' || c == '\n' || c == '\r'))
			continue;
		if (c == '\\' && i + 1 < p.n && nest) {
			out[n++] = c;
			c = p.p[++i];
		} else if (c == '\\' && i + 1 < p.n &&
		           (p.p[i + 1] == '[' || p.p[i + 1] == ']' || p.p[i + 1] == '\\')) {
			out[n++] = c;
			c = p.p[++i];
		} else if (c == '[') {
			nest++;
		} else if (c == ']' && nest) {
			nest--;
		}
		out[n++] = c;
	}
	return (str){out, n};
}

bool regex_translate(arena *a, str pattern, bool dot_all, bool extended, str *out)
{
	buf b = buf_make(a, REGEX_MAX_PATTERN * 64);
	struct dialect *x = NEW(a, struct dialect);
	*x = (struct dialect){.p = pattern, .out = &b, .a = a, .dot_all = dot_all};
	if (extended)
		x->p = without_blanks(a, pattern);
	if (!regex_of(x, 0) || x->at != x->p.n)
		return false;
	*out = buf_str(&b);
	return !b.over;
}
