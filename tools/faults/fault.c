/*
 * fault.c - makes the Nth durable system call of a program go wrong (LD_PRELOAD).
 *
 *     FAULT_MODE  kill    the process dies instead of making the call
 *                 after   the process dies right after making it
 *                 eio, enospc, eintr   the call fails so
 *                 short   a write writes half (other calls fail with EIO)
 *                 cut     the connection breaks before the send
 *                 lost    the connection breaks after it: the answer never comes
 *     FAULT_N     which call, from 1; 0 only counts
 *     FAULT_STICK 1: this call and every later one
 *     FAULT_COUNT a file that gets the number of calls at the end
 *
 * Durable calls are pwrite, fsync, fdatasync, ftruncate, rename, unlink; in the
 * modes cut and lost they are the sends on network connections. The workload must
 * be linked dynamically and without sanitizers.
 */
/* Both names of each call are wrapped: the compiler must not make them one. */
#undef _FILE_OFFSET_BITS
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

static atomic_long calls;
static long wanted;
static bool sticks, on_network;
static char mode[16];

__attribute__((constructor)) static void start(void)
{
	const char *n = getenv("FAULT_N"), *m = getenv("FAULT_MODE"), *s = getenv("FAULT_STICK");
	wanted = n ? strtol(n, NULL, 10) : 0;
	sticks = s && *s == '1';
	snprintf(mode, sizeof mode, "%s", m ? m : "kill");
	on_network = strcmp(mode, "cut") == 0 || strcmp(mode, "lost") == 0;
}

__attribute__((destructor)) static void report(void)
{
	const char *path = getenv("FAULT_COUNT");
	int fd = path ? open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600) : -1;
	if (fd < 0)
		return;
	dprintf(fd, "%ld\n", atomic_load(&calls));
	close(fd);
}

static bool is(const char *name)
{
	return strcmp(mode, name) == 0;
}

/* Counts the call; true when it is to go wrong. */
static bool hit(bool network)
{
	if (network != on_network)
		return false;
	long n = atomic_fetch_add(&calls, 1) + 1;
	return wanted && (n == wanted || (sticks && n > wanted));
}

static void die(void)
{
	kill(getpid(), SIGKILL);
	for (;;)
		pause();
}

static int refuse(void)
{
	if (is("kill"))
		die();
	errno = is("enospc") ? ENOSPC : is("eintr") ? EINTR : EIO;
	return -1;
}

/* `r` is the type's result, `half` what a short write does. */
#define WRAP(type, name, params, args, half)                                                       \
	type name params;                                                                              \
	type name params                                                                               \
	{                                                                                              \
		static type(*real) params;                                                                 \
		if (!real)                                                                                 \
			*(void **)&real = dlsym(RTLD_NEXT, #name);                                             \
		if (!hit(false))                                                                           \
			return real args;                                                                      \
		if (is("after")) {                                                                         \
			real args;                                                                             \
			die();                                                                                 \
		}                                                                                          \
		if (is("short"))                                                                           \
			return half;                                                                           \
		return refuse();                                                                           \
	}

WRAP(ssize_t, pwrite64, (int fd, const void *p, size_t n, off64_t at), (fd, p, n, at),
     real(fd, p, n / 2, at))
WRAP(ssize_t, pwrite, (int fd, const void *p, size_t n, off_t at), (fd, p, n, at),
     real(fd, p, n / 2, at))
WRAP(int, fsync, (int fd), (fd), refuse())
WRAP(int, fdatasync, (int fd), (fd), refuse())
WRAP(int, ftruncate64, (int fd, off64_t n), (fd, n), refuse())
WRAP(int, ftruncate, (int fd, off_t n), (fd, n), refuse())
WRAP(int, rename, (const char *from, const char *to), (from, to), refuse())
WRAP(int, unlink, (const char *path), (path), refuse())

ssize_t send(int fd, const void *p, size_t n, int flags)
{
	static ssize_t (*real)(int, const void *, size_t, int);
	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "send");
	if (!hit(true))
		return real(fd, p, n, flags);
	if (is("cut")) {
		shutdown(fd, SHUT_RDWR);
		errno = ECONNRESET;
		return -1;
	}
	ssize_t sent = real(fd, p, n, flags);
	shutdown(fd, SHUT_RDWR);
	return sent;
}
