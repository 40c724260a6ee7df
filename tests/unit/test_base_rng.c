/* The pool of random bytes of a thread: nobody gets what another has got. */
#include "unit.h"

#include "base/rng.h"

#include <pthread.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PIECE = 24, PIECES = 200 };

struct taken {
	unsigned char piece[PIECES][PIECE];
};

static void take(struct taken *t)
{
	for (int i = 0; i < PIECES; i++)
		rng_bytes(rng_thread(), t->piece[i], PIECE);
}

static void all_differ(const struct taken *x, const struct taken *y)
{
	for (int i = 0; i < PIECES; i++)
		for (int k = 0; k < PIECES; k++)
			if (x != y || i != k)
				assert_memory_not_equal(x->piece[i], y->piece[k], PIECE);
}

static void no_bytes_come_twice(void **state)
{
	struct taken *t = NEW(*state, struct taken);
	take(t);
	all_differ(t, t);
}

static void *in_a_thread(void *t)
{
	take(t);
	return NULL;
}

static void threads_have_their_own(void **state)
{
	struct taken *t = NEWN(*state, struct taken, 2);
	pthread_t other;
	assert_int_equal(pthread_create(&other, NULL, in_a_thread, &t[0]), 0);
	take(&t[1]);
	assert_int_equal(pthread_join(other, NULL), 0);
	all_differ(&t[0], &t[1]);
}

/* With a pool that is part used, as it is when a server forks. */
static void a_child_does_not_have_its_parents(void **state)
{
	struct taken *t = NEWN(*state, struct taken, 2);
	unsigned char one;
	int p[2];
	rng_bytes(rng_thread(), &one, 1);
	assert_int_equal(pipe(p), 0);
	pid_t child = fork();
	if (child == 0) {
		take(&t[0]);
		_exit(write(p[1], t, sizeof *t) == sizeof *t ? 0 : 1);
	}
	take(&t[1]);
	int status = -1;
	close(p[1]);
	for (size_t n = 0; n < sizeof *t;) {
		ssize_t got = read(p[0], (char *)&t[0] + n, sizeof *t - n);
		assert_true(got > 0);
		n += (size_t)got;
	}
	close(p[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	all_differ(&t[0], &t[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    UNIT(no_bytes_come_twice),
	    UNIT(threads_have_their_own),
	    UNIT(a_child_does_not_have_its_parents),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
