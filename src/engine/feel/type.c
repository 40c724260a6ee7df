#include "engine/feel/node.h"

const struct feel_type feel_type_any = {.kind = TYPE_ANY, .name = STR_INIT("Any")};

static const struct feel_type builtin_types[] = {
    {.kind = TYPE_ANY, .name = STR_INIT("Any")},
    {.kind = TYPE_NULL, .name = STR_INIT("Null")},
    {.kind = TYPE_SIMPLE, .simple = FEEL_NUMBER, .name = STR_INIT("number")},
    {.kind = TYPE_SIMPLE, .simple = FEEL_STRING, .name = STR_INIT("string")},
    {.kind = TYPE_SIMPLE, .simple = FEEL_BOOL, .name = STR_INIT("boolean")},
    {.kind = TYPE_SIMPLE, .simple = FEEL_DATE, .name = STR_INIT("date")},
    {.kind = TYPE_SIMPLE, .simple = FEEL_TIME, .name = STR_INIT("time")},
    {.kind = TYPE_SIMPLE, .simple = FEEL_DATETIME, .name = STR_INIT("date and time")},
    {.kind = TYPE_SIMPLE, .simple = FEEL_DATETIME, .name = STR_INIT("dateTime")},
    {.kind = TYPE_SIMPLE, .simple = FEEL_DAYS, .name = STR_INIT("days and time duration")},
    {.kind = TYPE_SIMPLE, .simple = FEEL_DAYS, .name = STR_INIT("day-time duration")},
    {.kind = TYPE_SIMPLE, .simple = FEEL_DAYS, .name = STR_INIT("dayTimeDuration")},
    {.kind = TYPE_SIMPLE, .simple = FEEL_MONTHS, .name = STR_INIT("years and months duration")},
    {.kind = TYPE_SIMPLE, .simple = FEEL_MONTHS, .name = STR_INIT("year-month duration")},
    {.kind = TYPE_SIMPLE, .simple = FEEL_MONTHS, .name = STR_INIT("yearMonthDuration")},
    {.kind = TYPE_DURATION, .name = STR_INIT("duration")},
    {.kind = TYPE_SIMPLE, .simple = FEEL_CONTEXT, .name = STR_INIT("context")},
    {.kind = TYPE_SIMPLE, .simple = FEEL_LIST, .name = STR_INIT("list")},
    {.kind = TYPE_SIMPLE, .simple = FEEL_RANGE, .name = STR_INIT("range")},
    {.kind = TYPE_SIMPLE, .simple = FEEL_FUNCTION, .name = STR_INIT("function")},
};

const struct feel_type *feel_type_builtin(str name)
{
	ptrdiff_t colon = str_chr(name, ':'); /* "feel:number", "xsd:string" */
	if (colon >= 0)
		name = str_sub(name, (size_t)colon + 1, name.n);
	for (size_t i = 0; i < sizeof builtin_types / sizeof *builtin_types; i++)
		if (str_eq(builtin_types[i].name, name))
			return &builtin_types[i];
	return NULL;
}

static bool allowed(struct env *e, feel_value v, const struct feel_type *t)
{
	feel_value *outer = e->local;
	uint32_t size = e->n_local;
	feel_value pass;
	if (!t->allowed)
		return true;
	struct diags *quiet = e->run->diags;
	e->run->diags = NULL;
	e->local = NEWN(e->a, feel_value, t->allowed_slots + 1);
	e->n_local = t->allowed_slots + 1;
	e->local[0] = v;
	pass = node_run(t->allowed, e);
	e->local = outer;
	e->n_local = size;
	e->run->diags = quiet;
	return feel_is_true(pass);
}

static bool type_same(const struct feel_type *x, const struct feel_type *y, int depth)
{
	if (!x || !y || depth > FEEL_MAX_NEST || x->kind == TYPE_ANY || y->kind == TYPE_ANY)
		return true;
	if (x->kind != y->kind)
		return false;
	return x->kind != TYPE_SIMPLE || x->simple == y->simple;
}

static bool function_conforms(const struct feel_function *f, const struct feel_type *t)
{
	if (f->builtin)
		return f->builtin->min <= t->n && f->builtin->max >= t->n;
	if (f->n_params != t->n)
		return false;
	for (uint32_t i = 0; f->types && i < f->n_params; i++)
		if (!type_same(f->types[i], t->types[i], 0))
			return false;
	return type_same(f->result, t->of, 0);
}

static bool range_conforms(struct env *e, const struct feel_range *r, const struct feel_type *t)
{
	return (r->lo_none || feel_conforms(e, r->lo, t)) && (r->hi_none || feel_conforms(e, r->hi, t));
}

static bool context_conforms(struct env *e, feel_value v, const struct feel_type *t)
{
	env_step(e, t->n / 4);
	for (size_t i = 0; i < t->n; i++) {
		const feel_value *m = feel_get(v, t->names[i]);
		if (!m)
			return false;
		if (m->kind != FEEL_NULL && !feel_conforms(e, *m, t->types[i]))
			return false;
	}
	return true;
}

