#include "engine/feel/scan.h"
#include "base/utf8.h"

#include <string.h>

/* Characters, words and names of FEEL text, and the scope that names are known in. */

/* --- characters ------------------------------------------------------------------ */

void scan_place(struct parser *p, size_t at, uint32_t *line, uint32_t *col)
{
	if (!p->seen_line || at < p->seen_at) {
		p->seen_at = 0;
		p->seen_line = p->s->line;
		p->seen_col = p->s->col;
	}
	for (; p->seen_at < at && p->seen_at < p->text.n; p->seen_at++) {
		if (p->text.p[p->seen_at] == '\n') {
			p->seen_line++;
			p->seen_col = 1;
		} else {
			p->seen_col++;
		}
	}
	*line = p->seen_line;
	*col = p->seen_col;
}

/* What mends it, by what is wrong. */
static str general_hint(const char *what)
{
	static const struct {
		const char *what, *hint;
	} known[] = {
	    {"unexpected end", "something is still to come: a value, or what closes a bracket"},
	    {"unexpected text", "an operator is missing, or a name of several words is not known here"},
	    {"expected 'then'", "if CONDITION then VALUE else VALUE"},
	    {"expected 'else'", "if CONDITION then VALUE else VALUE"},
	    {"expected 'in'", "for NAME in LIST return VALUE; some NAME in LIST satisfies CONDITION"},
	    {"expected 'return'",
	     "for NAME in LIST return VALUE; some NAME in LIST satisfies CONDITION"},
	    {"expected 'and'", "VALUE between LOW and HIGH"},
	    {"expected the end of the range", "[1..10] with both ends, (1..10) without them"},
	    {"a string without its end", "close it with a double quote; one within is written \\\""},
	    {"a type nobody defined", "number, string, boolean, date .. or an item definition's name"},
	    {"expected a name after '.'", "a member's name follows the dot"},
	    {"a character that does not exist", "\\u and 4 or \\U and 6 hexadecimal digits"},
	    {"named and positional", "name all arguments, or none"},
	    {"nested too deeply", "give parts of it names of their own, in a context"}};
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (str_starts(str_of(what), str_of(known[i].what)))
			return str_of(known[i].hint);
	return (str){0};
}

/* What people bring from other languages. */
static str hint_for(const struct parser *p, const char *what)
{
	static const struct {
		const char *seen, *hint;
	} known[] = {{"==", "FEEL compares with a single ="},
	             {"&&", "FEEL writes 'and'"},
	             {"||", "FEEL writes 'or'"},
	             {"'", "strings stand in double quotes"},
	             {"!", "FEEL writes 'not(...)', and != for unequal"},
	             {"%", "FEEL writes modulo(x, y)"},
	             {"^", "FEEL writes ** for powers"},
	             {"<>", "FEEL writes != for unequal"},
	             {"=<", "FEEL writes <="},
	             {"=>", "FEEL writes >="},
	             {";", "parts are separated by commas"}};
	str rest = str_trim(str_sub(p->text, p->at, p->text.n));
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (str_starts(rest, str_of(known[i].seen)))
			return str_of(known[i].hint);
	if (p->at > 0 && str_starts(rest, STR("=")) && p->text.p[p->at - 1] == '=')
		return str_of(known[0].hint);
	return general_hint(what);
}

struct node *scan_fail(struct parser *p, const char *what)
{
	if (!p->failed) {
		uint32_t line, col;
		scan_place(p, p->at, &line, &col);
		struct diag *g =
		    p->s->d ? diags_add(p->s->d, DIAG_ERROR, "feel.syntax", line, col, "%s in '%.*s'", what,
		                        (int)(p->text.n > 200 ? 200 : p->text.n), p->text.p)
		            : NULL;
		if (g)
			g->hint = hint_for(p, what);
	}
	p->failed = true;
	return NULL;
}

static bool scan_is_space(uint32_t c)
{
	return c == ' ' || (c >= 9 && c <= 13) || c == 0x85 || c == 0xA0 || c == 0x1680 ||
	       (c >= 0x2000 && c <= 0x200B) || c == 0x2028 || c == 0x2029 || c == 0x202F ||
	       c == 0x205F || c == 0x3000 || c == 0xFEFF || c == 0x180E;
}

bool scan_is_digit(uint32_t c)
{
	return c >= '0' && c <= '9';
}

bool scan_is_start(uint32_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '?' ||
	       (c >= 0xC0 && c != 0xD7 && c != 0xF7 && c != UTF8_BAD && !scan_is_space(c) &&
	        !(c >= 0x2010 && c <= 0x206F && c != 0x203F) && !(c >= 0xD800 && c <= 0xDFFF));
}

