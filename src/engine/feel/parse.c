#include "base/utf8.h"
#include "engine/feel/node.h"

#include <string.h>

/* Scannerless recursive descent: whether "a - b" is one name or a subtraction
 * depends on the names in scope, so there are no tokens before the scope is
 * known. One parser serves one text. */
struct parser {
	struct scope *s;
	str text;
	size_t at;
	bool failed;
	bool range_end;        /* what is being read ends a range: "[" may close it */
	const uint32_t *input; /* slot of "?", if there is one */
};

enum { ARGS_MAX = 256 };

static struct node *expression(struct parser *p);
static struct node *additive(struct parser *p);
static struct node *tests(struct parser *p);

static void place_of(struct parser *p, size_t at, uint32_t *line, uint32_t *col)
{
	*line = p->s->line;
	*col = p->s->col;
	for (size_t i = 0; i < at && i < p->text.n; i++) {
		if (p->text.p[i] == '\n') {
			(*line)++;
			*col = 1;
		} else {
			(*col)++;
		}
	}
}

static struct node *fail(struct parser *p, const char *what)
{
	if (!p->failed) {
		uint32_t line, col;
		place_of(p, p->at, &line, &col);
		if (p->s->d)
			diags_add(p->s->d, DIAG_ERROR, "feel.syntax", line, col, "%s in '%.*s'", what,
			          (int)(p->text.n > 200 ? 200 : p->text.n), p->text.p);
	}
	p->failed = true;
	return NULL;
}

/* --- characters ------------------------------------------------------------------ */

static bool is_space(uint32_t c)
{
	return c == ' ' || (c >= 9 && c <= 13) || c == 0x85 || c == 0xA0 || c == 0x1680 ||
	       (c >= 0x2000 && c <= 0x200B) || c == 0x2028 || c == 0x2029 || c == 0x202F ||
	       c == 0x205F || c == 0x3000 || c == 0xFEFF || c == 0x180E;
}

static bool is_digit(uint32_t c)
{
	return c >= '0' && c <= '9';
}

static bool is_start(uint32_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '?' ||
	       (c >= 0xC0 && c != 0xD7 && c != 0xF7 && c != UTF8_BAD && !is_space(c) &&
	        !(c >= 0x2010 && c <= 0x206F && c != 0x203F) && !(c >= 0xD800 && c <= 0xDFFF));
}

static bool is_part(uint32_t c)
{
	return is_start(c) || is_digit(c) || c == 0xB7 || (c >= 0x300 && c <= 0x36F) || c == 0x203F ||
	       c == 0x2040;
}

static uint32_t peek_at(struct parser *p, size_t at, size_t *len)
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

static void skip_space(struct parser *p)
{
	for (;;) {
		size_t len;
		uint32_t c = peek_at(p, p->at, &len);
		if (len && is_space(c)) {
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

static char look(struct parser *p)
{
	skip_space(p);
	return p->at < p->text.n ? p->text.p[p->at] : 0;
}

static bool sees(struct parser *p, const char *sign)
{
	skip_space(p);
	size_t n = strlen(sign);
	return p->text.n - p->at >= n && memcmp(p->text.p + p->at, sign, n) == 0;
}

static bool take(struct parser *p, const char *sign)
{
	if (!sees(p, sign))
		return false;
	p->at += strlen(sign);
	return true;
}

static bool need(struct parser *p, const char *sign)
{
	if (take(p, sign))
		return true;
	char what[64] = "expected '";
	strncat(what, sign, 20);
	strncat(what, "'", 2);
	fail(p, what);
	return false;
}

/* A keyword of one or more words, any white space between them. Returns where
 * it ends, or 0. */
static size_t word_end(struct parser *p, const char *words)
{
	skip_space(p);
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
			skip_space(p);
			bool moved = p->at > at;
			at = p->at;
			p->at = keep;
			if (!moved)
				return 0;
		}
	}
	uint32_t c = peek_at(p, at, &len);
	return len && is_part(c) ? 0 : at;
}

static bool take_word(struct parser *p, const char *words)
{
	size_t end = word_end(p, words);
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
			uint32_t c = peek_at(p, at, &len);
			if (!is_space(c))
				break;
			gap = true;
			at += len;
		}
		bool want = name.p[i] == ' ';
		if (want) {
			i++;
			uint32_t next = i < name.n ? (uint8_t)name.p[i] : 0;
			uint32_t before = i > 1 ? (uint8_t)name.p[i - 2] : 0;
			if (!gap && (is_part(next) || next >= 0x80) && (is_part(before) || before >= 0x80))
				return 0;
		} else if (gap) {
			uint32_t next = (uint8_t)name.p[i], before = (uint8_t)name.p[i - 1];
			if ((is_part(next) || next >= 0x80) && (is_part(before) || before >= 0x80))
				return 0;
		}
		if (at >= p->text.n || p->text.p[at] != name.p[i])
			return 0;
		at++;
		i++;
	}
	uint32_t c = peek_at(p, at, &len), last = (uint8_t)name.p[name.n - 1];
	if (len && is_part(c) && (is_part(last) || last >= 0x80))
		return 0;
	return at;
}

