/* Declared statements of the index of words; private to kernel/search. */
#ifndef KERNEL_SEARCH_STATEMENTS_H
#define KERNEL_SEARCH_STATEMENTS_H

#include "db/db.h"

#define STMT(n, t) extern struct sql sql_##n;
#include "kernel/search/statements.def"
#undef STMT

void search_statements(void);

#endif
