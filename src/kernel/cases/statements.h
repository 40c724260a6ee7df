/* Declared statements of cases; private to kernel/cases. */
#ifndef KERNEL_CASES_STATEMENTS_H
#define KERNEL_CASES_STATEMENTS_H

#include "db/db.h"

#define STMT(n, t) extern struct sql sql_##n;
#include "kernel/cases/statements.def"
#undef STMT

void kernel_cases_statements(void);

#endif
