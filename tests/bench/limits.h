/*
 * limits.h - what bounds a measured rate: the writer's own work, the disk, the hashes.
 *
 * Between limits_begin and limits_tell the writer was kept busy. Its time is what its
 * commits take, and what is between them: its work on each payment, and waits for more of
 * them. Beside them stand what the disk takes for as many bytes by plain writes, and what
 * the hashes of as many records take.
 */
#ifndef TESTS_BENCH_LIMITS_H
#define TESTS_BENCH_LIMITS_H

#include "kernel/head.h"
#include "kernel/kernel.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define LIMITS_SYNCS  50
#define LIMITS_HASHES 20000
#define LIMITS_ENTRY  600 /* bytes of a record, about */

struct limits {
	struct writer_stats w;
	int64_t bytes, records;
	instant from;
};

/* What this process has sent to disks; 0 where the system does not tell. */
static int64_t limits_written(void)
{
	char line[128];
	int64_t n = 0;
	FILE *f = fopen("/proc/self/io", "r");
	while (f && fgets(line, sizeof line, f)) {
		str rest = str_trim(str_of(line)), name;
		if (str_cut(&rest, ' ', &name) && str_eq(name, STR("write_bytes:")) && str_i64(rest, &n))
			break;
	}
	if (f)
		fclose(f);
	return n;
}

static int64_t limits_records(struct kernel *k)
{
	return k->journal->committed;
}

static struct limits limits_begin(struct kernel *k)
{
	return (struct limits){writer_stats_read(k->writer), limits_written(), limits_records(k),
	                       clock_monotonic()};
}

/* Microseconds of a plain write of so many bytes that is waited for. */
static double limits_disk(const char *folder, int64_t bytes)
{
	char name[512], *data = calloc(1, (size_t)bytes + 1);
	snprintf(name, sizeof name, "%s/limits.tmp", folder);
	int fd = open(name, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
	if (fd < 0 || !data)
		return 0;
	bool ok = true;
	instant from = 0;
	for (int round = 0; round < 2; round++) { /* the first makes the file */
		from = clock_monotonic();
		for (int i = 0; i < LIMITS_SYNCS && ok; i++)
			ok = pwrite(fd, data, (size_t)bytes, i * bytes) == bytes && fdatasync(fd) == 0;
	}
	double took = (double)(clock_monotonic() - from) / LIMITS_SYNCS;
	close(fd);
	unlink(name);
	free(data);
	return ok ? took : 0;
}

static double limits_hash(void)
{
	static char entry[LIMITS_ENTRY];
	instant from = clock_monotonic();
	for (int i = 0; i < LIMITS_HASHES; i++)
		entry[0] = (char)hash_leaf((str){entry, sizeof entry}).b[0];
	return (double)(clock_monotonic() - from) / LIMITS_HASHES;
}

static void limits_tell(struct kernel *k, const struct limits *l, int64_t done, const char *folder)
{
	double all = (double)(clock_monotonic() - l->from), n = done ? (double)done : 1;
	struct writer_stats w = writer_stats_read(k->writer);
	double commits = (double)(w.batches - l->w.batches);
	double waited = (double)(w.commit_micros - l->w.commit_micros);
	int64_t bytes = (int64_t)((double)(limits_written() - l->bytes) / (commits > 0 ? commits : 1));
	double records = (double)(limits_records(k) - l->records) / n;
	printf("  limits: %.0f us each between commits (%.0f/s were these free), of it hashes %.1f;"
	       " a commit of %.0f takes %.2f ms",
	       (all - waited) / n, n * 1e6 / (all - waited), records * limits_hash(),
	       n / (commits > 0 ? commits : 1), waited / 1e3 / (commits > 0 ? commits : 1));
	if (db_kind(k->db) == DB_SQLITE)
		printf(", the disk alone %.2f for its %lld KiB", limits_disk(folder, bytes) / 1e3,
		       (long long)bytes / 1024);
	printf("\n");
	fflush(stdout);
}

#endif
