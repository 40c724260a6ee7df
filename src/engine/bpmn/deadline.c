/*
 * deadline.c - time as a business calendar counts it, and time that stands still
 * while somebody owes an answer. The calendar itself is the caller's.
 */
#include "engine/bpmn/state.h"

#define MAX_WORKING_DAYS 3660 /* of one deadline: ten years */

static bool weekend(instant t, int32_t offset)
{
	int day = weekday((t + offset * SECOND) / DAY);

	return day == 5 || day == 6;
}

/* Where the caller has no calendar: Sunday to Thursday, all hours. */
static instant weekdays(instant from, int64_t days, int32_t offset)
{
	while (days > 0) {
		from += DAY;
		days -= !weekend(from, offset);
	}
	return from;
}

static instant midnight_after(instant t, int32_t offset)
{
	instant local = t + offset * SECOND;

	return local - local % DAY + DAY - offset * SECOND;
}

static instant week_time(instant from, int64_t micros, int32_t offset)
{
	for (;;) {
		instant next = midnight_after(from, offset);
		if (!weekend(from, offset)) {
			if (micros <= next - from)
				return from + micros;
			micros -= next - from;
		}
		from = next;
	}
}

static int64_t week_between(instant from, instant to, int32_t offset)
{
	int64_t sum = 0;

	while (from < to) {
		instant next = midnight_after(from, offset);
		if (next > to)
			next = to;
		if (!weekend(from, offset))
			sum += next - from;
		from = next;
	}
	return sum;
}

static instant add_days(struct engine *g, instant from, int64_t days)
{
	struct bpmn_run *run = g->run;

	if (days > MAX_WORKING_DAYS)
		days = MAX_WORKING_DAYS;
	return run->working_days ? run->working_days(run->ctx, from, days)
	                         : weekdays(from, days, run->offset);
}

static instant add_time(struct engine *g, instant from, int64_t micros)
{
	struct bpmn_run *run = g->run;

	if (micros > (int64_t)MAX_WORKING_DAYS * DAY)
		micros = (int64_t)MAX_WORKING_DAYS * DAY;
	return run->working_time ? run->working_time(run->ctx, from, micros)
	                         : week_time(from, micros, run->offset);
}

instant deadline_after(struct engine *g, const struct bpmn_evdef *ev, instant from,
                       struct bpmn_span span)
{
	if (ev->calendar == CALENDAR_NONE || span.negative)
		return bpmn_span_add(from, span, g->run->offset);
	if (span.days)
		from = add_days(g, from, span.days);
	span.days = 0;
	if (ev->calendar == CALENDAR_TIME && span.micros) {
		from = add_time(g, from, span.micros);
		span.micros = 0;
	}
	return bpmn_span_add(from, span, g->run->offset);
}

instant deadline_of_task(struct engine *g, const struct bpmn_el *el)
{
	struct bpmn_span span;
	instant at;
	int64_t n;

	if (!el->due.n)
		return 0;
	if (bpmn_span_parse(el->due, &span))
		return bpmn_span_add(g->run->now, span, g->run->offset);
	if (bpmn_date_parse(el->due, g->run->offset, &at))
		return at;
	if (!str_i64(el->due, &n) || n < 0 || n > MAX_WORKING_DAYS)
		return 0;
	if (str_eq(el->due_unit, STR("hours")))
		return add_time(g, g->run->now, n * HOUR);
	if (str_eq(el->due_unit, STR("minutes")))
		return add_time(g, g->run->now, n * MINUTE);
	if (str_eq(el->due_unit, STR("days")))
		return g->run->now + n * DAY;
	return add_days(g, g->run->now, n);
}

/* ---- standing still ------------------------------------------------------ */

/* Is a task of that role open, other than the one the timer watches? */
static bool owed(const struct engine *g, str role, const struct node *holder)
{
	for (const struct node *n = g->root; n; n = node_walk(g->root, n))
		if (n->wait == WAIT_TASK && n->el != holder->el && str_eq(n->el->role, role))
			return true;
	return false;
}

static void stop(struct engine *g, struct sub *s)
{
	struct bpmn_run *run = g->run;
	int64_t left = s->due - run->now;

	if (left > 0 && s->def->calendar != CALENDAR_NONE)
		left = run->working_between ? run->working_between(run->ctx, run->now, s->due)
		                            : week_between(run->now, s->due, run->offset);
	s->left = left > 0 ? left : 0;
	s->paused = true;
	emit(g, BPMN_TIMER_CANCELLED, s->el->id, s->id)->due = s->due;
}

static void go_on(struct engine *g, struct sub *s)
{
	s->paused = false;
	s->due = s->def->calendar == CALENDAR_NONE ? g->run->now + s->left
	                                           : add_time(g, g->run->now, s->left);
	emit(g, BPMN_TIMER_SET, s->el->id, s->id)->due = s->due;
}

void deadlines_settle(struct engine *g)
{
	for (struct node *n = g->finished ? NULL : g->root; n; n = node_walk(g->root, n))
		for (struct sub *s = n->subs; s; s = s->next) {
			if (s->kind != E_TIMER || (!s->def->pauses_for.n && !g->held && !s->paused))
				continue;
			bool stands = g->held || (s->def->pauses_for.n && owed(g, s->def->pauses_for, n));
			if (stands && !s->paused)
				stop(g, s);
			else if (!stands && s->paused)
				go_on(g, s);
		}
}
