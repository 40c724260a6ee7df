/*
 * postgres.c - PostgreSQL through libpq.
 *
 * Statements are prepared when first used on a connection. What only writes within a
 * transaction is not waited for: it goes out with the next statement that is, in one
 * journey (libpq's pipeline), and its errors come back there. Integers go in as
 * text (the server infers int4 or int8, and binary would have to match), text
 * and bytes raw; results come as text. A lost connection is made again by the
 * next transaction or read; what was under way fails with ERR_db_lost, or, if
 * that was the commit, with ERR_db_uncertain.
 */
#include "db/driver.h"

#include "base/time.h"

#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OID_BYTEA               17
#define OID_INT8                20
#define OID_INT4                23
#define OID_NUMERIC             1700
#define DECODED_MAX             64           /* columns of a row that may hold bytes */
#define RECONNECT_PAUSE         (SECOND / 2) /* between attempts of the readers */
#define CONNECT_SECONDS         "5"
#define UNANSWERED_MILLISECONDS "15000" /* before the network counts as gone */
#define INTEGER_DIGITS          21
#define LOOK_EVERY              SECOND /* at the server's settings, while it is written to */
#define COPY_TEXT_BYTES         8192   /* a table's name and all its columns' */
#define COPY_BYTES              ((size_t)64 * 1024)
#define SENT_MAX                128 /* statements on their way: their answers wait in the socket */

struct postgres_connection {
	struct dbc c;
	PGconn *h;
	bool *prepared;
	bool in_transaction;
	bool warned;    /* the server warned during the last step */
	bool cluster;   /* several servers are named: whichever is the primary */
	instant looked; /* monotonic; when its settings were last found safe */
	bool release_owed;
	char *copy; /* of rows that are copied, COPY_BYTES; NULL while none are */
	size_t n_copy;
	int n_sent;
	const struct sql *sent[SENT_MAX]; /* not answered yet */
};

static struct postgres_connection *of(dbc *c)
{
	return (struct postgres_connection *)(void *)c;
}

static err map_error(PGconn *h, const PGresult *res)
{
	const char *state = res ? PQresultErrorField(res, PG_DIAG_SQLSTATE) : NULL;
	if (PQstatus(h) != CONNECTION_OK || !state)
		return ERR_db_lost;
	if (strncmp(state, "23", 2) == 0)
		return ERR_db_constraint;
	if (strcmp(state, "40001") == 0 || strcmp(state, "40P01") == 0)
		return ERR_db_retry;
	if (strncmp(state, "57P", 3) == 0)
		return ERR_db_lost;
	return strcmp(state, "53100") == 0 ? ERR_db_full : ERR_db_failed;
}

static void fail(struct postgres_connection *p, const PGresult *res, const char *text)
{
	char line[DB_ERROR_TEXT_BYTES];
	snprintf(line, sizeof line, "%.200s: %.250s",
	         res ? PQresultErrorMessage(res) : PQerrorMessage(p->h), text ? text : "");
	dbc_fail(&p->c, map_error(p->h, res), line);
}

static void disconnect(dbc *c)
{
	struct postgres_connection *p = of(c);
	if (p->h)
		PQfinish(p->h);
	free(p->prepared);
	free(p->copy);
	free(p);
}

/* Notices ("table exists, skipping") are nobody's business, but a warning during
 * a commit says that a standby did not confirm it. */
static void notice(void *ctx, const PGresult *res)
{
	const char *state = PQresultErrorField(res, PG_DIAG_SQLSTATE);
	if (state && strncmp(state, "01", 2) == 0)
		((struct postgres_connection *)ctx)->warned = true;
}

static bool names_several(PGconn *h)
{
	PQconninfoOption *all = PQconninfo(h);
	bool several = false;
	for (const PQconninfoOption *o = all; o && o->keyword; o++)
		several |= strcmp(o->keyword, "host") == 0 && o->val && strchr(o->val, ',');
	PQconninfoFree(all);
	return several;
}

/* What each new connection is told; readers cannot write, even by mistake. Statements are
 * written for one range of one index that is already in the order asked for (SQLite has no
 * other way either), so none is planned anew for its parameters, and none collects pages
 * first and sorts after: with a small LIMIT that reads all of a list for its first page. */
#define SET_UP                                                                                     \
	"SET client_encoding = 'UTF8'; SET plan_cache_mode = force_generic_plan;"                      \
	"SET enable_bitmapscan = off; SET jit = off"

