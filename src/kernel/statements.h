/* The kernel's declared statements; private to src/kernel. */
#ifndef KERNEL_STATEMENTS_H
#define KERNEL_STATEMENTS_H

#include "db/db.h"

#define STMT(n, t) extern struct sql sql_##n;
#include "kernel/statements.def"
#undef STMT

void kernel_statements(void);

#endif
