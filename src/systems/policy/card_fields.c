/* card_fields.c - the fields of a card, and a card as the components of a form. */
#include "systems/policy/card_in.h"

const struct card_field card_fields[] = {
#define CARD_FIELD(name, kind, list) {name, CARD_##kind, list},
#include "systems/policy/card_fields.def"
#undef CARD_FIELD
};
const size_t n_card_fields = COUNT(card_fields);

#define UNITS "application copy square_metre month year person vehicle contravention bill"

const struct row_member card_rows[] = {
    {"documents", "evidence", ROW_LIST, "evidence_types"},
    {"documents", "required", ROW_FLAG, ""},
    {"documents", "when", ROW_PAIR, ""},
    {"fees", "id", ROW_ID, ""},
    {"fees", "label", ROW_PAIR, ""},
    {"fees", "amount_minor", ROW_MONEY, ""},
    {"fees", "unit", ROW_WORD, UNITS},
    {"fees", "condition", ROW_PAIR, ""},
    {"fees", "legal", ROW_LIST, "legal"},
    {"fees", "valid_from", ROW_DAY, ""},
    {"fees", "valid_to", ROW_DAY, ""},
    {"fees", "variable", ROW_FLAG, ""},
    {"fees", "proposed", ROW_FLAG, ""},
    {"questions", "question", ROW_PAIR, ""},
    {"questions", "answer", ROW_AREA, ""},
};
const size_t n_card_rows = COUNT(card_rows);

/* ---- lists of the pack ---- */

const json *card_list(const struct pack *p, const char *name)
{
	const struct {
		const char *name;
		const json *document;
	} all[] = {{"payment_methods", p->payment_methods},
	           {"channels", p->channels},
	           {"centres", p->centres},
	           {"entities", p->entities},
	           {"audiences", p->audiences},
	           {"life_events", p->life_events},
	           {"legal", p->legal},
	           {"evidence_types", p->evidence_types}};
	for (size_t i = 0; i < COUNT(all); i++)
		if (str_eq(str_of(all[i].name), str_of(name)))
			return json_get(all[i].document, name);
	return NULL;
}

const json *card_item(const struct pack *p, const char *list, str id)
{
	const json *all = card_list(p, list);
	for (const json *i = all ? all->first : NULL; i; i = i->next)
		if (str_eq(json_str(i, "id"), id))
			return i;
	return NULL;
}

const json *card_item_name(const json *item)
{
	const json *name = json_get(item, "name");
	return name ? name : json_get(item, "title");
}

/* ---- components ---- */

struct form_of {
	struct req *r;
	const struct pack *p;
	const json *errors;
};

static str label_in(struct form_of *f, str label, const char *lang)
{
	json *args = json_object(f->r->a);
	json_set_str(f->r->a, args, "field", label);
	return view_text(f->r, lang[0] == 'e' ? "cards.in.en" : "cards.in.ar", 0, args);
}

static str field_label(struct form_of *f, const char *name)
{
	return req_text(f->r, str_c(f->r->a, str_fmt(f->r->a, "cards.field.%s", name)));
}

static json *component(struct form_of *f, json *list, const char *type, str id, str label)
{
	arena *a = f->r->a;
	json *o = json_push(list, json_object(a));
	const json *error = json_get_str(f->errors, id);
	json_set_str(a, o, "type", str_of(type));
	json_set_str(a, o, "id", id);
	json_set_str(a, o, "name", id);
	json_set_str(a, o, "label", label);
	if (error)
		json_set(a, o, "error", json_copy(a, error));
	return o;
}

static void hint(struct form_of *f, json *o, const char *key)
{
	json_set_str(f->r->a, o, "hint", req_text(f->r, key));
}

static json *input(struct form_of *f, json *list, str id, str label, str value, const char *dir)
{
	json *o = component(f, list, "input", id, label);
	json_set_str(f->r->a, o, "value", value);
	json_set_str(f->r->a, o, "text_dir", str_of(dir));
	json_set_str(f->r->a, o, "autocomplete", STR("off"));
	return o;
}

