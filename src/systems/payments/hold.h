/*
 * hold.h - payments that are taken in two steps.
 *
 * A program may ask for a payment that it takes later. The provider then says
 * "authorised" and holds the money; the order stays pending, its attempt open. The
 * program captures (the job payment.hold takes it from the provider, whose word goes
 * the one way of payment_take) or cancels (the same job gives it back). What is held
 * for HOLD_LIFE and not captured is cancelled.
 */
#ifndef SYSTEMS_PAYMENTS_HOLD_H
#define SYSTEMS_PAYMENTS_HOLD_H

#include "systems/payments/order.h"

#define HOLD_LIFE (5 * DAY)

struct hold {
	int64_t attempt, order, amount;
	str state; /* held: by the provider; asked: capture was asked for */
	instant at;
};

/* Does whoever asked for the order take it later? */
bool order_delayed(dbc *c, int64_t order);
/* What is held for it now. */
bool hold_get(dbc *c, arena *a, int64_t order, struct hold *out);
/* A provider holds the money: what payment_take does then. */
err hold_take(struct tx *tx, const struct order *o, const struct attempt *t,
              const struct provider_answer *w, const char *via);
/* Event payment.capture_asked. ERR_payment_state when nothing is held. */
err hold_capture(struct tx *tx, int64_t order);
/* The order is over without capture: the provider lets go, later. */
void hold_release(struct tx *tx, int64_t order);
err job_hold(struct job *j);

#endif
