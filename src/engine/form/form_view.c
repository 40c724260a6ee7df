/* A page as the components of the design system, for a template to render. */
#include "engine/form/form_in.h"

#include "base/time.h"

struct viewer {
	const struct form_env *env;
	const json *answers, *raw;
	const struct form_errors *errors;
	arena *a;
	size_t components; /* questions on the page */
	bool multipart;
};

static void put(const struct viewer *v, json *to, const char *name, str s)
{
	if (s.n)
		json_set_str(v->a, to, name, s);
}

static void put_words(const struct viewer *v, json *to, const char *name, struct words w)
{
	put(v, to, name, words_in(w, v->env->arabic));
}

static const struct form_error *error_of(const struct viewer *v, str name)
{
	for (size_t k = 0; v->errors && k < v->errors->count; k++)
		if (str_eq(v->errors->at[k].field, name))
			return &v->errors->at[k];
	return NULL;
}

static str say(const struct viewer *v, const char *key)
{
	return form_text(v->env, v->a, key, NULL);
}

/* ---- values as typed ---- */

static str answer_text(const json *v)
{
	return json_is(v, JSON_BOOL) ? (v->b ? STR("true") : STR("false")) : json_text(v);
}

static str value_text(const struct viewer *v, const json *answer, str name)
{
	const json *typed = json_get_str(v->raw, name);
	return typed ? json_text(typed) : answer_text(answer);
}

static bool is_chosen(const struct viewer *v, const json *answer, str name, const struct choice *c)
{
	const json *typed = json_get_str(v->raw, name), *from = typed ? typed : answer;
	for (const json *e = json_is(from, JSON_ARRAY) ? from->first : NULL; e; e = e->next)
		if (str_eq(answer_text(e), c->text))
			return true;
	return from && str_eq(answer_text(from), c->text);
}

/* ---- components ---- */

static json *view_choice(const struct viewer *v, str name, size_t k, const struct choice *c,
                         bool on)
{
	json *o = json_object(v->a);
	json_set_str(v->a, o, "id", k ? str_fmt(v->a, "%.*s-%zu", STRF(name), k + 1) : name);
	json_set_str(v->a, o, "name", name);
	json_set_str(v->a, o, "value", c->text);
	put_words(v, o, "text", c->label);
	put_words(v, o, "hint", c->hint);
	json_set_bool(v->a, o, "checked", on);
	json_set_bool(v->a, o, "selected", on);
	return o;
}

static void view_choices(const struct viewer *v, const struct item *i, const json *answer, str name,
                         json *out)
{
	size_t n;
	const struct choice *at = item_choices(i, v->env, v->a, &n);
	json *items = json_set(v->a, out, "items", json_array(v->a));
	if (i->widget == WIDGET_SELECT) {
		struct choice none = {.text = STR("")};
		str label = say(v, "form.choose");
		none.label = (struct words){label, label};
		json_push(items, view_choice(v, name, n, &none, !answer && !json_get_str(v->raw, name)));
	}
	for (size_t k = 0; k < n; k++)
		json_push(items, view_choice(v, name, k, &at[k], is_chosen(v, answer, name, &at[k])));
	const char *type = i->widget == WIDGET_SELECT       ? "select"
	                   : i->widget == WIDGET_CHECKBOXES ? "checkboxes"
	                                                    : "radios";
	json_set_str(v->a, out, "type", str_of(type));
	if (n <= 2 && i->widget == WIDGET_RADIOS && !at[0].hint.en.n)
		json_set_bool(v->a, out, "inline", true);
}

