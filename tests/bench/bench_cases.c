/*
 * bench_cases [URL [CASES [FOLDER [PART]]]]: the desk over a large database, as officers see it:
 * over HTTP, from the request's first byte to the answer's last.
 *
 * Fills a fresh database (SQLite, or the one named) with CASES (1,000,000) open cases of
 * 20 entities, each with one open task, and 500 cases that went their way through the
 * platform's own commands. Then, as an officer of one entity and as a supervisor of all:
 * each filter and each kind of query, in each order, from the start and deep in the list;
 * the workload, the whole list as a table, a case's page read first (which is recorded)
 * and again. p50 and p95 in milliseconds; the goal is 50 ms for a list and 20 ms for a
 * case. It ends with the slowest of all combinations, and fails when one misses its goal.
 * With a FOLDER the database and its keys stay, and the next run measures at once; with a
 * PART it measures that alone: officer, everywhere, case or table.
 */
#include "app/systems.h"
#include "kernel/cases/cases.h"
#include "kernel/pack/pack.h"
#include "kernel/search/search.h"
#include "web/server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CASES        1000000
#define ENTITIES     20
#define OFFICERS     25 /* of each entity */
#define ROUNDS       12 /* of each filter, order and depth */
#define STORIES      500
#define BATCH        100
#define FAMILIES     997
#define BASE_ID      INT64_C(1000000000000)
#define NOW          (1764000000 * SECOND)
#define FIRST_NUMBER 700000000
#define INDEXES_MAX  64
#define LIST_GOAL    50
#define CASE_GOAL    20

static const char *const given[] = {"Fatima", "Ahmed",   "Maryam", "Ali",     "Layla",
                                    "Khalid", "Noora",   "Hassan", "Zainab",  "Yusuf",
                                    "Amina",  "Ibrahim", "Sara",   "Mohamed", "Huda",
                                    "Omar",   "Dana",    "Saleh",  "Reem",    "Jassim"};

struct reader {
	const char *name, *role, *entity;
	int64_t id;
	char token[48];
};

struct bench {
	arena *a;
	struct kernel *k;
	struct server *server;
	rng r;
	int cases, from, fd;
	str entity[ENTITIES];
	struct reader reader[2];
	bool filled; /* by a run before */
	str story[STORIES];
	size_t answered; /* bytes of the last answer */
	bool missed;
	double worst;
	char worst_what[200];
};

static void die(const char *what, str why)
{
	fprintf(stderr, "bench_cases: %s: %.*s\n", what, STRF(why));
	exit(1);
}

static instant bench_now(void *ctx)
{
	(void)ctx;
	return NOW;
}

/* ---- filling ---- */

