/* Any text as an expression and as unary tests: read it, run it within a budget, print
 * what comes of it. */
#include "engine/feel/feel.h"

#include <setjmp.h>

#define ARENA_BYTES ((size_t)128 * 1024 * 1024)
#define STEPS       20000

static void run(arena *a, const struct feel_expr *e, feel_value context)
{
	struct diags d = diags_make(a, STR("fuzz"));
	struct feel_run r = feel_run_make(a, &d);
	feel_value v;

	r.steps_max = STEPS;
	if (feel_eval(e, context, &r, &v))
		return;
	if (r.steps > STEPS)
		__builtin_trap(); /* a result from beyond the budget */
	feel_print(a, v);
	feel_to_json(a, v);
	if (!feel_same(v, v) && v.kind <= FEEL_LIST && v.kind != FEEL_LIST)
		__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char given[] = "{\"x\": 1.5, \"s\": \"text\", \"loan amount\": 1000, \"a-b\": 2,"
	                            "\"l\": [1, 2, 3], \"c\": {\"x\": 1, \"y\": [true]}, \"?\": 5}";
	static const str names[] = {STR_INIT("loan amount"), STR_INIT("a-b")};
	arena *a = arena_create(ARENA_BYTES);
	jmp_buf oom;

	arena_guard(a, &oom);
	if (!setjmp(oom)) {
		str text = {(const char *)data, size};
		feel_value context = feel_of_json(a, json_parse(a, str_of(given), NULL));
		struct diags d = diags_make(a, STR("fuzz"));
		const struct feel_expr *e = feel_compile(a, text, names, 2, &d);
		if (e)
			run(a, e, context);
		else if (!d.errors)
			__builtin_trap(); /* refused without a reason */
		e = feel_compile_tests(a, text, names, 2, &d);
		if (e)
			run(a, e, context);
	}
	arena_destroy(a);
	return 0;
}
