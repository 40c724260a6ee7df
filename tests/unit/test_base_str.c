/* Text as pointer and length: cut into parts, formatted. */
#include "unit.h"

#include "base/buf.h"

#include <stdio.h>
#include <string.h>

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

/* As the C library would have formatted it, into both kinds of text. */
#define SAME(...)                                                                             \
	do {                                                                                      \
		char want[2000];                                                                      \
		buf b = buf_make(a, sizeof want);                                                     \
		int n_ = snprintf(want, sizeof want, __VA_ARGS__);                                    \
		str got = str_fmt(a, __VA_ARGS__);                                                    \
		buf_fmt(&b, __VA_ARGS__);                                                             \
		assert_int_equal(got.n, n_);                                                          \
		assert_string_equal(got.p, want);                                                     \
		assert_true(str_eq(buf_str(&b), got) && (!n_ || !buf_str(&b).p[n_]));                 \
	} while (0)

static void texts_are_formatted_as_the_library_does(void **state)
{
	arena *a = *state;
	static const long long wide[] = {0,  1,    -1,        9,         10,       99,     -100,
	                                 12345, -98765, INT32_MAX, INT32_MIN, INT64_MAX, INT64_MIN};
	for (size_t i = 0; i < sizeof wide / sizeof *wide; i++) {
		long long v = wide[i];
		SAME("%lld|%llu|%zu|%d|%u|", v, (unsigned long long)v, (size_t)v, (int)v, (unsigned)v);
		SAME("%02d:%04d %06lld %020lld %010zu.%03u", (int)v, (int)v, v, v, (size_t)v, (unsigned)v);
		SAME("%5d%-5d%+d%x%04X%llx%%", (int)v, (int)v, (int)v, (unsigned)v, (unsigned)v,
		     (unsigned long long)v);
	}
	char large[700];
	memset(large, 'x', sizeof large);
	for (int n = 0; n < (int)sizeof large; n += 3) {
		SAME("%.*s", n, large);
		SAME("<%.*s>%.*s%c%s", n, large, n / 2, large + 1, 'c', "end");
	}
	SAME("%.*s|%.*s|%s", 4, "a\0bc", 0, large, "");
	SAME("%s", "\xd9\x85 100%");
	SAME("%8.3f %g", 3.25, 1e9);
	assert_int_equal(str_fmt(a, "%s", "").n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_text_is_cut_into_its_parts),
	    cmocka_unit_test(nothing_has_no_parts),
	    UNIT(texts_are_formatted_as_the_library_does),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
