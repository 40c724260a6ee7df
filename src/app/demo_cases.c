#include "app/demo_cases.h"

#include "app/commands.h"
#include "app/demo_people.h"
#include "app/live.h"
#include "app/pack_start.h"
#include "base/log.h"
#include "kernel/authority/authority.h"
#include "kernel/identity/identity.h"
#include "kernel/outbox/outbox.h"
#include "kernel/pack/demo.h"
#include "systems/payments/replay.h"

#include <stdio.h>
#include <string.h>

#define COUNT_DEFAULT  240
#define COUNT_MAX      20000
#define DAYS_DEFAULT   330
#define DAYS_MAX       3650
#define SEED           2026
#define STEP_ARENA     ((size_t)256 * 1024 * 1024)
#define OFFICE_OPENS   8  /* hour of the country */
#define OFFICE_HOURS   7  /* a working day's */
#define SLOW_OF        9  /* every so manieth task lies for weeks */
#define SILENT_OF      12 /* applicants who never answer */
#define OWN_OF         10 /* every so manieth applicant is an account of demo.json */
#define RATING_PERCENT 60
#define WALLET_PERCENT 15

struct country;

/* What is to come of one application. */
struct life {
	struct live l; /* first: prepare() finds the life by it */
	struct country *country;
	str service;
	const json *scenario, *step; /* step: the next; NULL: only a rating may follow */
	instant at;                  /* of it; 0: over */
	int64_t days;                /* the scenario's dates are that much later */
	str number, own;             /* of the account, of the person */
	bool begun;
};

struct country {
	struct opened *o;
	arena *a; /* of the whole */
	const struct pack_source *source;
	struct pack *pack;
	struct demo *people;
	struct crew crew;
	rng random;
	instant now, from, to;
	struct life *life;
	size_t n;
	int64_t strayed;
};

static instant country_now(void *ctx)
{
	return ((const struct country *)ctx)->now;
}

static uint64_t below(struct country *c, uint64_t n)
{
	return rng_below(&c->random, n);
}

/* ---- time ---- */

/* Into the office hours of the working day that follows. */
static instant office(struct country *c, instant at)
{
	int32_t offset = c->pack->utc_offset;
	int64_t day = (at + offset * SECOND) / DAY;
	instant in_day = (at + offset * SECOND) % DAY;
	if (in_day >= (OFFICE_OPENS + OFFICE_HOURS) * HOUR)
		day++;
	while (!calendar_working_day(c->pack->calendar, day))
		day++;
	return day * DAY + OFFICE_OPENS * HOUR + (instant)below(c, OFFICE_HOURS * 60) * MINUTE -
	       offset * SECOND;
}

/* "P40D", "PT5H". */
static instant duration(str text)
{
	int64_t n = 0;
	bool days = text.n && text.p[text.n - 1] == 'D';
	str_i64(str_sub(text, days ? 1 : 2, text.n - 1), &n);
	return n * (days ? DAY : HOUR);
}

/* How long it takes until a step is done. */
static instant delay(struct country *c, const json *step)
{
	if (json_get(step, "wait"))
		return duration(json_str(step, "wait"));
	if (json_get(step, "task"))
		return below(c, SLOW_OF) ? (instant)(1 + below(c, 60)) * HOUR
		                         : (instant)(10 + below(c, 30)) * DAY;
	if (json_get(step, "work"))
		return (instant)(3 + below(c, 50)) * MINUTE;
	return below(c, SILENT_OF) ? (instant)(2 + below(c, 90)) * HOUR : (instant)400 * DAY;
}

static void next_step(struct country *c, struct life *f)
{
	f->step = f->step                          ? f->step->next
	          : json_get(f->scenario, "steps") ? json_get(f->scenario, "steps")->first
	                                           : NULL;
	if (f->step)
		f->at = c->now + delay(c, f->step);
	else
		f->at = below(c, 100) < RATING_PERCENT ? c->now + (instant)(1 + below(c, 70)) * HOUR : 0;
	if (f->step && json_get(f->step, "task"))
		f->at = office(c, f->at);
}

