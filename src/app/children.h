/*
 * children.h - processes that a trial starts beside itself: the payment
 * provider's simulator, the mail catcher. They end with this process.
 */
#ifndef APP_CHILDREN_H
#define APP_CHILDREN_H

#include <stdbool.h>

#define CHILDREN_MAX 4

struct children {
	int pid[CHILDREN_MAX], port[CHILDREN_MAX], held[CHILDREN_MAX];
	int n;
};

/* A free port of 127.0.0.1 for the next child, 0 when there is none. It is held, so that
 * nobody else is given it before the child listens there (with SO_REUSEADDR, as servers do). */
int child_port(struct children *c);
/* Starts argv[0] (looked up in PATH unless it has a slash); its output goes to
 * `log_path`, or with ours when NULL. False when it cannot be started. */
bool child_start(struct children *c, const char *const *argv, const char *log_path);
/* Until each child that has a port answers there or has ended, at most so long. */
void children_wait(struct children *c, int seconds);
/* SIGTERM, then after two seconds SIGKILL. */
void children_stop(struct children *c);

#endif
