/*
 * The conformance suites beside the checkout (or in DIWAN_SHARED): what the
 * declared profile promises. Skipped when they are not there.
 */
#include "unit.h"

#include "app/commands.h"
#include "base/json.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct score {
	size_t passed, outside, failed; /* outside: refused by a rule of the profile */
};

static struct score judge(arena *a, const char *folder)
{
	const char *shared = getenv("DIWAN_SHARED");
	char out[] = "/tmp/bpmn_suite_XXXXXX";
	int fd = mkstemp(out), null = open("/dev/null", O_WRONLY), keep = dup(1);
	str dir = str_fmt(a, "%s/data/bpmn/%s", shared ? shared : "../shared", folder);
	char *args[] = {
	    (char *)"bpmn", (char *)"test", (char *)str_c(a, dir), (char *)"--json", out, NULL};
	struct score score = {0};

	if (fd < 0 || access(str_c(a, dir), R_OK)) {
		unlink(out);
		print_message("# %.*s is absent\n", STRF(dir));
		skip();
	}
	fflush(stdout);
	dup2(null, 1); /* the verdicts are read from the file */
	cmd_bpmn(5, args);
	fflush(stdout);
	dup2(keep, 1);
	buf b = buf_make(a, JSON_MAX_BYTES);
	char chunk[4096];
	for (ssize_t n; (n = read(fd, chunk, sizeof chunk)) > 0;)
		buf_put(&b, (str){chunk, (size_t)n});
	close(fd);
	close(null);
	close(keep);
	unlink(out);
	json *results = json_parse(a, buf_str(&b), NULL);
	assert_non_null(results);
	for (const json *r = results->first; r; r = r->next) {
		bool pass = json_truth(r, "pass");
		bool outside = str_starts(json_str(r, "why"), STR("refused: bpmn.profile."));
		score.passed += pass;
		score.outside += !pass && outside;
		score.failed += !pass && !outside;
		if (!pass && !outside)
			print_message("# %.*s\n", STRF(json_print(a, r)));
	}
	return score;
}

static void executable_models_do_what_is_expected(void **s)
{
	struct score score = judge(*s, "exec");

	assert_int_equal(score.failed, 0);
	assert_true(score.passed >= 122);
	assert_true(score.passed * 100 >= 81 * (score.passed + score.outside));
}

static void examples_do_what_is_expected(void **s)
{
	struct score score = judge(*s, "examples");

	assert_int_equal(score.failed + score.outside, 0);
	assert_true(score.passed >= 24);
}

static void broken_models_are_refused(void **s)
{
	struct score score = judge(*s, "reject");

	assert_true(score.passed >= 158);
}

static void interchange_models_load_and_draw(void **s)
{
	struct score score = judge(*s, "parse");

	assert_int_equal(score.failed, 0);
	assert_true(score.passed >= 11);
}

/* A refused element is marked on the drawing, and explained in both languages. */
static void lint_marks_what_it_refuses(void **s)
{
	static const char bad[] =
	    "<definitions xmlns=\"http://www.omg.org/spec/BPMN/20100524/MODEL\" "
	    "targetNamespace=\"urn:t\"><process id=\"p\"><startEvent id=\"s\"/>"
	    "<endEvent id=\"e\"/><task id=\"lost\"/><sequenceFlow id=\"f\" sourceRef=\"s\" "
	    "targetRef=\"e\"/></process></definitions>";
	char in[] = "/tmp/bpmn_lint_XXXXXX", out[] = "/tmp/bpmn_svg_XXXXXX";
	int fd = mkstemp(in), svg = mkstemp(out), null = open("/dev/null", O_WRONLY), keep = dup(2);
	char *args[] = {(char *)"bpmn", (char *)"lint", in, (char *)"--svg", out, NULL};
	char text[16384] = {0};

	assert_true(fd >= 0 && svg >= 0);
	assert_int_equal(write(fd, bad, sizeof bad - 1), sizeof bad - 1);
	dup2(null, 2);
	int status = cmd_bpmn(5, args);
	dup2(keep, 2);
	assert_int_equal(status, 1);
	ssize_t n = read(svg, text, sizeof text - 1);
	assert_true(n > 0);
	str drawn = {text, (size_t)n};
	ptrdiff_t at = str_find(drawn, STR("class=\"node error\" id=\"bpmn-lost\""));
	assert_true(at > 0);
	str mark = str_sub(drawn, (size_t)at, drawn.n);
	assert_true(str_find(mark, STR("bpmn.flow.unreached")) > 0);
	assert_true(str_find(mark, STR("No flow leads to this element")) > 0);
	assert_true(str_find(mark, STR("لا يقود مسار إلى هذا العنصر")) > 0);
	close(fd);
	close(svg);
	close(null);
	close(keep);
	unlink(in);
	unlink(out);
	(void)s;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    UNIT(executable_models_do_what_is_expected), UNIT(examples_do_what_is_expected),
	    UNIT(broken_models_are_refused), UNIT(interchange_models_load_and_draw),
	    UNIT(lint_marks_what_it_refuses)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
