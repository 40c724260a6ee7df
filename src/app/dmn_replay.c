#include "app/dmn_replay.h"

#include "app/commands.h"
#include "app/open.h"
#include "app/tzfiles.h"
#include "kernel/cases/replay.h"

#include <stdio.h>

#define MODEL_BYTES ((size_t)64 * 1024 * 1024)

struct words {
	const char *file, *wrong;
	str service, decision;
	int64_t from, to;
	bool has_from, has_to, json, list;
};

static bool day_word(str s, const char *name, int64_t *out, bool *has)
{
	str n = str_of(name);
	if (str_starts(s, n) && date_parse(str_sub(s, n.n, s.n), out))
		*has = true;
	return str_starts(s, n) && *has;
}

/* Takes its own words; settings are left for app_open. */
static void words_read(int *argc, char **argv, struct words *w)
{
	int n = 1;
	*w = (struct words){0};
	for (int i = 2; i < *argc; i++) {
		str s = str_of(argv[i]);
		if (str_eq(s, STR("--json")))
			w->json = true;
		else if (str_eq(s, STR("--list")))
			w->list = true;
		else if (str_starts(s, STR("--service=")))
			w->service = str_sub(s, 10, s.n);
		else if (str_starts(s, STR("--decision=")))
			w->decision = str_sub(s, 11, s.n);
		else if (day_word(s, "--from=", &w->from, &w->has_from) ||
		         day_word(s, "--to=", &w->to, &w->has_to))
			continue;
		else if (str_starts(s, STR("-")))
			argv[n++] = argv[i];
		else if (!w->file)
			w->file = argv[i];
		else
			w->wrong = argv[i];
	}
	*argc = n;
}

struct run {
	struct opened *o;
	const struct words *w;
	dbc *c;
	const struct pack *p;
	const struct service *candidate;
	json *listed; /* with --json */
	struct replay *r;
};

/* The decision asked for, or the one that fixes the amount, or the first. */
static const struct service_decision *decision_of(const struct service *s, str id)
{
	for (size_t i = 0; i < s->n_decisions; i++)
		if (id.n ? str_eq(s->decisions[i].id, id) : s->decisions[i].amount.n > 0)
			return &s->decisions[i];
	return s->n_decisions && !id.n ? &s->decisions[0] : NULL;
}

/* The newest version of the service, with the file in the decision's place. */
static int candidate(struct run *m, str decision)
{
	arena *a = m->o->a;
	struct pack_source src;
	struct diags d = diags_make(a, str_of(m->w->file));
	str why = {0}, text;
	int64_t newest = service_newest(m->p, m->c, a, m->w->service);
	if (!service_source(m->c, a, m->w->service, newest, &src, &why)) {
		fprintf(stderr, "diwan: %.*s\n", STRF(why));
		return EXIT_FAILED;
	}
	const struct service *s = pack_service(m->p, m->w->service);
	const json *v = json_get_str(json_get(s->definition, "decisions"), decision);
	if (m->w->file && !file_slurp(a, m->w->file, MODEL_BYTES, &text)) {
		fprintf(stderr, "%s: cannot be read\n", m->w->file);
		return EXIT_FAILED;
	}
	if (m->w->file)
		source_put(a, &src,
		           str_fmt(a, "services/%.*s/%.*s", STRF(s->id), STRF(json_str(v, "file"))), text);
	m->candidate = source_service(a, &src, s->id, &d);
	if (d.first)
		fprintf(stderr, "%.*s", STRF(diags_print(a, &d)));
	return m->candidate ? EXIT_OK : EXIT_NO;
}

static const char *shown(arena *a, str text)
{
	return text.n ? str_c(a, text) : "nothing";
}

static void one(void *ctx, const struct replay_case *x)
{
	struct run *m = ctx;
	arena *a = m->o->a;
	if (!m->w->list)
		return;
	if (!m->w->json) {
		arena_mark mark = arena_save(a);
		printf("%.*s  %s  %s -> %s\n", STRF(x->reference), str_c(a, time_print(a, x->submitted)),
		       shown(a, x->then.text), shown(a, x->now.text));
		arena_rewind(a, mark);
		return;
	}
	json *o = json_push(m->listed, json_object(a));
	json_set_str(a, o, "reference", str_dup(a, x->reference));
	json_set_str(a, o, "submitted", time_print(a, x->submitted));
	json_set_str(a, o, "then", str_dup(a, x->then.text));
	json_set_str(a, o, "now", str_dup(a, x->now.text));
}

/* ---- what is printed ---- */

static str amount(arena *a, money m, str code)
{
	currency c;
	return currency_find(code, &c) ? money_print(a, m, c) : str_fmt(a, "%lld", (long long)m.minor);
}

