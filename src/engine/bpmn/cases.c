#include "engine/bpmn/cases.h"

#include "engine/bpmn/model.h"

#define MAX_CASES     64                             /* process instances in one test case */
#define MAX_MOVES     20000                          /* effects carried out in one test case */
#define VIRTUAL_START ((instant)1767225600 * SECOND) /* 2026-01-01T00:00:00Z */

struct mail {
	str name, key;
	const json *vars;
	struct mail *next;
};

struct starter { /* a timer at which processes of the file begin */
	str element, text;
	instant due;
	int64_t repeats; /* firings left, -1 endless */
	struct starter *next;
};

struct trial {
	arena *a;
	str xml;
	const struct bpmn *b;
	const json *handlers;
	json *states[MAX_CASES];
	size_t n, moves;
	instant now;
	json *done, *order;           /* counts by element; ids as they completed */
	struct mail *mail, *mail_end; /* thrown, not yet taken */
	struct starter *starters;
	str trouble, code;
};

static void carry(struct trial *t, size_t at, struct bpmn_effect *f);

static void trouble(struct trial *t, str what)
{
	if (!t->trouble.n)
		t->trouble = what;
}

static struct bpmn_run run_of(struct trial *t)
{
	return (struct bpmn_run){.a = t->a, .now = t->now, .as_jobs = t->handlers};
}

static err step(struct trial *t, size_t at, struct bpmn_trigger trigger)
{
	struct bpmn_run run = run_of(t);
	json *next;
	err e = bpmn_step(t->b, t->states[at], &trigger, &run, &next);

	if (e)
		return e;
	t->states[at] = next;
	carry(t, at, run.first);
	return OK;
}

static void begin(struct trial *t, str process, str event, const json *vars)
{
	struct bpmn_run run = run_of(t);
	json *state;
	err e = event.n ? bpmn_start_at(t->b, event, vars, &run, &state)
	                : bpmn_start(t->b, process, vars, &run, &state);

	if (e || t->n == MAX_CASES) {
		trouble(t, str_fmt(t->a, "cannot start: %s", err_find(e)->name));
		return;
	}
	t->states[t->n++] = state;
	carry(t, t->n - 1, run.first);
}

/* The starts of a process that runs. */
static json *startable(const json *process)
{
	return json_truth(process, "executable") ? json_get(process, "starts")->first : NULL;
}

/* Starts every process of the file that waits for this at its beginning. */
static bool begin_by(struct trial *t, const char *kind, str name, const json *vars)
{
	json *all = bpmn_processes(t->a, t->b);
	bool any = false;

	for (json *p = all->first; p; p = p->next)
		for (json *s = startable(p); s; s = s->next)
			if (str_eq(json_str(s, "kind"), str_of(kind)) && str_eq(json_str(s, "name"), name)) {
				begin(t, (str){0}, json_str(s, "element"), vars);
				any = true;
			}
	return any;
}

static bool deliver(struct trial *t, str name, str key, const json *vars)
{
	struct bpmn_trigger m = {.kind = BPMN_MESSAGE, .name = name, .key = key, .vars = vars};

	for (size_t i = 0; i < t->n; i++)
		if (step(t, i, m) == OK)
			return true;
	return begin_by(t, "message", name, vars);
}

static void signal(struct trial *t, str name, const json *vars, size_t except)
{
	struct bpmn_trigger s = {.kind = BPMN_SIGNAL, .name = name, .vars = vars};
	size_t n = t->n;

	for (size_t i = 0; i < n; i++)
		if (i != except)
			step(t, i, s);
	begin_by(t, "signal", name, vars);
}

static void post(struct trial *t, const struct bpmn_effect *f)
{
	struct mail *m = NEW(t->a, struct mail);

	*m = (struct mail){
	    .name = f->name, .key = json_str(f->data, "key"), .vars = json_get(f->data, "vars")};
	if (deliver(t, m->name, m->key, m->vars))
		return;
	if (t->mail_end)
		t->mail_end->next = m;
	else
		t->mail = m;
	t->mail_end = m;
}

/* A new subscription may take what was thrown before it. */
static void collect_mail(struct trial *t)
{
	for (struct mail **at = &t->mail, *before = NULL; *at;) {
		struct mail *m = *at;
		struct bpmn_trigger g = {
		    .kind = BPMN_MESSAGE, .name = m->name, .key = m->key, .vars = m->vars};
		bool taken = false;
		for (size_t i = 0; i < t->n && !taken; i++)
			taken = step(t, i, g) == OK;
		if (!taken) {
			before = m;
			at = &m->next;
			continue;
		}
		*at = m->next;
		if (t->mail_end == m)
			t->mail_end = before;
	}
}

