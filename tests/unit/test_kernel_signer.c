/* The signer: alone with the keys, asked for two kinds of signatures, back when killed. */
#include "document_unit.h"
#include "kernel_unit.h"

#include "kernel/documents/check.h"
#include "kernel/documents/documents.h"
#include "kernel/documents/sign.h"
#include "kernel/head.h"
#include "kernel/identity/identity.h"
#include "kernel/key_file.h"
#include "kernel/outbox/outbox.h"
#include "kernel/pack/pack.h"
#include "kernel/seal.h"
#include "kernel/signer/document_key.h"
#include "kernel/signer/signer.h"
#include "kernel/vault.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define SHADOW_BYTES (1UL << 36)

#define SPEC "packs/bahrain/services/idcard-replace-lost/document.json"
#define VIEW "tests/document/idcard.view.json"

static const struct organ *const organs[] = {&pack_organ, &files_organ, &documents_organ};

static err person_decide(struct tx *tx, void *ctx)
{
	return person_register(tx, ctx);
}

static void something_happens(struct unit *u)
{
	static int n;
	char number[16];
	snprintf(number, sizeof number, "85%07d", ++n);
	struct person p = {.national_number = str_of(number), .name_en = STR("Maryam Ali")};
	err e = unit_run(u, person_decide, &p);
	if (e != OK && e != ERR_national_number_bad)
		fail_msg("person: %d", e);
}

struct seals {
	int64_t count, size;
};

static struct seals seals_of(struct unit *u)
{
	struct edge g;
	dbc *c = db_reader(u->k->db);
	assert_int_equal(edge_load(c, &g), OK);
	rows *r = db_query_text(c, STR("SELECT count(*) FROM checkpoint"), NULL, 0);
	assert_true(db_next(r));
	struct seals s = {db_int(r, 0), g.size};
	db_done(r);
	db_reader_return(c);
	return s;
}

static err render(struct unit *u, str *pdf)
{
	return document_render_now(u->k, u->a, document_unit_file(u->a, SPEC),
	                           document_unit_file(u->a, VIEW), u->now, pdf);
}

static void assert_renders(struct unit *u)
{
	struct document_check c;
	str pdf = {0};
	assert_int_equal(render(u, &pdf), OK);
	document_check(u->a, pdf, (str){0}, &c);
	assert_string_equal(c.reason, "no_proof"); /* signed, and whole */
	assert_true(c.certificate.n == 64);
}

/* ---- what it signs ---- */

static void only_heads_of_a_growing_tree_are_signed(void **state)
{
	struct unit *u = unit_start(organs, COUNT(organs));
	struct signer *s = u->k->signer;
	unsigned char one[32] = {1}, two[32] = {2}, sig[64], key[32];
	(void)state;
	assert_int_equal(signer_checkpoint(s, u->a, 5, one, sig), OK);
	signer_public_key(s, key);
	str text = checkpoint_text(u->a, checkpoint_origin(u->a, key), 5, one);
	assert_int_equal(
	    crypto_sign_verify_detached(sig, (const unsigned char *)text.p, text.n, key), 0);
	assert_int_equal(signer_checkpoint(s, u->a, 5, one, sig), OK); /* the same again */
	assert_int_equal(signer_checkpoint(s, u->a, 5, two, sig), ERR_journal_broken);
	assert_int_equal(signer_checkpoint(s, u->a, 4, two, sig), ERR_journal_broken);
	assert_int_equal(signer_checkpoint(s, u->a, 0, two, sig), ERR_journal_broken);
	assert_int_equal(signer_checkpoint(s, u->a, -1, two, sig), ERR_journal_broken);
	assert_int_equal(signer_checkpoint(s, u->a, 6, two, sig), OK);
	assert_int_equal(signer_counts(s).started, 1);
	unit_stop(u);
}

static void anything_else_is_not_signed(void **state)
{
	struct unit *u = unit_start(organs, COUNT(organs));
	struct confine_options o = {
	    .role = &signer_role,
	    .word = {str_fmt(u->a, "%s/keys", u->dir).p, "1764000000000000"}};
	struct confine *c = confine_open(u->a, &o);
	char bytes[60] = {0};
	str answer;
	(void)state;
	for (uint32_t kind = 0; kind < 6; kind++)
		for (size_t n = 0; n <= sizeof bytes; n += 4) {
			bool typed = (kind == 1 && n == 40) || (kind == 2 && n == 32);
			err e = confine_ask(c, u->a, kind, (str){bytes, n}, &answer);
			if (typed)
				assert_int_equal(e, OK);
			else
				assert_int_equal(e, ERR_unavailable);
		}
	confine_close(c);
	unit_stop(u);
}

/* ---- when it is away ---- */

static pid_t signer_pid(struct unit *u)
{
	return signer_counts(u->k->signer).pid;
}

