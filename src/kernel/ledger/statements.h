/* Declared statements of the ledger; private to it. */
#ifndef KERNEL_LEDGER_STATEMENTS_H
#define KERNEL_LEDGER_STATEMENTS_H

#include "db/db.h"

#define STMT(n, t) extern struct sql sql_##n;
#include "kernel/ledger/statements.def"
#undef STMT

void ledger_statements(void);

#endif
