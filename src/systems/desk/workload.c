/* workload.c - who holds how much, and what is late. */
#include "systems/desk/desk_in.h"

#define PARTS_MAX 4    /* entities that are told with their officers on one page */
#define LATE_MOST 1000 /* of each entity, where there are more */

static const str states[] = {STR_INIT("submitted"), STR_INIT("review"), STR_INIT("returned"),
                             STR_INIT("suspended"), STR_INIT("unpaid"), STR_INIT("appealed")};
static const str running[] = {STR_INIT("submitted"), STR_INIT("review"), STR_INIT("appealed")};

/* A case can be late only while it is the entity's turn. */
static bool state_runs(str state)
{
	bool runs = false;
	for (size_t i = 0; i < COUNT(running); i++)
		runs |= str_eq(running[i], state);
	return runs;
}

/* Cases of one entity in a state, and how many of them are late. */
static void state_row(struct req *r, json *list, const struct case_groups *g, str entity, str state)
{
	bool capped, late_capped = false;
	struct case_filter f = {.entities = &entity,
	                        .n_entities = 1,
	                        .states = &state,
	                        .n_states = 1,
	                        .holder = CASE_ANYBODY,
	                        .groups = g},
	                   late = f;
	late.due_before = r->now;
	int64_t n = case_count(r->db, r->a, &f, &capped);
	json *o = json_push(list, json_object(r->a));
	view_state(r, o, NULL, state, (str){0});
	json_set_int(r->a, o, "count", n);
	json_set_int(r->a, o, "late",
	             state_runs(state) ? case_count(r->db, r->a, &late, &late_capped) : 0);
	json_set_bool(r->a, o, "more_than", late_capped);
	json_set_str(r->a, o, "href",
	             view_href(r, "/desk?state=%.*s&entity=%.*s", STRF(state),
	                       STRF(desk_escaped(r->a, entity))));
	json_set_str(r->a, o, "late_href",
	             view_href(r, "/desk?state=%.*s&entity=%.*s&q=due%%3Alate", STRF(state),
	                       STRF(desk_escaped(r->a, entity))));
}

static void officers(struct req *r, json *list, str entity)
{
	struct {
		int64_t n, late;
	} at[OFFICERS_MAX];
	int64_t person[OFFICERS_MAX];
	struct person_names *name = NEWN(r->a, struct person_names, OFFICERS_MAX);
	size_t n = 0;
	rows *rs = db_query(r->db, &sql_desk_loads, D_TEXT(entity), D_INT(r->now), D_INT(OFFICERS_MAX));
	for (; n < OFFICERS_MAX && db_next(rs); n++) {
		person[n] = db_int(rs, 0);
		at[n].n = db_int(rs, 1);
		at[n].late = db_int(rs, 2);
	}
	db_done(rs);
	person_names(r->db, r->a, person, n, name);
	for (size_t i = 0; i < n; i++) {
		json *o = json_push(list, json_object(r->a));
		json_set(r->a, o, "name",
		         name[i].known ? text_pair(r->a, name[i].en, name[i].ar)
		                       : json_string(r->a, (str){0}));
		json_set_int(r->a, o, "count", at[i].n);
		json_set_int(r->a, o, "late", at[i].late);
		json_set_str(r->a, o, "href",
		             view_href(r, "/desk?assignee=%lld&entity=%.*s", (long long)person[i],
		                       STRF(desk_escaped(r->a, entity))));
	}
}

static json *entity_part(struct req *r, const struct case_groups *g, str entity)
{
	json *o = json_object(r->a), *list;
	json_set(r->a, o, "name", view_entity(r, entity, r->now));
	list = json_set(r->a, o, "states", json_array(r->a));
	for (size_t i = 0; i < COUNT(states); i++)
		state_row(r, list, g, entity, states[i]);
	officers(r, json_set(r->a, o, "officers", json_array(r->a)), entity);
	return o;
}

/* One line an entity, where there are many: what is open, what is late. */
static json *entity_line(struct req *r, const struct case_groups *g, str entity)
{
	bool capped;
	struct case_filter f = {.entities = &entity,
	                        .n_entities = 1,
	                        .states = states,
	                        .n_states = COUNT(states),
	                        .holder = CASE_ANYBODY,
	                        .count_most = LATE_MOST,
	                        .groups = g};
	str name = desk_escaped(r->a, entity);
	json *o = json_object(r->a);
	json_set(r->a, o, "name", view_entity(r, entity, r->now));
	json_set_str(r->a, o, "href", view_href(r, "/desk/workload?entity=%.*s", STRF(name)));
	json_set_int(r->a, o, "count", case_count(r->db, r->a, &f, &capped));
	f.due_before = r->now;
	f.states = running;
	f.n_states = COUNT(running);
	json_set_int(r->a, o, "late", case_count(r->db, r->a, &f, &capped));
	json_set_bool(r->a, o, "more_than", capped);
	json_set_str(r->a, o, "late_href", view_href(r, "/desk?entity=%.*s&q=due%%3Alate", STRF(name)));
	return o;
}

err page_desk_workload(struct req *r)
{
	json *v = json_object(r->a), *list = json_set(r->a, v, "entities", json_array(r->a)),
	     *lines = json_set(r->a, v, "overview", json_array(r->a));
	struct desk_query *q = NEW(r->a, struct desk_query);
	str *entity = NEWN(r->a, str, ENTITIES_MAX);
	desk_query_read(r, q);
	bool one = req_field(r, "entity").n > 0;
	json_set_str(r->a, v, "back", view_href(r, one ? "/desk/workload" : "/desk"));
	size_t n = case_groups_entities(q->f.groups, entity, ENTITIES_MAX), kept = 0;
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < q->n_entities || (q->all_entities && !k); k++)
			if (q->all_entities || str_eq(entity[i], q->entities[k])) {
				entity[kept++] = entity[i];
				break;
			}
	for (size_t i = 0; i < kept; i++)
		json_push(kept > PARTS_MAX ? lines : list,
		          (kept > PARTS_MAX ? entity_line : entity_part)(r, q->f.groups, entity[i]));
	return req_view(r, "desk/workload", v);
}
