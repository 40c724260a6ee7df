/*
 * messages.c - the catalogue: reading it, choosing a plural, filling a text.
 */
#include "kernel/i18n/i18n.h"

#include "base/embed.h"

#include <string.h>

#define SLOTS 8192 /* a power of two, well above the number of keys */

struct message {
	str key;
	str text[LANG_COUNT][PLURAL_OTHER + 1]; /* one without plural: PLURAL_OTHER */
	bool counted[LANG_COUNT];
	str file;
	uint32_t line;
};

struct messages {
	arena *a;
	struct message *slot[SLOTS];
	size_t n;
};

static const char *const plural_names[] = {"zero", "one", "two", "few", "many", "other"};

static struct message *find(const struct messages *m, str key)
{
	size_t i = str_hash(key, 0) & (SLOTS - 1);
	while (m->slot[i] && !str_eq(m->slot[i]->key, key))
		i = (i + 1) & (SLOTS - 1);
	return m->slot[i];
}

static struct message *add(struct messages *m, str key)
{
	size_t i = str_hash(key, 0) & (SLOTS - 1);
	while (m->slot[i])
		i = (i + 1) & (SLOTS - 1);
	struct message *g = m->slot[i] = NEW(m->a, struct message);
	g->key = key;
	m->n++;
	return g;
}

/* ---- reading ---- */

/* "ar.few" -> language and form; false if it is neither. */
static bool parse_form(str label, enum lang *l, enum plural *p, bool *counted)
{
	str rest = label, code;
	str_cut(&rest, '.', &code);
	if (str_eq(code, STR("en")))
		*l = LANG_EN;
	else if (str_eq(code, STR("ar")))
		*l = LANG_AR;
	else
		return false;
	*p = PLURAL_OTHER;
	*counted = rest.p != NULL;
	if (!*counted)
		return true;
	for (int i = 0; i <= PLURAL_OTHER; i++)
		if (str_eq(rest, str_of(plural_names[i]))) {
			*p = (enum plural)i;
			return true;
		}
	return false;
}

/* Every '{' is followed by its '}' before another one begins. */
static bool braces_match(str s)
{
	bool open = false;
	for (size_t i = 0; i < s.n; i++) {
		if ((s.p[i] == '{' && open) || (s.p[i] == '}' && !open))
			return false;
		if (s.p[i] == '{' || s.p[i] == '}')
			open = !open;
	}
	return !open;
}

static void read_text(struct message *g, str line, uint32_t no, struct diags *d)
{
	ptrdiff_t colon = str_chr(line, ':');
	enum lang l;
	enum plural p;
	bool counted;
	if (!g || colon < 0 || !parse_form(str_sub(line, 0, (size_t)colon), &l, &p, &counted)) {
		diags_add(d, DIAG_ERROR, "messages.form", no, 1,
		          "expected \"en: text\" or \"ar: text\", with a plural form if counted");
		return;
	}
	if (g->text[l][p].p) {
		diags_add(d, DIAG_ERROR, "messages.twice", no, 1, "%.*s has this text twice", STRF(g->key));
		return;
	}
	g->text[l][p] = str_trim(str_sub(line, (size_t)colon + 1, line.n));
	if (!braces_match(g->text[l][p]))
		diags_add(d, DIAG_ERROR, "messages.brace", no, (uint32_t)colon + 2,
		          "a '{' of %.*s is not closed", STRF(g->key));
	g->counted[l] = g->counted[l] || counted;
}

bool messages_add(struct messages *m, str text, struct diags *d)
{
	size_t errors = d->errors;
	struct message *g = NULL;
	uint32_t no = 0;
	for (str line; str_cut(&text, '\n', &line);) {
		no++;
		bool indented = line.n && (line.p[0] == ' ' || line.p[0] == '\t');
		line = str_trim(line);
		if (!line.n || line.p[0] == '#')
			continue;
		if (indented) {
			read_text(g, line, no, d);
		} else if (find(m, line)) {
			diags_add(d, DIAG_ERROR, "messages.duplicate", no, 1, "the key %.*s is defined twice",
			          STRF(line));
			g = NULL;
		} else if (m->n == SLOTS / 2) {
			diags_add(d, DIAG_ERROR, "messages.many", no, 1, "more than %d keys", SLOTS / 2);
			g = NULL;
		} else {
			g = add(m, line);
			g->file = d->file;
			g->line = no;
		}
	}
	return d->errors == errors;
}

