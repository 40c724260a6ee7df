/*
 * ports.h - a port for another program of a test, and whether somebody answers there.
 *
 * A port that is merely found free may be anybody's before the program takes it. The one
 * reserved here stays bound, without listening, until the test's process ends: nobody is
 * given it, and a connection is refused. A program that sets SO_REUSEADDR, as servers do,
 * can listen there all the same.
 */
#ifndef TEST_PORTS_H
#define TEST_PORTS_H

#include "unit.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#define PORT_SECONDS 120 /* for a program that starts in one on an idle machine */

static int port_socket(int port, struct sockaddr_in *at)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
	*at = (struct sockaddr_in){.sin_family = AF_INET,
	                           .sin_port = htons((uint16_t)port),
	                           .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	assert_true(fd >= 0);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one), 0);
	return fd;
}

__attribute__((unused)) static int port_reserve(void)
{
	struct sockaddr_in at;
	socklen_t n = sizeof at;
	int fd = port_socket(0, &at);
	assert_int_equal(bind(fd, (struct sockaddr *)(void *)&at, sizeof at), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)(void *)&at, &n), 0);
	return ntohs(at.sin_port);
}

/* Listens there; returns the socket. */
__attribute__((unused)) static int port_listen(int port)
{
	struct sockaddr_in at;
	int fd = port_socket(port, &at);
	assert_int_equal(bind(fd, (struct sockaddr *)(void *)&at, sizeof at), 0);
	assert_int_equal(listen(fd, 8), 0);
	return fd;
}

/* Until somebody answers there. */
__attribute__((unused)) static void port_wait(int port)
{
	bool up = false;
	for (int i = 0; !up && i < PORT_SECONDS * 20; i++) {
		struct sockaddr_in at;
		int fd = port_socket(port, &at);
		up = connect(fd, (struct sockaddr *)(void *)&at, sizeof at) == 0;
		close(fd);
		if (!up)
			usleep(50000);
	}
	if (!up)
		fail_msg("nobody answers at port %d", port);
}

#endif
