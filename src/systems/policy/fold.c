/* fold.c - events of changes into policy_change and policy_hand, and reading them. */
#include "systems/policy/policy_in.h"

static void hand(dbc *c, const struct event *e)
{
	db_exec(c, &sql_policy_hand_insert, D_INT(json_int(e->data, "change", 0)), D_INT(e->actor));
}

void fold_policy_drafted(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	const json *d = e->data;
	db_exec(c, &sql_policy_change_insert, D_INT(json_int(d, "change", 0)),
	        D_TEXT(json_str(d, "service")), D_TEXT(e->entity), D_TEXT(json_str(d, "model")),
	        D_INT(json_int(d, "base", 0)), D_TEXT(json_str(d, "text")),
	        D_TEXT(json_str(d, "tests")), D_INT(e->actor), D_INT(e->at));
	hand(c, e);
}

void fold_policy_saved(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	const json *d = e->data;
	db_exec(c, &sql_policy_change_save, D_INT(json_int(d, "change", 0)),
	        D_INT(json_int(d, "base", 0)), D_TEXT(json_str(d, "text")),
	        D_TEXT(json_str(d, "tests")), D_INT(e->at));
	hand(c, e);
}

void fold_policy_proposed(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	db_exec(c, &sql_policy_change_propose, D_INT(json_int(e->data, "change", 0)),
	        D_TEXT(json_str(e->data, "from")), D_TEXT(json_str(e->data, "reason")), D_INT(e->at));
	hand(c, e);
}

static void decided(dbc *c, const struct event *e, const char *state)
{
	db_exec(c, &sql_policy_change_decide, D_INT(json_int(e->data, "change", 0)),
	        D_TEXT(str_of(state)), D_INT(e->actor), D_INT(e->at),
	        D_TEXT(json_str(e->data, "reason")), D_INT(json_int(e->data, "version", 0)));
}

void fold_policy_withdrawn(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	decided(c, e, "withdrawn");
}

void fold_policy_approved(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	db_exec(c, &sql_policy_change_approve, D_INT(json_int(e->data, "change", 0)), D_INT(e->actor),
	        D_INT(e->at));
}

void fold_policy_published(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	decided(c, e, "published");
}

void fold_policy_rejected(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	decided(c, e, "rejected");
}

/* ---- reading ---- */

static struct change row_of(rows *r, arena *a)
{
	return (struct change){
	    .id = db_int(r, 0),
	    .service = str_dup(a, db_text(r, 1)),
	    .entity = str_dup(a, db_text(r, 2)),
	    .model = str_dup(a, db_text(r, 3)),
	    .base = db_int(r, 4),
	    .text = str_dup(a, db_text(r, 5)),
	    .tests = str_dup(a, db_text(r, 6)),
	    .state = str_dup(a, db_text(r, 7)),
	    .author = db_int(r, 8),
	    .made = db_int(r, 9),
	    .changed = db_int(r, 10),
	    .from = str_dup(a, db_text(r, 11)),
	    .reason = str_dup(a, db_text(r, 12)),
	    .decider = db_int(r, 13),
	    .decided = db_int(r, 14),
	    .answer = str_dup(a, db_text(r, 15)),
	    .version = db_int(r, 16),
	    .approver = db_int(r, 17),
	    .approved = db_int(r, 18),
	};
}

static size_t take(rows *r, arena *a, struct change *out, size_t max)
{
	size_t n = 0;
	while (n < max && db_next(r))
		out[n++] = row_of(r, a);
	db_done(r);
	return n;
}

bool change_get(dbc *c, arena *a, int64_t id, struct change *out)
{
	return take(db_query(c, &sql_policy_change_get, D_INT(id)), a, out, 1) == 1;
}

size_t changes_open(dbc *c, arena *a, struct change *out, size_t max)
{
	return take(db_query(c, &sql_policy_change_open, D_INT((int64_t)max)), a, out, max);
}

size_t changes_of(dbc *c, arena *a, str service, str model, struct change *out, size_t max)
{
	rows *r =
	    db_query(c, &sql_policy_change_of, D_TEXT(service), D_TEXT(model), D_INT((int64_t)max));
	return take(r, a, out, max);
}

bool change_has_hand(dbc *c, int64_t id, int64_t person)
{
	return db_query_int(c, &sql_policy_hand_has, 0, D_INT(id), D_INT(person)) > 0;
}
