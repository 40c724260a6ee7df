/*
 * Whole requests from strangers, as bytes on a connection, to the whole platform: request
 * line, headers, cookies, urlencoded and multipart forms, JSON, chunks. Whatever comes, the
 * answer is none (the connection is closed) or one that is not "internal error", and the
 * platform lives on.
 */
#include "fuzz_platform.h"

#include "base/str.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#define ANSWER_BYTES 65536
#define WAIT_MILLIS  4000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int connected(int port)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	struct sockaddr_in to = {.sin_family = AF_INET,
	                         .sin_port = htons((uint16_t)port),
	                         .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to))
		abort();
	return fd;
}

static void send_all(int fd, const uint8_t *data, size_t size)
{
	while (size) {
		ssize_t n = send(fd, data, size, MSG_NOSIGNAL);
		if (n <= 0)
			break; /* it was refused before its end */
		data += n;
		size -= (size_t)n;
	}
	shutdown(fd, SHUT_WR);
}

/* Several answers may come: a connection carries one request after the other. */
static void check(str got)
{
	ptrdiff_t at;
	while ((at = str_find(got, STR("HTTP/1.1 "))) >= 0) {
		got = str_sub(got, (size_t)at + sizeof "HTTP/1.1 " - 1, got.n);
		if (str_starts(got, STR("500"))) {
			fprintf(stderr, "ERROR: %.*s\n", STRF(got));
			abort();
		}
	}
}

/* A connection may be kept until its time is over; then others must be served. */
static void others_are_served(int port)
{
	static const char ask[] = "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n";
	int fd = connected(port);
	struct pollfd ready = {.fd = fd, .events = POLLIN};
	send_all(fd, (const uint8_t *)ask, sizeof ask - 1);
	if (poll(&ready, 1, WAIT_MILLIS) <= 0) {
		fputs("ERROR: nobody is served any more\n", stderr);
		abort();
	}
	close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char answer[ANSWER_BYTES];
	struct platform *p = platform();
	int fd = connected(server_port(p->s));
	send_all(fd, data, size);
	size_t n = 0;
	struct pollfd ready = {.fd = fd, .events = POLLIN};
	for (;;) {
		if (poll(&ready, 1, WAIT_MILLIS) <= 0) {
			others_are_served(server_port(p->s));
			break;
		}
		ssize_t k = recv(fd, answer + n, sizeof answer - n, 0);
		if (k <= 0)
			break;
		n += (size_t)k;
		if (n == sizeof answer) {
			check((str){answer, n});
			n = 0;
		}
	}
	check((str){answer, n});
	close(fd);
	return 0;
}
