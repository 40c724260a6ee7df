/*
 * seal.c - checkpoints: the signed heads of the tree.
 *
 * The tree's right edge (the roots of its perfect subtrees, largest first) is kept
 * with each checkpoint, so that going on costs nothing but the new leaves.
 * Text of a checkpoint (C2SP tlog-checkpoint):
 *     origin \n size \n base64(root) \n \n — origin base64(key id || signature) \n
 */
#include "kernel/seal.h"

#include "base/log.h"
#include "kernel/head.h"
#include "kernel/statements.h"
#include "kernel/signer/signer.h"

#include <openssl/sha.h>
#include <sodium.h>
#include <string.h>

#define ALGORITHM_ED25519 1 /* C2SP signed-note */

/* ---- the edge ---- */

void edge_add(struct edge *g, hash256 leaf)
{
	hash256 h = leaf;
	for (int64_t size = g->size; size & 1; size >>= 1)
		h = hash_node(g->node[--g->n], h);
	g->node[g->n++] = h;
	g->size++;
}

hash256 edge_root(const struct edge *g)
{
	if (g->n == 0) {
		hash256 empty;
		SHA256((const unsigned char *)"", 0, empty.b);
		return empty;
	}
	hash256 h = g->node[g->n - 1];
	for (size_t i = g->n - 1; i-- > 0;)
		h = hash_node(g->node[i], h);
	return h;
}

/* ---- notes ---- */

static void key_id(str origin, const unsigned char *public_key, unsigned char out[4])
{
	unsigned char h[32], head[2] = {'\n', ALGORITHM_ED25519};
	SHA256_CTX c;
	SHA256_Init(&c);
	SHA256_Update(&c, origin.p, origin.n);
	SHA256_Update(&c, head, 2);
	SHA256_Update(&c, public_key, 32);
	SHA256_Final(h, &c);
	memcpy(out, h, 4);
}

str journal_vkey(struct kernel *k, arena *a)
{
	unsigned char key[33] = {ALGORITHM_ED25519}, id[4];
	signer_public_key(k->signer, key + 1);
	key_id(k->journal->origin, key + 1, id);
	return str_fmt(a, "%.*s+%.*s+%.*s", STRF(k->journal->origin),
	               STRF(str_hex(a, (str){(char *)id, 4})), STRF(str_base64(a, (str){(char *)key, 33})));
}

static err note_make(struct kernel *k, arena *a, const struct edge *g, str *note)
{
	hash256 root = edge_root(g);
	str origin = k->journal->origin, text = checkpoint_text(a, origin, g->size, root.b);
	unsigned char signature[68], public_key[32];
	signer_public_key(k->signer, public_key);
	key_id(origin, public_key, signature);
	err e = signer_checkpoint(k->signer, a, g->size, root.b, signature + 4);
	if (e == OK)
		*note = str_fmt(a, "%.*s\n\u2014 %.*s %.*s\n", STRF(text), STRF(origin),
		                STRF(str_base64(a, (str){(char *)signature, sizeof signature})));
	return e;
}

static bool vkey_parse(arena *a, str vkey, str *origin, unsigned char id[4], str *key)
{
	str rest = vkey, name, hex, base64, bytes;
	if (!str_cut(&rest, '+', &name) || !str_cut(&rest, '+', &hex))
		return false;
	base64 = rest;
	if (!str_unhex(a, hex, &bytes) || bytes.n != 4 || !str_unbase64(a, base64, key) ||
	    key->n != 33 || key->p[0] != ALGORITHM_ED25519)
		return false;
	*origin = name;
	memcpy(id, bytes.p, 4);
	return true;
}

