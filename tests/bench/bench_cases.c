/*
 * bench_cases URL [cases]: the work list and the case page over a large database.
 *
 * Fills a fresh database with `cases` (1,000,000) open cases of 20 entities, each
 * with one open task, 100 services and 500 officers, some with a journal, and
 * measures reads as the desk does them: p50 and p95 in milliseconds over pages at
 * random places of the list. The goal is 50 ms for a list, 20 ms for a case.
 */
#include "kernel/cases/cases.h"
#include "kernel/identity/organ.h"
#include "kernel/journal.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define CASES   1000000
#define ROUNDS  200
#define STORIES 500 /* cases that have a journal */
#define BASE_ID INT64_C(1000000000000)
#define NOW     (1764000000 * SECOND)

static instant bench_now(void *ctx)
{
	(void)ctx;
	return NOW;
}

/* ---- filling ---- */

static const char *const fill[] = {
    "INSERT INTO person (id, national_number, name_en, name_ar, nationality, kind, birth_date, sex,"
    " email, phone, language, staff, registered) SELECT 10000000 + i, CAST(100000000 + i AS TEXT),"
    " 'Name ' || i, 'Name ' || i, 'BHR', 'citizen', '1985-01-01', 'F', '', '', 'en', 0, 0"
    " FROM n WHERE i <= $N / 3",
    "INSERT INTO case_file (id, applicant, agent, reference, service, version, entity, state,"
    " outcome, channel, opened, submitted, changed, closed, due, paused, holder, revision, fee,"
    " currency, fee_rule, rating) SELECT 1000000000000 + i, 10000001 + i % ($N / 3), 0,"
    " 'REF-2025-' || i, 's' || (i % 100), 1, 'e' || (i % 20), CASE WHEN i % 10 < 7 THEN"
    " 'submitted' WHEN i % 10 < 9 THEN 'review' ELSE 'returned' END, '', 'web', 1763000000000000,"
    " 1763000000000000 + i, 1763000000000000, 0, 1764000000000000 + (i * 7919 % 6000 - 1000) *"
    " 600000000, 0, CASE WHEN i % 10 IN (7, 8) THEN i % 500 + 1 ELSE 0 END, 5, 4000, 'BHD', '', 0"
    " FROM n WHERE i <= $N",
    "INSERT INTO case_body (applicant, case_id, person, answers, raw, process, trace, reason, "
    "words)"
    " SELECT applicant, id, '{}', '{\"place\":\"" /* about 1 KB */
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
    "xx"
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
    "xx"
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
    "xx"
    "\"}', '', '{}', '', '', '' FROM case_file",
    "INSERT INTO case_desk (entity, case_id, applicant, service, state, holder, due, submitted)"
    " SELECT entity, id, applicant, service, state, holder, due, submitted FROM case_file",
    "INSERT INTO case_count (entity, service, state, n) SELECT entity, service, state, count(*)"
    " FROM case_desk GROUP BY entity, service, state",
    "INSERT INTO case_task (entity, id, case_id, instance, element, role, name, outcomes, form,"
    " four_eyes, holder, taken, opened, due, closed, closer, outcome) SELECT entity, id + 1, id, 7,"
    " 'review', 'id_officer', '{\"en\":\"Review\",\"ar\":\"Review\"}', 'approve reject return', '',"
    " '', holder, 0, submitted, due, 0, 0, '' FROM case_file",
};

/* The text with $N replaced by a number. */
static str with_n(arena *a, const char *text, int n)
{
	buf b = buf_make(a, 16 * 1024);
	for (; *text; text++)
		if (text[0] == '$' && text[1] == 'N') {
			buf_fmt(&b, "%d", n);
			text++;
		} else {
			buf_putc(&b, *text);
		}
	return buf_str(&b);
}

static void run(dbc *c, arena *a, const char *what, const char *sql, int cases)
{
	instant from = clock_monotonic();
	str text = str_fmt(a,
	                   "WITH RECURSIVE n(i) AS (SELECT CAST(1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE"
	                   " i < %d) %s",
	                   cases, sql);
	if (db_begin(c) || db_script(c, text) || db_commit(c)) {
		fprintf(stderr, "%s: %.*s\n", what, STRF(db_error_text(c)));
		exit(1);
	}
	printf("# %s: %.1f s\n", what, (double)(clock_monotonic() - from) / 1e6);
	fflush(stdout);
}

