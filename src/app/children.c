#include "app/children.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void become(const char *const *argv, const char *log_path, int parent)
{
	sigset_t none; /* ours are blocked for sigwait, and a program inherits that */
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent) /* it died in between */
		_exit(1);
	int fd = open("/dev/null", O_RDONLY);
	if (fd >= 0)
		dup2(fd, STDIN_FILENO);
	fd = log_path ? open(log_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;
	if (fd >= 0) {
		dup2(fd, STDOUT_FILENO);
		dup2(fd, STDERR_FILENO);
	}
	execvp(argv[0], (char *const *)(void *)argv);
	_exit(127);
}

bool child_start(struct children *c, const char *const *argv, const char *log_path)
{
	if (c->n == CHILDREN_MAX)
		return false;
	int parent = (int)getpid();
	pid_t pid = fork();
	if (pid == 0)
		become(argv, log_path, parent);
	if (pid < 0)
		return false;
	c->pid[c->n++] = (int)pid;
	return true;
}

static int local_socket(int port, struct sockaddr_in *at)
{
	*at = (struct sockaddr_in){.sin_family = AF_INET,
	                           .sin_port = htons((uint16_t)port),
	                           .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

int child_port(struct children *c)
{
	struct sockaddr_in at;
	socklen_t n = sizeof at;
	int fd = local_socket(0, &at), one = 1;
	if (c->n == CHILDREN_MAX || fd < 0)
		return 0;
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) != 0 ||
	    bind(fd, (struct sockaddr *)&at, sizeof at) != 0 ||
	    getsockname(fd, (struct sockaddr *)&at, &n) != 0) {
		close(fd);
		return 0;
	}
	if (c->held[c->n] > 0)
		close(c->held[c->n]); /* of a child that could not be started */
	c->held[c->n] = fd;
	return c->port[c->n] = ntohs(at.sin_port);
}

static bool answers(int port)
{
	struct sockaddr_in at;
	int fd = local_socket(port, &at);
	bool up = fd >= 0 && connect(fd, (struct sockaddr *)&at, sizeof at) == 0;
	if (fd >= 0)
		close(fd);
	return up;
}

static bool lives(int pid)
{
	siginfo_t ended = {0};
	return waitid(P_PID, (id_t)pid, &ended, WEXITED | WNOHANG | WNOWAIT) == 0 && !ended.si_pid;
}

void children_wait(struct children *c, int seconds)
{
	struct timespec pause = {.tv_nsec = 20000000L};
	int tries = seconds * 50;
	for (int i = 0; i < c->n; i++)
		while (c->port[i] && !answers(c->port[i]) && lives(c->pid[i]) && tries-- > 0)
			nanosleep(&pause, NULL);
}

void children_stop(struct children *c)
{
	struct timespec pause = {.tv_nsec = 50000000L};
	for (int i = 0; i < c->n; i++)
		kill(c->pid[i], SIGTERM);
	for (int i = 0; i < c->n; i++) {
		int tries = 40;
		while (waitpid(c->pid[i], NULL, WNOHANG) == 0 && tries-- > 0)
			nanosleep(&pause, NULL);
		if (tries < 0) {
			kill(c->pid[i], SIGKILL);
			waitpid(c->pid[i], NULL, 0);
		}
	}
	for (int i = 0; i < CHILDREN_MAX; i++)
		if (c->held[i] > 0)
			close(c->held[i]);
	*c = (struct children){0};
}
