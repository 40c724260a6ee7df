#include "engine/form/pattern.h"

#include "base/buf.h"
#include "base/utf8.h"

#include <ctype.h>
#include <string.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#define PATTERN_MAX_BYTES ((size_t)65536) /* after translation */

struct pattern {
	pcre2_code *code;
};

struct matcher {
	pcre2_match_context *limits;
	pcre2_match_data *data;
};

/* PCRE2 takes its memory from the arena, which gives it back as a whole. */
static void *from_arena(size_t n, void *a)
{
	return arena_raw(a, n);
}

static void to_arena(void *p, void *a)
{
	(void)p, (void)a;
}

/* ---- translation ---- */

struct translator {
	arena *a;
	str in;
	size_t i;
	buf out;
	const char *what;
};

static const char space_in_class[] =
    "\\x09-\\x0d\\x20\\xa0\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}\\x{202f}\\x{205f}"
    "\\x{3000}\\x{feff}";
static const char nonspace_in_class[] =
    "\\x00-\\x08\\x0e-\\x1f\\x21-\\x9f\\xa1-\\x{167f}\\x{1681}-\\x{1fff}\\x{200b}-\\x{2027}"
    "\\x{202a}-\\x{202e}\\x{2030}-\\x{205e}\\x{2060}-\\x{2fff}\\x{3001}-\\x{d7ff}"
    "\\x{e000}-\\x{fefe}\\x{ff00}-\\x{10ffff}";

/* Long names of general categories that ECMA allows and PCRE2 does not know. */
static const struct {
	const char *name, *brief;
} categories[] = {
    {"Letter", "L"},
    {"Cased_Letter", "L&"},
    {"Uppercase_Letter", "Lu"},
    {"Lowercase_Letter", "Ll"},
    {"Titlecase_Letter", "Lt"},
    {"Modifier_Letter", "Lm"},
    {"Other_Letter", "Lo"},
    {"Mark", "M"},
    {"Combining_Mark", "M"},
    {"Nonspacing_Mark", "Mn"},
    {"Spacing_Mark", "Mc"},
    {"Enclosing_Mark", "Me"},
    {"Number", "N"},
    {"Decimal_Number", "Nd"},
    {"digit", "Nd"},
    {"Letter_Number", "Nl"},
    {"Other_Number", "No"},
    {"Punctuation", "P"},
    {"punct", "P"},
    {"Connector_Punctuation", "Pc"},
    {"Dash_Punctuation", "Pd"},
    {"Open_Punctuation", "Ps"},
    {"Close_Punctuation", "Pe"},
    {"Initial_Punctuation", "Pi"},
    {"Final_Punctuation", "Pf"},
    {"Other_Punctuation", "Po"},
    {"Symbol", "S"},
    {"Math_Symbol", "Sm"},
    {"Currency_Symbol", "Sc"},
    {"Modifier_Symbol", "Sk"},
    {"Other_Symbol", "So"},
    {"Separator", "Z"},
    {"Space_Separator", "Zs"},
    {"Line_Separator", "Zl"},
    {"Paragraph_Separator", "Zp"},
    {"Other", "C"},
    {"Control", "Cc"},
    {"cntrl", "Cc"},
    {"Format", "Cf"},
    {"Surrogate", "Cs"},
    {"Private_Use", "Co"},
    {"Unassigned", "Cn"},
};

static bool refuse(struct translator *t, const char *what)
{
	if (!t->what)
		t->what = what;
	return false;
}

static int peek(const struct translator *t, size_t ahead)
{
	return t->i + ahead < t->in.n ? (unsigned char)t->in.p[t->i + ahead] : -1;
}

static bool hex_at(const struct translator *t, size_t from, size_t n, uint32_t *out)
{
	uint32_t v = 0;
	for (size_t k = 0; k < n; k++) {
		int c = peek(t, from + k);
		if (c < 0 || !isxdigit(c))
			return false;
		v = v * 16 + (uint32_t)(isdigit(c) ? c - '0' : (c | 32) - 'a' + 10);
	}
	*out = v;
	return true;
}

/* After "\p" or "\P": {Name}, {gc=Name} or {Script=Name}. */
static bool property(struct translator *t, char letter)
{
	size_t end = t->i + 1;
	while (end < t->in.n && t->in.p[end] != '}')
		end++;
	if (peek(t, 0) != '{' || end >= t->in.n)
		return refuse(t, "\\p needs a name in braces");
	str name = str_sub(t->in, t->i + 1, end);
	t->i = end + 1;
	ptrdiff_t eq = str_chr(name, '=');
	if (eq >= 0)
		name = str_sub(name, (size_t)eq + 1, name.n);
	for (size_t k = 0; k < sizeof categories / sizeof *categories; k++)
		if (str_eq(name, str_of(categories[k].name)))
			name = str_of(categories[k].brief);
	buf_fmt(&t->out, "\\%c{%.*s}", letter, STRF(name));
	return true;
}

