/* What both steps of signing in share. Private. */
#ifndef SYSTEMS_PORTAL_SIGN_IN_H
#define SYSTEMS_PORTAL_SIGN_IN_H

#include "systems/portal/portal_in.h"

/* The form again with status 429 and how long to wait. */
err throttled_again(struct req *r, const char *template, json *view, const char *field,
                    instant retry_at);
/* Event portal.sign_in_refused; step "password" or "code". */
err refused_record(struct tx *tx, int64_t person, const char *step);
/* Makes a code for the session; the event carries it to systems/notify. */
err code_send(struct tx *tx, const struct session *s);
/* A safe local address as the value of a query. */
str next_encoded(arena *a, str next);

#endif
