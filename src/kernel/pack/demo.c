#include "kernel/pack/demo.h"

#include "kernel/authority/authority.h"
#include "kernel/identity/identity.h"
#include "kernel/identity/mandate.h"
#include "kernel/identity/statements.h"

struct demo {
	const struct pack *pack;
	const json *accounts, *represented;
	str *hash; /* of the password, one salt each */
};

struct demo *demo_prepare(dbc *c, arena *a, const struct pack *p)
{
	const json *accounts = json_get(p->demo, "accounts");
	if (!accounts || !accounts->count)
		return NULL;
	struct demo *d = NEW(a, struct demo);
	*d =
	    (struct demo){p, accounts, json_get(p->demo, "represented"), NEWN(a, str, accounts->count)};
	size_t i = 0;
	for (const json *v = accounts->first; v; v = v->next, i++) {
		struct person known;
		if (!c || !person_by_number(c, a, json_str(v, "national_number"), &known))
			d->hash[i] = password_hash(a, json_str(p->demo, "password"));
	}
	return d;
}

/* People of the file who are not known yet, and people who are not of it (erased ones have
 * no number). */
static void count_people(struct tx *tx, const struct demo *d, int64_t *missing, int64_t *strangers)
{
	const json *lists[] = {d->accounts, d->represented};
	int64_t known = 0;
	*missing = 0;
	for (size_t i = 0; i < COUNT(lists); i++)
		for (const json *v = lists[i] ? lists[i]->first : NULL; v; v = v->next) {
			struct person p;
			bool there = person_by_number(tx->db, tx->a, json_str(v, "national_number"), &p);
			known += there;
			*missing += !there;
		}
	*strangers = db_query_int_args(tx->db, &sql_person_count, 0, NULL, 0) - known;
}

/* The person that an item of accounts or represented describes. */
static struct person person_of(arena *a, const json *v)
{
	const json *records = json_get(v, "records");
	return (struct person){
	    .national_number = json_str(v, "national_number"),
	    .name_en = json_text(json_path(v, "name.en")),
	    .name_ar = json_text(json_path(v, "name.ar")),
	    .nationality = json_str(v, "nationality"),
	    .group = json_str(v, "group"),
	    .birth_date = json_str(v, "birth_date"),
	    .sex = json_str(v, "sex"),
	    .email = json_str(v, "email"),
	    .phone = json_str(v, "phone"),
	    .language = json_str(v, "language"),
	    .records = records ? json_copy(a, records) : json_object(a),
	};
}

static err put_person(struct tx *tx, const json *v, str hash)
{
	const json *roles = json_get(v, "roles");
	struct person p = person_of(tx->a, v);
	struct person known;
	p.staff = roles && roles->count > 0;
	json_set(tx->a, p.records, "cards", json_copy(tx->a, json_get(v, "cards")));
	if (person_by_number(tx->db, tx->a, p.national_number, &known))
		return OK;
	err e = person_register(tx, &p);
	if (e == OK)
		e = credential_set(tx, p.id, hash, (str){0});
	for (const json *r = roles ? roles->first : NULL; r && e == OK; r = r->next)
		e = role_grant(tx, p.id, json_str(r, "role"), json_str(r, "entity"), 0);
	return e;
}

/* The eighteenth birthday; of who has no day of birth (a company), never. */
static instant of_age(const struct pack *p, str birth_date)
{
	int64_t day;
	int32_t y;
	int m, d;
	if (!date_parse(birth_date, &day))
		return 0;
	civil_from_days(day, &y, &m, &d);
	return days_from_civil(y + 18, m, d) * DAY - p->utc_offset * SECOND;
}

/* Children and companies: they do not sign in, somebody acts for them. */
static err put_represented(struct tx *tx, const struct pack *pack, const json *v)
{
	const json *agents = json_get(v, "agents");
	struct person p = person_of(tx->a, v);
	struct person known, agent;
	json_set(tx->a, p.records, "cards",
	         json_get(v, "cards") ? json_copy(tx->a, json_get(v, "cards")) : json_array(tx->a));
	if (person_by_number(tx->db, tx->a, p.national_number, &known))
		return OK;
	err e = person_register(tx, &p);
	for (const json *g = agents ? agents->first : NULL; g && e == OK; g = g->next) {
		if (!person_by_number(tx->db, tx->a, json_str(g, "national_number"), &agent))
			continue;
		struct mandate m = {.principal = p.id,
		                    .agent = agent.id,
		                    .service = STR("*"),
		                    .until = of_age(pack, p.birth_date),
		                    .basis = json_str(g, "basis")};
		e = mandate_give(tx, &m);
	}
	return e;
}

err demo_put(struct tx *tx, void *demo)
{
	const struct demo *d = demo;
	int64_t missing, strangers;
	count_people(tx, d, &missing, &strangers);
	if (!missing)
		return OK;
	if (strangers)
		return tx_fail(tx, ERR_conflict, "",
		               "real people are registered here: invented ones are not put among them");
	err e = OK;
	size_t i = 0;
	for (const json *v = d->accounts->first; v && e == OK; v = v->next)
		e = put_person(tx, v, d->hash[i++]);
	for (const json *v = d->represented ? d->represented->first : NULL; v && e == OK; v = v->next)
		e = put_represented(tx, d->pack, v);
	return e;
}
