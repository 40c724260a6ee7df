/* errors.h - what the kernel refuses, by name; texts are in its messages. */
#ifndef KERNEL_ERRORS_H
#define KERNEL_ERRORS_H

#include "base/err.h"

#define ERROR(name, code, http, retry) ERR_##name = (code),
enum kernel_error {
#include "kernel/errors.def"
};
#undef ERROR

#endif