/* $N cases, $S services, $O the officer who reads; e: the entity, k: counts within it. */
static const char *const fill[] = {
    "person: INSERT INTO person (id, national_number, name_en, name_ar, nationality, kind,"
    " birth_date, sex, email, phone, language, staff, registered) SELECT 10000000 + n.i,"
    " CAST(100000000 + n.i AS TEXT), g.en || ' ' || f.en, g.en || ' ' || f.en, 'BHR', 'citizen',"
    " '1985-01-01', 'F', '', '', 'en', 0, 0 FROM n JOIN bench_word g ON g.i = n.i % 20"
    " JOIN bench_word f ON f.i = 100 + n.i / 20 % 997 WHERE n.i <= $N / 3",
    "officers: INSERT INTO person (id, national_number, name_en, name_ar, nationality, kind,"
    " birth_date, sex, email, phone, language, staff, registered) SELECT 20000000 + i,"
    " CAST(200000000 + i AS TEXT), 'Officer ' || i, 'موظف ' || i, 'BHR', 'citizen',"
    " '1985-01-01', 'M', '', '', 'en', 1, 0 FROM n WHERE i <= 500",
    "case_file: INSERT INTO case_file (id, applicant, agent, reference, service, version, entity,"
    " state, outcome, channel, opened, submitted, changed, closed, due, paused, holder, revision,"
    " fee, currency, fee_rule, rating) SELECT 1000000000000 + n.i, 10000001 + n.i % ($N / 3), 0,"
    " 'REF-2025-' || CAST(1000000 + n.i AS TEXT), s.id, 1, e.id,"
    " CASE WHEN n.i / 20 % 10 < 7 THEN 'submitted' WHEN n.i / 20 % 10 < 9 THEN 'review'"
    " ELSE 'returned' END, '', 'web', 1763000000000000, 1763000000000000 + n.i * 700000,"
    " 1763000000000000, 0, 1764000000000000 + (n.i * 7919 % 6000 - 1000) * 600000000, 0,"
    " CASE WHEN n.i / 20 % 10 NOT IN (7, 8) THEN 0 WHEN n.i % 20 = 0 AND n.i / 200 % 25 = 0"
    " THEN $O ELSE 20000001 + n.i % 20 * 25 + n.i / 200 % 25 END,"
    " 5, 4000, 'BHD', '', 0 FROM n JOIN bench_name s ON s.kind = 's' AND s.i = n.i % $S"
    " JOIN bench_name e ON e.kind = 'e' AND e.i = n.i % 20",
    "case_body: INSERT INTO case_body (applicant, case_id, person, answers, raw, process, trace,"
    " reason, words) SELECT applicant, id, '{}', '{\"place\":\"' || w.pad || '\"}', '', '{}', '',"
    " '', '' FROM case_file JOIN bench_word w ON w.i = 0",
    "case_desk: INSERT INTO case_desk (entity, case_id, applicant, service, state, holder, due,"
    " submitted) SELECT entity, id, applicant, service, state, holder, due, submitted"
    " FROM case_file ORDER BY entity, id",
    "case_count: INSERT INTO case_count (entity, service, state, n) SELECT entity, service, state,"
    " count(*) FROM case_desk GROUP BY entity, service, state",
    "case_task: INSERT INTO case_task (entity, id, case_id, instance, element, role, name,"
    " outcomes, form, four_eyes, holder, taken, opened, due, closed, closer, outcome)"
    " SELECT entity, id + 1, id, 7, 'review', 'id_officer', '{\"en\":\"Review\",\"ar\":\"دراسة\"}',"
    " 'approve reject return', '', '', holder, 0, submitted, due, 0, 0, '' FROM case_file"
    " ORDER BY entity, id",
    "words: INSERT INTO case_word (entity, word, case_id) SELECT entity, word, id FROM"
    " (SELECT c.entity, g.word, c.id FROM case_file c JOIN bench_word g"
    " ON g.i = (c.applicant - 10000000) % 20 UNION ALL SELECT c.entity, f.word, c.id FROM"
    " case_file c JOIN bench_word f ON f.i = 100 + (c.applicant - 10000000) / 20 % 997) AS w"
    " ORDER BY entity, word, id",
};

/* The text with $N, $S, $O replaced by numbers. */
static str numbered(arena *a, str text, const struct bench *b, int services)
{
	buf out = buf_make(a, 16 * 1024);
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] == '$') {
			char c = text.p[++i];
			buf_fmt(&out, "%lld",
			        c == 'N'   ? (long long)b->cases
			        : c == 'S' ? (long long)services
			                   : (long long)b->reader[0].id);
		} else {
			buf_putc(&out, text.p[i]);
		}
	return buf_str(&out);
}

static void script(dbc *c, const char *what, str sql)
{
	if (db_begin(c) || db_script(c, sql) || db_commit(c))
		die(what, db_error_text(c));
}

