/* confine.c - the server's side: starting, asking, killing, starting again. */
#include "kernel/confine/confine.h"

#include "base/deadline.h"
#include "base/log.h"
#include "kernel/confine/wire.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define PROGRAM_NAME "diwan"
#define GRACE        (1 * SECOND) /* a cell ends itself first; this is for the rest */

struct confine {
	struct confine_options o;
	char program[512];
	pthread_mutex_t turn; /* of a CONFINE_ONE: one exchange after another; taken first */
	pthread_mutex_t lock; /* of all below; not held while anything answers */
	pthread_cond_t room;
	pid_t pid;
	int fd;
	int running, waiting;
	str hello;
	char hello_bytes[HELLO_MAX_BYTES];
	struct confine_counts counts;
};

/* ---- one exchange ---- */

enum outcome { ANSWERED = PASSED, DIED = ENDED, HUNG = LATE, NONSENSE };

static const char *const outcome_names[] = {"", "it ended", "it took too long",
                                            "it answered nonsense"};

static enum outcome exchange(const struct confine_role *role, int fd, arena *a, uint32_t kind,
                             str request, str *answer)
{
	instant until = clock_monotonic() + role->seconds * SECOND + GRACE;
	struct frame f = {kind, (uint32_t)request.n};
	enum passage p = send_until(fd, &f, sizeof f, until);
	if (p == PASSED)
		p = send_until(fd, request.p, request.n, until);
	/* It may have answered and ended before it read all. */
	if (p != LATE)
		p = receive_until(fd, &f, sizeof f, until);
	if (p != PASSED)
		return (enum outcome)p;
	if (f.kind != kind || f.n > role->answer_max)
		return NONSENSE;
	char *bytes = NEWN(a, char, f.n + 1);
	*answer = (str){bytes, f.n};
	return (enum outcome)receive_until(fd, bytes, f.n, until);
}

/* ---- starting ---- */

/* The running program, when it is ours, even if its file was replaced meanwhile; else
 * (tests, tools) the one beside it. */
static void find_program(struct confine *c)
{
	char self[sizeof c->program - sizeof PROGRAM_NAME];
	ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
	str path = {self, n > 0 ? (size_t)n : 0};
	while (path.n && path.p[path.n - 1] != '/')
		path.n--;
	str name = {self + path.n, n > 0 ? (size_t)n - path.n : 0};
	if (str_eq(name, STR(PROGRAM_NAME)) || str_starts(name, STR(PROGRAM_NAME " (deleted)")))
		snprintf(c->program, sizeof c->program, "/proc/self/exe");
	else
		snprintf(c->program, sizeof c->program, "%.*s" PROGRAM_NAME, STRF(path));
}

struct confine *confine_open(arena *a, const struct confine_options *o)
{
	struct confine *c = NEW(a, struct confine);
	c->o = *o;
	c->fd = -1;
	pthread_mutex_init(&c->turn, NULL);
	pthread_mutex_init(&c->lock, NULL);
	pthread_cond_init(&c->room, NULL);
	if (o->program)
		snprintf(c->program, sizeof c->program, "%s", o->program);
	else
		find_program(c);
	return c;
}

/* Nothing of ours goes along: no descriptor, no variable, no signal held back; and the
 * keys of a terminal, which stop the server, do not reach it. */
static int spawn(struct confine *c, int theirs)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t how;
	sigset_t none;
	const char *argv[4 + CONFINE_WORDS_MAX] = {CONFINE_WORD};
	char *environment[] = {(char *)(uintptr_t)"LC_ALL=C", NULL};
	size_t n = 2;
	argv[0] = PROGRAM_NAME;
	argv[1] = CONFINE_WORD;
	argv[n++] = c->o.role->name;
	argv[n++] = c->o.need == CONFINE_TRY ? "try" : "strict";
	for (size_t i = 0; i < CONFINE_WORDS_MAX && c->o.word[i]; i++)
		argv[n++] = c->o.word[i];
	sigemptyset(&none);
	posix_spawnattr_init(&how);
	posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
	posix_spawnattr_setsigmask(&how, &none);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_adddup2(&files, theirs, CONFINE_FD);
	posix_spawn_file_actions_addclosefrom_np(&files, CONFINE_FD + 1);
	int e = posix_spawn(&c->pid, c->program, &files, &how, (char **)(void *)argv, environment);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&how);
	return e;
}

