/*
 * erasures.c - the operator's side of requests to be forgotten.
 *
 * Granting destroys the person's key: every sealed record becomes unreadable, every
 * derived row of theirs is emptied, and the journal still verifies. An undecided
 * application stands in the way; so may a law, which the operator names.
 */
#include "systems/portal/applying.h"

#define ASKED_MAX 100

struct decision {
	int64_t person;
	bool grant;
	str reason;
};

static json *erasures_view(struct req *r)
{
	json *v = json_object(r->a), *list = json_set(r->a, v, "requests", json_array(r->a));
	rows *q = db_query(r->db, &sql_portal_erasure_list, D_INT(ASKED_MAX));
	while (db_next(q)) {
		json *o = json_push(list, json_object(r->a));
		json_set_str(r->a, o, "person", str_fmt(r->a, "%lld", (long long)db_int(q, 0)));
		view_at(r, o, "asked", db_int(q, 1));
	}
	db_done(q);
	for (json *o = list->first; o; o = o->next) {
		struct person p = {0};
		int64_t id = 0;
		str_i64(json_str(o, "person"), &id);
		person_get(r->db, r->a, id, &p);
		json_set_str(r->a, o, "initials", person_initials(r->a, p.name_en));
		json_set_bool(r->a, o, "open_cases", has_open_cases(r->db, r->a, id));
	}
	return v;
}

err page_portal_erasures(struct req *r)
{
	return req_view(r, "portal/erasures", erasures_view(r));
}

err prepare_portal_erasures(struct req *r)
{
	struct decision *d = NEW(r->a, struct decision);
	r->state = d;
	d->grant = str_eq(req_field(r, "decision"), STR("grant"));
	d->reason = str_trim(req_field(r, "reason"));
	if (!str_i64(req_field(r, "person"), &d->person))
		return req_fail(r, ERR_not_found, "person", "there is no such request");
	if (d->grant || d->reason.n)
		return OK;
	json *v = erasures_view(r);
	view_error(r, v, str_c(r->a, str_fmt(r->a, "reason-%lld", (long long)d->person)),
	           view_text(r, "portal.erasures.reason_needed", 0, NULL));
	return req_again(r, "portal/erasures", v);
}

err decide_portal_erasures(struct tx *tx, struct req *r)
{
	const struct decision *d = r->state;
	rows *q = db_query(tx->db, &sql_portal_erasure_get, D_INT(d->person));
	bool asked = db_next(q) && str_eq(db_text(q, 0), STR("asked"));
	db_done(q);
	if (!asked)
		return tx_fail(tx, ERR_conflict, "", "the request was decided already");
	if (d->grant && has_open_cases(tx->db, tx->a, d->person))
		return tx_fail(tx, ERR_case_open, "", "the person has an undecided application");
	if (d->grant)
		return person_erase(tx, d->person, STR("asked for by the person"));
	json *secret = json_object(tx->a);
	json_set_str(tx->a, secret, "reason", d->reason);
	return tx_emit(tx, (struct emission){.kind = "portal.erasure_refused",
	                                     .subject = d->person,
	                                     .secret = secret});
}

err answer_portal_erasures(struct req *r)
{
	const struct decision *d = r->state;
	req_flash(r, d->grant ? "portal.erasures.granted" : "portal.erasures.refused");
	return req_redirect(r, "/admin/erasures");
}

/* ---- folds ---- */

void fold_erasure_asked(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	db_exec(c, &sql_portal_erasure_set, D_INT(e->subject), D_TEXT(STR("asked")), D_INT(e->at));
}

void fold_erasure_refused(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	db_exec(c, &sql_portal_erasure_decide, D_INT(e->subject), D_TEXT(STR("refused")), D_INT(e->at),
	        D_TEXT(json_str(e->secret, "reason")));
}

void fold_erasure_done(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	db_exec(c, &sql_portal_erasure_decide, D_INT(e->subject), D_TEXT(STR("done")), D_INT(e->at),
	        D_TEXT((str){0}));
}
