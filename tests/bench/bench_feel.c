/*
 * Expressions and decision tables a second, on one core:
 *
 *     bench_feel [seconds]
 *
 * Where node and feelin (npm; its folder in FEELIN) are there, feelin runs the same
 * expressions in the same run (tests/bench/feel.mjs).
 */
#include "engine/dmn/dmn.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <time.h>
#include <unistd.h>

#define ARENA_BYTES ((size_t)1024 * 1024 * 1024)

static const struct {
	const char *name, *text, *context;
} kinds[] = {
    {"arithmetic", "(1 + 2) * 3.5 - 4 / 8", "{}"},
    {"variables", "(price * quantity - discount) * (1 + rate)",
     "{\"price\": 12.5, \"quantity\": 4, \"discount\": 5, \"rate\": 0.1}"},
    {"if", "if age >= 18 then \"adult\" else \"minor\"", "{\"age\": 21}"},
    {"range test", "x in [10..20]", "{\"x\": 15}"},
    {"for over ten", "for i in [1,2,3,4,5,6,7,8,9,10] return i * x", "{\"x\": 3}"},
    {"filter of ten", "[1,2,3,4,5,6,7,8,9,10][item > x]", "{\"x\": 3}"},
    {"string", "upper case(name) + \" \" + substring(name, 1, 3)", "{\"name\": \"Maryam Ali\"}"},
    {"date", "date(\"2026-01-31\") + duration(\"P1M\")", "{}"},
};

enum { KINDS = sizeof kinds / sizeof *kinds };

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t); /* others may share the machine */
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Compiled, its names bound before (as feelin is given its context before), or with
 * looking them up in the context each time. */
static double expression_rate(arena *a, size_t k, double seconds, bool bound)
{
	enum { ROUNDS = 2000, EVALUATIONS = 10 }; /* asking the time costs as much as many */
	struct diags d = diags_make(a, (str){0});
	json *c = json_parse(a, str_of(kinds[k].context), NULL);
	const struct feel_expr *e = feel_compile(a, str_of(kinds[k].text), NULL, 0, &d);
	feel_value context = feel_of_json(a, c), v;
	if (!e)
		exit(1);
	struct feel_run run = feel_run_make(a, NULL);
	const struct feel_bound *b = feel_bind(e, context, &run);
	double start = now(), t;
	uint64_t n = 0;
	do {
		for (int i = 0; i < ROUNDS; i++, n += EVALUATIONS) {
			arena_mark m = arena_save(a);
			for (int x = 0; x < EVALUATIONS; x++)
				if ((bound ? feel_eval_bound(b, &run, &v) : feel_eval(e, context, &run, &v)) !=
				        OK ||
				    v.kind == FEEL_NULL)
					exit(1);
			arena_rewind(a, m);
		}
		t = now() - start;
	} while (t < seconds);
	return (double)n / t;
}

/* --- the same by feelin -------------------------------------------------------------- */

struct peer {
	double compiled[KINDS], whole[KINDS];
	bool there;
};

static struct peer peer_rates(double seconds)
{
	struct peer p = {0};
	char file[] = "/tmp/bench_feel_XXXXXX", command[256], line[256];
	int fd = mkstemp(file);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "w");
	if (!f)
		return p;
	fputs("[", f);
	for (size_t k = 0; k < KINDS; k++) {
		fprintf(f, "%s{\"name\": \"%s\", \"context\": %s, \"text\": \"", k ? "," : "",
		        kinds[k].name, kinds[k].context);
		for (const char *c = kinds[k].text; *c; c++)
			fprintf(f, *c == '"' ? "\\%c" : "%c", *c);
		fputs("\"}", f);
	}
	fputs("]", f);
	fclose(f);
	snprintf(command, sizeof command, "node tests/bench/feel.mjs %s %g 2>/dev/null", file, seconds);
	f = popen(command, "r");
	for (size_t k = 0; f && k < KINDS && fgets(line, sizeof line, f); k++) {
		char *tab = strchr(line, '\t'), *next = NULL;
		p.compiled[k] = tab ? strtod(tab, &next) : 0;
		p.whole[k] = next ? strtod(next, NULL) : 0;
		p.there = p.compiled[k] > 0;
	}
	if (f)
		pclose(f);
	unlink(file);
	return p;
}

/* --- tables ------------------------------------------------------------------------------ */

