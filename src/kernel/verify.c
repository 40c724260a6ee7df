/*
 * verify.c - `journal verify` and `journal rebuild`.
 *
 * Verification trusts nothing it can recompute: the entry from the columns, the
 * leaf from the entry, the chain and the tree from the leaves; only the public
 * key comes from outside the database. A rebuild replays all events into the
 * derived tables and compares them, row by row, with what stood there.
 */
#include "kernel/head.h"
#include "kernel/seal.h"
#include "kernel/statements.h"
#include "kernel/vault.h"

#include <stdio.h>
#include <openssl/sha.h>
#include <string.h>

#define SCRATCH_BYTES ((size_t)16 * 1024 * 1024)

/* ---- verify ---- */

struct check {
	struct kernel *k;
	arena *a, *scratch;
	struct edge edge;
	hash256 chain;
	int64_t expected;
	rows *heads;         /* the checkpoints, in order */
	int64_t head_size;   /* of the one to compare next; 0 = no more */
	struct journal_report *out;
};

static bool bad(struct check *k, int64_t seq, const char *what)
{
	k->out->first_bad = seq;
	k->out->what = str_dup(k->a, str_of(what));
	return false;
}

static void next_head(struct check *k)
{
	k->head_size = db_next(k->heads) ? db_int(k->heads, 0) : 0;
}

static bool check_head(struct check *k)
{
	int64_t size;
	hash256 root, mine = edge_root(&k->edge);
	str why;
	if (!checkpoint_check(k->scratch, db_text(k->heads, 2), journal_vkey(k->k, k->scratch), &size,
	                      &root, &why))
		return bad(k, k->edge.size, str_c(k->scratch, why));
	if (size != k->edge.size || memcmp(root.b, mine.b, 32) != 0)
		return bad(k, k->edge.size, "the records up to here differ from the signed checkpoint");
	k->out->checkpoints++;
	next_head(k);
	return true;
}

static bool check_row(struct check *k, const struct journal_row *row)
{
	if (row->e.seq != k->expected)
		return bad(k, k->expected, "the record is missing");
	str entry = journal_entry(k->scratch, &row->e, row->data, row->sealed);
	hash256 leaf = hash_leaf(entry);
	if (memcmp(leaf.b, row->leaf.b, 32) != 0)
		return bad(k, row->e.seq, "the record differs from its hash");
	k->chain = chain_next(k->chain, leaf);
	if (memcmp(k->chain.b, row->chain.b, 32) != 0)
		return bad(k, row->e.seq, "the chain is broken here");
	edge_add(&k->edge, leaf);
	k->expected++;
	k->out->records++;
	return k->head_size != k->edge.size || check_head(k);
}

static err check_all(struct check *k, dbc *c)
{
	rows *r = db_query(c, &sql_journal_range, D_INT(0), D_INT(INT64_MAX));
	bool ok = true;
	while (ok && db_next(r)) {
		struct journal_row row;
		arena_reset(k->scratch);
		ok = journal_row_read(r, &row) ? check_row(k, &row)
		                               : bad(k, row.e.seq, "the record's hashes are malformed");
	}
	db_done(r);
	if (ok && k->head_size)
		bad(k, k->expected, "the journal is shorter than its last signed checkpoint");
	k->out->root = edge_root(&k->edge);
	return db_error(c);
}

err journal_verify(struct kernel *k, arena *a, struct journal_report *out)
{
	*out = (struct journal_report){0};
	dbc *c = db_reader(k->db), *heads = db_reader(k->db);
	struct check check = {.k = k, .a = a, .scratch = arena_create(SCRATCH_BYTES), .expected = 1,
	                      .out = out};
	db_snapshot(c);
	check.heads = db_query(heads, &sql_checkpoint_from, D_INT(1));
	next_head(&check);
	err e = check.scratch ? check_all(&check, c) : ERR_out_of_memory;
	db_done(check.heads);
	db_snapshot_end(c);
	arena_destroy(check.scratch);
	db_reader_return(heads);
	db_reader_return(c);
	return e;
}

/* ---- rebuild ---- */

static hash256 table_digest(dbc *c, arena *a, const struct derived *d)
{
	SHA256_CTX h;
	hash256 out;
	SHA256_Init(&h);
	str sql = str_fmt(a, "SELECT * FROM %s ORDER BY %s", d->table, d->key);
	rows *r = db_query_text(c, sql, NULL, 0);
	while (db_next(r))
		for (int i = 0; i < db_columns(r); i++) {
			str s = db_is_null(r, i) ? STR("\1") : db_text(r, i);
			char head[32];
			int n = snprintf(head, sizeof head, "%d:%zu:", db_is_null(r, i), s.n);
			SHA256_Update(&h, head, (size_t)n);
			SHA256_Update(&h, s.p, s.n);
		}
	db_done(r);
	SHA256_Final(out.b, &h);
	return out;
}

struct rebuild {
	bool keep;
	struct rebuild_report report;
};

struct replay {
	struct kernel *k;
	dbc *c;
	int64_t events;
};

static bool replay_event(void *ctx, arena *scratch, const struct event *e)
{
	struct replay *p = ctx;
	event_fold(p->k, p->c, scratch, e);
	p->events++;
	return db_error(p->c) == OK;
}

static size_t all_derived(const struct kernel *k, const struct derived **out, size_t max)
{
	size_t n = 0;
	for (size_t i = 0; i < k->n_organs; i++)
		for (size_t d = 0; d < k->organs[i]->n_derived && n < max; d++)
			out[n++] = &k->organs[i]->derived[d];
	return n;
}

#define DERIVED_MAX 256 /* tables */

static err rebuild_decide(struct tx *tx, void *ctx)
{
	struct rebuild *b = ctx;
	const struct derived *table[DERIVED_MAX];
	hash256 before[DERIVED_MAX];
	size_t n = all_derived(tx->k, table, DERIVED_MAX);
	b->report = (struct rebuild_report){.tables = (int)n};
	for (size_t i = 0; i < n; i++)
		before[i] = table_digest(tx->db, tx->a, table[i]);
	for (size_t i = n; i-- > 0;)
		db_script(tx->db, str_fmt(tx->a, "DELETE FROM %s", table[i]->table));
	struct replay p = {tx->k, tx->db, 0};
	err e = journal_read(tx->k, tx->db, 1, INT64_MAX, replay_event, &p);
	if (e)
		return e;
	b->report.events = p.events;
	for (size_t i = 0; i < n; i++) {
		hash256 after = table_digest(tx->db, tx->a, table[i]);
		if (memcmp(after.b, before[i].b, 32) == 0)
			continue;
		if (b->report.different++ == 0)
			b->report.first_different = str_of(table[i]->table);
	}
	if (db_error(tx->db))
		return db_error(tx->db);
	return b->keep ? OK : ERR_conflict; /* anything but OK undoes the replay */
}

err journal_rebuild(struct kernel *k, arena *a, bool keep, struct rebuild_report *out)
{
	struct rebuild b = {.keep = keep};
	struct action act = {
	    .k = k, .a = a, .decide = rebuild_decide, .ctx = &b, .undoes = !keep};
	err e = kernel_run(&act);
	*out = b.report;
	return e == ERR_conflict && !keep ? OK : e;
}
