/*
 * token.h - cards that providers keep for payers.
 *
 * The platform knows a token, which provider it is of, and the last four digits; the
 * token is sealed in the journal under the payer's key, and its row goes when the
 * payer is erased. The payer still proves to the provider that the card is theirs.
 */
#ifndef SYSTEMS_PAYMENTS_TOKEN_H
#define SYSTEMS_PAYMENTS_TOKEN_H

#include "systems/payments/order.h"

#define TOKENS_MAX 10 /* shown */

struct token {
	int64_t id;
	str provider, token, last4;
};

size_t tokens_of(dbc *c, arena *a, int64_t payer, struct token *out, size_t max);
bool token_find(dbc *c, arena *a, int64_t payer, int64_t id, struct token *out);
/* Keeps what a provider said, once. */
err token_keep(struct tx *tx, const struct order *o, str provider, const struct provider_answer *w);
err token_drop(struct tx *tx, int64_t payer, int64_t id);
/* A person was erased. */
void token_follow_erased(dbc *c, arena *a, const struct event *e);

#endif
