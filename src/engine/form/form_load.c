/* A form document, checked and turned into pages of items. */
#include "engine/form/form_in.h"

struct loader {
	arena *a;
	struct diags *d;
	struct form *f;
	const json *schema, *terms; /* of the document */
	size_t page;
	unsigned depth;
};

static void complain(struct loader *l, const json *at, const char *rule, const char *what)
{
	diags_add(l->d, DIAG_ERROR, rule, at ? at->line : 0, at ? at->col : 0, "%s", what);
}

bool scope_read(arena *a, const json *v, const str **path, size_t *n, struct diags *d)
{
	str rest = json_text(v), part, *names = NEWN(a, str, FORM_MAX_NESTING);
	size_t count = 0;
	bool good = str_starts(rest, STR("#/properties/"));
	if (good)
		rest = str_sub(rest, 2, rest.n);
	while (good && str_cut(&rest, '/', &part)) {
		str name;
		good = str_eq(part, STR("properties")) && str_cut(&rest, '/', &name) && name.n &&
		       count < FORM_MAX_NESTING && str_chr(name, '.') < 0;
		if (good)
			names[count++] = name;
	}
	if (!good)
		diags_add(d, DIAG_ERROR, "form.scope", v ? v->line : 0, v ? v->col : 0,
		          "a scope is \"#/properties/name\"");
	*path = names;
	*n = count;
	return good;
}

static struct words read_words(struct loader *l, const json *v, const char *name, bool needed)
{
	const json *t = json_get(v, name);
	if (json_is(t, JSON_STRING)) { /* a text of "terms", shared by several controls */
		const json *term = json_get_str(l->terms, t->s);
		if (!term) {
			complain(l, t, "form.term",
			         "\"terms\" has no such text; a text of its own is {\"en\": .., \"ar\": ..}");
			return (struct words){0};
		}
		t = term;
	}
	struct words w = words_read(t);
	if ((t || needed) && (!w.en.n || !w.ar.n)) {
		struct diag *d = diags_add(l->d, DIAG_ERROR, "form.text", (t ? t : v)->line,
		                           (t ? t : v)->col, "%s needs a text in both languages", name);
		if (d)
			d->hint = STR("write {\"en\": \"..\", \"ar\": \"..\"}");
	}
	return w;
}

/* ---- what the schema says of an answer ---- */

/* Follows local $refs, a few of them; *pointer goes along. */
static const json *deref(struct loader *l, const json *v, str *pointer)
{
	for (int i = 0; i < 8 && json_get(v, "$ref"); i++) {
		str ref = json_str(v, "$ref"), part;
		if (!str_starts(ref, STR("#/")))
			return v;
		const json *at = l->schema;
		*pointer = str_sub(ref, 1, ref.n);
		ref = str_sub(ref, 2, ref.n);
		while (at && str_cut(&ref, '/', &part))
			at = json_get_str(at, part);
		v = at;
	}
	return v;
}

static const json *property_schema(struct loader *l, const json *from, const str *path, size_t n,
                                   bool *required, str *pointer)
{
	const json *v = deref(l, from, pointer);
	for (size_t i = 0; i < n && v; i++) {
		const json *list = json_get(v, "required");
		*required = false;
		for (const json *r = list ? list->first : NULL; r; r = r->next)
			*required |= str_eq(r->s, path[i]);
		*pointer = str_fmt(l->a, "%.*s/properties/%.*s", STRF(*pointer), STRF(path[i]));
		v = deref(l, json_get_str(json_get(v, "properties"), path[i]), pointer);
	}
	return v;
}

static bool has_type(const json *schema, const char *type)
{
	const json *t = json_get(schema, "type");
	if (json_is(t, JSON_STRING))
		return str_eq(t->s, str_of(type));
	for (const json *e = t ? t->first : NULL; e; e = e->next)
		if (str_eq(e->s, str_of(type)))
			return true;
	return false;
}

