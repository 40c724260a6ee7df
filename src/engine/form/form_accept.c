/*
 * A page's submission: what was typed becomes answers where it is valid, and is
 * kept as typed where it is not.
 */
#include "engine/form/form_in.h"

struct taker {
	const struct form_field *fields;
	size_t n;
	const struct form_env *env;
	arena *a;
	json *answers, *raw;
	const json *before; /* the answers that the page was shown with */
	struct error_list errors;
	bool again;
};

static const struct form_field *field_named(const struct taker *t, str name)
{
	for (size_t k = 0; k < t->n; k++)
		if (str_eq(t->fields[k].name, name))
			return &t->fields[k];
	return NULL;
}

static struct typed gather(const struct taker *t, const struct item *i, str name)
{
	static const char *const part[] = {"-day", "-month", "-year"};
	struct typed out = {0};
	str *many = NEWN(t->a, str, t->n + 1);
	for (size_t k = 0; k < t->n; k++) {
		const struct form_field *f = &t->fields[k];
		if (str_eq(f->name, name)) {
			out.present = true;
			out.text = f->value;
			if (f->file)
				out.file = f->file;
			if (f->value.n)
				many[out.n_many++] = f->value;
		}
		for (int p = 0; p < 3 && i->widget == WIDGET_DATE; p++)
			if (str_eq(f->name, str_cat(t->a, name, str_of(part[p])))) {
				out.present = true;
				out.parts[p] = f->value;
			}
	}
	out.many = many;
	return out;
}

/* ---- what was typed, kept ---- */

static void raw_clear(struct taker *t, str name)
{
	static const char *const part[] = {"", "-day", "-month", "-year"};
	for (int p = 0; p < 4; p++)
		json_remove(t->raw, str_cat(t->a, name, str_of(part[p])));
}

static void raw_keep(struct taker *t, const struct item *i, str name, const struct typed *y)
{
	static const char *const part[] = {"-day", "-month", "-year"};
	if (i->widget == WIDGET_DATE) {
		for (int p = 0; p < 3; p++)
			json_set_key(t->a, t->raw, str_cat(t->a, name, str_of(part[p])),
			             json_string(t->a, text_clean(t->a, y->parts[p], false)));
	} else if (i->widget == WIDGET_CHECKBOXES) {
		json *list = json_set_key(t->a, t->raw, name, json_array(t->a));
		for (size_t k = 0; k < y->n_many; k++)
			json_push(list, json_string(t->a, text_clean(t->a, y->many[k], false)));
	} else if (i->widget != WIDGET_FILE) {
		json_set_key(t->a, t->raw, name, json_string(t->a, text_clean(t->a, y->text, true)));
	}
}

/* ---- controls ---- */

static bool empty_text(const json *v)
{
	return json_is(v, JSON_STRING) && !v->s.n;
}

/* `from` names the fields as they were sent, `to` as they are shown next. */
static void take_control(struct taker *t, const struct item *i, json *scope, str from, str to)
{
	str name = form_name(t->a, to, i->name);
	struct typed y = gather(t, i, form_name(t->a, from, i->name));
	struct complaint c;
	if (!item_asked(i, t->answers, t->a))
		return;
	if (!y.present && !item_asked(i, t->before, t->a)) {
		t->again = true; /* an answer on this page has only now uncovered the question */
		return;
	}
	raw_clear(t, name);
	json *v = typed_value(i, &y, t->env, t->a, &c);
	const json *old = form_value(scope, i->path, i->n_path);
	if (empty_text(v))
		v = NULL;
	if (i->widget == WIDGET_FILE && !v && old)
		return;
	if (v)
		c = value_check(i, v, t->env, t->a);
	else if (!c.key && i->required)
		c = missing(i);
	if (c.key) {
		raw_keep(t, i, name, &y);
		error_add(&t->errors, i, name, c, t->env);
		v = NULL;
		if (i->widget == WIDGET_FILE && old)
			return; /* a file that was fine stays */
	}
	form_value_set(t->a, scope, i->path, i->n_path, v);
}

static void take_items(struct taker *t, const struct item *parent, json *scope, str from, str to);

/* ---- repeating groups ---- */

/* One past the highest entry that the request names: "people.3.name" -> 4. */
static size_t entries_sent(const struct taker *t, str prefix)
{
	size_t n = 0;
	for (size_t k = 0; k < t->n; k++) {
		str rest = t->fields[k].name, index;
		int64_t v;
		if (!str_starts(rest, prefix))
			continue;
		rest = str_sub(rest, prefix.n, rest.n);
		if (str_cut(&rest, '.', &index) && str_i64(index, &v) && v >= 0 && v < FORM_MAX_REPEAT &&
		    (size_t)v >= n)
			n = (size_t)v + 1;
	}
	return n;
}

static bool entry_blank(const struct taker *t, str prefix)
{
	for (size_t k = 0; k < t->n; k++)
		if (str_starts(t->fields[k].name, prefix) &&
		    (t->fields[k].file || text_clean(t->a, t->fields[k].value, true).n))
			return false;
	return true;
}

