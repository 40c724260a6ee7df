/*
 * dispute.h - a payer's bank takes money back; the platform answers with evidence.
 *
 * While a dispute is open its amount stands in asset/disputed/P. Won, it is owed by
 * the provider again; lost, it is an expense. The answer is due by a date; a job
 * warns before. The bundle holds the receipts, all that is recorded of the payment,
 * the state of the service, and a proof that the capture is in the journal.
 */
#ifndef SYSTEMS_PAYMENTS_DISPUTE_H
#define SYSTEMS_PAYMENTS_DISPUTE_H

#include "systems/payments/order.h"

#define DISPUTE_ANSWER (10 * DAY) /* PROPOSED: card schemes differ */
#define DISPUTE_WARN   (2 * DAY)  /* before it */
#define DISPUTES_MAX   20

struct dispute {
	int64_t id, order, attempt;
	str reference, reason;
	int64_t amount;
	str currency, state; /* opened, answered, won, lost */
	instant answer_by, at, ended;
};

err dispute_open(struct tx *tx, int64_t order, str reference, str reason, int64_t amount,
                 int64_t *id);
err dispute_answer(struct tx *tx, int64_t id);
err dispute_end(struct tx *tx, int64_t id, bool won);
bool dispute_get(dbc *c, arena *a, int64_t id, struct dispute *out);
size_t order_disputes(dbc *c, arena *a, int64_t order, struct dispute *out, size_t max);
/* A zip of everything that speaks for the payment. */
err dispute_bundle(struct kernel *k, dbc *c, arena *a, const struct dispute *d, str *zip);
err job_dispute_due(struct job *j);

#endif