static enum widget widget_default(const json *schema, size_t choices)
{
	str format = json_str(schema, "format");
	if (has_type(schema, "array"))
		return WIDGET_CHECKBOXES;
	if (has_type(schema, "boolean"))
		return json_truth(schema, "const") ? WIDGET_CONFIRM : WIDGET_YESNO;
	if (choices)
		return choices > 8 ? WIDGET_SELECT : WIDGET_RADIOS;
	if (has_type(schema, "number") || has_type(schema, "integer"))
		return WIDGET_NUMBER;
	if (has_type(schema, "object"))
		return WIDGET_FILE;
	if (str_eq(format, STR("date")))
		return WIDGET_DATE;
	if (str_eq(format, STR("email")) || str_eq(format, STR("idn-email")))
		return WIDGET_EMAIL;
	int64_t longest = json_int(schema, "maxLength", 0);
	return longest > 200 ? WIDGET_TEXTAREA : WIDGET_TEXT;
}

static const char *const widget_names[] = {
    [WIDGET_TEXT] = "text",
    [WIDGET_TEXTAREA] = "textarea",
    [WIDGET_RADIOS] = "radios",
    [WIDGET_SELECT] = "select",
    [WIDGET_CHECKBOXES] = "checkboxes",
    [WIDGET_DATE] = "date",
    [WIDGET_EMAIL] = "email",
    [WIDGET_TEL] = "tel",
    [WIDGET_NUMBER] = "number",
    [WIDGET_MONEY] = "money",
    [WIDGET_FILE] = "file",
    [WIDGET_YESNO] = "yesno",
    [WIDGET_CONFIRM] = "confirm",
};

static void load_widget(struct loader *l, struct item *i, const json *schema)
{
	const json *named = json_get(i->options, "widget");
	i->widget = widget_default(schema, i->n_choices + (i->choices_from.n > 0));
	i->whole = has_type(schema, "integer");
	if (!named)
		return;
	for (size_t w = 0; w < sizeof widget_names / sizeof *widget_names; w++)
		if (str_eq(json_text(named), str_of(widget_names[w]))) {
			i->widget = (enum widget)w;
			return;
		}
	complain(l, named, "form.widget", "no such widget");
}

/* The types of answer that a widget gives; the schema must take one of them. */
static void check_widget(struct loader *l, const struct item *i, const json *schema)
{
	static const char *const gives[][2] = {
	    [WIDGET_CHECKBOXES] = {"array", "array"}, [WIDGET_NUMBER] = {"number", "integer"},
	    [WIDGET_MONEY] = {"number", "number"},    [WIDGET_FILE] = {"object", "array"},
	    [WIDGET_YESNO] = {"boolean", "boolean"},  [WIDGET_CONFIRM] = {"boolean", "boolean"},
	    [WIDGET_DATE] = {"string", "string"},     [WIDGET_EMAIL] = {"string", "string"},
	    [WIDGET_TEL] = {"string", "string"},      [WIDGET_TEXTAREA] = {"string", "string"},
	    [WIDGET_TEXT] = {"string", "string"},
	};
	bool listed =
	    i->widget == WIDGET_RADIOS || i->widget == WIDGET_SELECT || i->widget == WIDGET_CHECKBOXES;
	if (listed && !i->n_choices && !i->choices_from.n)
		complain(l, i->source_json, "form.choices", "a question to choose from has no choices");
	if ((size_t)i->widget >= sizeof gives / sizeof *gives || !gives[i->widget][0])
		return;
	if (!has_type(schema, gives[i->widget][0]) && !has_type(schema, gives[i->widget][1]))
		complain(l, i->source_json, "form.widget.type",
		         "the widget does not give the type of answer that the schema asks for");
}

/* ---- choices ---- */

