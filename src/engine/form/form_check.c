/* Whether answers are right: one answer, a page, the whole. */
#include "engine/form/form_in.h"

#include "base/time.h"

#include <ctype.h>

#define MAX_PRUNE_PASSES 16 /* a hidden answer may hide another, and so on */
#define MAX_WHOLE_ERRORS 50
#define MEGABYTE         ((int64_t)1024 * 1024)

/* ---- one answer ---- */

struct complaint missing(const struct item *i)
{
	return (struct complaint){.key = "required",
	                          .part = i->widget == WIDGET_DATE && i->kind == ITEM_CONTROL ? "-day"
	                                                                                      : NULL};
}

static struct complaint with_limit(arena *a, const char *key, int64_t limit)
{
	json *params = json_object(a);
	json_set_int(a, params, "limit", limit);
	json_set_int(a, params, "n", limit);
	return (struct complaint){.key = key, .params = params};
}

/* The message key of a keyword; rarer ones share a general text. */
static const char *key_of(const struct item *i, const struct schema_error *e)
{
	static const char *const own[] = {
	    "minLength",        "maxLength",  "pattern",  "minimum",  "maximum",     "exclusiveMinimum",
	    "exclusiveMaximum", "multipleOf", "minItems", "maxItems", "uniqueItems", "const",
	};
	if (str_eq(e->keyword, STR("format")))
		return i->widget == WIDGET_EMAIL  ? "format.email"
		       : i->widget == WIDGET_DATE ? "date.real"
		                                  : "format";
	for (size_t k = 0; k < sizeof own / sizeof *own; k++)
		if (str_eq(e->keyword, str_of(own[k])))
			return own[k];
	return "invalid";
}

static struct complaint schema_complaint(const struct item *i, const struct schema *s,
                                         const json *v, arena *a)
{
	struct schema_run run = {.a = a, .assert_formats = true, .max_errors = 1};
	if (schema_validate(s, v, &run) == SCHEMA_VALID)
		return (struct complaint){0};
	if (!run.first)
		return (struct complaint){.key = "invalid"};
	const json *limit = json_get(run.first->params, "limit");
	json *params = json_object(a);
	int64_t n;
	if (limit && (limit->type == JSON_NUMBER || limit->type == JSON_STRING)) {
		json_set_str(a, params, "limit", limit->s);
		if (json_i64(limit, &n))
			json_set_int(a, params, "n", n);
	}
	return (struct complaint){.key = key_of(i, run.first), .params = params};
}

static struct complaint choice_complaint(const struct item *i, const json *v,
                                         const struct form_env *env, arena *a)
{
	size_t n;
	const struct choice *at = item_choices(i, env, a, &n);
	const json *one = json_is(v, JSON_ARRAY) ? v->first : v;
	for (; one; one = one == v ? NULL : one->next) {
		bool known = !n && !i->choices_from.n;
		for (size_t k = 0; k < n && !known; k++)
			known = schema_equal(a, at[k].value, one);
		if (!known)
			return (struct complaint){.key = "choice"};
	}
	return (struct complaint){0};
}

/* "today", "today-180", "2020-01-31" */
static bool date_limit(str s, int64_t today, int64_t *out)
{
	int64_t offset = 0;
	if (!str_starts(s, STR("today")))
		return date_parse(s, out);
	s = str_sub(s, 5, s.n);
	if (s.n && !str_i64(s, &offset))
		return false;
	*out = today + offset;
	return true;
}

static struct complaint date_complaint(const struct item *i, const json *v,
                                       const struct form_env *env, arena *a)
{
	int64_t day, limit;
	str min = json_str(i->options, "min"), max = json_str(i->options, "max");
	const char *key = NULL;
	if (!date_parse(json_text(v), &day))
		return (struct complaint){.key = "date.real", .part = "-day"};
	if (max.n && date_limit(max, env->today, &limit) && day > limit)
		key = str_eq(max, STR("today")) ? "date.past" : "date.max";
	else if (min.n && date_limit(min, env->today, &limit) && day < limit)
		key = str_eq(min, STR("today")) ? "date.future" : "date.min";
	if (!key)
		return (struct complaint){0};
	json *params = json_object(a);
	json_set_str(a, params, "limit", date_words(limit, env, a));
	return (struct complaint){.key = key, .params = params, .part = "-day"};
}

