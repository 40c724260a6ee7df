/*
 * bench_captures [captures]: payments over HTTP, on SQLite with synchronous=FULL, each
 * answered after its commit, by the whole platform as `diwan serve` runs it.
 *
 * Captures: a provider's signed message; its signature checked, the order found, what was
 * said recorded, the receipt numbered, the ledger posted, the fulfilment asked for, all of
 * it journalled. By 64 clients as fast as they can, once with nothing else to do and once
 * with the outbox telling services at the same time; and by one, which is one commit each.
 *
 * Payments created by a body's program, 200 a second whatever the answers do: p99.
 *
 * Clients (one thread) and server share the machine.
 */
#include "app/systems.h"
#include "base/log.h"
#include "crowd.h"
#include "limits.h"
#include "kernel/outbox/outbox.h"
#include "kernel/outbox/sign.h"
#include "kernel/pack/pack.h"
#include "systems/payments/agency.h"
#include "systems/payments/settle.h"
#include "web/server.h"

#include <time.h>

/* Under callgrind with --instr-atstart=no the instructions of the captures alone. */
#if __has_include(<valgrind/callgrind.h>)
#include <valgrind/callgrind.h>
#else
#define CALLGRIND_START_INSTRUMENTATION
#define CALLGRIND_STOP_INSTRUMENTATION
#endif

#define CAPTURES      40000
#define CLIENTS       64
#define BATCH         1000
#define AMOUNT        4000
#define SECRET        "of a provider that is never asked"
#define CREATED_EVERY 200 /* a second */
#define CREATED_FOR   5   /* seconds */

struct bench {
	arena *a;
	struct kernel *k;
	struct server *server;
	int n, ready;
	int64_t *attempt;
	str *request, key;
	struct crowd crowd;
};

static void die(const char *what, str why)
{
	fprintf(stderr, "bench_captures: %s: %.*s\n", what, STRF(why));
	exit(1);
}

/* ---- before ---- */

static err provider_decide(struct tx *tx, void *ctx)
{
	struct bench *b = ctx;
	struct provider_order p = {.id = STR("bench"),
	                           .adapter = STR("hosted"),
	                           .url = STR("http://127.0.0.1:1"),
	                           .secret = STR(SECRET),
	                           .name_en = STR("bench"),
	                           .name_ar = STR("bench"),
	                           .methods = STR("card"),
	                           .weight = 100};
	str key;
	err e = provider_put(tx, &p);
	if (!e && !(e = agency_key(tx, STR("iga"), &key)))
		b->key = str_dup(b->a, key);
	return e;
}

/* Orders whose payers are at the provider. */
static err ready_decide(struct tx *tx, void *ctx)
{
	struct bench *b = ctx;
	for (int i = b->ready; i < b->ready + BATCH && i < b->n; i++) {
		struct line l = {.entity = STR("iga"),
		                 .service = STR("card"),
		                 .label_en = STR("Card"),
		                 .label_ar = STR("بطاقة"),
		                 .gl = STR("4110"),
		                 .amount = AMOUNT};
		struct order_request q = {.origin = STR("api"),
		                          .entity = STR("iga"),
		                          .service = STR("card"),
		                          .title_en = STR("Card"),
		                          .title_ar = STR("بطاقة"),
		                          .currency = STR("BHD"),
		                          .line = &l,
		                          .n = 1};
		struct attempt t;
		int64_t id;
		err e = order_create(tx, &q, &id);
		if (e || (e = attempt_begin(tx, id, STR("card"), &t)))
			return e;
		b->attempt[i] = t.id;
	}
	return OK;
}

static void run(struct bench *b, err (*decide)(struct tx *tx, void *ctx), void *ctx)
{
	arena *own = arena_create((size_t)256 * 1024 * 1024);
	struct action act = {.k = b->k, .a = own, .decide = decide, .ctx = ctx};
	if (kernel_run(&act) != OK)
		die("a command was refused", act.fault.detail);
	arena_destroy(own);
}

/* As the provider sends it: a signed message (Standard Webhooks). */
static str message_of(struct bench *b, int64_t attempt)
{
	arena *a = b->a;
	str id = str_fmt(a, "m%lld", (long long)attempt);
	str at = str_fmt(a, "%lld", (long long)(clock_now(clock_system()) / SECOND));
	str body =
	    str_fmt(a,
	            "{\"type\":\"payment\",\"timestamp\":\"2026-01-01T00:00:00Z\",\"data\":{\"payment\":"
	            "\"%lld\",\"status\":\"succeeded\",\"amount\":%d,\"currency\":\"BHD\","
	            "\"reference\":\"R%lld\",\"last4\":\"0002\"}}",
	            (long long)attempt, AMOUNT, (long long)attempt);
	return str_fmt(a,
	               "POST /hooks/payments/bench HTTP/1.1\r\nHost: localhost\r\nWebhook-Id: %.*s\r\n"
	               "Webhook-Timestamp: %.*s\r\nWebhook-Signature: %.*s\r\n"
	               "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%.*s",
	               STRF(id), STRF(at), STRF(sign_message(a, STR(SECRET), id, at, body)), body.n,
	               STRF(body));
}