static bool scan_is_part(uint32_t c)
{
	return scan_is_start(c) || scan_is_digit(c) || c == 0xB7 || (c >= 0x300 && c <= 0x36F) ||
	       c == 0x203F || c == 0x2040;
}

uint32_t scan_peek(struct parser *p, size_t at, size_t *len)
{
	if (at >= p->text.n) {
		*len = 0;
		return 0;
	}
	str rest = {p->text.p + at, p->text.n - at};
	uint32_t c = utf8_next(&rest);
	*len = (size_t)(rest.p - (p->text.p + at));
	return c;
}

void scan_space(struct parser *p)
{
	for (;;) {
		size_t len;
		uint32_t c = scan_peek(p, p->at, &len);
		if (len && scan_is_space(c)) {
			p->at += len;
		} else if (c == '/' && p->at + 1 < p->text.n && p->text.p[p->at + 1] == '/') {
			while (p->at < p->text.n && p->text.p[p->at] != '\n')
				p->at++;
		} else if (c == '/' && p->at + 1 < p->text.n && p->text.p[p->at + 1] == '*') {
			p->at += 2;
			while (p->at + 1 < p->text.n &&
			       !(p->text.p[p->at] == '*' && p->text.p[p->at + 1] == '/'))
				p->at++;
			p->at = p->at + 2 > p->text.n ? p->text.n : p->at + 2;
		} else {
			return;
		}
	}
}

char scan_look(struct parser *p)
{
	scan_space(p);
	return p->at < p->text.n ? p->text.p[p->at] : 0;
}

bool scan_sees(struct parser *p, const char *sign)
{
	scan_space(p);
	size_t n = strlen(sign);
	return p->text.n - p->at >= n && memcmp(p->text.p + p->at, sign, n) == 0;
}

bool scan_take(struct parser *p, const char *sign)
{
	if (!scan_sees(p, sign))
		return false;
	p->at += strlen(sign);
	return true;
}

bool scan_need(struct parser *p, const char *sign)
{
	if (scan_take(p, sign))
		return true;
	char what[64] = "expected '";
	strncat(what, sign, 20);
	strncat(what, "'", 2);
	scan_fail(p, what);
	return false;
}

/* A keyword of one or more words, any white space between them. Returns where
 * it ends, or 0. */
size_t scan_word_end(struct parser *p, const char *words)
{
	scan_space(p);
	size_t keep = p->at, at = p->at, len;
	for (const char *w = words; *w;) {
		size_t n = strcspn(w, " ");
		if (p->text.n - at < n || memcmp(p->text.p + at, w, n) != 0)
			return 0;
		at += n;
		w += n;
		if (*w == ' ') {
			w++;
			p->at = at;
			scan_space(p);
			bool moved = p->at > at;
			at = p->at;
			p->at = keep;
			if (!moved)
				return 0;
		}
	}
	uint32_t c = scan_peek(p, at, &len);
	return len && scan_is_part(c) ? 0 : at;
}

bool scan_word(struct parser *p, const char *words)
{
	size_t end = scan_word_end(p, words);
	if (!end)
		return false;
	p->at = end;
	return true;
}

/* --- names ------------------------------------------------------------------------ */

/* Does the text at the cursor spell this name (white space is free where the
 * name has some)? Returns where it ends, or 0. */
static size_t spelled(struct parser *p, str name)
{
	size_t at = p->at, i = 0, len;
	while (i < name.n) {
		bool gap = false;
		while (at < p->text.n && i > 0) {
			uint32_t c = scan_peek(p, at, &len);
			if (!scan_is_space(c))
				break;
			gap = true;
			at += len;
		}
		bool want = name.p[i] == ' ';
		if (want) {
			i++;
			uint32_t next = i < name.n ? (uint8_t)name.p[i] : 0;
			uint32_t before = i > 1 ? (uint8_t)name.p[i - 2] : 0;
			if (!gap && (scan_is_part(next) || next >= 0x80) &&
			    (scan_is_part(before) || before >= 0x80))
				return 0;
		} else if (gap) {
			uint32_t next = (uint8_t)name.p[i], before = (uint8_t)name.p[i - 1];
			if ((scan_is_part(next) || next >= 0x80) && (scan_is_part(before) || before >= 0x80))
				return 0;
		}
		if (at >= p->text.n || p->text.p[at] != name.p[i])
			return 0;
		at++;
		i++;
	}
	uint32_t c = scan_peek(p, at, &len), last = (uint8_t)name.p[name.n - 1];
	if (len && scan_is_part(c) && (scan_is_part(last) || last >= 0x80))
		return 0;
	return at;
}

