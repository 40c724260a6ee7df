#include "systems/payments/simulator/statements.h"

#define DB_STATEMENTS     "systems/payments/simulator/statements.def"
#define DB_STATEMENT_LIST simulator_statements
#include "db/declare.h"
