/*
 * form.h - a service's questions: pages, rules and answers, from one document.
 *
 * A form document is JSON:
 *     {"id", "version", "schema": JSON Schema 2020-12 of the answers,
 *      "layout": Categorization > Category (= page) > Group | Control | Label,
 *      "terms": texts shared by controls}
 * in the vocabulary of JSON Forms: a Control has a scope ("#/properties/phone"),
 * a rule {effect: SHOW|HIDE|ENABLE|DISABLE, condition}, and here texts in both
 * languages. docs/form-author.md is the author's manual; form_load checks all of
 * it and says where it is wrong.
 *
 * The answers are one JSON object that the schema describes. Beside it stands
 * "raw": what was typed in fields whose answer is not valid, by field name, so
 * that nothing typed is lost. Both are the caller's to keep (drafts).
 *
 * Names of fields in HTML: "phone", "address.block" (nested), "people.0.name"
 * (repeating), "born-day" "born-month" "born-year" (dates).
 *
 * Pure: no clock, files or tables. What a form needs from outside comes in a
 * form_env. A loaded form is immutable and shared by threads.
 */
#ifndef ENGINE_FORM_FORM_H
#define ENGINE_FORM_FORM_H

#include "base/diag.h"
#include "base/json.h"
#include "engine/form/schema.h"

#define FORM_MAX_PAGES  60
#define FORM_MAX_FIELDS 600             /* controls of a form, repeating ones counted once */
#define FORM_MAX_REPEAT 50              /* entries of a repeating group */
#define FORM_MAX_TEXT   ((size_t)20000) /* bytes kept of one typed value */

struct form;

struct form_env {
	bool arabic;   /* the reader's language */
	int64_t today; /* days since 1970-01-01, where the reader is */
	void *ctx;
	/* The text of a key of the message catalogue, placeholders filled from
	 * `params` (an object of strings). */
	str (*text)(void *ctx, arena *a, bool arabic, str key, const json *params);
	/* A list named by "choicesFrom": [{"value", "label": {"en","ar"}}]; NULL if
	 * there is no such list. The function itself may be NULL. */
	const json *(*list)(void *ctx, arena *a, str name);
};

/* A submitted field, decoded from the request, in the order of the request. An
 * uploaded file comes as `file` = {"file": hash, "name", "bytes", "type",
 * "width", "height"}, already stored by the caller; `value` is then unused. */
struct form_field {
	str name, value;
	const json *file;
};

struct form_error {
	str field; /* field name as above; "" for the page */
	str id;    /* id of the element that the error summary links to */
	str key;   /* "required", "format.email", "maxLength" ... */
	const json *params;
	str text;    /* in the reader's language */
	size_t page; /* where the field stands */
};

struct form_errors {
	struct form_error *at;
	size_t count;
};

/* What a page's submission gave. `answers` has the valid answers merged into the
 * ones given; `raw` what was typed and is not valid yet (empty object when all is
 * well). `again`: an entry of a repeating group was added or removed, show the
 * page again without complaint. */
struct form_result {
	json *answers, *raw;
	struct form_errors errors;
	bool again;
};

/* NULL when the document is wrong; see `d`. The document must outlive the form. */
struct form *form_load(arena *a, const json *document, struct diags *d);

const json *form_document(const struct form *f); /* as it was loaded */
str form_id(const struct form *f);
int64_t form_version(const struct form *f);
const struct schema *form_schema(const struct form *f);

/* Pages in order. A page may be hidden by a rule that reads the answers. */
size_t form_pages(const struct form *f);
str form_page_id(const struct form *f, size_t page);
ptrdiff_t form_page_find(const struct form *f, str id); /* index, or -1 */
ptrdiff_t form_page_of(const struct form *f, str field); /* where it is asked, or -1 */
bool form_page_shown(const struct form *f, size_t page, const json *answers, arena *a);
/* The shown page after or before `page`; -1 at the end (then: check answers). */
ptrdiff_t form_page_next(const struct form *f, size_t page, const json *answers, arena *a);
ptrdiff_t form_page_back(const struct form *f, size_t page, const json *answers, arena *a);

/* Fills answers from registers: `sources` is one object, {"person": {...}}; a
 * control with "prefill": {"from": "person.name_en"} takes the value found there
 * if it has no answer yet, or always when its "edit" is false. */
json *form_prefill(const struct form *f, const json *sources, const json *answers, arena *a);

/* View model of a page, as partials/form/component.html renders it: {id, index,
 * number, total, title, caption, intro, heading_in_field, multipart, has_errors,
 * errors: [{text, href}], components: [...]}. A component: {type, id, name, label,
 * label_classes, heading, hint, error, source ...}; its type is
 *   input textarea        value, input_type, inputmode, autocomplete, text_dir,
 *                         spellcheck, width, prefix, suffix, rows
 *   radios checkboxes select   items: [{id, name, value, text, hint, checked, selected}]
 *   date-input            items: [{id, name, text, value, width, error}], day to year
 *   file-upload           accept, max_bytes, file: {name, bytes, size ...} if one is kept
 *   fieldset              components
 *   repeat                entries: [{number, label, components, remove}], add: names of
 *                         the buttons, absent where there must be none
 *   fact                  value, missing: shown and not asked
 *   paragraph inset warning details   label (details: hint too)
 * `raw` and `errors` may be NULL. */
json *form_page_view(const struct form *f, size_t page, const json *answers, const json *raw,
                     const struct form_errors *errors, const struct form_env *env, arena *a);

/* Takes a page's submission. Fields that the page does not ask are ignored, as
 * are hidden, disabled and read-only ones. `answers` and `raw` may be NULL. */
struct form_result form_page_accept(const struct form *f, size_t page,
                                    const struct form_field *fields, size_t n, const json *answers,
                                    const json *raw, const struct form_env *env, arena *a);

/* Check-answers: {pages: [{id, title, rows: [{key, value, values, missing, change,
 * change_hidden, file}]}]}; `change` is the page's id, `file` what the answer of a file
 * names itself by. Hidden questions are left out. */
json *form_check_view(const struct form *f, const json *answers, const struct form_env *env,
                      arena *a);

/* What a person should judge, though it is no fault: pictures whose background is not
 * of the colour the form asks for. [{field, label: {en, ar}, flag: "background"}]. */
json *form_flags(const struct form *f, const json *answers, arena *a);

/* The answers as submitted: without those of hidden questions, with computed ones. */
json *form_submit_answers(const struct form *f, const json *answers, arena *a);

/* True when every shown page is complete and the whole is valid. Otherwise *page
 * is the first page that is not, and *errors says why. */
bool form_complete(const struct form *f, const json *answers, const struct form_env *env, arena *a,
                   size_t *page, struct form_errors *errors);

/* Every fault of answers that came by the API, in the reader's language: the same
 * schema, rules and files as the pages. True when there is none. */
bool form_check_answers(const struct form *f, const json *answers, const struct form_env *env,
                        arena *a, struct form_errors *errors);

#endif
