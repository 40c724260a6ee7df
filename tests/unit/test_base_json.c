/* The JSON reader and writer: what is accepted, what is refused and where. */
#include "unit.h"

#include "base/json.h"

static void roundtrip(void **state)
{
	arena *a = *state;
	str text = STR("{\"a\":[1,2.50,-0e3,\"x\\n\\u00e9\\ud83d\\ude00\"],\"b\":{},\"c\":null}");
	json *v = json_parse(a, text, NULL);
	assert_non_null(v);
	assert_str(json_print(a, v), "{\"a\":[1,2.50,-0e3,\"x\\né😀\"],\"b\":{},\"c\":null}");
	assert_str(json_text(json_at(json_get(v, "a"), 1)), "2.50");
}

static void refused_with_place(void **state)
{
	static const struct { const char *text; unsigned line, col; } bad[] = {
		{"", 1, 1}, {"{\"a\":1,\n \"a\":2}", 2, 5}, {"[1,]", 1, 4}, {"01", 1, 2},
		{"\"\\ud800\"", 1, 8}, {"[1 2]", 1, 4}, {"tru", 1, 1}, {"\"\x01\"", 1, 2},
		{"\"\xc0\xaf\"", 1, 2}, {"1.", 1, 3}, {"{\"a\n\n }", 1, 4},
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		json_error e = {0};
		assert_null(json_parse(*state, str_of(bad[i].text), &e));
		assert_true(e.what.n > 0);
		if (e.line != bad[i].line || e.col != bad[i].col)
			fail_msg("%s: line %u, column %u", bad[i].text, e.line, e.col);
	}
}

static void deep_nesting_is_refused(void **state)
{
	char text[2000];
	for (size_t i = 0; i < sizeof text; i++)
		text[i] = '[';
	assert_null(json_parse(*state, (str){text, sizeof text}, NULL));
}

static void large_objects_are_indexed(void **state)
{
	arena *a = *state;
	json *o = json_object(a);
	for (int i = 0; i < 1000; i++)
		json_set_key(a, o, str_fmt(a, "k%d", i), json_int_new(a, i));
	assert_int_equal(json_int(o, "k777", -1), 777);
	assert_true(json_remove(o, STR("k777")));
	assert_null(json_get(o, "k777"));
	assert_int_equal(json_int(o, "k999", -1), 999);
}

static void canonical_sorts_members(void **state)
{
	arena *a = *state;
	json *v = json_parse(a, STR("{\"b\":1,\"a\":{\"d\":1,\"c\":2}}"), NULL);
	assert_str(json_canonical(a, v), "{\"a\":{\"c\":2,\"d\":1},\"b\":1}");
}

static void a_value_stands_in_two_trees(void **state)
{
	arena *a = *state;
	json *x = json_parse(a, STR("{\"p\":{\"q\":[1,2]},\"r\":3}"), NULL), *y = json_object(a);
	json_set(a, y, "mine", json_share(a, json_get(x, "p")));
	json_set(a, y, "none", json_share(a, NULL));
	assert_true(str_eq(json_print(a, y), STR("{\"mine\":{\"q\":[1,2]},\"none\":null}")));
	assert_true(str_eq(json_print(a, x), STR("{\"p\":{\"q\":[1,2]},\"r\":3}")));
}

/* Strings are looked at eight bytes at once: each character at each place. */
static void check_written(arena *a, size_t n, size_t at, int c)
{
	char text[32];
	memset(text, 'x', sizeof text);
	text[at] = (char)c;
	if (c >= 0xC2)
		text[at + 1] = (char)0xA8; /* the second half of one in UTF-8 */
	arena_mark mark = arena_save(a);
	json *back = json_parse(a, json_print(a, json_string(a, (str){text, n})), NULL);
	assert_non_null(back);
	assert_true(str_eq(json_text(back), (str){text, n}));
	arena_rewind(a, mark);
}

static void every_character_is_written_everywhere(void **state)
{
	for (size_t n = 1; n < 20; n++)
		for (size_t at = 0; at < n; at++) {
			for (int c = 1; c < 0x80; c++)
				check_written(*state, n, at, c);
			for (int c = 0xC2; c < 0xE0 && at + 1 < n; c++)
				check_written(*state, n, at, c);
		}
}

/* Members of an object printed at once are what each prints alone. */
static void members_are_printed_with_their_object(void **state)
{
	arena *a = *state;
	static const char *const texts[] = {
		"{}", "{\"a\":1}", "{\"a\":{\"b\":[1,2]},\"\\\"c\\n\":\"x\\ty\",\"d\":null,\"ab\":\"\"}"};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		json *v = json_parse(a, str_of(texts[i]), NULL);
		str member[4];
		assert_true(str_eq(json_print_members(a, v, member), json_print(a, v)));
		size_t n = 0;
		for (const json *m = v->first; m; m = m->next)
			assert_true(str_eq(member[n++], json_print(a, m)));
		/* Names of one length that share their ends are told apart. */
		assert_null(json_get(v, "aXb"));
	}
	json *near = json_parse(a, STR("{\"abc\":1,\"adc\":2,\"\":3}"), NULL);
	assert_int_equal(json_int(near, "adc", 0), 2);
	assert_int_equal(json_int(near, "", 0), 3);
}

/* Of every length, and with another byte at every place. */
static void names_that_differ_anywhere_are_told_apart(void **state)
{
	arena *a = *state;
	for (size_t n = 1; n <= 40; n++) {
		json *o = json_object(a);
		char name[40], other[40];
		memset(name, 'm', sizeof name);
		json_set_key(a, o, str_dup(a, (str){name, n}), json_int_new(a, (int64_t)n));
		for (size_t at = 0; at < n; at++) {
			memcpy(other, name, n);
			other[at] = 'n';
			assert_null(json_get_str(o, (str){other, n}));
		}
		assert_null(json_get_str(o, (str){name, n - 1}));
		assert_non_null(json_get_str(o, (str){name, n}));
		json_set_key(a, o, (str){name, n}, json_null(a));
		assert_int_equal(o->count, 1);
		assert_true(json_remove(o, (str){name, n}));
		assert_false(json_remove(o, (str){name, n}));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(roundtrip), UNIT(refused_with_place), UNIT(deep_nesting_is_refused),
		UNIT(large_objects_are_indexed), UNIT(canonical_sorts_members),
		UNIT(a_value_stands_in_two_trees), UNIT(every_character_is_written_everywhere),
		UNIT(members_are_printed_with_their_object),
		UNIT(names_that_differ_anywhere_are_told_apart),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
