/*
 * template.h - logic-less templates that escape by context.
 *
 * One language for pages, messages and documents:
 *   {{path.to.value}}                 escaped for where it stands: text, attribute, URL
 *   {{x | filter}}                    bdi money date datetime time hijri number ref phone json
 *   {{#if x}} {{else if y}} {{else}} {{/if}}   also: not x, x == "lit", x == y, x != y
 *   {{#each list}} .. {{else}} .. {{/each}}    {{.}} {{@index}} {{@number}} {{@first}} {{@last}}
 *   {{#with x}} .. {{/with}}
 *   {{t "key" n=count name=x}} {{t path}}      the message catalogue; values isolated
 *   {{> partials/name a=path b="text" c=(t "key")}}
 *   {{#layout "layouts/page"}} {{#block "head"}}..{{/block}} .. {{/layout}}; {{yield}} {{yield "head"}}
 *   {{asset "diwan.css"}}  {{csrf_field}}
 *   {{raw path}}                      only in templates listed in template_raw_allowed
 * Truth: present and not null, false, 0, "" or an empty list or object. A path is
 * looked up in the innermost scope that has its first name. A value in an unsafe
 * place (script, style, event attribute, unquoted attribute, a URL with a scheme
 * other than http, https, mailto, tel) is refused when the template is compiled,
 * or written as "#" when only the value tells.
 *
 * Compiled once to a flat list of operations; immutable and shared by threads.
 */
#ifndef WEB_TEMPLATE_H
#define WEB_TEMPLATE_H

#include "base/diag.h"
#include "base/json.h"
#include "kernel/i18n/i18n.h"

struct templates;

/* Compiles every embedded ui/templates file; a directory given by `override`
 * (may be empty) is read instead of the embedded ones. */
struct templates *templates_load(arena *a, const struct messages *texts, str override,
                                 struct diags *d);

enum template_kind { TEMPLATE_HTML, TEMPLATE_TEXT };

struct template_env {
	const struct messages *texts;
	const char *lang;          /* "en" or "ar" */
	bool arabic_digits;        /* show numbers with Arabic-Indic digits */
	str csrf;
	int32_t utc_offset;        /* seconds, for dates */
	str (*asset)(arena *a, const char *lang, str name); /* hashed URL */
};

/* Renders template `name` ("guide/service") over `view`. False (and the log) if
 * there is no such template. */
bool template_render(const struct templates *t, const struct template_env *env, str name,
                     const json *view, arena *scratch, buf *out);

/* A text given at run time (a pack's notice template): compiled and rendered as
 * plain text, with bidi isolates (U+2068..2069) around values. */
err template_text(arena *a, const struct template_env *env, str source, const json *view,
                  str *out, struct diags *d);

#endif
