/* Files of a pack against the schemas that travel in the binary. */
#include "kernel/pack/pack_in.h"

#include "base/embed.h"

#include <stdio.h>

#define CHECK_BUDGET ((uint64_t)50000000) /* steps for one file */
#define SHOWN_MAX    80                   /* bytes shown of a value */

static str schema_file(arena *a, str name)
{
	return str_fmt(a, "packs/schema/%.*s.schema.json", STRF(name));
}

/* ---- compiled once a check ---- */

struct kept {
	str name;
	const struct schema *schema;
	struct kept *next;
};

static const struct schema *schema_of(struct check *c, str name)
{
	for (struct kept *k = c->schemas; k; k = k->next)
		if (str_eq(k->name, name))
			return k->schema;
	struct kept *k = NEW(c->a, struct kept);
	str text;
	*k = (struct kept){.name = name, .next = c->schemas};
	c->schemas = k;
	if (!embed_find(schema_file(c->a, name), &text))
		return NULL;
	json *doc = json_parse(c->a, text, NULL);
	c->d->file = schema_file(c->a, name);
	k->schema = doc ? schema_compile(c->a, doc, NULL, c->d) : NULL;
	return k->schema;
}

bool pack_schema_known(str name)
{
	char path[128];
	int n = snprintf(path, sizeof path, "packs/schema/%.*s.schema.json", STRF(name));
	str text;
	return n > 0 && (size_t)n < sizeof path && embed_find(str_of(path), &text);
}

/* ---- saying what is wrong ---- */

/* The value at a JSON pointer. */
static const json *value_at(arena *a, const json *v, str pointer)
{
	str part;
	if (!pointer.n)
		return v;
	pointer = str_sub(pointer, 1, pointer.n);
	while (v && str_cut(&pointer, '/', &part)) {
		buf name = buf_make(a, part.n + 1);
		for (size_t i = 0; i < part.n; i++) {
			bool escaped = part.p[i] == '~' && i + 1 < part.n;
			buf_putc(&name, !escaped ? part.p[i] : part.p[++i] == '1' ? '/' : '~');
		}
		int64_t at;
		if (json_is(v, JSON_ARRAY))
			v = str_i64(part, &at) && at >= 0 ? json_at(v, (size_t)at) : NULL;
		else
			v = json_get_str(v, buf_str(&name));
	}
	return v;
}

static const struct said {
	const char *keyword, *what, *hint;
} saying[] = {
    {"required", "the member \"%.*s\" is missing",
     "Add it; the schema of this kind of file says what it holds."},
    {"type", "this must be: %.*s", "Strings stand in quotes, numbers and true/false do not."},
    {"enum", "this must be one of %.*s", "Choose one of these words, spelled exactly so."},
    {"const", "this must be %.*s", "Write exactly this value."},
    {"pattern", "this does not look as it must: %.*s",
     "Ids are lower-case words with hyphens, dates YYYY-MM-DD, times HH:MM; a text in Arabic has "
     "Arabic letters."},
    {"minLength", "this text is shorter than %.*s characters", "Every text is filled in."},
    {"maxLength", "this text is longer than %.*s characters", "Shorten it."},
    {"minimum", "this number is less than %.*s", "Money is a whole number of minor units."},
    {"maximum", "this number is more than %.*s", "Is it in the unit that the schema asks for?"},
    {"minItems", "this list has fewer than %.*s entries", "Add what is missing."},
    {"maxItems", "this list has more than %.*s entries", "Split it, or leave entries out."},
    {"uniqueItems", "an entry stands twice in this list", "Leave out the second."},
    {"propertyNames", "a member here has a name that is not allowed",
     "Names are lower-case words with underscores."},
    {"false", "this member is not known here", "Look at its spelling, or remove it."},
};

static void say(struct check *c, const struct pack_file *f, const struct schema_error *e)
{
	const json *at = value_at(c->a, f->doc, e->instance), *limit = json_get(e->params, "limit");
	str param = json_str(e->params, "missing");
	const char *rule = str_c(c->a, str_fmt(c->a, "pack.schema.%.*s", STRF(e->keyword)));
	if (limit && !param.n)
		param = json_is(limit, JSON_STRING) ? limit->s : json_print(c->a, limit);
	struct diag *g = NULL;
	c->d->file = f->path;
	uint32_t line = at && at->line ? at->line : 1, col = at && at->col ? at->col : 1;
	for (size_t i = 0; i < sizeof saying / sizeof *saying && !g; i++) {
		if (!str_eq(e->keyword, str_of(saying[i].keyword)))
			continue;
		str what = str_of(saying[i].what);
		ptrdiff_t hole = str_find(what, STR("%.*s"));
		str head = hole < 0 ? what : str_sub(what, 0, (size_t)hole);
		str tail = hole < 0 ? (str){0} : str_sub(what, (size_t)hole + 4, what.n);
		g = diags_add(c->d, DIAG_ERROR, rule, line, col, "%.*s%.*s%.*s", STRF(head),
		              STRF(hole < 0 ? (str){0} : param), STRF(tail));
		g->hint = str_of(saying[i].hint);
	}
	if (!g) {
		g = diags_add(c->d, DIAG_ERROR, rule, line, col, "this is not allowed here (%.*s)",
		              STRF(e->keyword));
		g->hint = STR("Compare it with a file of the same kind in another pack.");
	}
	g->element = e->instance;
	if (at && (json_is(at, JSON_STRING) || json_is(at, JSON_NUMBER)) && at->s.n <= SHOWN_MAX)
		g->what = str_fmt(c->a, "\"%.*s\": %.*s", STRF(at->s), STRF(g->what));
}

void check_schema(struct check *c, struct pack_file *f)
{
	if (!f->doc || c->trusted)
		return;
	const struct schema *s = schema_of(c, f->schema);
	if (!s)
		return;
	struct schema_run run = {
	    .a = c->a, .assert_formats = true, .max_errors = SCHEMA_MAX_ERRORS, .budget = CHECK_BUDGET};
	enum schema_verdict v = schema_validate(s, f->doc, &run);
	for (const struct schema_error *e = run.first; e; e = e->next)
		say(c, f, e);
	if (v == SCHEMA_BUDGET_SPENT)
		check_error(c, f, f->doc, "pack.schema.budget", "Make the file smaller.",
		            "checking this file takes too long");
	if (v == SCHEMA_INVALID)
		f->invalid = true;
}