static bool simple_name(str n)
{
	str rest = n;
	bool first = true;
	while (rest.n) {
		uint32_t c = utf8_next(&rest);
		if (first ? !scan_is_start(c) : !scan_is_part(c))
			return false;
		first = false;
	}
	return n.n > 0;
}

/* One space between words, none around. */
static str normal_name(arena *a, str name)
{
	char *out = NEWN(a, char, name.n + 1);
	size_t n = 0;
	bool gap = false;
	for (str rest = name; rest.n;) {
		const char *from = rest.p;
		uint32_t c = utf8_next(&rest);
		if (scan_is_space(c)) {
			gap = n > 0;
			continue;
		}
		if (gap)
			out[n++] = ' ';
		gap = false;
		memcpy(out + n, from, (size_t)(rest.p - from));
		n += (size_t)(rest.p - from);
	}
	return (str){out, n};
}

void scope_learn(struct scope *s, str name)
{
	if (name.n == 0 || simple_name(name))
		return;
	name = normal_name(s->a, name);
	for (size_t i = 0; i < s->n_words; i++)
		if (str_eq(s->words[i], name))
			return;
	if (s->n_words == s->cap_words) {
		size_t cap = s->cap_words ? s->cap_words * 2 : 16;
		str *w = NEWN(s->a, str, cap);
		if (s->n_words)
			memcpy(w, s->words, s->n_words * sizeof *w);
		s->words = w;
		s->cap_words = cap;
	}
	s->words[s->n_words++] = name;
}

static void push_bind(struct scope *s, enum bind_kind kind, str name, uint32_t slot)
{
	struct bind *b = NEW(s->a, struct bind);
	*b = (struct bind){kind, normal_name(s->a, name), slot, s->top};
	s->top = b;
	scope_learn(s, name);
}

uint32_t scope_local(struct scope *s, str name)
{
	uint32_t slot = s->n_slots++;
	push_bind(s, BIND_LOCAL, name, slot);
	return slot;
}

void scope_global(struct scope *s, str name, uint32_t number)
{
	push_bind(s, BIND_GLOBAL, name, number);
}

static bool reserved(str w)
{
	static const char *const words[] = {
	    "if",  "then", "else",    "for",      "in",   "return", "some", "every",   "satisfies",
	    "and", "or",   "between", "instance", "true", "false",  "null", "function"};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (str_eq(w, str_of(words[i])))
			return true;
	return false;
}

static bool bound(const struct scope *s, str name)
{
	const struct bind *b = s->top;
	while (b && (b->kind == BIND_ITEM || !str_eq(b->name, name)))
		b = b->next;
	return b != NULL;
}

/* A name with a sign in it ("a-b", "Person.Name") that is known, but not from
 * this scope, gives way to what its first word means here. */
static bool gives_way(struct parser *p, str w)
{
	size_t n = 0;
	while (n < w.n && !strchr("./-'+*", w.p[n]))
		n++;
	return n < w.n && !bound(p->s, w) && bound(p->s, str_trim(str_sub(w, 0, n)));
}

/* The longest known name at the cursor, or a single word. Empty if none. */
str scan_name(struct parser *p, bool keywords)
{
	scan_space(p);
	size_t len, best = 0;
	str found = {0};
	for (size_t i = 0; i < p->s->n_words; i++) {
		str w = p->s->words[i];
		if (p->at < p->text.n && w.p[0] == p->text.p[p->at]) {
			size_t end = spelled(p, w);
			if (end > best && (keywords || !gives_way(p, w))) {
				best = end;
				found = w;
			}
		}
	}
	size_t n;
	const struct builtin *b = builtin_all(&n);
	for (size_t i = 0; i < n; i++) {
		if (b[i].name.p[0] != (p->at < p->text.n ? p->text.p[p->at] : 0) ||
		    str_chr(b[i].name, ' ') < 0)
			continue;
		size_t end = spelled(p, b[i].name);
		if (end > best) {
			best = end;
			found = b[i].name;
		}
	}
	uint32_t c = scan_peek(p, p->at, &len);
	size_t at = p->at;
	if (len && scan_is_start(c)) {
		do {
			at += len;
			c = scan_peek(p, at, &len);
		} while (len && scan_is_part(c));
		str w = str_sub(p->text, p->at, at);
		if (!best && !keywords && reserved(w))
			return (str){0};
		if (at > best) {
			best = at;
			found = w;
		}
	}
	if (best)
		p->at = best;
	return found;
}

