/*
 * bench_replay [cases]: what would have happened to cases (5,000) of a fresh database if
 * a lost card had cost five dinars: each decided twice from its sealed answers, SQLite.
 */
#include "app/systems.h"
#include "kernel/cases/replay.h"
#include "kernel/identity/identity.h"

#include <stdio.h>
#include <stdlib.h>

#define CASES        5000
#define SERVICE      "idcard-replace-lost"
#define BATCH        100
#define FIRST_NUMBER 700000000
#define ARENA_BYTES  ((size_t)2048 * 1024 * 1024)

struct bench {
	arena *a;
	struct kernel *k;
	struct pack_source source;
	struct pack *pack;
	int n, from;
};

static void die(const char *what, str why)
{
	fprintf(stderr, "bench_replay: %s: %.*s\n", what, STRF(why));
	exit(1);
}

static err one_case(struct tx *tx, int i)
{
	static const char answers[] =
	    "{\"how\":\"lost\",\"lost_on\":\"2025-11-20\",\"place\":\"Manama\",\"fast_track\":false,"
	    "\"phone\":\"+97336000000\",\"email\":\"m@example.org\",\"collect\":\"isa-town\","
	    "\"declaration\":true,\"photograph\":{\"file\":"
	    "\"2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae\",\"name\":\"me.jpg\","
	    "\"bytes\":120000,\"type\":\"image/jpeg\",\"width\":600,\"height\":800}}";
	struct person p = {.national_number = str_fmt(tx->a, "%d", FIRST_NUMBER + i),
	                   .name_en = STR("Layla Example"),
	                   .name_ar = STR("ليلى مثال"),
	                   .nationality = STR("BHR"),
	                   .group = STR("citizen"),
	                   .birth_date = STR("1985-01-15"),
	                   .language = STR("en")};
	struct kase q;
	p.records = json_parse(tx->a,
	                       STR("{\"cards\":[{\"serial\":\"A1\",\"issued\":\"2020-01-01\","
	                           "\"expires\":\"2030-01-01\",\"status\":\"active\"}]}"),
	                       NULL);
	err e = person_register(tx, &p);
	tx->actor = (struct actor){.person = p.id, .channel = STR("web")};
	e = e ? e : draft_open(tx, pack_service(pack_current(tx->k), STR(SERVICE)), p.id, &q);
	e = e ? e : draft_save(tx, q.id, json_parse(tx->a, str_of(answers), NULL), NULL);
	return e ? e : case_submit(tx, q.id);
}

static err fill_decide(struct tx *tx, void *ctx)
{
	struct bench *b = ctx;
	err e = OK;
	for (int i = b->from; i < b->from + BATCH && i < b->n && !e; i++)
		e = one_case(tx, i);
	return e;
}

static err put_decide(struct tx *tx, void *ctx)
{
	struct bench *b = ctx;
	return pack_put(tx, &b->source, b->pack);
}

static void run(struct bench *b, err (*decide)(struct tx *tx, void *ctx))
{
	arena *own = arena_create((size_t)256 * 1024 * 1024);
	struct action act = {.k = b->k, .a = own, .decide = decide, .ctx = b};
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
	str why = {0};
	if (kernel_open(&o, &b->k, &why) != OK)
		die("the platform cannot be opened", why);
	if (pack_read_folder(b->a, "packs/bahrain", &b->source, &d) == OK)
		b->pack = pack_check(b->a, &b->source, &d);
	if (d.errors)
		die("the pack", diags_print(b->a, &d));
	run(b, put_decide);
	if (pack_refresh(b->k, &why) != OK)
		die("the pack", why);
	for (b->from = 0; b->from < b->n; b->from += BATCH)
		run(b, fill_decide);
}

/* The service with a dearer rule: the amount after base_rule3. */
static const struct service *dearer(struct bench *b)
{
	static const str path = STR_INIT("services/" SERVICE "/fee.dmn");
	struct diags d = diags_make(b->a, path);
	str text = {0};
	for (size_t i = 0; i < b->source.n; i++)
		if (str_eq(b->source.files[i].path, path))
			text = b->source.files[i].bytes;
	ptrdiff_t rule = str_find(text, STR("<rule id=\"base_rule3\">"));
	ptrdiff_t at = rule < 0 ? -1 : str_find(str_sub(text, (size_t)rule, text.n), STR("4.000"));
	if (at < 0)
		die("the table", STR("has no such rule"));
	size_t from = (size_t)(rule + at);
	struct pack_source own = {0};
	for (size_t i = 0; i < b->source.n; i++)
		if (str_starts(b->source.files[i].path, STR("services/" SERVICE "/")))
			source_put(b->a, &own, b->source.files[i].path, b->source.files[i].bytes);
	source_put(b->a, &own, path,
	           str_fmt(b->a, "%.*s5.000%.*s", STRF(str_sub(text, 0, from)),
	                   STRF(str_sub(text, from + 5, text.n))));
	const struct service *s = source_service(b->a, &own, STR(SERVICE), &d);
	if (!s)
		die("the service", diags_print(b->a, &d));
	return s;
}

int main(int argc, char **argv)
{
	char folder[] = "/tmp/diwan-bench.XXXXXX", command[64];
	struct bench b = {.a = arena_create(ARENA_BYTES), .n = argc > 1 ? atoi(argv[1]) : CASES};
	if (b.n < 1 || !mkdtemp(folder))
		return 2;
	platform(&b, folder);
	struct replay *r = NEW(b.a, struct replay);
	struct replay_ask q = {
	    .candidate = dearer(&b), .decision = STR("fee"), .to = kernel_now(b.k) + DAY};
	dbc *c = db_reader(b.k->db);
	err e = case_replay(b.k, c, b.a, &q, NULL, NULL, r);
	db_reader_return(c);
	if (e)
		die("the replay", str_of(err_find(e)->name));
	printf("%lld cases, %lld with another result, %lld unequal: %.0f cases/s\n",
	       (long long)r->cases, (long long)r->changed, (long long)r->unequal,
	       (double)r->cases * 1e6 / (double)r->micros);
	kernel_close(b.k);
	snprintf(command, sizeof command, "rm -rf %s", folder);
	return system(command) != 0 || r->cases != b.n || r->changed != b.n || r->unequal;
}
