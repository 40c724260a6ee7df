/*
 * Many timers due in the same minute, in a program that is killed in the middle:
 * each fires, once. On all rooms of the platform.
 *
 * CASE_TIMERS=100000 build/test_case_timers is the whole measure: it says how long
 * the firing took (tools/with_pg.sh for PostgreSQL).
 */
#include "kernel_unit.h"

#include "app/systems.h"
#include "kernel/cases/cases.h"
#include "kernel/journal.h"
#include "kernel/outbox/outbox.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

#define SERVICE      "complaint"
#define TIMERS       2000 /* CASE_TIMERS in the environment: another number */
#define BATCH        100
#define FIRST_NUMBER 700000000
#define PATIENCE     900 /* seconds */

struct timers {
	struct unit *u;
	struct pack_source source;
	struct pack *pack;
	int n, from;
	double seconds, processor; /* that the firing took */
};

/* ---- a service that waits an hour ---- */

static const char process[] =
    "<definitions xmlns=\"http://www.omg.org/spec/BPMN/20100524/MODEL\""
    " xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\""
    " xmlns:diwan=\"urn:diwan:bpmn:1\" id=\"d\" targetNamespace=\"urn:diwan:unit\">"
    "<process id=\"complaint\" isExecutable=\"true\" diwan:version=\"1\">"
    "<startEvent id=\"start\"/>"
    "<intermediateCatchEvent id=\"hour\" name=\"An hour\" diwan:name_ar=\"ساعة\">"
    "<timerEventDefinition>"
    "<timeDuration xsi:type=\"tFormalExpression\">PT1H</timeDuration></timerEventDefinition>"
    "</intermediateCatchEvent>"
    "<userTask id=\"other\" name=\"Answer\" diwan:name_ar=\"الرد\" diwan:role=\"id_officer\""
    " diwan:outcomes=\"answer return reject\"/>"
    "<endEvent id=\"end\" name=\"Answered\" diwan:name_ar=\"رُدّ عليه\" diwan:outcome=\"answer\"/>"
    "<sequenceFlow id=\"f1\" sourceRef=\"start\" targetRef=\"hour\"/>"
    "<sequenceFlow id=\"f2\" sourceRef=\"hour\" targetRef=\"other\"/>"
    "<sequenceFlow id=\"f3\" sourceRef=\"other\" targetRef=\"end\"/>"
    "</process></definitions>";
static const char definition[] =
    "{\"id\":\"complaint\",\"version\":1,\"entity\":\"iga\",\"reference\":\"CMP\","
    "\"card\":\"card.json\",\"form\":\"form.json\",\"process\":\"process.bpmn\","
    "\"messages\":\"messages.json\",\"decisions\":{},\"login\":\"standard\","
    "\"permissions\":{\"apply\":\"signed_in\",\"read\":\"case.read\",\"work\":\"case.work\"},"
    "\"outcomes\":{\"answer\":{\"en\":\"Answered\",\"ar\":\"رُدّ عليها\"}},"
    "\"eligibility\":[],\"due\":{\"value\":14,\"unit\":\"working_days\"},"
    "\"one_open_case\":false}";

static void put_file(struct pack_source *s, const char *path, const char *bytes)
{
	for (size_t i = 0; i < s->n; i++)
		if (str_eq(s->files[i].path, str_of(path))) {
			s->files[i].bytes = str_of(bytes);
			return;
		}
	fail_msg("%s is not in the pack", path);
}

static struct pack *checked_pack(struct unit *u, struct pack_source *s)
{
	struct diags d = diags_make(u->a, (str){0});
	if (pack_read_folder(u->a, "packs/bahrain", s, &d) == OK) {
		put_file(s, "services/" SERVICE "/process.bpmn", process);
		put_file(s, "services/" SERVICE "/service.json", definition);
	}
	struct pack *p = d.errors ? NULL : pack_check(u->a, s, &d);
	if (!p)
		fail_msg("%.*s", STRF(diags_print(u->a, &d)));
	return p;
}

/* ---- cases that wait ---- */

static err put_decide(struct tx *tx, void *ctx)
{
	struct timers *t = ctx;
	return pack_put(tx, &t->source, t->pack);
}

static err apply_one(struct tx *tx, int i)
{
	struct person p = {.national_number = str_fmt(tx->a, "%d", FIRST_NUMBER + i),
	                   .name_en = STR("Layla Example"),
	                   .name_ar = STR("ليلى مثال"),
	                   .nationality = STR("BHR"),
	                   .group = STR("citizen"),
	                   .birth_date = STR("1985-01-15"),
	                   .language = STR("en")};
	struct kase q;
	json *answers =
	    json_parse(tx->a,
	               STR("{\"kind\":\"complaint\",\"subject\":\"municipal\",\"title\":\"A lamp\","
	                   "\"body\":\"The lamp in our road has been out for a week.\","
	                   "\"phone\":\"+97336123456\",\"declaration\":true}"),
	               NULL);
	err e = person_register(tx, &p);
	tx->actor = (struct actor){.person = p.id, .channel = STR("web")};
	e = e ? e : draft_open(tx, pack_service(pack_current(tx->k), STR(SERVICE)), p.id, &q);
	e = e ? e : draft_save(tx, q.id, answers, NULL);
	return e ? e : case_submit(tx, q.id);
}