/* ---- what happens ---- */

static const json *prepare(struct live *l, const json *answers)
{
	struct life *f = (struct life *)l; /* its first member */
	struct country *c = f->country;
	json *mine =
	    demo_moved(l->a, answers ? answers : json_object(l->a), f->days, f->number, f->own);
	struct kase q = live_case(l);
	if (demo_files_put(l->k, l->a, &q, mine, &c->random))
		live_trouble(l, STR("a file cannot be kept"));
	return mine;
}

struct paying {
	int64_t case_id;
	str method;
};

static err pay(struct tx *tx, void *ctx)
{
	const struct paying *p = ctx;
	return replay_pay(tx, p->case_id, p->method);
}

struct rating {
	int64_t case_id;
	int stars;
};

static err rate(struct tx *tx, void *ctx)
{
	const struct rating *r = ctx;
	return case_rate(tx, r->case_id, r->stars, (str){0});
}

/* The account of demo.json itself, so that whoever signs in by it finds something. */
static void known(struct country *c, struct demo_person *d)
{
	struct person p = {0};
	dbc *db_of = db_reader(c->o->k->db);
	d->number = json_str(d->like, "national_number");
	person_by_number(db_of, c->a, d->number, &p);
	db_reader_return(db_of);
	d->id = p.id;
}

static void begins(struct country *c, struct life *f)
{
	struct demo_person d = {.pack = c->pack,
	                        .like = demo_account(c->pack, json_str(f->scenario, "applicant")),
	                        .days = f->days,
	                        .random = &c->random};
	f->begun = true;
	if (below(c, OWN_OF) == 0)
		known(c, &d);
	else if (live_run(&f->l, 0, demo_person_put, &d) != OK)
		return;
	f->l.applicant = d.id;
	f->number = json_str(d.like, "national_number");
	f->own = str_dup(c->a, d.number);
	live_apply(&f->l, json_get(f->scenario, "answers"), false);
}

static void steps(struct country *c, struct life *f)
{
	const json *el = json_get(f->step, "work")
	                     ? bpmn_element_json(f->l.a, f->l.s->process, json_str(f->step, "work"))
	                     : NULL;
	struct paying p = {f->l.id, below(c, 100) < WALLET_PERCENT ? STR("wallet") : STR("card")};
	if (json_get(f->step, "wait") || (el && str_eq(json_str(el, "type"), STR("issue"))))
		return; /* the platform does it by itself */
	if (el && str_eq(json_str(el, "type"), STR("payment")))
		live_run(&f->l, f->l.applicant, pay, &p);
	else
		live_step(&f->l, f->step);
}

static void rates(struct country *c, struct life *f)
{
	static const int stars[] = {5, 5, 5, 5, 4, 4, 4, 3, 3, 2, 1};
	str outcome = live_case(&f->l).outcome;
	struct rating r = {f->l.id, stars[below(c, sizeof stars / sizeof *stars)]};
	if (outcome.n && !str_eq(outcome, STR("withdrawn")))
		live_run(&f->l, f->l.applicant, rate, &r);
	f->at = 0;
}

/* One thing of one life. Whoever strays from the scenario (a clock of the process was
 * faster than the officer) stays as it is: such cases are what desks are full of. */
static void lives(struct country *c, struct life *f)
{
	static const char *const channels[] = {"web", "web", "web", "mobile"};
	f->l.a = arena_create(STEP_ARENA);
	f->l.channel = str_of(channels[below(c, 4)]);
	f->l.s = pack_service(pack_current(c->o->k), f->service);
	bool rating = f->begun && !f->step;
	if (!f->begun)
		begins(c, f);
	else if (f->step)
		steps(c, f);
	else
		rates(c, f);
	c->strayed += f->l.trouble.n > 0;
	if (f->l.trouble.n)
		log_event(LOG_DEBUG, "demo.strayed", L_STR("service", f->service),
		          L_STR("how", f->l.trouble));
	if (f->l.trouble.n)
		f->at = 0;
	else if (!rating)
		next_step(c, f);
	f->l.trouble = (str){0};
	scheduler_drain(c->o->k);
	arena_destroy(f->l.a);
}

