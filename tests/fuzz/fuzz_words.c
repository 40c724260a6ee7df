/*
 * What readers type into a search: words in any script. The words of a text are at most as
 * many and as long as search.h says, and folding a folded text changes nothing.
 */
#include "base/utf8.h"
#include "kernel/search/search.h"

#include <setjmp.h>
#include <stdlib.h>

#define FUZZ_ARENA_BYTES ((size_t)256 * 1024 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static arena *a;
	jmp_buf oom;
	str s = {(const char *)data, size}, *word;
	if (utf8_check(s) >= 0) /* a request's text is always UTF-8 */
		return 0;
	if (!a)
		a = arena_create(FUZZ_ARENA_BYTES);
	arena_reset(a);
	arena_guard(a, &oom);
	if (setjmp(oom))
		return 0;
	str folded = search_fold(a, s);
	if (utf8_check(folded) >= 0 || !str_eq(search_fold(a, folded), folded))
		abort();
	size_t n = search_tokens(a, s, &word);
	if (n > SEARCH_MAX_TOKENS)
		abort();
	for (size_t i = 0; i < n; i++)
		if (!word[i].n || word[i].n > SEARCH_WORD_BYTES)
			abort();
	return 0;
}
