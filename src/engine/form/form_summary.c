/* Check your answers: every question that is shown, with its answer in words. */
#include "engine/form/form_in.h"
#include "engine/form/image.h"

#include "base/time.h"

static str say(const struct form_env *env, arena *a, const char *key)
{
	return form_text(env, a, key, NULL);
}

static str choice_words(const struct item *i, const json *v, const struct form_env *env, arena *a)
{
	size_t n;
	const struct choice *at = item_choices(i, env, a, &n);
	for (size_t k = 0; k < n; k++)
		if (schema_equal(a, at[k].value, v))
			return words_in(at[k].label, env->arabic);
	return json_text(v);
}

static str list_words(const struct item *i, const json *v, const struct form_env *env, arena *a)
{
	buf b = buf_make(a, FORM_MAX_TEXT);
	for (const json *e = v->first; e; e = e->next) {
		if (b.n) {
			buf_put(&b, say(env, a, "form.list.separator"));
			buf_putc(&b, ' ');
		}
		buf_put(&b, choice_words(i, e, env, a));
	}
	return buf_str(&b);
}

str answer_words(const struct item *i, const json *v, const struct form_env *env, arena *a)
{
	int64_t day;
	switch (i->widget) {
	case WIDGET_RADIOS:
	case WIDGET_SELECT:
		return choice_words(i, v, env, a);
	case WIDGET_CHECKBOXES:
		return list_words(i, v, env, a);
	case WIDGET_YESNO:
	case WIDGET_CONFIRM:
		return say(env, a, json_is(v, JSON_BOOL) && v->b ? "form.yes" : "form.no");
	case WIDGET_DATE:
		return date_parse(json_text(v), &day) ? date_words(day, env, a) : json_text(v);
	case WIDGET_FILE:
		return json_str(v, "name");
	case WIDGET_MONEY: {
		json *params = json_object(a);
		str key = str_fmt(a, "form.money.%s", i->currency.code);
		money m;
		bool whole = money_parse(json_text(v), i->currency, &m);
		str amount = whole ? decimal_grouped(a, money_print(a, m, i->currency)) : json_text(v);
		json_set_str(a, params, "amount", amount);
		return form_text(env, a, str_c(a, key), params);
	}
	default:
		return json_text(v);
	}
}

struct summary {
	const struct form_env *env;
	const json *answers;
	arena *a;
	const struct page *page;
	json *rows;
};

static bool reads_left_to_right(const struct item *i)
{
	return i->widget == WIDGET_TEL || i->widget == WIDGET_EMAIL || i->widget == WIDGET_NUMBER ||
	       json_truth(i->options, "identifier");
}

/* "people.0" and "Name" -> "Name (1)" in words of the reader's language. */
static str entry_key(const struct summary *s, str label, str entry)
{
	json *params = json_object(s->a);
	size_t dot = entry.n;
	int64_t k = 0;
	while (dot && entry.p[dot - 1] != '.')
		dot--;
	str_i64(str_sub(entry, dot, entry.n), &k);
	json_set_int(s->a, params, "number", k + 1);
	json_set_str(s->a, params, "label", label);
	return form_text(s->env, s->a, "form.entry", params);
}

