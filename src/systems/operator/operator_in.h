/* operator_in.h - what the files of operator share; private to systems/operator. */
#ifndef SYSTEMS_OPERATOR_IN_H
#define SYSTEMS_OPERATOR_IN_H

#include "systems/operator/operator.h"

#define ROUTES_DEF "systems/operator/routes.def"
#include "web/declare.h"

#define STMT(n, t) extern struct sql sql_##n;
#include "systems/operator/statements.def"
#undef STMT
void operator_statements(void);

#endif
