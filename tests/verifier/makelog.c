/*
 * makelog FOLDER RECORDS: makes a journal of so many records in FOLDER/data (SQLite),
 * sealed at every size up to 3, at powers of two and beside them, and now and then.
 * Each checkpoint is also written to FOLDER/checkpoints/SIZE.
 */
#include "kernel/identity/identity.h"
#include "kernel/identity/organ.h"
#include "kernel/journal.h"
#include "kernel/kernel.h"
#include "kernel/statements.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define ARENA_BYTES ((size_t)64 * 1024 * 1024)
#define NOW_AND_THEN 97

static err add(struct tx *tx, void *ctx)
{
	return person_register(tx, ctx);
}

static void die(const char *what)
{
	fprintf(stderr, "makelog: %s\n", what);
	exit(1);
}

static bool sealed_here(int64_t n, int64_t records)
{
	for (int64_t p = 1; p <= n + 1; p *= 2)
		if (n >= p - 1 && n <= p + 1)
			return true;
	return n % NOW_AND_THEN == 0 || n == records;
}

static void one(struct kernel *k, int64_t n)
{
	arena *a = arena_create(ARENA_BYTES);
	struct person p = {
	    .national_number = str_fmt(a, "%09lld", (long long)(850100000 + n)),
	    .name_en = STR("Layla Example"),
	    .name_ar = STR("ليلى مثال"),
	    .nationality = STR("BHR"),
	    .group = STR("citizen"),
	};
	struct action act = {.k = k, .a = a, .decide = add, .ctx = &p};
	if (kernel_run(&act) != OK)
		die("a person is refused");
	arena_destroy(a);
}

static void checkpoint_save(struct kernel *k, const char *folder)
{
	char path[512];
	if (journal_seal(k, true) != OK)
		die("not sealed");
	dbc *c = db_reader(k->db);
	rows *r = db_query_args(c, &sql_checkpoint_last, NULL, 0);
	if (!db_next(r))
		die("no checkpoint");
	str note = db_text(r, 3);
	snprintf(path, sizeof path, "%s/checkpoints/%lld", folder, (long long)db_int(r, 0));
	FILE *f = fopen(path, "w");
	if (!f || fwrite(note.p, 1, note.n, f) != note.n || fclose(f) != 0)
		die(path);
	db_done(r);
	db_reader_return(c);
}

int main(int argc, char **argv)
{
	if (argc != 3)
		die("want FOLDER RECORDS");
	arena *a = arena_create(ARENA_BYTES);
	int64_t records;
	if (!str_i64(str_of(argv[2]), &records))
		die("RECORDS is no number");
	const struct organ *organs[] = {&identity_organ};
	str data = str_fmt(a, "%s/data", argv[1]), why = {0};
	mkdir(argv[1], 0755);
	mkdir(data.p, 0700);
	mkdir(str_fmt(a, "%s/checkpoints", argv[1]).p, 0755);
	struct kernel_options o = {.database = str_fmt(a, "sqlite:%s/diwan.db", data.p), .data_dir = data,
	                           .clock = clock_system(), .organs = organs, .n_organs = 1, .migrate = true};
	struct kernel *k;
	if (kernel_open(&o, &k, &why) != OK)
		die(str_c(a, why));
	for (int64_t n = 1; n <= records; n++) {
		one(k, n);
		if (sealed_here(n, records))
			checkpoint_save(k, argv[1]);
	}
	kernel_close(k);
	arena_destroy(a);
	return 0;
}