/* Lock held. */
static void stop(struct confine *c)
{
	if (c->fd >= 0)
		close(c->fd);
	if (c->pid > 0) {
		kill(c->pid, SIGKILL);
		while (waitpid(c->pid, NULL, 0) < 0 && errno == EINTR)
			continue;
	}
	c->fd = -1;
	c->pid = 0;
}

/* Lock held. Between requests it says nothing: an end, or any byte, is a fault. */
static bool gone(const struct confine *c)
{
	char byte;
	return recv(c->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0 ||
	       (errno != EAGAIN && errno != EINTR);
}

/* Lock held. What it says first: ready, or why not. */
static bool hear_hello(struct confine *c)
{
	struct frame f = {0};
	instant until = clock_monotonic() + CONFINE_START_SECONDS * SECOND;
	if (receive_until(c->fd, &f, sizeof f, until) != PASSED || f.n > sizeof c->hello_bytes ||
	    receive_until(c->fd, c->hello_bytes, f.n, until) != PASSED) {
		c->hello = STR("it ended before it was ready");
		return false;
	}
	c->hello = (str){c->hello_bytes, f.n};
	return f.kind == FRAME_READY;
}

/* Lock held. */
static err start(struct confine *c, str *why)
{
	int pair[2];
	if (c->pid > 0 && !gone(c))
		return OK;
	stop(c);
	int e = socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) ? errno : 0;
	if (!e) {
		/* dup2 of a descriptor onto itself would keep its close-on-exec. */
		int theirs = fcntl(pair[1], F_DUPFD_CLOEXEC, CONFINE_FD + 1);
		e = theirs < 0 ? errno : spawn(c, theirs);
		close(pair[1]);
		if (theirs >= 0)
			close(theirs);
		c->fd = pair[0];
	}
	if (e) {
		c->pid = 0;
		c->hello = (str){c->hello_bytes, (size_t)snprintf(c->hello_bytes, sizeof c->hello_bytes,
		                                                  "%s cannot be run: %s", c->program,
		                                                  strerror(e))};
	}
	if (e || !hear_hello(c)) {
		*why = c->hello;
		log_event(LOG_ERROR, "confined.start_failed", L_STR("role", str_of(c->o.role->name)),
		          L_STR("why", c->hello));
		stop(c);
		return ERR_unavailable;
	}
	c->counts.started++;
	log_event(LOG_INFO, "confined.started", L_STR("role", str_of(c->o.role->name)),
	          L_INT("process", c->pid));
	return OK;
}

/* Whether a CONFINE_ONE is alive shows between two exchanges alone. */
static void take_turn(struct confine *c)
{
	if (c->o.role->kind == CONFINE_ONE)
		pthread_mutex_lock(&c->turn);
	pthread_mutex_lock(&c->lock);
}

static void end_turn(struct confine *c)
{
	pthread_mutex_unlock(&c->lock);
	if (c->o.role->kind == CONFINE_ONE)
		pthread_mutex_unlock(&c->turn);
}

err confine_start(struct confine *c, str *why)
{
	take_turn(c);
	err e = start(c, why);
	end_turn(c);
	return e;
}

str confine_hello(struct confine *c, arena *a)
{
	pthread_mutex_lock(&c->lock);
	str copy = c->pid > 0 ? str_dup(a, c->hello) : (str){0};
	pthread_mutex_unlock(&c->lock);
	return copy;
}

void confine_close(struct confine *c)
{
	if (!c)
		return;
	pthread_mutex_lock(&c->lock);
	stop(c);
	pthread_mutex_unlock(&c->lock);
	pthread_mutex_destroy(&c->lock);
	pthread_mutex_destroy(&c->turn);
	pthread_cond_destroy(&c->room);
}

/* ---- asking ---- */

static bool give_socket(int control, int fd)
{
	char byte = 1;
	struct iovec v = {&byte, 1};
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof fd)];
	} u;
	memset(&u, 0, sizeof u);
	struct msghdr m = {
	    .msg_iov = &v, .msg_iovlen = 1, .msg_control = u.room, .msg_controllen = sizeof u.room};
	struct cmsghdr *h = CMSG_FIRSTHDR(&m);
	h->cmsg_level = SOL_SOCKET;
	h->cmsg_type = SCM_RIGHTS;
	h->cmsg_len = CMSG_LEN(sizeof fd);
	memcpy(CMSG_DATA(h), &fd, sizeof fd);
	return sendmsg(control, &m, MSG_NOSIGNAL | MSG_DONTWAIT) == 1;
}