static void view_yesno(const struct viewer *v, const struct item *i, const json *answer, str name,
                       json *out)
{
	json *items = json_set(v->a, out, "items", json_array(v->a));
	bool confirm = i->widget == WIDGET_CONFIRM;
	str yes = say(v, "form.yes"), no = say(v, "form.no");
	struct choice at[2] = {{.text = STR("true"), .label = {yes, yes}},
	                       {.text = STR("false"), .label = {no, no}}};
	if (confirm)
		at[0].label = words_read(json_get(i->options, "confirmLabel"));
	if (confirm && !at[0].label.en.n)
		at[0].label = i->label;
	for (size_t k = 0; k < (confirm ? 1u : 2u); k++)
		json_push(items, view_choice(v, name, k, &at[k], is_chosen(v, answer, name, &at[k])));
	json_set_str(v->a, out, "type", confirm ? STR("checkboxes") : STR("radios"));
	json_set_bool(v->a, out, "inline", !confirm);
}

static void view_date(const struct viewer *v, const struct item *i, const json *answer, str name,
                      json *out)
{
	static const char *const part[] = {"day", "month", "year"};
	str texts[3] = {{0}};
	int64_t day;
	int32_t y;
	int m, d;
	if (date_parse(json_text(answer), &day)) {
		civil_from_days(day, &y, &m, &d);
		texts[0] = str_fmt(v->a, "%d", d);
		texts[1] = str_fmt(v->a, "%d", m);
		texts[2] = str_fmt(v->a, "%d", (int)y);
	}
	const struct form_error *e = error_of(v, name);
	json *items = json_set(v->a, out, "items", json_array(v->a));
	for (int k = 0; k < 3; k++) {
		json *o = json_object(v->a);
		str full = str_fmt(v->a, "%.*s-%s", STRF(name), part[k]);
		const json *typed = json_get_str(v->raw, full);
		json_set_str(v->a, o, "id", full);
		json_set_str(v->a, o, "name", full);
		json_set_str(v->a, o, "part", str_of(part[k]));
		json_set_str(v->a, o, "text", say(v, str_c(v->a, str_fmt(v->a, "form.%s", part[k]))));
		json_set_str(v->a, o, "value", typed ? json_text(typed) : texts[k]);
		json_set_str(v->a, o, "width", k == 2 ? STR("4") : STR("2"));
		bool whole_date =
		    e && (str_eq(e->key, STR("required")) || !str_starts(e->key, STR("date.")) ||
		          str_eq(e->key, STR("date.real")) || str_eq(e->key, STR("date.past")) ||
		          str_eq(e->key, STR("date.future")));
		json_set_bool(v->a, o, "error", e && (whole_date || str_eq(e->id, full)));
		json_push(items, o);
	}
	json_set_str(v->a, out, "type", STR("date-input"));
	if (str_eq(json_str(i->options, "autocomplete"), STR("bday")))
		json_set_bool(v->a, out, "birthday", true);
}

/* Its size in words: "412 KB". */
static void put_file(const struct viewer *v, const json *answer, json *out)
{
	int64_t kilobytes = (json_int(answer, "bytes", 0) + 1023) / 1024;
	bool large = kilobytes >= 1024;
	json *params = json_object(v->a);
	str size = large ? str_fmt(v->a, "%lld.%lld", (long long)(kilobytes / 1024),
	                           (long long)(kilobytes % 1024 * 10 / 1024))
	                 : str_fmt(v->a, "%lld", (long long)kilobytes);
	json_set_str(v->a, params, "size", size);
	json_set_str(v->a, out, "size",
	             form_text(v->env, v->a, large ? "form.megabytes" : "form.kilobytes", params));
}

static void view_file(struct viewer *v, const struct item *i, const json *answer, json *out)
{
	v->multipart = true;
	json_set_str(v->a, out, "type", STR("file-upload"));
	buf accept = buf_make(v->a, 500);
	for (const json *t = i->file.accept ? i->file.accept->first : NULL; t; t = t->next) {
		buf_puts(&accept, accept.n ? "," : "");
		buf_put(&accept, t->s);
	}
	put(v, out, "accept", buf_str(&accept));
	json_set_int(v->a, out, "max_bytes", i->file.max_bytes);
	if (json_is(answer, JSON_OBJECT))
		put_file(v, answer, json_set(v->a, out, "file", json_copy(v->a, answer)));
}

