/* Declared statements of people, sessions and authority; private to the kernel. */
#ifndef KERNEL_IDENTITY_STATEMENTS_H
#define KERNEL_IDENTITY_STATEMENTS_H

#include "db/db.h"

#define STMT(n, t) extern struct sql sql_##n;
#include "kernel/identity/statements.def"
#undef STMT

void identity_statements(void);

#endif
