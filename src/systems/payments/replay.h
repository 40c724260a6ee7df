/*
 * replay.h - payers and a provider of demonstrations, played without a network.
 *
 * Orders are attempted, captured and settled by the functions that pages, messages and
 * statements use; only the payer and the provider are played. All are for decide functions.
 */
#ifndef SYSTEMS_PAYMENTS_REPLAY_H
#define SYSTEMS_PAYMENTS_REPLAY_H

#include "systems/payments/order.h"

#define REPLAY_PROVIDER "replay"

/* A provider that takes every card and wallet, and is never asked anything. */
err replay_provider(struct tx *tx);
/* It says that this attempt of its own succeeded. */
err replay_take(struct tx *tx, const struct attempt *t);
/* Takes it out of use, so that nobody is led to it. */
err replay_provider_ends(struct tx *tx);
/* The payer of a case's order pays it by "card" or "wallet". ERR_not_found: the case has
 * no order. */
err replay_pay(struct tx *tx, int64_t case_id, str method);
/* The provider's statement of what it took in [from, to), and the bank's line for it.
 * Nothing when it took nothing. */
err replay_settle(struct tx *tx, instant from, instant to);

#endif