static void view_input(const struct viewer *v, const struct item *i, const json *answer, str name,
                       json *out)
{
	static const struct {
		const char *type, *mode, *autocomplete;
		bool ltr;
	} kinds[] = {
	    [WIDGET_TEXT] = {"text", NULL, NULL, false},
	    [WIDGET_EMAIL] = {"email", "email", "email", true},
	    [WIDGET_TEL] = {"tel", "tel", "tel", true},
	    [WIDGET_NUMBER] = {"text", "decimal", NULL, true},
	    [WIDGET_MONEY] = {"text", "decimal", NULL, true},
	};
	bool area = i->widget == WIDGET_TEXTAREA;
	size_t k = area ? WIDGET_TEXT : (size_t)i->widget;
	bool ltr = kinds[k].ltr || json_truth(i->options, "identifier");
	str own = json_str(i->options, "autocomplete"), width = json_str(i->options, "width");
	json_set_str(v->a, out, "type", area ? STR("textarea") : STR("input"));
	json_set_str(v->a, out, "input_type", str_of(kinds[k].type));
	put(v, out, "inputmode", i->whole ? STR("numeric") : str_of(kinds[k].mode));
	put(v, out, "autocomplete", own.n ? own : str_of(kinds[k].autocomplete));
	json_set_str(v->a, out, "text_dir", ltr ? STR("ltr") : STR("auto"));
	bool spelt = area || json_truth(i->options, "spellcheck");
	json_set_str(v->a, out, "spellcheck", spelt ? STR("true") : STR("false"));
	put(v, out, "width", width);
	if (area)
		json_set_int(v->a, out, "rows", json_int(i->options, "rows", 5));
	put_words(v, out, "prefix", words_read(json_get(i->options, "prefix")));
	put_words(v, out, "suffix", words_read(json_get(i->options, "suffix")));
	if (i->widget == WIDGET_MONEY) {
		str key = str_fmt(v->a, "form.currency.%s", i->currency.code);
		json_set_str(v->a, out, "prefix", say(v, str_c(v->a, key)));
	}
	json_set_str(v->a, out, "value", value_text(v, answer, name));
}

static void view_fact(const struct viewer *v, const struct item *i, const json *answer, json *out)
{
	json_set_str(v->a, out, "type", STR("fact"));
	if (answer)
		json_set_str(v->a, out, "value", answer_words(i, answer, v->env, v->a));
	else
		json_set_str(v->a, out, "value", say(v, "form.not_provided"));
	json_set_bool(v->a, out, "missing", !answer);
	bool ltr = i->widget == WIDGET_TEL || i->widget == WIDGET_EMAIL || i->widget == WIDGET_NUMBER ||
	           json_truth(i->options, "identifier");
	json_set_str(v->a, out, "dir", ltr ? STR("ltr") : STR("auto"));
}

/* What need not be answered says so in its label. */
static str label_text(const struct viewer *v, const struct item *i, bool asked)
{
	str label = words_in(i->label, v->env->arabic);
	if (i->required || !asked || i->widget == WIDGET_CONFIRM)
		return label;
	json *params = json_object(v->a);
	json_set_str(v->a, params, "label", label);
	return form_text(v->env, v->a, "form.optional", params);
}

/* Where a value that may be changed came from, after the hint. */
static str prefill_hint(const struct viewer *v, const struct item *i)
{
	json *params = json_object(v->a);
	json_set_str(v->a, params, "source", words_in(i->prefill_source, v->env->arabic));
	str from = form_text(v->env, v->a, "form.prefilled", params);
	str hint = words_in(i->hint, v->env->arabic);
	return hint.n ? str_fmt(v->a, "%.*s %.*s", STRF(hint), STRF(from)) : from;
}

