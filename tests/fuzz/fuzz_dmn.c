/* Any bytes as a decision model: load it, check it, draw it, and run all its decisions
 * on a few inputs, with their trace. */
#include "engine/dmn/dmn.h"

#include <setjmp.h>

#define ARENA_BYTES ((size_t)256 * 1024 * 1024)
#define STEPS       5000
#define DECISIONS   20

static void run(arena *a, const struct dmn *m, const char *inputs)
{
	static const char *const kinds[] = {"decisions", "services", "models"};
	const json *in = json_parse(a, str_of(inputs), NULL);
	const json *all = dmn_describe(a, m);

	for (size_t k = 0; k < 3; k++) {
		size_t n = 0;
		for (const json *x = json_get(all, kinds[k])->first; x && n < DECISIONS; x = x->next, n++) {
			struct dmn_run r = dmn_run_make(a);
			json *out = NULL;
			r.steps_max = STEPS;
			r.trace = true;
			dmn_eval(m, json_str(x, "name"), in, &r, &out);
			dmn_table_view(a, m, json_str(x, "name"));
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	arena *a = arena_create(ARENA_BYTES);
	jmp_buf oom;

	arena_guard(a, &oom);
	if (!setjmp(oom)) {
		str text = {(const char *)data, size};
		struct diags d = diags_make(a, STR("fuzz.dmn"));
		struct dmn *m = dmn_load(a, text, &d);
		if (!m && !d.errors)
			__builtin_trap(); /* refused without a reason */
		if (m) {
			dmn_check(a, m, &d);
			dmn_graph_svg(a, m);
			run(a, m, "{}");
			run(a, m, "{\"x\": 5, \"Age\": 30, \"Name\": \"a\", \"List\": [1, 2]}");
		}
	}
	arena_destroy(a);
	return 0;
}
