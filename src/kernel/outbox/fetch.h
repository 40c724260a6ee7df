/*
 * fetch.h - asking another machine over HTTP. Only from jobs: never in a
 * transaction, never while a request waits.
 *
 * http and https alone, no redirects, certificates checked, within limits of time
 * and size.
 *
 * Thread safety: any thread.
 */
#ifndef KERNEL_OUTBOX_FETCH_H
#define KERNEL_OUTBOX_FETCH_H

#include "base/err.h"

#define FETCH_SECONDS     20
#define FETCH_CONNECT     5 /* seconds of the above to reach the machine */
#define FETCH_BODY_MAX    ((size_t)8 * 1024 * 1024)
#define FETCH_HEADERS_MAX 12

struct fetch {
	/* to be filled */
	const char *method; /* "GET", "POST" */
	str url;
	str body, type;                /* of a POST: "application/json" */
	str header[FETCH_HEADERS_MAX]; /* "name: value" */
	size_t n_headers;
	/* Where the address was given by somebody who does not run this machine: only to
	 * public addresses, whatever the name says when it is looked up. */
	bool abroad;

	/* filled */
	int status; /* 0 when nothing was answered */
	str answer;
	str why; /* when it failed, for the log */
};

/* OK when an answer came, whatever its status; else ERR_unavailable (which a job
 * may try again), or ERR_too_large. */
err fetch_run(arena *a, struct fetch *f);

#endif