/* Ids of entities and services, and words, as tables that the filling joins. */
static int names(struct bench *b, dbc *c)
{
	const struct pack *p = pack_current(b->k);
	bool lite = db_kind_of(c) == DB_SQLITE;
	buf sql = buf_make(b->a, 1024 * 1024);
	buf_puts(&sql,
	         "CREATE TABLE bench_name (kind TEXT, i BIGINT, id TEXT, PRIMARY KEY (kind, i));"
	         "CREATE TABLE bench_word (i BIGINT PRIMARY KEY, en TEXT, word BYTEA, pad TEXT);");
	for (int i = 0; i < ENTITIES; i++)
		buf_fmt(&sql, "INSERT INTO bench_name VALUES ('e', %d, '%.*s');", i, STRF(b->entity[i]));
	for (size_t i = 0; i < p->n_services; i++)
		buf_fmt(&sql, "INSERT INTO bench_name VALUES ('s', %zu, '%.*s');", i,
		        STRF(p->services[i].id));
	for (int i = 0; i < 100 + FAMILIES; i++) {
		str name = i < 20 ? str_of(given[i]) : str_fmt(b->a, "Family%d", i - 100), *token;
		if (i >= 20 && i < 100)
			continue;
		if (search_tokens(b->a, name, &token) != 1)
			die("a name", name);
		buf_fmt(&sql, "INSERT INTO bench_word VALUES (%d, '%.*s', %s%.*s', '", i, STRF(name),
		        lite ? "x'" : "'\\x", STRF(str_hex(b->a, token[0])));
		for (int x = 0; x < 700 && i == 0; x++)
			buf_putc(&sql, 'x');
		buf_puts(&sql, "');");
	}
	script(c, "names", buf_str(&sql));
	return (int)p->n_services;
}

/* Indexes are made after the filling: that is quicker, and leaves them as they would be. */
static size_t indexes(struct bench *b, dbc *c, str *made)
{
	static const char lite[] =
	    "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name"
	    " IN ('case_file', 'case_body', 'case_desk', 'case_task', 'case_word')";
	static const char postgres[] =
	    "SELECT indexname, indexdef FROM pg_indexes WHERE indexname NOT LIKE '%_pkey' AND tablename"
	    " IN ('case_file', 'case_body', 'case_desk', 'case_task', 'case_word')";
	size_t n = 0;
	buf drop = buf_make(b->a, 16 * 1024);
	rows *r =
	    db_query_text(c, db_kind_of(c) == DB_SQLITE ? str_of(lite) : str_of(postgres), NULL, 0);
	while (n < INDEXES_MAX && db_next(r)) {
		buf_fmt(&drop, "DROP INDEX %.*s;", STRF(db_text(r, 0)));
		made[n++] = str_dup(b->a, db_text(r, 1));
	}
	db_done(r);
	script(c, "indexes", buf_str(&drop));
	return n;
}

static void fill_all(struct bench *b)
{
	str made[INDEXES_MAX];
	dbc *c = db_writer(b->k->db);
	instant begun = clock_monotonic();
	int services = names(b, c);
	size_t n = indexes(b, c, made);
	for (size_t i = 0; i < COUNT(fill); i++) {
		instant from = clock_monotonic();
		str sql = numbered(b->a, str_of(fill[i]), b, services), what;
		str_cut(&sql, ':', &what);
		script(c, fill[i],
		       str_fmt(b->a,
		               "WITH RECURSIVE n(i) AS (SELECT CAST(1 AS BIGINT) UNION ALL SELECT i + 1"
		               " FROM n WHERE i < %d) %.*s",
		               b->cases, STRF(sql)));
		printf("# %.*s: %.1f s\n", STRF(what), (double)(clock_monotonic() - from) / 1e6);
		fflush(stdout);
	}
	for (size_t i = 0; i < n; i++)
		script(c, "an index", made[i]);
	/* So that what is there is the platform's alone, and can be backed up. */
	script(c, "the tables of names", STR("DROP TABLE bench_name; DROP TABLE bench_word"));
	/* As after its first hours: what a server does by itself. SQLite does nothing. */
	if (db_kind_of(c) == DB_POSTGRES)
		db_script(c, STR("VACUUM ANALYZE"));
	db_writer_return(c);
	printf("# filled in %.1f s\n", (double)(clock_monotonic() - begun) / 1e6);
}

/* ---- what the platform's own commands make ---- */

static void run(struct bench *b, err (*decide)(struct tx *tx, void *ctx), void *ctx)
{
	arena *own = arena_create((size_t)256 * 1024 * 1024);
	struct action act = {.k = b->k, .a = own, .decide = decide, .ctx = ctx};
	if (kernel_run(&act) != OK)
		die("a command was refused", act.fault.detail);
	arena_destroy(own);
}

