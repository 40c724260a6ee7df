/*
 * journal.c - appending to the journal and reading it back.
 *
 * What is hashed (the "entry") is one line of JSON, members in this order, no
 * white space, numbers as decimal integers:
 *   {"seq":1,"at":MICROSECONDS,"kind":"..","version":1,"actor":0,"on_behalf":0,
 *    "entity":"","subject":0,"case":0,"data":{..},"sealed":"BASE64"}
 * `data` stands exactly as stored; "sealed" is left out when there is none. So an
 * auditor recomputes every hash from the table with any JSON-capable tool.
 */
#include "kernel/journal.h"

#include "kernel/head.h"
#include "kernel/kinds.h"
#include "kernel/signer/signer.h"
#include "kernel/statements.h"
#include "kernel/vault.h"

#include <openssl/sha.h>
#include <string.h>

static void member_int(buf *b, const char *name, int64_t v)
{
	buf_puts(b, name);
	buf_int(b, v);
}

str journal_entry(arena *a, const struct event *e, str data, str sealed)
{
	buf b = buf_make(a, (size_t)4 * JOURNAL_ENTRY_MAX_BYTES);
	member_int(&b, "{\"seq\":", e->seq);
	member_int(&b, ",\"at\":", e->at);
	buf_puts(&b, ",\"kind\":");
	json_write_string(&b, e->kind);
	member_int(&b, ",\"version\":", e->version);
	member_int(&b, ",\"actor\":", e->actor);
	member_int(&b, ",\"on_behalf\":", e->on_behalf);
	buf_puts(&b, ",\"entity\":");
	json_write_string(&b, e->entity);
	member_int(&b, ",\"subject\":", e->subject);
	member_int(&b, ",\"case\":", e->case_id);
	buf_puts(&b, ",\"data\":");
	buf_put(&b, data);
	if (sealed.n) {
		buf_puts(&b, ",\"sealed\":\"");
		buf_put(&b, e->ahead ? e->ahead->base64 : str_base64(a, sealed));
		buf_putc(&b, '"');
	}
	buf_putc(&b, '}');
	return buf_str(&b);
}

hash256 chain_next(hash256 chain, hash256 leaf)
{
	hash256 h;
	SHA256_CTX c;
	SHA256_Init(&c);
	SHA256_Update(&c, chain.b, 32);
	SHA256_Update(&c, leaf.b, 32);
	SHA256_Final(h.b, &c);
	return h;
}

static bool hash_take(str s, hash256 *out)
{
	if (s.n != sizeof out->b)
		return false;
	memcpy(out->b, s.p, sizeof out->b);
	return true;
}

/* ---- the head ---- */

static err head_read(struct journal *j, dbc *c)
{
	struct head h = {0};
	rows *r = db_query_args(c, &sql_journal_head, NULL, 0);
	if (db_next(r)) {
		h.seq = db_int(r, 0);
		hash_take(db_text(r, 1), &h.chain);
	}
	db_done(r);
	if (db_error(c))
		return db_error(c);
	j->now = j->before = j->batch = h;
	return OK;
}

static err before_batch(void *ctx, dbc *c)
{
	return head_read(((struct kernel *)ctx)->journal, c);
}

static void after_commit(void *ctx, bool committed)
{
	struct journal *j = ((struct kernel *)ctx)->journal;
	if (committed)
		j->committed = j->now.seq;
}

static void command_begin(void *ctx)
{
	struct journal *j = ((struct kernel *)ctx)->journal;
	j->before = j->now;
}

static void command_undone(void *ctx)
{
	struct journal *j = ((struct kernel *)ctx)->journal;
	j->now = j->before;
}

struct writer_hooks journal_hooks(struct kernel *k)
{
	return (struct writer_hooks){
	    .before_batch = before_batch,
	    .after_commit = after_commit,
	    .command_begin = command_begin,
	    .command_undone = command_undone,
	    .ctx = k,
	};
}

err journal_open(struct kernel *k, arena *a, str *why)
{
	unsigned char public_key[32];
	signer_public_key(k->signer, public_key);
	k->journal = NEW(a, struct journal);
	k->journal->remembered = NEWN(a, struct remembered, REMEMBERED_NODES);
	pthread_mutex_init(&k->journal->remembered_lock, NULL);
	k->journal->origin = checkpoint_origin(a, public_key);
	dbc *c = db_reader(k->db);
	err e = head_read(k->journal, c);
	if (e)
		*why = str_dup(a, db_error_text(c));
	k->journal->committed = k->journal->now.seq;
	db_reader_return(c);
	return e;
}

/* ---- appending ---- */

str event_secret_text(arena *a, const struct event *e, const char *name)
{
	const str *printed = e->printed;
	for (const json *m = e->secret ? e->secret->first : NULL; m; m = m->next) {
		if (str_eq(m->key, str_of(name)))
			return printed ? *printed : json_print(a, m);
		printed += printed != NULL;
	}
	return (str){0};
}

/* Folds keep parts of what is sealed as text: they need not print them again. */
static str print_secret(arena *a, struct event *e)
{
	str *member = NEWN(a, str, e->secret->count + 1);
	e->printed = member;
	return json_print_members(a, e->secret, member);
}

static str seal_label(arena *a, const struct event *e)
{
	char version[STR_INT_BYTES];
	return str_cat(a, str_cat(a, e->kind, STR("/")), str_of_int(e->version, version));
}