static void raw_clear_prefix(struct taker *t, str prefix)
{
	for (json *m = t->raw->first, *next; m; m = next) {
		next = m->next;
		if (str_starts(m->key, prefix))
			json_remove(t->raw, m->key);
	}
}

/* Was the button "people.add" or "people.0.remove" pressed? */
static bool asks(const struct taker *t, str prefix, const char *action)
{
	return field_named(t, str_cat(t->a, prefix, str_of(action))) != NULL;
}

static void take_repeat(struct taker *t, const struct item *i, json *scope)
{
	str prefix = str_cat(t->a, i->name, STR("."));
	size_t sent = entries_sent(t, prefix), kept = 0;
	const json *old = form_value(scope, i->path, i->n_path);
	json *list = json_array(t->a);
	bool adding = asks(t, prefix, "add"), removing = false;
	raw_clear_prefix(t, prefix);
	for (size_t k = 0; k < sent; k++) {
		str from = str_fmt(t->a, "%.*s%zu.", STRF(prefix), k);
		const json *entry = json_at(old, k);
		bool remove = asks(t, from, "remove");
		removing |= remove;
		bool spare = (int64_t)(sent - k) + (int64_t)kept > i->min_entries;
		if (remove || (!adding && spare && !json_get(entry, "file") && entry_blank(t, from)))
			continue;
		json *made = json_is(entry, JSON_OBJECT) ? json_copy(t->a, entry) : json_object(t->a);
		made->key = (str){0};
		json_push(list, made);
		take_items(t, i, made, from, str_fmt(t->a, "%.*s%zu.", STRF(prefix), kept));
		kept++;
	}
	if (adding && (int64_t)kept < i->max_entries)
		json_push(list, json_object(t->a));
	t->again |= adding || removing;
	if (!adding && !removing && (int64_t)list->count < i->min_entries)
		error_add(&t->errors, i, i->name,
		          list->count ? value_check(i, list, t->env, t->a) : missing(i), t->env);
	form_value_set(t->a, scope, i->path, i->n_path, list->count ? list : NULL);
}

static void take_items(struct taker *t, const struct item *parent, json *scope, str from, str to)
{
	for (const struct item *i = parent->first; i; i = i->next) {
		if (!item_shown(i, t->answers, t->a))
			continue;
		switch (i->kind) {
		case ITEM_GROUP:
			take_items(t, i, scope, from, to);
			break;
		case ITEM_CONTROL:
			take_control(t, i, scope, from, to);
			break;
		case ITEM_REPEAT:
			if (item_asked(i, t->answers, t->a))
				take_repeat(t, i, scope);
			break;
		case ITEM_LABEL:
			break;
		}
	}
}

struct form_result form_page_accept(const struct form *f, size_t page,
                                    const struct form_field *fields, size_t n, const json *answers,
                                    const json *raw, const struct form_env *env, arena *a)
{
	struct taker t = {.fields = fields, .n = n, .env = env, .a = a, .errors = {.a = a}};
	t.answers = json_is(answers, JSON_OBJECT) ? json_copy(a, answers) : json_object(a);
	t.before = json_copy(a, t.answers);
	t.raw = json_is(raw, JSON_OBJECT) ? json_copy(a, raw) : json_object(a);
	take_items(&t, f->pages[page].body, t.answers, (str){0}, (str){0});
	form_compute(f, t.answers, a);
	struct form_result r = {.answers = t.answers, .raw = t.raw, .again = t.again};
	if (!t.again)
		r.errors = (struct form_errors){t.errors.at, t.errors.n};
	return r;
}

/* ---- prefill ---- */

static const json *dotted(const json *v, str path)
{
	str part;
	while (v && str_cut(&path, '.', &part))
		v = json_get_str(v, part);
	return v;
}

static void prefill_in(const struct item *i, const json *sources, json *answers, arena *a)
{
	for (const struct item *c = i->first; c; c = c->next) {
		if (c->kind == ITEM_GROUP)
			prefill_in(c, sources, answers, a);
		const json *v = c->prefill_from.n ? dotted(sources, c->prefill_from) : NULL;
		if (!v || v->type == JSON_NULL || (!c->fixed && form_value(answers, c->path, c->n_path)))
			continue;
		struct schema_run run = {.a = a, .assert_formats = true};
		if (c->fixed || schema_validate(c->schema, v, &run) == SCHEMA_VALID)
			form_value_set(a, answers, c->path, c->n_path, json_copy(a, v));
	}
}

json *form_prefill(const struct form *f, const json *sources, const json *answers, arena *a)
{
	json *out = json_is(answers, JSON_OBJECT) ? json_copy(a, answers) : json_object(a);
	for (size_t p = 0; p < f->n_pages; p++)
		prefill_in(f->pages[p].body, sources, out, a);
	form_compute(f, out, a);
	return out;
}
