#include "kernel/identity/identity.h"
#include "kernel/identity/organ.h"
#include "kernel/identity/statements.h"
#include "kernel/vault.h"

#include "base/utf8.h"
#include "db/held.h"

#define PERSON_COLUMNS 13 /* of the statements person_get and person_by_number */

/* Never changed by held_set: only so that a command reads a person once. */
static struct held_table person_row = {
    .name = "person",
    .n_columns = PERSON_COLUMNS,
    .n_keys = 1,
    .get = &sql_person_get,
};

void person_tables(void)
{
	held_declare(&person_row);
}

static struct person person_of(arena *a, const struct dbv *v)
{
	return (struct person){
	    .id = v[0].i,
	    .national_number = str_dup(a, v[1].s),
	    .name_en = str_dup(a, v[2].s),
	    .name_ar = str_dup(a, v[3].s),
	    .nationality = str_dup(a, v[4].s),
	    .group = str_dup(a, v[5].s),
	    .birth_date = str_dup(a, v[6].s),
	    .sex = str_dup(a, v[7].s),
	    .email = str_dup(a, v[8].s),
	    .phone = str_dup(a, v[9].s),
	    .language = str_dup(a, v[10].s),
	    .staff = v[11].i != 0,
	    .records = v[12].s.n ? json_parse(a, str_dup(a, v[12].s), NULL) : NULL,
	};
}

bool person_get(dbc *c, arena *a, int64_t id, struct person *out)
{
	const struct held_row *r = held_get(c, a, &person_row, id, 0);
	if (r)
		*out = person_of(a, r->v);
	return r != NULL;
}

bool person_equal(const struct person *p, const struct person *q)
{
	return p->id == q->id && str_eq(p->national_number, q->national_number) &&
	       str_eq(p->name_en, q->name_en) && str_eq(p->name_ar, q->name_ar) &&
	       str_eq(p->nationality, q->nationality) && str_eq(p->group, q->group) &&
	       str_eq(p->birth_date, q->birth_date) && str_eq(p->sex, q->sex) &&
	       str_eq(p->email, q->email) && str_eq(p->phone, q->phone) &&
	       str_eq(p->language, q->language) && p->staff == q->staff &&
	       json_equal(p->records, q->records);
}

#define NAMES_AT_ONCE 32 /* as many as the statement takes */

/* The next ids that were not asked for yet, each once; returns where it stopped. */
static size_t names_next(const int64_t *id, size_t n, size_t from, struct dbv *v, size_t *some)
{
	size_t i = from;
	for (*some = 0; i < n; i++) {
		size_t k = 0;
		while (k < *some && v[k].i != id[i])
			k++;
		if (id[i] == 0 || k < *some)
			continue;
		if (*some == NAMES_AT_ONCE)
			break;
		v[(*some)++] = D_INT(id[i]);
	}
	for (size_t k = *some; k < NAMES_AT_ONCE; k++)
		v[k] = D_INT(0);
	return i;
}

void person_names(dbc *c, arena *a, const int64_t *id, size_t n, struct person_names *out)
{
	memset(out, 0, n * sizeof *out);
	for (size_t from = 0, to, some; from < n; from = to) {
		struct dbv v[NAMES_AT_ONCE];
		to = names_next(id, n, from, v, &some);
		if (!some)
			continue;
		rows *r = db_query_args(c, &sql_person_names, v, NAMES_AT_ONCE);
		while (db_next(r)) {
			struct person_names p = {true, str_dup(a, db_text(r, 1)), str_dup(a, db_text(r, 2))};
			for (size_t i = from; i < to; i++)
				if (id[i] == db_int(r, 0))
					out[i] = p;
		}
		db_done(r);
	}
}

bool person_by_number(dbc *c, arena *a, str number, struct person *out)
{
	if (!number.n)
		return false;
	struct dbv v[PERSON_COLUMNS];
	rows *r = db_query(c, &sql_person_by_number, D_TEXT(number));
	bool found = db_next(r);
	if (found) {
		db_row(r, v, PERSON_COLUMNS);
		*out = person_of(a, v);
	}
	db_done(r);
	return found;
}

