#include "kernel/vault.h"

#include "kernel/kernel.h"
#include "kernel/statements.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEY_BYTES crypto_aead_xchacha20poly1305_ietf_KEYBYTES
#define NONCE_BYTES crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG_BYTES crypto_aead_xchacha20poly1305_ietf_ABYTES

struct vault {
	str dir; /* DATA_DIR/keys */
	unsigned char master[KEY_BYTES];
	unsigned char sign_public[crypto_sign_PUBLICKEYBYTES];
	unsigned char sign_secret[crypto_sign_SECRETKEYBYTES];
};

/* ---- key files ---- */

static bool read_key(const char *path, unsigned char *out, size_t n)
{
	int f = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (f < 0)
		return false;
	ssize_t got = read(f, out, n);
	close(f);
	return got == (ssize_t)n;
}

/* Durable before anyone relies on it: written aside, synced, linked in place.
 * link() refuses to replace a key that another process made meanwhile. */
static bool write_key(arena *a, str dir, const char *path, const unsigned char *key, size_t n)
{
	const char *aside = str_fmt(a, "%s.%d.new", path, (int)getpid()).p;
	int f = open(aside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (f < 0)
		return false;
	bool ok = write(f, key, n) == (ssize_t)n && fsync(f) == 0;
	ok = close(f) == 0 && ok;
	ok = ok && (link(aside, path) == 0 || errno == EEXIST);
	unlink(aside);
	int d = open(str_c(a, dir), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (d >= 0) {
		ok = fsync(d) == 0 && ok;
		close(d);
	}
	return ok;
}

static bool key_of(arena *a, str dir, const char *name, unsigned char *key, size_t n)
{
	const char *path = str_fmt(a, "%.*s/%s", STRF(dir), name).p;
	if (read_key(path, key, n))
		return true;
	if (access(path, F_OK) == 0)
		return false; /* there, but unreadable or of another size */
	unsigned char fresh[64];
	randombytes_buf(fresh, n);
	return write_key(a, dir, path, fresh, n) && read_key(path, key, n);
}

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
	unsigned char seed[crypto_sign_SEEDBYTES];
	if (!key_of(a, v->dir, "master.key", v->master, sizeof v->master) ||
	    !key_of(a, v->dir, "checkpoint.key", seed, sizeof seed)) {
		*why = str_fmt(a, "the keys in %.*s cannot be read or made: %s", STRF(v->dir),
		               strerror(errno));
		return ERR_keys_missing;
	}
	crypto_sign_seed_keypair(v->sign_public, v->sign_secret, seed);
	sodium_memzero(seed, sizeof seed);
	*out = v;
	return OK;
}

str vault_path(struct vault *v, arena *a, const char *name)
{
	return str_fmt(a, "%.*s/%s", STRF(v->dir), name);
}

void vault_sign_checkpoint(struct vault *v, str text, unsigned char signature[64])
{
	crypto_sign_detached(signature, NULL, (const unsigned char *)text.p, text.n, v->sign_secret);
}

void vault_checkpoint_key(struct vault *v, unsigned char public_key[32])
{
	memcpy(public_key, v->sign_public, sizeof v->sign_public);
}

/* ---- sealing ---- */

/* nonce || ciphertext || tag */
static str encrypt(arena *a, rng *r, const unsigned char *key, str label, str plain)
{
	str out = {NEWN(a, char, NONCE_BYTES + plain.n + TAG_BYTES),
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
	return str_fmt(a, "%lld|%.*s", (long long)subject, STRF(label));
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

err vault_seal(struct tx *tx, int64_t subject, str label, str plain, str *sealed)
{
	struct vault *v = tx->k->vault;
	unsigned char key[KEY_BYTES];
	err e = subject_key(v, tx->db, tx->a, subject, key);
	if (e == ERR_not_found) {
		rng_bytes(tx->rng, key, sizeof key);
		str wrapped = encrypt(tx->a, tx->rng, v->master, subject_label(tx->a, subject, STR("key")),
		                      (str){(char *)key, sizeof key});
		db_exec(tx->db, &sql_vault_key_insert, D_INT(subject), D_BLOB(wrapped), D_INT(tx->now));
		e = db_error(tx->db);
	}
	if (e == OK)
		*sealed = encrypt(tx->a, tx->rng, key, subject_label(tx->a, subject, label), plain);
	sodium_memzero(key, sizeof key);
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