static void words(dbc *c, arena *a, int cases)
{
	/* A common word (one case in twenty) and a rare one, as bytes on both databases. */
	bool lite = db_kind_of(c) == DB_SQLITE;
	str sql = lite ? STR("INSERT INTO case_word (entity, word, case_id) SELECT entity,"
	                     " CAST('w' || (id % 20) AS BLOB), id FROM case_file UNION ALL SELECT"
	                     " entity, CAST('w' || id AS BLOB), id FROM case_file")
	               : STR("INSERT INTO case_word (entity, word, case_id) SELECT entity,"
	                     " convert_to('w' || (id % 20), 'UTF8'), id FROM case_file UNION ALL SELECT"
	                     " entity, convert_to('w' || id, 'UTF8'), id FROM case_file");
	run(c, a, "words", str_c(a, sql), cases);
}

static void stories(dbc *c, arena *a, int cases)
{
	static const char *const kinds[] = {"case.drafted",   "case.submitted", "case.advanced",
	                                    "work.requested", "work.done",      "case.advanced",
	                                    "task.opened",    "task.claimed",   "case.read"};
	const char *zero =
	    db_kind_of(c) == DB_SQLITE ? "zeroblob(32)" : "decode(repeat('00', 32), 'hex')";
	for (size_t k = 0; k < COUNT(kinds); k++) {
		str sql =
		    str_fmt(a,
		            "INSERT INTO journal (seq, at, kind, version, actor, on_behalf, entity,"
		            " subject, case_id, data, leaf, chain) SELECT %zu * %d + i,"
		            " 1763000000000000, '%s', 1, 10000001, 0, 'e0', 10000001,"
		            " 1000000000000 + i,"
		            " '{\"state\":\"review\",\"left\":[\"review\",\"pay\"],\"flows\":[\"f\"]}',"
		            " %s, %s FROM n WHERE i <= %d",
		            k, STORIES, kinds[k], zero, zero, STORIES);
		run(c, a, kinds[k], str_c(a, sql), cases);
	}
}

/* ---- measuring ---- */

static int by_time(const void *x, const void *y)
{
	const int64_t *p = x, *q = y;
	return *p < *q ? -1 : *p > *q;
}

struct bench {
	struct kernel *k;
	dbc *c;
	arena *a;
	int cases;
	rng r;
	str entity[20];
};

static int64_t any(struct bench *b, int64_t n)
{
	return (int64_t)rng_below(&b->r, (uint64_t)n);
}

/* A page somewhere in the list, with its count, names and references: what the
 * desk's page reads. */
static size_t list_page(struct bench *b, struct case_filter f)
{
	struct case_line l[26];
	bool capped;
	f.more = true;
	f.after_key = f.sort == CASE_BY_DUE ? NOW + (any(b, 6000) - 1000) * 600 * SECOND
	                                    : 1763000000 * SECOND + any(b, b->cases);
	f.after_id = BASE_ID + any(b, b->cases);
	size_t n = case_list(b->c, b->a, &f, l, COUNT(l));
	(void)case_count(b->c, b->a, &f, &capped);
	for (size_t i = 0; i < n; i++) {
		struct person p;
		struct kase q;
		person_get(b->c, b->a, l[i].applicant, &p);
		case_get(b->c, b->a, l[i].id, &q);
	}
	return n;
}

static size_t case_page(struct bench *b, struct case_filter f)
{
	struct kase q;
	struct task t[8];
	(void)f;
	str ref = str_fmt(b->a, "REF-2025-%lld", (long long)(1 + any(b, STORIES)));
	if (!case_by_reference(b->c, b->a, ref, &q))
		return 0;
	case_answers(b->c, b->a, q.id);
	case_applicant(b->c, b->a, q.id);
	case_trace(b->c, b->a, q.id);
	case_incidents(b->c, b->a, q.id);
	case_tasks(b->c, b->a, q.id, true, t, COUNT(t));
	case_timeline(b->k, b->c, b->a, q.id, true);
	case_reads(b->k, b->c, b->a, q.id);
	case_delays(b->k, b->c, b->a, &q);
	return 1;
}

static size_t word_page(struct bench *b, struct case_filter f)
{
	struct case_line l[500];
	str words = str_fmt(b->a, "w%lld", (long long)any(b, 20));
	return case_search(b->c, b->a, &f, words, l, COUNT(l));
}

