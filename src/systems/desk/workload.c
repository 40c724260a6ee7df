/* workload.c - who holds how much, and what is late. */
#include "systems/desk/desk_in.h"

/* Cases of one entity in a state, and how many of them are late. */
static void state_row(struct req *r, json *list, str entity, const char *state)
{
	str states[] = {str_of(state)};
	bool capped, late_capped;
	struct case_filter f = {.entities = &entity,
	                        .n_entities = 1,
	                        .states = states,
	                        .n_states = 1,
	                        .holder = CASE_ANYBODY},
	                   late = f;
	late.due_before = r->now;
	int64_t n = case_count(r->db, r->a, &f, &capped);
	json *o = json_push(list, json_object(r->a));
	json_set_str(r->a, o, "state", str_of(state));
	json_set_int(r->a, o, "count", n);
	json_set_int(r->a, o, "late", case_count(r->db, r->a, &late, &late_capped));
	json_set_bool(r->a, o, "more_than", late_capped);
	json_set_str(
	    r->a, o, "href",
	    view_href(r, "/desk?state=%s&entity=%.*s", state, STRF(desk_escaped(r->a, entity))));
	json_set_str(r->a, o, "late_href",
	             view_href(r, "/desk?state=%s&entity=%.*s&q=due%%3Alate", state,
	                       STRF(desk_escaped(r->a, entity))));
}

static void officers(struct req *r, json *list, str entity)
{
	struct {
		int64_t person, n, late;
	} at[OFFICERS_MAX];
	size_t n = 0;
	rows *rs = db_query(r->db, &sql_desk_loads, D_TEXT(entity), D_INT(r->now), D_INT(OFFICERS_MAX));
	for (; n < OFFICERS_MAX && db_next(rs); n++) {
		at[n].person = db_int(rs, 0);
		at[n].n = db_int(rs, 1);
		at[n].late = db_int(rs, 2);
	}
	db_done(rs);
	for (size_t i = 0; i < n; i++) {
		json *o = json_push(list, json_object(r->a)), *name = desk_person(r, at[i].person);
		json_set(r->a, o, "name", name ? name : json_string(r->a, (str){0}));
		json_set_int(r->a, o, "count", at[i].n);
		json_set_int(r->a, o, "late", at[i].late);
		json_set_str(r->a, o, "href",
		             view_href(r, "/desk?assignee=%lld&entity=%.*s", (long long)at[i].person,
		                       STRF(desk_escaped(r->a, entity))));
	}
}

err page_desk_workload(struct req *r)
{
	static const char *const states[] = {"submitted", "review", "returned",
	                                     "suspended", "unpaid", "appealed"};
	json *v = json_object(r->a), *list = json_set(r->a, v, "entities", json_array(r->a));
	struct desk_query *q = NEW(r->a, struct desk_query);
	desk_query_read(r, q);
	json_set_str(r->a, v, "back", view_href(r, "/desk"));
	struct case_filter f = {.entities = q->f.entities,
	                        .n_entities = q->f.n_entities,
	                        .everywhere = q->f.everywhere,
	                        .holder = CASE_ANYBODY};
	json *counts = case_counts(r->db, r->a, &f);
	str last = {0};
	for (const json *c = counts->first; c; c = c->next) {
		str entity = json_str(c, "entity");
		if (str_eq(entity, last))
			continue;
		last = entity;
		json *o = json_push(list, json_object(r->a));
		json_set(r->a, o, "name", view_entity(r, entity, r->now));
		json *rows_of = json_set(r->a, o, "states", json_array(r->a));
		for (size_t i = 0; i < COUNT(states); i++)
			state_row(r, rows_of, entity, states[i]);
		officers(r, json_set(r->a, o, "officers", json_array(r->a)), entity);
	}
	return req_view(r, "desk/workload", v);
}