static bool accepts(const json *list, str type)
{
	for (const json *t = list ? list->first : NULL; t; t = t->next)
		if (str_eq(t->s, type))
			return true;
	return !list;
}

/* Why a file was not taken, in words of its own; of another reason, the type's. */
static const char *refusal(const json *v)
{
	static const char *const known[] = {"file.broken",     "file.active",   "file.hidden",
	                                    "file.dimensions", "file.infected", "file.unexamined"};
	str why = json_str(v, "refused");
	for (size_t i = 0; why.n && i < sizeof known / sizeof *known; i++)
		if (str_eq(why, str_of(known[i] + sizeof "file." - 1)))
			return known[i];
	return NULL;
}

static struct complaint file_complaint(const struct item *i, const json *v, arena *a)
{
	const struct file_rule *r = &i->file;
	int64_t bytes = json_int(v, "bytes", 0), w = json_int(v, "width", 0),
	        h = json_int(v, "height", 0);
	if (!json_str(v, "file").n)
		return (struct complaint){.key = "required"};
	if (bytes <= 0)
		return (struct complaint){.key = "file.empty"};
	if (refusal(v))
		return (struct complaint){.key = refusal(v)};
	if (!accepts(r->accept, json_str(v, "type"))) {
		buf names = buf_make(a, 400);
		for (const json *t = r->accept->first; t; t = t->next) {
			buf_puts(&names, names.n ? ", " : "");
			for (size_t k = (size_t)(str_chr(t->s, '/') + 1); k < t->s.n; k++)
				buf_putc(&names, (char)toupper((unsigned char)t->s.p[k]));
		}
		json *params = json_object(a);
		json_set_str(a, params, "types", buf_str(&names));
		return (struct complaint){.key = "file.type", .params = params};
	}
	if (r->max_bytes && bytes > r->max_bytes)
		return with_limit(a, "file.size", (r->max_bytes + MEGABYTE - 1) / MEGABYTE);
	bool small = (r->min_width && w < r->min_width) || (r->min_height && h < r->min_height);
	bool large = (r->max_width && w > r->max_width) || (r->max_height && h > r->max_height);
	if (!small && !large)
		return (struct complaint){0};
	json *params = json_object(a);
	json_set_int(a, params, "width", small ? r->min_width : r->max_width);
	json_set_int(a, params, "height", small ? r->min_height : r->max_height);
	return (struct complaint){.key = small ? "file.small" : "file.large", .params = params};
}

struct complaint value_check(const struct item *i, const json *v, const struct form_env *env,
                             arena *a)
{
	int64_t n = (int64_t)v->count;
	struct complaint c = {0};
	if (i->kind == ITEM_REPEAT) {
		if (!json_is(v, JSON_ARRAY))
			return (struct complaint){.key = "invalid"};
		if (n < i->min_entries)
			return with_limit(a, "entries.min", i->min_entries);
		return n > i->max_entries ? with_limit(a, "entries.max", i->max_entries) : c;
	}
	if (i->widget == WIDGET_FILE)
		c = file_complaint(i, v, a);
	else if (i->n_choices || i->choices_from.n)
		c = choice_complaint(i, v, env, a);
	if (!c.key)
		c = schema_complaint(i, i->schema, v, a);
	if (!c.key && i->widget == WIDGET_DATE)
		c = date_complaint(i, v, env, a);
	if (c.key && i->widget == WIDGET_DATE && !c.part)
		c.part = "-day";
	return c;
}

/* ---- lists of errors ---- */

