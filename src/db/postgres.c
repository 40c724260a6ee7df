/*
 * postgres.c - PostgreSQL through libpq.
 *
 * Statements are prepared when first used on a connection. Parameters go in
 * binary (8-byte integers, raw text and bytes), results come as text. A lost
 * connection is opened again by the next transaction; what was under way fails
 * with ERR_db_retry.
 */
#include "db/driver.h"

#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OID_BYTEA 17
#define OID_INT8 20
#define OID_INT4 23
#define OID_NUMERIC 1700
#define DECODED_MAX 64 /* columns of a row that may hold bytes */

struct postgres_connection {
	struct dbc c;
	PGconn *h;
	bool *prepared;
	size_t n_slots;
	bool in_transaction;
};

static struct postgres_connection *of(dbc *c)
{
	return (struct postgres_connection *)(void *)c;
}

static err map_error(PGconn *h, const PGresult *res)
{
	const char *state = res ? PQresultErrorField(res, PG_DIAG_SQLSTATE) : NULL;
	if (PQstatus(h) != CONNECTION_OK || !state)
		return ERR_db_retry;
	if (strncmp(state, "23", 2) == 0)
		return ERR_db_constraint;
	if (strcmp(state, "40001") == 0 || strcmp(state, "40P01") == 0 || strncmp(state, "08", 2) == 0 ||
	    strncmp(state, "57P", 3) == 0)
		return ERR_db_retry;
	return strcmp(state, "53100") == 0 ? ERR_db_full : ERR_db_failed;
}

static void fail(struct postgres_connection *p, const PGresult *res, const char *text)
{
	char line[DB_ERROR_TEXT_BYTES];
	snprintf(line, sizeof line, "%.200s: %.250s", res ? PQresultErrorMessage(res) : PQerrorMessage(p->h),
	         text ? text : "");
	dbc_fail(&p->c, map_error(p->h, res), line);
}

static void disconnect(dbc *c)
{
	struct postgres_connection *p = of(c);
	if (p->h)
		PQfinish(p->h);
	free(p->prepared);
	free(p);
}

static void quiet(void *ctx, const char *message)
{
	(void)ctx;
	(void)message; /* notices ("table exists, skipping") are nobody's business */
}

/* Connections outlive every arena of a request, and end one by one: the heap. */
static dbc *connect_(db *d, bool writer, str *why)
{
	struct postgres_connection *p = calloc(1, sizeof *p);
	if (!p)
		return NULL;
	p->c.d = d;
	p->c.driver = d->driver;
	p->c.writing = writer;
	p->n_slots = db_statement_count() + 1;
	p->prepared = calloc(p->n_slots, sizeof *p->prepared);
	p->h = PQconnectdb(d->target);
	if (!p->prepared || PQstatus(p->h) != CONNECTION_OK) {
		*why = str_fmt(d->a, "PostgreSQL: %s", PQerrorMessage(p->h));
		disconnect(&p->c);
		return NULL;
	}
	PQsetNoticeProcessor(p->h, quiet, NULL);
	return &p->c;
}

static bool alive(struct postgres_connection *p)
{
	if (PQstatus(p->h) == CONNECTION_OK)
		return true;
	PQreset(p->h);
	memset(p->prepared, 0, p->n_slots * sizeof *p->prepared);
	return PQstatus(p->h) == CONNECTION_OK;
}

struct parameters {
	const char *value[DB_PARAMS_MAX];
	int length[DB_PARAMS_MAX], format[DB_PARAMS_MAX];
	unsigned char integer[DB_PARAMS_MAX][8];
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
			for (int b = 0; b < 8; b++)
				p->integer[i][b] = (unsigned char)((uint64_t)v[i].i >> (56 - 8 * b));
			p->value[i] = (const char *)p->integer[i];
			p->length[i] = 8;
			break;
		case DB_TEXT:
		case DB_BLOB:
			p->value[i] = v[i].s.p ? v[i].s.p : "";
			p->length[i] = (int)v[i].s.n;
			break;
		}
	}
}

