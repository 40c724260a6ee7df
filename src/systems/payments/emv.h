/*
 * emv.h - a payment as a code that a wallet reads: EMVCo's merchant-presented QR.
 *
 * Two digits of tag, two of length, the value, and so on; the last is a checksum
 * (CRC-16/CCITT). Templates 26 and 27 are ours: which attempt it is, at which
 * provider, where the provider's message goes, and a seal with the secret that the
 * provider shares with us, so that nobody else's code is paid for ours.
 */
#ifndef SYSTEMS_PAYMENTS_EMV_H
#define SYSTEMS_PAYMENTS_EMV_H

#include "base/money.h"

#define EMV_NOTIFY_MAX 80 /* bytes of an address; a longer one is left out */

struct emv {
	str provider, seal, notify;
	int64_t attempt, amount;  /* minor units */
	str currency;             /* "BHD" */
	str country, city, payee; /* "BH"; the last two cut to 15 and 25 characters */
	str reference;            /* at most 25 */
};

/* False when the currency has no number, or something does not fit. */
bool emv_print(arena *a, const struct emv *e, str *out);
/* Checks lengths and checksum, not the seal. */
bool emv_parse(arena *a, str text, struct emv *out);
/* What `seal` has to be. */
str emv_seal(arena *a, str secret, const struct emv *e);

#endif
