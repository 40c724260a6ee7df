/*
 * err.h - error codes as a registry.
 *
 * Every refusal a user can meet has a number, a name, an HTTP status and says
 * whether trying again may help. Each room lists its own in errors.def
 *     ERROR(case_closed, 2101, 409, false)
 * and keeps the texts, in both languages, in its messages under
 * "error.case_closed" (what) and "error.case_closed.hint" (how to mend it).
 * Numbers are reserved by room: base 1000, db 1100, kernel 2000, engine 3000,
 * web 4000, systems 5000 + 100 x number of the system in the spec.
 * 0 is success; codes below 1000 are not used.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include "base/str.h"

typedef int err;
#define OK 0

struct err_info {
	err code;
	const char *name;
	int http;
	bool retryable;
};

#define ERROR(name, code, http, retry) ERR_##name = (code),
enum base_error {
#include "base/errors.def"
};
#undef ERROR

/* A room's table is registered once at start. Registering a number or a name
 * twice aborts: it is a programming error. Not thread-safe: before threads. */
void err_register(const struct err_info *table, size_t n);
const struct err_info *err_find(err code);   /* never NULL: unknown gives ERR_internal */
size_t err_all(const struct err_info **out, size_t max);

/* A refusal with its particulars. `detail` is for the reader of this error
 * (which field, which line), English unless it quotes the user's own input;
 * the translated "what" comes from the code. */
struct fault {
	err code;
	str field;     /* name of the input that is wrong, if one is */
	str detail;
};

#endif