struct putting {
	struct pack_source source;
	struct pack *pack;
};

static err put_decide(struct tx *tx, void *ctx)
{
	struct putting *p = ctx;
	return pack_put(tx, &p->source, p->pack);
}

static struct person somebody(arena *a, int i)
{
	return (struct person){.national_number = str_fmt(a, "%d", FIRST_NUMBER + i),
	                       .name_en = STR("Layla Example"),
	                       .name_ar = STR("ليلى مثال"),
	                       .nationality = STR("BHR"),
	                       .group = STR("citizen"),
	                       .birth_date = STR("1985-01-15"),
	                       .language = STR("en")};
}

static err readers_decide(struct tx *tx, void *ctx)
{
	struct bench *b = ctx;
	err e = OK;
	for (size_t i = 0; i < COUNT(b->reader) && !e; i++) {
		struct reader *w = &b->reader[i];
		struct person p = somebody(tx->a, STORIES + (int)i);
		struct session s;
		p.staff = true;
		if (b->filled && person_by_number(tx->db, tx->a, p.national_number, &p)) {
			e = session_open(tx, p.id, SESSION_FULL, &s);
			w->id = p.id;
			if (!e)
				snprintf(w->token, sizeof w->token, "%.*s", STRF(s.token));
			continue;
		}
		e = person_register(tx, &p);
		e = e ? e : role_grant(tx, p.id, str_of(w->role), str_of(w->entity), 0);
		if (!e && i == 1) /* who takes the cases that have a story */
			e = role_grant(tx, p.id, STR("id_officer"), STR("*"), 0);
		e = e ? e : session_open(tx, p.id, SESSION_FULL, &s);
		w->id = p.id;
		if (!e)
			snprintf(w->token, sizeof w->token, "%.*s", STRF(s.token));
	}
	return e;
}

/* A complaint that was sent, and taken by the supervisor. */
static err story(struct tx *tx, struct bench *b, int i)
{
	struct person p = somebody(tx->a, i);
	struct kase q;
	struct task t;
	json *answers =
	    json_parse(tx->a,
	               STR("{\"kind\":\"complaint\",\"subject\":\"municipal\",\"title\":\"A lamp\","
	                   "\"body\":\"The lamp in our road has been out for a week.\","
	                   "\"phone\":\"+97336123456\",\"declaration\":true}"),
	               NULL);
	err e = person_register(tx, &p);
	tx->actor = (struct actor){.person = p.id, .channel = STR("web")};
	e = e ? e : draft_open(tx, pack_service(pack_current(tx->k), STR("complaint")), p.id, &q);
	e = e ? e : draft_save(tx, q.id, answers, NULL);
	e = e ? e : case_submit(tx, q.id);
	tx->actor = (struct actor){.person = b->reader[1].id, .channel = STR("web")};
	if (!e && !case_tasks(tx->db, tx->a, q.id, true, &t, 1))
		e = ERR_not_found;
	e = e ? e : task_claim(tx, t.id);
	e = e ? e : case_note(tx, q.id, STR("The lamp is known."));
	if (!e && case_get(tx->db, tx->a, q.id, &q))
		b->story[i] = str_dup(b->a, q.reference);
	return e;
}

static err stories_decide(struct tx *tx, void *ctx)
{
	struct bench *b = ctx;
	err e = OK;
	for (int i = b->from; i < b->from + BATCH && !e; i++)
		e = story(tx, b, i);
	return e;
}

static bool filled_before(struct bench *b)
{
	dbc *c = db_reader(b->k->db);
	rows *r = db_query_text(
	    c, STR("SELECT count(*) FROM case_task WHERE element = 'review' AND instance = 7"), NULL,
	    0);
	bool some = db_next(r) && db_int(r, 0) > 0;
	db_done(r);
	r = db_query_text(c,
	                  STR("SELECT reference FROM case_file WHERE service = 'complaint' AND"
	                      " reference LIKE 'CMP-%' ORDER BY id LIMIT 500"),
	                  NULL, 0);
	for (int i = 0; i < STORIES && db_next(r); i++)
		b->story[i] = str_dup(b->a, db_text(r, 0));
	db_done(r);
	db_reader_return(c);
	return some;
}

