/*
 * credential.c - passwords, one-time codes and throttling.
 */
#include "kernel/identity/identity.h"
#include "kernel/identity/statements.h"
#include "kernel/vault.h"

#include <openssl/hmac.h>
#include <openssl/sha.h>
#include <pthread.h>
#include <sodium.h>
#include <string.h>

#define ARGON2_OPS 2
#define ARGON2_BYTES ((size_t)19 * 1024 * 1024) /* OWASP: 19 MiB, 2 passes */
#define TOTP_STEP 30                            /* seconds, RFC 6238 4.1 */
#define CODE_LIFE (10 * MINUTE)
#define CODE_TRIES 5
#define THROTTLE_FORGET (24 * HOUR)

/* ---- passwords ---- */

static pthread_mutex_t slots_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t slots_free = PTHREAD_COND_INITIALIZER;
static int slots_used;

static void slot_take(void)
{
	pthread_mutex_lock(&slots_lock);
	while (slots_used == PASSWORD_AT_ONCE)
		pthread_cond_wait(&slots_free, &slots_lock);
	slots_used++;
	pthread_mutex_unlock(&slots_lock);
}

static void slot_give(void)
{
	pthread_mutex_lock(&slots_lock);
	slots_used--;
	pthread_cond_signal(&slots_free);
	pthread_mutex_unlock(&slots_lock);
}

str password_hash(arena *a, str password)
{
	char *out = NEWN(a, char, crypto_pwhash_STRBYTES);
	slot_take();
	int failed = crypto_pwhash_str_alg(out, password.p, password.n, ARGON2_OPS, ARGON2_BYTES,
	                                   crypto_pwhash_ALG_ARGON2ID13);
	slot_give();
	return failed ? (str){0} : str_of(out);
}

bool password_check(str hash, str password)
{
	char text[crypto_pwhash_STRBYTES] = "";
	if (hash.n >= sizeof text)
		return false;
	if (hash.n)
		memcpy(text, hash.p, hash.n);
	slot_take();
	bool ok = crypto_pwhash_str_verify(text, password.p ? password.p : "", password.n) == 0;
	slot_give();
	return ok && hash.n;
}

bool credential_get(struct kernel *k, dbc *c, arena *a, int64_t person, struct credential *out)
{
	rows *r = db_query(c, &sql_credential_get, D_INT(person));
	bool found = db_next(r);
	if (found) {
		*out = (struct credential){.password_hash = str_dup(a, db_text(r, 0)),
		                           .totp_step = db_int(r, 2)};
		str wrapped = db_text(r, 1);
		if (wrapped.n)
			vault_unwrap(k, a, STR("totp"), wrapped, &out->totp_secret);
	}
	db_done(r);
	return found;
}

err credential_set(struct tx *tx, int64_t person, str password, str totp_secret)
{
	str wrapped = totp_secret.n ? vault_wrap(tx->k, tx->a, STR("totp"), totp_secret) : (str){0};
	db_exec(tx->db, &sql_credential_set, D_INT(person), D_TEXT(password),
	        ((struct dbv){wrapped.n ? DB_BLOB : DB_NULL, 0, wrapped}), D_INT(tx->now));
	return db_error(tx->db);
}

/* ---- throttling ---- */

static str by_number(arena *a, str number)
{
	return str_fmt(a, "number:%.*s", STRF(number));
}

static str by_address(arena *a, str address)
{
	return str_fmt(a, "address:%.*s", STRF(address));
}

#define KEY_ARENA_BYTES ((size_t)8 * 1024)
/* One address may stand for a whole office: it gets more room. */
#define ADDRESS_FREE (SIGN_IN_FREE * 10)

err sign_in_allowed(dbc *c, str number, str address, instant now, instant *retry_at)
{
	arena *a = arena_create(KEY_ARENA_BYTES);
	if (!a)
		return ERR_out_of_memory;
	str key[2] = {by_number(a, number), by_address(a, address)};
	instant latest = 0;
	for (int i = 0; i < 2; i++) {
		rows *r = db_query(c, &sql_throttle_get, D_TEXT(key[i]));
		if (db_next(r) && db_int(r, 1) > latest)
			latest = db_int(r, 1);
		db_done(r);
	}
	arena_destroy(a);
	*retry_at = latest;
	return latest > now ? ERR_sign_in_throttled : OK;
}

static void count_failure(struct tx *tx, str key, int64_t free)
{
	int64_t failures = 0;
	rows *r = db_query(tx->db, &sql_throttle_get, D_TEXT(key));
	if (db_next(r) && db_int(r, 1) > tx->now - THROTTLE_FORGET)
		failures = db_int(r, 0);
	db_done(r);
	failures++;
	instant pause = failures >= free ? 30 * SECOND : 0;
	for (int64_t i = free; i < failures && pause < SIGN_IN_WAIT_MAX; i++)
		pause *= 2;
	if (pause > SIGN_IN_WAIT_MAX)
		pause = SIGN_IN_WAIT_MAX;
	db_exec(tx->db, &sql_throttle_set, D_TEXT(key), D_INT(failures), D_INT(tx->now + pause),
	        D_INT(tx->now));
}