static void load_choice(struct loader *l, struct choice *c, const json *value, const json *from)
{
	c->value = value;
	c->text =
	    json_is(value, JSON_BOOL) ? (value->b ? STR("true") : STR("false")) : json_text(value);
	c->label = read_words(l, from, json_get(from, "label") ? "label" : "title", true);
	c->hint = read_words(l, from, "hint", false);
}

static void load_choices(struct loader *l, struct item *i, const json *schema)
{
	const json *list = json_get(i->options, "choices");
	str unused = {0};
	const json *items = json_get(schema, "items");
	const json *each = has_type(schema, "array") ? deref(l, items, &unused) : schema;
	const char *value = "value";
	i->choices_from = json_str(i->options, "choicesFrom");
	if (!list && json_get(each, "oneOf") && json_get(json_get(each, "oneOf")->first, "const")) {
		list = json_get(each, "oneOf");
		value = "const";
	}
	if (!list) {
		if (json_get(each, "enum") && !i->choices_from.n)
			complain(l, i->source_json, "form.choices", "an enum needs \"choices\" with labels");
		return;
	}
	if (list->count > FORM_MAX_CHOICES) {
		complain(l, list, "form.choices", "too many choices; use choicesFrom");
		return;
	}
	struct choice *at = NEWN(l->a, struct choice, list->count + 1);
	for (const json *c = list->first; c; c = c->next) {
		const json *v = json_get(c, value);
		if (v)
			load_choice(l, &at[i->n_choices++], v, c);
		else
			complain(l, c, "form.choices", "a choice has a value and a label");
	}
	i->choices = at;
}

/* Each choice must be an answer that the schema takes. */
static void check_choices(struct loader *l, const struct item *i, const struct schema *each)
{
	for (size_t k = 0; k < i->n_choices && each; k++) {
		struct schema_run run = {.a = l->a};
		if (schema_validate(each, i->choices[k].value, &run) != SCHEMA_VALID)
			complain(l, i->choices[k].value, "form.choices.schema",
			         "the schema does not take this choice");
	}
}

/* ---- items ---- */

static void load_rule(struct loader *l, struct item *i, const json *v)
{
	static const char *const names[] = {"", "SHOW", "HIDE", "ENABLE", "DISABLE"};
	const json *rule = json_get(v, "rule");
	if (!rule)
		return;
	str effect = json_str(rule, "effect");
	for (size_t e = 1; e < sizeof names / sizeof *names; e++)
		if (str_eq(effect, str_of(names[e])))
			i->effect = (enum effect)e;
	if (!i->effect)
		complain(l, rule, "form.rule", "the effect of a rule is SHOW, HIDE, ENABLE or DISABLE");
	const json *when = json_get(rule, "condition");
	if (!when)
		complain(l, rule, "form.rule", "a rule has a condition");
	else if (!condition_load(l->a, when, &i->when, l->d))
		i->effect = EFFECT_NONE;
}

static void load_file_rule(struct loader *l, struct item *i)
{
	const json *o = i->options;
	i->file = (struct file_rule){
	    .accept = json_get(o, "accept"),
	    .max_bytes = json_int(o, "maxBytes", 0),
	    .min_width = json_int(o, "minWidth", 0),
	    .min_height = json_int(o, "minHeight", 0),
	    .max_width = json_int(o, "maxWidth", 0),
	    .max_height = json_int(o, "maxHeight", 0),
	    .background = json_get(o, "background"),
	};
	if (i->widget == WIDGET_FILE && !i->file.max_bytes)
		complain(l, i->source_json, "form.file", "a file question needs options.maxBytes");
	if (i->widget == WIDGET_FILE && !json_is(i->file.accept, JSON_ARRAY))
		complain(l, i->source_json, "form.file", "a file question needs options.accept, a list");
}

static void load_currency(struct loader *l, struct item *i)
{
	if (i->widget == WIDGET_MONEY && !currency_find(json_str(i->options, "currency"), &i->currency))
		complain(l, i->source_json, "form.money",
		         "a money question needs options.currency, a code of ISO 4217 such as \"BHD\"");
}