static str table_model(arena *a, size_t inputs, size_t rules)
{
	buf b = buf_make(a, (size_t)64 * 1024 * 1024);
	buf_puts(&b, "<definitions xmlns='https://www.omg.org/spec/DMN/20191111/MODEL/' name='t' "
	             "namespace='t'>");
	for (size_t i = 0; i < inputs; i++)
		buf_fmt(&b,
		        "<inputData id='i%zu' name='x%zu'><variable name='x%zu' typeRef='number'/>"
		        "</inputData>",
		        i, i, i);
	buf_puts(&b, "<decision id='d' name='D'><variable name='D'/>");
	for (size_t i = 0; i < inputs; i++)
		buf_fmt(&b,
		        "<informationRequirement><requiredInput href='#i%zu'/>"
		        "</informationRequirement>",
		        i);
	buf_puts(&b, "<decisionTable hitPolicy='UNIQUE'>");
	for (size_t i = 0; i < inputs; i++)
		buf_fmt(&b,
		        "<input><inputExpression typeRef='number'><text>x%zu</text>"
		        "</inputExpression></input>",
		        i);
	buf_puts(&b, "<output/>");
	for (size_t r = 0; r < rules; r++) {
		buf_fmt(&b, "<rule><inputEntry><text>[%zu..%zu)</text></inputEntry>", r * 10, r * 10 + 10);
		for (size_t i = 1; i < inputs; i++)
			buf_puts(&b, i % 2 ? "<inputEntry><text>&gt;= 0</text></inputEntry>"
			                   : "<inputEntry><text>-</text></inputEntry>");
		buf_fmt(&b, "<outputEntry><text>%zu</text></outputEntry></rule>", r);
	}
	buf_puts(&b, "</decisionTable></decision></definitions>");
	return buf_str(&b);
}

static double table_rate(arena *a, size_t inputs, size_t rules, double seconds)
{
	struct diags d = diags_make(a, (str){0});
	struct dmn *m = dmn_load(a, table_model(a, inputs, rules), &d);
	feel_value in[8], v;
	uint64_t n = 0;
	if (!m)
		exit(1);
	for (size_t k = 0; k < 8; k++) {
		in[k] = feel_null();
		for (size_t i = 0; i < inputs; i++)
			in[k] = feel_put(a, in[k], str_fmt(a, "x%zu", i),
			                 feel_int((int64_t)(i ? 7 : (k * rules / 8) * 10 + k)));
	}
	double start = now(), t;
	do {
		for (int i = 0; i < 200; i++, n++) {
			arena_mark mark = arena_save(a);
			struct dmn_run run = dmn_run_make(a);
			if (dmn_eval_value(m, STR("D"), in[i % 8], &run, &v) != OK || v.kind != FEEL_NUMBER)
				exit(1);
			arena_rewind(a, mark);
		}
		t = now() - start;
	} while (t < seconds);
	return (double)n / t;
}

/* A chain of 100 decisions, each a table of ten rules over the one before. */
static double load_time(arena *a, double seconds)
{
	buf b = buf_make(a, (size_t)8 * 1024 * 1024);
	buf_puts(&b, "<definitions xmlns='https://www.omg.org/spec/DMN/20191111/MODEL/' name='t' "
	             "namespace='t'><inputData id='d0' name='D 0'><variable name='D 0' "
	             "typeRef='number'/></inputData>");
	for (int i = 1; i <= 100; i++) {
		buf_fmt(&b,
		        "<decision id='d%d' name='D %d'><variable name='D %d' typeRef='number'/>"
		        "<informationRequirement><requiredInput href='#d%d'/></informationRequirement>"
		        "<decisionTable><input><inputExpression typeRef='number'><text>D %d</text>"
		        "</inputExpression></input><output/>",
		        i, i, i, i - 1, i - 1);
		for (int r = 0; r < 10; r++)
			buf_fmt(&b,
			        "<rule><inputEntry><text>[%d..%d)</text></inputEntry><outputEntry>"
			        "<text>D %d * 2 + %d</text></outputEntry></rule>",
			        r, r + 1, i - 1, r);
		buf_puts(&b, "</decisionTable></decision>");
	}
	buf_puts(&b, "</definitions>");
	double start = now(), t;
	int n = 0;
	do {
		arena_mark mark = arena_save(a);
		struct diags d = diags_make(a, (str){0});
		if (!dmn_load(a, buf_str(&b), &d))
			exit(1);
		arena_rewind(a, mark);
		n++;
		t = now() - start;
	} while (t < seconds);
	return t / n;
}

int main(int argc, char **argv)
{
	double seconds = argc > 1 ? strtod(argv[1], NULL) : 1;
	arena *a = arena_create(ARENA_BYTES);
	struct peer p = peer_rates(seconds);
	printf("%-16s %12s %12s %8s %14s %14s\n", "expression", "diwan/s", "feelin/s", "times",
	       "looking up", "feelin, reading");
	for (size_t k = 0; k < KINDS; k++) {
		double rate = expression_rate(a, k, seconds, true),
		       whole = expression_rate(a, k, seconds, false);
		if (p.there)
			printf("%-16s %12.0f %12.0f %8.1f %14.0f %14.0f\n", kinds[k].name, rate, p.compiled[k],
			       rate / p.compiled[k], whole, p.whole[k]);
		else
			printf("%-16s %12.0f %12s %8s %14.0f\n", kinds[k].name, rate, "(absent)", "", whole);
	}
	static const size_t sizes[][2] = {{2, 5}, {3, 20}, {2, 10000}};
	for (size_t i = 0; i < 3; i++) {
		double rate = table_rate(a, sizes[i][0], sizes[i][1], seconds);
		printf("table of %zu rules, %zu inputs: %.0f/s, %.3f us\n", sizes[i][1], sizes[i][0], rate,
		       1e6 / rate);
	}
	printf("model of 100 decisions loaded in %.2f ms\n", load_time(a, seconds) * 1000);
	arena_destroy(a);
	return 0;
}