/* A name being declared ("for loan amount in"): words up to one of the stops. */
str scan_declared(struct parser *p, const char *stop_word, const char *stop_signs)
{
	scan_space(p);
	size_t from = p->at, len;
	while (p->at < p->text.n) {
		size_t keep = p->at;
		scan_space(p);
		uint32_t c = scan_peek(p, p->at, &len);
		if (p->at > from && p->at > keep && stop_word && scan_word_end(p, stop_word))
			break;
		if (len == 0 || (c < 128 && strchr(stop_signs, (int)c)))
			break;
		if (scan_is_part(c)) {
			while (len && scan_is_part(c)) {
				p->at += len;
				c = scan_peek(p, p->at, &len);
			}
		} else if (strchr("./-'+*", (int)c) && c < 128) {
			p->at++;
		} else {
			break;
		}
	}
	return normal_name(p->s->a, str_sub(p->text, from, p->at));
}

/* --- literals -------------------------------------------------------------------------- */

struct node *scan_number(struct parser *p)
{
	size_t from = p->at;
	while (p->at < p->text.n && scan_is_digit((uint8_t)p->text.p[p->at]))
		p->at++;
	if (p->at + 1 < p->text.n && p->text.p[p->at] == '.' &&
	    scan_is_digit((uint8_t)p->text.p[p->at + 1])) {
		p->at++;
		while (p->at < p->text.n && scan_is_digit((uint8_t)p->text.p[p->at]))
			p->at++;
	}
	size_t e = p->at;
	if (e < p->text.n && (p->text.p[e] == 'e' || p->text.p[e] == 'E')) {
		e++;
		if (e < p->text.n && (p->text.p[e] == '+' || p->text.p[e] == '-'))
			e++;
		if (e < p->text.n && scan_is_digit((uint8_t)p->text.p[e])) {
			while (e < p->text.n && scan_is_digit((uint8_t)p->text.p[e]))
				e++;
			p->at = e;
		}
	}
	decimal d;
	if (!dec_parse(str_sub(p->text, from, p->at), &d))
		return scan_fail(p, "a number that is out of range");
	return feel_node_const(p->s->a, feel_number(d));
}

static bool hex4(str s, size_t at, size_t n, uint32_t *out)
{
	uint32_t v = 0;
	if (at + n > s.n)
		return false;
	for (size_t i = 0; i < n; i++) {
		char c = s.p[at + i];
		int d = c >= '0' && c <= '9'   ? c - '0'
		        : c >= 'a' && c <= 'f' ? c - 'a' + 10
		        : c >= 'A' && c <= 'F' ? c - 'A' + 10
		                               : -1;
		if (d < 0)
			return false;
		v = v * 16 + (uint32_t)d;
	}
	*out = v;
	return true;
}

static bool escape(struct parser *p, buf *b)
{
	static const char from[] = "nrt\"'\\", to[] = "\n\r\t\"'\\";
	char c = p->at < p->text.n ? p->text.p[p->at] : 0;
	const char *hit = c ? strchr(from, c) : NULL;
	uint32_t u, low;
	if (hit) {
		buf_putc(b, to[hit - from]);
		p->at++;
		return true;
	}
	size_t digits = c == 'u' ? 4 : c == 'U' ? 6 : 0;
	if (!digits || !hex4(p->text, p->at + 1, digits, &u)) {
		buf_putc(b, '\\'); /* not an escape: stays as it is */
		return true;
	}
	p->at += 1 + digits;
	if (u >= 0xD800 && u < 0xDC00 && p->at + 1 < p->text.n && p->text.p[p->at] == '\\' &&
	    p->text.p[p->at + 1] == 'u' && hex4(p->text, p->at + 2, 4, &low) && low >= 0xDC00 &&
	    low < 0xE000) {
		u = 0x10000 + ((u - 0xD800) << 10) + (low - 0xDC00);
		p->at += 6;
	}
	if ((u >= 0xD800 && u < 0xE000) || u > 0x10FFFF)
		return false;
	char out[4];
	buf_put(b, (str){out, utf8_encode(u, out)});
	return true;
}

bool scan_string(struct parser *p, str *out)
{
	buf b = buf_make(p->s->a, p->text.n + 8);
	p->at++;
	while (p->at < p->text.n && p->text.p[p->at] != '"') {
		char c = p->text.p[p->at++];
		if (c != '\\')
			buf_putc(&b, c);
		else if (!escape(p, &b))
			return scan_fail(p, "a character that does not exist") != NULL;
	}
	if (p->at >= p->text.n)
		return scan_fail(p, "a string without its end") != NULL;
	p->at++;
	*out = str_dup(p->s->a, buf_str(&b));
	return true;
}
