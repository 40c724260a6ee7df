/* What the process lets go of, and that it still works. */
#include "unit.h"

#include "base/heap.h"

#include <openssl/sha.h>
#include <stdio.h>

/* Pages of files that stand in memory for this process. */
static long file_pages(void)
{
	long all = 0, resident = 0, of_files = 0;
	FILE *f = fopen("/proc/self/statm", "r");
	assert_non_null(f);
	assert_int_equal(fscanf(f, "%ld %ld %ld", &all, &resident, &of_files), 3);
	fclose(f);
	return of_files;
}

static void the_files_pages_come_back_as_they_were(void **state)
{
	(void)state;
	static const char text[] = "what stands in the program";
	static int counted;
	unsigned char before[SHA256_DIGEST_LENGTH], after[SHA256_DIGEST_LENGTH];
	SHA256((const unsigned char *)text, sizeof text, before);
	counted = 7;
	long had = file_pages();
	heap_forget_start();
	long has = file_pages();
	assert_true(has < had);
	SHA256((const unsigned char *)text, sizeof text, after);
	assert_memory_equal(before, after, sizeof before);
	assert_int_equal(counted, 7); /* what is written is not the file's */
	assert_true(str_eq(str_of(text), STR("what stands in the program")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_files_pages_come_back_as_they_were),
	};
	return cmocka_run_group_tests_name("heap", tests, NULL, NULL);
}