/* Works a job as the test's handlers say. */
static void work(struct trial *t, size_t at, const struct bpmn_effect *f)
{
	const json *h = json_get_str(t->handlers, f->element);
	struct bpmn_trigger g = {
	    .kind = BPMN_JOB_DONE, .instance = f->instance, .vars = json_get(h, "vars")};

	if (json_get(h, "wait"))
		return;
	if (json_get(h, "throw")) {
		g.kind = BPMN_JOB_ERROR;
		g.name = json_str(h, "throw");
	} else if (json_get(h, "fail")) {
		g.kind = BPMN_JOB_FAILED;
		g.name = STR("failed by the test");
	}
	step(t, at, g);
}

static void count(struct trial *t, str element)
{
	int64_t n = 0;

	json_i64(json_get_str(t->done, element), &n);
	json_set_key(t->a, t->done, element, json_int_new(t->a, n + 1));
	json_push(t->order, json_string(t->a, element));
}

static void carry(struct trial *t, size_t at, struct bpmn_effect *first)
{
	bool listens = false;

	/* Counted first: carrying out one effect may complete further elements. */
	for (struct bpmn_effect *f = first; f; f = f->next) {
		if (f->kind == BPMN_LEFT)
			count(t, f->element);
		if (f->kind == BPMN_INCIDENT)
			trouble(t, str_fmt(t->a, "%.*s: %.*s", STRF(f->name), STRF(json_str(f->data, "what"))));
		if (f->kind == BPMN_COMPLETED && str_eq(f->name, STR("error"))) {
			t->code = json_str(f->data, "code");
			trouble(t, str_fmt(t->a, "uncaught error %.*s", STRF(t->code)));
		}
	}
	for (struct bpmn_effect *f = first; f; f = f->next) {
		if (++t->moves > MAX_MOVES) {
			trouble(t, STR("the test makes too many moves"));
			return;
		}
		if (f->kind == BPMN_JOB_REQUESTED)
			work(t, at, f);
		else if (f->kind == BPMN_MESSAGE_THROWN)
			post(t, f);
		else if (f->kind == BPMN_SIGNAL_THROWN)
			signal(t, f->name, json_get(f->data, "vars"), at);
		listens |= f->kind == BPMN_SUBSCRIBED;
	}
	if (listens && t->mail)
		collect_mail(t);
}

/* ---- steps ------------------------------------------------------------- */

static void complete(struct trial *t, str element, const json *vars)
{
	for (size_t i = 0; i < t->n; i++) {
		json *waiting = bpmn_waiting(t->a, t->states[i]);
		for (json *w = waiting->first; w; w = w->next) {
			str kind = json_str(w, "kind");
			bool task = str_eq(kind, STR("task"));
			if ((!task && !str_eq(kind, STR("job"))) || !str_eq(json_str(w, "element"), element))
				continue;
			step(t, i,
			     (struct bpmn_trigger){.kind = task ? BPMN_TASK_COMPLETED : BPMN_JOB_DONE,
			                           .instance = json_int(w, "instance", 0),
			                           .vars = vars});
			return;
		}
	}
	trouble(t, str_fmt(t->a, "no open task \"%.*s\"", STRF(element)));
}

static bool earliest(struct trial *t, instant until, size_t *at, int64_t *timer, instant *due)
{
	bool any = false;

	for (size_t i = 0; i < t->n; i++) {
		json *waiting = bpmn_waiting(t->a, t->states[i]);
		for (json *w = waiting->first; w; w = w->next) {
			instant d = json_int(w, "due", INT64_MAX);
			if (!str_eq(json_str(w, "kind"), STR("timer")) || d > until || (any && d >= *due))
				continue;
			any = true;
			*at = i;
			*timer = json_int(w, "instance", 0);
			*due = d;
		}
	}
	return any;
}

/* ---- timers that start processes ------------------------------------------ */

static bool starter_first(const struct trial *t, struct starter *x)
{
	struct bpmn_span span;
	instant at = 0;

	x->repeats = 1;
	if (bpmn_span_parse(x->text, &span))
		x->due = bpmn_span_add(t->now, span, 0);
	else if (bpmn_cycle_parse(x->text, &x->repeats, &at, &span))
		x->due = at ? at : bpmn_span_add(t->now, span, 0);
	else
		return bpmn_date_parse(x->text, 0, &x->due);
	return true;
}