static void platform(struct bench *b, const char *folder, const char *url)
{
	const struct organ **organs = NEWN(b->a, const struct organ *, APP_ORGANS_MAX);
	struct kernel_options o = {.database =
	                               url ? str_of(url) : str_fmt(b->a, "sqlite:%s/bench.db", folder),
	                           .data_dir = str_of(folder),
	                           .clock = {bench_now, NULL},
	                           .organs = organs,
	                           .n_organs = app_organs(organs),
	                           .migrate = true};
	struct diags d = diags_make(b->a, (str){0});
	struct putting p = {0};
	str why = {0};
	if (kernel_open(&o, &b->k, &why) != OK)
		die("the platform cannot be opened", why);
	if (pack_read_folder(b->a, "packs/bahrain", &p.source, &d) == OK)
		p.pack = pack_check(b->a, &p.source, &d);
	if (d.errors)
		die("the pack", diags_print(b->a, &d));
	b->filled = filled_before(b);
	if (!b->filled) /* else with the pack it was filled with */
		run(b, put_decide, &p);
	if (pack_refresh(b->k, &why) != OK)
		die("the pack", why);
	for (int i = 0; i < ENTITIES; i++)
		b->entity[i] = pack_current(b->k)->entity[i].id;
	b->reader[0] = (struct reader){.name = "officer", .role = "id_officer"};
	b->reader[0].entity = str_c(b->a, b->entity[0]);
	b->reader[1] = (struct reader){.name = "everywhere", .role = "supervisor", .entity = "*"};
	run(b, readers_decide, b);
	if (!b->filled)
		fill_all(b);
	for (b->from = 0; b->from < STORIES && !b->filled; b->from += BATCH)
		run(b, stories_decide, b);
	struct messages *texts = messages_load(b->a, &d);
	struct server_options so = {.k = b->k,
	                            .listen = STR("127.0.0.1:0"),
	                            .threads = 2,
	                            .systems = app_systems,
	                            .n_systems = app_systems_count,
	                            .texts = texts,
	                            .templates = templates_load(b->a, texts, (str){0}, &d),
	                            .utc_offset = 3 * 3600,
	                            .currency = STR("BHD"),
	                            .timeout = 600,
	                            .quiet = true};
	if (server_start(b->a, &so, &b->server, &why) != OK)
		die("cannot serve", why);
}

/* ---- asking ---- */

static int dial(int port)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
	                         .sin_port = htons((uint16_t)port),
	                         .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	return connect(fd, (struct sockaddr *)&to, sizeof to) == 0 ? fd : -1;
}

/* Reads an answer to its end, keeping its head alone; with a length or until it closes. */
static int take(struct bench *b, bool closes)
{
	static char part[256 * 1024];
	char head[2048];
	size_t kept = 0, all = 0, want = SIZE_MAX;
	while (all < want) {
		ssize_t n = recv(b->fd, part, sizeof part, 0);
		if (n <= 0)
			break;
		size_t more = sizeof head - 1 - kept;
		more = (size_t)n < more ? (size_t)n : more;
		memcpy(head + kept, part, more);
		kept += more;
		head[kept] = 0;
		all += (size_t)n;
		const char *end = strstr(head, "\r\n\r\n"), *length = strstr(head, "Content-Length: ");
		if (want == SIZE_MAX && end && length && !closes)
			want = (size_t)(end - head) + 4 + strtoul(length + 16, NULL, 10);
	}
	b->answered = all;
	return kept > 12 ? atoi(head + 9) : 0;
}

/* The time of one request, in microseconds. */
static int64_t ask(struct bench *b, const struct reader *w, const char *path, bool closes)
{
	char text[4096];
	int n = snprintf(text, sizeof text,
	                 "GET %s HTTP/1.1\r\nHost: localhost\r\nCookie: diwan=%s\r\n%s\r\n", path,
	                 w->token, closes ? "Connection: close\r\n" : "");
	instant from = clock_monotonic();
	if (send(b->fd, text, (size_t)n, MSG_NOSIGNAL) != n)
		die("the connection is gone", str_of(path));
	int status = take(b, closes);
	int64_t took = clock_monotonic() - from;
	if (status != 200 && status != 303)
		die(path, str_fmt(b->a, "%d", status));
	if (closes) {
		close(b->fd);
		b->fd = dial(server_port(b->server));
	}
	return took;
}