static err apply_decide(struct tx *tx, void *ctx)
{
	struct timers *t = ctx;
	err e = OK;
	for (int i = t->from; i < t->from + BATCH && i < t->n && !e; i++)
		e = apply_one(tx, i);
	return e;
}

static void command(struct timers *t, err (*decide)(struct tx *tx, void *ctx))
{
	arena *own = arena_create((size_t)256 * 1024 * 1024);
	struct action act = {.k = t->u->k, .a = own, .decide = decide, .ctx = t};
	if (kernel_run(&act) != OK)
		fail_msg("%s: %.*s %.*s", err_find(act.fault.code)->name, STRF(act.fault.field),
		         STRF(act.fault.detail));
	arena_destroy(own);
}

static void refresh(struct unit *u)
{
	str why = {0};
	if (pack_refresh(u->k, &why) != OK)
		fail_msg("%.*s", STRF(why));
}

static struct timers *waiting_cases(int n)
{
	const struct organ *organs[APP_ORGANS_MAX];
	size_t n_organs = app_organs(organs);
	struct unit *u = unit_start(organs + 1, n_organs - 1); /* the identity's is there by itself */
	struct timers *t = NEW(u->a, struct timers);
	t->u = u;
	t->n = n;
	t->pack = checked_pack(u, &t->source);
	command(t, put_decide);
	refresh(u);
	for (t->from = 0; t->from < n; t->from += BATCH)
		command(t, apply_decide);
	scheduler_drain(u->k); /* the notices of the submissions; not the timers yet */
	return t;
}

/* ---- looking, from outside of the program that fires ---- */

static int64_t number(struct unit *u, const char *sql)
{
	dbc *c = db_reader(u->k->db);
	rows *r = db_query_text(c, str_of(sql), NULL, 0);
	int64_t n = db_next(r) ? db_int(r, 0) : -1;
	db_done(r);
	assert_int_equal(db_error(c), OK);
	db_reader_return(c);
	return n;
}

#define FIRED " FROM journal WHERE kind = 'case.advanced' AND data LIKE '%\"trigger\":\"timer\"%'"

static int64_t fired(struct unit *u)
{
	return number(u, "SELECT count(*) FROM job WHERE kind = 'case.timer' AND state = 'done'");
}

/* The program: fires what is due until it is killed. */
static void child(struct unit *u)
{
	unit_open(u);
	refresh(u);
	if (scheduler_start(u->k) != OK)
		_exit(3);
	for (;;)
		pause();
}

static double seconds_of(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

/* Lets it run until so many have fired, and kills it. */
static void run_until(struct timers *t, int64_t n)
{
	struct unit *u = t->u;
	kernel_close(u->k);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		child(u);
	unit_open(u);
	int64_t before = fired(u), now = before;
	instant begun = clock_monotonic(), first = begun;
	while (now < n && clock_monotonic() - begun < PATIENCE * SECOND) {
		usleep(20 * 1000);
		now = fired(u);
		if (now == before)
			first = clock_monotonic();
	}
	struct rusage used;
	kill(pid, SIGKILL);
	assert_int_equal(wait4(pid, NULL, 0, &used), pid);
	if (now < n)
		fail_msg("only %lld of %lld fired", (long long)now, (long long)n);
	t->seconds += (double)(clock_monotonic() - first) / 1e6;
	t->processor += seconds_of(used.ru_utime) + seconds_of(used.ru_stime);
}

/* proves: CORE-05 */
static void due_in_one_minute_each_fires_once(void **state)
{
	(void)state;
	const char *given = getenv("CASE_TIMERS");
	int n = given ? atoi(given) : TIMERS;
	struct timers *t = waiting_cases(n);
	struct unit *u = t->u;
	assert_int_equal(fired(u), 0);
	assert_int_equal(number(u, "SELECT count(*) FROM job WHERE kind = 'case.timer'"), n);
	u->now += HOUR;
	run_until(t, n / 3);
	u->now += JOB_LEASE + 1; /* of a server, whose other nodes would go on */
	run_until(t, n / 3 * 2);
	u->now += JOB_LEASE + 1;
	run_until(t, n);
	assert_int_equal(number(u, "SELECT count(*)" FIRED), n);
	assert_int_equal(number(u, "SELECT count(DISTINCT case_id)" FIRED), n);
	assert_int_equal(number(u, "SELECT count(*) FROM case_task WHERE element = 'other'"), n);
	assert_int_equal(number(u, "SELECT count(*) FROM journal WHERE kind = 'case.incident'"), 0);
	print_message("# %d timers in %.1f s, killed twice: %.0f/s; %.1f s of processor\n", n,
	              t->seconds, n / t->seconds, t->processor);
	struct journal_report report;
	assert_int_equal(journal_verify(u->k, u->a, &report), OK);
	assert_int_equal(report.first_bad, 0);
	unit_stop(u);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(due_in_one_minute_each_fires_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
