/* private.h - what the simulator's files share. */
#ifndef SYSTEMS_PAYMENTS_SIMULATOR_PRIVATE_H
#define SYSTEMS_PAYMENTS_SIMULATOR_PRIVATE_H

#include "systems/payments/simulator/simulator.h"

#define ROUTES_DEF "systems/payments/simulator/routes.def"
#include "web/declare.h"

#define SIMULATOR_DRIFT (5 * MINUTE)
#define SIMULATOR_LATE  20            /* seconds, unless set */
#define SIMULATOR_GONE  (20 * MINUTE) /* what vanished answers nothing for so long */
#define SIMULATOR_WAIT  (2 * SECOND)  /* the payer goes back when the message is there */

struct sim_payment {
	str id, reference, order_reference, currency, outcome, status, last4, token;
	int64_t amount, charged, sent;
	instant at, ready;
};

bool sim_payment_find(dbc *c, arena *a, str id, struct sim_payment *out);
str simulator_secret(const struct kernel *k);
/* {"id","timestamp","payload","signature"} as a page's content. */
err simulator_signed(struct req *r, const json *payload);

err job_simulator_send(struct job *j);

#define EVENT(name, kind, version, doc) void fold_##name(dbc *c, arena *a, const struct event *e);
#include "systems/payments/simulator/events.def"
#undef EVENT

#endif
