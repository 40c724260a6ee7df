/*
 * replay.h - what would have happened: another version of a decision over the cases
 * that were submitted in a span of time.
 *
 * Each case is decided twice from what its event case.submitted holds, as on its day:
 * by the version of the service it began with, and by the candidate. The first must give
 * what was recorded; `unequal` counts those where it does not. Cases whose person was
 * erased have no inputs any more and are counted apart. Nothing is written.
 */
#ifndef KERNEL_CASES_REPLAY_H
#define KERNEL_CASES_REPLAY_H

#include "kernel/cases/cases.h"

#define REPLAY_PAIRS_MAX      200 /* different (then, now) that are told apart */
#define REPLAY_CURRENCIES_MAX 8

struct replay_ask {
	const struct service *candidate; /* its id is the service's */
	str decision;                    /* id in service.json; empty: the process */
	instant from, to;                /* [from, to) of submission */
	int64_t cases_max;               /* 0: all */
	int64_t micros_max;              /* 0: as long as it takes */
};

/* An answer of a decision, as people read it: an amount, or the value as JSON. Empty:
 * no rule gave one. Of a process: "end:" and the outcome, or "at:" and the element it
 * would wait at (replay_process.c says how it runs). */
struct replay_answer {
	str text;
	str currency; /* of the amount; empty: it is no amount */
	money amount;
	json *rule; /* {"en","ar"} or NULL */
};

struct replay_case {
	int64_t id, version;
	str reference, entity;
	instant submitted;
	struct replay_answer then, now;
};

struct replay_pair {
	str then, now;
	int64_t n;
	json *rule; /* of `now`, of the first case; or NULL */
};

struct replay_sum {
	str currency;
	int64_t cases;
	money then, now;
};

struct replay {
	int64_t cases; /* submitted in the span and looked at */
	int64_t erased, same, changed;
	int64_t unequal;
	int64_t lost, gained; /* of `changed`: the candidate gives nothing; only it gives something */
	bool limited;         /* there are more */
	struct replay_pair pair[REPLAY_PAIRS_MAX]; /* the most frequent first */
	size_t n_pairs;
	int64_t others; /* changed cases of further pairs */
	struct replay_sum sum[REPLAY_CURRENCIES_MAX];
	size_t n_sums;
	int64_t micros;
};

/* `each` is called for every changed case and may be NULL; what it gets lives until it
 * returns. ERR_decision_unknown when the candidate has no such decision. */
err case_replay(struct kernel *k, dbc *c, arena *a, const struct replay_ask *q,
                void (*each)(void *ctx, const struct replay_case *x), void *ctx,
                struct replay *out);

#endif
