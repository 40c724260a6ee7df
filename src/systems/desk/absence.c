/*
 * absence.c - who stands in for whom.
 *
 * While a cover lasts, the substitute may take over cases that the absent officer
 * holds. It gives no right that the substitute does not have already: they must
 * hold the role of the task themselves.
 */
#include "systems/desk/desk_in.h"

#include "kernel/search/search.h"

#define COVER_MAX (90 * DAY)

bool desk_stands_in(dbc *c, int64_t officer, int64_t holder, instant now)
{
	return db_query_int(c, &sql_desk_covers, 0, D_INT(holder), D_INT(officer), D_INT(now)) != 0;
}

static void own_cover(struct req *r, json *v)
{
	rows *rs = db_query(r->db, &sql_desk_cover_of, D_INT(r->session.person));
	int64_t who = 0;
	instant since = 0, until = 0;
	if (db_next(rs)) {
		who = db_int(rs, 0);
		since = db_int(rs, 1);
		until = db_int(rs, 2);
	}
	db_done(rs);
	if (!who || until <= r->now)
		return;
	json *o = json_set(r->a, v, "cover", json_object(r->a)), *name = desk_person(r, who);
	json_set(r->a, o, "name", name ? name : json_string(r->a, (str){0}));
	view_day(r, o, "since", since);
	view_day(r, o, "until", until - 1);
}

static void covers_for(struct req *r, json *v)
{
	struct {
		int64_t person;
		instant since, until;
	} at[OFFICERS_MAX];
	size_t n = 0;
	rows *rs = db_query(r->db, &sql_desk_cover_by, D_INT(r->session.person), D_INT(r->now),
	                    D_INT(OFFICERS_MAX));
	for (; n < OFFICERS_MAX && db_next(rs); n++) {
		at[n].person = db_int(rs, 0);
		at[n].since = db_int(rs, 1);
		at[n].until = db_int(rs, 2);
	}
	db_done(rs);
	json *list = json_set(r->a, v, "covering", json_array(r->a));
	for (size_t i = 0; i < n; i++) {
		json *o = json_push(list, json_object(r->a)), *name = desk_person(r, at[i].person);
		json_set(r->a, o, "name", name ? name : json_string(r->a, (str){0}));
		view_day(r, o, "since", at[i].since);
		view_day(r, o, "until", at[i].until - 1);
		json_set_str(r->a, o, "href", view_href(r, "/desk?assignee=%lld", (long long)at[i].person));
	}
}

static json *colleagues(struct req *r)
{
	str *entity;
	bool all;
	json *list = json_array(r->a);
	size_t n = may_where(&r->session.rights, PERM_case_work, r->a, &entity, &all);
	for (size_t i = 0; i < n; i++) {
		json *more = desk_colleagues(r, entity[i], r->session.person), *next;
		for (json *o = more->first; o; o = next) {
			next = o->next;
			o->next = NULL;
			json_push(list, o);
		}
	}
	return list;
}

static json *absence_view(struct req *r)
{
	json *v = json_object(r->a), *list = json_array(r->a), *all = colleagues(r), *next;
	own_cover(r, v);
	covers_for(r, v);
	desk_choice(r, list, (str){0}, json_string(r->a, req_text(r, "desk.absence.choose")));
	for (json *o = all->first; o; o = next) {
		next = o->next;
		o->next = NULL;
		json_set_bool(r->a, o, "selected", str_eq(json_str(o, "value"), req_field(r, "who")));
		json_push(list, o);
	}
	json_set_str(r->a, v, "back", view_href(r, "/desk"));
	json_set(r->a, v, "colleagues", list);
	json_set_str(r->a, v, "since", req_field(r, "since"));
	json_set_str(r->a, v, "until", req_field(r, "until"));
	return v;
}

err page_desk_absence(struct req *r)
{
	return req_view(r, "desk/absence", absence_view(r));
}

/* "29/11/2026" or "2026-11-29", in the digits of any script. */
static bool typed_day(struct req *r, const char *field, int64_t *day)
{
	str s = search_fold(r->a, req_field(r, field)), part;
	int64_t n[3] = {0};
	int i = 0;
	char *p = NEWN(r->a, char, s.n + 1);
	for (size_t k = 0; k < s.n; k++)
		p[k] = s.p[k] >= '0' && s.p[k] <= '9' ? s.p[k] : '/';
	s = (str){p, s.n};
	while (i < 3 && str_cut(&s, '/', &part) && str_i64(part, &n[i]))
		i++;
	bool iso = n[0] > 31;
	int64_t y = iso ? n[0] : n[2], d = iso ? n[2] : n[0];
	if (i != 3 || s.p || y < 1900 || y > 9999 || n[1] > 12 || d > 31 ||
	    !date_valid((int32_t)y, (int)n[1], (int)d))
		return false;
	*day = days_from_civil((int32_t)y, (int)n[1], (int)d);
	return true;
}

struct cover {
	int64_t who;
	instant since, until;
};

static const char *wrong_cover(struct req *r, struct cover *c, const char **field)
{
	int64_t from, to;
	instant offset = server_settings(r->server)->utc_offset * SECOND;
	bool known = false;
	json *all = colleagues(r);
	*field = "who";
	for (const json *o = all->first; o; o = o->next)
		known |= str_eq(json_str(o, "value"), req_field(r, "who"));
	if (!known || !str_i64(req_field(r, "who"), &c->who))
		return "desk.absence.no_colleague";
	*field = "since";
	if (!typed_day(r, "since", &from))
		return "desk.absence.no_date";
	*field = "until";
	if (!typed_day(r, "until", &to))
		return "desk.absence.no_date";
	c->since = from * DAY - offset;
	c->until = (to + 1) * DAY - offset;
	if (to < from || c->until <= r->now)
		return "desk.absence.bad_order";
	return c->until - c->since > COVER_MAX ? "desk.absence.too_long" : NULL;
}

err prepare_desk_absence(struct req *r)
{
	const char *field;
	struct cover *c = NEW(r->a, struct cover);
	r->state = c;
	const char *wrong = wrong_cover(r, c, &field);
	if (!wrong)
		return OK;
	json *v = absence_view(r);
	desk_error(r, v, field, req_text(r, wrong));
	return req_again(r, "desk/absence", v);
}

err decide_desk_absence(struct tx *tx, struct req *r)
{
	const struct cover *c = r->state;
	json *d = json_object(tx->a);
	json_set_int(tx->a, d, "substitute", c->who);
	json_set_int(tx->a, d, "since", c->since);
	json_set_int(tx->a, d, "until", c->until);
	return tx_emit(tx, (struct emission){.kind = "desk.cover_set", .data = d});
}

err answer_desk_absence(struct req *r)
{
	req_flash(r, "desk.absence.set");
	return req_redirect(r, "/desk/absence");
}

err prepare_desk_absence_end(struct req *r)
{
	(void)r;
	return OK;
}

err decide_desk_absence_end(struct tx *tx, struct req *r)
{
	(void)r;
	return tx_emit(tx, (struct emission){.kind = "desk.cover_ended"});
}

err answer_desk_absence_end(struct req *r)
{
	req_flash(r, "desk.absence.ended");
	return req_redirect(r, "/desk/absence");
}
