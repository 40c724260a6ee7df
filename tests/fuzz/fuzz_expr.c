/* The bytes choose a well-typed expression. It must be read, run within its budget, and
 * give a value of its type, or null and a reason. */
#include "engine/feel/feel.h"

#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#define ARENA_BYTES ((size_t)128 * 1024 * 1024)
#define TEXT_MAX    16384
#define STEPS       50000
#define DEPTH       5

enum type { NUMBER, STRING, BOOLEAN, DATE, TIME, DATETIME, DAYS, MONTHS, NUMBERS, STRINGS, TYPES };

static const enum feel_kind kinds[TYPES] = {FEEL_NUMBER, FEEL_STRING,   FEEL_BOOL, FEEL_DATE,
                                            FEEL_TIME,   FEEL_DATETIME, FEEL_DAYS, FEEL_MONTHS,
                                            FEEL_LIST,   FEEL_LIST};

struct gen {
	const uint8_t *p, *end;
	buf *b;
	int names; /* variables in scope: v0 .. */
};

/* In a form, a letter stands for an expression of a type: n number, s string, b
 * boolean, d date, t time, m date and time, D days, M months, l numbers, k strings;
 * N a small whole number, V a new variable's name, W the one made last. */
static const char letters[] = "nsbdtmDMlk";

static const char *const forms[TYPES][24] = {
    [NUMBER] = {"n + n",
                "n - n",
                "n * n",
                "n / n",
                "(n) ** N",
                "-(n)",
                "if b then n else n",
                "abs(n)",
                "floor(n)",
                "decimal(n, N)",
                "modulo(n, n)",
                "sqrt(abs(n))",
                "sum(l)",
                "count(l)",
                "min(l)",
                "max(l)",
                "mean(l)",
                "(l)[N]",
                "string length(s)",
                "(d).year",
                "(D).hours",
                "(M).months",
                "(function(V) W + n)(n)",
                "{a: n, b: a + n}.b"},
    [STRING] = {"s + s",
                "upper case(s)",
                "lower case(s)",
                "substring(s, N)",
                "string(n)",
                "string(d)",
                "string(D)",
                "if b then s else s",
                "replace(s, \"[a-c]+\", \"x\")",
                "substring before(s, \"b\")",
                "(k)[1]",
                "string join(k, \"-\")",
                "string(l)",
                "day of week(d)",
                "substring after(s, s)",
                "string(t)",
                "string(M)",
                "month of year(d)",
                "string(b)",
                "{a: s}.a",
                "string(m)"},
    [BOOLEAN] = {"n < n",
                 "n = n",
                 "n >= n",
                 "s = s",
                 "s < s",
                 "d < d",
                 "b and b",
                 "b or b",
                 "not(b)",
                 "n between n and n",
                 "n in [n..n]",
                 "n in (< n, > n)",
                 "contains(s, s)",
                 "list contains(l, n)",
                 "some V in l satisfies W > n",
                 "every V in l satisfies W < n",
                 "matches(s, \"^[a-z]\")",
                 "all([b, b])",
                 "any([b, b])",
                 "before(d, d)",
                 "D < D",
                 "t = t",
                 "m > m",
                 "(n) instance of number"},
    [DATE] = {"date(m)", "(d) + (D)", "(d) - (M)", "if b then d else d", "date(2026, N, N)",
              "(d) + (M)", "min([d, d])"},
    [TIME] = {"time(m)", "(t) + (D)", "time(N, N, N)", "if b then t else t", "(t) - (D)"},
    [DATETIME] = {"date and time(d, t)", "(m) + (D)", "(m) - (M)", "if b then m else m"},
    [DAYS] = {"(D) + (D)", "(D) * n", "(d) - (d)", "(m) - (m)", "-(D)", "abs(D)",
              "if b then D else D", "sum([D, D])"},
    [MONTHS] = {"(M) + (M)", "(M) * N", "years and months duration(d, d)", "-(M)",
                "if b then M else M"},
    [NUMBERS] = {"[n, n]", "[n]", "for V in l return W + n", "for V in N..N return W",
                 "(l)[item > n]", "append(l, n)", "concatenate(l, l)", "reverse(l)",
                 "distinct values(l)", "sort(l, function(V, U) W < U)", "sublist(l, N)",
                 "union(l, l)", "flatten([l, l])", "index of(l, n)", "[]", "mode(l)",
                 "if b then l else l", "insert before(l, N, n)", "remove(l, N)"},
    [STRINGS] = {"[s, s]", "split(s, \"b\")", "for V in l return string(W)", "append(k, s)",
                 "(k)[item != s]", "reverse(k)", "distinct values(k)"}};

