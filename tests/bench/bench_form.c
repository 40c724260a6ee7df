/*
 * bench_form FILE [seconds]: validations a second of the instance in FILE,
 * {"schema": .., "data": .., "bad": ..}, by one thread: with the JSON parsed
 * before and with it parsed each time, valid and not. tests/bench/form.mjs makes
 * the file and measures ajv on the same.
 */
#include "base/json.h"
#include "base/time.h"
#include "engine/form/schema.h"

#include <stdio.h>
#include <stdlib.h>

#define ARENA_BYTES ((size_t)256 * 1024 * 1024)
#define BATCH       200

struct work {
	const struct schema *schema;
	const json *parsed;
	str text;
	size_t max_errors;
	enum schema_verdict expected;
};

static bool once(const struct work *w, arena *a)
{
	const json *v = w->parsed ? w->parsed : json_parse(a, w->text, NULL);
	struct schema_run run = {.a = a, .assert_formats = true, .max_errors = w->max_errors};
	return v && schema_validate(w->schema, v, &run) == w->expected;
}

static void measure(const char *name, const struct work *w, int seconds)
{
	arena *a = arena_create(ARENA_BYTES);
	instant start = clock_monotonic(), end = start + seconds * SECOND, now = start;
	int64_t n = 0;
	while (now < end) {
		for (int i = 0; i < BATCH; i++) {
			if (!once(w, a)) {
				fprintf(stderr, "%s: not the verdict that was expected\n", name);
				exit(1);
			}
			arena_reset(a);
		}
		n += BATCH;
		now = clock_monotonic();
	}
	printf("diwan %-28s %10lld a second\n", name, (long long)(n * SECOND / (now - start)));
	arena_destroy(a);
}

int main(int argc, char **argv)
{
	arena *a = arena_create(ARENA_BYTES);
	FILE *f = argc > 1 ? fopen(argv[1], "rb") : NULL;
	char *bytes = NEWN(a, char, 1 << 20);
	if (!f) {
		fputs("usage: bench_form FILE [seconds]\n", stderr);
		return 2;
	}
	size_t n = fread(bytes, 1, 1 << 20, f);
	int64_t seconds = 3;
	if (argc > 2)
		str_i64(str_of(argv[2]), &seconds);
	fclose(f);
	json *doc = json_parse(a, (str){bytes, n}, NULL);
	struct diags d = diags_make(a, str_of(argv[1]));
	struct schema *s = schema_compile(a, json_get(doc, "schema"), NULL, &d);
	if (!s) {
		fprintf(stderr, "%.*s", STRF(diags_print(a, &d)));
		return 1;
	}
	const json *good = json_get(doc, "data"), *bad = json_get(doc, "bad");
	str text = json_print(a, good);
	struct work work[] = {
	    {s, good, {0}, 0, SCHEMA_VALID},
	    {s, NULL, text, 0, SCHEMA_VALID},
	    {s, bad, {0}, 0, SCHEMA_INVALID},
	    {s, bad, {0}, SCHEMA_MAX_ERRORS, SCHEMA_INVALID},
	};
	static const char *const names[] = {"valid", "valid, parsed each time", "invalid, first fault",
	                                    "invalid, all faults"};
	for (size_t i = 0; i < 4; i++)
		measure(names[i], &work[i], (int)seconds);
	arena_destroy(a);
	return 0;
}
