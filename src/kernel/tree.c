/*
 * tree.c - the Merkle tree of RFC 6962, section 2.1, over leaf hashes.
 *
 * The recursive definitions of the standard, written as they stand there: a tree
 * of n > 1 leaves splits at the largest power of two below n.
 */
#include "kernel/journal.h"

#include <openssl/sha.h>
#include <string.h>

hash256 hash_leaf(str entry)
{
	hash256 h;
	SHA256_CTX c;
	SHA256_Init(&c);
	SHA256_Update(&c, "\0", 1);
	SHA256_Update(&c, entry.p, entry.n);
	SHA256_Final(h.b, &c);
	return h;
}

hash256 hash_node(hash256 left, hash256 right)
{
	hash256 h;
	SHA256_CTX c; /* SHA256() of OpenSSL 3 looks its algorithm up each time */
	SHA256_Init(&c);
	SHA256_Update(&c, "\1", 1);
	SHA256_Update(&c, left.b, 32);
	SHA256_Update(&c, right.b, 32);
	SHA256_Final(h.b, &c);
	return h;
}

static int64_t split(int64_t n)
{
	int64_t k = 1;
	while (k * 2 < n)
		k *= 2;
	return k;
}

static hash256 root_of(struct leaf_source s, int64_t from, int64_t n)
{
	if (n == 1)
		return s.leaf(s.ctx, from);
	int64_t k = split(n);
	return hash_node(root_of(s, from, k), root_of(s, from + k, n - k));
}

hash256 tree_root(struct leaf_source s, int64_t size)
{
	hash256 empty;
	if (size == 0) {
		SHA256((const unsigned char *)"", 0, empty.b);
		return empty;
	}
	return root_of(s, 0, size);
}

struct path {
	hash256 *out;
	size_t n, max;
};

static void path_add(struct path *p, hash256 h)
{
	if (p->n < p->max)
		p->out[p->n] = h;
	p->n++;
}

static void inclusion(struct leaf_source s, int64_t index, int64_t from, int64_t n, struct path *p)
{
	if (n == 1)
		return;
	int64_t k = split(n);
	if (index < k) {
		inclusion(s, index, from, k, p);
		path_add(p, root_of(s, from + k, n - k));
	} else {
		inclusion(s, index - k, from + k, n - k, p);
		path_add(p, root_of(s, from, k));
	}
}

size_t tree_inclusion(struct leaf_source s, int64_t index, int64_t size, hash256 *proof, size_t max)
{
	struct path p = {proof, 0, max};
	inclusion(s, index, 0, size, &p);
	return p.n;
}

static void consistency(struct leaf_source s, int64_t m, int64_t from, int64_t n, bool whole,
                        struct path *p)
{
	if (m == n) {
		if (!whole)
			path_add(p, root_of(s, from, n));
		return;
	}
	int64_t k = split(n);
	if (m <= k) {
		consistency(s, m, from, k, whole, p);
		path_add(p, root_of(s, from + k, n - k));
	} else {
		consistency(s, m - k, from + k, n - k, false, p);
		path_add(p, root_of(s, from, k));
	}
}

size_t tree_consistency(struct leaf_source s, int64_t old, int64_t size, hash256 *proof, size_t max)
{
	struct path p = {proof, 0, max};
	if (old > 0 && old < size)
		consistency(s, old, 0, size, true, &p);
	return p.n;
}

/* RFC 9162 2.1.3.2 */
bool tree_inclusion_check(hash256 leaf, int64_t index, int64_t size, const hash256 *proof,
                          size_t n, hash256 root)
{
	if (index < 0 || index >= size)
		return false;
	int64_t fn = index, sn = size - 1;
	hash256 r = leaf;
	for (size_t i = 0; i < n; i++) {
		if (sn == 0)
			return false;
		if ((fn & 1) || fn == sn) {
			r = hash_node(proof[i], r);
			while (!(fn & 1) && fn) {
				fn >>= 1;
				sn >>= 1;
			}
		} else {
			r = hash_node(r, proof[i]);
		}
		fn >>= 1;
		sn >>= 1;
	}
	return sn == 0 && memcmp(r.b, root.b, 32) == 0;
}

/* RFC 9162 2.1.4.2 */
bool tree_consistency_check(int64_t old, hash256 old_root, int64_t size, hash256 root,
                            const hash256 *proof, size_t n)
{
	if (old == size)
		return n == 0 && memcmp(old_root.b, root.b, 32) == 0;
	if (old <= 0 || old > size)
		return false;
	size_t at = 0;
	bool power = (old & (old - 1)) == 0;
	if (!power && n == 0)
		return false;
	hash256 fr = power ? old_root : proof[at++], sr = fr;
	int64_t fn = old - 1, sn = size - 1;
	while (fn & 1) {
		fn >>= 1;
		sn >>= 1;
	}
	for (; at < n; at++) {
		if (sn == 0)
			return false;
		if ((fn & 1) || fn == sn) {
			fr = hash_node(proof[at], fr);
			sr = hash_node(proof[at], sr);
			while (!(fn & 1) && fn) {
				fn >>= 1;
				sn >>= 1;
			}
		} else {
			sr = hash_node(sr, proof[at]);
		}
		fn >>= 1;
		sn >>= 1;
	}
	return sn == 0 && memcmp(fr.b, old_root.b, 32) == 0 && memcmp(sr.b, root.b, 32) == 0;
}
