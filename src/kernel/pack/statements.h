/* Declared statements of packs; private to the room. */
#ifndef KERNEL_PACK_STATEMENTS_H
#define KERNEL_PACK_STATEMENTS_H

#include "db/db.h"

#define STMT(n, t) extern struct sql sql_##n;
#include "kernel/pack/statements.def"
#undef STMT

void pack_statements(void);

#endif