static str creation(struct bench *b, int i)
{
	str body = str_fmt(b->a,
	                   "{\"amount\":%d,\"reference\":\"bench %d\",\"description\":\"Card\","
	                   "\"return_url\":\"https://program.example/back\"}",
	                   AMOUNT, i);
	return str_fmt(b->a,
	               "POST /api/pay/v1/payments HTTP/1.1\r\nHost: localhost\r\n"
	               "Authorization: Bearer %.*s\r\nContent-Type: application/json\r\n"
	               "Content-Length: %zu\r\n\r\n%.*s",
	               STRF(b->key), body.n, STRF(body));
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

static void put_pack(struct bench *b, struct diags *d)
{
	struct putting p;
	str why = {0};
	if (pack_read_folder(b->a, "packs/bahrain", &p.source, d) == OK)
		p.pack = pack_check(b->a, &p.source, d);
	if (d->errors)
		die("the pack", diags_print(b->a, d));
	run(b, put_decide, &p);
	if (pack_refresh(b->k, &why) != OK)
		die("the pack", why);
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
	str why = {0};
	if (kernel_open(&o, &b->k, &why) != OK)
		die("the platform cannot be opened", why);
	put_pack(b, &d);
	run(b, provider_decide, b);
	for (; b->ready < b->n; b->ready += BATCH)
		run(b, ready_decide, b);
	struct messages *texts = messages_load(b->a, &d);
	struct server_options so = {.k = b->k,
	                            .listen = STR("127.0.0.1:0"),
	                            .threads = 2,
	                            .systems = app_systems,
	                            .n_systems = app_systems_count,
	                            .texts = texts,
	                            .templates = templates_load(b->a, texts, (str){0}, &d),
	                            .currency = STR("BHD"),
	                            .connections_per_address = CROWD_MAX,
	                            .quiet = true};
	if (server_start(b->a, &so, &b->server, &why) != OK)
		die("cannot serve", why);
	b->crowd.port = server_port(b->server);
}

/* ---- the rounds ---- */

/* Of server and clients together: what other work on the machine does not change. */
static instant processor(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec * SECOND + t.tv_nsec / 1000;
}

static double round_of(struct bench *b, const char *name, int clients, const str *request, int n,
                       int per_second)
{
	struct crowd *c = &b->crowd;
	struct writer_stats w = writer_stats_read(b->k->writer);
	instant used = processor();
	c->clients = clients;
	c->request = request;
	c->n = n;
	c->per_second = per_second;
	c->good = per_second ? "HTTP/1.1 201" : "HTTP/1.1 200";
	crowd_run(c);
	used = processor() - used;
	struct writer_stats after = writer_stats_read(b->k->writer);
	int64_t commits = after.batches - w.batches;
	printf("%-44s %7.0f/s  p50 %5.1f ms  p99 %5.1f ms; %3.0f us of processor, %lld in a commit of"
	       " %.1f ms%s\n",
	       name, c->rate, crowd_millis(c, 0.5), crowd_millis(c, 0.99), (double)used / n,
	       (long long)((after.commands - w.commands) / (commits ? commits : 1)),
	       (double)(after.commit_micros - w.commit_micros) / 1e3 / (double)(commits ? commits : 1),
	       c->refused ? " REFUSED" : "");
	fflush(stdout);
	return c->rate;
}

static err check(struct bench *b, int64_t captured)
{
	struct ledger_report r;
	struct ledger_balance held = {0};
	dbc *c = db_reader(b->k->db);
	ledger_check(c, b->a, &r);
	ledger_balance_of(c, STR("iga"), STR("BHD"), STR("income/fees/4110"), &held);
	db_reader_return(c);
	printf("%lld captured, %lld in the ledger; difference %lld, faults %lld\n",
	       (long long)captured, (long long)(held.credits / AMOUNT), (long long)r.difference,
	       (long long)r.faults);
	return r.faults || held.credits != captured * AMOUNT ? ERR_internal : OK;
}

int main(int argc, char **argv)
{
	char folder[] = "/tmp/diwan-bench.XXXXXX", command[64];
	struct bench *b = calloc(1, sizeof *b);
	b->a = arena_create((size_t)2048 * 1024 * 1024);
	b->n = argc > 1 ? atoi(argv[1]) : CAPTURES;
	if (b->n < 100 || !mkdtemp(folder))
		return 2;
	log_level_set(LOG_ERROR);
	b->attempt = NEWN(b->a, int64_t, (size_t)b->n);
	b->request = NEWN(b->a, str, (size_t)b->n);
	b->crowd.micros = NEWN(b->a, int32_t, (size_t)b->n + CREATED_EVERY * CREATED_FOR);
	platform(b, folder);
	for (int i = 0; i < b->n; i++)
		b->request[i] = message_of(b, b->attempt[i]);
	int most = b->n / 2, few = b->n / 10, made = CREATED_EVERY * CREATED_FOR;
	struct limits l = limits_begin(b->k);
	CALLGRIND_START_INSTRUMENTATION;
	double rate = round_of(b, "captures, 64 clients", CLIENTS, b->request, most, 0);
	CALLGRIND_STOP_INSTRUMENTATION;
	limits_tell(b->k, &l, most, folder);
	double alone = round_of(b, "captures, one client", 1, b->request + most, few, 0);
	str *create = NEWN(b->a, str, (size_t)made);
	for (int i = 0; i < made; i++)
		create[i] = creation(b, i);
	int bad = b->crowd.refused;
	round_of(b, "payments created, 200 a second", CLIENTS, create, made, CREATED_EVERY);
	double p99 = crowd_millis(&b->crowd, 0.99);
	bad += b->crowd.refused;
	scheduler_start(b->k);
	round_of(b, "captures, 64 clients, the outbox at work", CLIENTS, b->request + most + few,
	         b->n - most - few, 0);
	bad += b->crowd.refused;
	scheduler_stop(b->k);
	printf("ratio %.1f; p99 of creation %.1f ms; %d refused\n", rate / alone, p99, bad);
	if (check(b, b->n))
		bad++;
	server_stop(b->server, 5);
	kernel_close(b->k);
	snprintf(command, sizeof command, "rm -rf %s", folder);
	return system(command) != 0 || bad > 0;
}