static bool shape_conforms(struct env *e, feel_value v, const struct feel_type *t)
{
	switch (t->kind) {
	case TYPE_ANY:
		return true;
	case TYPE_NULL:
		return v.kind == FEEL_NULL;
	case TYPE_SIMPLE:
		return v.kind == t->simple;
	case TYPE_DURATION:
		return v.kind == FEEL_DAYS || v.kind == FEEL_MONTHS;
	case TYPE_LIST:
		if (v.kind != FEEL_LIST)
			return false;
		env_step(e, v.list->n / 4);
		for (size_t i = 0; i < v.list->n; i++)
			if (v.list->v[i].kind != FEEL_NULL && !feel_conforms(e, v.list->v[i], t->of))
				return false;
		return true;
	case TYPE_RANGE:
		return v.kind == FEEL_RANGE && range_conforms(e, v.range, t->of);
	case TYPE_CONTEXT:
		return v.kind == FEEL_CONTEXT && context_conforms(e, v, t);
	case TYPE_FUNCTION:
		return v.kind == FEEL_FUNCTION && function_conforms(v.fn, t);
	}
	return false;
}

bool feel_conforms(struct env *e, feel_value v, const struct feel_type *t)
{
	if (v.kind == FEEL_NULL)
		return t->kind == TYPE_NULL;
	for (const struct feel_type *b = t; b && !e->shape_only; b = b->based_on)
		if (!allowed(e, v, b))
			return false;
	return shape_conforms(e, v, t);
}

/* "instance of" asks for the type alone: the values its definition allows do not
 * count. */
bool feel_instance(struct env *e, feel_value v, const struct feel_type *t)
{
	e->shape_only = true;
	bool yes = feel_conforms(e, v, t);
	e->shape_only = false;
	return yes;
}

static feel_value coerce_members(struct env *e, feel_value v, const struct feel_type *t,
                                 bool input);

static bool text_as(struct env *e, str s, enum feel_kind kind, feel_value *out)
{
	switch (kind) {
	case FEEL_DATE:
		return feel_parse_date(s, out);
	case FEEL_TIME:
		return feel_parse_time(e, s, out);
	case FEEL_DATETIME:
		return feel_parse_datetime(e, s, out);
	case FEEL_DAYS:
	case FEEL_MONTHS:
		return feel_parse_duration(s, out) && out->kind == kind;
	default:
		return false;
	}
}

static feel_value fit(struct env *e, feel_value v, const struct feel_type *t, bool input)
{
	feel_value r;
	if (input && v.kind == FEEL_STRING && t->kind == TYPE_SIMPLE && text_as(e, v.s, t->simple, &r))
		return r;
	if (input && v.kind == FEEL_STRING && t->kind == TYPE_DURATION && feel_parse_duration(v.s, &r))
		return r;
	if (input && (t->kind == TYPE_LIST || t->kind == TYPE_CONTEXT))
		v = coerce_members(e, v, t, input);
	if (t->kind == TYPE_LIST && v.kind != FEEL_LIST && v.kind != FEEL_NULL) {
		feel_value item = fit(e, v, t->of, input);
		return feel_list_of(e->a, &item, 1);
	}
	bool wants_list = t->kind == TYPE_LIST || t->kind == TYPE_ANY ||
	                  (t->kind == TYPE_SIMPLE && t->simple == FEEL_LIST);
	if (v.kind == FEEL_LIST && v.list->n == 1 && !wants_list)
		return fit(e, v.list->v[0], t, input);
	if (v.kind == FEEL_DATE && t->kind == TYPE_SIMPLE && t->simple == FEEL_DATETIME) {
		v.kind = FEEL_DATETIME;
		v.t.zone = feel_zone_offset(e->a, 0);
	}
	return v;
}

static feel_value coerce_members(struct env *e, feel_value v, const struct feel_type *t, bool input)
{
	env_step(e, v.kind == FEEL_LIST ? v.list->n / 4 : 1);
	if (t->kind == TYPE_LIST && v.kind == FEEL_LIST) {
		feel_value out = feel_list_of(e->a, v.list->v, v.list->n);
		for (size_t i = 0; i < out.list->n; i++)
			out.list->v[i] = fit(e, v.list->v[i], t->of, input);
		return out;
	}
	if (t->kind == TYPE_CONTEXT && v.kind == FEEL_CONTEXT) {
		for (size_t i = 0; i < t->n; i++) {
			const feel_value *m = feel_get(v, t->names[i]);
			if (m)
				v = feel_put(e->a, v, t->names[i], fit(e, *m, t->types[i], input));
		}
	}
	return v;
}

static feel_value coerce(struct env *e, feel_value v, const struct feel_type *t, str what,
                         bool input)
{
	if (v.kind == FEEL_NULL || t->kind == TYPE_ANY)
		return v;
	if (t->kind == TYPE_SIMPLE && v.kind == t->simple && !t->allowed && !t->based_on)
		return v;
	feel_value r = fit(e, v, t, input);
	if (r.kind == FEEL_NULL || feel_conforms(e, r, t))
		return r;
	return env_fail(e, "%.*s: a %s where %.*s is wanted", STRF(what),
	                feel_kind_name((enum feel_kind)v.kind),
	                STRF(t->name.n ? t->name : STR("another type")));
}

feel_value feel_coerce(struct env *e, feel_value v, const struct feel_type *t, str what)
{
	return coerce(e, v, t, what, false);
}

feel_value feel_input(struct env *e, feel_value v, const struct feel_type *t, str what)
{
	return coerce(e, v, t, what, true);
}

feel_value eval_coerce(const struct node *n, struct env *e)
{
	return feel_coerce(e, node_run(n->kid[0], e), n->data, n->name);
}