static void add_row(void *ctx, const struct item *i, const json *scope, str prefix)
{
	struct summary *s = ctx;
	const json *v = form_value(scope, i->path, i->n_path);
	if (i->kind == ITEM_REPEAT && v)
		return; /* its entries follow */
	json *row = json_object(s->a);
	str key = words_in(i->label, s->env->arabic);
	if (prefix.n)
		key = entry_key(s, key, str_sub(prefix, 0, prefix.n - 1));
	json_set_str(s->a, row, "key", key);
	json_set_str(s->a, row, "name", form_name(s->a, prefix, i->name));
	str text = v && i->kind == ITEM_CONTROL ? answer_words(i, v, s->env, s->a) : (str){0};
	json_set_bool(s->a, row, "missing", text.n == 0);
	json_set_str(s->a, row, "value", text.n ? text : say(s->env, s->a, "form.not_provided"));
	json_set_str(s->a, row, "dir", text.n && reads_left_to_right(i) ? STR("ltr") : STR("auto"));
	json_set_bool(s->a, row, "lines", i->widget == WIDGET_TEXTAREA);
	if (i->widget == WIDGET_FILE && v && i->kind == ITEM_CONTROL)
		json_set_str(s->a, row, "file", json_str(v, "file"));
	str source = words_in(i->prefill_source, s->env->arabic);
	if (source.n)
		json_set_str(s->a, row, "source", source);
	if (item_asked(i, s->answers, s->a)) {
		json_set_str(s->a, row, "change", s->page->id);
		json_set_str(s->a, row, "change_hidden", item_brief(i, s->env, s->a));
		str field = form_name(s->a, prefix, i->name);
		bool date = i->widget == WIDGET_DATE && i->kind == ITEM_CONTROL;
		json_set_str(s->a, row, "change_id", date ? str_cat(s->a, field, STR("-day")) : field);
	}
	json_push(s->rows, row);
}

json *form_check_view(const struct form *f, const json *answers, const struct form_env *env,
                      arena *a)
{
	json *out = json_object(a), *pages = json_set(a, out, "pages", json_array(a));
	json *all = form_submit_answers(f, answers, a);
	for (size_t p = 0; p < f->n_pages; p++) {
		if (!form_page_shown(f, p, all, a))
			continue;
		json *page = json_object(a);
		json_set_str(a, page, "id", f->pages[p].id);
		json_set_str(a, page, "title", words_in(f->pages[p].title, env->arabic));
		struct summary s = {.env = env, .answers = all, .a = a, .page = &f->pages[p]};
		s.rows = json_set(a, page, "rows", json_array(a));
		items_walk(f->pages[p].body, all, all, (str){0}, a, add_row, &s);
		if (s.rows->count)
			json_push(pages, page);
	}
	return out;
}

/* ---- what a person should judge ---- */

#define BACKGROUND_TOLERANCE 40 /* of 255, when the form names none */

struct flags {
	json *list;
	arena *a;
};

static uint8_t sample(const json *v)
{
	int64_t n = 0;
	json_i64(v, &n);
	return (uint8_t)(n < 0 ? 0 : n > 255 ? 255 : n);
}

static bool background_wanted(const json *rule, const json *seen)
{
	const json *rgb = json_get(rule, "rgb");
	struct image_colour c = {sample(json_get(seen, "red")), sample(json_get(seen, "green")),
	                         sample(json_get(seen, "blue")), sample(json_get(seen, "spread"))};
	int64_t tolerance = json_int(rule, "tolerance", BACKGROUND_TOLERANCE);
	return image_background_is(c, sample(json_at(rgb, 0)), sample(json_at(rgb, 1)),
	                           sample(json_at(rgb, 2)), (uint8_t)tolerance);
}

static void add_flag(void *ctx, const struct item *i, const json *scope, str prefix)
{
	struct flags *s = ctx;
	const json *seen = json_get(form_value(scope, i->path, i->n_path), "background");
	if (i->widget != WIDGET_FILE || !i->file.background || !seen ||
	    background_wanted(i->file.background, seen))
		return;
	json *o = json_push(s->list, json_object(s->a));
	json_set_str(s->a, o, "field", form_name(s->a, prefix, i->name));
	json *label = json_set(s->a, o, "label", json_object(s->a));
	json_set_str(s->a, label, "en", words_in(i->label, false));
	json_set_str(s->a, label, "ar", words_in(i->label, true));
	json_set_str(s->a, o, "flag", STR("background"));
}

json *form_flags(const struct form *f, const json *answers, arena *a)
{
	struct flags s = {json_array(a), a};
	json *all = form_submit_answers(f, answers, a);
	for (size_t p = 0; p < f->n_pages; p++)
		if (form_page_shown(f, p, all, a))
			items_walk(f->pages[p].body, all, all, (str){0}, a, add_flag, &s);
	return s.list;
}