static bool set_up(struct postgres_connection *p)
{
	if (PQstatus(p->h) != CONNECTION_OK)
		return false;
	PQsetNoticeReceiver(p->h, notice, p);
	PGresult *res =
	    PQexec(p->h, p->c.writing ? SET_UP : SET_UP "; SET default_transaction_read_only = on");
	bool ok = PQresultStatus(res) == PGRES_COMMAND_OK;
	PQclear(res);
	return ok;
}

/* Connections outlive every arena of a request, and end one by one: the heap.
 * A reader is also had while the server is away: its reads fail until it is back. */
static dbc *connect_(db *d, bool writer, char *why)
{
	static const char *const key[] = {"connect_timeout", "tcp_user_timeout",
	                                  "fallback_application_name", "dbname", NULL};
	const char *value[] = {CONNECT_SECONDS, UNANSWERED_MILLISECONDS, "diwan", d->target, NULL};
	struct postgres_connection *p = calloc(1, sizeof *p);
	if (!p)
		return NULL;
	p->c.d = d;
	p->c.driver = d->driver;
	p->c.writing = writer;
	p->prepared = calloc(DB_SLOTS, sizeof *p->prepared);
	p->h = p->prepared ? PQconnectdbParams(key, value, 1) : NULL;
	p->cluster = p->h && names_several(p->h);
	if (!p->h || (!set_up(p) && writer)) {
		snprintf(why, DB_ERROR_TEXT_BYTES, "PostgreSQL: %.400s",
		         p->h ? PQerrorMessage(p->h) : "out of memory");
		disconnect(&p->c);
		return NULL;
	}
	return &p->c;
}

static err check_safe(dbc *c, arena *a, str *why);

/* Makes a broken connection again. Readers leave a pause between attempts, all
 * together; the writer has its own. A server found anew may be another one. */
static bool alive(struct postgres_connection *p)
{
	db *d = p->c.d;
	if (PQstatus(p->h) == CONNECTION_OK)
		return true;
	if (!p->c.writing && clock_monotonic() < d->down_until)
		return false;
	PQreset(p->h);
	memset(p->prepared, 0, DB_SLOTS * sizeof *p->prepared);
	p->in_transaction = false;
	p->n_sent = 0;
	if (!set_up(p)) {
		d->down_until = clock_monotonic() + RECONNECT_PAUSE;
		return false;
	}
	return !p->c.writing || check_safe(&p->c, NULL, NULL) == OK;
}

static bool ready(struct postgres_connection *p)
{
	if (alive(p))
		return true;
	dbc_fail(&p->c, ERR_db_lost, PQerrorMessage(p->h));
	return false;
}

struct parameters {
	const char *value[DB_PARAMS_MAX];
	int length[DB_PARAMS_MAX], format[DB_PARAMS_MAX];
	char integer[DB_PARAMS_MAX][INTEGER_DIGITS];
};

static void fill(struct parameters *p, const struct dbv *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		p->format[i] = 1;
		switch (v[i].type) {
		case DB_NULL:
			p->value[i] = NULL;
			p->length[i] = 0;
			break;
		case DB_INT:
			snprintf(p->integer[i], INTEGER_DIGITS, "%lld", (long long)v[i].i);
			p->value[i] = p->integer[i];
			p->format[i] = 0;
			break;
		case DB_TEXT:
		case DB_BLOB:
			p->value[i] = v[i].s.p ? v[i].s.p : "";
			p->length[i] = (int)v[i].s.n;
			break;
		}
	}
}

static void name_of(const struct sql *q, char name[16])
{
	if (q->slot == DB_SLOT_SCRATCH)
		memcpy(name, "scratch", sizeof "scratch");
	else
		snprintf(name, 16, "s%d", q->slot);
}

/* The answers to what was sent; after an error the server passes over the rest. */
static void take_answers(struct postgres_connection *p)
{
	for (int i = 0; i < p->n_sent; i++) {
		PGresult *res = PQgetResult(p->h);
		ExecStatusType s = PQresultStatus(res);
		if (s != PGRES_COMMAND_OK && s != PGRES_TUPLES_OK && s != PGRES_PIPELINE_ABORTED)
			fail(p, res, p->sent[i]->name);
		PQclear(res);
		PQclear(PQgetResult(p->h)); /* NULL: the end of this answer */
	}
	p->n_sent = 0;
}

static void leave_pipeline(struct postgres_connection *p)
{
	PQclear(PQgetResult(p->h)); /* the mark that ends it */
	if (!PQexitPipelineMode(p->h))
		fail(p, NULL, "the end of a pipeline");
}

