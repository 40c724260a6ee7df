#include "kernel/ledger/statements.h"

#define DB_STATEMENTS     "kernel/ledger/statements.def"
#define DB_STATEMENT_LIST ledger_statements
#include "db/declare.h"
