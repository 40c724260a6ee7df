/*
 * bench_submit [applications [writer|clients]]: applications sent over HTTP, each answered
 * after its commit: the form checked again, the decision asked, the process begun, the case,
 * its task and the notice recorded, sealed and journalled, on SQLite with synchronous=FULL.
 *
 * Four rounds: 64 clients as fast as they can, the same at half of that rate, one client,
 * which is one commit a request, and the 64 again for applicants whose names are spread as
 * people's are: all others have one name, and desks find cases by each word of it. Clients
 * and server share the machine; what each takes of it is told. At half of the rate requests
 * are due one after the other, and each one's time is taken from when it was due.
 *
 * Two more rounds tell the limits of the machine: the same clients and server without a
 * command, a session or the database, and the same submissions queued in the process,
 * without HTTP, for a writer that has nothing to wait for. With "writer" that one alone:
 * its instructions are those that count (valgrind --tool=callgrind --instr-atstart=no
 * --separate-threads=yes). With "clients" the first round alone.
 */
#include "app/systems.h"
#include "base/heap.h"
#include "kernel/cases/cases.h"
#include "kernel/journal.h"
#include "kernel/pack/pack.h"
#include "web/server.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <math.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* Under callgrind with --instr-atstart=no the instructions of the rounds alone. */
#if __has_include(<valgrind/callgrind.h>)
#include <valgrind/callgrind.h>
#else
#define CALLGRIND_START_INSTRUMENTATION
#define CALLGRIND_STOP_INSTRUMENTATION
#endif

#define APPLICATIONS 18000
#define CLIENTS      64
#define SERVICE      "complaint"
#define BATCH        200
#define FIRST_NUMBER 700000000

struct draft {
	int64_t person, id;
	char token[48], csrf[64];
};

struct bench {
	arena *a;
	struct kernel *k;
	struct server *server;
	struct draft *draft;
	int n, from, port;
	int various; /* from this one on, names differ */
	int end;         /* of the last round */
	int32_t *micros; /* of each */
	int refused;
	bool plain; /* the clients ask for what costs nothing but HTTP */
};

static void die(const char *what, str why)
{
	fprintf(stderr, "bench_submit: %s: %.*s\n", what, STRF(why));
	exit(1);
}

/* ---- before: people, sessions, drafts ---- */

/* As the form's pages leave them: with what registers know. */
static json *answers(arena *a, const struct service *s, const struct person *p)
{
	json *sources = json_object(a), *who = person_view(a, p);
	json_set(a, sources, "person", who);
	json_set(a, sources, "applicant", json_copy(a, who));
	json *given =
	    json_parse(a,
	               STR("{\"kind\":\"complaint\",\"subject\":\"municipal\",\"title\":\"A lamp\","
	                   "\"body\":\"The lamp in our road has been out for a week.\","
	                   "\"phone\":\"+97336123456\",\"declaration\":true}"),
	               NULL);
	return form_prefill(s->form, sources, given, a);
}

/* Names are spread as people's are: the k-th most frequent one has 1/k of the first's. `turn`
 * goes evenly through all. */
static int one_of(int names, double turn)
{
	return (int)pow(names, turn - floor(turn));
}

static err prepare_one(struct tx *tx, struct bench *b, int i)
{
	const struct service *s = pack_service(pack_current(tx->k), STR(SERVICE));
	bool various = i >= b->various;
	int given = various ? one_of(200, i * 0.6180339887) : 1,
	    family = various ? one_of(2000, i * 0.7548776662) : 1;
	struct person p = {.national_number = str_fmt(tx->a, "%d", FIRST_NUMBER + i),
	                   .name_en = str_fmt(tx->a, "Layla%d Example%d", given, family),
	                   .name_ar = str_fmt(tx->a, "ليلى%d مثال%d", given, family),
	                   .nationality = STR("BHR"),
	                   .group = STR("citizen"),
	                   .birth_date = STR("1985-01-15"),
	                   .language = STR("en")};
	struct session session;
	struct kase q;
	err e = person_register(tx, &p);
	tx->actor = (struct actor){.person = p.id, .channel = STR("web")};
	e = e ? e : draft_open(tx, s, p.id, &q);
	e = e ? e : draft_save(tx, q.id, answers(tx->a, s, &p), NULL);
	e = e ? e : session_open(tx, p.id, SESSION_FULL, &session);
	if (e)
		return e;
	struct draft *d = &b->draft[i];
	d->person = p.id;
	d->id = q.id;
	snprintf(d->token, sizeof d->token, "%.*s", STRF(session.token));
	snprintf(d->csrf, sizeof d->csrf, "%.*s",
	         STRF(session_csrf(tx->a, session.token, STR("form"))));
	return OK;
}