/* A unit in one language is left out in both. A warning: a form that is in force since before
 * this was looked at still loads. */
static void check_units(struct loader *l, const struct item *i)
{
	static const char *const names[] = {"prefix", "suffix"};
	for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
		const json *unit = json_get(i->options, names[k]);
		if (unit && (!json_str(unit, "en").n || !json_str(unit, "ar").n))
			diags_add(l->d, DIAG_WARNING, "form.unit", unit->line, unit->col,
			          "a unit before or after a field is a text in both languages");
	}
}

static void load_sources(struct loader *l, struct item *i, const json *v)
{
	const json *prefill = json_get(v, "prefill"), *computed = json_get(v, "computed");
	if (prefill) {
		i->prefill_from = json_str(prefill, "from");
		i->prefill_source = read_words(l, prefill, "source", true);
		const json *edit = json_get(prefill, "edit");
		i->fixed = json_is(edit, JSON_BOOL) && !edit->b;
		if (!i->prefill_from.n)
			complain(l, prefill, "form.prefill", "prefill says where the value comes from");
	}
	if (computed) {
		i->computed = expression_load(l->a, computed, json_text(computed), l->d);
		i->fixed = true;
	}
}

static void warn_question(struct loader *l, const struct item *i)
{
	bool asks = str_ends(i->label.en, STR("?")) || str_ends(i->label.ar, STR("؟"));
	if (!asks || i->brief.en.n || i->fixed || json_get(i->errors, "required"))
		return;
	struct diag *d = diags_add(l->d, DIAG_WARNING, "form.brief", i->source_json->line,
	                           i->source_json->col, "messages cannot name this question");
	if (d)
		d->hint = STR("add \"brief\": {\"en\": \"where you live\", \"ar\": ..}");
}

static void load_items(struct loader *l, struct item *parent, const json *list, const json *schema,
                       str pointer);

static void load_repeat(struct loader *l, struct item *i, const json *v, const json *schema,
                        str pointer)
{
	const json *detail = json_get(json_get(v, "options"), "detail");
	i->kind = ITEM_REPEAT;
	i->min_entries = json_int(schema, "minItems", i->required ? 1 : 0);
	i->max_entries = json_int(schema, "maxItems", FORM_MAX_REPEAT);
	if (i->max_entries > FORM_MAX_REPEAT)
		complain(l, v, "form.repeat", "at most 50 entries: give the array maxItems");
	for (const struct item *p = i->parent; p; p = p->parent)
		if (p->kind == ITEM_REPEAT)
			complain(l, v, "form.repeat", "a repeating group cannot stand in another");
	str below = str_cat(l->a, pointer, STR("/items"));
	const json *each = deref(l, json_get(schema, "items"), &below);
	load_items(l, i, json_get(detail, "elements"), each, below);
}

static void load_control(struct loader *l, struct item *i, const json *v, const json *schema,
                         str pointer)
{
	if (!scope_read(l->a, json_get(v, "scope"), &i->path, &i->n_path, l->d))
		return;
	buf name = buf_make(l->a, 1000);
	for (size_t k = 0; k < i->n_path; k++) {
		buf_puts(&name, k ? "." : "");
		buf_put(&name, i->path[k]);
	}
	i->name = buf_str(&name);
	const json *at = property_schema(l, schema, i->path, i->n_path, &i->required, &pointer);
	if (!at) {
		complain(l, json_get(v, "scope"), "form.scope", "the schema has no such property");
		return;
	}
	i->kind = ITEM_CONTROL;
	i->options = json_get(v, "options");
	i->errors = json_get(v, "errors");
	i->brief = read_words(l, v, "brief", false);
	if (++l->f->n_controls > FORM_MAX_FIELDS)
		complain(l, v, "form.size", "too many questions in one form");
	load_sources(l, i, v);
	warn_question(l, i);
	if (json_get(i->options, "detail")) {
		i->schema = schema_at(l->a, l->f->schema, pointer);
		load_repeat(l, i, v, at, pointer);
		return;
	}
	i->schema = schema_at(l->a, l->f->schema, pointer);
	if (!i->schema) {
		complain(l, v, "form.scope", "the schema of this answer is not reached from its root");
		return;
	}
	load_choices(l, i, at);
	load_widget(l, i, at);
	if (!i->fixed)
		check_widget(l, i, at);
	bool many = i->widget == WIDGET_CHECKBOXES;
	check_choices(l, i,
	              many ? schema_at(l->a, l->f->schema, str_cat(l->a, pointer, STR("/items")))
	                   : i->schema);
	load_file_rule(l, i);
	load_currency(l, i);
	check_units(l, i);
}

