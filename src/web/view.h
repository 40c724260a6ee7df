/*
 * view.h - members of views that the pages of several rooms build in the same way.
 *
 * A view is the JSON object that a template reads (req.h). A form's values stand in it as
 * form.FIELD.value, what is wrong with them as form.FIELD.error and in the list `errors`
 * {text, href} of the summary; `crumbs` {text, href} is the way to the page.
 * Texts in both languages are {"en","ar"}: the page takes the reader's, the API both.
 */
#ifndef WEB_VIEW_H
#define WEB_VIEW_H

#include "kernel/cases/cases.h"
#include "web/req.h"

/* A message in the reader's language; `args` may be NULL, n chooses the plural. */
str view_text(const struct req *r, const char *key, int64_t n, const json *args);
/* A message in both languages. */
json *view_both(const struct req *r, const char *key);
/* A path below the reader's language: "/en/services/x". */
str view_href(const struct req *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* What absolute addresses begin with: public_url, or on a trial the name that the
 * reader used for this machine. */
str view_base(struct req *r);

void view_value(struct req *r, json *view, const char *field, str value);
void view_error(struct req *r, json *view, const char *field, str text);
bool view_has_errors(const json *view);

/* A member that filters show as time or day; empty when t is 0. */
void view_at(struct req *r, json *o, const char *name, instant t);
void view_day(struct req *r, json *o, const char *name, instant t);
/* The civil day of an instant, and of now, where the country is. */
int64_t view_local_day(const struct req *r, instant t);
int64_t view_today(const struct req *r);

/* What people call a case in this state, in both languages: the service's own word for
 * how it ended, if it has one. `s` may be NULL. */
json *view_state_text(const struct req *r, const struct service *s, str state, str outcome);
/* `state`, for programs, and `state_label`, for people. */
void view_state(const struct req *r, json *o, const struct service *s, str state, str outcome);
void view_case_state(struct req *r, json *o, const struct kase *q);

json *view_crumb(struct req *r, json *view, str text, str href);
/* The name that a body had at an instant, in both languages; its id if unknown. */
json *view_entity(struct req *r, str id, instant at);

/* Of a file: `type`, "PDF" for application/pdf, and `size` in words. */
void view_file(struct req *r, json *o, str type, int64_t bytes);

#endif