/* Every key in both languages; Arabic counted texts in all six forms. */
static void check(const struct message *g, struct diags *d)
{
	for (int l = 0; l < LANG_COUNT; l++) {
		for (int p = 0; p <= PLURAL_OTHER; p++) {
			bool needed = p == PLURAL_OTHER || (g->counted[l] && (l == LANG_AR || p == PLURAL_ONE));
			if (!needed || g->text[l][p].p)
				continue;
			d->file = g->file;
			diags_add(d, DIAG_ERROR, "messages.missing", g->line, 1, "%.*s has no %s.%s",
			          STRF(g->key), lang_code((enum lang)l), plural_names[p]);
		}
	}
}

void messages_check(const struct messages *m, struct diags *d)
{
	for (size_t i = 0; i < SLOTS; i++)
		if (m->slot[i])
			check(m->slot[i], d);
}

struct messages *messages_make(arena *a)
{
	struct messages *m = NEW(a, struct messages);
	m->a = a;
	return m;
}

struct messages *messages_load(arena *a, struct diags *d)
{
	struct messages *m = messages_make(a);
	for (size_t i = 0; i < embedded_count; i++) {
		str name = str_of(embedded_files[i].name);
		if (!str_ends(name, STR("/messages.txt")))
			continue;
		d->file = name;
		messages_add(m,
		             (str){embedded_files[i].start,
		                   (size_t)(embedded_files[i].end - embedded_files[i].start)},
		             d);
	}
	messages_check(m, d);
	return m;
}

/* ---- asking ---- */

bool message_known(const struct messages *m, str key)
{
	return find(m, key) != NULL;
}

size_t message_keys(const struct messages *m, arena *a, str **keys)
{
	str *out = NEWN(a, str, m->n + 1);
	size_t n = 0;
	for (size_t i = 0; i < SLOTS; i++)
		if (m->slot[i])
			out[n++] = m->slot[i]->key;
	*keys = out;
	return n;
}

str message_raw(const struct messages *m, enum lang l, str key, int64_t n)
{
	const struct message *g = find(m, key);
	if (!g)
		return key;
	enum plural p = g->counted[l] ? plural_of(l, n) : PLURAL_OTHER;
	return g->text[l][p].p ? g->text[l][p] : g->text[l][PLURAL_OTHER];
}

str text_fill(arena *a, str text, int64_t n, const json *args, bool isolate)
{
	if (str_chr(text, '{') < 0)
		return text;
	buf b = buf_make(a, text.n + (size_t)64 * 1024);
	for (str part; str_cut(&text, '{', &part);) {
		buf_put(&b, part);
		ptrdiff_t end = str_chr(text, '}');
		if (!text.p || end < 0)
			continue;
		str name = str_sub(text, 0, (size_t)end);
		const json *v = json_get_str(args, name);
		str value = v                        ? json_text(v)
		            : str_eq(name, STR("n")) ? number_text(a, n, false)
		                                     : str_cat(a, STR("?"), name);
		buf_puts(&b, isolate ? "\u2068" : "");
		buf_put(&b, value);
		buf_puts(&b, isolate ? "\u2069" : "");
		text = str_sub(text, (size_t)end + 1, text.n);
	}
	return buf_str(&b);
}

str message_text(const struct messages *m, arena *a, enum lang l, str key, int64_t n,
                 const json *args, bool isolate)
{
	if (!find(m, key))
		return str_fmt(a, "[%.*s]", STRF(key));
	return text_fill(a, message_raw(m, l, key, n), n, args, isolate);
}

/* CLDR 48, cardinals of whole numbers. */
enum plural plural_of(enum lang l, int64_t n)
{
	if (n < 0)
		n = -n;
	if (l == LANG_EN)
		return n == 1 ? PLURAL_ONE : PLURAL_OTHER;
	if (n <= 2)
		return n == 0 ? PLURAL_ZERO : n == 1 ? PLURAL_ONE : PLURAL_TWO;
	int64_t h = n % 100;
	if (h >= 3 && h <= 10)
		return PLURAL_FEW;
	return h >= 11 ? PLURAL_MANY : PLURAL_OTHER;
}

enum lang lang_of(str code)
{
	return str_eq(code, STR("en")) ? LANG_EN : LANG_AR;
}

const char *lang_code(enum lang l)
{
	return l == LANG_EN ? "en" : "ar";
}

json *text_pair(arena *a, str en, str ar)
{
	json *two = json_object(a);
	json_set_str(a, two, "en", en);
	json_set_str(a, two, "ar", ar);
	return two;
}
