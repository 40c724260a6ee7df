/* searches.c - filters that officers keep under a name. */
#include "systems/desk/desk_in.h"

#include "base/utf8.h"

#define NAME_CHARS 60

json *desk_searches(struct req *r)
{
	json *list = json_array(r->a);
	rows *rs = db_query(r->db, &sql_desk_searches, D_INT(r->session.person), D_INT(SEARCHES_MAX));
	while (db_next(rs)) {
		json *o = json_push(list, json_object(r->a));
		json_set_str(r->a, o, "name", str_dup(r->a, db_text(rs, 0)));
		json_set_str(r->a, o, "href", view_href(r, "/desk%.*s", STRF(db_text(rs, 1))));
	}
	db_done(rs);
	return list;
}

/* Only what an address of the list may hold: it becomes a link. */
static bool good_query(str q)
{
	bool good = q.n < REQ_MAX_URI_BYTES / 2 && (!q.n || q.p[0] == '?');
	for (size_t i = 0; i < q.n && good; i++)
		good = (unsigned char)q.p[i] > 0x20 && (unsigned char)q.p[i] < 0x7F && q.p[i] != '"' &&
		       q.p[i] != '<' && q.p[i] != '>' && q.p[i] != '\\';
	return good;
}

err prepare_desk_search_save(struct req *r)
{
	str name = str_trim(req_field(r, "name"));
	if (!name.n || utf8_length(name) > NAME_CHARS || !good_query(req_field(r, "query")))
		return req_fail(r, ERR_bad_input, "name", "a name of at most %d characters", NAME_CHARS);
	return OK;
}

static json *search_data(struct tx *tx, struct req *r)
{
	json *d = json_object(tx->a);
	json_set_str(tx->a, d, "name", str_trim(req_field(r, "name")));
	return d;
}

err decide_desk_search_save(struct tx *tx, struct req *r)
{
	json *d = search_data(tx, r);
	json_set_str(tx->a, d, "query", req_field(r, "query"));
	return tx_emit(tx, (struct emission){.kind = "desk.search_saved", .data = d});
}

err answer_desk_search_save(struct req *r)
{
	req_flash(r, "desk.search.saved");
	return req_redirect(r, "/desk%.*s", STRF(req_field(r, "query")));
}

err prepare_desk_search_remove(struct req *r)
{
	return str_trim(req_field(r, "name")).n ? OK
	                                        : req_fail(r, ERR_bad_input, "name", "which search?");
}

err decide_desk_search_remove(struct tx *tx, struct req *r)
{
	return tx_emit(tx,
	               (struct emission){.kind = "desk.search_removed", .data = search_data(tx, r)});
}

err answer_desk_search_remove(struct req *r)
{
	req_flash(r, "desk.search.removed");
	return req_redirect(r, "/desk");
}
