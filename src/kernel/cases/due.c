/* due.c - promised times: counted in the country's calendar, stopped while the
 * applicant owes something. */
#include "kernel/cases/cases_in.h"

static const struct calendar *calendar_of(struct tx *tx)
{
	const struct pack *p = pack_current(tx->k);
	return p ? p->calendar : NULL;
}

instant working_days(void *ctx, instant from, int64_t days)
{
	return calendar_add_days(ctx, from, days);
}

instant working_time(void *ctx, instant from, int64_t micros)
{
	return calendar_add_time(ctx, from, micros);
}

int64_t working_between(void *ctx, instant from, instant to)
{
	return calendar_time_between(ctx, from, to);
}

instant case_due_first(struct tx *tx, const struct service *s)
{
	const struct calendar *c = calendar_of(tx);
	const json *due = json_get(s->definition, "due");
	return c && due ? calendar_due(c, tx->now, due) : 0;
}

/* What was left when the time stopped is left again from now on: whole working
 * days where the promise is in days, else working time. What was late stays late. */
instant case_due_shifted(struct tx *tx, const struct service *s, const struct kase *q)
{
	const struct calendar *c = calendar_of(tx);
	str unit = json_text(json_path(s->definition, "due.unit"));
	if (!q->due || !q->paused || q->due <= q->paused)
		return q->due;
	if (!c)
		return q->due + (tx->now - q->paused);
	if (str_eq(unit, STR("working_days")))
		return calendar_add_days(c, tx->now, calendar_days_between(c, q->paused, q->due));
	return calendar_add_time(c, tx->now, calendar_time_between(c, q->paused, q->due));
}
