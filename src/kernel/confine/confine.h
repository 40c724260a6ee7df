/*
 * confine.h - work in processes that can do nothing else.
 *
 * Two kinds of work are kept out of the server: reading strangers' bytes, and holding
 * the keys that sign. Each is a role: a function from a typed request to an answer. It
 * runs in a process of its own, the same program started again with a hidden command
 * (`diwan confined ROLE ...`), which first opens what it needs and then gives up all
 * else before the first request:
 *
 *   - no descriptors but its socket; root becomes nobody; no capabilities;
 *   - limits of memory, processor time, file sizes (0), descriptors (0), no core file;
 *   - no_new_privs; a network and user namespace of its own and Landlock (nothing of
 *     any file system), where the kernel has them;
 *   - a seccomp filter of a dozen system calls. Whatever else is tried, the kernel kills
 *     the process (SIGSYS). This one is required: see CONFINE_STRICT.
 *
 * A role of kind CONFINE_EACH answers each request in a fresh process: a small parent
 * forks it, so that one stranger's file meets nobody else's. A role of kind CONFINE_ONE
 * is one process that answers one request after another.
 *
 * The server starts them by exec, never by fork alone, so they have none of its memory.
 * What a process answers is checked like a stranger's bytes. One that ends, hangs or
 * answers nonsense costs its request (ERR_unavailable), is killed, and a new one is
 * started for the next. When the server ends, in whatever way, they end.
 *
 * Server side: any thread. Child side: one thread.
 */
#ifndef KERNEL_CONFINE_H
#define KERNEL_CONFINE_H

#include "base/err.h"

#include <sys/types.h>

#define CONFINE_WORD        "confined" /* the hidden command */
#define CONFINE_RUNNING_MAX 2          /* processes of a CONFINE_EACH role at once */
#define CONFINE_WAITING_MAX 128        /* requests that wait for one; more are refused */
#define CONFINE_WORDS_MAX   3
#define CONFINE_START_SECONDS 20

enum confine_kind { CONFINE_EACH, CONFINE_ONE };

struct confine_role {
	const char *name;
	enum confine_kind kind;
	int seconds;            /* for a request; then the process is killed */
	size_t memory_bytes;    /* beyond what the program takes when it starts */
	size_t request_max, answer_max;
	/* Before the walls: opens and reads what it needs; what it leaves in *hello is told
	 * to the server with "ready". False and *why: the role does not start. */
	bool (*prepare)(arena *a, char **words, size_t n, void **ctx, str *hello, str *why);
	/* Behind the walls. False: the process ends without an answer. */
	bool (*serve)(void *ctx, arena *a, uint32_t kind, str request, str *answer);
};

/* ---- in the server ---- */

enum confine_need {
	CONFINE_STRICT, /* start only where the kernel has seccomp */
	CONFINE_TRY,    /* without it go on, with a warning in the log */
};

struct confine;

struct confine_options {
	const struct confine_role *role;
	enum confine_need need;
	const char *program;  /* NULL: "diwan" beside the running program, or that itself */
	const char *word[CONFINE_WORDS_MAX]; /* for prepare; NULL ends them */
};

/* Starts nothing yet. The options' texts must outlive it. */
struct confine *confine_open(arena *a, const struct confine_options *o);
/* Starts the process unless it runs; *why says what the kernel or prepare refused. The
 * first request does the same. */
err confine_start(struct confine *c, str *why);
/* What prepare left in *hello, of the process started last. */
str confine_hello(struct confine *c, arena *a);
/* ERR_unavailable: no answer, in time or at all. The log has the reason. */
err confine_ask(struct confine *c, arena *a, uint32_t kind, str request, str *answer);
/* Ends the process. No request may be under way. NULL is allowed. */
void confine_close(struct confine *c);

struct confine_counts {
	int64_t asked;    /* requests */
	int64_t failed;   /* of them: the process ended, hung or answered nonsense */
	int64_t busy;     /* of them: refused, too many were waiting */
	int64_t started;  /* times the process was started */
	int64_t micros;   /* from asked to answered, all together */
	pid_t pid;        /* 0: none runs */
};
struct confine_counts confine_counts(struct confine *c);

/* ---- in the child ---- */

/* The hidden command: argv = {"confined", ROLE, "strict" or "try", WORDS...}, its
 * socket is descriptor 3. Does not return: what runs at an exit is not within the walls. */
_Noreturn void confine_main(int argc, char **argv, const struct confine_role *const *roles,
                            size_t n);

#endif
