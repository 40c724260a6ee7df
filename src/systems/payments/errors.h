/* errors.h - what payments refuses, by name. */
#ifndef SYSTEMS_PAYMENTS_ERRORS_H
#define SYSTEMS_PAYMENTS_ERRORS_H

#include "base/err.h"

#define ERROR(name, code, http, retry) ERR_##name = (code),
enum payments_error {
#include "systems/payments/errors.def"
};
#undef ERROR

#endif
