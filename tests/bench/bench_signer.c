/*
 * bench_signer [seconds]: signatures a second by the signer's process, beside the same
 * in this one.
 */
#include "base/time.h"
#include "kernel/signer/document_key.h"
#include "kernel/signer/signer.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ARENA_BYTES ((size_t)64 * 1024 * 1024)

struct work {
	struct signer *signer;
	struct document_key *documents;
	unsigned char secret[crypto_sign_SECRETKEYBYTES];
	int64_t size;
};

static bool checkpoint_apart(struct work *w, arena *a)
{
	unsigned char root[32] = {1}, signature[64];
	return signer_checkpoint(w->signer, a, ++w->size, root, signature) == OK;
}

static bool checkpoint_here(struct work *w, arena *a)
{
	unsigned char root[32] = {1}, signature[64];
	str text = checkpoint_text(a, STR("diwan/0123456789abcdef"), ++w->size, root);
	return crypto_sign_detached(signature, NULL, (const unsigned char *)text.p, text.n,
	                            w->secret) == 0;
}

static bool document_apart(struct work *w, arena *a)
{
	unsigned char digest[32] = {1};
	str der;
	return signer_document(w->signer, a, digest, &der) == OK;
}

static bool document_here(struct work *w, arena *a)
{
	unsigned char digest[32] = {1};
	str der;
	return document_key_sign(w->documents, a, (str){(char *)digest, sizeof digest}, &der);
}

static void measure(const char *name, bool (*once)(struct work *, arena *), struct work *w,
                    int64_t seconds)
{
	arena *a = arena_create(ARENA_BYTES);
	instant start = clock_monotonic(), now = start;
	int64_t n = 0;
	while (now < start + seconds * SECOND) {
		if (!once(w, a)) {
			fprintf(stderr, "%s: no signature\n", name);
			exit(1);
		}
		arena_reset(a);
		n++;
		now = clock_monotonic();
	}
	printf("%-36s %8lld a second, %6.1f us each\n", name, (long long)(n * SECOND / (now - start)),
	       (double)(now - start) / (double)n);
	arena_destroy(a);
}

int main(int argc, char **argv)
{
	arena *a = arena_create(ARENA_BYTES);
	char dir[] = "/tmp/diwan-bench.XXXXXX";
	static const char *const files[] = {"checkpoint.key", "checkpoint.pub", "document.pem"};
	int64_t seconds = 2;
	struct work w = {0};
	unsigned char public_key[crypto_sign_PUBLICKEYBYTES];
	str why = {0};
	if (argc > 1)
		str_i64(str_of(argv[1]), &seconds);
	instant now = clock_now(clock_system());
	if (!mkdtemp(dir) || sodium_init() < 0 ||
	    signer_open(a, str_of(dir), now, CONFINE_STRICT, &w.signer, &why) != OK ||
	    document_key_open(a, str_fmt(a, "%s/document.pem", dir), now, &w.documents, &why) != OK) {
		fprintf(stderr, "bench_signer: %.*s\n", STRF(why));
		return 1;
	}
	crypto_sign_keypair(public_key, w.secret);
	measure("checkpoint, here", checkpoint_here, &w, seconds);
	measure("checkpoint, by the signer (checked)", checkpoint_apart, &w, seconds);
	measure("document, here", document_here, &w, seconds);
	measure("document, by the signer", document_apart, &w, seconds);
	signer_close(w.signer);
	document_key_close(w.documents);
	for (size_t i = 0; i < sizeof files / sizeof *files; i++)
		unlink(str_fmt(a, "%s/%s", dir, files[i]).p);
	rmdir(dir);
	arena_destroy(a);
	return 0;
}
