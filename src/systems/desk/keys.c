/*
 * keys.c - keys with which an agency's programs call the interface.
 *
 * A key is 256 random bits, shown once and kept as its SHA-256. It acts as one
 * officer, for one entity, with no more rights than that officer has there: what a
 * program does stands in the journal under a name that answers for it.
 */
#include "systems/desk/desk_in.h"

#include "base/rng.h"
#include "base/utf8.h"

#include <openssl/sha.h>

#define KEYS_MAX   100
#define NAME_CHARS 60
#define SPAN_MAX   (366 * DAY)

str desk_key_hash(arena *a, str key)
{
	unsigned char h[SHA256_DIGEST_LENGTH];
	SHA256((const unsigned char *)key.p, key.n, h);
	return str_hex(a, (str){(char *)h, sizeof h});
}

size_t desk_own_entities(struct req *r, str **out)
{
	bool all;
	size_t n = may_where(&r->session.rights, PERM_entity_admin, r->a, out, &all);
	size_t kept = 0;
	for (size_t i = 0; i < n; i++)
		if (!str_eq((*out)[i], STR("*")))
			(*out)[kept++] = (*out)[i];
	return kept;
}

static void keys_of(struct req *r, json *list, str entity)
{
	struct {
		str hash, name;
		int64_t person;
		instant made, until;
	} at[KEYS_MAX];
	size_t n = 0;
	rows *rs = db_query(r->db, &sql_desk_key_list, D_TEXT(entity), D_INT(KEYS_MAX));
	for (; n < KEYS_MAX && db_next(rs); n++) {
		at[n].hash = str_dup(r->a, db_text(rs, 0));
		at[n].person = db_int(rs, 2);
		at[n].name = str_dup(r->a, db_text(rs, 3));
		at[n].made = db_int(rs, 4);
		at[n].until = db_int(rs, 5);
	}
	db_done(rs);
	for (size_t i = 0; i < n; i++) {
		json *o = json_push(list, json_object(r->a)), *who = desk_person(r, at[i].person);
		json_set_str(r->a, o, "hash", at[i].hash);
		json_set_str(r->a, o, "name", at[i].name);
		json_set(r->a, o, "entity", view_entity(r, entity, r->now));
		json_set(r->a, o, "acts_as", who ? who : json_string(r->a, (str){0}));
		view_day(r, o, "made", at[i].made);
		view_day(r, o, "until", at[i].until);
		json_set_bool(r->a, o, "ended", at[i].until <= r->now);
	}
}

/* Officers of the administrator's entities; the value names both. */
static void choose_officer(struct req *r, json *v, const str *entity, size_t n)
{
	json *list = json_set(r->a, v, "officers", json_array(r->a));
	desk_choice(r, list, (str){0}, json_string(r->a, req_text(r, "desk.keys.choose")));
	for (size_t i = 0; i < n; i++) {
		json *all = desk_colleagues(r, entity[i], 0);
		for (const json *o = all->first; o; o = o->next) {
			str value = str_fmt(r->a, "%.*s %.*s", STRF(json_str(o, "value")), STRF(entity[i]));
			json *c = desk_choice(r, list, value, json_copy(r->a, json_get(o, "text")));
			json_set_bool(r->a, c, "selected", str_eq(value, req_field(r, "officer")));
		}
	}
}

static json *keys_view(struct req *r)
{
	str *entity;
	size_t n = desk_own_entities(r, &entity);
	json *v = json_object(r->a), *list = json_set(r->a, v, "keys", json_array(r->a));
	for (size_t i = 0; i < n; i++)
		keys_of(r, list, entity[i]);
	choose_officer(r, v, entity, n);
	json_set_str(r->a, v, "name", req_field(r, "name"));
	json_set_str(r->a, v, "key", (str){0});
	return v;
}

err page_desk_keys(struct req *r)
{
	return req_view(r, "desk/keys", keys_view(r));
}

struct making {
	str key, entity, name;
	int64_t person;
};

static bool read_officer(struct req *r, struct making *m)
{
	str value = req_field(r, "officer"), id;
	bool known = false;
	json *v = keys_view(r);
	for (const json *o = json_get(v, "officers")->first; o; o = o->next)
		known |= value.n && str_eq(json_str(o, "value"), value);
	m->entity = value;
	return known && str_cut(&m->entity, ' ', &id) && str_i64(id, &m->person);
}

err prepare_desk_keys(struct req *r)
{
	struct making *m = NEW(r->a, struct making);
	unsigned char bytes[KEY_BYTES];
	rng random = rng_system();
	r->state = m;
	m->name = str_trim(req_field(r, "name"));
	json *v = NULL;
	if (!m->name.n || utf8_length(m->name) > NAME_CHARS) {
		v = keys_view(r);
		desk_error(r, v, "name", req_text(r, "desk.keys.no_name"));
	} else if (!read_officer(r, m)) {
		v = keys_view(r);
		desk_error(r, v, "officer", req_text(r, "desk.keys.choose"));
	}
	if (v)
		return req_again(r, "desk/keys", v);
	rng_bytes(&random, bytes, sizeof bytes);
	m->key =
	    str_cat(r->a, STR(KEY_PREFIX), str_base64url(r->a, (str){(char *)bytes, sizeof bytes}));
	return OK;
}

err decide_desk_keys(struct tx *tx, struct req *r)
{
	const struct making *m = r->state;
	json *d = json_object(tx->a);
	str hash = desk_key_hash(tx->a, m->key);
	json_set_str(tx->a, d, "hash", hash);
	json_set_str(tx->a, d, "name", m->name);
	json_set_int(tx->a, d, "person", m->person);
	json_set_int(tx->a, d, "until", tx->now + SPAN_MAX);
	r->decided = json_object(tx->a);
	json_set_str(tx->a, r->decided, "hash", hash);
	return tx_emit(tx, (struct emission){.kind = "desk.key_made", .entity = m->entity, .data = d});
}

/* Sent twice, the first key counts, and nobody can read it again. */
err answer_desk_keys(struct req *r)
{
	const struct making *m = r->state;
	json *v = keys_view(r);
	if (str_eq(desk_key_hash(r->a, m->key), json_str(r->decided, "hash")))
		json_set_str(r->a, v, "key", m->key);
	return req_view(r, "desk/keys", v);
}

err prepare_desk_key_end(struct req *r)
{
	str *entity, hash = req_field(r, "hash");
	size_t n = desk_own_entities(r, &entity);
	rows *rs = db_query(r->db, &sql_desk_key_find, D_TEXT(hash));
	str of = db_next(rs) ? str_dup(r->a, db_text(rs, 0)) : (str){0};
	db_done(rs);
	r->state = NEW(r->a, struct making);
	((struct making *)r->state)->entity = of;
	for (size_t i = 0; i < n; i++)
		if (of.n && str_eq(entity[i], of))
			return OK;
	return req_fail(r, ERR_not_found, "", "there is nothing at this address");
}

err decide_desk_key_end(struct tx *tx, struct req *r)
{
	const struct making *m = r->state;
	json *d = json_object(tx->a);
	json_set_str(tx->a, d, "hash", req_field(r, "hash"));
	return tx_emit(tx, (struct emission){.kind = "desk.key_ended", .entity = m->entity, .data = d});
}

err answer_desk_key_end(struct req *r)
{
	req_flash(r, "desk.keys.ended");
	return req_redirect(r, "/admin/keys");
}
