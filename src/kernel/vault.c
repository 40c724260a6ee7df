#include "kernel/vault.h"

#include "kernel/kernel.h"
#include "kernel/key_file.h"
#include "kernel/statements.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>

#define KEY_BYTES crypto_aead_xchacha20poly1305_ietf_KEYBYTES
#define NONCE_BYTES crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG_BYTES crypto_aead_xchacha20poly1305_ietf_ABYTES

struct vault {
	str dir; /* DATA_DIR/keys */
	unsigned char master[KEY_BYTES];
};

err vault_open(arena *a, str data_dir, struct vault **out, str *why)
{
	if (sodium_init() < 0) {
		*why = STR("libsodium cannot be started");
		return ERR_keys_missing;
	}
	struct vault *v = NEW(a, struct vault);
	v->dir = str_fmt(a, "%.*s/keys", STRF(data_dir));
	mkdir(str_c(a, data_dir), 0700);
	mkdir(v->dir.p, 0700);
	if (!key_file_get(a, v->dir, "master.key", v->master, sizeof v->master)) {
		*why = str_fmt(a, "the master key in %.*s cannot be read or made: %s", STRF(v->dir),
		               strerror(errno));
		return ERR_keys_missing;
	}
	*out = v;
	return OK;
}

str vault_folder(const struct vault *v)
{
	return v->dir;
}

/* ---- sealing ---- */

/* nonce || ciphertext || tag */
static str encrypt(arena *a, rng *r, const unsigned char *key, str label, str plain)
{
	str out = {arena_text(a, NONCE_BYTES + plain.n + TAG_BYTES),
	           NONCE_BYTES + plain.n + TAG_BYTES};
	unsigned char *p = (unsigned char *)(uintptr_t)out.p;
	rng_bytes(r, p, NONCE_BYTES);
	crypto_aead_xchacha20poly1305_ietf_encrypt(p + NONCE_BYTES, NULL,
	                                           (const unsigned char *)plain.p, plain.n,
	                                           (const unsigned char *)label.p, label.n, NULL, p, key);
	return out;
}

static bool decrypt(arena *a, const unsigned char *key, str label, str sealed, str *plain)
{
	if (sealed.n < NONCE_BYTES + TAG_BYTES)
		return false;
	const unsigned char *p = (const unsigned char *)sealed.p;
	str out = {NEWN(a, char, sealed.n), sealed.n - NONCE_BYTES - TAG_BYTES};
	if (crypto_aead_xchacha20poly1305_ietf_decrypt(
			(unsigned char *)(uintptr_t)out.p, NULL, NULL, p + NONCE_BYTES, sealed.n - NONCE_BYTES,
			(const unsigned char *)label.p, label.n, p, key) != 0)
		return false;
	*plain = out;
	return true;
}

static str subject_label(arena *a, int64_t subject, str label)
{
	char text[STR_INT_BYTES];
	return str_cat(a, str_cat(a, str_of_int(subject, text), STR("|")), label);
}

/* The subject's own key; ERR_not_found when it never had one. */
static err subject_key(struct vault *v, dbc *c, arena *a, int64_t subject, unsigned char *key)
{
	rows *r = db_query(c, &sql_vault_key_get, D_INT(subject));
	err e = ERR_not_found;
	if (db_next(r)) {
		str plain;
		e = ERR_vault_erased;
		if (!db_is_null(r, 0)) {
			e = ERR_keys_missing;
			if (decrypt(a, v->master, subject_label(a, subject, STR("key")), db_text(r, 0), &plain) &&
			    plain.n == KEY_BYTES) {
				memcpy(key, plain.p, KEY_BYTES);
				e = OK;
			}
		}
	}
	db_done(r);
	return e;
}

/* Into tx->key: a command's events are mostly of one person. */
err vault_key_ready(struct tx *tx, int64_t subject)
{
	if (subject && tx->key.subject == subject)
		return OK;
	err e = subject_key(tx->k->vault, tx->db, tx->a, subject, tx->key.key);
	tx->key.subject = e ? 0 : subject;
	return e;
}

err vault_seal(struct tx *tx, int64_t subject, str label, str plain, str *sealed)
{
	struct vault *v = tx->k->vault;
	unsigned char *key = tx->key.key;
	err e = vault_key_ready(tx, subject);
	if (e == ERR_not_found) {
		rng_bytes(tx->rng, key, KEY_BYTES);
		str wrapped = encrypt(tx->a, tx->rng, v->master, subject_label(tx->a, subject, STR("key")),
		                      (str){(char *)key, KEY_BYTES});
		db_exec(tx->db, &sql_vault_key_insert, D_INT(subject), D_BLOB(wrapped), D_INT(tx->now));
		e = db_error(tx->db);
	}
	if (e == OK)
		*sealed = encrypt(tx->a, tx->rng, key, subject_label(tx->a, subject, label), plain);
	tx->key.subject = e ? 0 : subject;
	return e;
}

err vault_seal_ahead(struct tx *tx, int64_t subject, str label, str plain, str *sealed)
{
	err e = vault_key_ready(tx, subject);
	str whose = subject_label(tx->a, subject, label);
	if (e == OK)
		*sealed = encrypt(tx->a, rng_thread(), tx->key.key, whose, plain);
	return e;
}

err vault_unseal(struct kernel *k, dbc *c, arena *a, int64_t subject, str label, str sealed,
                 str *plain)
{
	unsigned char key[KEY_BYTES];
	err e = subject_key(k->vault, c, a, subject, key);
	if (e == OK && !decrypt(a, key, subject_label(a, subject, label), sealed, plain))
		e = ERR_journal_broken;
	sodium_memzero(key, sizeof key);
	return e;
}

err vault_destroy(struct tx *tx, int64_t subject)
{
	sodium_memzero(&tx->key, sizeof tx->key);
	db_exec(tx->db, &sql_vault_key_destroy, D_INT(subject), D_INT(tx->now));
	return db_error(tx->db);
}

str vault_wrap(struct kernel *k, arena *a, str label, str plain)
{
	rng r = rng_system();
	return encrypt(a, &r, k->vault->master, str_fmt(a, "platform|%.*s", STRF(label)), plain);
}

bool vault_unwrap(struct kernel *k, arena *a, str label, str wrapped, str *plain)
{
	return decrypt(a, k->vault->master, str_fmt(a, "platform|%.*s", STRF(label)), wrapped, plain);
}
