/*
 * post.h - telling a program elsewhere what happened: one signed message, as Standard
 * Webhooks have it (webhook-id, webhook-timestamp, webhook-signature; sign.h). From jobs
 * alone. The id stays the same however often it is sent: the receiver knows it again.
 */
#ifndef KERNEL_OUTBOX_POST_H
#define KERNEL_OUTBOX_POST_H

#include "kernel/organ.h"

struct post {
	str url, secret, id, body; /* body: JSON */
	bool abroad; /* not to this machine nor a private network (fetch.h) */
};

/* OK when it was taken (2xx); else ERR_unavailable with j->fault.detail: try again. */
err post_signed(struct job *j, const struct post *p);

#endif