static void settle(dbc *c)
{
	struct postgres_connection *p = of(c);
	if (!p->n_sent)
		return;
	if (!PQpipelineSync(p->h))
		fail(p, NULL, p->sent[0]->name);
	take_answers(p);
	leave_pipeline(p);
}

static bool prepare(dbc *c, struct sql *q)
{
	struct postgres_connection *p = of(c);
	if (p->prepared[q->slot])
		return true;
	settle(c);
	if (c->error)
		return false;
	char name[16];
	name_of(q, name);
	PGresult *res = PQprepare(p->h, name, q->text, 0, NULL);
	bool ok = PQresultStatus(res) == PGRES_COMMAND_OK;
	if (!ok)
		fail(p, res, q->name);
	PQclear(res);
	return p->prepared[q->slot] = ok;
}

static void scratch(dbc *c)
{
	struct postgres_connection *p = of(c);
	settle(c);
	if (p->prepared[DB_SLOT_SCRATCH])
		PQclear(PQexec(p->h, "DEALLOCATE scratch"));
	p->prepared[DB_SLOT_SCRATCH] = false;
}

/* Sends a prepared statement, behind what was sent before. */
static bool send_prepared(struct postgres_connection *p, const struct sql *q, size_t n,
                          const struct parameters *in)
{
	char name[16];
	name_of(q, name);
	if (PQsendQueryPrepared(p->h, name, (int)n, in->value, in->length, in->format, 0))
		return true;
	fail(p, NULL, q->name);
	return false;
}

/* With what is on its way, in one journey. */
static PGresult *execute_last(struct postgres_connection *p, const struct sql *q, size_t n,
                              const struct parameters *in)
{
	bool sent = send_prepared(p, q, n, in);
	if (!PQpipelineSync(p->h))
		fail(p, NULL, q->name);
	take_answers(p);
	PGresult *res = sent ? PQgetResult(p->h) : NULL;
	if (sent)
		PQclear(PQgetResult(p->h));
	leave_pipeline(p);
	return res;
}

/* NULL after a failure. */
static PGresult *execute(struct postgres_connection *p, struct sql *q, const char *text, size_t n,
                         const struct parameters *in)
{
	PGresult *res;
	if (q) {
		char name[16];
		name_of(q, name);
		if (!prepare(&p->c, q))
			return NULL;
		res = p->n_sent ? execute_last(p, q, n, in)
		                : PQexecPrepared(p->h, name, (int)n, in->value, in->length, in->format, 0);
	} else {
		settle(&p->c);
		if (p->c.error)
			return NULL;
		res = PQexecParams(p->h, text, (int)n, NULL, in->value, in->length, in->format, 0);
	}
	ExecStatusType s = PQresultStatus(res);
	if (!p->c.error && (s == PGRES_TUPLES_OK || s == PGRES_COMMAND_OK))
		return res;
	fail(p, res, q ? q->name : text); /* unless it was one before that failed */
	PQclear(res);
	return NULL;
}

/* A read outside a transaction that finds its connection broken (the server was
 * restarted since) is simply made again. */
static rows *query(dbc *c, struct sql *q, str text, const struct dbv *v, size_t n, rows *r)
{
	struct postgres_connection *p = of(c);
	struct parameters in;
	fill(&in, v, n);
	if (!p->in_transaction && !ready(p))
		return r;
	char *copy = q ? NULL : strndup(text.p, text.n);
	PGresult *res = execute(p, q, copy, n, &in);
	if (!res && c->error == ERR_db_lost && !c->writing && !p->in_transaction && alive(p)) {
		db_clear(c);
		res = execute(p, q, copy, n, &in);
	}
	free(copy);
	r->result = res;
	r->row = -1;
	r->n_rows = res ? PQntuples(res) : 0;
	return r;
}

/* The journey of n prepared statements; answers are NULL after a failure. */
static void ask_prepared(struct postgres_connection *p, const struct db_question *q, size_t n,
                         PGresult **res)
{
	size_t sent = 0;
	if (!PQenterPipelineMode(p->h)) {
		fail(p, NULL, q[0].q->name);
		return;
	}
	for (bool good = true; good && sent < n; sent += good) {
		struct parameters in;
		fill(&in, q[sent].v, q[sent].n);
		good = send_prepared(p, q[sent].q, q[sent].n, &in);
	}
	if (!PQpipelineSync(p->h))
		fail(p, NULL, q[0].q->name);
	for (size_t i = 0; i < sent; i++) {
		res[i] = PQgetResult(p->h);
		if (PQresultStatus(res[i]) != PGRES_TUPLES_OK)
			fail(p, res[i], q[i].q->name);
		PQclear(PQgetResult(p->h)); /* NULL: the end of this answer */
	}
	leave_pipeline(p);
}