json *person_view(arena *a, const struct person *p)
{
	json *o = json_object(a), *name = json_object(a);
	json_set_str(a, name, "en", p->name_en);
	json_set_str(a, name, "ar", p->name_ar);
	json_set_int(a, o, "id", p->id);
	json_set_str(a, o, "number", p->national_number);
	json_set_str(a, o, "national_number", p->national_number);
	json_set(a, o, "name", name);
	json_set_str(a, o, "nationality", p->nationality);
	json_set_str(a, o, "group", p->group);
	json_set_str(a, o, "birth_date", p->birth_date);
	json_set_str(a, o, "sex", p->sex);
	json_set_str(a, o, "email", p->email);
	json_set_str(a, o, "phone", p->phone);
	for (const json *m = p->records ? p->records->first : NULL; m; m = m->next)
		if (!json_get_str(o, m->key))
			json_set_key(a, o, m->key, json_copy(a, m));
	return o;
}

static str records_text(arena *a, const json *records)
{
	return records && json_is(records, JSON_OBJECT) ? json_print(a, records) : (str){0};
}

str person_initials(arena *a, str name)
{
	buf b = buf_make(a, 256);
	str word;
	while (str_cut(&name, ' ', &word)) {
		if (!word.n)
			continue;
		if (b.n)
			buf_putc(&b, ' ');
		buf_put(&b, utf8_sub(word, 0, 1));
		buf_putc(&b, '.');
	}
	return buf_str(&b);
}

/* ---- registering ---- */

err person_register(struct tx *tx, struct person *p)
{
	struct person known;
	if (person_by_number(tx->db, tx->a, p->national_number, &known))
		return tx_fail(tx, ERR_person_exists, "national_number",
		               "this national number is already registered");
	if (!p->id)
		p->id = tx_id(tx);
	json *data = json_object(tx->a), *secret = person_view(tx->a, p);
	json_set_bool(tx->a, data, "staff", p->staff);
	json_set_str(tx->a, secret, "language", p->language);
	if (p->records)
		json_set(tx->a, secret, "records", json_copy(tx->a, p->records));
	return tx_emit(
	    tx, (struct emission){
	            .kind = "person.registered", .subject = p->id, .data = data, .secret = secret});
}

void fold_person_registered(dbc *c, arena *a, const struct event *e)
{
	const json *s = e->secret; /* NULL once erased */
	str number = json_str(s, "number");
	db_exec(c, &sql_person_insert, D_INT(e->subject), D_TEXT_OR_NULL(number),
	        D_TEXT(json_text(json_path(s, "name.en"))), D_TEXT(json_text(json_path(s, "name.ar"))),
	        D_TEXT(json_str(s, "nationality")), D_TEXT(json_str(s, "group")),
	        D_TEXT(json_str(s, "birth_date")), D_TEXT(json_str(s, "sex")),
	        D_TEXT(json_str(s, "email")), D_TEXT(json_str(s, "phone")),
	        D_TEXT(json_str(s, "language")), D_INT(json_truth(e->data, "staff")), D_INT(e->at),
	        D_TEXT(records_text(a, json_get(s, "records"))));
}

err person_update_records(struct tx *tx, int64_t id, const json *records)
{
	json *secret = json_object(tx->a);
	json_set(tx->a, secret, "records", json_copy(tx->a, records));
	return tx_emit(
	    tx, (struct emission){.kind = "person.records_changed", .subject = id, .secret = secret});
}

void fold_person_records_changed(dbc *c, arena *a, const struct event *e)
{
	db_exec(c, &sql_person_records, D_INT(e->subject),
	        D_TEXT(records_text(a, json_get(e->secret, "records"))));
}

err person_update_contact(struct tx *tx, int64_t id, str email, str phone, str language)
{
	json *secret = json_object(tx->a);
	json_set_str(tx->a, secret, "email", email);
	json_set_str(tx->a, secret, "phone", phone);
	json_set_str(tx->a, secret, "language", language);
	return tx_emit(
	    tx, (struct emission){.kind = "person.contact_changed", .subject = id, .secret = secret});
}

