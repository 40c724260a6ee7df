/* signer.c - the server's side, which knows public halves alone. */
#include "kernel/signer/wire.h"

#include "kernel/errors.h"
#include "kernel/key_file.h"

#include <sodium.h>
#include <string.h>

struct signer {
	struct confine *process;
	struct confine_options options;
	unsigned char public_key[SIGNER_PUBLIC_BYTES];
};

str checkpoint_origin(arena *a, const unsigned char public_key[SIGNER_PUBLIC_BYTES])
{
	str hex = str_hex(a, (str){(const char *)public_key, SIGNER_PUBLIC_BYTES});
	return str_fmt(a, "diwan/%.*s", STRF(str_sub(hex, 0, 16)));
}

str checkpoint_text(arena *a, str origin, int64_t size, const unsigned char root[32])
{
	return str_fmt(a, "%.*s\n%lld\n%.*s\n", STRF(origin), (long long)size,
	               STRF(str_base64(a, (str){(const char *)root, 32})));
}

static bool read_public(arena *a, str dir, unsigned char *out)
{
	const char *path = str_fmt(a, "%.*s/" CHECKPOINT_PUB, STRF(dir)).p;
	return key_file_read(path, out, SIGNER_PUBLIC_BYTES);
}

/* The process runs. */
static bool read_hello(struct signer *s, struct signer_hello *h)
{
	char room[256];
	arena *a = arena_create(sizeof room * 64);
	str hello = a ? confine_hello(s->process, a) : (str){0};
	bool whole = hello.n == sizeof *h;
	if (whole)
		memcpy(h, hello.p, sizeof *h);
	arena_destroy(a);
	return whole;
}

err signer_start(struct signer *s, str *why)
{
	struct signer_hello h;
	static const unsigned char none[SIGNER_PUBLIC_BYTES];
	err e = confine_start(s->process, why);
	if (e)
		return e;
	if (!read_hello(s, &h)) {
		*why = STR("the signer did not tell its public key");
		return ERR_unavailable;
	}
	if (memcmp(s->public_key, none, sizeof none) == 0)
		memcpy(s->public_key, h.public_key, sizeof h.public_key);
	if (memcmp(s->public_key, h.public_key, sizeof h.public_key) == 0)
		return OK;
	*why = STR("checkpoint.pub does not belong to checkpoint.key: put the right pair in place");
	return ERR_keys_missing;
}

err signer_open(arena *a, str keys_dir, instant now, enum confine_need need, struct signer **out,
                str *why)
{
	struct signer *s = NEW(a, struct signer);
	s->options = (struct confine_options){
	    .role = &signer_role,
	    .need = need,
	    .word = {str_c(a, keys_dir), str_fmt(a, "%lld", (long long)now).p}};
	s->process = confine_open(a, &s->options);
	*out = s;
	return read_public(a, keys_dir, s->public_key) ? OK : signer_start(s, why);
}

void signer_close(struct signer *s)
{
	if (s)
		confine_close(s->process);
}

void signer_public_key(const struct signer *s, unsigned char out[SIGNER_PUBLIC_BYTES])
{
	memcpy(out, s->public_key, sizeof s->public_key);
}

err signer_certificate(struct signer *s, unsigned char out[SIGNER_DIGEST_BYTES])
{
	struct signer_hello h;
	str why = {0};
	err e = signer_start(s, &why);
	if (e == OK && !read_hello(s, &h))
		e = ERR_unavailable;
	if (e == OK)
		memcpy(out, h.certificate, sizeof h.certificate);
	return e;
}

/* What it answers must be a signature of what was asked for: it may be that its key was
 * changed under it. */
err signer_checkpoint(struct signer *s, arena *a, int64_t size, const unsigned char root[32],
                      unsigned char out[SIGNER_SIGNATURE_BYTES])
{
	struct tree_head head = {.size = size};
	str answer;
	memcpy(head.root, root, sizeof head.root);
	err e = confine_ask(s->process, a, SIGN_CHECKPOINT, (str){(char *)&head, sizeof head}, &answer);
	if (e)
		return e;
	if (answer.n != SIGNER_SIGNATURE_BYTES)
		return ERR_journal_broken;
	memcpy(out, answer.p, SIGNER_SIGNATURE_BYTES);
	str text = checkpoint_text(a, checkpoint_origin(a, s->public_key), size, root);
	return crypto_sign_verify_detached(out, (const unsigned char *)text.p, text.n,
	                                   s->public_key) == 0
	           ? OK
	           : ERR_journal_broken;
}

err signer_document(struct signer *s, arena *a, const unsigned char digest[SIGNER_DIGEST_BYTES],
                    str *der)
{
	str asked = {(const char *)digest, SIGNER_DIGEST_BYTES};
	err e = confine_ask(s->process, a, SIGN_DOCUMENT, asked, der);
	return e ? e : der->n ? OK : ERR_internal;
}

struct confine_counts signer_counts(const struct signer *s)
{
	return confine_counts(s->process);
}