static const char *const leaves[TYPES][6] = {
    [NUMBER] = {"1", "0", "2.50", "x", "123456789.987654321", "1e-3"},
    [STRING] = {"\"\"", "\"abc\"", "\"\\u0645\\u0631\"", "w", "\"a b\"", "\"B\""},
    [BOOLEAN] = {"true", "false", "y", "true", "false", "y"},
    [DATE] = {"@\"2026-01-31\"", "date(\"2024-02-29\")", "@\"1999-12-31\"", "@\"2026-03-01\"",
              "@\"-0044-03-15\"", "@\"2026-01-01\""},
    [TIME] = {"@\"10:30:00\"", "@\"23:59:59.5\"", "@\"00:00:00\"", "@\"12:00:00\"",
              "time(\"08:00:00\")", "@\"01:02:03\""},
    [DATETIME] = {"@\"2026-01-31T10:00:00\"", "@\"2024-02-29T23:59:59\"",
                  "date and time(\"2026-01-01\")", "@\"2026-06-15T12:00:00\"",
                  "@\"1970-01-01T00:00:00\"", "@\"2026-01-31T10:00:00.25\""},
    [DAYS] = {"@\"P1D\"", "@\"PT36H\"", "@\"-PT1.5S\"", "@\"PT0S\"", "duration(\"P10DT1H\")",
              "@\"PT1M\""},
    [MONTHS] = {"@\"P1Y\"", "@\"P14M\"", "@\"-P1M\"", "@\"P0M\"", "duration(\"P2Y3M\")",
                "@\"P100Y\""},
    [NUMBERS] = {"[1, 2, 3]", "[]", "z", "[5, 1, 5, 2]", "[0.1, 0.2]", "[1e10]"},
    [STRINGS] = {"[\"a\", \"b\"]", "[]", "[\"c\"]", "[\"b\", \"a\", \"b\"]", "[\"\"]",
                 "[\"abc\"]"}};

static uint8_t next(struct gen *g)
{
	return g->p < g->end ? *g->p++ : 0;
}

static void put(struct gen *g, enum type t, int depth);

static void put_form(struct gen *g, const char *form, int depth)
{
	int mine = g->names;
	bool made = false;
	for (const char *c = form; *c; c++) {
		const char *letter = strchr(letters, *c);
		bool alone = (c == form || !strchr("abcdefghijklmnopqrstuvwxyz", c[-1])) &&
		             !strchr("abcdefghijklmnopqrstuvwxyz\"", c[1] ? c[1] : '.') &&
		             (c == form || c[-1] != '"') && (c == form || c[-1] != '.');
		if (letter && alone && c[1] != ':') {
			buf_putc(g->b, '(');
			put(g, (enum type)(letter - letters), depth - 1);
			buf_putc(g->b, ')');
		} else if (*c == 'N') {
			buf_fmt(g->b, "%d", next(g) % 5);
		} else if (*c == 'V') {
			made = true;
			buf_fmt(g->b, "v%d", g->names++);
		} else if (*c == 'U') {
			buf_fmt(g->b, "u%d", mine);
		} else if (*c == 'W') {
			buf_fmt(g->b, "v%d", mine);
		} else {
			buf_putc(g->b, *c);
		}
	}
	if (made)
		g->names = mine + 1;
}

static void put(struct gen *g, enum type t, int depth)
{
	size_t n = 0;
	while (n < 24 && forms[t][n])
		n++;
	uint8_t choice = next(g);
	if (depth <= 0 || g->b->over || choice % 4 == 0 || g->p >= g->end)
		buf_puts(g->b, leaves[t][next(g) % 6]);
	else
		put_form(g, forms[t][next(g) % n], depth);
}

static void judge(arena *a, str text, enum type t)
{
	static const char given[] = "{\"x\": 7.25, \"w\": \"word\", \"y\": true, \"z\": [3, 1, 2]}";
	struct diags d = diags_make(a, STR("fuzz"));
	const struct feel_expr *e = feel_compile(a, text, NULL, 0, &d);
	struct feel_run r = feel_run_make(a, &d);
	feel_value v;

	r.steps_max = STEPS;
	if (!e || d.count) {
		fprintf(stderr, "%.*s\n%.*s", STRF(text), STRF(diags_print(a, &d)));
		__builtin_trap(); /* well formed, and not read */
	}
	if (feel_eval_json(e, json_parse(a, str_of(given), NULL), &r, &v))
		return;
	if (r.steps > STEPS || (v.kind == FEEL_NULL ? d.count == 0 : v.kind != kinds[t])) {
		fprintf(stderr, "%.*s\ngives %s\n", STRF(text), feel_kind_name((enum feel_kind)v.kind));
		__builtin_trap(); /* of another type, or null for no reason */
	}
	feel_print(a, v);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	arena *a = arena_create(ARENA_BYTES);
	jmp_buf oom;

	arena_guard(a, &oom);
	if (!setjmp(oom)) {
		buf b = buf_make(a, TEXT_MAX);
		struct gen g = {data, data + size, &b, 0};
		enum type t = (enum type)(next(&g) % TYPES);
		put(&g, t, DEPTH);
		if (!b.over)
			judge(a, buf_str(&b), t);
	}
	arena_destroy(a);
	return 0;
}
