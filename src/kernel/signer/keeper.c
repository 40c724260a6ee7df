/* keeper.c - the role "signer": the process that has the keys. */
#include "kernel/signer/wire.h"

#include "kernel/key_file.h"
#include "kernel/signer/document_key.h"

#include <errno.h>
#include <openssl/sha.h>
#include <sodium.h>
#include <string.h>
#include <unistd.h>

struct keeper {
	unsigned char public_key[crypto_sign_PUBLICKEYBYTES];
	unsigned char secret_key[crypto_sign_SECRETKEYBYTES];
	struct document_key *documents;
	struct tree_head last; /* signed */
	str origin;
};

/* ---- the key of the journal ---- */

static bool checkpoint_keys(struct keeper *k, arena *a, str dir)
{
	const char *path = str_fmt(a, "%.*s/" CHECKPOINT_PUB, STRF(dir)).p;
	unsigned char seed[crypto_sign_SEEDBYTES];
	if (!key_file_get(a, dir, CHECKPOINT_KEY, seed, sizeof seed))
		return false;
	crypto_sign_seed_keypair(k->public_key, k->secret_key, seed);
	sodium_memzero(seed, sizeof seed);
	/* A copy for those who only check; where it cannot be written, they ask. */
	if (access(path, F_OK) != 0)
		key_file_write(a, dir, path, k->public_key, sizeof k->public_key);
	return true;
}

/* ---- signing ---- */

/* No head that contradicts the last one: the tree only grows. */
static bool sign_checkpoint(struct keeper *k, arena *a, str request, str *answer)
{
	struct tree_head head;
	if (request.n != sizeof head)
		return false;
	memcpy(&head, request.p, sizeof head);
	*answer = (str){0}; /* means no */
	bool same = memcmp(head.root, k->last.root, sizeof head.root) == 0;
	if (head.size <= 0 || head.size < k->last.size || (head.size == k->last.size && !same))
		return true;
	str text = checkpoint_text(a, k->origin, head.size, head.root);
	unsigned char *signature = NEWN(a, unsigned char, SIGNER_SIGNATURE_BYTES);
	crypto_sign_detached(signature, NULL, (const unsigned char *)text.p, text.n, k->secret_key);
	k->last = head;
	*answer = (str){(char *)signature, SIGNER_SIGNATURE_BYTES};
	return true;
}

static bool serve(void *ctx, arena *a, uint32_t kind, str request, str *answer)
{
	struct keeper *k = ctx;
	if (kind == SIGN_CHECKPOINT)
		return sign_checkpoint(k, a, request, answer);
	return kind == SIGN_DOCUMENT && request.n == SIGNER_DIGEST_BYTES &&
	       document_key_sign(k->documents, a, request, answer);
}

/* Libraries fetch what they need at the first use: files that will be out of reach. */
static bool try_out(struct keeper *k, arena *a)
{
	unsigned char digest[SIGNER_DIGEST_BYTES] = {0};
	arena_mark mark = arena_save(a);
	str der;
	bool good = document_key_sign(k->documents, a, (str){(char *)digest, sizeof digest}, &der);
	arena_rewind(a, mark);
	return good;
}

static bool prepare(arena *a, char **words, size_t n, void **ctx, str *hello, str *why)
{
	struct keeper *k = NEW(a, struct keeper);
	int64_t now = 0;
	if (n != 2 || !str_i64(str_of(words[1]), &now) || sodium_init() < 0)
		return false;
	sodium_mlock(k, sizeof *k); /* not into swap, where the limits allow it */
	if (!checkpoint_keys(k, a, str_of(words[0]))) {
		*why = str_fmt(a, "the keys in %s cannot be read or made: %s", words[0], strerror(errno));
		return false;
	}
	str path = str_fmt(a, "%s/" DOCUMENT_KEY, words[0]);
	if (document_key_open(a, path, now, &k->documents, why) != OK)
		return false;
	k->origin = checkpoint_origin(a, k->public_key);
	struct signer_hello *h = NEW(a, struct signer_hello);
	str certificate = document_key_certificate(k->documents);
	memcpy(h->public_key, k->public_key, sizeof h->public_key);
	SHA256((const unsigned char *)certificate.p, certificate.n, h->certificate);
	*hello = (str){(char *)h, sizeof *h};
	*ctx = k;
	*why = STR("OpenSSL cannot sign with the key of documents");
	return try_out(k, a);
}

const struct confine_role signer_role = {
    .name = "signer",
    .kind = CONFINE_ONE,
    .seconds = 5,
    .memory_bytes = (size_t)32 * 1024 * 1024,
    .request_max = 64,
    .answer_max = SIGNER_DER_MAX,
    .prepare = prepare,
    .serve = serve,
};
