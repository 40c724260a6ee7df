/* errors.h - what the web room refuses, by name; texts are in its messages. */
#ifndef WEB_ERRORS_H
#define WEB_ERRORS_H

#include "base/err.h"

#define ERROR(name, code, http, retry) ERR_##name = (code),
enum web_error {
#include "web/errors.def"
};
#undef ERROR

#endif