void error_add(struct error_list *l, const struct item *i, str name, struct complaint c,
               const struct form_env *env)
{
	if (l->n == l->cap) {
		size_t cap = l->cap ? l->cap * 2 : 16;
		struct form_error *at = NEWN(l->a, struct form_error, cap);
		for (size_t k = 0; k < l->n; k++)
			at[k] = l->at[k];
		l->at = at;
		l->cap = cap;
	}
	struct form_error *e = &l->at[l->n++];
	*e = (struct form_error){.field = name, .key = str_of(c.key), .params = c.params};
	e->id = str_fmt(l->a, "%.*s%s", STRF(name), c.part ? c.part : "");
	if (i) {
		e->page = i->page;
		e->text = item_error_text(i, c.key, c.params, env, l->a);
	} else {
		e->text = form_text(env, l->a, "form.error.whole", c.params);
	}
}

void items_walk(const struct item *i, const json *answers, const json *scope, str prefix, arena *a,
                item_fn each, void *ctx)
{
	for (const struct item *c = i->first; c; c = c->next) {
		if (c->kind == ITEM_LABEL || !item_shown(c, answers, a))
			continue;
		if (c->kind == ITEM_GROUP) {
			items_walk(c, answers, scope, prefix, a, each, ctx);
			continue;
		}
		each(ctx, c, scope, prefix);
		if (c->kind != ITEM_REPEAT)
			continue;
		const json *list = form_value(scope, c->path, c->n_path);
		size_t k = 0;
		for (const json *e = json_is(list, JSON_ARRAY) ? list->first : NULL; e; e = e->next, k++) {
			str below = str_fmt(a, "%.*s%.*s.%zu.", STRF(prefix), STRF(c->name), k);
			items_walk(c, answers, e, below, a, each, ctx);
		}
	}
}

struct checking {
	struct error_list *list;
	const struct form_env *env;
	const json *answers;
	arena *a;
};

static void check_item(void *ctx, const struct item *i, const json *scope, str prefix)
{
	struct checking *k = ctx;
	const json *v = form_value(scope, i->path, i->n_path);
	struct complaint c = {0};
	if (i->fixed || !item_asked(i, k->answers, k->a))
		return;
	if (v)
		c = value_check(i, v, k->env, k->a);
	else if (i->required || (i->kind == ITEM_REPEAT && i->min_entries > 0))
		c = missing(i);
	if (c.key)
		error_add(k->list, i, form_name(k->a, prefix, i->name), c, k->env);
}

static void check_page(const struct form *f, size_t page, struct checking *k)
{
	if (form_page_shown(f, page, k->answers, k->a))
		items_walk(f->pages[page].body, k->answers, k->answers, (str){0}, k->a, check_item, k);
}

/* ---- the whole ---- */

/* Removes the answers of what is not shown; true if there were any. */
static bool prune(const struct item *i, const json *answers, json *result, arena *a)
{
	bool removed = false;
	for (const struct item *c = i->first; c; c = c->next) {
		if (c->kind == ITEM_GROUP)
			removed |= prune(c, answers, result, a);
		else if (c->path && !item_shown(c, answers, a) && form_value(result, c->path, c->n_path)) {
			form_value_set(a, result, c->path, c->n_path, NULL);
			removed = true;
		}
	}
	return removed;
}

json *form_submit_answers(const struct form *f, const json *answers, arena *a)
{
	json *result = json_is(answers, JSON_OBJECT) ? json_copy(a, answers) : json_object(a);
	for (int pass = 0; pass < MAX_PRUNE_PASSES; pass++) {
		bool removed = false;
		form_compute(f, result, a);
		for (size_t p = 0; p < f->n_pages; p++)
			removed |= prune(f->pages[p].body, result, result, a);
		if (!removed)
			break;
	}
	return result;
}

struct finding {
	str name;
	const struct item *found;
	arena *a;
};

static void find_item(void *ctx, const struct item *i, const json *scope, str prefix)
{
	struct finding *f = ctx;
	(void)scope;
	if (str_eq(form_name(f->a, prefix, i->name), f->name))
		f->found = i;
}

