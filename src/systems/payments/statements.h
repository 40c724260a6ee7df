/* Declared statements of payments; private to the room. */
#ifndef SYSTEMS_PAYMENTS_STATEMENTS_H
#define SYSTEMS_PAYMENTS_STATEMENTS_H

#include "db/db.h"

#define STMT(n, t) extern struct sql sql_##n;
#include "systems/payments/statements.def"
#undef STMT

void payments_statements(void);

#endif