static bool prepare(struct postgres_connection *p, struct sql *q, const char *name)
{
	if (p->prepared[q->slot])
		return true;
	PGresult *res = PQprepare(p->h, name, q->text, 0, NULL);
	bool ok = PQresultStatus(res) == PGRES_COMMAND_OK;
	if (!ok)
		fail(p, res, q->name);
	PQclear(res);
	return p->prepared[q->slot] = ok;
}

static rows *query(dbc *c, struct sql *q, str text, const struct dbv *v, size_t n, rows *r)
{
	struct postgres_connection *p = of(c);
	struct parameters in;
	char name[16];
	fill(&in, v, n);
	if (!c->writing && !p->in_transaction && !alive(p)) {
		fail(p, NULL, "reconnecting");
		return r;
	}
	PGresult *res;
	if (q) {
		snprintf(name, sizeof name, "s%d", q->slot);
		if (!prepare(p, q, name))
			return r;
		res = PQexecPrepared(p->h, name, (int)n, in.value, in.length, in.format, 0);
	} else {
		char *copy = strndup(text.p, text.n);
		res = PQexecParams(p->h, copy, (int)n, NULL, in.value, in.length, in.format, 0);
		free(copy);
	}
	ExecStatusType s = PQresultStatus(res);
	if (s != PGRES_TUPLES_OK && s != PGRES_COMMAND_OK) {
		fail(p, res, q ? q->name : "");
		PQclear(res);
		return r;
	}
	r->result = res;
	r->row = -1;
	r->n_rows = PQntuples(res);
	return r;
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

static err script(dbc *c, str sql)
{
	struct postgres_connection *p = of(c);
	bool begins = str_starts(sql, STR("BEGIN"));
	if (begins && !alive(p)) {
		fail(p, NULL, "reconnecting");
		return c->error;
	}
	char *copy = strndup(sql.p, sql.n);
	PGresult *res = PQexec(p->h, copy);
	ExecStatusType s = PQresultStatus(res);
	if (s != PGRES_COMMAND_OK && s != PGRES_TUPLES_OK)
		fail(p, res, copy);
	PQclear(res);
	free(copy);
	p->in_transaction = PQtransactionStatus(p->h) != PQTRANS_IDLE;
	return c->error;
}

static bool setting_is(dbc *c, const char *query_text, const char *const *allowed)
{
	rows *r = db_query_text(c, str_of(query_text), NULL, 0);
	bool ok = false;
	if (db_next(r))
		for (; *allowed; allowed++)
			ok = ok || str_eq(db_text(r, 0), str_of(*allowed));
	db_done(r);
	return ok;
}

static err check_safe(dbc *c, arena *a, str *why)
{
	static const char *const on[] = {"on", NULL};
	static const char *const durable[] = {"on", "remote_write", "remote_apply", NULL};
	const char *bad = NULL;
	if (!setting_is(c, "SELECT current_setting('fsync')", on))
		bad = "fsync is off";
	else if (!setting_is(c, "SELECT current_setting('full_page_writes')", on))
		bad = "full_page_writes is off";
	else if (!setting_is(c, "SELECT current_setting('synchronous_commit')", durable))
		bad = "synchronous_commit is off or local";
	if (!bad && !db_error(c))
		return OK;
	*why = str_fmt(a, "PostgreSQL could lose an acknowledged commit: %s %.*s", bad ? bad : "",
	               STRF(db_error_text(c)));
	return ERR_db_unsafe;
}

/* The advisory lock (an arbitrary constant) makes nodes take turns: one journal,
 * one order. */
const struct driver postgres_driver = {
	.connect = connect_,
	.disconnect = disconnect,
	.query = query,
	.changed = changed,
	.next = next,
	.done = done,
	.columns = columns,
	.name = name,
	.type = type,
	.integer = integer,
	.text = text,
	.script = script,
	.begin_write = "BEGIN; SELECT pg_advisory_xact_lock(7305801)",
	.begin_read = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
	.check_safe = check_safe,
};
