/*
 * bench_examine FILE... [seconds]: what it costs to look into a file in a confined
 * process, beside the same work in the server's own.
 */
#include "base/time.h"
#include "kernel/files/examine.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#define ARENA_BYTES ((size_t)256 * 1024 * 1024)
#define FILE_BYTES  ((size_t)16 * 1024 * 1024)

static bool once(struct confine *c, arena *a, str bytes, struct finding *f)
{
	if (c)
		return file_examine(c, a, bytes, f) == OK;
	finding_make(a, bytes, f);
	return true;
}

/* Microseconds a file. */
static double measure(struct confine *c, str bytes, instant time, struct finding *f)
{
	arena *a = arena_create(ARENA_BYTES);
	instant start = clock_monotonic(), now = start;
	int64_t n = 0;
	while (now < start + time) {
		if (!once(c, a, bytes, f)) {
			fputs("bench_examine: no answer\n", stderr);
			exit(1);
		}
		arena_reset(a);
		n++;
		now = clock_monotonic();
	}
	arena_destroy(a);
	return (double)(now - start) / (double)n;
}

int main(int argc, char **argv)
{
	arena *a = arena_create(ARENA_BYTES), *life = arena_create(ARENA_BYTES);
	struct confine_options o = {.role = &examine_role};
	struct confine *c = confine_open(life, &o);
	str why = {0};
	int64_t seconds = 0;
	if (argc > 1 && str_i64(str_of(argv[argc - 1]), &seconds))
		argc--;
	if (argc < 2 || confine_start(c, &why) != OK) {
		fprintf(stderr, "usage: bench_examine FILE... [seconds]\n%.*s\n", STRF(why));
		return 2;
	}
	printf("%-40s %9s %12s %12s %10s  %s\n", "file", "bytes", "here us", "confined us", "more us",
	       "finding");
	for (int i = 1; i < argc; i++) {
		FILE *in = fopen(argv[i], "rb");
		char *p = NEWN(a, char, FILE_BYTES);
		size_t n = in ? fread(p, 1, FILE_BYTES, in) : 0;
		struct finding here, there;
		if (in)
			fclose(in);
		instant time = (seconds ? seconds : 1) * SECOND;
		double own = measure(NULL, (str){p, n}, time, &here);
		double confined = measure(c, (str){p, n}, time, &there);
		printf("%-40.40s %9zu %12.0f %12.0f %10.0f  %s%s\n", argv[i], n, own, confined,
		       confined - own, here.verdict ? finding_text(here.verdict) : "sound",
		       here.verdict == there.verdict ? "" : ", but not in the process");
		arena_reset(a);
	}
	confine_close(c);
	arena_destroy(life);
	arena_destroy(a);
	return 0;
}