/* "/people/0/name" -> "people.0.name" */
static str field_of(const struct schema_error *e, arena *a)
{
	buf b = buf_make(a, e->instance.n + 200);
	str missing_name = json_str(e->params, "missing");
	for (size_t i = 1; i < e->instance.n; i++)
		buf_putc(&b, e->instance.p[i] == '/' ? '.' : e->instance.p[i]);
	if (missing_name.n) {
		buf_puts(&b, b.n ? "." : "");
		buf_put(&b, missing_name);
	}
	return buf_str(&b);
}

static bool listed(const struct error_list *l, str field)
{
	for (size_t k = 0; k < l->n; k++)
		if (str_eq(l->at[k].field, field) ||
		    (str_starts(field, l->at[k].field) && field.n > l->at[k].field.n &&
		     field.p[l->at[k].field.n] == '.'))
			return true;
	return false;
}

/* Is this the answer of a question that is hidden? Then it is not required. */
static bool hidden(const struct item *i, str name, const json *answers, arena *a)
{
	for (const struct item *c = i->first; c; c = c->next) {
		if (c->kind == ITEM_GROUP && hidden(c, name, answers, a))
			return true;
		if (c->path && str_eq(c->name, name) && !item_shown(c, answers, a))
			return true;
	}
	return false;
}

/* `whole`: as form_submit_answers gives it. */
static void check_whole(const struct form *f, const json *whole, struct checking *k)
{
	struct schema_run run = {.a = k->a, .assert_formats = true, .max_errors = MAX_WHOLE_ERRORS};
	if (schema_validate(f->schema, whole, &run) == SCHEMA_VALID)
		return;
	for (const struct schema_error *e = run.first; e; e = e->next) {
		bool required = json_get(e->params, "missing") != NULL, skip = false;
		struct finding find = {.name = field_of(e, k->a), .a = k->a};
		for (size_t p = 0; p < f->n_pages && !find.found; p++) {
			items_walk(f->pages[p].body, whole, whole, (str){0}, k->a, find_item, &find);
			skip |= required && hidden(f->pages[p].body, find.name, whole, k->a);
		}
		if (skip || listed(k->list, find.name))
			continue;
		struct complaint c = {.key = required     ? "required"
		                             : find.found ? key_of(find.found, e)
		                                          : "whole"};
		json *params = json_object(k->a);
		json_set_str(k->a, params, "field", find.name);
		c.params = params;
		error_add(k->list, find.found, find.name, c, k->env);
	}
	if (!run.first && !k->list->n)
		error_add(k->list, NULL, (str){0}, (struct complaint){.key = "whole"}, k->env);
}

static void give(struct form_errors *out, const struct error_list *l)
{
	out->at = l->at;
	out->count = l->n;
}

bool form_complete(const struct form *f, const json *answers, const struct form_env *env, arena *a,
                   size_t *page, struct form_errors *errors)
{
	struct error_list list = {.a = a};
	json *whole = form_submit_answers(f, answers, a);
	struct checking k = {.list = &list, .env = env, .answers = whole, .a = a};
	for (size_t p = 0; p < f->n_pages && !list.n; p++)
		check_page(f, p, &k);
	if (!list.n)
		check_whole(f, whole, &k);
	give(errors, &list);
	if (list.n)
		*page = list.at[0].page;
	return list.n == 0;
}

bool form_check_answers(const struct form *f, const json *answers, const struct form_env *env,
                        arena *a, struct form_errors *errors)
{
	struct error_list list = {.a = a};
	json *whole = form_submit_answers(f, answers, a);
	struct checking k = {.list = &list, .env = env, .answers = whole, .a = a};
	for (size_t p = 0; p < f->n_pages; p++)
		check_page(f, p, &k);
	check_whole(f, whole, &k);
	give(errors, &list);
	return list.n == 0;
}