static int by_time(const void *x, const void *y)
{
	const int64_t *p = x, *q = y;
	return *p < *q ? -1 : *p > *q;
}

static void tell(struct bench *b, const char *who, const char *what, int64_t *took, size_t n,
                 double goal)
{
	qsort(took, n, sizeof *took, by_time);
	double p50 = (double)took[n / 2] / 1e3, p95 = (double)took[n * 95 / 100] / 1e3;
	printf("%-11s%-40s p50 %7.2f ms  p95 %7.2f ms  most %7.2f  %s\n", who, what, p50, p95,
	       (double)took[n - 1] / 1e3, p95 <= goal ? "" : "ABOVE");
	fflush(stdout);
	b->missed |= p95 > goal;
}

static int64_t any(struct bench *b, int64_t n)
{
	return (int64_t)rng_below(&b->r, (uint64_t)n);
}

/* ---- lists ---- */

/* $e an entity, $s a service, $o an officer of the reader's entity, $g $f names, $n a number. */
static const char *const filters[] = {
    "",
    "state=submitted",
    "state=review&state=returned",
    "assignee=me",
    "assignee=none",
    "assignee=$o",
    "service=$s",
    "service=$s&state=review",
    "assignee=none&service=$s",
    "entity=$e",
    "entity=$e&service=$s&assignee=$o",
    "q=due%3Alate",
    "q=due%3A%3C3d",
    "q=due%3A%3E10d",
    "q=received%3A%3E2025-11-15",
    "q=due%3Alate+received%3A%3C2025-11-16&service=$s",
    "q=due%3A%3C3d&assignee=none&state=submitted",
    "q=$g",
    "q=$f",
    "q=$g+$f",
    "q=%22$g+$f%22",
    "q=$g+-$f",
    "q=-$g",
    "q=-state%3Areview+-service%3A$s",
    "q=$n",
    "q=entity%3A$e+due%3A%3C3d+%22$g+$f%22+-nobody",
};

static const char *const orders[] = {"due", "-due", "received", "-received"};

static str path_of(struct bench *b, const char *filter, const char *order, bool deep)
{
	const struct pack *p = pack_current(b->k);
	buf out = buf_make(b->a, 2048);
	buf_fmt(&out, "/en/desk?sort=%s", order);
	if (deep) {
		bool due = strstr(order, "due") != NULL;
		buf_fmt(&out, "&after=%lld.%lld",
		        due ? (long long)(NOW + (any(b, 6000) - 1000) * 600 * SECOND)
		            : (long long)(1763000000 * SECOND + any(b, b->cases) * 700000),
		        (long long)(BASE_ID + any(b, b->cases)));
	}
	if (filter[0])
		buf_putc(&out, '&');
	for (const char *c = filter; *c; c++) {
		if (*c != '$') {
			buf_putc(&out, *c);
			continue;
		}
		switch (*++c) {
		case 'e':
			buf_put(&out, b->entity[0]);
			break;
		case 's':
			buf_put(&out, p->services[any(b, (int64_t)p->n_services)].id);
			break;
		case 'o':
			buf_fmt(&out, "%lld", (long long)(20000001 + 1 + any(b, OFFICERS - 1)));
			break;
		case 'g':
			buf_puts(&out, given[any(b, 20)]);
			break;
		case 'f':
			buf_fmt(&out, "Family%lld", (long long)any(b, FAMILIES));
			break;
		default:
			buf_fmt(&out, "%lld", (long long)(100000001 + any(b, b->cases / 3)));
		}
	}
	return buf_str(&out);
}

