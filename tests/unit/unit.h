/* What every unit test needs: cmocka, and an arena as its state. */
#ifndef UNIT_H
#define UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/str.h"

#define UNIT_ARENA_BYTES ((size_t)512 * 1024 * 1024)

__attribute__((unused)) static int unit_setup(void **state)
{
	*state = arena_create(UNIT_ARENA_BYTES);
	return *state ? 0 : -1;
}

__attribute__((unused)) static int unit_teardown(void **state)
{
	arena_destroy(*state);
	return 0;
}

/* A test whose *state is a fresh arena. */
#define UNIT(f) cmocka_unit_test_setup_teardown(f, unit_setup, unit_teardown)

/* The text of a str, compared with a C string. */
#define assert_str(s, c)                                                                \
	do {                                                                                 \
		str assert_str_s = (s);                                                          \
		assert_int_equal(assert_str_s.n, strlen(c));                                     \
		assert_memory_equal(assert_str_s.p ? assert_str_s.p : "", c, assert_str_s.n);    \
	} while (0)

#endif