static json *view_control(struct viewer *v, const struct item *i, const json *scope, str prefix)
{
	json *out = json_object(v->a);
	str name = form_name(v->a, prefix, i->name);
	const json *answer = form_value(scope, i->path, i->n_path);
	const struct form_error *e = error_of(v, name);
	bool asked = item_asked(i, v->answers, v->a);
	json_set_str(v->a, out, "type", (str){0});
	json_set_str(v->a, out, "id", name);
	json_set_str(v->a, out, "name", name);
	json_set_str(v->a, out, "label", label_text(v, i, asked));
	put_words(v, out, "hint", i->hint);
	put_words(v, out, "source", i->prefill_source);
	if (asked && answer && i->prefill_source.en.n)
		json_set_str(v->a, out, "hint", prefill_hint(v, i));
	if (e)
		json_set_str(v->a, out, "error", e->text);
	json_set_bool(v->a, out, "optional", !i->required && asked);
	v->components++;
	if (!asked) {
		view_fact(v, i, answer, out);
		return out;
	}
	switch (i->widget) {
	case WIDGET_RADIOS:
	case WIDGET_SELECT:
	case WIDGET_CHECKBOXES:
		view_choices(v, i, answer, name, out);
		break;
	case WIDGET_YESNO:
	case WIDGET_CONFIRM:
		view_yesno(v, i, answer, name, out);
		break;
	case WIDGET_DATE:
		view_date(v, i, answer, name, out);
		break;
	case WIDGET_FILE:
		view_file(v, i, answer, out);
		break;
	default:
		view_input(v, i, answer, name, out);
	}
	return out;
}

static void view_items(struct viewer *v, const struct item *parent, const json *scope, str prefix,
                       json *out);

static json *view_group(struct viewer *v, const struct item *i, const json *scope, str prefix)
{
	json *out = json_object(v->a);
	json_set_str(v->a, out, "type", STR("fieldset"));
	put_words(v, out, "label", i->label);
	json_set_str(v->a, out, "label_classes", STR("govuk-fieldset__legend--m"));
	put_words(v, out, "hint", i->hint);
	view_items(v, i, scope, prefix, json_set(v->a, out, "components", json_array(v->a)));
	v->components++;
	return out;
}

static json *view_repeat(struct viewer *v, const struct item *i, const json *scope)
{
	json *out = json_object(v->a), *nothing = json_object(v->a);
	const json *list = form_value(scope, i->path, i->n_path);
	const struct form_error *e = error_of(v, i->name);
	size_t n = json_is(list, JSON_ARRAY) ? list->count : 0, least = (size_t)i->min_entries;
	json_set_str(v->a, out, "type", STR("repeat"));
	json_set_str(v->a, out, "id", i->name);
	json_set_str(v->a, out, "name", i->name);
	put_words(v, out, "label", i->label);
	put_words(v, out, "hint", i->hint);
	if (e)
		json_set_str(v->a, out, "error", e->text);
	json *entries = json_set(v->a, out, "entries", json_array(v->a));
	size_t shown = n > least ? n : least;
	for (size_t k = 0; k < (shown ? shown : 1); k++) {
		json *entry = json_object(v->a), *params = json_object(v->a);
		str prefix = str_fmt(v->a, "%.*s.%zu.", STRF(i->name), k);
		const json *at = json_at(list, k);
		json_set_int(v->a, entry, "number", (int64_t)k + 1);
		json_set_str(v->a, entry, "name", str_sub(prefix, 0, prefix.n - 1));
		json_set_int(v->a, params, "number", (int64_t)k + 1);
		json_set_str(v->a, params, "label", words_in(i->label, v->env->arabic));
		json_set_str(v->a, entry, "label", form_text(v->env, v->a, "form.entry", params));
		if (shown > least && n > 0)
			json_set_str(v->a, entry, "remove", str_cat(v->a, prefix, STR("remove")));
		view_items(v, i, at ? at : nothing, prefix,
		           json_set(v->a, entry, "components", json_array(v->a)));
		json_push(entries, entry);
	}
	if ((int64_t)shown < i->max_entries)
		json_set_str(v->a, out, "add", str_cat(v->a, i->name, STR(".add")));
	v->components++;
	return out;
}

