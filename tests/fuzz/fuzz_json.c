/*
 * JSON from strangers. What is read and written again reads as the same, in all three ways
 * of writing; what is refused is refused with a reason and a place.
 */
#include "base/json.h"

#include <setjmp.h>
#include <stdlib.h>

#define FUZZ_ARENA_BYTES ((size_t)256 * 1024 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void same(arena *a, const json *v, str text)
{
	json *again = json_parse(a, text, NULL);
	if (!again || !json_equal(v, again))
		abort();
}

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
	json_error e = {0};
	json *v = json_parse(a, (str){(const char *)data, size}, &e);
	if (!v) {
		if (!e.what.n || !e.line || !e.col)
			abort();
		return 0;
	}
	same(a, v, json_print(a, v));
	str canonical = json_canonical(a, v);
	same(a, v, canonical);
	if (!str_eq(canonical, json_canonical(a, json_parse(a, canonical, NULL))))
		abort();
	buf b = buf_make(a, size * 16 + 4096);
	json_write(&b, v, 2);
	if (!b.over)
		same(a, json_copy(a, v), buf_str(&b));
	return 0;
}