static json *area(struct form_of *f, json *list, str id, str label, str value, const char *lang)
{
	json *o = component(f, list, "textarea", id, label);
	json_set_str(f->r->a, o, "value", value);
	json_set_int(f->r->a, o, "rows", 5);
	json_set_str(f->r->a, o, "text_lang", str_of(lang));
	json_set_str(f->r->a, o, "autocomplete", STR("off"));
	return o;
}

static void pair(struct form_of *f, json *list, str id, str label, const json *v, bool large)
{
	static const char *const langs[] = {"ar", "en"};
	arena *a = f->r->a;
	for (size_t i = 0; i < COUNT(langs); i++) {
		str one = str_fmt(a, "%.*s.%s", STRF(id), langs[i]), text = json_str(v, langs[i]);
		str name = label_in(f, label, langs[i]);
		if (large)
			area(f, list, one, name, text, langs[i]);
		else
			input(f, list, one, name, text, i ? "ltr" : "rtl");
	}
}

/* Texts in both languages, or words: one a line. */
static void lines(struct form_of *f, json *list, str id, str label, const json *v, bool words)
{
	static const char *const langs[] = {"ar", "en"};
	arena *a = f->r->a;
	for (size_t i = 0; i < COUNT(langs); i++) {
		buf b = buf_make(a, REQ_MAX_FIELD_BYTES);
		const json *all = words ? json_get(v, langs[i]) : v;
		for (const json *t = all ? all->first : NULL; t; t = t->next) {
			str text = words ? json_text(t) : json_str(t, langs[i]);
			buf_fmt(&b, "%.*s\n", STRF(text));
		}
		json *o = area(f, list, str_fmt(a, "%.*s.%s", STRF(id), langs[i]),
		               label_in(f, label, langs[i]), buf_str(&b), langs[i]);
		hint(f, o, words ? "cards.hint.words" : "cards.hint.lines");
	}
}

static bool listed(const json *ids, str id)
{
	for (const json *i = ids ? ids->first : NULL; i; i = i->next)
		if (str_eq(json_text(i), id))
			return true;
	return false;
}

static void option(struct form_of *f, json *items, str base, str value, str text, bool on)
{
	arena *a = f->r->a;
	json *o = json_push(items, json_object(a));
	json_set_str(a, o, "id",
	             items->count == 1 ? base : str_fmt(a, "%.*s-%u", STRF(base), items->count));
	json_set_str(a, o, "value", value);
	json_set_str(a, o, "text", text);
	json_set_bool(a, o, "checked", on);
	json_set_bool(a, o, "selected", on);
}

static void ids(struct form_of *f, json *list, const struct card_field *field, const json *v)
{
	json *o = component(f, list, "checkboxes", str_of(field->name), field_label(f, field->name));
	json *items = json_set(f->r->a, o, "items", json_array(f->r->a));
	const json *all = card_list(f->p, field->list);
	for (const json *i = all ? all->first : NULL; i; i = i->next)
		option(f, items, str_of(field->name), json_str(i, "id"), req_pick(f->r, card_item_name(i)),
		       listed(v, json_str(i, "id")));
}

static void from_list(struct form_of *f, json *list, str id, str label, const char *of, str chosen)
{
	json *o = component(f, list, "select", id, label);
	json *items = json_set(f->r->a, o, "items", json_array(f->r->a));
	const json *all = card_list(f->p, of);
	option(f, items, id, (str){0}, req_text(f->r, "cards.none"), !chosen.n);
	for (const json *i = all ? all->first : NULL; i; i = i->next)
		option(f, items, id, json_str(i, "id"), req_pick(f->r, card_item_name(i)),
		       str_eq(json_str(i, "id"), chosen));
}

static void from_words(struct form_of *f, json *list, str id, str label, const char *words,
                       str chosen)
{
	json *o = component(f, list, "select", id, label);
	json *items = json_set(f->r->a, o, "items", json_array(f->r->a));
	str rest = str_of(words), word;
	while (str_cut(&rest, ' ', &word))
		option(f, items, id, word,
		       req_text(f->r, str_c(f->r->a, str_fmt(f->r->a, "cards.word.%.*s", STRF(word)))),
		       str_eq(word, chosen));
}

static void day(struct form_of *f, json *list, str id, str label, const json *v)
{
	json *o = input(f, list, id, label, json_text(v), "");
	json_set_str(f->r->a, o, "input_type", STR("date"));
	json_set_str(f->r->a, o, "width", STR("10"));
}

