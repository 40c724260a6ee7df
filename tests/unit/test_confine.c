/* Confined processes: what they cannot do, and that the server bears whatever they do.
 * The program is its own child: probes that try forbidden things exist only here. */
#include "unit.h"

#include "kernel/confine/confine.h"
#include "kernel/confine/wire.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LENGTH(array) (sizeof(array) / sizeof *(array))
#define SMALL_ARENA   ((size_t)8 * 1024 * 1024)
#define MEGABYTE      ((size_t)1024 * 1024)

/* ---- probes: the confined side ---- */

enum probe {
	PROBE_ECHO = 10,
	PROBE_WORK, /* a few milliseconds */
	PROBE_CRASH,
	PROBE_ABORT,
	PROBE_LOOP,
	PROBE_WAIT, /* reads what never comes */
	PROBE_MEMORY,
	PROBE_ANOTHER_KIND,
	PROBE_LONG_ANSWER,
	PROBE_LOST, /* no answer */
	PROBE_ARENA,
	PROBE_FORBIDDEN = 100, /* and the act's number */
};

static long act_open(void)
{
	return open("/etc/passwd", O_RDONLY);
}

static long act_open_own(void)
{
	return open("/proc/self/mem", O_RDWR);
}

static long act_socket(void)
{
	return socket(AF_INET, SOCK_STREAM, 0);
}

static long act_socketpair(void)
{
	int pair[2];
	return socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
}

static long act_fork(void)
{
	return fork();
}

static long act_thread(void)
{
	return syscall(SYS_clone, CLONE_VM | CLONE_THREAD | CLONE_SIGHAND, NULL, NULL, NULL, 0);
}

static long act_exec(void)
{
	char *argv[] = {(char *)(uintptr_t) "/bin/true", NULL};
	return execv(argv[0], argv);
}

static long act_kill(void)
{
	return kill(1, 0);
}

static long act_ptrace(void)
{
	return ptrace(PTRACE_ATTACH, 1, NULL, NULL);
}

static long act_read_other(void)
{
	return syscall(SYS_process_vm_readv, 1, NULL, 0, NULL, 0, 0);
}

static long act_unlink(void)
{
	return unlink("/tmp/nothing-of-that-name");
}

static long act_mount(void)
{
	return syscall(SYS_mount, "none", "/", NULL, 0, NULL);
}

static long act_unshare(void)
{
	return unshare(CLONE_NEWUSER);
}

static long act_uring(void)
{
	return syscall(425, 1, NULL);
}

static long act_bpf(void)
{
	return syscall(SYS_bpf, 0, NULL, 0);
}

static long act_run_memory(void)
{
	return (long)mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS,
	                  -1, 0);
}

static long act_limits(void)
{
	struct rlimit r = {RLIM_INFINITY, RLIM_INFINITY};
	return setrlimit(RLIMIT_CPU, &r);
}

static long act_alarm(void)
{
	return alarm(0); /* would let a cell hang on */
}

static const struct {
	const char *name;
	long (*act)(void);
} acts[] = {
    {"open a file", act_open},
    {"open its own memory", act_open_own},
    {"make a socket", act_socket},
    {"make a pair of sockets", act_socketpair},
    {"fork", act_fork},
    {"start a thread", act_thread},
    {"run a program", act_exec},
    {"send a signal", act_kill},
    {"trace a process", act_ptrace},
    {"read another's memory", act_read_other},
    {"remove a file", act_unlink},
    {"mount", act_mount},
    {"make a namespace", act_unshare},
    {"use io_uring", act_uring},
    {"load a program into the kernel", act_bpf},
    {"get memory that can be run", act_run_memory},
    {"raise its limits", act_limits},
    {"put off its alarm", act_alarm},
};

static void take_memory(void)
{
	for (int i = 0; i < 64; i++) {
		char *p = malloc(64 * MEGABYTE);
		if (!p)
			return;
		for (size_t n = 0; n < 64 * MEGABYTE; n += 4096)
			((volatile char *)p)[n] = 1;
	}
}

static void waste(unsigned rounds)
{
	for (volatile unsigned i = 0; i < rounds; i++)
		continue;
}

