/* Declared statements of the simulator; private to it. */
#ifndef SYSTEMS_PAYMENTS_SIMULATOR_STATEMENTS_H
#define SYSTEMS_PAYMENTS_SIMULATOR_STATEMENTS_H

#include "db/db.h"

#define STMT(n, t) extern struct sql sql_##n;
#include "systems/payments/simulator/statements.def"
#undef STMT

void simulator_statements(void);

#endif
