/*
 * A process that is killed in the middle of a case: at a random moment of each
 * step, again and again. What was answered is there, nothing is there twice, and
 * the case ends as if nothing had happened.
 */
#include "case_unit.h"

#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>

enum { STEPS = 9, ROUNDS = 4, TRIES = 40, SHORT_MS = 12, LONG_MS = 60 };

/* What the child tells before it dies: written after the commit. */
struct told {
	volatile int answered;
};

static void *killer(void *ctx)
{
	long nanos = *(long *)ctx;
	struct timespec wait = {nanos / 1000000000, nanos % 1000000000};
	nanosleep(&wait, NULL);
	kill(getpid(), SIGKILL);
	return NULL;
}

static int64_t the_case(struct people *p)
{
	struct kase q[4];
	dbc *c = db_reader(p->u->k->db);
	size_t n = cases_of(c, p->u->a, p->citizen, q, COUNT(q));
	db_reader_return(c);
	assert_true(n <= 1);
	return n ? q[0].id : 0;
}

/* One step of a whole life; each is sent with its own key, as a client would. */
static void step(struct people *p, int n)
{
	int64_t id = the_case(p);
	struct task t = id ? task_of(p, id, "id_officer") : (struct task){0};
	str key = str_fmt(p->u->a, "step-%d", n);
	struct act m = {.key = key, .id = id};
	int64_t revision = id ? look_at(p, id).revision : 0;
	switch (n) {
	case 0:
		m.verb = DO_DRAFT, m.by = p->citizen;
		break;
	case 1:
		m.verb = DO_SAVE, m.by = p->citizen, m.value = good_answers(p);
		break;
	case 2:
		m.verb = DO_SUBMIT, m.by = p->citizen;
		break;
	case 3:
		m.verb = DO_WORK, m.n = work_of(p, id, "payment");
		break;
	case 4:
	case 7:
		m.verb = DO_CLAIM, m.by = p->officer, m.id = t.id;
		break;
	case 5:
		m.verb = DO_COMPLETE, m.by = p->officer, m.id = t.id, m.n = revision;
		m.text = STR("return"), m.more = STR("Photo");
		break;
	case 6:
		m.verb = DO_ANSWER, m.by = p->citizen;
		break;
	case 8:
		m.verb = DO_COMPLETE, m.by = p->officer, m.id = t.id, m.n = revision;
		m.text = STR("approve");
		break;
	}
	if (act_run(p, &m) != OK) {
		print_message("step %d: %s %.*s\n", n, err_find(m.fault.code)->name, STRF(m.fault.detail));
		_exit(3);
	}
}

typedef void step_fn(struct people *p, int n);

static void child(struct people *p, struct told *told, step_fn *steps, int n, long nanos)
{
	pthread_t thread;
	str why = {0};
	unit_open(p->u);
	if (pack_refresh(p->u->k, &why) != OK)
		_exit(4);
	/* The same key again: who asks twice is answered, and nothing happens twice. */
	pthread_create(&thread, NULL, killer, &nanos);
	steps(p, n);
	told->answered = n + 1;
	pause();
}

/* Runs the step in processes that are killed, until one had answered. */
static int killed_until_done(struct people *p, struct told *told, step_fn *steps, int n,
                             uint64_t *seed)
{
	int deaths = 0;
	rng r = rng_seeded(*seed);
	for (int i = 0; i < TRIES && told->answered != n + 1; i++) {
		bool server = getenv("DIWAN_TEST_PG") != NULL; /* each process has to connect first */
		/* On a busy machine a step takes longer: in the end there is time for any. */
		int most = (i < TRIES / 4 ? SHORT_MS : LONG_MS << (i - TRIES / 4) / 4) * (server ? 8 : 1);
		long nanos = (long)rng_below(&r, (uint64_t)most * 1000000);
		pid_t pid = fork();
		assert_true(pid >= 0);
		if (pid == 0)
			child(p, told, steps, n, nanos);
		int status;
		assert_int_equal(waitpid(pid, &status, 0), pid);
		if (!WIFSIGNALED(status))
			fail_msg("step %d ended with %d", n, WEXITSTATUS(status));
		deaths++;
	}
	*seed = rng_u64(&r);
	assert_int_equal(told->answered, n + 1);
	return deaths;
}