static void lists(struct bench *b, const struct reader *w)
{
	static int64_t took[COUNT(orders) * 2 * ROUNDS];
	for (size_t f = 0; f < COUNT(filters); f++) {
		size_t n = 0;
		for (size_t o = 0; o < COUNT(orders) * 2; o++) {
			int64_t most = 0;
			for (int i = 0; i < ROUNDS; i++) {
				arena_mark m = arena_save(b->a);
				str path = path_of(b, filters[f], orders[o / 2], o % 2);
				took[n] = ask(b, w, str_c(b->a, path), false);
				if (took[n] > most && i) /* the first warms */
					most = took[n];
				n++;
				arena_rewind(b->a, m);
			}
			if ((double)most / 1e3 > b->worst) {
				b->worst = (double)most / 1e3;
				snprintf(b->worst_what, sizeof b->worst_what, "%s: %s, by %s, %s", w->name,
				         filters[f], orders[o / 2], o % 2 ? "deep" : "first page");
			}
		}
		tell(b, w->name, filters[f][0] ? filters[f] : "(everything open)", took, n, LIST_GOAL);
	}
}

/* ---- the rest ---- */

static long resident_most(void)
{
	struct rusage u;
	return getrusage(RUSAGE_SELF, &u) == 0 ? u.ru_maxrss : 0;
}

static void table(struct bench *b, const struct reader *w, const char *path)
{
	long before = resident_most();
	int64_t took = ask(b, w, path, true);
	printf("%-11s%-40s %.1f MB in %.2f s, %ld KiB more in memory at most\n", w->name, path + 3,
	       (double)b->answered / 1e6, (double)took / 1e6, resident_most() - before);
	fflush(stdout);
}

static void workload(struct bench *b, const struct reader *w)
{
	int64_t took[ROUNDS * 2];
	for (int i = 0; i < ROUNDS * 2; i++)
		took[i] = ask(b, w, "/en/desk/workload", false);
	tell(b, w->name, "workload and what is late", took, COUNT(took), LIST_GOAL);
}

static void cases(struct bench *b, const struct reader *w)
{
	static int64_t took[STORIES];
	for (int again = 0; again < 2; again++) {
		for (int i = 0; i < STORIES; i++) {
			arena_mark m = arena_save(b->a);
			str path = str_fmt(b->a, "/en/desk/cases/%.*s", STRF(b->story[i]));
			took[i] = ask(b, w, str_c(b->a, path), false);
			arena_rewind(b->a, m);
		}
		tell(b, w->name, again ? "a case, read again" : "a case, the reading recorded", took,
		     STORIES, CASE_GOAL);
	}
}

static void measure(struct bench *b, const char *part)
{
	for (size_t i = 0; i < COUNT(b->reader); i++) {
		if (part && strcmp(part, b->reader[i].name) != 0)
			continue;
		lists(b, &b->reader[i]);
		workload(b, &b->reader[i]);
		printf("slowest so far: %.2f ms, %s\n", b->worst, b->worst_what);
	}
	if (!part || strcmp(part, "case") == 0)
		cases(b, &b->reader[1]);
	if (part && strcmp(part, "table") != 0)
		return;
	table(b, &b->reader[0], "/en/desk.csv?state=review");
	table(b, &b->reader[0], "/en/desk.csv");
	table(b, &b->reader[1], "/en/desk.csv?q=due%3Alate");
	table(b, &b->reader[1], "/en/desk.csv");
}

int main(int argc, char **argv)
{
	char folder[] = "/tmp/diwan-bench.XXXXXX", command[64];
	struct bench b = {.a = arena_create((size_t)1024 * 1024 * 1024), .r = rng_seeded(7)};
	bool keep = argc > 3;
	if (!b.a || (!keep && !mkdtemp(folder)))
		return 1;
	b.cases = argc > 2 ? atoi(argv[2]) : CASES;
	platform(&b, keep ? argv[3] : folder, argc > 1 && argv[1][0] ? argv[1] : NULL);
	b.fd = dial(server_port(b.server));
	measure(&b, argc > 4 ? argv[4] : NULL);
	close(b.fd);
	server_stop(b.server, 5);
	kernel_close(b.k);
	if (keep)
		return b.missed;
	snprintf(command, sizeof command, "rm -rf %s", folder);
	return system(command) != 0 || b.missed;
}
