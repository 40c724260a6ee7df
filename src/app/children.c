#include "app/children.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
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
	c->n = 0;
}