/* proves: CORE-05 */
static void killed_in_every_step(void **state)
{
	(void)state;
	static const char *const once[] = {"case.drafted", "case.saved",    "case.submitted",
	                                   "work.done",    "case.returned", "case.answered",
	                                   "case.approved"};
	uint64_t seed = 11;
	int deaths = 0;
	int rounds = getenv("DIWAN_TEST_PG") ? 1 : ROUNDS;
	for (int round = 0; round < rounds; round++) {
		struct people *p = people_start();
		struct told *told =
		    mmap(NULL, sizeof *told, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
		assert_true(told != MAP_FAILED);
		kernel_close(p->u->k);
		for (int n = 0; n < STEPS; n++)
			deaths += killed_until_done(p, told, step, n, &seed);
		people_reopen(p);
		struct kase q = look_at(p, the_case(p));
		assert_str(q.state, "approved");
		assert_str(q.reference, "IDL-2025-000001");
		for (size_t i = 0; i < COUNT(once); i++)
			assert_int_equal(count_of(p, once[i]), 1);
		assert_int_equal(count_of(p, "task.claimed"), 2);
		rebuilt(p);
		struct journal_report report;
		assert_int_equal(journal_verify(p->u->k, p->u->a, &report), OK);
		assert_int_equal(report.first_bad, 0);
		munmap(told, sizeof *told);
		people_stop(p);
	}
	print_message("%d processes were killed in %d steps\n", deaths, rounds * STEPS);
	assert_true(deaths >= rounds * STEPS);
}

/* ---- many timers at once ---- */

enum { TIMERS = 40 };

static err known_person(struct tx *tx, void *ctx)
{
	int64_t *id = ctx;
	return person_add(tx, str_c(tx->a, str_fmt(tx->a, "9%08lld", (long long)*id)), "Noor Hasan",
	                  NULL, NULL, id);
}

static void draining_child(struct people *p, struct told *told, long nanos)
{
	pthread_t thread;
	str why = {0};
	unit_open(p->u);
	if (pack_refresh(p->u->k, &why) != OK)
		_exit(4);
	pthread_create(&thread, NULL, killer, &nanos);
	scheduler_drain(p->u->k);
	told->answered = 1;
	pause();
}

/* How many of the timers' reminders stand in the journal, and for how many cases. */
static void reminders(struct people *p, int64_t *events, int64_t *cases)
{
	dbc *c = db_reader(p->u->k->db);
	rows *r = db_query_text(c,
	                        STR("SELECT count(*), count(DISTINCT case_id) FROM journal"
	                            " WHERE kind = 'task.overdue'"),
	                        NULL, 0);
	assert_true(db_next(r));
	*events = db_int(r, 0);
	*cases = db_int(r, 1);
	db_done(r);
	db_reader_return(c);
}

/* proves: CORE-05 */
static void timers_fire_once_across_kills(void **state)
{
	(void)state;
	struct people *p = people_start();
	struct told *told =
	    mmap(NULL, sizeof *told, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	rng r = rng_seeded(5);
	bool server = getenv("DIWAN_TEST_PG") != NULL;
	int deaths = 0;
	assert_true(told != MAP_FAILED);
	for (int i = 0; i < TIMERS; i++) {
		int64_t person = i;
		assert_int_equal(unit_run(p->u, known_person, &person), OK);
		paid(p, submitted(p, person));
	}
	kernel_close(p->u->k);
	p->u->now += 12 * DAY;
	for (; !told->answered && deaths < 200; deaths++) {
		long most = (long)(deaths + 1) * 8000000 * (server ? 4 : 1), nanos;
		nanos = (long)rng_below(&r, (uint64_t)(most < 900000000 ? most : 900000000));
		p->u->now += JOB_LEASE + SECOND; /* what died held its jobs so long */
		pid_t pid = fork();
		assert_true(pid >= 0);
		if (pid == 0)
			draining_child(p, told, nanos);
		int status;
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status));
	}
	assert_int_equal(told->answered, 1);
	people_reopen(p);
	int64_t events, cases;
	reminders(p, &events, &cases);
	print_message("%d timers fired in %d processes\n", TIMERS, deaths);
	assert_int_equal(events, TIMERS);
	assert_int_equal(cases, TIMERS);
	rebuilt(p);
	munmap(told, sizeof *told);
	people_stop(p);
}

/* ---- branches, a timer, a message, compensation, and a newer version ---- */

#define WHOLE    "complaint"
#define IN_WHOLE "services/" WHOLE "/"

/* An inspection, an hour and a letter, all three; then the inspection is undone, and
 * somebody answers. In the newer version nothing is undone. */
#define FLOW(id, from, to)                                                                         \
	"<sequenceFlow id=\"" id "\" sourceRef=\"" from "\" targetRef=\"" to "\"/>"