/* ---- the days ---- */

struct settling {
	instant from, to;
};

static err settle(struct tx *tx, void *ctx)
{
	const struct settling *s = ctx;
	return replay_settle(tx, s->from, s->to);
}

static err command(struct country *c, err (*decide)(struct tx *tx, void *ctx), void *ctx)
{
	arena *a = arena_create(STEP_ARENA);
	struct action x = {
	    .k = c->o->k, .a = a, .actor = {.channel = STR("cli")}, .decide = decide, .ctx = ctx};
	err e = kernel_run(&x);
	if (e)
		fprintf(stderr, "diwan: %s: %.*s\n", err_find(e)->name, STRF(x.fault.detail));
	arena_destroy(a);
	return e;
}

/* Every day the clocks of processes run, and the provider settles the day before. */
static err days_pass(struct country *c, instant until)
{
	err e = OK;
	for (int64_t day = c->now / DAY + 1; day * DAY <= until && !e; day++) {
		struct settling s = {(day - 1) * DAY, day * DAY};
		c->now = day * DAY;
		scheduler_drain(c->o->k);
		e = command(c, settle, &s);
	}
	c->now = until > c->now ? until : c->now + SECOND;
	return e;
}

static struct life *earliest(struct country *c)
{
	struct life *found = NULL;
	for (size_t i = 0; i < c->n; i++)
		if (c->life[i].at && (!found || c->life[i].at < found->at))
			found = &c->life[i];
	return found;
}

static err run(struct country *c)
{
	struct life *f;
	err e = OK;
	while (!e && (f = earliest(c)) != NULL && f->at < c->to) {
		e = days_pass(c, f->at);
		if (!e)
			lives(c, f);
	}
	return e ? e : days_pass(c, c->to);
}

/* ---- before it begins ---- */

static err found(struct tx *tx, void *ctx)
{
	struct country *c = ctx;
	err e = pack_put(tx, c->source, c->pack);
	if (!e)
		e = demo_put(tx, c->people);
	return e ? e : replay_provider(tx);
}

static err close_down(struct tx *tx, void *ctx)
{
	(void)ctx;
	return replay_provider_ends(tx);
}

static struct officer *officer_of(struct crew *crew, str role, str entity)
{
	for (size_t i = 0; i < crew->n; i++)
		if (str_eq(crew->officer[i].role, role) && str_eq(crew->officer[i].entity, entity))
			return &crew->officer[i];
	if (crew->n == OFFICERS_MAX)
		return NULL;
	crew->officer[crew->n] = (struct officer){.role = role, .entity = entity};
	return &crew->officer[crew->n++];
}

/* The accounts of demo.json have the tasks of their roles. */
static void employ(struct country *c)
{
	const json *account = json_get(c->pack->demo, "accounts");
	dbc *db_of = db_reader(c->o->k->db);
	for (account = account->first; account; account = account->next) {
		struct person p;
		const json *role = json_get(account, "roles");
		if (!person_by_number(db_of, c->a, json_str(account, "national_number"), &p))
			continue;
		for (role = role ? role->first : NULL; role; role = role->next) {
			struct officer *o =
			    officer_of(&c->crew, json_str(role, "role"), json_str(role, "entity"));
			if (o)
				o->id[o->id[0] != 0] = p.id;
		}
	}
	db_reader_return(db_of);
}

/* The services that have scenarios with an outcome. */
static size_t services_of(const struct pack *p, const struct service **out)
{
	size_t n = 0;
	for (size_t i = 0; i < p->n_services; i++) {
		const json *v = json_get(p->services[i].scenarios, "scenarios");
		for (v = v ? v->first : NULL; v && !json_str(v, "outcome").n; v = v->next)
			continue;
		if (v)
			out[n++] = &p->services[i];
	}
	return n;
}