static bool misbehave(uint32_t kind, arena *a, str *answer)
{
	char byte;
	switch (kind) {
	case PROBE_CRASH:
		*(volatile int *)(uintptr_t)(kind - PROBE_CRASH) = 1;
		return true;
	case PROBE_ABORT:
		abort();
	case PROBE_LOOP:
		for (;;)
			waste(1000);
	case PROBE_WAIT:
		return read(STDIN_FILENO, &byte, 1) == 1;
	case PROBE_MEMORY:
		take_memory();
		return false;
	case PROBE_LONG_ANSWER:
		*answer = (str){NEWN(a, char, 3 * MEGABYTE), 3 * MEGABYTE};
		return true;
	case PROBE_ARENA:
		for (;;)
			NEWN(a, char, MEGABYTE);
	default:
		return false;
	}
}

static bool probe(void *ctx, arena *a, uint32_t kind, str request, str *answer)
{
	(void)ctx;
	*answer = request;
	if (kind == PROBE_WORK)
		waste(8 * 1000 * 1000);
	if (kind == PROBE_ECHO || kind == PROBE_WORK)
		return true;
	if (kind >= PROBE_FORBIDDEN && kind - PROBE_FORBIDDEN < LENGTH(acts)) {
		long got = acts[kind - PROBE_FORBIDDEN].act();
		*answer = str_fmt(a, "%ld errno %d", got, errno);
		return true; /* it lives: the kernel let it come back */
	}
	return misbehave(kind, a, answer);
}

static bool greet(arena *a, char **words, size_t n, void **ctx, str *hello, str *why)
{
	(void)ctx;
	*why = STR("it was told not to");
	if (n == 1 && strcmp(words[0], "die") == 0)
		_exit(1);
	*hello = str_fmt(a, "hello %s", n ? words[0] : "");
	return !(n == 1 && strcmp(words[0], "refuse") == 0);
}

#define PROBE_ROLE(n, k, s)                                                                        \
	{                                                                                              \
		.name = (n), .kind = (k), .seconds = (s), .memory_bytes = 96 * MEGABYTE,                   \
		.request_max = 4 * MEGABYTE, .answer_max = 2 * MEGABYTE, .prepare = greet, .serve = probe  \
	}
/* The hasty ones are for what hangs: it is waited for. The others answer however busy the
 * machine is. */
static const struct confine_role each = PROBE_ROLE("probe-each", CONFINE_EACH, 60),
                                 one = PROBE_ROLE("probe-one", CONFINE_ONE, 60),
                                 hasty_each = PROBE_ROLE("probe-hasty-each", CONFINE_EACH, 3),
                                 hasty_one = PROBE_ROLE("probe-hasty-one", CONFINE_ONE, 3);
static const struct confine_role *const roles[] = {&each, &one, &hasty_each, &hasty_one};

/* ---- the server's side ---- */

static struct confine *begin(arena *a, const struct confine_role *role, const char *word)
{
	struct confine_options *o = NEW(a, struct confine_options);
	*o = (struct confine_options){.role = role, .program = "/proc/self/exe", .word = {word}};
	return confine_open(a, o);
}

static err ask(struct confine *c, arena *a, uint32_t kind, str request, str *answer)
{
	return confine_ask(c, a, kind, request, answer);
}

static void assert_answers(struct confine *c, arena *a)
{
	str answer;
	assert_int_equal(ask(c, a, PROBE_ECHO, STR("still there"), &answer), OK);
	assert_str(answer, "still there");
}