static err prepare_decide(struct tx *tx, void *ctx)
{
	struct bench *b = ctx;
	err e = OK;
	for (int i = b->from; i < b->from + BATCH && i < b->n && !e; i++)
		e = prepare_one(tx, b, i);
	return e;
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

static void run(struct bench *b, err (*decide)(struct tx *tx, void *ctx), void *ctx)
{
	arena *own = arena_create((size_t)256 * 1024 * 1024);
	struct action act = {.k = b->k, .a = own, .decide = decide, .ctx = ctx};
	if (kernel_run(&act) != OK)
		die("a command was refused", act.fault.detail);
	arena_destroy(own);
}

static void platform(struct bench *b, const char *folder)
{
	const struct organ **organs = NEWN(b->a, const struct organ *, APP_ORGANS_MAX);
	struct kernel_options o = {.database = str_fmt(b->a, "sqlite:%s/bench.db", folder),
	                           .data_dir = str_of(folder),
	                           .organs = organs,
	                           .n_organs = app_organs(organs),
	                           .migrate = true};
	struct diags d = diags_make(b->a, (str){0});
	struct putting p;
	str why = {0};
	if (kernel_open(&o, &b->k, &why) != OK)
		die("the platform cannot be opened", why);
	if (pack_read_folder(b->a, "packs/bahrain", &p.source, &d) == OK)
		p.pack = pack_check(b->a, &p.source, &d);
	if (d.errors)
		die("the pack", diags_print(b->a, &d));
	run(b, put_decide, &p);
	if (pack_refresh(b->k, &why) != OK)
		die("the pack", why);
	for (b->from = 0; b->from < b->n; b->from += BATCH)
		run(b, prepare_decide, b);
	struct messages *texts = messages_load(b->a, &d);
	struct server_options so = {.k = b->k,
	                            .listen = STR("127.0.0.1:0"),
	                            .threads = 2,
	                            .systems = app_systems,
	                            .n_systems = app_systems_count,
	                            .texts = texts,
	                            .templates = templates_load(b->a, texts, (str){0}, &d),
	                            .currency = STR("BHD"),
	                            .connections_per_address = CLIENTS * 2,
	                            .quiet = true};
	if (server_start(b->a, &so, &b->server, &why) != OK)
		die("cannot serve", why);
	b->port = server_port(b->server);
}

/* ---- clients: one thread, so that they take little of what they share ---- */

struct client {
	int fd, i; /* -1: idle */
	instant from;
	size_t got;
	char text[1024];
};

static int dial(int port)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
	                         .sin_port = htons((uint16_t)port),
	                         .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	return connect(fd, (struct sockaddr *)&to, sizeof to) == 0 ? fd : -1;
}

static void client_open(struct bench *b, int poll, struct client *c)
{
	struct epoll_event e = {.events = EPOLLIN, .data.ptr = c};
	c->fd = dial(b->port);
	c->i = -1;
	epoll_ctl(poll, EPOLL_CTL_ADD, c->fd, &e);
}

/* HEAD: like a redirect, an answer without a body. */
static int request_of(struct bench *b, struct client *c, const struct draft *d)
{
	char body[256];
	if (b->plain)
		return snprintf(c->text, sizeof c->text,
		                "HEAD /robots.txt HTTP/1.1\r\nHost: localhost\r\n\r\n");
	int n = snprintf(body, sizeof body, "csrf=%s&idempotency_key=%lld&declare=true", d->csrf,
	                 (long long)d->id);
	return snprintf(
	    c->text, sizeof c->text,
	    "POST /en/applications/%lld/check HTTP/1.1\r\nHost: localhost\r\nCookie: diwan=%s\r\n"
	    "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n%s",
	    (long long)d->id, d->token, n, body);
}

static void client_send(struct bench *b, struct client *c, int i, instant from)
{
	int n = request_of(b, c, &b->draft[i]);
	c->i = i;
	c->from = from;
	c->got = 0;
	if (send(c->fd, c->text, (size_t)n, MSG_NOSIGNAL) != n)
		b->refused++;
}

/* True when the answer is whole: a redirect has no body, its head is the answer. */
static bool client_read(struct bench *b, int poll, struct client *c)
{
	ssize_t more = recv(c->fd, c->text + c->got, sizeof c->text - 1 - c->got, 0);
	if (more > 0)
		c->got += (size_t)more;
	c->text[c->got] = 0;
	if (more > 0 && !strstr(c->text, "\r\n\r\n") && c->got < sizeof c->text - 1)
		return false;
	bool good = more > 0 && strncmp(c->text, b->plain ? "HTTP/1.1 200" : "HTTP/1.1 303", 12) == 0 &&
	            (b->plain || strstr(c->text, "/confirmation"));
	b->refused += !good;
	b->micros[c->i] = (int32_t)(clock_monotonic() - c->from);
	c->i = -1;
	if (!good) {
		close(c->fd);
		client_open(b, poll, c);
	}
	return true;
}

