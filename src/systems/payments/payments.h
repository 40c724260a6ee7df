/*
 * payments.h - paying government's fees, on a ledger that cannot lose a fils.
 *
 * See README.md for how an order lives, and provider.h for how providers are
 * spoken to. Case fees come by the event work.requested of type "payment"; other
 * rooms follow payment.captured, payment.failed, payment.refund_done.
 */
#ifndef SYSTEMS_PAYMENTS_PAYMENTS_H
#define SYSTEMS_PAYMENTS_PAYMENTS_H

#include "web/route.h"

extern const struct system payments_system;

#endif
