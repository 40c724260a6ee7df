/*
 * statistics.c - what the officers of the caller's body did with applications.
 *
 * Every task that an officer did with an outcome is counted once, on the day it was
 * done: sent back (outcome "return"), rejected ("reject") or let go on (any other).
 */
#include "systems/desk/registration/registration.h"

#define HOLDERS_MAX 2000
#define SPANS_MAX   400 /* of a timeframe, in one answer */

struct asked {
	int64_t from, to; /* days, both included */
	str frame, registration, operator, role;
	str service, role_id; /* found */
	int64_t officer;
};

static bool day_read(struct req *r, str s, int64_t *out)
{
	instant t;
	if (s.n != 10 || !time_parse(str_cat(r->a, s, STR("T00:00:00Z")), &t))
		return false;
	*out = t / DAY;
	return true;
}

static bool frame_known(str s)
{
	return !s.n || str_eq(s, STR("day")) || str_eq(s, STR("week")) || str_eq(s, STR("month")) ||
	       str_eq(s, STR("year"));
}

/* The day a span of the timeframe that begins with `day` is followed by. */
static int64_t after(str frame, int64_t first, int64_t n)
{
	int32_t y;
	int m, d;
	if (str_eq(frame, STR("day")))
		return first + n;
	if (str_eq(frame, STR("week")))
		return first + 7 * n;
	civil_from_days(first, &y, &m, &d);
	int64_t months = (int64_t)y * 12 + m - 1 + (str_eq(frame, STR("year")) ? 12 * n : n);
	int64_t last = days_from_civil((int32_t)((months + 1) / 12), (int)((months + 1) % 12) + 1, 1);
	int64_t day = days_from_civil((int32_t)(months / 12), (int)(months % 12) + 1, 1) + d - 1;
	return day < last ? day : last - 1; /* the 31st of a short month is its last day */
}

/* Without dates: the present day, week, month or year, and without these all there is. */
static bool span_read(struct req *r, struct asked *q)
{
	str from = req_field(r, "startDate"), to = req_field(r, "endDate");
	int64_t today = view_today(r);
	q->frame = req_field(r, "timeframe");
	if (!frame_known(q->frame))
		return false;
	q->to = today;
	q->from = q->frame.n ? 2 * today - after(q->frame, today, 1) + 1 : 0;
	return (!from.n || day_read(r, from, &q->from)) && (!to.n || day_read(r, to, &q->to)) &&
	       q->from >= 0 && q->from <= q->to;
}

static bool named(const json *two, str name)
{
	return str_eq_nocase(json_str(two, "en"), name) || str_eq(json_str(two, "ar"), name);
}

static bool service_found(struct req *r, struct asked *q)
{
	const struct pack *p = pack_current(r->k);
	for (size_t i = 0; p && i < p->n_services; i++) {
		const struct service *s = &p->services[i];
		if (!s->process ||
		    !(str_eq(s->id, q->registration) || named(json_get(s->card, "title"), q->registration)))
			continue;
		q->service = s->id;
		return true;
	}
	return !q->registration.n;
}

static bool role_found(struct req *r, struct asked *q)
{
	struct role *all = NEWN(r->a, struct role, HOLDERS_MAX);
	size_t n = role_all(r->db, r->a, all, HOLDERS_MAX);
	for (size_t i = 0; i < n; i++)
		if (str_eq(all[i].name, q->role) || str_eq_nocase(all[i].title_en, q->role) ||
		    str_eq(all[i].title_ar, q->role)) {
			q->role_id = all[i].name;
			return true;
		}
	return !q->role.n;
}

static bool officer_found(struct req *r, struct asked *q)
{
	struct role_holder *h = NEWN(r->a, struct role_holder, HOLDERS_MAX);
	size_t n = role_holders(r->db, r->a, r->actor.entity, r->now, h, HOLDERS_MAX);
	for (size_t i = 0; i < n; i++)
		if (str_eq_nocase(h[i].name_en, q->operator) || str_eq(h[i].name_ar, q->operator)) {
			q->officer = h[i].person;
			return true;
		}
	return !q->operator.n;
}

static void day_set(struct req *r, json *o, const char *name, int64_t day)
{
	json_set_str(r->a, o, name, str_sub(time_print(r->a, day * DAY), 0, 10));
}

static json *references(struct req *r, const struct asked *q, int64_t from, int64_t to)
{
	json *o = json_object(r->a);
	day_set(r, o, "startDate", from);
	day_set(r, o, "endDate", to);
	if (q->registration.n)
		json_set_str(r->a, o, "registrationName", q->registration);
	if (q->operator.n)
		json_set_str(r->a, o, "operator", q->operator);
	if (q->role.n)
		json_set_str(r->a, o, "role", q->role);
	json_set_bool(r->a, o, "timeframeDay", str_eq(q->frame, STR("day")));
	json_set_bool(r->a, o, "timeframeWeek", str_eq(q->frame, STR("week")));
	json_set_bool(r->a, o, "timeframeMonth", str_eq(q->frame, STR("month")));
	json_set_bool(r->a, o, "timeframeYear", str_eq(q->frame, STR("year")));
	return o;
}

static json *counted(struct req *r, const struct asked *q, int64_t from, int64_t to)
{
	const struct pack *p = pack_current(r->k);
	instant offset = (p ? p->utc_offset : 0) * SECOND;
	struct case_done_filter f = {.entity = r->actor.entity,
	                             .service = q->service,
	                             .role = q->role_id,
	                             .officer = q->officer,
	                             .from = from * DAY - offset,
	                             .to = (to + 1) * DAY - offset};
	struct case_done n = case_done_count(r->db, &f);
	json *o = json_object(r->a);
	json_set_int(r->a, o, "processed", n.onward + n.returned + n.rejected);
	json_set_int(r->a, o, "approved", n.onward);
	json_set_int(r->a, o, "sentBack", n.returned);
	json_set_int(r->a, o, "rejected", n.rejected);
	json_set(r->a, o, "references", references(r, q, from, to));
	return o;
}

err page_reg_statistics(struct req *r)
{
	struct asked q = {.registration = req_field(r, "registrationName"),
	                  .operator= req_field(r, "operator"),
	                  .role = req_field(r, "role")};
	json *list = json_array(r->a);
	err e = reg_enter(r, true);
	if (e || reg_answered(r))
		return e;
	if (!span_read(r, &q))
		return reg_refuse(r, 400, "desk.registration.bad_span");
	if (!service_found(r, &q) || !role_found(r, &q) || !officer_found(r, &q))
		return reg_nothing(r);
	for (int64_t from = q.from, n = 1; from <= q.to; n++) {
		int64_t next = q.frame.n ? after(q.frame, q.from, n) : q.to + 1;
		if (n > SPANS_MAX)
			return reg_refuse(r, 400, "desk.registration.bad_span");
		json_push(list, counted(r, &q, from, next <= q.to ? next - 1 : q.to));
		from = next;
	}
	return req_content(r, "application/json; charset=utf-8", json_print(r->a, list), NULL);
}

err page_reg_statistics_plain(struct req *r)
{
	return page_reg_statistics(r);
}
