/*
 * simulator.h - a payment provider that exists nowhere, for trials and tests.
 *
 * It is a program of its own (diwan simulator provider) with a database of its
 * own, and shares nothing with the platform but a secret. It has the provider's
 * half of the hosted protocol (../provider.h): a page where the payer says what
 * shall happen, signed messages, enquiries, refunds, statement files. What it can
 * be told to do is in outcomes.def.
 */
#ifndef SYSTEMS_PAYMENTS_SIMULATOR_SIMULATOR_H
#define SYSTEMS_PAYMENTS_SIMULATOR_SIMULATOR_H

#include "web/route.h"

extern const struct system simulator_system;

/* How late "late" is, in seconds; kept in its database. */
err simulator_set(struct tx *tx, str name, int64_t value);

#endif