static err seal(struct tx *tx, struct event *e, str *sealed)
{
	if (!e->ahead)
		return vault_seal(tx, e->subject, seal_label(tx->a, e), print_secret(tx->a, e), sealed);
	e->printed = e->ahead->printed;
	*sealed = e->ahead->sealed;
	return vault_key_ready(tx, e->subject); /* not destroyed in between */
}

bool journal_seal_ahead(struct tx *tx, const char *kind, int64_t subject, const json *secret,
                        struct ahead *out)
{
	arena *a = tx->a;
	const struct kind *declared = kind_find(tx->k->kinds, str_of(kind));
	if (!declared || !declared->newest || tx->k->rng.seeded)
		return false;
	struct event e = {.kind = str_of(kind), .version = declared->newest->version, .secret = secret};
	str plain = print_secret(a, &e);
	*out = (struct ahead){.secret = secret, .printed = e.printed};
	if (vault_seal_ahead(tx, subject, seal_label(a, &e), plain, &out->sealed) != OK)
		return false;
	out->base64 = str_base64(a, out->sealed);
	return true;
}

static void insert(struct tx *tx, const struct event *e, str data, str sealed, hash256 leaf,
                   hash256 chain)
{
	db_exec(tx->db, &sql_journal_insert, D_INT(e->seq), D_INT(e->at), D_TEXT(e->kind),
	        D_INT(e->version), D_INT(e->actor), D_INT(e->on_behalf), D_TEXT(e->entity),
	        D_INT(e->subject), D_INT(e->case_id), D_TEXT(data),
	        ((struct dbv){sealed.n ? DB_BLOB : DB_NULL, 0, sealed}),
	        D_BLOB(((str){(const char *)leaf.b, 32})), D_BLOB(((str){(const char *)chain.b, 32})));
}

err journal_append(struct tx *tx, struct event *e)
{
	struct journal *j = tx->k->journal;
	str data = json_print(tx->a, e->data), sealed = {0};
	if (e->secret) {
		err failed = seal(tx, e, &sealed);
		if (failed)
			return failed;
	}
	e->seq = j->now.seq + 1;
	str entry = journal_entry(tx->a, e, data, sealed);
	if (entry.n > JOURNAL_ENTRY_MAX_BYTES)
		return tx_fail(tx, ERR_too_large, "", "an event of %zu bytes; a record holds %d", entry.n,
		               JOURNAL_ENTRY_MAX_BYTES);
	hash256 leaf = hash_leaf(entry), chain = chain_next(j->now.chain, leaf);
	insert(tx, e, data, sealed, leaf, chain);
	if (db_error(tx->db))
		return db_error(tx->db);
	j->now = (struct head){e->seq, chain};
	return OK;
}

/* ---- reading ---- */

bool journal_row_read(rows *r, struct journal_row *out)
{
	*out = (struct journal_row){
	    .e = {.seq = db_int(r, 0),
	          .at = db_int(r, 1),
	          .kind = db_text(r, 2),
	          .version = (int)db_int(r, 3),
	          .actor = db_int(r, 4),
	          .on_behalf = db_int(r, 5),
	          .entity = db_text(r, 6),
	          .subject = db_int(r, 7),
	          .case_id = db_int(r, 8)},
	    .data = db_text(r, 9),
	    .sealed = db_text(r, 10),
	};
	return hash_take(db_text(r, 11), &out->leaf) && hash_take(db_text(r, 12), &out->chain);
}

err journal_row_open(struct kernel *k, dbc *c, arena *a, struct journal_row *row)
{
	/* The row's texts belong to the open result: copies, for parsing keeps them. */
	row->e.kind = str_dup(a, row->e.kind);
	row->e.entity = str_dup(a, row->e.entity);
	row->e.data = json_parse(a, str_dup(a, row->data), NULL);
	if (!json_is(row->e.data, JSON_OBJECT))
		return ERR_journal_broken;
	row->e.secret = NULL;
	row->e.printed = NULL;
	if (!row->sealed.n)
		return OK;
	str plain;
	err e = vault_unseal(k, c, a, row->e.subject, seal_label(a, &row->e), row->sealed, &plain);
	if (e == ERR_vault_erased)
		return OK;
	if (e)
		return e;
	row->e.secret = json_parse(a, plain, NULL);
	return row->e.secret ? OK : ERR_journal_broken;
}

#define READ_SCRATCH_BYTES ((size_t)256 * 1024 * 1024) /* of one record: a whole pack */

err journal_read(struct kernel *k, dbc *c, int64_t from_seq, int64_t to_seq,
                 bool (*each)(void *ctx, arena *scratch, const struct event *e), void *ctx)
{
	arena *a = arena_create(READ_SCRATCH_BYTES);
	if (!a)
		return ERR_out_of_memory;
	err e = OK;
	rows *r = db_query(c, &sql_journal_range, D_INT(from_seq), D_INT(to_seq));
	while (e == OK && db_next(r)) {
		struct journal_row row;
		arena_reset(a);
		e = journal_row_read(r, &row) ? journal_row_open(k, c, a, &row) : ERR_journal_broken;
		if (e == OK && !each(ctx, a, &row.e))
			break;
	}
	db_done(r);
	arena_destroy(a);
	return e ? e : db_error(c);
}