/* As with one read, a broken connection is made again: by the reads one by one. */
static bool ask(dbc *c, const struct db_question *q, size_t n, rows *out)
{
	struct postgres_connection *p = of(c);
	PGresult *res[DB_AT_ONCE_MAX] = {0};
	if (!p->in_transaction && !ready(p))
		return false;
	settle(c);
	for (size_t i = 0; i < n && !c->error; i++)
		prepare(c, q[i].q);
	if (!c->error)
		ask_prepared(p, q, n, res);
	for (size_t i = 0; i < n && !c->error; i++)
		out[i] = (rows){.c = c,
		                .open = true,
		                .slot = -1,
		                .result = res[i],
		                .row = -1,
		                .n_rows = PQntuples(res[i])};
	if (!c->error)
		return true;
	for (size_t i = 0; i < n; i++)
		PQclear(res[i]);
	if (c->error == ERR_db_lost && !c->writing && !p->in_transaction)
		db_clear(c);
	return false;
}

static void send_(dbc *c, struct sql *q, const struct dbv *v, size_t n)
{
	struct postgres_connection *p = of(c);
	struct parameters in;
	if (!p->in_transaction) {
		db_change_args(c, q, v, n);
		return;
	}
	if (!prepare(c, q))
		return;
	fill(&in, v, n);
	if (!p->n_sent && !PQenterPipelineMode(p->h))
		fail(p, NULL, q->name);
	else if (send_prepared(p, q, n, &in))
		p->sent[p->n_sent++] = q;
	if (p->n_sent == SENT_MAX)
		settle(c);
}

static void forget_decoded(rows *r)
{
	for (int i = 0; i < DECODED_MAX; i++) {
		PQfreemem(r->decoded[i]);
		r->decoded[i] = NULL;
	}
}

static bool next(rows *r)
{
	if (r->row >= 0)
		forget_decoded(r);
	return ++r->row < r->n_rows;
}

static int64_t changed(dbc *c, rows *r)
{
	(void)c;
	int64_t n = 0;
	str_i64(str_of(PQcmdTuples(r->result)), &n);
	return n;
}

static void done(rows *r)
{
	forget_decoded(r);
	PQclear(r->result);
}

static int columns(rows *r)
{
	return PQnfields(r->result);
}

static const char *name(rows *r, int col)
{
	return PQfname(r->result, col);
}

static enum db_type type(rows *r, int col)
{
	if (PQgetisnull(r->result, r->row, col))
		return DB_NULL;
	switch (PQftype(r->result, col)) {
	case OID_BYTEA:
		return DB_BLOB;
	case OID_INT8:
	case OID_INT4:
	case OID_NUMERIC:
		return DB_INT;
	default:
		return DB_TEXT;
	}
}

static str text(rows *r, int col)
{
	if (PQgetisnull(r->result, r->row, col))
		return (str){0};
	str s = {PQgetvalue(r->result, r->row, col), (size_t)PQgetlength(r->result, r->row, col)};
	if (PQftype(r->result, col) != OID_BYTEA || col >= DECODED_MAX)
		return s;
	size_t n;
	PQfreemem(r->decoded[col]);
	r->decoded[col] = PQunescapeBytea((const unsigned char *)s.p, &n);
	return (str){r->decoded[col], r->decoded[col] ? n : 0};
}

static int64_t integer(rows *r, int col)
{
	int64_t v = 0;
	if (!PQgetisnull(r->result, r->row, col))
		str_i64(str_of(PQgetvalue(r->result, r->row, col)), &v);
	return v;
}

/* The advisory lock (an arbitrary constant) makes nodes take turns: one journal,
 * one order. */
static const char *const step_text[DB_STEPS] = {
    [DB_BEGIN_WRITE] = "BEGIN; SELECT pg_advisory_xact_lock(7305801)",
    [DB_BEGIN_READ] = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
    [DB_COMMIT] = "COMMIT",
    [DB_ROLLBACK] = "ROLLBACK",
    [DB_SAVEPOINT] = "SAVEPOINT command",
    [DB_RELEASE] = "RELEASE command",
    [DB_ROLLBACK_TO] = "ROLLBACK TO command",
};

