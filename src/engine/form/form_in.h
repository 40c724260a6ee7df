/*
 * form_in.h - the inside of a loaded form.
 *
 * A form is a tree of items (pages > groups > controls). Each control knows the
 * path of its answer from the object it stands in: the whole of the answers, or
 * one entry of a repeating group.
 */
#ifndef ENGINE_FORM_FORM_IN_H
#define ENGINE_FORM_FORM_IN_H

#include "base/money.h"
#include "engine/form/form.h"

#define FORM_MAX_NESTING 6
#define FORM_MAX_CHOICES 400

enum item_kind { ITEM_GROUP, ITEM_CONTROL, ITEM_REPEAT, ITEM_LABEL };

enum widget {
	WIDGET_TEXT,
	WIDGET_TEXTAREA,
	WIDGET_RADIOS,
	WIDGET_CHECKBOXES,
	WIDGET_SELECT,
	WIDGET_DATE,
	WIDGET_EMAIL,
	WIDGET_TEL,
	WIDGET_NUMBER,
	WIDGET_MONEY,
	WIDGET_FILE,
	WIDGET_YESNO,
	WIDGET_CONFIRM,
};

/* Texts in both languages, as the document has them: {"en","ar"} or NULL. */
struct words {
	str en, ar;
};

enum effect { EFFECT_NONE, EFFECT_SHOW, EFFECT_HIDE, EFFECT_ENABLE, EFFECT_DISABLE };

/* A condition over the answers: a schema on one of them, or FEEL over all. */
struct condition {
	const struct schema *schema;
	const str *path;
	size_t n_path;
	const struct form_expression *feel;
};

struct choice {
	const json *value;
	str text; /* how it stands in HTML */
	struct words label, hint;
};

struct file_rule {
	const json *accept; /* media types, or NULL for any */
	int64_t max_bytes, min_width, min_height, max_width, max_height; /* 0: no limit */
	const json *background; /* {"rgb": [r, g, b], "tolerance"}, or NULL */
};

struct item {
	enum item_kind kind;
	enum widget widget;
	str name; /* dotted path from the object it stands in */
	const str *path;
	size_t n_path;
	const struct schema *schema;           /* of the answer alone */
	bool required, whole;                  /* whole: an integer */
	struct words label, hint, brief, text; /* brief: how messages name it */
	const json *errors, *options, *source_json;
	enum effect effect;
	struct condition when;
	const struct choice *choices;
	size_t n_choices;
	str choices_from;
	struct file_rule file;
	currency currency; /* WIDGET_MONEY */
	str prefill_from;
	struct words prefill_source;
	bool fixed; /* shown, not asked: prefilled without edit, or computed */
	const struct form_expression *computed;
	struct item *parent, *first, *last, *next;
	size_t page;
	int64_t min_entries, max_entries; /* ITEM_REPEAT */
};

struct page {
	str id;
	struct words title, caption, intro;
	struct item *body; /* a group */
};

struct form {
	str id;
	int64_t version;
	const json *document;
	const struct schema *schema;
	struct page *pages;
	size_t n_pages, n_controls;
};

/* ---- reading answers ---- */

const json *form_value(const json *object, const str *path, size_t n);
/* Sets (or removes, with NULL) a value, making and pruning objects on the way. */
void form_value_set(arena *a, json *object, const str *path, size_t n, json *v);
/* "people.0." + "name" */
str form_name(arena *a, str prefix, str name);

/* "#/properties/a/properties/b" -> {"a", "b"} */
bool scope_read(arena *a, const json *v, const str **path, size_t *n, struct diags *d);

/* ---- form_rule.c: conditions and computed values ---- */

bool condition_load(arena *a, const json *v, struct condition *out, struct diags *d);
bool condition_true(const struct condition *c, const json *answers, arena *a);
struct form_expression *expression_load(arena *a, const json *at, str source, struct diags *d);
/* null when the expression has no value */
json *expression_value(const struct form_expression *e, const json *answers, arena *a);
/* An item and all that it stands in are shown (and asked: not disabled or fixed). */
bool item_shown(const struct item *i, const json *answers, arena *a);
bool item_asked(const struct item *i, const json *answers, arena *a);
/* Puts the computed values of shown items into the answers. */
void form_compute(const struct form *f, json *answers, arena *a);

/* ---- form_text.c ---- */

str words_in(struct words w, bool arabic);
struct words words_read(const json *v);
str form_text(const struct form_env *env, arena *a, const char *key, const json *params);
/* How a message names the field: "your full name". */
str item_brief(const struct item *i, const struct form_env *env, arena *a);
str item_error_text(const struct item *i, const char *key, const json *params,
                    const struct form_env *env, arena *a);
str date_words(int64_t days, const struct form_env *env, arena *a);

/* ---- form_value.c: from what was typed to a value ---- */

/* A fault: its key ("required", "date.real" ...) and params; key NULL is none. */
struct complaint {
	const char *key;
	const json *params;
	const char *part; /* "-day": which of several inputs the summary links to */
};

struct typed {
	str text;        /* single value */
	str parts[3];    /* day, month, year */
	const str *many; /* checkboxes */
	size_t n_many;
	const json *file;
	bool present; /* the request had the field */
};

str text_clean(arena *a, str s, bool lines); /* trimmed, without controls */
str text_identifier(arena *a, str s);        /* ... ASCII digits, no invisible characters */
str text_digits(arena *a, str s);            /* Arabic-Indic and Persian digits to ASCII */
/* The value, or NULL: nothing was typed, or *c says what is wrong with it. */
json *typed_value(const struct item *i, const struct typed *t, const struct form_env *env, arena *a,
                  struct complaint *c);
const struct choice *item_choices(const struct item *i, const struct form_env *env, arena *a,
                                  size_t *n);

/* An answer in words, for people to read. */
str answer_words(const struct item *i, const json *v, const struct form_env *env, arena *a);

/* ---- form_check.c ---- */

struct complaint value_check(const struct item *i, const json *v, const struct form_env *env,
                             arena *a);
struct complaint missing(const struct item *i);

struct error_list {
	arena *a;
	struct form_error *at;
	size_t n, cap;
};

void error_add(struct error_list *l, const struct item *i, str name, struct complaint c,
               const struct form_env *env);
/* Every shown control below `i`, entries of repeating groups included. */
typedef void (*item_fn)(void *ctx, const struct item *i, const json *scope, str prefix);
void items_walk(const struct item *i, const json *answers, const json *scope, str prefix, arena *a,
                item_fn each, void *ctx);

#endif