/* The file counts as published when the case begins. */
static void starters(struct trial *t)
{
	json *all = bpmn_processes(t->a, t->b);

	for (json *p = all->first; p; p = p->next)
		for (json *s = startable(p); s; s = s->next) {
			struct starter *x = NEW(t->a, struct starter);
			x->element = json_str(s, "element");
			x->text = json_str(s, "timer");
			if (!x->text.n || !starter_first(t, x) || !x->repeats)
				continue;
			x->next = t->starters;
			t->starters = x;
		}
}

static struct starter *next_starter(struct trial *t, instant until)
{
	struct starter *best = NULL;

	for (struct starter *x = t->starters; x; x = x->next)
		if (x->repeats && x->due <= until && (!best || x->due < best->due))
			best = x;
	return best;
}

static void start_by_time(struct trial *t, struct starter *x)
{
	struct bpmn_span span;
	int64_t count;
	instant at;

	if (x->due > t->now)
		t->now = x->due;
	x->repeats -= x->repeats > 0;
	if (x->repeats && bpmn_cycle_parse(x->text, &count, &at, &span))
		x->due = bpmn_span_add(x->due, span, 0);
	begin(t, (str){0}, x->element, NULL);
}

static bool advance_once(struct trial *t, instant until)
{
	instant due = 0;
	size_t at;
	int64_t timer;
	bool any = earliest(t, until, &at, &timer, &due);
	struct starter *x = next_starter(t, any ? due : until);

	if (x) {
		start_by_time(t, x);
		return true;
	}
	if (!any)
		return false;
	if (due > t->now)
		t->now = due;
	step(t, at, (struct bpmn_trigger){.kind = BPMN_TIMER_FIRED, .instance = timer});
	return true;
}

static void advance(struct trial *t, str text)
{
	struct bpmn_span span;

	if (!bpmn_span_parse(text, &span)) {
		trouble(t, STR("not a duration"));
		return;
	}
	instant until = bpmn_span_add(t->now, span, 0);
	while (!t->trouble.n && advance_once(t, until))
		if (++t->moves > MAX_MOVES)
			trouble(t, STR("the test makes too many moves"));
	t->now = until;
}

/* Everything forgotten but the stored text. */
static void restart(struct trial *t)
{
	struct diags d = diags_make(t->a, STR("model"));

	t->b = bpmn_load(t->a, t->xml, &d);
	for (size_t i = 0; i < t->n; i++)
		t->states[i] = json_parse(t->a, json_print(t->a, t->states[i]), NULL);
}

static void run_step(struct trial *t, const json *s)
{
	const json *vars = json_get(s, "vars");

	if (json_get(s, "start"))
		begin(t, json_str(s, "start"), (str){0}, vars);
	else if (json_get(s, "complete"))
		complete(t, json_str(s, "complete"), vars);
	else if (json_get(s, "message"))
		deliver(t, json_str(s, "message"), json_str(s, "key"), vars);
	else if (json_get(s, "signal"))
		signal(t, json_str(s, "signal"), vars, MAX_CASES);
	else if (json_get(s, "advance"))
		advance(t, json_str(s, "advance"));
	else if (json_get(s, "set"))
		for (size_t i = 0; i < t->n; i++)
			step(t, i, (struct bpmn_trigger){.kind = BPMN_SET_VARS, .vars = json_get(s, "set")});
	else if (json_get(s, "restart"))
		restart(t);
	else
		trouble(t, STR("unknown step"));
}

/* ---- expectations ------------------------------------------------------ */

static str state_of(const struct trial *t)
{
	str state = STR("completed");

	if (t->trouble.n)
		return STR("error");
	for (size_t i = 0; i < t->n; i++) {
		str s = bpmn_status(t->states[i]);
		if (str_eq(s, STR("active")))
			return s;
		if (!str_eq(s, STR("completed")))
			state = s;
	}
	return state;
}

static bool state_fits(const json *expected, str state)
{
	if (json_is(expected, JSON_STRING))
		return str_eq(expected->s, state);
	for (const json *v = expected ? expected->first : NULL; v; v = v->next)
		if (str_eq(json_text(v), state))
			return true;
	return false;
}

static bool same_value(arena *a, const json *x, const json *y)
{
	if (!json_is(x, JSON_NUMBER) || !json_is(y, JSON_NUMBER))
		return json_equal(x, y);
	str xs = x->s, ys = y->s;
	if (str_chr(xs, '.') < 0)
		xs = str_cat(a, xs, STR("."));
	if (str_chr(ys, '.') < 0)
		ys = str_cat(a, ys, STR("."));
	while (xs.n && xs.p[xs.n - 1] == '0')
		xs.n--;
	while (ys.n && ys.p[ys.n - 1] == '0')
		ys.n--;
	return str_eq(xs, ys);
}

