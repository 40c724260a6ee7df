#include "kernel/session/session.h"

#include "kernel/identity/identity.h"
#include "kernel/identity/statements.h"
#include "kernel/kernel.h"

#include <sodium.h>

static const unsigned char *bytes_of(str s)
{
	return (const unsigned char *)(s.p ? s.p : "");
}

/* libsodium's: OpenSSL 3 looks an algorithm up each time, which costs more than hashing
 * something short. */
static str hmac(arena *a, str key, str text)
{
	unsigned char mac[crypto_auth_hmacsha256_BYTES];
	crypto_auth_hmacsha256_state state;
	crypto_auth_hmacsha256_init(&state, bytes_of(key), key.n);
	crypto_auth_hmacsha256_update(&state, bytes_of(text), text.n);
	crypto_auth_hmacsha256_final(&state, mac);
	sodium_memzero(&state, sizeof state);
	return str_base64url(a, (str){(char *)mac, sizeof mac});
}

static str token_id(arena *a, str token)
{
	unsigned char h[crypto_hash_sha256_BYTES];
	crypto_hash_sha256(h, bytes_of(token), token.n);
	return str_hex(a, (str){(char *)h, sizeof h});
}

struct session session_read(dbc *c, arena *a, str token, instant now)
{
	struct session s = {0};
	if (token.n != (SESSION_TOKEN_BYTES * 4 + 2) / 3)
		return s;
	s.token = token;
	s.id = token_id(a, token);
	rows *r = db_query(c, &sql_session_get, D_TEXT(s.id));
	bool found = db_next(r);
	if (found) {
		s.person = db_int(r, 0);
		s.level = (enum session_level)db_int(r, 1);
		s.staff = db_int(r, 2) != 0;
		s.created = db_int(r, 3);
		s.used = db_int(r, 4);
		s.expires = db_int(r, 5);
		s.name_en = str_dup(a, db_text(r, 6));
		s.name_ar = str_dup(a, db_text(r, 7));
	}
	db_done(r);
	instant idle = s.staff ? SESSION_IDLE_STAFF : SESSION_IDLE_CITIZEN;
	if (!found || now >= s.expires || now - s.used >= idle)
		return (struct session){.token = token, .id = s.id}; /* it still carries CSRF */
	if (s.level == SESSION_FULL)
		s.rights = rights_of(c, a, s.person, now);
	return s;
}

static err make(struct tx *tx, int64_t person, enum session_level level, struct session *out)
{
	unsigned char raw[SESSION_TOKEN_BYTES];
	rng secure = rng_system();
	rng_bytes(&secure, raw, sizeof raw);
	struct person p = {0};
	if (!person_get(tx->db, tx->a, person, &p))
		return tx_fail(tx, ERR_not_found, "", "no such person");
	struct session s = {
		.token = str_base64url(tx->a, (str){(char *)raw, sizeof raw}),
		.level = level,
		.person = person,
		.name_en = p.name_en,
		.name_ar = p.name_ar,
		.staff = p.staff,
		.created = tx->now,
		.used = tx->now,
		.expires = tx->now + (p.staff ? SESSION_MAX_STAFF : SESSION_MAX_CITIZEN),
	};
	s.id = token_id(tx->a, s.token);
	db_exec(tx->db, &sql_session_insert, D_TEXT(s.id), D_INT(person), D_INT(level),
	        D_INT(p.staff), D_INT(s.created), D_INT(s.used), D_INT(s.expires));
	*out = s;
	return db_error(tx->db);
}

err session_open(struct tx *tx, int64_t person, enum session_level level, struct session *out)
{
	db_exec(tx->db, &sql_session_expire, D_INT(tx->now));
	return make(tx, person, level, out);
}

err session_raise(struct tx *tx, const struct session *s, struct session *out)
{
	err e = session_close(tx, s);
	return e ? e : make(tx, s->person, SESSION_FULL, out);
}

err session_close(struct tx *tx, const struct session *s)
{
	db_exec(tx->db, &sql_session_delete, D_TEXT(s->id));
	return db_error(tx->db);
}

err session_close_all(struct tx *tx, int64_t person)
{
	db_exec(tx->db, &sql_session_delete_all, D_INT(person));
	return db_error(tx->db);
}

struct touch {
	str id;
	instant now;
};

static err touch_decide(struct tx *tx, void *ctx)
{
	struct touch *t = ctx;
	db_exec(tx->db, &sql_session_used, D_TEXT(t->id), D_INT(t->now));
	return OK;
}

#define TOUCH_ARENA_BYTES ((size_t)64 * 1024)

void session_touch(struct kernel *k, str id, instant now)
{
	arena *a = arena_create(TOUCH_ARENA_BYTES);
	if (!a)
		return;
	struct touch t = {id, now};
	struct action act = {.k = k, .a = a, .decide = touch_decide, .ctx = &t};
	kernel_run(&act);
	arena_destroy(a);
}

str session_csrf(arena *a, str token, str purpose)
{
	return hmac(a, token, purpose);
}
