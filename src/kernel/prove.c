/*
 * prove.c - inclusion proofs out of the database.
 *
 * A proof names the roots of some 2 x log2(size) ranges of leaves. Each is computed
 * from the stored leaf hashes, a tile at a time, in memory that does not grow with the
 * journal; roots of whole large subtrees never change and are remembered. So a proof
 * reads a few thousand leaves once the large ranges were read by an earlier one.
 */
#include "kernel/head.h"

#include "kernel/statements.h"
#include "kernel/vault.h"

#include <string.h>

#define TILE          256  /* leaves read at once */
#define REMEMBER_FROM 4096 /* smaller ranges are read again */
#define PATH_MAX_NODES 64

struct proving {
	struct journal *j;
	dbc *c;
	hash256 *path;
	size_t n;
	hash256 leaf; /* of the record itself */
};

struct tile {
	hash256 leaf[TILE];
	int64_t from;
};

static hash256 tile_leaf(void *ctx, int64_t i)
{
	return ((const struct tile *)ctx)->leaf[i];
}

/* Leaves [from, from + n), n at most TILE; false when one is missing. */
static bool read_tile(struct proving *p, int64_t from, int64_t n, struct tile *t)
{
	int64_t got = 0;
	rows *r = db_query(p->c, &sql_journal_leaves, D_INT(from), D_INT(from + n));
	while (got < n && db_next(r)) {
		str s = db_text(r, 0);
		if (s.n != sizeof t->leaf[0].b)
			break;
		memcpy(t->leaf[got++].b, s.p, s.n);
	}
	db_done(r);
	return got == n;
}

/* ---- what is remembered ---- */

static struct remembered *slot_of(struct journal *j, int64_t from, int64_t n)
{
	uint64_t h = ((uint64_t)from * 0x9e3779b97f4a7c15u) ^ ((uint64_t)n * 0xff51afd7ed558ccdu);
	return &j->remembered[(h >> 32) % REMEMBERED_NODES];
}

static bool recall(struct journal *j, int64_t from, int64_t n, hash256 *out)
{
	pthread_mutex_lock(&j->remembered_lock);
	const struct remembered *s = slot_of(j, from, n);
	bool known = s->n == n && s->from == from;
	if (known)
		*out = s->root;
	pthread_mutex_unlock(&j->remembered_lock);
	return known;
}

static void remember(struct journal *j, int64_t from, int64_t n, hash256 root)
{
	pthread_mutex_lock(&j->remembered_lock);
	*slot_of(j, from, n) = (struct remembered){from, n, root};
	pthread_mutex_unlock(&j->remembered_lock);
}

/* ---- RFC 6962, 2.1.1 ---- */

static int64_t split(int64_t n)
{
	int64_t k = 1;
	while (k * 2 < n)
		k *= 2;
	return k;
}

static bool range_root(struct proving *p, int64_t from, int64_t n, hash256 *out)
{
	if (n <= TILE) {
		struct tile t;
		bool ok = read_tile(p, from, n, &t);
		if (ok)
			*out = tree_root((struct leaf_source){tile_leaf, &t}, n);
		return ok;
	}
	bool whole = (n & (n - 1)) == 0 && n >= REMEMBER_FROM;
	if (whole && recall(p->j, from, n, out))
		return true;
	int64_t k = split(n);
	hash256 left, right;
	if (!range_root(p, from, k, &left) || !range_root(p, from + k, n - k, &right))
		return false;
	*out = hash_node(left, right);
	if (whole)
		remember(p->j, from, n, *out);
	return true;
}

/* The path of leaf `index` of the `n` leaves from `from`, deepest node first. */
static bool walk(struct proving *p, int64_t index, int64_t from, int64_t n)
{
	if (n <= TILE) {
		struct tile t;
		if (!read_tile(p, from, n, &t))
			return false;
		p->leaf = t.leaf[index];
		p->n = tree_inclusion((struct leaf_source){tile_leaf, &t}, index, n, p->path,
		                      PATH_MAX_NODES);
		return true;
	}
	int64_t k = split(n);
	bool left = index < k;
	hash256 other;
	if (!walk(p, left ? index : index - k, left ? from : from + k, left ? k : n - k) ||
	    !range_root(p, left ? from + k : from, left ? n - k : k, &other) ||
	    p->n == PATH_MAX_NODES)
		return false;
	p->path[p->n++] = other;
	return true;
}

err journal_prove(struct kernel *k, dbc *c, arena *a, int64_t seq, json **proof)
{
	int64_t size = 0;
	str note = {0};
	rows *r = db_query(c, &sql_checkpoint_at_least, D_INT(seq));
	if (db_next(r)) {
		size = db_int(r, 0);
		note = str_dup(a, db_text(r, 1));
	}
	db_done(r);
	if (!size)
		return ERR_not_found;
	hash256 path[PATH_MAX_NODES];
	struct proving p = {.j = k->journal, .c = c, .path = path};
	if (seq < 1 || !walk(&p, seq - 1, 0, size))
		return db_error(c) ? db_error(c) : ERR_journal_broken;
	json *out = json_object(a), *hashes = json_array(a);
	for (size_t i = 0; i < p.n; i++)
		json_push(hashes, json_string(a, str_base64(a, (str){(char *)path[i].b, 32})));
	json_set_int(a, out, "index", seq - 1);
	json_set_int(a, out, "size", size);
	json_set(a, out, "hashes", hashes);
	json_set_str(a, out, "leaf", str_base64(a, (str){(char *)p.leaf.b, 32}));
	json_set_str(a, out, "checkpoint", note);
	json_set_str(a, out, "vkey", journal_vkey(k, a));
	*proof = out;
	return OK;
}