static void signing_goes_on_after_the_signer_was_killed(void **state)
{
	struct unit *u = unit_start(organs, COUNT(organs));
	struct journal_report r;
	(void)state;
	for (int i = 1; i <= 5; i++) {
		something_happens(u);
		assert_int_equal(journal_seal(u->k, false), OK);
		assert_renders(u);
		assert_true(signer_pid(u) > 0);
		kill(signer_pid(u), SIGKILL);
		if (i % 2) /* both: seen before the next request, and not yet */
			usleep(20000);
	}
	assert_renders(u);
	assert_true(signer_counts(u->k->signer).started >= 5);
	assert_int_equal(journal_verify(u->k, u->a, &r), OK);
	assert_int_equal(r.first_bad, 0);
	assert_int_equal(r.checkpoints, seals_of(u).count);
	unit_stop(u);
}

/* While nobody can sign, the record goes on, nothing is sealed, and a document waits. */
static void the_sealer_waits_for_a_signer_that_is_away(void **state)
{
	struct unit *u = unit_start(organs, COUNT(organs));
	const char *key = str_fmt(u->a, "%s/keys/checkpoint.key", u->dir).p;
	const char *away = str_fmt(u->a, "%s/keys/away", u->dir).p;
	const char *in_its_place = str_fmt(u->a, "%s/keys/checkpoint.key/x", u->dir).p;
	str pdf;
	(void)state;
	something_happens(u);
	assert_int_equal(journal_seal(u->k, false), OK);
	struct seals before = seals_of(u);
	assert_int_equal(rename(key, away), 0);
	assert_int_equal(mkdir(key, 0700), 0); /* it cannot be read, nor made anew */
	assert_int_equal(mkdir(in_its_place, 0700), 0);
	kill(signer_pid(u), SIGKILL);
	usleep(20000);
	something_happens(u);
	assert_int_equal(journal_seal(u->k, false), ERR_unavailable);
	assert_int_equal(render(u, &pdf), ERR_unavailable);
	assert_true(err_find(ERR_unavailable)->retryable); /* a job comes again */
	assert_int_equal(seals_of(u).size, before.size);
	rmdir(in_its_place);
	rmdir(key);
	assert_int_equal(rename(away, key), 0);
	assert_int_equal(journal_seal(u->k, false), OK);
	assert_true(seals_of(u).size > before.size);
	assert_renders(u);
	unit_stop(u);
}

static void the_sealer_itself_goes_on(void **state)
{
	struct unit *u = unit_start(organs, COUNT(organs));
	(void)state;
	u->now = clock_now(clock_system());
	something_happens(u);
	assert_int_equal(journal_seal(u->k, false), OK);
	int64_t sealed = seals_of(u).size;
	kill(signer_pid(u), SIGKILL);
	something_happens(u);
	assert_int_equal(scheduler_start(u->k), OK);
	for (int i = 0; i < 2400 && seals_of(u).size == sealed; i++) {
		u->now += SECOND / 5;
		usleep(50 * 1000);
	}
	assert_true(seals_of(u).size > sealed);
	unit_stop(u);
}

/* ---- keys ---- */

static void another_key_in_its_place_is_noticed(void **state)
{
	struct unit *u = unit_start(organs, COUNT(organs));
	str why = {0};
	(void)state;
	assert_int_equal(signer_start(u->k->signer, &why), OK);
	kernel_close(u->k);
	unlink(str_fmt(u->a, "%s/keys/checkpoint.key", u->dir).p);
	unit_open(u); /* for who only checks, the old public key is right */
	assert_int_equal(signer_start(u->k->signer, &why), ERR_keys_missing);
	assert_true(str_find(why, STR("does not belong")) >= 0);
	unsigned char root[32] = {1}, sig[64];
	assert_int_equal(signer_checkpoint(u->k->signer, u->a, 1, root, sig), ERR_journal_broken);
	unit_stop(u);
}

static void an_installation_from_before_keeps_its_key(void **state)
{
	struct unit *u = unit_start(organs, COUNT(organs));
	const char *public = str_fmt(u->a, "%s/keys/checkpoint.pub", u->dir).p;
	str vkey = journal_vkey(u->k, u->a);
	struct stat s;
	(void)state;
	kernel_close(u->k);
	assert_int_equal(unlink(public), 0); /* as it was before there was a signer */
	unit_open(u);
	assert_true(str_eq(journal_vkey(u->k, u->a), vkey));
	assert_int_equal(stat(public, &s), 0);
	unit_stop(u);
}

/* ---- memory ---- */

struct needle {
	const char *name;
	unsigned char bytes[32];
};

static bool private_scalar(const char *path, unsigned char out[32])
{
	FILE *f = fopen(path, "r");
	EVP_PKEY *key = f ? PEM_read_PrivateKey(f, NULL, NULL, NULL) : NULL;
	BIGNUM *n = NULL;
	bool ok = key && EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_PRIV_KEY, &n) == 1 &&
	          BN_bn2binpad(n, out, 32) == 32;
	BN_clear_free(n);
	EVP_PKEY_free(key);
	if (f)
		fclose(f);
	return ok;
}

