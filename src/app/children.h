/*
 * children.h - processes that a trial starts beside itself: the payment
 * provider's simulator, the mail catcher. They end with this process.
 */
#ifndef APP_CHILDREN_H
#define APP_CHILDREN_H

#include <stdbool.h>

#define CHILDREN_MAX 4

struct children {
	int pid[CHILDREN_MAX];
	int n;
};

/* Starts argv[0] (looked up in PATH unless it has a slash); its output goes to
 * `log_path`, or with ours when NULL. False when it cannot be started. */
bool child_start(struct children *c, const char *const *argv, const char *log_path);
/* SIGTERM, then after two seconds SIGKILL. */
void children_stop(struct children *c);

#endif
