/*
 * template.h - logic-less templates that escape by context.
 *
 * One language for pages, messages and documents:
 *   {{path.to.value}}                 escaped for where it stands: text, attribute, URL
 *   {{x | filter}}                    bdi money date datetime time hijri number ref phone json
 *   {{#if x}} {{else if y}} {{else}} {{/if}}   also: not x, x == "lit", x == y, x != y
 *   {{#each list}} .. {{else}} .. {{/each}}    {{.}} {{@index}} {{@number}} {{@first}} {{@last}}
 *                                     over an object also {{@key}}
 *   {{#with x}} .. {{else}} .. {{/with}}
 *   {{t "key" n=count name=x}} {{t path}}      the message catalogue; values isolated
 *   {{> partials/name a=path b="text" c=(t "key") d=(x | money) e=true f=3}}
 *   {{#layout "layouts/page"}} {{#block "head"}}..{{/block}} .. {{/layout}}; {{yield}} {{yield
 * "head"}}
 *   {{asset "diwan.css"}}  {{csrf_field}}  {{!-- comment --}}
 *   {{raw path}}                      only in templates listed in template_raw_allowed
 * Truth: present and not null, false, 0, "" or an empty list or object. A path is
 * looked up in the innermost scope that has its first name; ".name" only in the
 * innermost; an argument of a partial hides an outer value even when it is absent.
 * "list.length" counts, "list.0" is an item. An object {"en":..,"ar":..} reads as
 * its text in the reader's language. A tag of a block, a partial or a comment that
 * stands alone on a line takes the whole line with it.
 *
 * Filters take: money an object {"minor":4000,"currency":"BHD"} or minor units of
 * env.currency; date and hijri "2026-11-24" or an instant (microseconds); datetime
 * and time an instant or an RFC 3339 text; phone E.164. In element content they
 * add <bdi> or <time>; elsewhere the bare text.
 *
 * A partial may also be used within a tag or an attribute's value; it is compiled
 * once for each kind of place. A value in an unsafe place (script, style, event
 * attribute, unquoted attribute) is refused when the template is compiled; a URL
 * with a scheme other than http, https, mailto, tel is written as "#". {{csrf_field}}
 * writes two hidden fields, `csrf` and `idempotency_key`.
 *
 * Compiled once to a flat list of operations; immutable and shared by threads.
 */
#ifndef WEB_TEMPLATE_H
#define WEB_TEMPLATE_H

#include "base/diag.h"
#include "base/json.h"
#include "base/err.h"
#include "kernel/i18n/i18n.h"

#define TEMPLATE_DEPTH_MAX      32      /* partials and layouts within each other */
#define TEMPLATE_OPERATIONS_MAX 2000000 /* in one rendering */
#define TEMPLATE_BYTES_MAX      ((size_t)256 * 1024)
#define TEMPLATE_OUTPUT_MAX     ((size_t)8 * 1024 * 1024)

struct templates;
struct assets;

/* Compiles every embedded ui/templates file; a directory given by `override`
 * (may be empty) is read instead of the embedded ones. What is wrong is in *d;
 * templates with errors are left out. */
struct templates *templates_load(arena *a, const struct messages *texts, str override,
                                 struct diags *d);
/* From sources in memory, for tests; call templates_link when all are added. */
struct templates *templates_make(arena *a, const struct messages *texts, struct diags *d);
void templates_add(struct templates *t, str name, str source);
void templates_link(struct templates *t);
/* Names of all templates, sorted as they were added. */
size_t templates_names(const struct templates *t, arena *a, str **names);

struct template_env {
	const struct messages *texts;
	const char *lang;   /* "en" or "ar" */
	bool arabic_digits; /* show numbers with Arabic-Indic digits */
	str csrf;
	str form_key;                /* unguessable, new for each rendering */
	bool *has_form;              /* set when {{csrf_field}} was written; may be NULL */
	str currency;                /* of plain minor units: "BHD" */
	int32_t utc_offset;          /* seconds, for dates */
	const struct assets *assets; /* hashed URLs; NULL leaves names as they are */
};

/* Renders template `name` ("guide/service") over `view`. False (and the log) if
 * there is no such template, or it ran out of its budget. */
bool template_render(const struct templates *t, const struct template_env *env, str name,
                     const json *view, arena *scratch, buf *out);
bool template_known(const struct templates *t, str name);

/* A text given at run time (a pack's notice template): compiled and rendered as
 * plain text, with bidi isolates (U+2068..2069) around values. */
err template_text(arena *a, const struct template_env *env, str source, const json *view, str *out,
                  struct diags *d);

#endif
