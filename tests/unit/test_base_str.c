/* Text as pointer and length: cut into parts. */
#include "unit.h"

#include "base/buf.h"

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

/* Room is not wiped before it is written. */
static void a_built_text_ends_with_a_nul(void **state)
{
	buf b = buf_make(*state, 1000);
	for (size_t n = 1; n <= 300; n++) {
		buf_putc(&b, 'x');
		assert_int_equal(strlen(buf_str(&b).p), n);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_text_is_cut_into_its_parts),
	    cmocka_unit_test(nothing_has_no_parts),
	    UNIT(a_built_text_ends_with_a_nul),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