static struct item *item_append(struct loader *l, struct item *parent)
{
	struct item *i = NEW(l->a, struct item);
	i->parent = parent;
	i->page = l->page;
	if (parent && parent->last)
		parent->last->next = i;
	else if (parent)
		parent->first = i;
	if (parent)
		parent->last = i;
	return i;
}

static void load_items(struct loader *l, struct item *parent, const json *list, const json *schema,
                       str pointer)
{
	if (!json_is(list, JSON_ARRAY) || l->depth >= FORM_MAX_NESTING) {
		complain(l, list, "form.elements",
		         list ? "groups are nested too deeply" : "there are no elements");
		return;
	}
	l->depth++;
	for (const json *v = list->first; v; v = v->next) {
		str type = json_str(v, "type");
		struct item *i = item_append(l, parent);
		i->source_json = v;
		load_rule(l, i, v);
		if (str_eq(type, STR("Control"))) {
			i->label = read_words(l, v, "label", true);
			i->hint = read_words(l, v, "hint", false);
			load_control(l, i, v, schema, pointer);
		} else if (str_eq(type, STR("Group")) || str_eq(type, STR("VerticalLayout"))) {
			i->kind = ITEM_GROUP;
			i->label = read_words(l, v, "label", str_eq(type, STR("Group")));
			i->hint = read_words(l, v, "hint", false);
			load_items(l, i, json_get(v, "elements"), schema, pointer);
		} else if (str_eq(type, STR("Label"))) {
			i->kind = ITEM_LABEL;
			i->text = read_words(l, v, "text", true);
			i->options = json_get(v, "options");
			i->label = read_words(l, v, "label", false);
		} else {
			complain(l, v, "form.element",
			         "an element is a Control, Group, VerticalLayout or Label");
		}
	}
	l->depth--;
}

/* ---- pages ---- */

static void load_page(struct loader *l, const json *v)
{
	struct page *p = &l->f->pages[l->page];
	p->id = json_str(v, "id");
	p->title = read_words(l, v, "label", true);
	p->caption = read_words(l, v, "caption", false);
	p->intro = read_words(l, v, "intro", false);
	p->body = item_append(l, NULL);
	p->body->source_json = v;
	p->body->kind = ITEM_GROUP;
	if (!str_eq(json_str(v, "type"), STR("Category")))
		complain(l, v, "form.page", "a page is a Category");
	if (!p->id.n)
		complain(l, v, "form.page", "a page has an id");
	for (size_t k = 0; k < l->page; k++)
		if (str_eq(l->f->pages[k].id, p->id))
			complain(l, v, "form.page", "two pages have this id");
	load_rule(l, p->body, v);
	load_items(l, p->body, json_get(v, "elements"), l->schema, (str){0});
}

static bool names_clash(const struct item *x, const struct item *y)
{
	return x != y && x->path && y->path && str_eq(x->name, y->name);
}

static void check_names(struct loader *l, const struct item *i, const struct item *root)
{
	for (const struct item *c = root->first; c; c = c->next) {
		if (c->kind == ITEM_GROUP)
			check_names(l, i, c);
		else if (names_clash(i, c) && c->page >= i->page)
			complain(l, c->source_json, "form.scope.twice", "this answer is asked twice");
	}
}

