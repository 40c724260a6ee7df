#include "base/deadline.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

bool ready_until(int fd, short what, instant until)
{
	for (;;) {
		instant left = until - clock_monotonic();
		struct pollfd p = {fd, what, 0};
		if (left <= 0)
			return false;
		int n = poll(&p, 1, (int)(left / 1000 + 1));
		if (n > 0)
			return true;
		if (n < 0 && errno != EINTR)
			return false;
	}
}

enum passage send_until(int fd, const void *bytes, size_t n, instant until)
{
	for (const char *p = bytes; n;) {
		ssize_t put = send(fd, p, n, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (put > 0) {
			p += put;
			n -= (size_t)put;
		} else if (put < 0 && (errno == EAGAIN || errno == EINTR)) {
			if (!ready_until(fd, POLLOUT, until))
				return LATE;
		} else {
			return ENDED;
		}
	}
	return PASSED;
}

enum passage receive_some_until(int fd, void *bytes, size_t max, size_t *n, instant until)
{
	for (;;) {
		ssize_t got = recv(fd, bytes, max, MSG_DONTWAIT);
		if (got > 0) {
			*n = (size_t)got;
			return PASSED;
		}
		if (got == 0 || (errno != EAGAIN && errno != EINTR))
			return ENDED;
		if (!ready_until(fd, POLLIN, until))
			return LATE;
	}
}

enum passage receive_until(int fd, void *bytes, size_t n, instant until)
{
	for (char *p = bytes; n;) {
		size_t got = 0;
		enum passage e = receive_some_until(fd, p, n, &got, until);
		if (e != PASSED)
			return e;
		p += got;
		n -= got;
	}
	return PASSED;
}