/* After "\u": four hexadecimal digits, a surrogate pair, or {..}. */
static bool unicode_escape(struct translator *t)
{
	uint32_t v = 0, low = 0;
	if (peek(t, 0) == '{') {
		size_t n = 0;
		while (peek(t, 1 + n) >= 0 && isxdigit(peek(t, 1 + n)))
			n++;
		if (!n || n > 6 || peek(t, 1 + n) != '}' || !hex_at(t, 1, n, &v) || v > 0x10FFFF)
			return refuse(t, "\\u{..} is not a code point");
		t->i += n + 2;
	} else if (hex_at(t, 0, 4, &v)) {
		t->i += 4;
		if (v >= 0xD800 && v < 0xDC00 && peek(t, 0) == '\\' && peek(t, 1) == 'u' &&
		    hex_at(t, 2, 4, &low) && low >= 0xDC00 && low < 0xE000) {
			v = 0x10000 + ((v - 0xD800) << 10) + (low - 0xDC00);
			t->i += 6;
		}
	} else {
		return refuse(t, "\\u needs four hexadecimal digits");
	}
	if (v >= 0xD800 && v < 0xE000)
		return refuse(t, "a lone surrogate never matches");
	buf_fmt(&t->out, "\\x{%x}", v);
	return true;
}

static bool group_reference(struct translator *t)
{
	size_t end = t->i + 1;
	while (end < t->in.n && t->in.p[end] != '>')
		end++;
	if (peek(t, 0) != '<' || end >= t->in.n || end == t->i + 1)
		return refuse(t, "\\k needs a name: \\k<name>");
	buf_fmt(&t->out, "\\k<%.*s>", STRF(str_sub(t->in, t->i + 1, end)));
	t->i = end + 1;
	return true;
}

static bool escape(struct translator *t, bool in_class)
{
	int c = peek(t, 1);
	uint32_t v;
	if (c < 0)
		return refuse(t, "a pattern cannot end with \\");
	t->i += 2;
	switch (c) {
	case 'd':
	case 'D':
	case 'w':
	case 'W':
	case 'f':
	case 'n':
	case 'r':
	case 't':
		buf_fmt(&t->out, "\\%c", c);
		return true;
	case 'v':
		buf_puts(&t->out, "\\x0b");
		return true;
	case 's':
	case 'S':
		if (in_class)
			buf_puts(&t->out, c == 's' ? space_in_class : nonspace_in_class);
		else
			buf_fmt(&t->out, "[%s%s]", c == 's' ? "" : "^", space_in_class);
		return true;
	case 'b':
		buf_puts(&t->out, in_class ? "\\x08" : "\\b");
		return true;
	case 'B':
	case 'k':
		if (in_class)
			return refuse(t, "\\B and \\k do not stand in a class");
		if (c == 'k')
			return group_reference(t);
		buf_puts(&t->out, "\\B");
		return true;
	case 'c':
		if (peek(t, 0) < 0 || !isalpha(peek(t, 0)))
			return refuse(t, "\\c needs a letter");
		buf_fmt(&t->out, "\\x%02x", (unsigned)peek(t, 0) & 31u);
		t->i++;
		return true;
	case 'x':
		if (!hex_at(t, 0, 2, &v))
			return refuse(t, "\\x needs two hexadecimal digits");
		t->i += 2;
		buf_fmt(&t->out, "\\x%02x", v);
		return true;
	case 'u':
		return unicode_escape(t);
	case 'p':
	case 'P':
		return property(t, (char)c);
	case '0':
		if (peek(t, 0) >= 0 && isdigit(peek(t, 0)))
			return refuse(t, "octal escapes are not ECMA-262");
		buf_puts(&t->out, "\\x00");
		return true;
	default:
		break;
	}
	if (isdigit(c) && !in_class) {
		buf_fmt(&t->out, "(?:\\%c", c);
		while (peek(t, 0) >= 0 && isdigit(peek(t, 0)))
			buf_putc(&t->out, t->in.p[t->i++]);
		buf_putc(&t->out, ')');
		return true;
	}
	if (isalnum(c) || c >= 0x80)
		return refuse(t, "unknown escape");
	buf_fmt(&t->out, "\\%c", c);
	return true;
}

static bool class(struct translator *t)
{
	t->i++;
	bool negated = peek(t, 0) == '^';
	t->i += negated;
	if (peek(t, 0) == ']') { /* [] matches nothing, [^] everything */
		t->i++;
		buf_puts(&t->out, negated ? "(?s:.)" : "(?!)");
		return true;
	}
	buf_puts(&t->out, negated ? "[^" : "[");
	while (peek(t, 0) != ']') {
		int c = peek(t, 0);
		if (c < 0)
			return refuse(t, "a class is not closed");
		if (c == '\\') {
			if (!escape(t, true))
				return false;
			continue;
		}
		if (c == '[')
			buf_putc(&t->out, '\\');
		buf_putc(&t->out, (char)c);
		t->i++;
	}
	buf_putc(&t->out, ']');
	t->i++;
	return true;
}