#define PROCESS(after)                                                                             \
	"<definitions xmlns=\"http://www.omg.org/spec/BPMN/20100524/MODEL\""                           \
	" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\""                                     \
	" xmlns:diwan=\"urn:diwan:bpmn:1\" id=\"d\" targetNamespace=\"urn:diwan:unit\">"               \
	"<message id=\"m\" name=\"letter\"><extensionElements>"                                        \
	"<diwan:subscription key=\"answers.phone\"/></extensionElements></message>"                    \
	"<process id=\"complaint\" isExecutable=\"true\" diwan:version=\"1\">"                         \
	"<startEvent id=\"start\"/><parallelGateway id=\"both\"/>"                                     \
	"<userTask id=\"inspect\" name=\"Inspect\" diwan:name_ar=\"المعاينة\""                 \
	" diwan:role=\"id_officer\" diwan:outcomes=\"answer return reject\"/>"                         \
	"<boundaryEvent id=\"back\" attachedToRef=\"inspect\"><compensateEventDefinition/>"            \
	"</boundaryEvent>"                                                                             \
	"<serviceTask id=\"undo\" isForCompensation=\"true\" diwan:type=\"remind\""                    \
	" diwan:message=\"overdue\"/>"                                                                 \
	"<association id=\"a1\" associationDirection=\"One\" sourceRef=\"back\" targetRef=\"undo\"/>"  \
	"<intermediateCatchEvent id=\"hour\"><timerEventDefinition>"                                   \
	"<timeDuration xsi:type=\"tFormalExpression\">PT1H</timeDuration></timerEventDefinition>"      \
	"</intermediateCatchEvent>"                                                                    \
	"<intermediateCatchEvent id=\"post\"><messageEventDefinition messageRef=\"m\"/>"               \
	"</intermediateCatchEvent>"                                                                    \
	"<parallelGateway id=\"joined\"/>"                                                             \
	"<intermediateThrowEvent id=\"undone\"><compensateEventDefinition/></intermediateThrowEvent>"  \
	"<userTask id=\"other\" name=\"Answer\" diwan:name_ar=\"الرد\" diwan:role=\"id_officer\""  \
	" diwan:outcomes=\"answer return reject\"/>"                                                   \
	"<endEvent id=\"end\" name=\"Answered\" diwan:name_ar=\"رُدّ عليه\" "                  \
	"diwan:outcome=\"answer\"/>" FLOW("f1", "start", "both") FLOW("f2", "both", "inspect")         \
	    FLOW("f3", "both", "hour") FLOW("f4", "both", "post") FLOW("f5", "inspect", "joined")      \
	        FLOW("f6", "hour", "joined") FLOW("f7", "post", "joined")                              \
	            after FLOW("f9", "other", "end") "</process></definitions>"

static const char first_version[] =
    PROCESS(FLOW("f8", "joined", "undone") FLOW("f10", "undone", "other"));
static const char newer_version[] = PROCESS(
    FLOW("f8", "joined", "other") FLOW("f0", "both", "undone") FLOW("f10", "undone", "joined"));

static const char definition[] =
    "{\"id\":\"complaint\",\"version\":1,\"entity\":\"iga\",\"reference\":\"CMP\","
    "\"card\":\"card.json\",\"form\":\"form.json\",\"process\":\"process.bpmn\","
    "\"messages\":\"messages.json\",\"decisions\":{},\"login\":\"standard\","
    "\"permissions\":{\"apply\":\"signed_in\",\"read\":\"case.read\",\"work\":\"case.work\"},"
    "\"outcomes\":{\"answer\":{\"en\":\"Answered\",\"ar\":\"رُدّ عليها\"}},"
    "\"eligibility\":[],\"due\":{\"value\":14,\"unit\":\"working_days\"},"
    "\"one_open_case\":false}";

/* The pack with the service in this version. */
static void loaded(struct people *p, const char *process, int64_t version, const char *of_pack)
{
	struct unit *u = p->u;
	struct staff s = {.p = p, .source = unit_pack(u)};
	str why = {0}, meta = {0};
	for (size_t i = 0; i < s.source.n; i++)
		if (str_eq(s.source.files[i].path, STR("pack.json")))
			meta = s.source.files[i].bytes;
	ptrdiff_t at = str_find(meta, STR("1.0.0"));
	assert_true(at > 0);
	source_put(u->a, &s.source, STR("pack.json"),
	           str_fmt(u->a, "%.*s%s%.*s", (int)at, meta.p, of_pack,
	                   STRF(str_sub(meta, (size_t)at + 5, meta.n))));
	source_put(u->a, &s.source, STR(IN_WHOLE "process.bpmn"), str_of(process));
	source_put(u->a, &s.source, STR(IN_WHOLE "service.json"), str_of(definition));
	assert_true(source_renumber(u->a, &s.source, STR(WHOLE), version));
	s.pack = unit_check(u, &s.source);
	assert_int_equal(unit_run(u, put_decide, &s), OK);
	if (pack_refresh(u->k, &why) != OK)
		fail_msg("%.*s", STRF(why));
}

