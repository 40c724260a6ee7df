/*
 * child.c - the confined side: ready, then request by request.
 *
 * Of a CONFINE_EACH role this process is only a parent: over its socket it gets one
 * descriptor a request, and forks a cell that answers on it and ends. It never sees the
 * request itself.
 */
#include "base/heap.h"
#include "base/log.h"
#include "kernel/confine/wire.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define LIFE_ARENA_BYTES ((size_t)4 * 1024 * 1024)
#define WORK_ARENA_BYTES ((size_t)64 * 1024 * 1024)

enum { EXIT_SERVED = 0, EXIT_REFUSED = 3, EXIT_NO_ANSWER = 4 };

/* ---- messages ---- */

static bool take(int fd, void *to, size_t n)
{
	for (char *p = to; n;) {
		ssize_t got = read(fd, p, n);
		if (got <= 0)
			return false;
		p += got;
		n -= (size_t)got;
	}
	return true;
}

static bool give(int fd, const void *from, size_t n)
{
	for (const char *p = from; n;) {
		ssize_t put = write(fd, p, n);
		if (put <= 0)
			return false;
		p += put;
		n -= (size_t)put;
	}
	return true;
}

static bool give_frame(int fd, uint32_t kind, str text)
{
	struct frame f = {kind, (uint32_t)text.n};
	return give(fd, &f, sizeof f) && give(fd, text.p, text.n);
}

/* ---- one request ---- */

/* False: the other end went, or there is no answer; the process ends. */
static bool answer_one(const struct confine_role *role, void *ctx, int fd, arena *a)
{
	struct frame f;
	str answer = {0};
	jmp_buf oom;
	if (!take(fd, &f, sizeof f) || f.n > role->request_max)
		return false;
	arena_guard(a, &oom);
	if (setjmp(oom))
		return false;
	char *bytes = NEWN(a, char, f.n + 1);
	return take(fd, bytes, f.n) && role->serve(ctx, a, f.kind, (str){bytes, f.n}, &answer) &&
	       answer.n <= role->answer_max && give_frame(fd, f.kind, answer);
}

static void serve_all(const struct confine_role *role, void *ctx, int fd)
{
	arena *a = arena_create(WORK_ARENA_BYTES);
	while (a && answer_one(role, ctx, fd, a))
		arena_reset(a);
}

/* ---- the parent of cells ---- */

static int take_socket(int control)
{
	char byte;
	struct iovec v = {&byte, 1};
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} u;
	memset(&u, 0, sizeof u);
	struct msghdr m = {
	    .msg_iov = &v, .msg_iovlen = 1, .msg_control = u.room, .msg_controllen = sizeof u.room};
	ssize_t n = recvmsg(control, &m, MSG_CMSG_CLOEXEC);
	struct cmsghdr *h = n == 1 ? CMSG_FIRSTHDR(&m) : NULL;
	int fd = -1;
	if (h && h->cmsg_level == SOL_SOCKET && h->cmsg_type == SCM_RIGHTS &&
	    h->cmsg_len == CMSG_LEN(sizeof fd))
		memcpy(&fd, CMSG_DATA(h), sizeof fd);
	return fd;
}

static _Noreturn void cell(const struct walls *w, void *ctx, int control, int fd)
{
	const struct confine_role *role = w->role;
	dup2(fd, STDIN_FILENO);
	close(fd);
	close(control);
	if (!CONFINE_SANITIZED) /* a sanitizer's report is for the log, too */
		dup2(STDOUT_FILENO, STDERR_FILENO);
	if (!walls_close(w))
		_exit(EXIT_REFUSED);
	arena *a = arena_create(role->memory_bytes);
	bool served = a && answer_one(role, ctx, STDIN_FILENO, a);
	_exit(served ? EXIT_SERVED : EXIT_NO_ANSWER);
}

static void reap(const struct confine_role *role)
{
	int status;
	pid_t pid;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		if (WIFSIGNALED(status))
			log_event(LOG_WARN, "confined.killed", L_STR("role", str_of(role->name)),
			          L_INT("process", pid), L_INT("signal", WTERMSIG(status)));
}

static void child_ended(int signal)
{
	(void)signal; /* only to leave ppoll */
}

static void parent_of_cells(const struct walls *w, void *ctx, int control)
{
	sigset_t none;
	sigemptyset(&none);
	for (;;) {
		struct pollfd p = {control, POLLIN, 0};
		int n = ppoll(&p, 1, NULL, &none);
		bool interrupted = n < 0 && errno == EINTR;
		reap(w->role);
		if (interrupted)
			continue;
		int fd = n > 0 ? take_socket(control) : -1;
		if (fd < 0)
			return; /* the server is gone */
		pid_t pid = fork();
		if (pid == 0)
			cell(w, ctx, control, fd);
		close(fd); /* if it could not fork, the server sees the end */
	}
}

/* A signal for a child that ended is taken in ppoll alone. */
static void prepare_to_reap(void)
{
	struct sigaction sa = {.sa_handler = child_ended};
	sigset_t held;
	sigaction(SIGCHLD, &sa, NULL);
	sigemptyset(&held);
	sigaddset(&held, SIGCHLD);
	sigprocmask(SIG_BLOCK, &held, NULL);
}

/* ---- the command ---- */

static int refuse(arena *a, const struct confine_role *role, str why)
{
	give_frame(CONFINE_FD, FRAME_REFUSED,
	           str_fmt(a, "the process \"%s\" cannot be confined: %.*s", role->name, STRF(why)));
	return EXIT_REFUSED;
}

static int run(arena *a, const struct confine_role *role, bool strict, char **words, size_t n)
{
	void *ctx = NULL;
	str hello = {0}, why = STR("its words are wrong");
	struct walls w = {.role = role, .required = strict};
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	close(null);
	signal(SIGPIPE, SIG_IGN);
	if (role->prepare && !role->prepare(a, words, n, &ctx, &hello, &why))
		return refuse(a, role, why);
	if (role->kind == CONFINE_EACH)
		prepare_to_reap();
	heap_forget_start(); /* behind the walls it may not ask for that */
	if (!walls_raise(&w, a, &why))
		return refuse(a, role, why);
	log_event(w.seccomp ? LOG_DEBUG : LOG_WARN, w.seccomp ? "confined.ready" : "confined.open",
	          L_STR("role", str_of(role->name)), L_INT("seccomp", w.seccomp),
	          L_INT("landlock", w.landlock), L_INT("own_network", w.network));
	if (!give_frame(CONFINE_FD, FRAME_READY, hello))
		return EXIT_REFUSED;
	if (role->kind == CONFINE_EACH)
		parent_of_cells(&w, ctx, CONFINE_FD);
	else
		serve_all(role, ctx, CONFINE_FD);
	return EXIT_SERVED;
}

_Noreturn void confine_main(int argc, char **argv, const struct confine_role *const *roles,
                            size_t n)
{
	arena *a = arena_create(LIFE_ARENA_BYTES);
	for (size_t i = 0; a && argc >= 3 && i < n; i++)
		if (strcmp(argv[1], roles[i]->name) == 0)
			_exit(run(a, roles[i], strcmp(argv[2], "try") != 0, argv + 3, (size_t)argc - 3));
	_exit(EXIT_REFUSED);
}
