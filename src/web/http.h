/*
 * http.h - the small parsers of HTTP: URLs, forms, cookies, what a client prefers.
 *
 * All are pure, take strangers' bytes, and are fuzzed.
 */
#ifndef WEB_HTTP_H
#define WEB_HTTP_H

#include "web/req.h"

/* Percent-decodes (and '+' in forms). False on a bad escape, a NUL or another
 * control character than tab, LF and CR, or text that is not UTF-8. */
bool url_decode(arena *a, str s, bool form, str *out);

/* NULL if a raw request target may be used: origin form, printable ASCII, no
 * fragment, escapes whole and none of %00 to %1F, %7F, UTF-8 when decoded, no "."
 * or ".." segment, at most REQ_MAX_URI_BYTES. Otherwise what is wrong with it. */
const char *target_refused(str target);

/* application/x-www-form-urlencoded, appended to `fields`; false when it is
 * malformed or has more than `max` fields in all. */
bool form_parse(arena *a, str text, struct field *fields, size_t *n, size_t max);

/* The value of a cookie in a Cookie header; empty if absent. */
str cookie_find(str header, str name);

/* The better liked of the two languages (RFC 9110, 12.5.4); Arabic when the
 * header says nothing of either. */
enum lang accept_language(str header);
/* Is JSON liked better than HTML? */
bool accept_json(str header);

/* Is an entity tag in an If-None-Match header (weak comparison)? */
bool etag_listed(str header, str etag);

/* Idempotency-Key: a structured-field string of 1 to 255 printable characters. */
bool idempotency_key_parse(str header, str *out);

/* "host:port" or "[v6]:port"; false if it is neither. */
bool listen_parse(str text, str *host, int *port);

#endif