static bool simple_name(str n)
{
	str rest = n;
	bool first = true;
	while (rest.n) {
		uint32_t c = utf8_next(&rest);
		if (first ? !is_start(c) : !is_part(c))
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
		if (is_space(c)) {
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
static str name_at(struct parser *p, bool keywords)
{
	skip_space(p);
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
	uint32_t c = peek_at(p, p->at, &len);
	size_t at = p->at;
	if (len && is_start(c)) {
		do {
			at += len;
			c = peek_at(p, at, &len);
		} while (len && is_part(c));
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
static str declared(struct parser *p, const char *stop_word, const char *stop_signs)
{
	skip_space(p);
	size_t from = p->at, len;
	while (p->at < p->text.n) {
		size_t keep = p->at;
		skip_space(p);
		uint32_t c = peek_at(p, p->at, &len);
		if (p->at > from && p->at > keep && stop_word && word_end(p, stop_word))
			break;
		if (len == 0 || (c < 128 && strchr(stop_signs, (int)c)))
			break;
		if (is_part(c)) {
			while (len && is_part(c)) {
				p->at += len;
				c = peek_at(p, p->at, &len);
			}
		} else if (strchr("./-'+*", (int)c) && c < 128) {
			p->at++;
		} else {
			break;
		}
	}
	return normal_name(p->s->a, str_sub(p->text, from, p->at));
}

/* --- nodes -------------------------------------------------------------------------- */

struct node *feel_node_new(arena *a, node_eval eval, size_t kids)
{
	struct node *n = NEW(a, struct node);
	n->eval = eval;
	n->n = (uint32_t)kids;
	n->kid = kids ? NEWN(a, struct node *, kids) : NULL;
	return n;
}

struct node *feel_node_const(arena *a, feel_value v)
{
	struct node *n = feel_node_new(a, eval_const, 0);
	n->value = v;
	return n;
}

struct node *feel_node_global(arena *a, str name, uint32_t number)
{
	struct node *n = feel_node_new(a, eval_global, 0);
	n->name = name;
	n->slot = number;
	return n;
}

struct node *feel_node_local(arena *a, str name, uint32_t slot)
{
	struct node *n = feel_node_new(a, eval_local, 0);
	n->name = name;
	n->slot = slot;
	return n;
}

static struct node *make(struct parser *p, node_eval eval, size_t kids)
{
	struct node *n = feel_node_new(p->s->a, eval, kids);
	place_of(p, p->at, &n->line, &n->col);
	return n;
}

static struct node *two(struct parser *p, node_eval eval, uint32_t op, struct node *x,
                        struct node *y)
{
	if (!x || !y)
		return NULL;
	struct node *n = make(p, eval, 2);
	n->slot = op;
	n->kid[0] = x;
	n->kid[1] = y;
	n->uses_input = x->uses_input || y->uses_input;
	return n;
}

static uint32_t free_name(struct scope *s, str name)
{
	for (size_t i = 0; i < s->n_free; i++)
		if (str_eq(s->free[i], name))
			return (uint32_t)i;
	if (s->n_free == s->cap_free) {
		size_t cap = s->cap_free ? s->cap_free * 2 : 8;
		str *f = NEWN(s->a, str, cap);
		if (s->n_free)
			memcpy(f, s->free, s->n_free * sizeof *f);
		s->free = f;
		s->cap_free = cap;
	}
	s->free[s->n_free] = str_dup(s->a, name);
	return (uint32_t)s->n_free++;
}

/* What a name means here: a local, a global, or (inside a filter) perhaps a
 * member of the item, which only the evaluation can tell. */
struct node *feel_node_name(struct scope *s, str name)
{
	uint32_t items[FEEL_MAX_NEST];
	uint32_t n_items = 0;
	struct node *plain = NULL;
	for (const struct bind *b = s->top; b && !plain; b = b->next) {
		if (b->kind == BIND_ITEM && n_items < FEEL_MAX_NEST)
			items[n_items++] = b->slot;
		else if (b->kind != BIND_ITEM && str_eq(b->name, name))
			plain = b->kind == BIND_LOCAL ? feel_node_local(s->a, name, b->slot)
			                              : feel_node_global(s->a, name, b->slot);
	}
	size_t rows;
	const struct builtin *bi = plain || scope_declared(s, name) ? NULL : builtin_find(name, &rows);
	if (bi) {
		struct feel_function *f = NEW(s->a, struct feel_function);
		f->builtin = bi;
		plain = feel_node_const(s->a, (feel_value){.kind = FEEL_FUNCTION, .fn = f});
	}
	if (!plain && s->open) {
		plain = feel_node_global(s->a, name, free_name(s, name));
	} else if (!plain) {
		plain = feel_node_new(s->a, eval_unknown, 0);
		plain->name = str_dup(s->a, name);
	}
	if (!n_items)
		return plain;
	struct node *n = feel_node_new(s->a, eval_name, 1);
	uint32_t *slots = NEWN(s->a, uint32_t, n_items);
	memcpy(slots, items, n_items * sizeof *slots);
	n->slots = slots;
	n->slot = n_items;
	n->name = str_dup(s->a, name);
	n->kid[0] = plain;
	return n;
}

/* --- literals -------------------------------------------------------------------------- */

static struct node *number(struct parser *p)
{
	size_t from = p->at;
	while (p->at < p->text.n && is_digit((uint8_t)p->text.p[p->at]))
		p->at++;
	if (p->at + 1 < p->text.n && p->text.p[p->at] == '.' &&
	    is_digit((uint8_t)p->text.p[p->at + 1])) {
		p->at++;
		while (p->at < p->text.n && is_digit((uint8_t)p->text.p[p->at]))
			p->at++;
	}
	size_t e = p->at;
	if (e < p->text.n && (p->text.p[e] == 'e' || p->text.p[e] == 'E')) {
		e++;
		if (e < p->text.n && (p->text.p[e] == '+' || p->text.p[e] == '-'))
			e++;
		if (e < p->text.n && is_digit((uint8_t)p->text.p[e])) {
			while (e < p->text.n && is_digit((uint8_t)p->text.p[e]))
				e++;
			p->at = e;
		}
	}
	decimal d;
	if (!dec_parse(str_sub(p->text, from, p->at), &d))
		return fail(p, "a number that is out of range");
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

static bool string_text(struct parser *p, str *out)
{
	buf b = buf_make(p->s->a, p->text.n + 8);
	p->at++;
	while (p->at < p->text.n && p->text.p[p->at] != '"') {
		char c = p->text.p[p->at++];
		if (c != '\\')
			buf_putc(&b, c);
		else if (!escape(p, &b))
			return fail(p, "a character that does not exist") != NULL;
	}
	if (p->at >= p->text.n)
		return fail(p, "a string without its end") != NULL;
	p->at++;
	*out = str_dup(p->s->a, buf_str(&b));
	return true;
}

static feel_value eval_at(const struct node *n, struct env *e)
{
	return feel_parse_at(e, n->name);
}

/* --- types ------------------------------------------------------------------------------- */

static const struct feel_type *type_ref(struct parser *p);

static struct feel_type *new_type(struct parser *p, enum type_kind kind)
{
	struct feel_type *t = NEW(p->s->a, struct feel_type);
	t->kind = kind;
	return t;
}

static const struct feel_type *type_members(struct parser *p)
{
	struct feel_type *t = new_type(p, TYPE_CONTEXT);
	str *names = NEWN(p->s->a, str, ARGS_MAX);
	const struct feel_type **types = NEWN(p->s->a, const struct feel_type *, ARGS_MAX);
	if (take(p, ">"))
		return t;
	do {
		if (t->n == ARGS_MAX)
			return fail(p, "too many members"), NULL;
		names[t->n] = declared(p, NULL, ":,>");
		if (!need(p, ":"))
			return NULL;
		types[t->n++] = type_ref(p);
	} while (!p->failed && take(p, ","));
	t->names = names;
	t->types = types;
	return need(p, ">") ? t : NULL;
}

static const struct feel_type *type_function(struct parser *p)
{
	struct feel_type *t = new_type(p, TYPE_FUNCTION);
	const struct feel_type **types = NEWN(p->s->a, const struct feel_type *, ARGS_MAX);
	if (!take(p, ">")) {
		do {
			if (t->n == ARGS_MAX)
				return fail(p, "too many parameters"), NULL;
			types[t->n++] = type_ref(p);
		} while (!p->failed && take(p, ","));
		if (!need(p, ">"))
			return NULL;
	}
	if (!need(p, "->"))
		return NULL;
	t->types = types;
	t->of = type_ref(p);
	return t;
}

static const struct feel_type *type_named(struct parser *p)
{
	static const char *const known[] = {
	    "date and time",     "days and time duration", "years and months duration",
	    "day-time duration", "year-month duration",    "dayTimeDuration",
	    "yearMonthDuration"};
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (take_word(p, known[i]))
			return feel_type_builtin(str_of(known[i]));
	str name = name_at(p, true);
	if (!name.n) {
		fail(p, "expected a type");
		return NULL;
	}
	while (p->at < p->text.n && p->text.p[p->at] == '.') { /* of an import */
		p->at++;
		str member = name_at(p, true);
		name = str_fmt(p->s->a, "%.*s.%.*s", STRF(name), STRF(member));
	}
	const struct feel_type *t = p->s->find_type ? p->s->find_type(p->s->types, name) : NULL;
	if (!t)
		t = feel_type_builtin(name);
	if (!t)
		fail(p, "a type nobody defined");
	return t;
}

static const struct feel_type *type_ref(struct parser *p)
{
	if (++p->s->depth > FEEL_MAX_NEST)
		return fail(p, "nested too deeply"), NULL;
	const struct feel_type *t;
	size_t keep = p->at;
	enum type_kind kind = take_word(p, "list")    ? TYPE_LIST
	                      : take_word(p, "range") ? TYPE_RANGE
	                                              : TYPE_ANY;
	if (kind != TYPE_ANY && take(p, "<")) {
		struct feel_type *l = new_type(p, kind);
		l->of = type_ref(p);
		t = l->of && need(p, ">") ? l : NULL;
	} else {
		p->at = keep;
		if (take_word(p, "context") && take(p, "<")) {
			t = type_members(p);
		} else {
			p->at = keep;
			if (take_word(p, "function") && take(p, "<")) {
				t = type_function(p);
			} else {
				p->at = keep;
				t = type_named(p);
			}
		}
	}
	p->s->depth--;
	return t;
}

/* --- boxed and iterating expressions ------------------------------------------------------- */

static struct node *if_expression(struct parser *p)
{
	struct node *n = make(p, eval_if, 3);
	n->kid[0] = expression(p);
	if (p->failed || !take_word(p, "then"))
		return fail(p, "expected 'then'");
	n->kid[1] = expression(p);
	if (p->failed || !take_word(p, "else"))
		return fail(p, "expected 'else'");
	n->kid[2] = expression(p);
	if (p->failed)
		return NULL;
	n->uses_input = n->kid[0]->uses_input || n->kid[1]->uses_input || n->kid[2]->uses_input;
	return n;
}

/* "x in list, y in 1..n": kids are source, end of a span (or NULL), ..., body. */
static struct node *iteration(struct parser *p, node_eval eval, const char *body_word, bool every)
{
	enum { MAX = 32 };
	struct node *parts[2 * MAX];
	uint32_t slots[MAX + 1], n = 0;
	const struct bind *outer = p->s->top;
	do {
		if (n == MAX)
			return fail(p, "too many iterations in one expression");
		str name = declared(p, "in", ",:");
		if (!name.n || !take_word(p, "in"))
			return fail(p, "expected 'in'");
		parts[2 * n] = expression(p);
		parts[2 * n + 1] = !p->failed && take(p, "..") ? expression(p) : NULL;
		if (p->failed)
			return NULL;
		slots[n++] = scope_local(p->s, name);
	} while (take(p, ","));
	if (!take_word(p, body_word))
		return fail(p, "expected 'return' or 'satisfies'");
	slots[n] = scope_local(p->s, STR("partial"));
	struct node *out = make(p, eval, 2 * n + 1);
	memcpy(out->kid, parts, 2 * n * sizeof *parts);
	out->kid[2 * n] = expression(p);
	p->s->top = outer;
	uint32_t *kept = NEWN(p->s->a, uint32_t, n + 1);
	memcpy(kept, slots, (n + 1) * sizeof *slots);
	out->slots = kept;
	out->slot = n;
	out->flag = every;
	out->flag2 = eval == eval_for && str_find(p->text, STR("partial")) >= 0;
	for (uint32_t i = 0; !p->failed && i < out->n; i++)
		out->uses_input |= out->kid[i] && out->kid[i]->uses_input;
	return p->failed ? NULL : out;
}

static struct node *function_definition(struct parser *p)
{
	str names[ARGS_MAX];
	uint32_t slots[ARGS_MAX], n = 0;
	const struct feel_type *types[ARGS_MAX] = {0};
	const struct bind *outer = p->s->top;
	if (!need(p, "("))
		return NULL;
	if (!take(p, ")")) {
		do {
			if (n == ARGS_MAX)
				return fail(p, "too many parameters");
			names[n] = declared(p, NULL, ":,)");
			if (!names[n].n)
				return fail(p, "expected a parameter");
			types[n] = take(p, ":") ? type_ref(p) : NULL;
			n++;
		} while (!p->failed && take(p, ","));
		if (p->failed || !need(p, ")"))
			return NULL;
	}
	for (uint32_t i = 0; i < n; i++)
		slots[i] = scope_local(p->s, names[i]);
	if (take_word(p, "external"))
		return fail(p, "external functions (Java, PMML) are refused");
	struct node *f = make(p, eval_function, 1);
	f->kid[0] = expression(p);
	p->s->top = outer;
	struct feel_function *proto = NEW(p->s->a, struct feel_function);
	str *kept = NEWN(p->s->a, str, n);
	uint32_t *kept_slots = NEWN(p->s->a, uint32_t, n);
	const struct feel_type **kept_types = NEWN(p->s->a, const struct feel_type *, n);
	for (uint32_t i = 0; i < n; i++) {
		kept[i] = names[i];
		kept_slots[i] = slots[i];
		kept_types[i] = types[i];
	}
	*proto = (struct feel_function){.body = f->kid[0],
	                                .n_params = n,
	                                .params = kept,
	                                .param_slots = kept_slots,
	                                .types = kept_types};
	f->data = proto;
	return p->failed ? NULL : f;
}

static bool context_key(struct parser *p, str *key)
{
	if (look(p) == '"')
		return string_text(p, key);
	*key = declared(p, NULL, ":}");
	if (!key->n)
		fail(p, "expected a name");
	return key->n > 0;
}

static struct node *context_literal(struct parser *p)
{
	enum { STEP = 16 };
	size_t n = 0, cap = STEP;
	struct node **kids = NEWN(p->s->a, struct node *, cap);
	str *keys = NEWN(p->s->a, str, cap);
	uint32_t *slots = NEWN(p->s->a, uint32_t, cap);
	const struct bind *outer = p->s->top;
	bool input = false;
	if (!take(p, "}")) {
		do {
			if (n == cap) {
				struct node **k = NEWN(p->s->a, struct node *, cap * 2);
				str *s = NEWN(p->s->a, str, cap * 2);
				uint32_t *sl = NEWN(p->s->a, uint32_t, cap * 2);
				memcpy(k, kids, n * sizeof *k);
				memcpy(s, keys, n * sizeof *s);
				memcpy(sl, slots, n * sizeof *sl);
				kids = k, keys = s, slots = sl, cap *= 2;
			}
			if (!context_key(p, &keys[n]) || !need(p, ":"))
				return NULL;
			bool itself = word_end(p, "function") > 0; /* may call itself */
			if (itself)
				slots[n] = scope_local(p->s, keys[n]);
			kids[n] = expression(p);
			if (p->failed)
				return NULL;
			input |= kids[n]->uses_input;
			if (!itself)
				slots[n] = scope_local(p->s, keys[n]);
			n++;
		} while (take(p, ","));
		if (!need(p, "}"))
			return NULL;
	}
	p->s->top = outer;
	struct node *c = make(p, eval_context, 0);
	c->kid = kids;
	c->n = (uint32_t)n;
	c->names = keys;
	c->slots = slots;
	c->uses_input = input;
	return c;
}

/* --- ranges and lists ------------------------------------------------------------------------ */

static struct node *range_node(struct parser *p, struct node *lo, struct node *hi, bool lo_closed,
                               bool hi_closed)
{
	struct node *r = two(p, eval_range, 0, lo, hi);
	if (r) {
		r->flag = lo_closed;
		r->flag2 = hi_closed;
	}
	return r;
}

/* After "a ..": the other end and its bracket. */
static struct node *range_rest(struct parser *p, struct node *lo, bool lo_closed)
{
	bool outer = p->range_end;
	p->range_end = true;
	struct node *hi = additive(p);
	p->range_end = outer;
	if (p->failed)
		return NULL;
	char c = look(p);
	if (c != ']' && c != ')' && c != '[')
		return fail(p, "expected the end of the range");
	p->at++;
	return range_node(p, lo, hi, lo_closed, c == ']');
}

/* "(< 5)" and "< 5" as a range with one end. */
static struct node *unary_range(struct parser *p, bool equals)
{
	static const struct {
		const char *sign;
		bool lower, closed;
	} ops[] = {{"<=", false, true}, {">=", true, true}, {"<", false, false}, {">", true, false}};
	for (size_t i = 0; i < 4; i++) {
		if (!take(p, ops[i].sign))
			continue;
		struct node *end = additive(p);
		if (p->failed)
			return NULL;
		struct node *r = make(p, eval_range, 2);
		r->kid[ops[i].lower ? 0 : 1] = end;
		r->flag = ops[i].lower && ops[i].closed;
		r->flag2 = !ops[i].lower && ops[i].closed;
		r->uses_input = end->uses_input;
		return r;
	}
	enum feel_range_op op = !equals                          ? RANGE_ENDS
	                        : take(p, "!=")                  ? RANGE_UNEQUAL
	                        : !sees(p, "==") && take(p, "=") ? RANGE_EQUAL
	                                                         : RANGE_ENDS;
	if (op == RANGE_ENDS)
		return NULL;
	struct node *v = additive(p), *r = range_node(p, v, v, op == RANGE_EQUAL, op == RANGE_EQUAL);
	if (r)
		r->slot = op;
	return r;
}

static struct node *bracket(struct parser *p)
{
	size_t n = 0, cap = 8;
	struct node **kids = NEWN(p->s->a, struct node *, cap);
	bool input = false;
	if (!take(p, "]")) {
		do {
			if (n == cap) {
				struct node **k = NEWN(p->s->a, struct node *, cap * 2);
				memcpy(k, kids, n * sizeof *k);
				kids = k;
				cap *= 2;
			}
			kids[n] = expression(p);
			if (p->failed)
				return NULL;
			if (n == 0 && take(p, ".."))
				return range_rest(p, kids[0], true);
			input |= kids[n++]->uses_input;
		} while (take(p, ","));
		if (!need(p, "]"))
			return NULL;
	}
	struct node *l = make(p, eval_list, 0);
	l->kid = kids;
	l->n = (uint32_t)n;
	l->uses_input = input;
	return l;
}

static struct node *parenthesis(struct parser *p)
{
	char c = look(p);
	if (c == '<' || c == '>' || c == '=' || c == '!') {
		struct node *r = unary_range(p, true);
		return r && need(p, ")") ? r : fail(p, "expected a range");
	}
	struct node *x = expression(p);
	if (p->failed)
		return NULL;
	if (take(p, ".."))
		return range_rest(p, x, false);
	return need(p, ")") ? x : NULL;
}

/* --- calls, paths, filters ---------------------------------------------------------------------
 */

static size_t param_names(const char *text, str out[16])
{
	size_t n = 0;
	str rest = str_of(text), part;
	while (rest.n && n < 16 && str_cut(&rest, ',', &part))
		out[n++] = str_trim(part);
	return n;
}

/* A row of the builtin that takes these arguments, and their places. */
static const struct builtin *pick_row(const struct builtin *rows, size_t n_rows, const str *given,
                                      size_t n, uint32_t *places)
{
	for (size_t r = 0; r < n_rows; r++) {
		str names[16];
		size_t count = param_names(rows[r].params, names);
		if (!given && n >= rows[r].min && (rows[r].max == 255 || n <= rows[r].max))
			return &rows[r];
		if (!given)
			continue;
		size_t fit = 0;
		for (size_t i = 0; i < n; i++) {
			for (size_t k = 0; k < count; k++) {
				if (str_eq(names[k], given[i])) {
					places[i] = (uint32_t)k;
					fit++;
					break;
				}
			}
		}
		bool all = fit == n;
		for (size_t k = 0; all && k < rows[r].min; k++) {
			bool there = false;
			for (size_t i = 0; i < n; i++)
				there |= places[i] == k;
			all = there;
		}
		if (all)
			return &rows[r];
	}
	return NULL;
}

static struct node *call_builtin(struct parser *p, struct node *call, const struct builtin *b)
{
	size_t rows = 0;
	const struct builtin *first = builtin_find(b->name, &rows);
	uint32_t places[ARGS_MAX] = {0};
	size_t n = call->n - 1;
	const struct builtin *row = pick_row(first, rows, call->names, n, places);
	if (!row) {
		call->flag2 = true; /* wrong arguments: null when it runs, as the standard says */
		return call;
	}
	size_t width = n;
	if (call->names) {
		width = 0;
		for (size_t i = 0; i < n; i++)
			width = places[i] + 1 > width ? places[i] + 1 : width;
	}
	struct node *out = make(p, eval_builtin, width);
	out->line = call->line;
	out->col = call->col;
	for (size_t i = 0; i < n; i++)
		out->kid[call->names ? places[i] : i] = call->kid[i + 1];
	for (size_t i = 0; i < width; i++)
		if (!out->kid[i])
			out->kid[i] = feel_node_const(p->s->a, feel_null());
	out->flag = call->names != NULL;
	out->data = row;
	out->name = row->name;
	out->uses_input = call->uses_input;
	return out;
}

/* "name:" of a named argument, or nothing taken. */
static str argument_name(struct parser *p)
{
	size_t keep = p->at;
	size_t len;
	skip_space(p);
	if (!is_start(peek_at(p, p->at, &len)))
		return (str){0};
	str name = declared(p, NULL, ":,)([{}]\"<>=@");
	if (name.n && look(p) == ':') {
		p->at++;
		return name;
	}
	p->at = keep;
	return (str){0};
}

static struct node *call(struct parser *p, struct node *callee)
{
	struct node *args[ARGS_MAX];
	str names[ARGS_MAX];
	size_t n = 0;
	bool named = false, input = callee->uses_input;
	if (!take(p, ")")) {
		do {
			if (n == ARGS_MAX)
				return fail(p, "too many arguments");
			names[n] = argument_name(p);
			if (n && named != (names[n].n > 0))
				return fail(p, "named and positional arguments are mixed");
			named = names[n].n > 0;
			args[n] = expression(p);
			if (p->failed)
				return NULL;
			input |= args[n++]->uses_input;
		} while (take(p, ","));
		if (!need(p, ")"))
			return NULL;
	}
	struct node *c = make(p, eval_call, n + 1);
	c->kid[0] = callee;
	memcpy(c->kid + 1, args, n * sizeof *args);
	c->uses_input = input;
	if (named) {
		str *kept = NEWN(p->s->a, str, n);
		memcpy(kept, names, n * sizeof *kept);
		c->names = kept;
	}
	if (callee->eval == eval_const && callee->value.kind == FEEL_FUNCTION &&
	    callee->value.fn->builtin)
		return call_builtin(p, c, callee->value.fn->builtin);
	return c;
}

static struct node *filter(struct parser *p, struct node *list)
{
	const struct bind *outer = p->s->top;
	struct node *f = make(p, eval_filter, 2);
	f->slot = p->s->n_slots++;
	struct bind *b = NEW(p->s->a, struct bind);
	*b = (struct bind){BIND_ITEM, {0}, f->slot, p->s->top};
	p->s->top = b;
	struct bind *item = NEW(p->s->a, struct bind);
	*item = (struct bind){BIND_LOCAL, STR("item"), f->slot, b};
	p->s->top = item;
	f->kid[0] = list;
	f->kid[1] = expression(p);
	p->s->top = outer;
	if (p->failed || !need(p, "]"))
		return NULL;
	f->uses_input = list->uses_input || f->kid[1]->uses_input;
	return f;
}

/* Does the "[" at the cursor close a range, as in "[1..10["? What follows tells:
 * no expression begins with a sign of closing or comparing, or a joining word. */
static bool closes_range(struct parser *p)
{
	static const char *const joining[] = {"then", "else",    "return", "satisfies", "and",
	                                      "or",   "between", "in",     "instance"};
	size_t keep = p->at;
	if (!p->range_end || !take(p, "["))
		return false;
	char c = look(p), d = p->at + 1 < p->text.n ? p->text.p[p->at + 1] : 0;
	bool closes = !c || strchr(")]},:=!<>*/+", c) || (c == '.' && !is_digit((uint8_t)d));
	for (size_t i = 0; !closes && i < sizeof joining / sizeof *joining; i++)
		closes = word_end(p, joining[i]) > 0;
	p->at = keep;
	return closes;
}

static struct node *enclosed(struct parser *p, char open)
{
	bool outer = p->range_end;
	p->range_end = false;
	p->at++;
	struct node *n = open == '(' ? parenthesis(p) : open == '[' ? bracket(p) : context_literal(p);
	p->range_end = outer;
	return n;
}

static struct node *primary(struct parser *p)
{
	size_t len;
	char c = look(p);
	struct node *n;
	if (is_digit((uint8_t)c) ||
	    (c == '.' && p->at + 1 < p->text.n && is_digit((uint8_t)p->text.p[p->at + 1])))
		return number(p);
	if (c == '"') {
		str s;
		return string_text(p, &s) ? feel_node_const(p->s->a, feel_string(s)) : NULL;
	}
	if (c == '@') {
		p->at++;
		if (look(p) != '"')
			return fail(p, "expected a string after '@'");
		n = make(p, eval_at, 0);
		return string_text(p, &n->name) ? n : NULL;
	}
	if (c == '(' || c == '[' || c == '{')
		return enclosed(p, c);
	if (c == ']') {
		p->at++;
		struct node *lo = additive(p);
		return !p->failed && need(p, "..") ? range_rest(p, lo, false) : NULL;
	}
	if (p->input && c == '?') {
		p->at++;
		n = feel_node_local(p->s->a, STR("?"), *p->input);
		n->uses_input = true;
		return n;
	}
	uint32_t u = peek_at(p, p->at, &len);
	str name = is_start(u) || p->s->n_words ? name_at(p, false) : (str){0};
	if (name.n) {
		n = feel_node_name(p->s, name);
		place_of(p, p->at, &n->line, &n->col);
		return n;
	}
	if (take_word(p, "true"))
		return feel_node_const(p->s->a, feel_bool(true));
	if (take_word(p, "false"))
		return feel_node_const(p->s->a, feel_bool(false));
	if (take_word(p, "null"))
		return feel_node_const(p->s->a, feel_null());
	if (take_word(p, "function"))
		return function_definition(p);
	if (take_word(p, "if"))
		return if_expression(p);
	if (take_word(p, "for"))
		return iteration(p, eval_for, "return", false);
	if (take_word(p, "some"))
		return iteration(p, eval_quantified, "satisfies", false);
	if (take_word(p, "every"))
		return iteration(p, eval_quantified, "satisfies", true);
	return fail(p, p->at < p->text.n ? "unexpected text" : "unexpected end");
}

/* What stands in brackets behind an expression: a filter or arguments. */
static struct node *inside(struct parser *p, struct node *n,
                           struct node *(*read)(struct parser *, struct node *))
{
	bool outer = p->range_end;
	p->range_end = false;
	p->at++;
	n = read(p, n);
	p->range_end = outer;
	return n;
}

/* Behind a dot: properties of several words are known there. */
static str member_name(struct parser *p)
{
	static const char *const properties[] = {"time offset", "start included", "end included"};
	for (size_t i = 0; i < sizeof properties / sizeof *properties; i++)
		if (take_word(p, properties[i]))
			return str_of(properties[i]);
	return name_at(p, true);
}

static struct node *postfix(struct parser *p)
{
	struct node *n = primary(p);
	size_t chain = 0;
	while (!p->failed) {
		if (++chain > FEEL_MAX_NEST)
			return fail(p, "too long a chain");
		if (sees(p, ".") && !sees(p, "..")) {
			p->at++;
			str name = member_name(p);
			if (!name.n)
				return fail(p, "expected a name after '.'");
			struct node *path = make(p, eval_path, 1);
			path->kid[0] = n;
			path->name = str_dup(p->s->a, name);
			path->uses_input = n->uses_input;
			n = path;
		} else if (sees(p, "[") && !closes_range(p)) {
			n = inside(p, n, filter);
		} else if (sees(p, "(")) {
			n = inside(p, n, call);
		} else {
			break;
		}
	}
	return p->failed ? NULL : n;
}

static struct node *unary(struct parser *p)
{
	if (!take(p, "-"))
		return postfix(p);
	if (++p->s->depth > FEEL_MAX_NEST)
		return fail(p, "nested too deeply");
	struct node *x = unary(p);
	p->s->depth--;
	if (!x)
		return NULL;
	struct node *n = make(p, eval_negate, 1);
	n->kid[0] = x;
	n->uses_input = x->uses_input;
	return n;
}

static struct node *power(struct parser *p)
{
	struct node *x = unary(p);
	while (!p->failed && take(p, "**"))
		x = two(p, eval_arith, '^', x, unary(p));
	return p->failed ? NULL : x;
}

static struct node *product(struct parser *p)
{
	struct node *x = power(p);
	while (!p->failed) {
		if (!sees(p, "**") && take(p, "*"))
			x = two(p, eval_arith, '*', x, power(p));
		else if (take(p, "/"))
			x = two(p, eval_arith, '/', x, power(p));
		else
			break;
	}
	return p->failed ? NULL : x;
}

static struct node *additive(struct parser *p)
{
	if (++p->s->depth > FEEL_MAX_NEST)
		return fail(p, "nested too deeply");
	struct node *x = product(p);
	while (!p->failed) {
		if (take(p, "+"))
			x = two(p, eval_arith, '+', x, product(p));
		else if (sees(p, "->"))
			break;
		else if (take(p, "-"))
			x = two(p, eval_arith, '-', x, product(p));
		else
			break;
	}
	p->s->depth--;
	return p->failed ? NULL : x;
}

/* --- comparisons and logic
 * ------------------------------------------------------------------------ */

static struct node *in_operator(struct parser *p, struct node *x)
{
	struct node *n = make(p, eval_in, 2);
	size_t keep = p->at;
	n->kid[0] = x;
	n->uses_input = x->uses_input;
	if (take(p, "(")) {
		/* several tests in parentheses, or one expression that begins so */
		const uint32_t slot = p->s->n_slots;
		struct diags *d = p->s->d;
		p->s->d = NULL;
		size_t depth = p->s->depth;
		struct node *t = tests(p);
		bool closed = t && !p->failed && take(p, ")");
		char c = closed ? look(p) : 0;
		p->s->d = d;
		p->s->depth = depth;
		p->failed = false;
		if (closed && c != '.' && c != '[' && c != '(') {
			n->kid[1] = t;
			return n;
		}
		p->s->n_slots = slot > p->s->n_slots ? slot : p->s->n_slots;
		p->at = keep;
	}
	struct node *one = unary_range(p, true);
	if (!one && !p->failed)
		one = additive(p);
	if (p->failed)
		return NULL;
	struct node *list = make(p, eval_tests, 1);
	list->kid[0] = one;
	n->kid[1] = list;
	return n;
}

static struct node *comparison(struct parser *p)
{
	static const struct {
		const char *sign;
		uint32_t op;
	} ops[] = {{"<=", 'l'}, {">=", 'g'}, {"!=", '!'}, {"<", '<'}, {">", '>'}, {"=", '='}};
	struct node *x = additive(p);
	for (bool again = true; again && !p->failed;) {
		again = false;
		for (size_t i = 0; i < 6 && !again; i++) {
			if (take(p, ops[i].sign)) {
				x = two(p, eval_compare, ops[i].op, x, additive(p));
				again = true;
			}
		}
		if (again)
			continue;
		if (take_word(p, "between")) {
			struct node *lo = additive(p);
			if (p->failed || !take_word(p, "and"))
				return fail(p, "expected 'and'");
			struct node *hi = additive(p);
			struct node *n = make(p, eval_between, 3);
			if (p->failed)
				return NULL;
			n->kid[0] = x, n->kid[1] = lo, n->kid[2] = hi;
			n->uses_input = x->uses_input || lo->uses_input || hi->uses_input;
			x = n;
			again = true;
		} else if (take_word(p, "instance of")) {
			struct node *n = make(p, eval_instance, 1);
			n->kid[0] = x;
			n->data = type_ref(p);
			n->uses_input = x->uses_input;
			x = n;
			again = true;
		} else if (take_word(p, "in")) {
			x = in_operator(p, x);
			again = true;
		}
	}
	return p->failed ? NULL : x;
}

static struct node *conjunction(struct parser *p)
{
	struct node *x = comparison(p);
	while (!p->failed && take_word(p, "and"))
		x = two(p, eval_and, 0, x, comparison(p));
	return p->failed ? NULL : x;
}

static struct node *expression(struct parser *p)
{
	if (++p->s->depth > FEEL_MAX_NEST)
		return fail(p, "nested too deeply");
	struct node *x = conjunction(p);
	while (!p->failed && take_word(p, "or"))
		x = two(p, eval_or, 0, x, conjunction(p));
	p->s->depth--;
	return p->failed ? NULL : x;
}

/* --- unary tests
 * ------------------------------------------------------------------------------------ */

static struct node *test(struct parser *p)
{
	struct node *n = unary_range(p, true);
	return n || p->failed ? n : expression(p);
}

/* A list of tests: eval_tests holds for any of its kids; `flag` negates. */
static struct node *tests(struct parser *p)
{
	size_t n = 0, cap = 8;
	struct node **kids = NEWN(p->s->a, struct node *, cap);
	do {
		if (n == cap) {
			struct node **k = NEWN(p->s->a, struct node *, cap * 2);
			memcpy(k, kids, n * sizeof *k);
			kids = k;
			cap *= 2;
		}
		kids[n] = test(p);
		if (p->failed)
			return NULL;
		n++;
	} while (take(p, ","));
	struct node *t = make(p, eval_tests, 0);
	t->kid = kids;
	t->n = (uint32_t)n;
	return t;
}

static bool at_end(struct parser *p)
{
	skip_space(p);
	return p->at >= p->text.n;
}

static bool text_ok(struct parser *p)
{
	if (p->text.n > FEEL_MAX_TEXT)
		fail(p, "an expression longer than 1 MiB");
	else if (utf8_check(p->text) >= 0)
		fail(p, "text that is not UTF-8");
	return !p->failed;
}

struct node *feel_parse(struct scope *s, str text)
{
	struct parser p = {.s = s, .text = text};
	s->depth = 0;
	if (!text_ok(&p))
		return NULL;
	struct node *n = expression(&p);
	if (n && !at_end(&p))
		return fail(&p, "unexpected text after the expression");
	return n;
}

struct node *feel_parse_tests(struct scope *s, str text, uint32_t input_slot)
{
	struct parser p = {.s = s, .text = text, .input = &input_slot};
	s->depth = 0;
	if (!text_ok(&p))
		return NULL;
	struct node *n = make(&p, eval_in, 2);
	n->kid[0] = feel_node_local(s->a, STR("?"), input_slot);
	if (take(&p, "-") && at_end(&p))
		return feel_node_const(s->a, feel_bool(true));
	p.at = 0;
	size_t keep = p.at;
	struct diags *d = s->d;
	s->d = NULL;
	if (take_word(&p, "not") && take(&p, "(") && (n->kid[1] = tests(&p)) && take(&p, ")") &&
	    at_end(&p) && !p.failed) {
		n->kid[1]->flag = true;
		s->d = d;
		return n;
	}
	s->d = d;
	s->depth = 0;
	p.failed = false;
	p.at = keep;
	n->kid[1] = tests(&p);
	if (n->kid[1] && !at_end(&p))
		return fail(&p, "unexpected text after the test");
	return n->kid[1] ? n : NULL;
}