void sign_in_failed(struct tx *tx, str number, str address)
{
	count_failure(tx, by_number(tx->a, number), SIGN_IN_FREE);
	count_failure(tx, by_address(tx->a, address), ADDRESS_FREE);
}

void sign_in_succeeded(struct tx *tx, str number)
{
	db_exec(tx->db, &sql_throttle_clear, D_TEXT(by_number(tx->a, number)));
}

/* ---- TOTP, RFC 6238 ---- */

static int totp_at(str secret, int64_t step)
{
	unsigned char counter[8], mac[20];
	unsigned n = sizeof mac;
	for (int i = 7; i >= 0; i--, step >>= 8)
		counter[i] = (unsigned char)step;
	HMAC(EVP_sha1(), secret.p, (int)secret.n, counter, sizeof counter, mac, &n);
	int o = mac[19] & 15;
	uint32_t v = (uint32_t)(mac[o] & 127) << 24 | (uint32_t)mac[o + 1] << 16 |
	             (uint32_t)mac[o + 2] << 8 | mac[o + 3];
	return (int)(v % 1000000);
}

str totp_code(arena *a, str secret, instant now)
{
	return str_fmt(a, "%06d", totp_at(secret, now / SECOND / TOTP_STEP));
}

bool totp_check(str secret, str code, instant now, int64_t last_step, int64_t *step)
{
	int64_t given, present = now / SECOND / TOTP_STEP;
	if (code.n != 6 || !secret.n || !str_i64(code, &given))
		return false;
	for (int64_t s = present - 1; s <= present + 1; s++)
		if (s > last_step && totp_at(secret, s) == given) {
			*step = s;
			return true;
		}
	return false;
}

str totp_uri(arena *a, str secret, str issuer, str account)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
	buf b = buf_make(a, 128);
	uint32_t v = 0;
	int bits = 0;
	for (size_t i = 0; i < secret.n; i++) {
		v = v << 8 | (unsigned char)secret.p[i];
		for (bits += 8; bits >= 5; bits -= 5)
			buf_putc(&b, alphabet[v >> (bits - 5) & 31]);
	}
	if (bits)
		buf_putc(&b, alphabet[v << (5 - bits) & 31]);
	return str_fmt(a, "otpauth://totp/%.*s:%.*s?secret=%.*s&issuer=%.*s", STRF(issuer),
	               STRF(account), STRF(buf_str(&b)), STRF(issuer));
}

/* ---- codes that are sent ---- */

static str code_hash(arena *a, str session_id, str code)
{
	unsigned char h[32];
	str text = str_fmt(a, "%.*s|%.*s", STRF(session_id), STRF(code));
	SHA256((const unsigned char *)text.p, text.n, h);
	return str_hex(a, (str){(char *)h, sizeof h});
}

str code_make(struct tx *tx, str session_id, int64_t person)
{
	rng secure = rng_system();
	str code = str_fmt(tx->a, "%06d", (int)rng_below(&secure, 1000000));
	db_exec(tx->db, &sql_code_set, D_TEXT(session_id), D_INT(person),
	        D_TEXT(code_hash(tx->a, session_id, code)), D_INT(tx->now + CODE_LIFE));
	return code;
}

static err totp_use(struct tx *tx, int64_t person, str code)
{
	struct credential c;
	int64_t step;
	if (!credential_get(tx->k, tx->db, tx->a, person, &c) ||
	    !totp_check(c.totp_secret, code, tx->now, c.totp_step, &step))
		return ERR_code_wrong;
	db_exec(tx->db, &sql_credential_step, D_INT(person), D_INT(step));
	return OK;
}

err code_use(struct tx *tx, str session_id, int64_t person, str code)
{
	if (totp_use(tx, person, code) == OK)
		return OK;
	rows *r = db_query(tx->db, &sql_code_get, D_TEXT(session_id), D_INT(person));
	bool found = db_next(r);
	str hash = found ? str_dup(tx->a, db_text(r, 0)) : (str){0};
	instant expires = found ? db_int(r, 1) : 0;
	int64_t tries = found ? db_int(r, 2) : 0;
	db_done(r);
	if (!found || tries >= CODE_TRIES || tx->now >= expires)
		return ERR_code_expired;
	if (!str_eq_secret(hash, code_hash(tx->a, session_id, code))) {
		db_exec(tx->db, &sql_code_tried, D_TEXT(session_id));
		return ERR_code_wrong;
	}
	db_exec(tx->db, &sql_code_delete, D_TEXT(session_id));
	return OK;
}