static bool vars_fit(struct trial *t, const json *expected, str *why)
{
	for (const json *v = expected ? expected->first : NULL; v; v = v->next) {
		bool found = false;
		for (size_t i = 0; i < t->n && !found; i++)
			found = same_value(t->a, json_get_str(bpmn_vars(t->states[i]), v->key), v);
		if (found)
			continue;
		*why = str_fmt(t->a, "variable %.*s is not %.*s", STRF(v->key), STRF(json_print(t->a, v)));
		return false;
	}
	return true;
}

static bool waiting_fits(struct trial *t, const json *expected, str *why)
{
	size_t open = 0;

	if (!expected)
		return true;
	json *left = json_copy(t->a, expected);
	for (size_t i = 0; i < t->n; i++) {
		json *waiting = bpmn_waiting(t->a, t->states[i]);
		for (json *w = waiting->first; w; w = w->next) {
			str kind = json_str(w, "kind");
			if (!str_eq(kind, STR("task")) && !str_eq(kind, STR("job")))
				continue;
			open++;
			for (json *v = left->first; v; v = v->next)
				if (str_eq(v->s, json_str(w, "element"))) {
					v->s = (str){0};
					break;
				}
		}
	}
	for (json *v = left->first; v; v = v->next)
		if (v->s.n) {
			*why = str_fmt(t->a, "%.*s does not wait", STRF(v->s));
			return false;
		}
	if (open != expected->count)
		*why = str_fmt(t->a, "%zu tasks wait, not %u", open, expected->count);
	return open == expected->count;
}

static int64_t position(const struct trial *t, str element)
{
	int64_t at = 0;

	for (const json *v = t->order->first; v; v = v->next, at++)
		if (str_eq(v->s, element))
			return at;
	return -1;
}

static bool judge(struct trial *t, const json *expect, str *why)
{
	str state = state_of(t);
	const json *wanted = json_get(expect, "state"), *done = json_get(expect, "completed");
	const json *order = json_get(expect, "order");

	if (!wanted && t->trouble.n) {
		*why = t->trouble;
		return false;
	}
	if (wanted && !state_fits(wanted, state)) {
		*why = str_fmt(t->a, "state is %.*s (%.*s)", STRF(state), STRF(t->trouble));
		return false;
	}
	for (const json *v = done ? done->first : NULL; v; v = v->next) {
		int64_t n = 0, want = 0;
		json_i64(json_get_str(t->done, v->key), &n);
		json_i64(v, &want);
		if (n != want) {
			*why = str_fmt(t->a, "%.*s completed %lld times, not %lld", STRF(v->key), (long long)n,
			               (long long)want);
			return false;
		}
	}
	for (const json *v = order ? order->first : NULL; v; v = v->next) {
		int64_t x = position(t, json_text(json_at(v, 0))),
		        y = position(t, json_text(json_at(v, 1)));
		if (x < 0 || y < 0 || x > y) {
			*why = str_fmt(t->a, "not in order: %.*s", STRF(json_print(t->a, v)));
			return false;
		}
	}
	if (json_get(expect, "error") && !str_eq(json_str(expect, "error"), t->code)) {
		*why = str_fmt(t->a, "error code is \"%.*s\"", STRF(t->code));
		return false;
	}
	return waiting_fits(t, json_get(expect, "waiting"), why) &&
	       vars_fit(t, json_get(expect, "vars"), why);
}

bool bpmn_case_run(arena *a, str xml, const json *test, const json *which, str *why)
{
	struct trial t = {.a = a, .xml = xml, .now = VIRTUAL_START};
	struct diags d = diags_make(a, json_str(test, "bpmn"));
	const json *expect = json_get(which, "expect"), *steps = json_get(which, "steps");

	t.handlers = json_get(test, "handlers");
	t.done = json_object(a);
	t.order = json_array(a);
	t.b = bpmn_load(a, xml, &d);
	if (!t.b) {
		*why = str_fmt(a, "refused: %.*s, line %u: %.*s", STRF(d.first->rule), d.first->line,
		               STRF(d.first->what));
		return json_get(expect, "state") && state_fits(json_get(expect, "state"), STR("rejected"));
	}
	starters(&t);
	for (const json *s = steps ? steps->first : NULL; s; s = s->next)
		run_step(&t, s);
	return judge(&t, expect, why);
}