static int64_t millis(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void a_request_is_answered(void **state)
{
	arena *a = *state;
	const struct confine_role *both[] = {&each, &one};
	for (int i = 0; i < 2; i++) {
		struct confine *c = begin(a, both[i], "you");
		str why = {0}, answer, large = {NEWN(a, char, MEGABYTE), MEGABYTE};
		assert_int_equal(confine_start(c, &why), OK);
		assert_str(confine_hello(c, a), "hello you");
		for (int n = 0; n < 20; n++)
			assert_answers(c, a);
		assert_int_equal(ask(c, a, PROBE_ECHO, large, &answer), OK);
		assert_true(str_eq(answer, large));
		assert_int_equal(ask(c, a, PROBE_ECHO, STR(""), &answer), OK);
		assert_int_equal(answer.n, 0);
		str huge = {NEWN(a, char, 5 * MEGABYTE), 5 * MEGABYTE};
		assert_int_equal(ask(c, a, PROBE_ECHO, huge, &answer), ERR_too_large);
		assert_int_equal(confine_counts(c).started, 1);
		assert_int_equal(confine_counts(c).failed, 0);
		confine_close(c);
	}
}

/* Standard error of the processes that are started meanwhile, in a file. */
struct said {
	int was;
	char path[32];
};

static void said_begin(struct said *s)
{
	snprintf(s->path, sizeof s->path, "/tmp/diwan.XXXXXX");
	int fd = mkstemp(s->path);
	assert_true(fd >= 0);
	s->was = dup(STDERR_FILENO);
	dup2(fd, STDERR_FILENO);
	close(fd);
}

static str said_end(struct said *s, arena *a)
{
	char *text = NEWN(a, char, 65536);
	dup2(s->was, STDERR_FILENO);
	close(s->was);
	int fd = open(s->path, O_RDONLY);
	ssize_t n = read(fd, text, 65536);
	close(fd);
	unlink(s->path);
	return (str){text, n > 0 ? (size_t)n : 0};
}

static size_t times(str text, str what)
{
	size_t n = 0;
	for (ptrdiff_t at; (at = str_find(text, what)) >= 0; n++)
		text = str_sub(text, (size_t)at + what.n, text.n);
	return n;
}

/* Sanitizers need calls of their own, which are then no proof: see walls.c. */
static void the_kernel_kills_whoever_tries_more(void **state)
{
	arena *a = *state;
	struct said s;
	said_begin(&s);
	struct confine *c = begin(a, &each, NULL);
	err result[LENGTH(acts)];
	str answer[LENGTH(acts)];
	for (size_t i = 0; i < LENGTH(acts); i++)
		result[i] = ask(c, a, (uint32_t)(PROBE_FORBIDDEN + i), STR(""), &answer[i]);
	assert_answers(c, a);
	confine_close(c);
	str log = said_end(&s, a);
	for (size_t i = 0; i < LENGTH(acts); i++)
		if (result[i] == OK)
			fail_msg("a confined process may %s: %.*s", acts[i].name, STRF(answer[i]));
	/* SIGSYS, each of them; the log of the last may be cut off by the close */
	assert_true(times(log, STR("\"signal\":31")) + 1 >= LENGTH(acts));
}

static void one_that_stays_can_do_no_more(void **state)
{
	arena *a = *state;
	struct confine *c = begin(a, &one, NULL);
	str answer;
	for (size_t i = 0; i < LENGTH(acts); i++)
		if (ask(c, a, (uint32_t)(PROBE_FORBIDDEN + i), STR(""), &answer) == OK)
			fail_msg("a confined process may %s: %.*s", acts[i].name, STRF(answer));
	assert_answers(c, a);
	confine_close(c);
}

static void whatever_goes_wrong_is_answered_in_time(void **state)
{
	static const uint32_t bad[] = {PROBE_CRASH,       PROBE_ABORT,        PROBE_MEMORY,
	                               PROBE_LONG_ANSWER, PROBE_ANOTHER_KIND, PROBE_LOST,
	                               PROBE_ARENA,       PROBE_LOOP,         PROBE_WAIT};
	arena *a = *state;
	const struct confine_role *both[] = {&hasty_each, &hasty_one};
	for (int i = 0; i < 2; i++) {
		struct confine *c = begin(a, both[i], NULL);
		for (size_t n = 0; n < LENGTH(bad); n++) {
			str answer;
			int64_t from = millis();
			assert_int_equal(ask(c, a, bad[n], STR("x"), &answer), ERR_unavailable);
			if (millis() - from > 60000) /* some seconds, where nothing else is done */
				fail_msg("probe %u took %lld ms", bad[n], (long long)(millis() - from));
			assert_answers(c, a);
		}
		assert_int_equal(confine_counts(c).failed, LENGTH(bad));
		confine_close(c);
	}
}

struct asker {
	struct confine *c;
	uint32_t kind;
	int no;
	err result;
	bool right;
};

static void *ask_in_thread(void *ctx)
{
	struct asker *k = ctx;
	arena *a = arena_create(SMALL_ARENA);
	size_t n = (size_t)k->no * 997 % 60000 + 1;
	char *p = NEWN(a, char, n);
	memset(p, 'a' + k->no % 26, n);
	str answer;
	k->result = ask(k->c, a, k->kind, (str){p, n}, &answer);
	k->right = k->result == OK && str_eq(answer, (str){p, n});
	arena_destroy(a);
	return NULL;
}

static void ask_together(struct asker *k, size_t n, void (*meanwhile)(struct confine *c))
{
	pthread_t *t = malloc(n * sizeof *t);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(pthread_create(&t[i], NULL, ask_in_thread, &k[i]), 0);
	if (meanwhile)
		meanwhile(k->c);
	for (size_t i = 0; i < n; i++)
		pthread_join(t[i], NULL);
	free(t);
}

static void a_hundred_at_once_do_not_feel_the_bad_among_them(void **state)
{
	arena *a = *state;
	struct asker k[100];
	struct confine *c = begin(a, &each, NULL);
	for (int i = 0; i < 100; i++)
		k[i] = (struct asker){.c = c, .no = i, .kind = i % 10 ? PROBE_ECHO : PROBE_CRASH};
	ask_together(k, 100, NULL);
	for (int i = 0; i < 100; i++) {
		assert_int_equal(k[i].result, i % 10 ? OK : ERR_unavailable);
		assert_int_equal(k[i].right, i % 10 != 0);
	}
	assert_int_equal(confine_counts(c).asked, 100);
	assert_int_equal(confine_counts(c).started, 1);
	confine_close(c);
}

static void go_on_when_one_is_refused(struct confine *c)
{
	for (int i = 0; i < 3000 && confine_counts(c).busy == 0; i++)
		usleep(10 * 1000);
	kill(confine_counts(c).pid, SIGCONT);
}

static void more_than_can_wait_are_refused_at_once(void **state)
{
	enum { MANY = CONFINE_WAITING_MAX + 40 };
	arena *a = *state;
	struct asker *k = NEWN(a, struct asker, MANY);
	struct confine *c = begin(a, &each, NULL);
	int64_t answered = 0;
	assert_answers(c, a);
	for (int i = 0; i < MANY; i++)
		k[i] = (struct asker){.c = c, .no = i, .kind = PROBE_WORK};
	kill(confine_counts(c).pid, SIGSTOP); /* nobody is answered until one was refused */
	ask_together(k, MANY, go_on_when_one_is_refused);
	for (int i = 0; i < MANY; i++)
		answered += k[i].right;
	struct confine_counts n = confine_counts(c);
	assert_true(n.busy > 0);
	assert_int_equal(answered + n.busy, MANY);
	assert_int_equal(n.failed, 0);
	assert_answers(c, a);
	confine_close(c);
}

/* Gone, or a zombie that only its new parent can take away. */
static bool ended(pid_t pid)
{
	char path[64], text[256] = {0};
	snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
	FILE *f = fopen(path, "r");
	if (!f)
		return true;
	size_t n = fread(text, 1, sizeof text - 1, f);
	fclose(f);
	return str_find((str){text, n}, STR(") Z")) >= 0;
}

static void assert_ends(pid_t pid)
{
	for (int i = 0; i < 2400 && !ended(pid); i++)
		usleep(50 * 1000);
	assert_true(ended(pid));
}

static void one_that_is_killed_is_started_again(void **state)
{
	arena *a = *state;
	const struct confine_role *both[] = {&each, &one};
	for (int i = 0; i < 2; i++) {
		struct confine *c = begin(a, both[i], NULL);
		for (int n = 1; n <= 3; n++) {
			assert_answers(c, a);
			assert_int_equal(confine_counts(c).started, n);
			kill(confine_counts(c).pid, SIGKILL);
		}
		assert_answers(c, a);
		pid_t pid = confine_counts(c).pid;
		confine_close(c);
		assert_ends(pid);
	}
}

/* The metrics page must not hang with what it measures. */
static void figures_are_told_while_one_hangs(void **state)
{
	arena *a = *state;
	struct confine *c = begin(a, &hasty_one, NULL);
	struct asker k = {.c = c, .no = 1, .kind = PROBE_LOOP};
	pthread_t t;
	assert_answers(c, a);
	assert_int_equal(pthread_create(&t, NULL, ask_in_thread, &k), 0);
	struct confine_counts n = confine_counts(c);
	for (int i = 0; i < 6000 && n.asked < 2; i++) {
		usleep(10 * 1000);
		n = confine_counts(c);
	}
	assert_int_equal(n.asked, 2);
	assert_int_equal(n.failed, 0); /* it hangs still: nobody waited for it */
	pthread_join(t, NULL);
	assert_int_equal(k.result, ERR_unavailable);
	assert_answers(c, a);
	confine_close(c);
}

/* A server that is killed leaves none of them behind, though a cell of theirs hangs. */
static void they_end_with_the_server(void **state)
{
	arena *a = *state;
	int tell[2];
	pid_t pid[2] = {0};
	assert_int_equal(pipe(tell), 0);
	pid_t server = fork();
	if (server == 0) {
		struct confine *c = begin(a, &each, NULL), *d = begin(a, &one, NULL);
		str answer;
		assert_answers(c, a);
		assert_answers(d, a);
		pid[0] = confine_counts(c).pid;
		pid[1] = confine_counts(d).pid;
		if (write(tell[1], pid, sizeof pid) == (ssize_t)sizeof pid)
			ask(c, a, PROBE_LOOP, STR("x"), &answer);
		_exit(0);
	}
	assert_int_equal(read(tell[0], pid, sizeof pid), sizeof pid);
	kill(server, SIGKILL);
	waitpid(server, NULL, 0);
	close(tell[0]);
	close(tell[1]);
	assert_ends(pid[0]);
	assert_ends(pid[1]);
}

static void one_that_cannot_start_says_why(void **state)
{
	arena *a = *state;
	str why = {0}, answer;
	struct confine *c = begin(a, &one, "refuse");
	assert_int_equal(confine_start(c, &why), ERR_unavailable);
	assert_true(str_find(why, STR("it was told not to")) >= 0);
	assert_int_equal(ask(c, a, PROBE_ECHO, STR(""), &answer), ERR_unavailable);
	confine_close(c);
	c = begin(a, &one, "die");
	assert_int_equal(confine_start(c, &why), ERR_unavailable);
	assert_true(str_find(why, STR("before it was ready")) >= 0);
	confine_close(c);
	struct confine_options o = {.role = &one, .program = "/nowhere/diwan"};
	c = confine_open(a, &o);
	assert_int_equal(confine_start(c, &why), ERR_unavailable);
	assert_true(str_find(why, STR("/nowhere/diwan cannot be run")) >= 0);
	confine_close(c);
}

/* A machine whose kernel has no filters: a filter that refuses filters. */
static void take_seccomp_away(void)
{
	scmp_filter_ctx f = seccomp_init(SCMP_ACT_ALLOW);
	seccomp_rule_add(f, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(seccomp), 0);
	seccomp_rule_add(f, SCMP_ACT_ERRNO(EINVAL), SCMP_SYS(prctl), 1,
	                 SCMP_A0(SCMP_CMP_EQ, PR_SET_SECCOMP, 0));
	if (seccomp_load(f) != 0)
		_exit(9);
	seccomp_release(f);
}

/* Exit status: 0 as it should be, else which step was not. */
static int without_seccomp(arena *a)
{
	str why = {0}, answer = {0};
	take_seccomp_away();
	const struct confine_role *both[] = {&each, &one};
	for (int i = 0; i < 2; i++) {
		struct confine_options strict = {.role = both[i], .program = "/proc/self/exe"};
		struct confine_options try = strict;
		try.need = CONFINE_TRY;
		struct confine *c = confine_open(a, &strict);
		if (confine_start(c, &why) != ERR_unavailable || str_find(why, STR("seccomp")) < 0)
			return 1;
		c = confine_open(a, &try);
		if (confine_start(c, &why) != OK)
			return 2;
		if (ask(c, a, PROBE_ECHO, STR("open"), &answer) != OK || !str_eq(answer, STR("open")))
			return 3;
		confine_close(c);
	}
	return 0;
}

static void without_seccomp_it_starts_only_when_allowed_to(void **state)
{
	int status;
	pid_t pid = fork();
	if (pid == 0)
		_exit(without_seccomp(*state));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], CONFINE_WORD) == 0)
		confine_main(argc - 1, argv + 1, roles, LENGTH(roles));
	signal(SIGPIPE, SIG_IGN);
	const struct CMUnitTest tests[] = {
	    UNIT(a_request_is_answered),
	    UNIT(the_kernel_kills_whoever_tries_more),
	    UNIT(one_that_stays_can_do_no_more),
	    UNIT(whatever_goes_wrong_is_answered_in_time),
	    UNIT(a_hundred_at_once_do_not_feel_the_bad_among_them),
	    UNIT(more_than_can_wait_are_refused_at_once),
	    UNIT(one_that_is_killed_is_started_again),
	    UNIT(figures_are_told_while_one_hangs),
	    UNIT(they_end_with_the_server),
	    UNIT(one_that_cannot_start_says_why),
	    UNIT(without_seccomp_it_starts_only_when_allowed_to),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
