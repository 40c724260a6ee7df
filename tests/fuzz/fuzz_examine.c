/* Files from strangers, as the role "examine" looks into them: pictures decoded, PDFs
 * read object by object, without a fault and within its memory. */
#include "kernel/files/examine.h"

#include <setjmp.h>
#include <stdlib.h>

#define FUZZ_ARENA_BYTES ((size_t)192 * 1024 * 1024)
#define FUZZ_MAX_DECODED 200000u /* pixels; larger ones only cost time here */

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
		abort(); /* the budgets of a PDF are below it */
	str bytes = {(const char *)data, size}, pixels;
	struct image i = image_read(bytes);
	struct finding f;
	if (i.fault == IMAGE_SOUND && (uint64_t)i.width * i.height > FUZZ_MAX_DECODED)
		return 0;
	finding_make(a, bytes, &f);
	if (f.verdict >= FINDING_COUNT || f.type > IMAGE_PDF)
		abort();
	image_pixels_of(a, bytes, FUZZ_MAX_DECODED, &pixels);
	return 0;
}
