/*
 * Statements of providers and banks (CSV, camt.053): read, or refused with a reason. What is
 * read has amounts of known currencies and names its file by its hash.
 */
#include "systems/payments/settle.h"

#include <setjmp.h>
#include <stdlib.h>

#define FUZZ_ARENA_BYTES ((size_t)512 * 1024 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static arena *a;
	struct statement s;
	jmp_buf oom;
	str why = {0};
	if (!a)
		a = arena_create(FUZZ_ARENA_BYTES);
	arena_reset(a);
	arena_guard(a, &oom);
	if (setjmp(oom))
		return 0;
	if (!statement_read(a, STR("fuzz"), (str){(const char *)data, size}, &s, &why)) {
		if (!why.n)
			abort();
		return 0;
	}
	if (s.hash.n != 64)
		abort();
	for (size_t i = 0; i < s.n; i++) {
		currency c;
		if (!currency_find(s.entry[i].currency, &c))
			abort();
	}
	return 0;
}
