#include "base/diag.h"

#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>

#define MAX_DIAGS 500
#define TEXT_MAX_BYTES 1024

struct diags diags_make(arena *a, str file)
{
	return (struct diags){.a = a, .file = file, .max = MAX_DIAGS};
}

struct diag *diags_add(struct diags *d, enum severity s, const char *rule, uint32_t line,
                       uint32_t col, const char *fmt, ...)
{
	static _Thread_local struct diag dropped; /* where what is past the maximum goes */
	d->count++;
	d->errors += s == DIAG_ERROR;
	if (d->count > d->max)
		return &dropped;
	char text[TEXT_MAX_BYTES];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	struct diag *g = NEW(d->a, struct diag);
	*g = (struct diag){.severity = s, .file = d->file, .line = line, .col = col,
	                   .rule = str_of(rule), .what = str_dup(d->a, str_of(text))};
	if (d->last)
		d->last->next = g;
	else
		d->first = g;
	return d->last = g;
}

str diags_print(arena *a, const struct diags *d)
{
	static const char *const name[] = {"note", "warning", "error"};
	buf b = buf_make(a, (size_t)1024 * 1024);
	for (const struct diag *g = d->first; g; g = g->next) {
		buf_put(&b, g->file);
		if (g->line)
			buf_fmt(&b, ":%u:%u", g->line, g->col);
		buf_fmt(&b, ": %s: %.*s [%.*s]\n", name[g->severity], STRF(g->what), STRF(g->rule));
		if (g->element.n)
			buf_fmt(&b, "  element: %.*s\n", STRF(g->element));
		if (g->hint.n)
			buf_fmt(&b, "  hint: %.*s\n", STRF(g->hint));
	}
	if (d->count > d->max)
		buf_fmt(&b, "%zu more\n", d->count - d->max);
	return buf_str(&b);
}
