/* mandate.c - acting for somebody else, as a table of who, for whom, what and until when. */
#include "kernel/identity/mandate.h"

#include "kernel/identity/organ.h"
#include "kernel/identity/statements.h"

static struct mandate read_mandate(arena *a, rows *r)
{
	return (struct mandate){.id = db_int(r, 0),
	                        .principal = db_int(r, 1),
	                        .agent = db_int(r, 2),
	                        .service = str_dup(a, db_text(r, 3)),
	                        .given = db_int(r, 4),
	                        .until = db_int(r, 5),
	                        .basis = str_dup(a, db_text(r, 6))};
}

static size_t mandates(dbc *c, arena *a, struct sql *q, int64_t person, instant at,
                       struct mandate **out)
{
	size_t n = 0;
	*out = NEWN(a, struct mandate, MANDATES_MAX);
	rows *r = db_query(c, q, D_INT(person), D_INT(at), D_INT(MANDATES_MAX));
	while (n < MANDATES_MAX && db_next(r))
		(*out)[n++] = read_mandate(a, r);
	db_done(r);
	return n;
}

size_t mandates_of_agent(dbc *c, arena *a, int64_t agent, instant at, struct mandate **out)
{
	return mandates(c, a, &sql_mandate_agent, agent, at, out);
}

size_t mandates_of_principal(dbc *c, arena *a, int64_t principal, instant at, struct mandate **out)
{
	return mandates(c, a, &sql_mandate_principal, principal, at, out);
}

bool mandate_covers(const struct mandate *m, str service)
{
	return str_eq(m->service, STR("*")) || str_eq(m->service, service);
}

bool mandate_whole(const struct mandate *m)
{
	return str_eq(m->basis, STR("guardian")) || str_eq(m->basis, STR("signatory"));
}

bool acts_for(dbc *c, arena *a, int64_t agent, int64_t principal, str service, instant at,
              struct mandate *out)
{
	struct mandate *m;
	bool found = false;
	size_t n = mandates_of_agent(c, a, agent, at, &m);
	for (size_t i = 0; i < n; i++) {
		if (m[i].principal != principal || !mandate_covers(&m[i], service))
			continue;
		if (out && (!found || mandate_whole(&m[i])))
			*out = m[i];
		found = true;
	}
	return found;
}

bool mandate_between(dbc *c, arena *a, int64_t agent, int64_t principal, struct mandate *out)
{
	rows *r = db_query(c, &sql_mandate_between, D_INT(agent), D_INT(principal));
	bool found = db_next(r);
	if (found)
		*out = read_mandate(a, r);
	db_done(r);
	return found;
}

err mandate_give(struct tx *tx, struct mandate *m)
{
	json *d = json_object(tx->a);
	m->id = tx_id(tx);
	m->given = tx->now;
	json_set_int(tx->a, d, "mandate", m->id);
	json_set_int(tx->a, d, "agent", m->agent);
	json_set_str(tx->a, d, "service", m->service);
	json_set_int(tx->a, d, "until", m->until);
	json_set_str(tx->a, d, "basis", m->basis);
	return tx_emit(tx,
	               (struct emission){.kind = "mandate.given", .subject = m->principal, .data = d});
}

err mandate_end(struct tx *tx, const struct mandate *m)
{
	json *d = json_object(tx->a);
	json_set_int(tx->a, d, "mandate", m->id);
	json_set_int(tx->a, d, "agent", m->agent);
	return tx_emit(tx,
	               (struct emission){.kind = "mandate.ended", .subject = m->principal, .data = d});
}

/* ---- folds ---- */

void fold_mandate_given(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	str basis = json_str(e->data, "basis");
	db_exec(c, &sql_mandate_insert, D_INT(json_int(e->data, "mandate", 0)), D_INT(e->subject),
	        D_INT(json_int(e->data, "agent", 0)), D_TEXT(json_str(e->data, "service")),
	        D_INT(e->at), D_INT(json_int(e->data, "until", 0)),
	        D_TEXT(basis.n ? basis : STR("given")));
}

void fold_mandate_ended(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	db_exec(c, &sql_mandate_end, D_INT(json_int(e->data, "mandate", 0)), D_INT(e->at));
}
