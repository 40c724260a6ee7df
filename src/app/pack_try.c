#include "app/pack_try.h"

#include "app/live.h"
#include "app/systems.h"
#include "kernel/journal.h"
#include "kernel/outbox/outbox.h"
#include "kernel/pack/demo.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define TRIAL_ARENA_BYTES ((size_t)512 * 1024 * 1024)

struct trial {
	struct live l;
	struct crew crew;
	const struct organ *organs[APP_ORGANS_MAX];
	char dir[64];
	instant now;
	const struct pack_source *source;
	const struct pack *pack;
	struct demo *people;
};

static instant trial_now(void *ctx)
{
	return ((struct trial *)ctx)->now;
}

/* ---- a platform of its own ---- */

static err put(struct tx *tx, void *ctx)
{
	struct trial *t = ctx;
	err e = pack_put(tx, t->source, t->pack);
	return e || !t->people ? e : demo_put(tx, t->people);
}

static bool begin(struct trial *t, const struct config *c, str *why)
{
	size_t n = app_organs(t->organs);
	snprintf(t->dir, sizeof t->dir, "/tmp/diwan-try.XXXXXX");
	if (!mkdtemp(t->dir)) {
		*why = STR("no temporary folder can be made");
		return false;
	}
	struct kernel_options o = {.database = str_fmt(t->l.a, "sqlite:%s/trial.db", t->dir),
	                           .data_dir = str_of(t->dir),
	                           .clock = {trial_now, t},
	                           .organs = t->organs,
	                           .n_organs = n,
	                           .config = c,
	                           .migrate = true};
	if (kernel_open(&o, &t->l.k, why) != OK)
		return false;
	if (live_run(&t->l, 0, put, t) == OK && pack_refresh(t->l.k, why) == OK) {
		*why = (str){0};
		return true;
	}
	*why = t->l.trouble.n ? t->l.trouble : *why;
	return false;
}

static int forget(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	(void)st, (void)kind, (void)at;
	return remove(path);
}

static void end(struct trial *t)
{
	kernel_close(t->l.k);
	if (t->dir[0])
		nftw(t->dir, forget, 16, FTW_DEPTH | FTW_PHYS);
}

/* "P30D" or "PT5H": an hour at a time, so that timers come in their order. */
static void pass_time(struct trial *t, str text)
{
	bool days = text.p[text.n - 1] == 'D';
	int64_t n = 0;
	str_i64(str_sub(text, days ? 1 : 2, text.n - 1), &n);
	for (int64_t i = 0; i < n; i++) {
		t->now += days ? DAY : HOUR;
		scheduler_drain(t->l.k);
	}
}

static void expect(struct trial *t, const json *v)
{
	struct kase q = live_case(&t->l);
	str then = json_str(v, "then");
	const json *open = json_get(v, "open");
	if (then.n && !str_eq(q.state, then))
		live_trouble(&t->l,
		             str_fmt(t->l.a, "the case is %.*s, not %.*s", STRF(q.state), STRF(then)));
	struct task list[TASKS_MAX];
	size_t n = open ? live_tasks(&t->l, list) : 0;
	for (const json *o = open ? open->first : NULL; o; o = o->next) {
		size_t i = 0;
		while (i < n && !str_eq(list[i].element, o->s))
			i++;
		if (i == n)
			live_trouble(&t->l, str_fmt(t->l.a, "the task \"%.*s\" is not open", STRF(o->s)));
	}
	if (open && n != open->count)
		live_trouble(&t->l, str_fmt(t->l.a, "%zu tasks are open, not %u", n, open->count));
}

static void do_step(struct trial *t, const json *v)
{
	t->now += MINUTE;
	if (json_get(v, "wait"))
		pass_time(t, json_str(v, "wait"));
	else
		live_step(&t->l, v);
	expect(t, v);
}

/* ---- a scenario ---- */

static int64_t person_of(struct trial *t, str account)
{
	const json *v = json_get(t->pack->demo, "accounts");
	struct person p = {0};
	for (v = v ? v->first : NULL; v && !str_eq(json_str(v, "id"), account); v = v->next)
		continue;
	dbc *c = db_reader(t->l.k->db);
	person_by_number(c, t->l.a, json_str(v, "national_number"), &p);
	db_reader_return(c);
	return p.id;
}

static str live(struct trial *t, const json *v)
{
	int64_t fee = json_int(v, "fee_minor", -1), n = 0;
	t->l.trouble = (str){0};
	time_parse(json_str(v, "at"), &t->now);
	t->l.applicant = person_of(t, json_str(v, "applicant"));
	if (!live_apply(&t->l, json_get(v, "answers"), json_get(v, "refused") != NULL))
		return t->l.trouble;
	expect(t, v);
	if (fee >= 0 && live_case(&t->l).fee.minor != fee)
		live_trouble(&t->l,
		             str_fmt(t->l.a, "the fee is %lld", (long long)live_case(&t->l).fee.minor));
	const json *steps = json_get(v, "steps");
	for (const json *s = steps ? steps->first : NULL; s && !t->l.trouble.n; s = s->next) {
		n++;
		do_step(t, s);
	}
	str outcome = json_str(v, "outcome");
	if (!t->l.trouble.n && !str_eq(live_case(&t->l).outcome, outcome))
		live_trouble(&t->l,
		             str_fmt(t->l.a, "the outcome is \"%.*s\"", STRF(live_case(&t->l).outcome)));
	return t->l.trouble.n && n
	           ? str_fmt(t->l.a, "step %lld: %.*s", (long long)n, STRF(t->l.trouble))
	           : t->l.trouble;
}

/* Each scenario has a platform to itself: time goes forward only, and what one
 * person did does not stand in the next one's way. */
static str try_one(struct trial *t, const struct config *c, str service, const json *v, str *why)
{
	str trouble = {0};
	struct rebuild_report r;
	time_parse(json_str(v, "at"), &t->now);
	if (begin(t, c, why)) {
		t->l.s = pack_service(pack_current(t->l.k), service);
		trouble = live(t, v);
		if (journal_rebuild(t->l.k, t->l.a, false, &r) != OK || r.different)
			trouble = STR("the journal does not give the same tables again");
	}
	end(t);
	return trouble;
}

bool pack_try(arena *a, const struct config *c, const struct pack_source *s, const struct pack *p,
              str service, void (*told)(void *ctx, const struct trial_result *r), void *ctx,
              str *why)
{
	struct demo *people = demo_prepare(NULL, a, p);
	bool good = true;
	*why = (str){0};
	for (size_t i = 0; i < p->n_services; i++) {
		const struct service *x = &p->services[i];
		const json *list = json_get(x->scenarios, "scenarios");
		if (service.n && !str_eq(service, x->id))
			continue;
		for (const json *v = list ? list->first : NULL; v && !why->n; v = v->next) {
			arena *own = arena_create(TRIAL_ARENA_BYTES);
			struct trial t = {.l = {.a = own, .channel = STR("web")},
			                  .crew.a = own,
			                  .source = s,
			                  .pack = p,
			                  .people = people};
			t.l.crew = &t.crew;
			struct trial_result r = {x->id, json_text(json_path(v, "name.en")), {0}};
			r.trouble = try_one(&t, c, x->id, v, why);
			good &= !r.trouble.n && !why->n;
			if (why->n)
				*why = str_dup(a, *why);
			else
				told(ctx, &r);
			arena_destroy(own);
		}
	}
	return good;
}