static bool measure(struct bench *b, const char *what, double goal,
                    size_t (*page)(struct bench *, struct case_filter), struct case_filter f)
{
	static int64_t took[ROUNDS];
	size_t found = 0;
	for (int i = 0; i < ROUNDS + 20; i++) { /* the first warm the caches */
		instant from = clock_monotonic();
		arena_mark m = arena_save(b->a);
		if (f.n_entities == 1)
			f.entities = &b->entity[any(b, 20)];
		size_t n = page(b, f);
		arena_rewind(b->a, m);
		if (i < 20)
			continue;
		found += n;
		took[i - 20] = clock_monotonic() - from;
	}
	if (db_error(b->c)) {
		fprintf(stderr, "%s: %.*s\n", what, STRF(db_error_text(b->c)));
		exit(1);
	}
	qsort(took, ROUNDS, sizeof *took, by_time);
	double p50 = (double)took[ROUNDS / 2] / 1e3, p95 = (double)took[ROUNDS * 95 / 100] / 1e3;
	printf("%-44s p50 %7.2f ms  p95 %7.2f ms  (%s %.0f ms; %zu lines)\n", what, p50, p95,
	       p95 <= goal ? "within" : "ABOVE", goal, found / ROUNDS);
	fflush(stdout);
	return p95 <= goal;
}

static bool lists(struct bench *b)
{
	static const str open[] = {STR_INIT("submitted"), STR_INIT("review"), STR_INIT("returned"),
	                           STR_INIT("unpaid"), STR_INIT("approved")};
	struct case_filter f = {.entities = b->entity,
	                        .n_entities = 1,
	                        .holder = CASE_ANYBODY,
	                        .states = open,
	                        .n_states = COUNT(open)};
	bool good = measure(b, "list: open cases by due day", 50, list_page, f);
	f.descending = true;
	good &= measure(b, "list: latest due first", 50, list_page, f);
	f.sort = CASE_BY_RECEIVED;
	good &= measure(b, "list: newest first", 50, list_page, f);
	f.holder = 0;
	good &= measure(b, "list: nobody's, newest first", 50, list_page, f);
	f.holder = 8;
	good &= measure(b, "list: one officer's, newest first", 50, list_page, f);
	f.sort = CASE_BY_DUE;
	f.descending = false;
	good &= measure(b, "list: one officer's by due day", 50, list_page, f);
	f.holder = CASE_ANYBODY;
	f.service = STR("s40");
	good &= measure(b, "list: one service by due day", 50, list_page, f);
	f.service = (str){0};
	f.due_before = NOW;
	good &= measure(b, "list: what is late", 50, list_page, f);
	f.due_before = 0;
	good &= measure(b, "list: by a common name", 50, word_page, f);
	f.n_entities = 0;
	f.everywhere = true;
	good &= measure(b, "list: every entity's by due day", 50, list_page, f);
	return good;
}

static void kernel_begin(struct bench *b, const char *url, const char *dir)
{
	static const struct organ *const organs[] = {&identity_organ, &cases_organ};
	struct kernel_options o = {.database = str_of(url),
	                           .data_dir = str_of(dir),
	                           .clock = {bench_now, NULL},
	                           .organs = organs,
	                           .n_organs = COUNT(organs),
	                           .migrate = true};
	str why = {0};
	if (kernel_open(&o, &b->k, &why) != OK) {
		fprintf(stderr, "%.*s\n", STRF(why));
		exit(1);
	}
}

int main(int argc, char **argv)
{
	char dir[] = "/tmp/diwan-bench.XXXXXX", url[128];
	struct bench b = {.a = arena_create((size_t)1024 * 1024 * 1024), .r = rng_seeded(7)};
	if (!b.a || !mkdtemp(dir))
		return 1;
	snprintf(url, sizeof url, "sqlite:%s/bench.db", dir);
	b.cases = argc > 2 ? atoi(argv[2]) : CASES;
	kernel_begin(&b, argc > 1 && argv[1][0] ? argv[1] : url, dir);
	for (int i = 0; i < 20; i++)
		b.entity[i] = str_fmt(b.a, "e%d", i);
	dbc *w = db_writer(b.k->db);
	for (size_t i = 0; i < COUNT(fill); i++) {
		str sql = with_n(b.a, fill[i], b.cases);
		run(w, b.a, str_c(b.a, str_sub(sql, 12, 24)), str_c(b.a, sql), b.cases);
	}
	words(w, b.a, b.cases);
	stories(w, b.a, b.cases);
	db_script(w, STR("ANALYZE"));
	db_writer_return(w);
	b.c = db_reader(b.k->db);
	bool good = lists(&b);
	good &= measure(&b, "case page", 20, case_page, (struct case_filter){0});
	db_reader_return(b.c);
	kernel_close(b.k);
	char command[64];
	snprintf(command, sizeof command, "rm -rf %s", dir);
	return system(command) || !good;
}
