/*
 * crowd.h - clients of a server on this machine, all of them in one thread.
 *
 * Each connection is kept and has one request under way. Either the next request goes
 * out as soon as an answer is there (so many clients as fast as they can), or requests
 * go out at a steady rate whatever the answers do, and a request that finds no
 * connection free waits, which counts as its time.
 */
#ifndef TESTS_BENCH_CROWD_H
#define TESTS_BENCH_CROWD_H

#include "base/str.h"
#include "base/time.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define CROWD_MAX    256
#define CROWD_ANSWER 8192

struct crowd {
	int port, clients;
	const str *request;
	int n;
	int per_second;  /* 0: as fast as they can */
	const char *good; /* what an answer begins with: "HTTP/1.1 200" */
	int32_t *micros; /* of each request */
	/* after a run */
	int refused;
	double rate;
	/* private */
	instant begun;
	int sent, done, epoll;
	struct crowd_client {
		int fd, request; /* -1: free */
		instant from;
		size_t got;
		char answer[CROWD_ANSWER];
	} client[CROWD_MAX];
};

static int crowd_dial(int port)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
	                         .sin_port = htons((uint16_t)port),
	                         .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	if (connect(fd, (struct sockaddr *)&to, sizeof to) == 0)
		return fd;
	perror("connect");
	exit(1);
}

static instant crowd_due(const struct crowd *c, int request)
{
	return c->per_second ? c->begun + request * SECOND / c->per_second : 0;
}

/* The next request, if it is time for it. */
static void crowd_send(struct crowd *c, struct crowd_client *k)
{
	instant now = clock_monotonic(), due = crowd_due(c, c->sent);
	if (c->sent == c->n || due > now)
		return;
	k->request = c->sent++;
	k->from = c->per_second ? due : now;
	k->got = 0;
	str r = c->request[k->request];
	if (send(k->fd, r.p, r.n, MSG_NOSIGNAL) != (ssize_t)r.n) {
		perror("send");
		exit(1);
	}
}

/* Whether the whole answer is there: its head, and as much as the head announces. */
static bool crowd_whole(const struct crowd_client *k)
{
	const char *end = strstr(k->answer, "\r\n\r\n");
	const char *length = strcasestr(k->answer, "\r\nContent-Length:");
	if (!end)
		return false;
	size_t body = length && length < end ? (size_t)atoi(length + 17) : 0;
	return k->got >= (size_t)(end + 4 - k->answer) + body;
}

static void crowd_read(struct crowd *c, struct crowd_client *k)
{
	ssize_t n = recv(k->fd, k->answer + k->got, sizeof k->answer - 1 - k->got, 0);
	if (n <= 0) {
		perror("recv");
		exit(1);
	}
	k->got += (size_t)n;
	k->answer[k->got] = 0;
	if (!crowd_whole(k))
		return;
	c->micros[k->request] = (int32_t)(clock_monotonic() - k->from);
	c->refused += strncmp(k->answer, c->good, strlen(c->good)) != 0;
	if (c->refused == 1 && strncmp(k->answer, c->good, strlen(c->good)) != 0)
		fprintf(stderr, "%s\n", k->answer);
	c->done++;
	k->request = -1;
	crowd_send(c, k);
}

static int crowd_by_value(const void *x, const void *y)
{
	int32_t p = *(const int32_t *)x, q = *(const int32_t *)y;
	return (p > q) - (p < q);
}

/* Milliseconds until the next request is due; -1 when an answer has to come first. */
static int crowd_wait(const struct crowd *c)
{
	if (!c->per_second || c->sent == c->n || c->sent - c->done >= c->clients)
		return -1;
	instant left = crowd_due(c, c->sent) - clock_monotonic();
	return left > 0 ? (int)(left / 1000) + 1 : 0;
}

/* Runs them all; afterwards `micros` is sorted. */
static void crowd_run(struct crowd *c)
{
	struct epoll_event seen[CROWD_MAX];
	c->epoll = epoll_create1(EPOLL_CLOEXEC);
	c->sent = c->done = c->refused = 0;
	for (int i = 0; i < c->clients; i++) {
		struct epoll_event e = {.events = EPOLLIN, .data.ptr = &c->client[i]};
		c->client[i] = (struct crowd_client){.fd = crowd_dial(c->port), .request = -1};
		epoll_ctl(c->epoll, EPOLL_CTL_ADD, c->client[i].fd, &e);
	}
	c->begun = clock_monotonic();
	while (c->done < c->n) {
		for (int i = 0; i < c->clients && c->sent - c->done < c->clients; i++)
			if (c->client[i].request < 0)
				crowd_send(c, &c->client[i]);
		int n = epoll_wait(c->epoll, seen, CROWD_MAX, crowd_wait(c));
		for (int i = 0; i < n; i++)
			crowd_read(c, seen[i].data.ptr);
	}
	c->rate = c->n * 1e6 / (double)(clock_monotonic() - c->begun);
	for (int i = 0; i < c->clients; i++)
		close(c->client[i].fd);
	close(c->epoll);
	qsort(c->micros, (size_t)c->n, sizeof *c->micros, crowd_by_value);
}

static double crowd_millis(const struct crowd *c, double part)
{
	return c->micros[(int)((c->n - 1) * part)] / 1e3;
}

#endif
