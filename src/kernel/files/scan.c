#include "kernel/files/scan.h"

#include "base/deadline.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define ANSWER_BYTES 512

struct scanner {
	union {
		struct sockaddr any;
		struct sockaddr_un local;
		struct sockaddr_in four;
		struct sockaddr_in6 six;
	} at;
	socklen_t at_bytes;
	bool required;
	_Atomic int64_t scanned, found, failed;
};

/* ---- addresses ---- */

static bool unix_address(struct scanner *s, str path)
{
	if (!path.n || path.n >= sizeof s->at.local.sun_path || path.p[0] != '/')
		return false;
	s->at.local.sun_family = AF_UNIX;
	memcpy(s->at.local.sun_path, path.p, path.n);
	s->at_bytes = sizeof s->at.local;
	return true;
}

/* This machine alone: files are private, and the protocol has no protection. */
static bool tcp_address(struct scanner *s, str text)
{
	static const str four = STR_INIT("127.0.0.1:"), six = STR_INIT("[::1]:");
	bool is_six = str_starts(text, six);
	int64_t port;
	if (!is_six && !str_starts(text, four))
		return false;
	if (!str_i64(str_sub(text, is_six ? six.n : four.n, text.n), &port) || port < 1 || port > 65535)
		return false;
	if (is_six) {
		s->at.six = (struct sockaddr_in6){.sin6_family = AF_INET6,
		                                  .sin6_port = htons((uint16_t)port),
		                                  .sin6_addr = in6addr_loopback};
		s->at_bytes = sizeof s->at.six;
	} else {
		s->at.four = (struct sockaddr_in){.sin_family = AF_INET,
		                                  .sin_port = htons((uint16_t)port),
		                                  .sin_addr = {htonl(INADDR_LOOPBACK)}};
		s->at_bytes = sizeof s->at.four;
	}
	return true;
}

struct scanner *scanner_open(arena *a, str address, bool required, str *why)
{
	struct scanner *s = NEW(a, struct scanner);
	str rest = address, kind = {0};
	str_cut(&rest, ':', &kind);
	s->required = required;
	if ((str_eq(kind, STR("unix")) && unix_address(s, rest)) ||
	    (str_eq(kind, STR("tcp")) && tcp_address(s, rest)))
		return s;
	*why = str_fmt(a,
	               "virus_scanner is \"%.*s\": it must be unix:/PATH or, on this machine, "
	               "tcp:127.0.0.1:PORT or tcp:[::1]:PORT",
	               STRF(address));
	return NULL;
}

bool scanner_required(const struct scanner *s)
{
	return s->required;
}

/* ---- asking ---- */

static int reach(const struct scanner *s, instant until)
{
	int fd = socket(s->at.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	if (connect(fd, &s->at.any, s->at_bytes) == 0)
		return fd;
	int e = errno;
	socklen_t n = sizeof e;
	if ((e == EINPROGRESS || e == EAGAIN) && ready_until(fd, POLLOUT, until) &&
	    getsockopt(fd, SOL_SOCKET, SO_ERROR, &e, &n) == 0 && e == 0)
		return fd;
	close(fd);
	errno = e;
	return -1;
}

/* One line, up to the zero byte. */
static enum passage hear(int fd, arena *a, str *line, instant until)
{
	char *text = NEWN(a, char, ANSWER_BYTES);
	for (size_t n = 0, got = 0; n < ANSWER_BYTES; n += got) {
		enum passage p = receive_some_until(fd, text + n, ANSWER_BYTES - n, &got, until);
		if (p != PASSED)
			return p;
		const char *end = memchr(text + n, 0, got);
		if (end) {
			*line = (str){text, (size_t)(end - text)};
			return PASSED;
		}
	}
	return ENDED;
}

static enum passage send_chunks(int fd, str bytes, instant until)
{
	enum passage p = send_until(fd, "zINSTREAM", sizeof "zINSTREAM", until);
	for (size_t at = 0; p == PASSED && at < bytes.n; at += SCAN_CHUNK) {
		str chunk = str_sub(bytes, at, at + SCAN_CHUNK);
		uint32_t n = htonl((uint32_t)chunk.n);
		p = send_until(fd, &n, sizeof n, until);
		if (p == PASSED)
			p = send_until(fd, chunk.p, chunk.n, until);
	}
	uint32_t end = 0;
	return p == PASSED ? send_until(fd, &end, sizeof end, until) : p;
}

/* A signature's name, fit for a log and an event. */
static str clean_name(arena *a, str name)
{
	str copy = str_dup(a, str_sub(str_trim(name), 0, SCAN_NAME_BYTES));
	char *p = (char *)(uintptr_t)copy.p;
	for (size_t i = 0; i < copy.n; i++)
		if (p[i] <= ' ' || p[i] > '~')
			p[i] = '_';
	return copy;
}

static enum scan_verdict read_answer(arena *a, str line, str *what)
{
	static const str found = STR_INIT(" FOUND"), stream = STR_INIT("stream: ");
	*what = str_fmt(a, "the scanner says: %.*s", STRF(clean_name(a, line)));
	if (!str_starts(line, stream))
		return SCAN_FAILED;
	str rest = str_sub(line, stream.n, line.n);
	if (str_eq(rest, STR("OK")))
		return SCAN_CLEAN;
	if (!str_ends(rest, found))
		return SCAN_FAILED;
	*what = clean_name(a, str_sub(rest, 0, rest.n - found.n));
	return SCAN_FOUND;
}

static enum scan_verdict ask(const struct scanner *s, arena *a, str bytes, str *what)
{
	instant until = clock_monotonic() + SCAN_SECONDS * SECOND;
	str line = {0};
	int fd = reach(s, until);
	if (fd < 0) {
		*what = str_fmt(a, "the scanner cannot be reached: %s", strerror(errno));
		return SCAN_FAILED;
	}
	enum passage sent = send_chunks(fd, bytes, until);
	/* Of a file that is too large for it, it says so and closes before it read all. */
	enum passage p = sent == LATE ? LATE : hear(fd, a, &line, until);
	close(fd);
	if (p == PASSED)
		return read_answer(a, line, what);
	*what = p == LATE ? STR("the scanner took too long") : STR("the scanner gave no answer");
	return SCAN_FAILED;
}

enum scan_verdict scanner_ask(struct scanner *s, arena *a, str bytes, str *what)
{
	enum scan_verdict v = ask(s, a, bytes, what);
	atomic_fetch_add(&s->scanned, 1);
	atomic_fetch_add(&s->found, v == SCAN_FOUND);
	atomic_fetch_add(&s->failed, v == SCAN_FAILED);
	return v;
}

bool scanner_ping(struct scanner *s, arena *a, str *why)
{
	instant until = clock_monotonic() + SCAN_SECONDS * SECOND;
	str line = {0};
	int fd = reach(s, until);
	*why = fd < 0 ? str_fmt(a, "it cannot be reached: %s", strerror(errno)) : STR("it does not answer");
	bool good = fd >= 0 && send_until(fd, "zPING", sizeof "zPING", until) == PASSED &&
	            hear(fd, a, &line, until) == PASSED && str_eq(line, STR("PONG"));
	if (fd >= 0)
		close(fd);
	return good;
}

struct scan_counts scanner_counts(const struct scanner *s)
{
	if (!s)
		return (struct scan_counts){0};
	return (struct scan_counts){atomic_load(&s->scanned), atomic_load(&s->found),
	                            atomic_load(&s->failed)};
}
