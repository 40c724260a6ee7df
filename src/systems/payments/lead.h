/*
 * lead.h - leading a payer to a provider that has to be asked for its page first.
 *
 * The attempt asks for the job payment.lead, which makes the payment there and records
 * where its page is; the payer waits at /lead/ATTEMPT until that is known.
 */
#ifndef SYSTEMS_PAYMENTS_LEAD_H
#define SYSTEMS_PAYMENTS_LEAD_H

#include "systems/payments/order.h"

/* In decide: asks for the job, if the attempt's adapter needs it. */
void lead_later(struct tx *tx, const struct attempt *t, const struct checkout *c);
err job_lead(struct job *j);
/* Empty while it is not known. */
str lead_url(dbc *c, arena *a, int64_t attempt);

#endif
