/* Pictures from strangers: walked, measured and decoded without a fault. */
#include "engine/form/image.h"

#include <setjmp.h>
#include <stdlib.h>

#define FUZZ_ARENA_BYTES ((size_t)64 * 1024 * 1024)
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
		return 0;
	str bytes = {(const char *)data, size};
	struct image i = image_read(bytes);
	struct image_colour c;
	if (i.fault == IMAGE_SOUND && i.type != IMAGE_PDF &&
	    (!i.width || !i.height || (uint64_t)i.width * i.height > IMAGE_MAX_PIXELS))
		abort();
	if ((uint64_t)i.width * i.height <= FUZZ_MAX_DECODED)
		image_background(a, bytes, &c);
	return 0;
}
