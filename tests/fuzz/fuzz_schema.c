/*
 * Schemas and instances from strangers: {"schema": .., "data": ..}. Whatever comes,
 * compiling and validating end within their budgets, and listing errors or not
 * gives the same verdict.
 */
#include "base/json.h"
#include "engine/form/schema.h"

#include <setjmp.h>
#include <stdlib.h>

#define FUZZ_ARENA_BYTES ((size_t)256 * 1024 * 1024)
#define FUZZ_BUDGET      20000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static arena *a;
	jmp_buf oom;
	if (!a)
		a = arena_create(FUZZ_ARENA_BYTES);
	arena_reset(a);
	arena_guard(a, &oom);
	if (setjmp(oom))
		return 0;
	json *v = json_parse(a, (str){(const char *)data, size}, NULL);
	const json *schema = json_get(v, "schema"), *instance = json_get(v, "data");
	if (!schema)
		return 0;
	struct diags d = diags_make(a, STR("fuzz.json"));
	struct schema *s = schema_compile(a, schema, NULL, &d);
	if (!s && !d.errors)
		abort();
	if (!s || !instance)
		return 0;
	struct schema_run quiet = {.a = a, .assert_formats = true, .budget = FUZZ_BUDGET};
	struct schema_run full = quiet;
	full.max_errors = SCHEMA_MAX_ERRORS;
	enum schema_verdict x = schema_validate(s, instance, &quiet);
	enum schema_verdict y = schema_validate(s, instance, &full);
	if (x != y && x != SCHEMA_BUDGET_SPENT && y != SCHEMA_BUDGET_SPENT)
		abort();
	if (y == SCHEMA_INVALID && !full.first)
		abort();
	if (!schema_equal(a, instance, instance))
		abort();
	return 0;
}
