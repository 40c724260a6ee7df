/*
 * link.h - a payer on the telephone pays on a device of their own.
 *
 * An officer who may take payments sends the payer a link; nobody dictates or types a
 * card number, and the officer never sees the link. It is a random word of which only
 * the hash is kept; the word stands sealed in the event and in the notice that carries
 * it (systems/notify: inbox and e-mail). It lives LINK_LIFE, until the order is paid, or
 * until a newer one is sent; and it is for one device: the first that goes on to the
 * provider (the form's token stands for its browser). That device may try again after a
 * card was declined, another may not.
 */
#ifndef SYSTEMS_PAYMENTS_LINK_H
#define SYSTEMS_PAYMENTS_LINK_H

#include "systems/payments/order.h"

#define LINK_LIFE  (30 * MINUTE)
#define LINKS_MAX  50 /* of an order, shown */
#define LINK_CHARS 43 /* 32 random bytes in base64url */

struct link {
	int64_t id, order, asked_by;
	instant at, expires, used;
	str device;
};

/* Event payment.link_sent. ERR_payment_paid, ERR_payment_expired; ERR_bad_input when
 * nobody is known who could be sent it. */
err link_send(struct tx *tx, int64_t order);
bool link_find(dbc *c, arena *a, str token, struct link *out);
size_t links_of(dbc *c, arena *a, int64_t order, struct link *out, size_t max);
static inline bool link_lives(const struct link *l, instant now)
{
	return now < l->expires;
}
/* Event payment.link_used, at a device's first time; ERR_payment_link when the link is
 * over or another device's. `browser`: what only this browser sends. */
err link_use(struct tx *tx, const struct link *l, str browser);

#endif
