/*
 * walls.c - what a confined process gives up, and cannot get back.
 *
 * Each wall stands by itself: the filter of system calls is the one that is counted on,
 * the others hold if a way through it is ever found.
 */
#include "kernel/confine/wire.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NOBODY            65534
#define ONE_CPU_SECONDS   3600 /* a year of signing; then it is started again */
#define PARENT_FILES      16   /* descriptors of a process that starts cells */
#define LANDLOCK_CREATE   444
#define LANDLOCK_RESTRICT 446

/* ---- limits ---- */

static void limit(int what, uint64_t most)
{
	struct rlimit r = {most, most};
	setrlimit((__rlimit_resource_t)what, &r);
}

/* Of the address space, what the program has now and what the role may add. */
static uint64_t memory_limit(size_t more)
{
	char text[64] = {0};
	FILE *f = fopen("/proc/self/statm", "r");
	size_t n = f ? fread(text, 1, sizeof text - 1, f) : 0;
	int64_t pages = 0;
	str rest = {text, n}, first;
	if (f)
		fclose(f);
	if (!str_cut(&rest, ' ', &first) || !str_i64(first, &pages) || pages <= 0)
		return RLIM_INFINITY;
	return (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE) + more;
}

/* ---- who it is, and what it sees ---- */

static void become_nobody(void)
{
	if (geteuid() != 0)
		return;
	if (setgroups(0, NULL) != 0 || setresgid(NOBODY, NOBODY, NOBODY) != 0 ||
	    setresuid(NOBODY, NOBODY, NOBODY) != 0)
		return; /* a container may not have such a user */
}

/* A user namespace of its own gives the right to the others, and no right outside. */
static bool leave_network(void)
{
	return unshare(CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS) == 0 ||
	       unshare(CLONE_NEWNET) == 0;
}

static void drop_capabilities(void)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct none[2];
	memset(none, 0, sizeof none);
	syscall(SYS_capset, &head, none);
}

/* What Landlock handles grows with its version; handled and not allowed is refused. */
static int landlock(void)
{
	struct {
		uint64_t files, network, scoped;
	} handled = {0};
	long version = syscall(LANDLOCK_CREATE, NULL, 0, 1);
	if (version < 1)
		return 0;
	int bits = version == 1 ? 13 : version == 2 ? 14 : version < 5 ? 15 : 16;
	handled.files = ((uint64_t)1 << bits) - 1;
	handled.network = version >= 4 ? 3 : 0; /* bind and connect of TCP */
	handled.scoped = version >= 6 ? 3 : 0;  /* abstract sockets and signals outside */
	size_t size = version >= 6 ? 24 : version >= 4 ? 16 : 8;
	int rules = (int)syscall(LANDLOCK_CREATE, &handled, size, 0);
	bool stands = rules >= 0 && syscall(LANDLOCK_RESTRICT, rules, 0) == 0;
	if (rules >= 0)
		close(rules);
	return stands ? (int)version : 0;
}

/* ---- system calls ---- */

/* What all may: talk to their socket, take and give back memory, end. */
static const int calls_of_all[] = {
    SCMP_SYS(read),   SCMP_SYS(write),      SCMP_SYS(brk),  SCMP_SYS(munmap),
    SCMP_SYS(mremap), SCMP_SYS(exit_group), SCMP_SYS(exit), SCMP_SYS(rt_sigreturn),
};

/* A role that stays has a clock and draws random numbers (signatures need them). */
static const int calls_of_one[] = {
    SCMP_SYS(getrandom), SCMP_SYS(getpid), SCMP_SYS(clock_gettime),
    SCMP_SYS(gettimeofday), SCMP_SYS(time), SCMP_SYS(close),
};