/* COMMIT of a transaction that failed before answers "ROLLBACK", without error. */
static void check_commit(struct postgres_connection *p, const PGresult *res)
{
	if (PQstatus(p->h) != CONNECTION_OK || p->warned)
		dbc_fail(&p->c, ERR_db_uncertain, PQerrorMessage(p->h));
	else if (PQresultStatus(res) != PGRES_COMMAND_OK)
		fail(p, res, "COMMIT");
	else if (strcmp(PQcmdStatus((PGresult *)(uintptr_t)res), "COMMIT") != 0)
		dbc_fail(&p->c, ERR_db_failed, "the transaction had failed before its commit");
}

/* A release is not worth a journey of its own: it goes with the next savepoint,
 * and a commit or rollback makes it needless. */
static const char *step_message(struct postgres_connection *p, enum db_step which)
{
	bool owed = p->release_owed;
	p->release_owed = which == DB_RELEASE;
	if (which == DB_SAVEPOINT && owed)
		return "RELEASE command; SAVEPOINT command";
	return which == DB_RELEASE ? NULL : step_text[which];
}

static void step(dbc *c, enum db_step which)
{
	struct postgres_connection *p = of(c);
	bool begins = which == DB_BEGIN_WRITE || which == DB_BEGIN_READ;
	if (begins && !ready(p))
		return;
	if (which == DB_BEGIN_WRITE && clock_monotonic() - p->looked > LOOK_EVERY &&
	    check_safe(c, NULL, NULL) != OK)
		return;
	settle(c);
	if (which == DB_ROLLBACK || which == DB_ROLLBACK_TO)
		db_clear(c); /* what is undone need not have succeeded */
	if (c->error)
		return;
	p->warned = false;
	const char *message = step_message(p, which);
	if (!message)
		return;
	PGresult *res = PQexec(p->h, message);
	ExecStatusType s = PQresultStatus(res);
	if (which == DB_COMMIT)
		check_commit(p, res);
	else if (s != PGRES_COMMAND_OK && s != PGRES_TUPLES_OK)
		fail(p, res, message);
	PQclear(res);
	p->in_transaction =
	    PQtransactionStatus(p->h) != PQTRANS_IDLE && PQstatus(p->h) == CONNECTION_OK;
}

static err script(dbc *c, str sql)
{
	struct postgres_connection *p = of(c);
	if (!p->in_transaction && !ready(p))
		return c->error;
	settle(c);
	if (c->error)
		return c->error;
	char *copy = strndup(sql.p, sql.n);
	PGresult *res = PQexec(p->h, copy);
	ExecStatusType s = PQresultStatus(res);
	if (s != PGRES_COMMAND_OK && s != PGRES_TUPLES_OK)
		fail(p, res, copy);
	PQclear(res);
	free(copy);
	p->in_transaction =
	    PQtransactionStatus(p->h) != PQTRANS_IDLE && PQstatus(p->h) == CONNECTION_OK;
	return c->error;
}

/* ---- rows copied, in COPY's text form ---- */

static void copy_flush(struct postgres_connection *p)
{
	if (p->n_copy && !p->c.error && PQputCopyData(p->h, p->copy, (int)p->n_copy) != 1)
		fail(p, NULL, "a copy");
	p->n_copy = 0;
}

static void copy_put(struct postgres_connection *p, char c)
{
	if (p->n_copy == COPY_BYTES)
		copy_flush(p);
	p->copy[p->n_copy++] = c;
}

static void copy_puts(struct postgres_connection *p, const char *s)
{
	while (*s)
		copy_put(p, *s++);
}

static void copy_text(struct postgres_connection *p, str s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i], escaped = c == '\n' ? 'n' : c == '\r' ? 'r' : c == '\t' ? 't' : c;
		if (escaped != c || c == '\\')
			copy_put(p, '\\');
		copy_put(p, escaped);
	}
}

static void copy_bytes(struct postgres_connection *p, str s)
{
	static const char digit[] = "0123456789abcdef";
	copy_puts(p, "\\\\x");
	for (size_t i = 0; i < s.n; i++) {
		copy_put(p, digit[(unsigned char)s.p[i] >> 4]);
		copy_put(p, digit[s.p[i] & 15]);
	}
}

static void copy_begin(dbc *c, const char *into)
{
	struct postgres_connection *p = of(c);
	char text[COPY_TEXT_BYTES];
	settle(c);
	if (c->error)
		return;
	p->copy = calloc(1, COPY_BYTES);
	p->n_copy = 0;
	snprintf(text, sizeof text, "COPY %s FROM STDIN (FREEZE)", into);
	PGresult *res = p->copy ? PQexec(p->h, text) : NULL;
	if (PQresultStatus(res) != PGRES_COPY_IN)
		fail(p, res, into);
	PQclear(res);
}

