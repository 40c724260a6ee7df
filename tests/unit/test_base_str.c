/* Text as pointer and length: cut into parts. */
#include "unit.h"

static void a_text_is_cut_into_its_parts(void **state)
{
	str rest = STR("a,,b"), part;
	(void)state;
	assert_true(str_cut(&rest, ',', &part));
	assert_str(part, "a");
	assert_true(str_cut(&rest, ',', &part));
	assert_str(part, "");
	assert_true(str_cut(&rest, ',', &part));
	assert_str(part, "b");
	part = STR("what stood here before");
	assert_false(str_cut(&rest, ',', &part));
	assert_str(part, "");
}

/* A header that is not there: whoever asks for its first part reads nothing. */
static void nothing_has_no_parts(void **state)
{
	str none = {0}, part = {(const char *)8, 99};
	(void)state;
	assert_false(str_cut(&none, ';', &part));
	assert_null(part.p);
	assert_int_equal(part.n, 0);
	assert_str(str_trim(part), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_text_is_cut_into_its_parts),
	    cmocka_unit_test(nothing_has_no_parts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