static json *view_label(const struct viewer *v, const struct item *i)
{
	json *out = json_object(v->a);
	str style = json_str(i->options, "style");
	json_set_str(v->a, out, "type", style.n ? style : STR("paragraph"));
	bool titled = str_eq(style, STR("details")) && i->label.en.n;
	put_words(v, out, "label", titled ? i->label : i->text);
	put_words(v, out, "hint", titled ? i->text : (struct words){{0}, {0}});
	return out;
}

static void view_items(struct viewer *v, const struct item *parent, const json *scope, str prefix,
                       json *out)
{
	for (const struct item *i = parent->first; i; i = i->next) {
		if (!item_shown(i, v->answers, v->a))
			continue;
		if (i->kind == ITEM_GROUP)
			json_push(out, view_group(v, i, scope, prefix));
		else if (i->kind == ITEM_REPEAT)
			json_push(out, view_repeat(v, i, scope));
		else if (i->kind == ITEM_CONTROL)
			json_push(out, view_control(v, i, scope, prefix));
		else
			json_push(out, view_label(v, i));
	}
}

/* ---- the page ---- */

static void view_errors(const struct viewer *v, json *page)
{
	json *list = json_set(v->a, page, "errors", json_array(v->a));
	for (size_t k = 0; v->errors && k < v->errors->count; k++) {
		json *e = json_object(v->a);
		json_set_str(v->a, e, "text", v->errors->at[k].text);
		json_set_str(v->a, e, "href", str_cat(v->a, STR("#"), v->errors->at[k].id));
		json_push(list, e);
	}
	json_set_bool(v->a, page, "has_errors", list->count > 0);
}

/* Questions that are fieldsets have a legend, the others a label. */
static void set_label_size(const struct viewer *v, json *component, char size)
{
	static const char *const legends[] = {"radios", "checkboxes", "date-input", "fieldset"};
	str type = json_str(component, "type");
	const char *class = "govuk-label--";
	for (size_t k = 0; k < sizeof legends / sizeof *legends; k++)
		if (str_eq(type, str_of(legends[k])))
			class = "govuk-fieldset__legend--";
	json_set_str(v->a, component, "label_classes", str_fmt(v->a, "%s%c", class, size));
}

/* A page with one question has that question as its heading. */
static void set_heading(const struct viewer *v, json *page, const json *components)
{
	json *only = components->first;
	if (v->components != 1 || components->count != 1 || !only || !json_get(only, "label"))
		return;
	json_set_bool(v->a, only, "heading", true);
	set_label_size(v, only, 'l');
	json_set_str(v->a, page, "title", json_str(only, "label"));
	json_set_bool(v->a, page, "heading_in_field", true);
}

json *form_page_view(const struct form *f, size_t page, const json *answers, const json *raw,
                     const struct form_errors *errors, const struct form_env *env, arena *a)
{
	const struct page *p = &f->pages[page];
	struct viewer v = {.env = env, .answers = answers, .raw = raw, .errors = errors, .a = a};
	json *out = json_object(a);
	int64_t number = 0, total = 0;
	for (size_t k = 0; k < f->n_pages; k++)
		if (form_page_shown(f, k, answers, a)) {
			total++;
			number += k <= page;
		}
	json_set_str(a, out, "id", p->id);
	json_set_int(a, out, "index", (int64_t)page);
	json_set_int(a, out, "number", number);
	json_set_int(a, out, "total", total);
	put_words(&v, out, "title", p->title);
	put_words(&v, out, "caption", p->caption);
	put_words(&v, out, "intro", p->intro);
	view_errors(&v, out);
	json *components = json_set(a, out, "components", json_array(a));
	view_items(&v, p->body, answers, (str){0}, components);
	for (json *c = components->first; c; c = c->next)
		if (json_get(c, "name"))
			set_label_size(&v, c, 'm');
	set_heading(&v, out, components);
	json_set_bool(a, out, "multipart", v.multipart);
	return out;
}
