/*
 * live.h - one application lived through as a service's scenario says.
 *
 * Shared by trials of a service (pack_try.h), which compare each step with what the
 * scenario expects, and by demonstrations (demo_cases.h), which mix many lives in one
 * database. Time is the caller's: the kernel's clock says what it is now, and a step that
 * only waits (`wait`) is for the caller to do.
 */
#ifndef APP_LIVE_H
#define APP_LIVE_H

#include "kernel/cases/cases.h"
#include "kernel/pack/pack.h"

#define OFFICERS_MAX 64
#define OFFICERS_OF  2 /* of each role, so that four-eyes steps find the second */
#define TASKS_MAX    64

/* Who may do the tasks of a role at a body. */
struct officer {
	str role, entity;
	int64_t id[OFFICERS_OF]; /* 0: nobody more */
};
/* Roles that nobody of it has are given to people who are hired for them. */
struct crew {
	arena *a;
	struct officer officer[OFFICERS_MAX];
	size_t n;
};

struct live {
	arena *a;
	struct kernel *k;
	struct crew *crew;
	const struct service *s;
	const json *step; /* the one under way */
	int64_t applicant, id;
	str channel;
	/* What is sent for these answers of the scenario, once the case is there; NULL: they
	 * themselves. */
	const json *(*prepare)(struct live *l, const json *answers);
	str trouble; /* the first that went wrong; empty: nothing did */
};

void live_trouble(struct live *l, str what);
/* One command in somebody's name (0: the platform); what is refused is a trouble. */
err live_run(struct live *l, int64_t person, err (*decide)(struct tx *tx, void *ctx), void *ctx);
/* Draft, answers, sent. With `refused`, an application that is not accepted is as it
 * should be, and one that is accepted is a trouble. True when it was sent. */
bool live_apply(struct live *l, const json *answers, bool refused);
/* One step of a scenario: "work", "task", "withdraw" or "answer". */
void live_step(struct live *l, const json *step);

struct kase live_case(struct live *l);
size_t live_tasks(struct live *l, struct task *out); /* that are open; TASKS_MAX */
/* The instance of a service task that waits; 0 if none does. */
int64_t live_waits(struct live *l, str element);

#endif
