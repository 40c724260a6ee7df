/* A disk that the test holds: every fdatasync of the program waits for it, or is refused.
 * With it a command that may be held, too. */
#ifndef HELD_DISK_H
#define HELD_DISK_H

#include "unit.h"

#include "db/writer.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static struct {
	pthread_mutex_t lock;
	pthread_cond_t moved;
	bool held, refuses;
	int waiting; /* syncs */
} disk = {.lock = PTHREAD_MUTEX_INITIALIZER, .moved = PTHREAD_COND_INITIALIZER};

int fdatasync(int fd)
{
	pthread_mutex_lock(&disk.lock);
	disk.waiting++;
	while (disk.held)
		pthread_cond_wait(&disk.moved, &disk.lock);
	disk.waiting--;
	bool refuses = disk.refuses;
	pthread_mutex_unlock(&disk.lock);
	if (!refuses)
		return (int)syscall(SYS_fdatasync, fd);
	errno = EIO;
	return -1;
}

__attribute__((unused)) static void disk_set(bool held, bool refuses)
{
	pthread_mutex_lock(&disk.lock);
	disk.held = held;
	disk.refuses = refuses;
	pthread_cond_broadcast(&disk.moved);
	pthread_mutex_unlock(&disk.lock);
}

__attribute__((unused)) static int disk_waiting(void)
{
	pthread_mutex_lock(&disk.lock);
	int n = disk.waiting;
	pthread_mutex_unlock(&disk.lock);
	return n;
}

/* Looks again until it is so; a minute at most. */
#define UNTIL(what)                                                                     \
	do {                                                                                  \
		for (int tries = 0; !(what) && tries < 60000; tries++)                              \
			nanosleep(&(struct timespec){0, 1000000}, NULL);                                   \
		assert_true(what);                                                                  \
	} while (0)

/* A command that adds a row to held_disk, once it may. */
struct row {
	struct command command;
	int64_t id;
	err wanted;
	atomic_bool may, deaf; /* to run; to hear of its end */
	atomic_int runs, told;
	err result;
};

#define HELD_DISK_TABLE "CREATE TABLE held_disk (id BIGINT PRIMARY KEY, filler BLOB)"

static struct sql sql_row = {
    .name = "row",
    .text = "INSERT INTO held_disk (id, filler) VALUES ($1, zeroblob(300))",
    .slot = -1};

static err row_run(dbc *c, struct command *cmd)
{
	struct row *r = (struct row *)(void *)cmd;
	r->runs++;
	while (!r->may)
		nanosleep(&(struct timespec){0, 1000000}, NULL);
	db_exec(c, &sql_row, D_INT(r->id));
	return r->wanted;
}

static void row_done(struct command *cmd, err result)
{
	struct row *r = (struct row *)(void *)cmd;
	while (r->deaf)
		nanosleep(&(struct timespec){0, 1000000}, NULL);
	r->result = result;
	r->told++;
}

__attribute__((unused)) static void row_submit(writer *w, struct row *r, int64_t id, bool may)
{
	*r = (struct row){.command = {.run = row_run, .done = row_done}, .id = id, .may = may};
	assert_true(writer_submit(w, &r->command));
}

#endif
