/* star.c - favourites: cards that a person keeps at hand (POR-07). */
#include "systems/guide/guide_in.h"

#define STARS_MAX 200

bool guide_starred(struct req *r, str service)
{
	return r->session.level == SESSION_FULL &&
	       db_query_int(r->db, &sql_guide_star_has, 0, D_INT(r->session.person), D_TEXT(service)) >
	           0;
}

void fold_guide_starred(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	db_exec(c, &sql_guide_star_put, D_INT(e->subject), D_TEXT(json_str(e->data, "service")),
	        D_INT(e->at));
}

void fold_guide_unstarred(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	db_exec(c, &sql_guide_star_drop, D_INT(e->subject), D_TEXT(json_str(e->data, "service")));
}

void guide_follow_erased(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	db_exec(c, &sql_guide_star_erase, D_INT(e->subject));
}

/* For "my space": the newest first; a service that is no longer offered is left out. */
int64_t guide_stars(struct req *r, json *list, size_t max)
{
	const struct pack *p = pack_current(r->k);
	int64_t day = p ? calendar_day(p->calendar, r->now) : 0, all = 0;
	rows *q = db_query(r->db, &sql_guide_star_of, D_INT(r->session.person), D_INT(STARS_MAX));
	while (db_next(q)) {
		const struct service *s = pack_service(p, db_text(q, 0));
		if (!s || !guide_in_force(s, day) || all++ >= (int64_t)max)
			continue;
		json *o = json_push(list, json_object(r->a));
		json_set(r->a, o, "title", json_copy(r->a, json_get(s->card, "title")));
		json_set_str(r->a, o, "href", view_href(r, "/services/%.*s", STRF(s->id)));
		json_set(r->a, o, "place", guide_entity_name(r->a, p, s->entity));
	}
	db_done(q);
	return all;
}

/* ---- the star of a card ---- */

err prepare_guide_star(struct req *r)
{
	const struct pack *p;
	const struct service *s;
	err e = guide_service(r, &p, &s);
	r->state = (void *)(uintptr_t)s;
	return e;
}

err decide_guide_star(struct tx *tx, struct req *r)
{
	const struct service *s = r->state;
	bool on = str_eq(req_field(r, "on"), STR("1"));
	bool was =
	    db_query_int(tx->db, &sql_guide_star_has, 0, D_INT(tx->actor.person), D_TEXT(s->id)) > 0;
	json *data = json_object(tx->a);
	json_set_str(tx->a, data, "service", s->id);
	if (on == was)
		return OK;
	return tx_emit(tx, (struct emission){.kind = on ? "guide.starred" : "guide.unstarred",
	                                     .entity = s->entity,
	                                     .subject = tx->actor.person,
	                                     .data = data});
}

err answer_guide_star(struct req *r)
{
	const struct service *s = r->state;
	req_flash(r, str_eq(req_field(r, "on"), STR("1")) ? "guide.star.added" : "guide.star.removed");
	return req_redirect(r, "/services/%.*s", STRF(s->id));
}
