/* routes.h - the handlers of the room's addresses. */
#ifndef SYSTEMS_PAYMENTS_ROUTES_H
#define SYSTEMS_PAYMENTS_ROUTES_H

#define ROUTES_DEF "systems/payments/routes.def"
#include "web/declare.h"

#endif
