/* page_editor.c - for those who write cards: readers' notes, incomplete and stale cards. */
#include "systems/guide/guide_in.h"

#define NOTES_SHOWN 200

static bool mine(struct req *r, str entity)
{
	return may(&r->session.rights, PERM_editor_edit, entity);
}

err page_guide_feedback_list(struct req *r)
{
	const struct pack *p;
	err e = guide_pack(r, &p);
	if (e)
		return e;
	json *v = json_object(r->a), *notes = json_set(r->a, v, "notes", json_array(r->a));
	rows *q = db_query(r->db, &sql_guide_feedback_open, D_INT(NOTES_SHOWN));
	while (db_next(q)) {
		str entity = str_dup(r->a, db_text(q, 2));
		const struct service *s = pack_service(p, str_dup(r->a, db_text(q, 1)));
		if (!mine(r, entity) || !s)
			continue;
		json *o = json_push(notes, json_object(r->a));
		json_set_str(r->a, o, "id", str_fmt(r->a, "%lld", (long long)db_int(q, 0)));
		json_set(r->a, o, "service", guide_result(r->a, p, s));
		json_set_bool(r->a, o, "helped", db_int(q, 3) != 0);
		json_set_str(r->a, o, "note", str_dup(r->a, db_text(q, 4)));
		json_set_int(r->a, o, "at", db_int(q, 5));
	}
	db_done(q);
	return req_view(r, "guide/feedback", v);
}

static err note_find(struct req *r, int64_t id)
{
	rows *q = db_query(r->db, &sql_guide_feedback_get, D_INT(id));
	str entity = db_next(q) ? str_dup(r->a, db_text(q, 0)) : (str){0};
	db_done(q);
	if (!entity.n)
		return req_fail(r, ERR_not_found, "", "there is no such note");
	return req_require(r, PERM_editor_edit, entity);
}

err prepare_guide_feedback_close(struct req *r)
{
	int64_t id;
	if (!req_param_id(r, "id", &id))
		return req_fail(r, ERR_not_found, "", "there is no such note");
	return note_find(r, id);
}

err decide_guide_feedback_close(struct tx *tx, struct req *r)
{
	int64_t id = 0;
	req_param_id(r, "id", &id);
	rows *q = db_query(tx->db, &sql_guide_feedback_get, D_INT(id));
	bool found = db_next(q), open = found && str_eq(db_text(q, 1), STR("open"));
	str entity = found ? str_dup(tx->a, db_text(q, 0)) : (str){0};
	db_done(q);
	if (!open)
		return tx_fail(tx, ERR_guide_feedback_done, "", "somebody has dealt with it already");
	json *data = json_object(tx->a);
	json_set_int(tx->a, data, "id", id);
	return tx_emit(
	    tx, (struct emission){.kind = "guide.feedback_closed", .entity = entity, .data = data});
}

err answer_guide_feedback_close(struct req *r)
{
	req_flash(r, "guide.feedback.closed");
	return req_redirect(r, "/guide/feedback");
}

/* ---- quality (CAT-11) ---- */

static bool both(const json *two)
{
	return json_str(two, "en").n && json_str(two, "ar").n;
}

/* Keys of what a card lacks, of those things a reader looks for. */
static json *lacks(struct req *r, const struct service *s)
{
	static const char *const lists[] = {"conditions", "documents", "steps",
	                                    "legal",      "channels",  "life_events"};
	json *out = json_array(r->a);
	for (size_t i = 0; i < COUNT(lists); i++) {
		const json *l = json_get(s->card, lists[i]);
		if (!l || !l->count)
			json_push(out, json_string(r->a, str_fmt(r->a, "guide.%s", lists[i])));
	}
	if (!both(json_get(s->card, "description")))
		json_push(out, json_string(r->a, STR("guide.description")));
	return out;
}

/* When the body's editors were told of it; 0 when not yet. */
static int64_t told_at(struct req *r, const struct service *s)
{
	rows *q = db_query(r->db, &sql_guide_stale_get, D_TEXT(s->id));
	bool found = db_next(q) && str_eq(db_text(q, 0), json_str(s->card, "reviewed"));
	int64_t at = found ? db_int(q, 1) : 0;
	db_done(q);
	return at;
}

err page_guide_quality(struct req *r)
{
	const struct pack *p;
	err e = guide_pack(r, &p);
	if (e)
		return e;
	int64_t today = calendar_day(p->calendar, r->now);
	json *v = json_object(r->a), *cards = json_set(r->a, v, "cards", json_array(r->a));
	for (size_t i = 0; i < p->n_services; i++) {
		const struct service *s = &p->services[i];
		json *missing = lacks(r, s);
		bool stale = guide_stale(s, today);
		if (!mine(r, s->entity) || (!missing->count && !stale))
			continue;
		json *o = json_push(cards, json_object(r->a));
		json_set(r->a, o, "service", guide_result(r->a, p, s));
		json_set_str(r->a, o, "reviewed", json_str(s->card, "reviewed"));
		json_set_bool(r->a, o, "stale", stale);
		json_set_int(r->a, o, "told", stale ? told_at(r, s) : 0);
		json_set(r->a, o, "lacks", missing);
		json_set_int(r->a, o, "score", 100 - 10 * (int64_t)missing->count - (stale ? 20 : 0));
	}
	return req_view(r, "guide/quality", v);
}
