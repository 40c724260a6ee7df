#include "engine/feel/scan.h"

/* Type references: "list<number>", "context<a: string>", "function<date> -> Any". */

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
	if (scan_take(p, ">"))
		return t;
	do {
		if (t->n == ARGS_MAX)
			return scan_fail(p, "too many members"), NULL;
		names[t->n] = scan_declared(p, NULL, ":,>");
		if (!scan_need(p, ":"))
			return NULL;
		types[t->n++] = parse_type(p);
	} while (!p->failed && scan_take(p, ","));
	t->names = names;
	t->types = types;
	return scan_need(p, ">") ? t : NULL;
}

static const struct feel_type *type_function(struct parser *p)
{
	struct feel_type *t = new_type(p, TYPE_FUNCTION);
	const struct feel_type **types = NEWN(p->s->a, const struct feel_type *, ARGS_MAX);
	if (!scan_take(p, ">")) {
		do {
			if (t->n == ARGS_MAX)
				return scan_fail(p, "too many parameters"), NULL;
			types[t->n++] = parse_type(p);
		} while (!p->failed && scan_take(p, ","));
		if (!scan_need(p, ">"))
			return NULL;
	}
	if (!scan_need(p, "->"))
		return NULL;
	t->types = types;
	t->of = parse_type(p);
	return t;
}

static const struct feel_type *type_named(struct parser *p)
{
	static const char *const known[] = {
	    "date and time",     "days and time duration", "years and months duration",
	    "day-time duration", "year-month duration",    "dayTimeDuration",
	    "yearMonthDuration"};
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (scan_word(p, known[i]))
			return feel_type_builtin(str_of(known[i]));
	str name = scan_name(p, true);
	if (!name.n) {
		scan_fail(p, "expected a type");
		return NULL;
	}
	while (p->at < p->text.n && p->text.p[p->at] == '.') { /* of an import */
		p->at++;
		str member = scan_name(p, true);
		name = str_fmt(p->s->a, "%.*s.%.*s", STRF(name), STRF(member));
	}
	const struct feel_type *t = p->s->find_type ? p->s->find_type(p->s->types, name) : NULL;
	if (!t)
		t = feel_type_builtin(name);
	if (!t)
		scan_fail(p, "a type nobody defined");
	return t;
}

const struct feel_type *parse_type(struct parser *p)
{
	if (++p->s->depth > FEEL_MAX_NEST)
		return scan_fail(p, "nested too deeply"), NULL;
	const struct feel_type *t;
	size_t keep = p->at;
	enum type_kind kind = scan_word(p, "list")    ? TYPE_LIST
	                      : scan_word(p, "range") ? TYPE_RANGE
	                                              : TYPE_ANY;
	if (kind != TYPE_ANY && scan_take(p, "<")) {
		struct feel_type *l = new_type(p, kind);
		l->of = parse_type(p);
		t = l->of && scan_need(p, ">") ? l : NULL;
	} else {
		p->at = keep;
		if (scan_word(p, "context") && scan_take(p, "<")) {
			t = type_members(p);
		} else {
			p->at = keep;
			if (scan_word(p, "function") && scan_take(p, "<")) {
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