static void check_twice(struct loader *l, const struct item *root)
{
	for (const struct item *c = root->first; c; c = c->next) {
		if (c->kind == ITEM_GROUP)
			check_twice(l, c);
		else if (c->path && !c->fixed)
			for (size_t p = c->page + 1; p < l->f->n_pages; p++)
				check_names(l, c, l->f->pages[p].body);
	}
}

struct form *form_load(arena *a, const json *document, struct diags *d)
{
	struct form *f = NEW(a, struct form);
	struct loader l = {.a = a,
	                   .d = d,
	                   .f = f,
	                   .schema = json_get(document, "schema"),
	                   .terms = json_get(document, "terms")};
	const json *layout = json_get(document, "layout"), *pages = json_get(layout, "elements");
	size_t before = d->errors;
	f->document = document;
	f->id = json_str(document, "id");
	f->version = json_int(document, "version", 0);
	if (!f->id.n || f->version < 1)
		complain(&l, document, "form.head", "a form has an id and a version from 1 on");
	if (!json_is(l.schema, JSON_OBJECT)) {
		complain(&l, document, "form.schema", "a form has a schema of its answers");
		return NULL;
	}
	f->schema = schema_compile(a, l.schema, NULL, d);
	if (!str_eq(json_str(layout, "type"), STR("Categorization")) || !json_is(pages, JSON_ARRAY) ||
	    !pages->count || pages->count > FORM_MAX_PAGES) {
		complain(&l, layout ? layout : document, "form.layout",
		         "the layout is a Categorization of 1 to 60 pages");
		return NULL;
	}
	if (!f->schema)
		return NULL;
	f->pages = NEWN(a, struct page, pages->count);
	f->n_pages = pages->count;
	for (const json *p = pages->first; p; p = p->next, l.page++)
		load_page(&l, p);
	if (d->errors == before)
		for (size_t p = 0; p < f->n_pages; p++)
			check_twice(&l, f->pages[p].body);
	return d->errors > before ? NULL : f;
}

/* ---- reading a form ---- */

const json *form_document(const struct form *f)
{
	return f->document;
}

str form_id(const struct form *f)
{
	return f->id;
}

int64_t form_version(const struct form *f)
{
	return f->version;
}

const struct schema *form_schema(const struct form *f)
{
	return f->schema;
}

size_t form_pages(const struct form *f)
{
	return f->n_pages;
}

str form_page_id(const struct form *f, size_t page)
{
	return f->pages[page].id;
}

ptrdiff_t form_page_find(const struct form *f, str id)
{
	for (size_t p = 0; p < f->n_pages; p++)
		if (str_eq(f->pages[p].id, id))
			return (ptrdiff_t)p;
	return -1;
}

static bool has_field(const struct item *i, str field)
{
	if (str_eq(i->name, field))
		return true;
	for (const struct item *k = i->first; k; k = k->next)
		if (has_field(k, field))
			return true;
	return false;
}

ptrdiff_t form_page_of(const struct form *f, str field)
{
	for (size_t p = 0; p < f->n_pages; p++)
		if (has_field(f->pages[p].body, field))
			return (ptrdiff_t)p;
	return -1;
}

bool form_page_shown(const struct form *f, size_t page, const json *answers, arena *a)
{
	return item_shown(f->pages[page].body, answers, a);
}

ptrdiff_t form_page_next(const struct form *f, size_t page, const json *answers, arena *a)
{
	for (size_t p = page + 1; p < f->n_pages; p++)
		if (form_page_shown(f, p, answers, a))
			return (ptrdiff_t)p;
	return -1;
}

ptrdiff_t form_page_back(const struct form *f, size_t page, const json *answers, arena *a)
{
	for (size_t p = page; p > 0; p--)
		if (form_page_shown(f, p - 1, answers, a))
			return (ptrdiff_t)(p - 1);
	return -1;
}