/* Sends drafts from b->end on: with a gap each at its own instant, from which its time
 * is taken even if no client was free for it then; without one as clients come free. */
static void drive(struct bench *b, int clients, int count, double gap)
{
	static struct client client[CLIENTS];
	struct epoll_event ready[CLIENTS];
	int poll = epoll_create1(EPOLL_CLOEXEC), sent = 0, answered = 0;
	for (int i = 0; i < clients; i++)
		client_open(b, poll, &client[i]);
	for (instant begun = clock_monotonic(); answered < count;) {
		instant now = clock_monotonic(), due = now;
		bool idle = false;
		for (int i = 0; i < clients && sent < count; i++) {
			if (client[i].i >= 0)
				continue;
			due = gap > 0 ? begun + (instant)(sent * gap) : now;
			idle = due > now;
			if (idle)
				break;
			client_send(b, &client[i], b->end + sent++, due);
		}
		instant wait = due - now;
		struct timespec t = {(time_t)(wait / SECOND), (long)(wait % SECOND) * 1000};
		int n = idle ? epoll_pwait2(poll, ready, CLIENTS, &t, NULL)
		             : epoll_wait(poll, ready, CLIENTS, 10000); /* valgrind knows */
		for (int i = 0; i < n; i++)
			answered += client_read(b, poll, ready[i].data.ptr);
		if (n == 0 && !idle)
			die("no answer for ten seconds", (str){0});
	}
	for (int i = 0; i < clients; i++)
		close(client[i].fd);
	close(poll);
}

static int by_value(const void *x, const void *y)
{
	int32_t p = *(const int32_t *)x, q = *(const int32_t *)y;
	return (p > q) - (p < q);
}

/* Microseconds of processor that threads took so far: what other work on the machine
 * does not change. */
struct used {
	double all, clients, web, writer;
};