static void copy_row(dbc *c, const struct dbv *v, const bool *bytes, size_t n)
{
	struct postgres_connection *p = of(c);
	char integer[INTEGER_DIGITS];
	for (size_t i = 0; i < n && !c->error; i++) {
		if (i)
			copy_put(p, '\t');
		if (v[i].type == DB_NULL) {
			copy_puts(p, "\\N");
		} else if (v[i].type == DB_INT) {
			snprintf(integer, sizeof integer, "%lld", (long long)v[i].i);
			copy_puts(p, integer);
		} else {
			(bytes[i] ? copy_bytes : copy_text)(p, v[i].s);
		}
	}
	if (!c->error)
		copy_put(p, '\n');
}

static void copy_end(dbc *c, bool whole)
{
	struct postgres_connection *p = of(c);
	bool begun = PQtransactionStatus(p->h) == PQTRANS_ACTIVE;
	if (whole)
		copy_flush(p);
	if (begun && PQputCopyEnd(p->h, whole && !c->error ? NULL : "given up") != 1)
		fail(p, NULL, "the end of a copy");
	for (PGresult *res; begun && (res = PQgetResult(p->h)); PQclear(res))
		if (PQresultStatus(res) != PGRES_COMMAND_OK)
			fail(p, res, "a copy");
	free(p->copy);
	p->copy = NULL;
}

/* One row: what would lose an acknowledged commit, or NULL. Archiving tools are
 * not standbys. */
static const char unsafe_text[] =
    "SELECT CASE"
    " WHEN current_setting('fsync') <> 'on' THEN 'fsync is off'"
    " WHEN current_setting('full_page_writes') <> 'on' THEN 'full_page_writes is off'"
    " WHEN current_setting('synchronous_commit') NOT IN ('on', 'remote_write', 'remote_apply')"
    "  THEN 'synchronous_commit is ' || current_setting('synchronous_commit')"
    " WHEN EXISTS (SELECT 1 FROM pg_class WHERE relpersistence = 'u' AND relkind IN ('r', 'p', 'm')"
    "  AND relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema()))"
    "  THEN 'there are unlogged tables'"
    " WHEN current_setting('synchronous_standby_names') = '' AND EXISTS (SELECT 1"
    "  FROM pg_stat_replication WHERE coalesce(application_name, '') NOT IN"
    "  ('pg_receivewal', 'pg_basebackup')) THEN 'no standby is synchronous'"
    " END";

/* Of several servers each may become the primary: without a synchronous standby, one
 * that lacks commits, even while none follows at the moment. */
static const char unsafe_cluster_text[] =
    "SELECT CASE WHEN current_setting('synchronous_standby_names') = ''"
    " THEN 'several servers are named, and no standby is synchronous' END";

static void check_text(struct postgres_connection *p, const char *text)
{
	PGresult *res = PQexec(p->h, text);
	if (PQresultStatus(res) != PGRES_TUPLES_OK)
		fail(p, res, "checking the settings");
	else if (!PQgetisnull(res, 0, 0))
		dbc_fail(&p->c, ERR_db_unsafe, PQgetvalue(res, 0, 0));
	PQclear(res);
}

/* Also fails the connection, for the check after a reconnection and while it is used. */
static err check_safe(dbc *c, arena *a, str *why)
{
	struct postgres_connection *p = of(c);
	check_text(p, unsafe_text);
	if (!c->error && p->cluster)
		check_text(p, unsafe_cluster_text);
	if (!c->error)
		p->looked = clock_monotonic();
	if (c->error && why)
		*why = str_fmt(a, "PostgreSQL could lose an acknowledged commit: %s", c->error_text);
	return c->error;
}

const struct driver postgres_driver = {
    .connect = connect_,
    .disconnect = disconnect,
    .prepare = prepare,
    .scratch = scratch,
    .query = query,
    .ask = ask,
    .send = send_,
    .settle = settle,
    .changed = changed,
    .next = next,
    .done = done,
    .columns = columns,
    .name = name,
    .type = type,
    .integer = integer,
    .text = text,
    .script = script,
    .copy_begin = copy_begin,
    .copy_row = copy_row,
    .copy_end = copy_end,
    .step = step,
    .check_safe = check_safe,
};
