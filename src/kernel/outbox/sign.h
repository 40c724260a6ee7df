/*
 * sign.h - signatures of messages (Standard Webhooks) and of addresses.
 *
 * A message is signed as "v1," and the base64 of HMAC-SHA256 over
 * "id.timestamp.body"; several signatures may stand beside each other, so that a
 * secret can be changed. An address is signed over its query, without the sig.
 */
#ifndef KERNEL_OUTBOX_SIGN_H
#define KERNEL_OUTBOX_SIGN_H

#include "base/time.h"

/* "v1,..." */
str sign_message(arena *a, str secret, str id, str timestamp, str body);
/* NULL when it is genuine and its time (seconds) within `drift` of now; else why. */
const char *sign_refused(arena *a, str secret, str id, str timestamp, str body, str signature,
                         instant now, instant drift);

/* Hex of SHA-256: what is kept of a key. */
str sign_digest(arena *a, str text);

/* The query with "&sig=..." behind it. */
str sign_query(arena *a, str secret, str query);
/* False unless the query ends in its own signature. */
bool sign_query_good(arena *a, str secret, str query);

#endif
