/*
 * agency.h - programs of government bodies that ask for payments.
 *
 * They speak GOV.UK Pay's public interface below /api/pay/v1 (create, get, search,
 * events, cancel, refunds) with a key of their body, and are told by messages to the
 * body's address, signed as Standard Webhooks, again and again under the same id until
 * they are taken: card_payment_succeeded (the service is not told before), and
 * card_payment_failed, _expired, _refunded. A failed one tells of an attempt: until its
 * state is finished the payer may take another card. Amounts are minor units of the
 * pack's currency (fils).
 */
#ifndef SYSTEMS_PAYMENTS_AGENCY_H
#define SYSTEMS_PAYMENTS_AGENCY_H

#include "systems/payments/order.h"
#include "web/req.h"

#define AGENCY_ORDER_LIFE (90 * MINUTE) /* as GOV.UK Pay gives */
#define AGENCY_TEXT       255
#define AGENCY_URL        2000
#define AGENCY_LIST       500
#define AGENCY_PAGES      1000000

/* Makes a key; *token is shown once and kept nowhere. */
err agency_key(struct tx *tx, str entity, str *token);
/* Where the body is told, and the secret that signs it. */
err agency_webhook(struct tx *tx, str entity, str url, str secret);
/* In a job: tells the body of a paid order. OK also when there is nobody to tell. */
err agency_tell(struct job *j, int64_t order);
/* The job payment.tell: the same of what failed, expired or was given back. */
err job_agency_news(struct job *j);
/* Leads whoever has paid back to the program's page. */
err agency_return(struct req *r, const struct order *o);

#endif