static void draw(struct country *c, struct life *f, const struct service *s)
{
	const json *list = json_get(s->scenarios, "scenarios");
	instant as_written = 0;
	int64_t days = (c->to - c->from) / DAY;
	do {
		f->scenario = json_at(list, below(c, list->count));
	} while (!json_str(f->scenario, "outcome").n);
	time_parse(json_str(f->scenario, "at"), &as_written);
	f->at = c->from + (instant)below(c, (uint64_t)days) * DAY + (instant)(4 + below(c, 15)) * HOUR +
	        (instant)below(c, 60) * MINUTE;
	f->days = (f->at - as_written) / DAY;
	f->days -= (f->days % 7 + 7) % 7; /* a working day stays one, mostly */
	f->service = s->id;
	f->country = c;
	f->l = (struct live){.k = c->o->k, .crew = &c->crew, .prepare = prepare};
}

static int country(struct country *c, size_t count)
{
	const struct service **s = NEWN(c->a, const struct service *, c->pack->n_services);
	size_t n = services_of(c->pack, s);
	str why = {0};
	if (!n || !c->people) {
		fputs("diwan: the pack has no scenarios, or no demo.json\n", stderr);
		return EXIT_NO;
	}
	log_level_set(LOG_WARN); /* each day would tell of what it swept */
	if (command(c, found, c) || pack_refresh(c->o->k, &why))
		return EXIT_FAILED;
	employ(c);
	c->life = NEWN(c->a, struct life, count);
	c->n = count;
	for (size_t i = 0; i < count; i++)
		draw(c, &c->life[i], s[below(c, n)]);
	if (run(c) || command(c, close_down, NULL))
		return EXIT_FAILED;
	printf("%zu applications of %zu services; %lld went another way than written\n", count, n,
	       (long long)c->strayed);
	return EXIT_OK;
}

/* ---- the command ---- */

struct words {
	int64_t count, days;
	bool if_new; /* nothing is done, and nothing is wrong, when the database is in use */
};

static bool words_read(int argc, char **argv, struct words *w)
{
	*w = (struct words){COUNT_DEFAULT, DAYS_DEFAULT, false};
	for (int i = 2; i < argc; i++) {
		str s = str_of(argv[i]);
		if (str_eq(s, STR("--if-new")))
			w->if_new = true;
		else if (!(str_starts(s, STR("--count=")) && str_i64(str_sub(s, 8, s.n), &w->count)) &&
		         !(str_starts(s, STR("--days=")) && str_i64(str_sub(s, 7, s.n), &w->days)))
			return false;
	}
	return w->count > 0 && w->count <= COUNT_MAX && w->days > 0 && w->days <= DAYS_MAX;
}

static bool is_new(struct kernel *k)
{
	str why = {0};
	return pack_refresh(k, &why) == OK && !pack_current(k);
}

int demo_cases(int argc, char **argv)
{
	struct opened o = {0};
	struct words w;
	struct pack_source source;
	instant today = clock_now(clock_system());
	struct country c = {.o = &o, .random = rng_seeded(SEED), .to = today};
	int e = app_settings(&argc, argv, &o);
	if (!e && !words_read(argc, argv, &w))
		e = help_wrong("demo", "an unknown word, or too many", argv[argc - 1]);
	str folder = e ? (str){0} : config_text(&o.config, SETTING_pack);
	if (!e && !folder.n)
		e = help_wrong("demo", "--pack=FOLDER is missing", NULL);
	c.a = arena_create(PACK_CHECK_ARENA_BYTES);
	c.crew.a = c.a;
	c.source = &source;
	if (!e && !(c.pack = pack_from_folder(c.a, str_c(c.a, folder), &source)))
		e = EXIT_NO;
	if (!e) {
		c.from = c.now = today - w.days * DAY;
		c.people = demo_prepare(NULL, c.a, c.pack);
		e = app_open_at(OPEN_MIGRATE, (clock_source){country_now, &c}, &o);
	}
	bool new_one = !e && is_new(o.k);
	if (!e && !new_one && !w.if_new) {
		fputs("diwan: a demonstration begins in a new database; this one is in use\n", stderr);
		e = EXIT_NO;
	}
	if (new_one)
		e = country(&c, (size_t)w.count);
	app_close(&o);
	arena_destroy(c.a);
	return e;
}
