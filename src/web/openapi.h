/*
 * openapi.h - one description of all interfaces for programs; private to the web room.
 *
 * Each system describes its own (struct system, `api`): a whole OpenAPI document, embedded.
 * Together they have the head of the first; what a document asks for as `security` goes
 * with its operations. A component of one name must be one thing.
 */
#ifndef WEB_OPENAPI_H
#define WEB_OPENAPI_H

#include "web/route.h"

/* False, and the reason in *why: a document is missing or broken, or two contradict each
 * other. *out is empty when no system describes anything. */
bool openapi_merge(arena *a, const struct system *const *systems, size_t n, str *out, str *why);

#endif
