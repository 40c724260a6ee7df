#include "kernel/identity/statements.h"

#define DB_STATEMENTS "kernel/identity/statements.def"
#define DB_STATEMENT_LIST identity_statements
#include "db/declare.h"
