#include "kernel/statements.h"

#define DB_STATEMENTS "kernel/statements.def"
#define DB_STATEMENT_LIST kernel_statements
#include "db/declare.h"