/* The process that starts cells, and raises the last walls around them. */
static const int calls_of_parent[] = {
    SCMP_SYS(recvmsg),   SCMP_SYS(ppoll),         SCMP_SYS(close),
    SCMP_SYS(dup2),      SCMP_SYS(dup3),          SCMP_SYS(clone),
    SCMP_SYS(clone3),    SCMP_SYS(fork),          SCMP_SYS(set_robust_list),
    SCMP_SYS(wait4),     SCMP_SYS(prlimit64),     SCMP_SYS(setrlimit),
    SCMP_SYS(alarm),     SCMP_SYS(setitimer),     SCMP_SYS(seccomp),
    SCMP_SYS(prctl),     SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigaction),
    SCMP_SYS(getpid),    SCMP_SYS(gettid),        SCMP_SYS(clock_gettime),
    SCMP_SYS(futex),     SCMP_SYS(madvise),       SCMP_SYS(getrandom),
};

#if CONFINE_SANITIZED
/* TEST BUILDS ONLY: what the sanitizers' own run time calls. Still no file, no socket,
 * no process and no signal to others, so that the tests hold here, too. */
static const int calls_of_sanitizers[] = {
    SCMP_SYS(madvise),        SCMP_SYS(mprotect),      SCMP_SYS(futex),
    SCMP_SYS(sched_yield),    SCMP_SYS(sigaltstack),   SCMP_SYS(getpid),
    SCMP_SYS(gettid),         SCMP_SYS(clock_gettime), SCMP_SYS(prctl),
    SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigaction),
};
#endif

static bool allow(scmp_filter_ctx f, const int *calls, size_t n)
{
	bool ok = true;
	for (size_t i = 0; i < n; i++)
		ok = seccomp_rule_add(f, SCMP_ACT_ALLOW, calls[i], 0) == 0 && ok;
	return ok;
}
#define ALLOW(f, calls) allow((f), (calls), sizeof(calls) / sizeof *(calls))

/* The kernel kills whoever calls anything else. Memory that can be run is not given. */
static scmp_filter_ctx filter_make(bool parent, bool one)
{
	scmp_filter_ctx f = seccomp_init(SCMP_ACT_KILL_PROCESS);
	bool ok = f && ALLOW(f, calls_of_all) &&
	          seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
	                           SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)) == 0;
	ok = ok && (!parent || ALLOW(f, calls_of_parent)) && (!one || ALLOW(f, calls_of_one));
#if CONFINE_SANITIZED
	ok = ok && ALLOW(f, calls_of_sanitizers);
#endif
	if (!ok && f) {
		seccomp_release(f);
		f = NULL;
	}
	return f;
}

static bool filter_load(scmp_filter_ctx f, str *why, arena *a)
{
	int e = f ? seccomp_load(f) : -ENOSYS;
	if (e)
		*why = str_fmt(a,
		               "this kernel does not let a process give up its system calls (seccomp): %s; "
		               "mend that, or set confine = try to go on without this protection",
		               strerror(-e));
	return e == 0;
}

/* ---- together ---- */

bool walls_raise(struct walls *w, arena *a, str *why)
{
	bool each = w->role->kind == CONFINE_EACH;
	w->memory = memory_limit(w->role->memory_bytes);
	limit(RLIMIT_CORE, 0);
	if (!each) {
		limit(RLIMIT_AS, w->memory);
		limit(RLIMIT_CPU, ONE_CPU_SECONDS);
	}
	become_nobody();
	w->network = leave_network();
	drop_capabilities();
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	w->landlock = landlock();
	limit(RLIMIT_NOFILE, each ? PARENT_FILES : 0);
	if (each)
		w->filter = filter_make(false, false);
	scmp_filter_ctx own = filter_make(each, !each);
	w->seccomp = filter_load(each && !w->filter ? NULL : own, why, a);
	if (own)
		seccomp_release(own);
	return w->seccomp || !w->required;
}

bool walls_close(const struct walls *w)
{
	limit(RLIMIT_CPU, (uint64_t)w->role->seconds);
	limit(RLIMIT_AS, w->memory);
	limit(RLIMIT_NPROC, 0);
	limit(RLIMIT_FSIZE, 0); /* of a parent it would stop the log, if that is a file */
	limit(RLIMIT_NOFILE, 0);
	alarm((unsigned)w->role->seconds); /* nothing in a cell can put it off */
	return !w->seccomp || seccomp_load(w->filter) == 0;
}