static void print_text(struct run *m)
{
	const struct replay *r = m->r;
	arena *a = m->o->a;
	printf("%lld cases: %lld the same, %lld with another result, %lld erased\n",
	       (long long)r->cases, (long long)r->same, (long long)r->changed, (long long)r->erased);
	if (r->lost)
		printf("%lld of them would have no result any more\n", (long long)r->lost);
	if (r->unequal)
		printf("%lld cases were decided otherwise on their day than their version says now\n",
		       (long long)r->unequal);
	for (size_t i = 0; i < r->n_pairs; i++)
		printf("%8lld  %s -> %s\n", (long long)r->pair[i].n, shown(a, r->pair[i].then),
		       shown(a, r->pair[i].now));
	if (r->others)
		printf("%8lld  further changes\n", (long long)r->others);
	for (size_t i = 0; i < r->n_sums; i++) {
		const struct replay_sum *s = &r->sum[i];
		money more = {s->now.minor - s->then.minor};
		printf("%.*s %.*s then, %.*s now, difference %.*s\n", STRF(s->currency),
		       STRF(amount(a, s->then, s->currency)), STRF(amount(a, s->now, s->currency)),
		       STRF(amount(a, more, s->currency)));
	}
	fprintf(stderr, "%.0f cases/s\n", r->micros ? (double)r->cases * 1e6 / (double)r->micros : 0.0);
}

static void print_json(struct run *m, str decision)
{
	const struct replay *r = m->r;
	arena *a = m->o->a;
	json *v = json_object(a);
	const struct {
		const char *name;
		int64_t n;
	} counts[] = {{"cases", r->cases},     {"same", r->same},    {"changed", r->changed},
	              {"erased", r->erased},   {"lost", r->lost},    {"gained", r->gained},
	              {"unequal", r->unequal}, {"micros", r->micros}};
	json_set_str(a, v, "service", m->candidate->id);
	json_set_str(a, v, "decision", decision);
	for (size_t i = 0; i < COUNT(counts); i++)
		json_set_int(a, v, counts[i].name, counts[i].n);
	json *pairs = json_set(a, v, "outcomes", json_array(a));
	for (size_t i = 0; i < r->n_pairs; i++) {
		json *o = json_push(pairs, json_object(a));
		json_set_str(a, o, "then", r->pair[i].then);
		json_set_str(a, o, "now", r->pair[i].now);
		json_set_int(a, o, "cases", r->pair[i].n);
	}
	json_set_int(a, v, "further", r->others);
	json *sums = json_set(a, v, "sums", json_array(a));
	for (size_t i = 0; i < r->n_sums; i++) {
		json *o = json_push(sums, json_object(a));
		json_set_str(a, o, "currency", r->sum[i].currency);
		json_set_int(a, o, "then", r->sum[i].then.minor);
		json_set_int(a, o, "now", r->sum[i].now.minor);
	}
	if (m->w->list)
		json_set(a, v, "affected", m->listed);
	printf("%.*s\n", STRF(json_print(a, v)));
}

static int replay(struct run *m)
{
	const struct service *s = pack_service(m->p, m->w->service);
	const struct service_decision *d = s ? decision_of(s, m->w->decision) : NULL;
	if (!d) {
		fprintf(stderr, s ? "diwan: the service has no such decision\n"
		                  : "diwan: the pack in force has no such service\n");
		return EXIT_NO;
	}
	int e = candidate(m, d->id);
	if (e)
		return e;
	int64_t to = m->w->has_to ? m->w->to : calendar_day(m->p->calendar, kernel_now(m->o->k));
	int64_t from = m->w->has_from ? m->w->from : to - 365;
	struct replay_ask q = {.candidate = m->candidate,
	                       .decision = d->id,
	                       .from = from * DAY - m->p->utc_offset * SECOND,
	                       .to = (to + 1) * DAY - m->p->utc_offset * SECOND};
	err failed = case_replay(m->o->k, m->c, m->o->a, &q, one, m, m->r);
	if (failed) {
		fprintf(stderr, "diwan: %.*s\n", STRF(app_error_text(m->o->a, failed)));
		return EXIT_FAILED;
	}
	if (m->w->json)
		print_json(m, d->id);
	else
		print_text(m);
	return EXIT_OK;
}

int dmn_replay(int argc, char **argv)
{
	struct words w;
	struct opened o = {0};
	str why = {0};
	words_read(&argc, argv, &w);
	if (w.wrong || !w.service.n)
		return help_wrong("dmn", w.wrong ? "one file at most" : "--service=ID is missing", w.wrong);
	int e = app_open(&argc, argv, OPEN_READ, &o);
	if (!e && argc > 1)
		e = help_wrong("dmn", "unknown word", argv[1]);
	if (!e && (pack_refresh(o.k, &why) || !pack_current(o.k))) {
		fprintf(stderr, "diwan: no pack is in force: %.*s\n", STRF(why));
		e = EXIT_FAILED;
	}
	if (!e) {
		struct run m = {.o = &o,
		                .w = &w,
		                .c = db_reader(o.k->db),
		                .p = pack_current(o.k),
		                .listed = json_array(o.a),
		                .r = NEW(o.a, struct replay)};
		e = replay(&m);
		db_reader_return(m.c);
	}
	app_close(&o);
	return e;
}