bool checkpoint_check(arena *a, str note, str vkey, int64_t *size, hash256 *root, str *why)
{
	str origin, key, rest = note, line[3], raw;
	unsigned char id[4];
	*why = STR("the public key of the log is malformed");
	if (!vkey_parse(a, vkey, &origin, id, &key))
		return false;
	*why = STR("the checkpoint is malformed");
	for (int i = 0; i < 3; i++)
		if (!str_cut(&rest, '\n', &line[i]))
			return false;
	if (!str_eq(line[0], origin)) {
		*why = STR("the checkpoint is of another log");
		return false;
	}
	if (!str_i64(line[1], size) || *size < 0 || !str_unbase64(a, line[2], &raw) || raw.n != 32 ||
	    !rest.n || rest.p[0] != '\n')
		return false;
	memcpy(root->b, raw.p, 32);
	str text = {note.p, (size_t)(rest.p - note.p)}, mark = str_fmt(a, "\u2014 %.*s ", STRF(origin));
	*why = STR("no signature of the log is on the checkpoint");
	for (str sig; str_cut(&rest, '\n', &sig);) {
		str s;
		if (!str_starts(sig, mark) || !str_unbase64(a, str_sub(sig, mark.n, sig.n), &s) ||
		    s.n != 68 || memcmp(s.p, id, 4) != 0)
			continue;
		*why = STR("the signature on the checkpoint is wrong");
		return crypto_sign_verify_detached((const unsigned char *)s.p + 4,
		                                   (const unsigned char *)text.p, text.n,
		                                   (const unsigned char *)key.p + 1) == 0;
	}
	return false;
}

bool journal_proof_check(arena *a, const json *proof, hash256 leaf, str vkey, str *why)
{
	int64_t size, index = json_int(proof, "index", -1);
	hash256 root, path[64];
	size_t n = 0;
	if (!checkpoint_check(a, json_str(proof, "checkpoint"), vkey, &size, &root, why))
		return false;
	const json *hashes = json_get(proof, "hashes");
	*why = STR("the inclusion proof is malformed");
	for (const json *h = hashes ? hashes->first : NULL; h; h = h->next) {
		str raw;
		if (n == COUNT(path) || !str_unbase64(a, json_text(h), &raw) || raw.n != 32)
			return false;
		memcpy(path[n++].b, raw.p, 32);
	}
	*why = STR("the record is not in the journal that the checkpoint signs");
	return tree_inclusion_check(leaf, index, size, path, n, root);
}

/* ---- sealing ---- */

static bool edge_read(rows *r, struct edge *g)
{
	str s = db_text(r, 4);
	*g = (struct edge){.size = db_int(r, 0), .n = s.n / 32};
	if (s.n % 32 || g->n > COUNT(g->node))
		return false;
	if (s.n)
		memcpy(g->node, s.p, s.n);
	return true;
}

err edge_load(dbc *c, struct edge *g)
{
	err e = OK;
	*g = (struct edge){0};
	rows *r = db_query_args(c, &sql_checkpoint_last, NULL, 0);
	if (db_next(r) && !edge_read(r, g))
		e = ERR_journal_broken;
	db_done(r);
	return e ? e : db_error(c);
}

struct seal_command {
	struct edge edge;
	hash256 root;
	str note;
};

static err seal_decide(struct tx *tx, void *ctx)
{
	struct seal_command *s = ctx;
	db_exec(tx->db, &sql_checkpoint_insert, D_INT(s->edge.size), D_INT(tx->now),
	        D_BLOB(((str){(const char *)s->root.b, 32})), D_TEXT(s->note),
	        D_BLOB(((str){(const char *)s->edge.node, s->edge.n * 32})));
	return OK;
}

#define SEAL_ARENA_BYTES ((size_t)4 * 1024 * 1024)

err journal_seal(struct kernel *k, bool force)
{
	struct edge g;
	dbc *c = db_reader(k->db);
	err e = edge_load(c, &g);
	int64_t from = g.size, upto = k->journal->committed;
	if (e == OK && (upto > from || (force && from == 0))) {
		rows *r = db_query(c, &sql_journal_leaves, D_INT(from), D_INT(upto));
		while (db_next(r)) {
			hash256 leaf;
			memcpy(leaf.b, db_text(r, 0).p, 32);
			edge_add(&g, leaf);
		}
		db_done(r);
		e = db_error(c);
	}
	db_clear(c);
	db_reader_return(c);
	if (e || g.size == from)
		return e;
	arena *a = arena_create(SEAL_ARENA_BYTES);
	if (!a)
		return ERR_out_of_memory;
	struct seal_command s = {g, edge_root(&g), {0}};
	struct action act = {.k = k, .a = a, .decide = seal_decide, .ctx = &s};
	e = note_make(k, a, &g, &s.note);
	if (e == OK)
		e = kernel_run(&act);
	arena_destroy(a);
	return e;
}