static bool group(struct translator *t)
{
	if (peek(t, 1) == '*')
		return refuse(t, "nothing to repeat");
	if (peek(t, 1) != '?') {
		buf_putc(&t->out, '(');
		t->i++;
		return true;
	}
	int c = peek(t, 2), d = peek(t, 3);
	bool look = c == '=' || c == '!' || (c == '<' && (d == '=' || d == '!'));
	bool named = c == '<' && d >= 0 && (isalpha(d) || d == '_' || d == '$');
	if (c != ':' && !look && !named)
		return refuse(t, "a group that ECMA-262 does not have");
	buf_puts(&t->out, "(?");
	t->i += 2;
	return true;
}

static bool quantifier(struct translator *t)
{
	int c = peek(t, 0);
	if (c == '{') {
		size_t k = 1;
		while (peek(t, k) >= 0 && (isdigit(peek(t, k)) || peek(t, k) == ','))
			k++;
		if (peek(t, k) != '}' || !isdigit(peek(t, 1))) {
			buf_puts(&t->out, "\\{");
			t->i++;
			return true;
		}
		buf_put(&t->out, str_sub(t->in, t->i, t->i + k + 1));
		t->i += k + 1;
	} else {
		buf_putc(&t->out, (char)c);
		t->i++;
	}
	if (peek(t, 0) == '?') {
		buf_putc(&t->out, '?');
		t->i++;
	}
	if (peek(t, 0) == '+' || peek(t, 0) == '*' || peek(t, 0) == '?')
		return refuse(t, "nothing to repeat");
	return true;
}

static bool translate(struct translator *t)
{
	while (t->i < t->in.n) {
		bool fine = true;
		switch (t->in.p[t->i]) {
		case '\\':
			fine = escape(t, false);
			break;
		case '[':
			fine = class(t);
			break;
		case '(':
			fine = group(t);
			break;
		case '*':
		case '+':
		case '?':
		case '{':
			fine = quantifier(t);
			break;
		case '.':
			buf_puts(&t->out, "[^\\n\\r\\x{2028}\\x{2029}]");
			t->i++;
			break;
		default:
			buf_putc(&t->out, t->in.p[t->i++]);
		}
		if (!fine)
			return false;
	}
	return !t->out.over || refuse(t, "the pattern is too long");
}

/* ---- compiling and matching ---- */

struct pattern *pattern_compile(arena *a, str source, str *what, size_t *at)
{
	struct translator t = {.a = a, .in = source, .out = buf_make(a, PATTERN_MAX_BYTES)};
	if (!translate(&t)) {
		*what = str_of(t.what);
		*at = t.i;
		return NULL;
	}
	pcre2_general_context *memory = pcre2_general_context_create(from_arena, to_arena, a);
	pcre2_compile_context *context = pcre2_compile_context_create(memory);
	pcre2_set_parens_nest_limit(context, 100);
	int code;
	PCRE2_SIZE offset;
	str text = buf_str(&t.out);
	struct pattern *p = NEW(a, struct pattern);
	p->code = pcre2_compile((PCRE2_SPTR)(text.p ? text.p : ""), text.n,
	                        PCRE2_UTF | PCRE2_DOLLAR_ENDONLY | PCRE2_MATCH_UNSET_BACKREF |
	                            PCRE2_NEVER_UCP | PCRE2_NEVER_BACKSLASH_C,
	                        &code, &offset, context);
	if (p->code)
		return p;
	char message[160];
	pcre2_get_error_message(code, (PCRE2_UCHAR *)message, sizeof message);
	*what = str_dup(a, str_of(message));
	*at = offset < source.n ? offset : source.n;
	return NULL;
}

bool pattern_valid(arena *scratch, str source)
{
	arena_mark mark = arena_save(scratch);
	str what;
	size_t at;
	bool valid = pattern_compile(scratch, source, &what, &at) != NULL;
	arena_rewind(scratch, mark);
	return valid;
}

struct matcher *matcher_make(arena *a)
{
	struct matcher *m = NEW(a, struct matcher);
	pcre2_general_context *memory = pcre2_general_context_create(from_arena, to_arena, a);
	m->limits = pcre2_match_context_create(memory);
	pcre2_set_match_limit(m->limits, PATTERN_MATCH_LIMIT);
	pcre2_set_depth_limit(m->limits, PATTERN_DEPTH_LIMIT);
	pcre2_set_heap_limit(m->limits, PATTERN_HEAP_KIB);
	m->data = pcre2_match_data_create(1, memory);
	return m;
}

enum pattern_answer pattern_match(const struct pattern *p, struct matcher *m, str subject)
{
	int rc = pcre2_match(p->code, (PCRE2_SPTR)(subject.p ? subject.p : ""), subject.n, 0, 0,
	                     m->data, m->limits);
	if (rc >= 0)
		return PATTERN_YES;
	if (rc == PCRE2_ERROR_MATCHLIMIT || rc == PCRE2_ERROR_DEPTHLIMIT || rc == PCRE2_ERROR_HEAPLIMIT)
		return PATTERN_LIMIT;
	return PATTERN_NO;
}
