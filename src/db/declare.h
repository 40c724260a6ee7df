/*
 * declare.h - turns a room's statements.def into objects and one list.
 *
 * In the room's header:    #define STMT(n, t) extern struct sql sql_##n;
 *                          #include "kernel/x/statements.def"
 *                          #undef STMT
 * In one of its .c files:  #define DB_STATEMENTS "kernel/x/statements.def"
 *                          #define DB_STATEMENT_LIST kernel_x_statements
 *                          #include "db/declare.h"
 * which defines the objects `sql_<name>` and the function
 *                          void kernel_x_statements(void);   (calls db_declare)
 */
#include "db/db.h"

#define STMT(n, t) struct sql sql_##n = {.name = #n, .text = t, .slot = -1};
#include DB_STATEMENTS
#undef STMT

static struct sql *const declared_list[] = {
#define STMT(n, t) &sql_##n,
#include DB_STATEMENTS
#undef STMT
};

void DB_STATEMENT_LIST(void);
void DB_STATEMENT_LIST(void)
{
	db_declare(declared_list, sizeof declared_list / sizeof *declared_list);
}

#undef DB_STATEMENTS
#undef DB_STATEMENT_LIST