enum { LETTER = 5, BRANCH_STEPS = 9 };

static void branch_step(struct people *p, int n)
{
	static const enum verb verbs[BRANCH_STEPS] = {DO_DRAFT, DO_SAVE,     DO_SUBMIT,
	                                              DO_CLAIM, DO_COMPLETE, DO_MESSAGE,
	                                              DO_READ,  DO_CLAIM,    DO_COMPLETE};
	int64_t id = the_case(p);
	struct task t = id ? task_of(p, id, "id_officer") : (struct task){0};
	bool officer = verbs[n] == DO_CLAIM || verbs[n] == DO_COMPLETE;
	struct act m = {.verb = verbs[n],
	                .key = str_fmt(p->u->a, "branch-%d", n),
	                .by = officer ? p->officer : p->citizen,
	                .id = officer ? t.id : id,
	                .text = STR(WHOLE)};
	if (m.verb == DO_SAVE)
		m.value =
		    json_parse(p->u->a,
		               STR("{\"kind\":\"complaint\",\"subject\":\"other\",\"title\":\"A lamp\","
		                   "\"body\":\"The lamp in our road has been out for a week.\","
		                   "\"phone\":\"+97336123456\",\"declaration\":true}"),
		               NULL);
	if (m.verb == DO_COMPLETE)
		m.n = look_at(p, id).revision, m.text = STR("answer"), m.more = STR("Mended");
	if (m.verb == DO_MESSAGE)
		m.text = STR("letter"), m.more = STR("+97336123456");
	if (m.verb == DO_READ) { /* nobody does anything: the hour passes */
		p->u->now += HOUR + MINUTE;
		for (int i = 0; i < 3; i++, p->u->now += JOB_LEASE + SECOND)
			scheduler_drain(p->u->k); /* what a killed process held is free after its lease */
		return;
	}
	if (act_run(p, &m) != OK) {
		print_message("step %d: %s %.*s\n", n, err_find(m.fault.code)->name, STRF(m.fault.detail));
		_exit(3);
	}
}

/* proves: CORE-05 */
static void killed_between_branches_messages_and_versions(void **state)
{
	(void)state;
	struct people *p = people_start();
	struct told *told =
	    mmap(NULL, sizeof *told, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	uint64_t seed = 23;
	int deaths = 0;
	assert_true(told != MAP_FAILED);
	loaded(p, first_version, 50, "1.0.1");
	kernel_close(p->u->k);
	for (int n = 0; n < BRANCH_STEPS; n++) {
		if (n == LETTER) { /* while it waits, a newer version comes into force */
			people_reopen(p);
			loaded(p, newer_version, 51, "1.0.2");
			kernel_close(p->u->k);
		}
		deaths += killed_until_done(p, told, branch_step, n, &seed);
	}
	people_reopen(p);
	struct kase q = look_at(p, the_case(p));
	assert_str(q.state, "approved");
	assert_int_equal(q.version, 50);
	assert_int_equal(pack_service(pack_current(p->u->k), STR(WHOLE))->version, 51);
	/* Each branch was passed once, and what was inspected was undone once. */
	static const char *const once[] = {"case.submitted", "task.overdue", "case.approved"};
	for (size_t i = 0; i < COUNT(once); i++)
		assert_int_equal(count_of(p, once[i]), 1);
	assert_int_equal(count_of(p, "task.opened"), 2);
	assert_int_equal(count_of(p, "task.closed"), 2);
	struct journal_report report;
	assert_int_equal(journal_verify(p->u->k, p->u->a, &report), OK);
	assert_int_equal(report.first_bad, 0);
	rebuilt(p);
	print_message("%d processes were killed in %d steps\n", deaths, BRANCH_STEPS);
	assert_true(deaths >= BRANCH_STEPS);
	munmap(told, sizeof *told);
	people_stop(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(killed_in_every_step), cmocka_unit_test(timers_fire_once_across_kills),
	    cmocka_unit_test(killed_between_branches_messages_and_versions)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