/* An amount as people write it; what could not be read stands as it was typed. */
static str amount_of(struct form_of *f, const json *v)
{
	currency c;
	int64_t minor;
	if (json_is(v, JSON_NUMBER) && json_i64(v, &minor) && currency_find(str_of(f->p->currency), &c))
		return money_print(f->r->a, (money){minor}, c);
	return json_text(v);
}

static void flag(struct form_of *f, json *list, str id, str label, bool on)
{
	json *o = component(f, list, "checkboxes", id, (str){0});
	json *items = json_set(f->r->a, o, "items", json_array(f->r->a));
	option(f, items, id, STR("true"), label, on);
}

static void member(struct form_of *f, json *list, const struct row_member *m, str id, const json *v)
{
	str label = field_label(f, str_c(f->r->a, str_fmt(f->r->a, "%s.%s", m->field, m->name)));
	switch (m->kind) {
	case ROW_ID:
		input(f, list, id, label, json_text(v), "ltr");
		break;
	case ROW_MONEY: {
		json *o = input(f, list, id, label, amount_of(f, v), "ltr");
		json_set_str(f->r->a, o, "width", STR("10"));
		break;
	}
	case ROW_PAIR:
	case ROW_AREA:
		pair(f, list, id, label, v, m->kind == ROW_AREA);
		break;
	case ROW_LIST:
		from_list(f, list, id, label, m->list, json_text(v));
		break;
	case ROW_WORD:
		from_words(f, list, id, label, m->list, json_text(v));
		break;
	case ROW_FLAG:
		flag(f, list, id, label, json_is(v, JSON_BOOL) && v->b);
		break;
	case ROW_DAY:
		day(f, list, id, label, v);
		break;
	}
}

static void rows_of(struct form_of *f, json *list, const char *name, const json *v)
{
	arena *a = f->r->a;
	size_t n = v ? v->count : 0, shown = n + CARD_BLANK_ROWS;
	for (size_t i = 0; i < shown && i < CARD_ROWS_MAX; i++) {
		str id = str_fmt(a, "%s.%zu", name, i);
		str label = str_fmt(a, "%.*s %zu", STRF(field_label(f, name)), i + 1);
		json *o = component(f, list, "fieldset", id, label);
		json *parts = json_set(a, o, "components", json_array(a));
		if (i >= n)
			hint(f, o, "cards.hint.blank");
		for (size_t k = 0; k < n_card_rows; k++)
			if (str_eq(str_of(card_rows[k].field), str_of(name)))
				member(f, parts, &card_rows[k], str_fmt(a, "%.*s.%s", STRF(id), card_rows[k].name),
				       json_get(json_at(v, i), card_rows[k].name));
	}
}

json *card_components(struct req *r, const struct pack *p, const json *card, const json *errors)
{
	struct form_of f = {r, p, errors};
	json *list = json_array(r->a);
	for (size_t i = 0; i < n_card_fields; i++) {
		const struct card_field *d = &card_fields[i];
		const json *v = json_get(card, d->name);
		str id = str_of(d->name), label = field_label(&f, d->name);
		if (d->kind == CARD_LINE || d->kind == CARD_AREA)
			pair(&f, list, id, label, v, d->kind == CARD_AREA);
		else if (d->kind == CARD_LINES || d->kind == CARD_WORDS)
			lines(&f, list, id, label, v, d->kind == CARD_WORDS);
		else if (d->kind == CARD_IDS)
			ids(&f, list, d, v);
		else if (d->kind == CARD_CHOICE)
			from_words(&f, list, id, label, d->list, json_text(v));
		else if (d->kind == CARD_DAY)
			day(&f, list, id, label, v);
		else if (d->kind == CARD_TIME) {
			json *o = input(&f, list, STR("process_time.value"), label,
			                json_text(json_get(v, "value")), "ltr");
			json_set_str(r->a, o, "width", STR("4"));
			from_words(&f, list, STR("process_time.unit"), field_label(&f, "process_time.unit"),
			           d->list, json_text(json_get(v, "unit")));
		} else
			rows_of(&f, list, d->name, v);
	}
	return list;
}