static bool contains(const unsigned char *p, size_t n, const unsigned char *what, size_t m)
{
	return memmem(p, n, what, m) != NULL;
}

/* Of which needles is a copy in that process's memory? A bit each; -1: not readable. */
static int found_in(pid_t pid, const struct needle *k, size_t n_keys)
{
	char path[64], line[512];
	static unsigned char page[256 * 1024 + 64];
	snprintf(path, sizeof path, "/proc/%d/maps", (int)pid);
	FILE *maps = fopen(path, "r");
	snprintf(path, sizeof path, "/proc/%d/mem", (int)pid);
	int mem = open(path, O_RDONLY), found = 0;
	if (!maps || mem < 0)
		return -1;
	while (fgets(line, sizeof line, maps)) {
		unsigned long from = strtoul(line, NULL, 16), to = 0;
		char *dash = strchr(line, '-'), *space = dash ? strchr(dash, ' ') : NULL;
		if (dash)
			to = strtoul(dash + 1, NULL, 16);
		if (!space || space[1] != 'r' || space[2] != 'w') /* what can hold a secret */
			continue;
		if (to - from > SHADOW_BYTES) /* a sanitizer's notes on the rest: no data */
			continue;
		for (unsigned long at = from; at < to; at += 256 * 1024) {
			size_t want = to - at < sizeof page ? to - at : sizeof page;
			ssize_t got = pread(mem, page, want, (off_t)at);
			for (size_t i = 0; got > 0 && i < n_keys; i++)
				if (contains(page, (size_t)got, k[i].bytes, sizeof k[i].bytes))
					found |= 1 << i;
		}
	}
	fclose(maps);
	close(mem);
	return found;
}

enum { SEED, SCALAR, SCALAR_AS_NUMBER, MASTER, KEYS };

/* In a child, which reads the keys itself, so that they never come here. Exit status:
 * 100 if a process cannot be read; else what was found. */
static int search(const char *dir, pid_t server, pid_t signer)
{
	struct needle k[KEYS] = {{.name = ""}};
	char path[128];
	snprintf(path, sizeof path, "%s/keys/checkpoint.key", dir);
	bool ok = key_file_read(path, k[SEED].bytes, 32);
	snprintf(path, sizeof path, "%s/keys/document.pem", dir);
	ok = private_scalar(path, k[SCALAR].bytes) && ok;
	for (int i = 0; i < 32; i++) /* as a big number lies in memory */
		k[SCALAR_AS_NUMBER].bytes[i] = k[SCALAR].bytes[31 - i];
	snprintf(path, sizeof path, "%s/keys/master.key", dir);
	ok = key_file_read(path, k[MASTER].bytes, 32) && ok;
	int in_server = found_in(server, k, KEYS), in_signer = found_in(signer, k, KEYS);
	if (!ok || in_server < 0)
		return 100;
	if (in_signer < 0) /* not root: then the master key alone shows that one can see */
		in_signer = 1 << SEED | 1 << SCALAR_AS_NUMBER;
	bool signer_has = (in_signer & 1 << SEED) && (in_signer & 1 << SCALAR_AS_NUMBER);
	bool server_clean = !(in_server & (1 << SEED | 1 << SCALAR | 1 << SCALAR_AS_NUMBER));
	bool search_works = (in_server & 1 << MASTER) && !(in_signer & 1 << MASTER);
	return (server_clean ? 0 : 1) + (signer_has ? 0 : 2) + (search_works ? 0 : 4);
}

static void the_keys_are_in_no_memory_but_the_signers(void **state)
{
	struct unit *u = unit_start(organs, COUNT(organs));
	int status;
	(void)state;
	for (int i = 0; i < 3; i++) {
		something_happens(u);
		assert_int_equal(journal_seal(u->k, false), OK);
		assert_renders(u);
	}
	prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
	pid_t server = getpid(), signer = signer_pid(u), pid = fork();
	if (pid == 0)
		_exit(search(u->dir, server, signer));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	unit_stop(u);
}

int main(void)
{
	signal(SIGPIPE, SIG_IGN);
	const struct CMUnitTest tests[] = {
	    UNIT(only_heads_of_a_growing_tree_are_signed),
	    UNIT(anything_else_is_not_signed),
	    UNIT(signing_goes_on_after_the_signer_was_killed),
	    UNIT(the_sealer_waits_for_a_signer_that_is_away),
	    UNIT(the_sealer_itself_goes_on),
	    UNIT(another_key_in_its_place_is_noticed),
	    UNIT(an_installation_from_before_keeps_its_key),
	    UNIT(the_keys_are_in_no_memory_but_the_signers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
