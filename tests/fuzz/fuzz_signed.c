/* Files that say they were issued: found wanting without a fault, and never intact,
 * since the fuzzer has no key. */
#include "kernel/documents/check.h"

#include <setjmp.h>
#include <stdlib.h>

#define FUZZ_ARENA_BYTES ((size_t)64 * 1024 * 1024)

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
	struct document_check k;
	document_check(a, (str){(const char *)data, size}, STR("fuzz+00000000+AAAA"), &k);
	if (k.verdict == DOCUMENT_INTACT || !k.reason)
		abort();
	return 0;
}