/* Lock held. A socket whose other end a fresh cell has; -1. One that died unseen is
 * started again. */
static int new_cell(struct confine *c, str *why)
{
	int pair[2];
	for (int attempt = 0; attempt < 2; attempt++) {
		if (start(c, why) != OK || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
			return -1;
		bool given = give_socket(c->fd, pair[1]);
		close(pair[1]);
		if (given)
			return pair[0];
		close(pair[0]);
		stop(c);
	}
	return -1;
}

/* Lock held. */
static bool wait_for_room(struct confine *c)
{
	if (c->running >= CONFINE_RUNNING_MAX && c->waiting >= CONFINE_WAITING_MAX)
		return false;
	c->waiting++;
	while (c->running >= CONFINE_RUNNING_MAX)
		pthread_cond_wait(&c->room, &c->lock);
	c->waiting--;
	c->running++;
	return true;
}

/* Lock held; let go while the cell works. *again: its parent died, perhaps before it
 * could make the cell. */
static enum outcome ask_cell(struct confine *c, arena *a, uint32_t kind, str request, str *answer,
                             bool *again)
{
	str why = {0};
	int fd = new_cell(c, &why);
	pid_t parent = c->pid;
	enum outcome o = DIED;
	pthread_mutex_unlock(&c->lock);
	if (fd >= 0) {
		o = exchange(c->o.role, fd, a, kind, request, answer);
		close(fd);
	}
	pthread_mutex_lock(&c->lock);
	/* Its own alarm ends a cell that hangs; if nothing came even so, the parent is at
	 * fault. Cells of other requests are not its property: they go on. */
	if (o == HUNG && parent == c->pid)
		stop(c);
	*again = o == DIED && fd >= 0 && (parent != c->pid || gone(c));
	return o;
}

/* Lock held. */
static enum outcome ask_each(struct confine *c, arena *a, uint32_t kind, str request, str *answer)
{
	bool again = false;
	enum outcome o = ask_cell(c, a, kind, request, answer, &again);
	if (again)
		o = ask_cell(c, a, kind, request, answer, &again);
	c->running--;
	pthread_cond_signal(&c->room);
	return o;
}

/* Turn and lock held; the lock is let go while the process works. */
static enum outcome ask_one(struct confine *c, arena *a, uint32_t kind, str request, str *answer)
{
	str why = {0};
	enum outcome o = DIED;
	/* What was killed between two requests is only seen at the second: try once more. */
	for (int attempt = 0; attempt < 2 && o == DIED; attempt++) {
		if (start(c, &why) != OK)
			return DIED;
		int fd = c->fd;
		pthread_mutex_unlock(&c->lock);
		o = exchange(c->o.role, fd, a, kind, request, answer);
		pthread_mutex_lock(&c->lock);
		if (o != ANSWERED)
			stop(c);
	}
	return o;
}

err confine_ask(struct confine *c, arena *a, uint32_t kind, str request, str *answer)
{
	instant from = clock_monotonic();
	enum outcome o = DIED;
	*answer = (str){0};
	if (request.n > c->o.role->request_max)
		return ERR_too_large;
	take_turn(c);
	c->counts.asked++;
	bool room = c->o.role->kind == CONFINE_ONE || wait_for_room(c);
	if (room)
		o = c->o.role->kind == CONFINE_ONE ? ask_one(c, a, kind, request, answer)
		                                   : ask_each(c, a, kind, request, answer);
	c->counts.busy += !room;
	c->counts.failed += room && o != ANSWERED;
	c->counts.micros += clock_monotonic() - from;
	end_turn(c);
	if (o == ANSWERED)
		return OK;
	log_event(LOG_WARN, "confined.no_answer", L_STR("role", str_of(c->o.role->name)),
	          L_STR("why", room ? str_of(outcome_names[o]) : STR("too many are waiting")));
	return ERR_unavailable;
}

struct confine_counts confine_counts(struct confine *c)
{
	pthread_mutex_lock(&c->lock);
	struct confine_counts n = c->counts;
	n.pid = c->pid;
	pthread_mutex_unlock(&c->lock);
	return n;
}
