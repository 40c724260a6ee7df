#include "systems/payments/statements.h"

#define DB_STATEMENTS     "systems/payments/statements.def"
#define DB_STATEMENT_LIST payments_statements
#include "db/declare.h"