static double clock_of(clockid_t clock)
{
	struct timespec t;
	clock_gettime(clock, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static double first_number(const char *task, const char *file, char *text, size_t size)
{
	char path[300];
	snprintf(path, sizeof path, "/proc/self/task/%s/%s", task, file);
	FILE *f = fopen(path, "re");
	size_t n = f ? fread(text, 1, size - 1, f) : 0;
	if (f)
		fclose(f);
	text[n] = 0;
	return (double)strtoll(text, NULL, 10);
}

static struct used used_now(void)
{
	struct used u = {.all = clock_of(CLOCK_PROCESS_CPUTIME_ID),
	                 .clients = clock_of(CLOCK_THREAD_CPUTIME_ID)};
	DIR *d = opendir("/proc/self/task");
	for (struct dirent *e; d && (e = readdir(d));) {
		char name[64], text[64];
		first_number(e->d_name, "comm", name, sizeof name);
		double micros = first_number(e->d_name, "schedstat", text, sizeof text) / 1e3;
		if (strncmp(name, "MHD-worker", 10) == 0)
			u.web += micros;
		if (strcmp(name, "writer\n") == 0)
			u.writer += micros;
	}
	closedir(d);
	return u;
}

/* Sends the next `count` drafts; returns how many a second. */
static double round_of(struct bench *b, const char *name, int clients, int count, double rate)
{
	int from = b->end;
	struct writer_stats w = writer_stats_read(b->k->writer);
	instant begun = clock_monotonic();
	struct used u = used_now();
	CALLGRIND_START_INSTRUMENTATION;
	drive(b, clients, count, rate > 0 ? 1e6 / rate : 0);
	CALLGRIND_STOP_INSTRUMENTATION;
	double took = (double)(clock_monotonic() - begun);
	struct used v = used_now();
	struct writer_stats x = writer_stats_read(b->k->writer);
	double batches = x.batches > w.batches ? (double)(x.batches - w.batches) : 1;
	b->end += count;
	qsort(b->micros + from, (size_t)count, sizeof *b->micros, by_value);
	printf(
	    "%s: %.0f/s, p50 %.1f ms, p99 %.1f ms\n"
	    "  processor each %.0f us: web %.0f, writer %.0f, clients %.0f; %.1f a commit of %.0f us\n",
	    name, count * 1e6 / took, b->micros[from + count / 2] / 1e3,
	    b->micros[from + count * 99 / 100] / 1e3, (v.all - u.all) / count, (v.web - u.web) / count,
	    (v.writer - u.writer) / count, (v.clients - u.clients) / count,
	    (double)(x.commands - w.commands) / batches,
	    (double)(x.commit_micros - w.commit_micros) / batches);
	return count * 1e6 / took;
}

/* ---- limits ---- */

static void limit_http(struct bench *b)
{
	int end = b->end;
	b->end = 0;
	b->plain = true;
	round_of(b, "limit: HTTP alone", CLIENTS, b->n, 0);
	b->plain = false;
	b->end = end;
}

struct queued {
	struct action act;
	int64_t person, id;
	const struct case_ready *ready;
	arena *a;
	atomic_bool busy;
};

static err queued_decide(struct tx *tx, void *ctx)
{
	struct queued *q = ctx;
	bool stands = false;
	tx->actor = (struct actor){.person = q->person, .channel = STR("web")};
	err e = q->ready ? case_submit_ready(tx, q->ready, &stands) : OK;
	return e || stands ? e : case_submit(tx, q->id);
}

static void queued_done(struct action *act, err result)
{
	struct queued *q = act->done_ctx;
	if (result)
		die("a command was refused", act->fault.detail);
	q->busy = false;
}

/* As the web server does, in its thread: the command's own commit comes after all it read. */
static const struct case_ready *ready_of(struct bench *b, arena *a, int64_t id)
{
	struct kase q;
	struct person who;
	const struct case_ready *ready = NULL;
	dbc *c = db_reader(b->k->db);
	if (case_get(c, a, id, &q) && person_get(c, a, q.applicant, &who))
		ready = case_make_ready(b->k, c, a, &q, &who, case_answers(c, a, id));
	db_reader_release(c);
	return ready;
}

static void queue_one(struct bench *b, struct queued *q)
{
	const struct draft *d = &b->draft[b->end++];
	arena_reset(q->a);
	q->person = d->person;
	q->id = d->id;
	q->ready = ready_of(b, q->a, d->id);
	q->busy = true;
	q->act = (struct action){
	    .k = b->k, .a = q->a, .decide = queued_decide, .ctx = q, .done = queued_done, .done_ctx = q};
	kernel_submit(&q->act);
}

/* As many at a time as there are clients. */
static void limit_writer(struct bench *b, int count)
{
	static struct queued q[CLIENTS];
	for (int i = 0; i < CLIENTS; i++)
		q[i].a = arena_create((size_t)4 * 1024 * 1024);
	struct used u = used_now();
	instant begun = clock_monotonic();
	CALLGRIND_START_INSTRUMENTATION;
	for (int i = 0; i < count + CLIENTS; i++) { /* the last round waits for the one before */
		while (q[i % CLIENTS].busy)
			usleep(20);
		if (i < count)
			queue_one(b, &q[i % CLIENTS]);
	}
	CALLGRIND_STOP_INSTRUMENTATION;
	printf("limit: the writer alone: %.0f/s, %.0f us of it each\n",
	       count * 1e6 / (double)(clock_monotonic() - begun),
	       (used_now().writer - u.writer) / count);
	for (int i = 0; i < CLIENTS; i++)
		arena_destroy(q[i].a);
}

/* Returns how many times as fast as one commit each it is. */
static double rounds(struct bench *b)
{
	int part = b->n / 12;
	double rate = round_of(b, "64 clients", CLIENTS, part * 4, 0);
	round_of(b, "at half of it", CLIENTS, part * 2, rate / 2);
	double alone = round_of(b, "one client, one commit each", 1, part, 0);
	limit_writer(b, b->various - b->end);
	round_of(b, "64 clients, names as people have them", CLIENTS, b->n - b->end, 0);
	limit_http(b);
	return rate / alone;
}

int main(int argc, char **argv)
{
	char folder[] = "/tmp/diwan-bench.XXXXXX", command[64];
	heap_few(); /* as diwan serve */
	struct bench b = {.a = arena_create((size_t)2048 * 1024 * 1024)};
	b.n = argc > 1 ? atoi(argv[1]) : APPLICATIONS;
	if (b.n < 400 || !mkdtemp(folder))
		return 2;
	b.various = argc > 2 ? b.n : b.n / 12 * 8;
	b.draft = NEWN(b.a, struct draft, (size_t)b.n);
	b.micros = NEWN(b.a, int32_t, (size_t)b.n);
	platform(&b, folder);
	double ratio = 0;
	if (argc > 2 && strcmp(argv[2], "writer") == 0)
		limit_writer(&b, b.n);
	else if (argc > 2 && strcmp(argv[2], "clients") == 0)
		round_of(&b, "64 clients", CLIENTS, b.n, 0);
	else
		ratio = rounds(&b);
	struct writer_stats w = writer_stats_read(b.k->writer);
	printf("ratio %.1f; %lld commands in %lld commits; %d refused\n", ratio, (long long)w.commands,
	       (long long)w.batches, b.refused);
	server_stop(b.server, 5);
	kernel_close(b.k);
	snprintf(command, sizeof command, "rm -rf %s", folder);
	return system(command) != 0 || b.refused > 0;
}