void fold_person_contact_changed(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	db_exec(c, &sql_person_contact, D_INT(e->subject), D_TEXT(json_str(e->secret, "email")),
	        D_TEXT(json_str(e->secret, "phone")), D_TEXT(json_str(e->secret, "language")));
}

err person_erase(struct tx *tx, int64_t id, str reason)
{
	struct person p;
	if (!person_get(tx->db, tx->a, id, &p))
		return tx_fail(tx, ERR_not_found, "", "no such person");
	json *data = json_object(tx->a);
	json_set_str(tx->a, data, "reason", reason);
	err e = vault_destroy(tx, id);
	if (e == OK)
		e = session_close_all(tx, id);
	db_exec(tx->db, &sql_credential_delete, D_INT(id));
	if (e)
		return e;
	return tx_emit(tx, (struct emission){.kind = "person.erased", .subject = id, .data = data});
}

void fold_person_erased(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	db_exec(c, &sql_person_erase, D_INT(e->subject), D_INT(e->at));
	db_exec(c, &sql_mandate_erase, D_INT(e->subject));
}

/* ---- entities ---- */

static struct entity read_entity(arena *a, rows *r)
{
	return (struct entity){str_dup(a, db_text(r, 0)), str_dup(a, db_text(r, 1)),
	                       str_dup(a, db_text(r, 2)), str_dup(a, db_text(r, 3)),
	                       str_dup(a, db_text(r, 4))};
}

bool entity_get(dbc *c, arena *a, str id, instant at, struct entity *out)
{
	rows *r = db_query(c, &sql_entity_get, D_TEXT(id), D_INT(at));
	bool found = db_next(r);
	if (found)
		*out = read_entity(a, r);
	db_done(r);
	return found;
}

struct entities {
	arena *a;
	struct entity *out;
};

static void take_entity(void *ctx, size_t i, rows *r)
{
	struct entities *e = ctx;
	if (db_next(r))
		e->out[i] = read_entity(e->a, r);
}

void entity_get_each(dbc *c, arena *a, const str *id, size_t n, instant at, struct entity *out)
{
	for (size_t from = 0, some; from < n; from += some) {
		struct db_question q[DB_AT_ONCE_MAX];
		struct dbv v[DB_AT_ONCE_MAX][2];
		struct entities e = {a, out + from};
		for (some = 0; some < DB_AT_ONCE_MAX && from + some < n; some++) {
			v[some][0] = D_TEXT(id[from + some]);
			v[some][1] = D_INT(at);
			q[some] = (struct db_question){&sql_entity_get, v[some], 2};
		}
		db_query_each(c, q, some, take_entity, &e);
	}
}

size_t entity_all(dbc *c, arena *a, instant at, struct entity *out, size_t max)
{
	size_t n = 0;
	rows *r = db_query(c, &sql_entity_list, D_INT(at));
	while (n < max && db_next(r))
		out[n++] = read_entity(a, r);
	db_done(r);
	return n;
}

json *entity_view(arena *a, const struct entity *e)
{
	json *o = json_object(a), *name = json_object(a);
	json_set_str(a, name, "en", e->name_en);
	json_set_str(a, name, "ar", e->name_ar);
	json_set_str(a, o, "id", e->id);
	json_set(a, o, "name", name);
	json_set_str(a, o, "kind", e->kind);
	json_set_str(a, o, "parent", e->parent);
	return o;
}

/* data: {id, kind, parent, names: [{since: "2015-08-01", en, ar}]} */
void fold_entity_registered(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	str id = json_str(e->data, "id");
	db_exec(c, &sql_entity_set, D_TEXT(id), D_TEXT(json_str(e->data, "kind")),
	        D_TEXT(json_str(e->data, "parent")));
	const json *names = json_get(e->data, "names");
	for (const json *n = names ? names->first : NULL; n; n = n->next) {
		int64_t days = 0;
		instant since = date_parse(json_str(n, "since"), &days) ? days * DAY : 0;
		db_exec(c, &sql_entity_name_set, D_TEXT(id), D_INT(since), D_TEXT(json_str(n, "en")),
		        D_TEXT(json_str(n, "ar")));
	}
}
