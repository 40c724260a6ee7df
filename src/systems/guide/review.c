/* review.c - cards nobody looked at for a year: found once a day, their body is told once
 * (CAT-11). */
#include "systems/guide/guide_in.h"

#define STALE_DAYS 365

bool guide_stale(const struct service *s, int64_t today)
{
	int64_t reviewed;
	return date_parse(json_str(s->card, "reviewed"), &reviewed) && today - reviewed > STALE_DAYS;
}

static bool told(struct tx *tx, const struct service *s)
{
	rows *r = db_query(tx->db, &sql_guide_stale_get, D_TEXT(s->id));
	bool found = db_next(r) && str_eq(db_text(r, 0), json_str(s->card, "reviewed"));
	db_done(r);
	return found;
}

static err tell(struct tx *tx, const struct service *s)
{
	json *d = json_object(tx->a);
	json_set_str(tx->a, d, "service", s->id);
	json_set_str(tx->a, d, "reviewed", json_str(s->card, "reviewed"));
	return tx_emit(tx,
	               (struct emission){.kind = "guide.card_stale", .entity = s->entity, .data = d});
}

/* A key a day makes it one chain, whoever begins it. */
static void again(struct tx *tx, instant due)
{
	tx_later(tx, "guide.review", date_print(tx->a, due / DAY), due, NULL);
}

err guide_react_pack(struct tx *tx, const struct event *e)
{
	again(tx, tx->now);
	guide_published_again(tx, e->seq);
	return OK;
}

err guide_review_job(struct tx *tx, const struct job *j)
{
	const struct pack *p = pack_current(tx->k);
	int64_t today = p ? calendar_day(p->calendar, tx->now) : 0;
	err e = OK;
	(void)j;
	for (size_t i = 0; p && i < p->n_services && !e; i++) {
		const struct service *s = &p->services[i];
		if (guide_in_force(s, today) && guide_stale(s, today) && !told(tx, s))
			e = tell(tx, s);
	}
	again(tx, tx->now + DAY);
	return e;
}
