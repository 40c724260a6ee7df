/* errors.h - what the process engine refuses, by name; texts are in messages.txt. */
#ifndef ENGINE_BPMN_ERRORS_H
#define ENGINE_BPMN_ERRORS_H

#include "base/err.h"

#define ERROR(name, code, http, retry) ERR_##name = (code),
enum bpmn_error {
#include "engine/bpmn/errors.def"
};
#undef ERROR

#endif
