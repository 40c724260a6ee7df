#include "db/held.h"

#include "db/driver.h"

#include <stdlib.h>
#include <string.h>

#define ARENA_BYTES ((size_t)256 * 1024 * 1024)
#define ROWS_MAX    64 /* more are written between events */
#define SUMS_MAX    256
#define KEYS_MAX    4
#define AMOUNTS_MAX 2

/* What was read for one key of one table: also that there is nothing. */
struct group {
	struct group *next;
	struct held_table *table;
	int64_t key;
	struct held_row *first, **end;
};

/* What is to be added under one key: by commands that were kept, and by this one.
 * What was kept and has been written within this command's savepoint is at risk: its
 * undoing takes it back. `n` counts, so that adding 0 is something. */
struct amount {
	int64_t n, v[AMOUNTS_MAX];
};
struct sum {
	struct sum *next;
	struct held_sum *of;
	uint64_t hash;
	struct dbv key[KEYS_MAX];
	struct amount kept, own, risk;
	int64_t written; /* what the table holds of it now, */
	bool read;       /* if that is known */
};

struct held {
	arena *rows, *sums;
	struct group *first, **end;
	struct sum *sum;
	int n_rows, n_sums;
	uint32_t dirty; /* tables with something to write */
	bool open;      /* within a command */
	bool writing;
};

/* ---- declared ---- */

static const char *known[HELD_TABLES_MAX];
static int n_known;

static int number_of(const char *table)
{
	for (int i = 0; i < n_known; i++)
		if (strcmp(known[i], table) == 0)
			return i;
	if (n_known == HELD_TABLES_MAX)
		abort();
	known[n_known] = table;
	return n_known++;
}

void held_declare(struct held_table *t)
{
	t->number = number_of(t->name);
}

void held_declare_sum(struct held_sum *s)
{
	s->number = number_of(s->name);
}

static bool word_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static bool names(const char *text, const char *table)
{
	size_t n = strlen(table);
	for (const char *p = text; (p = strstr(p, table)); p += n)
		if ((p == text || !word_char(p[-1])) && !word_char(p[n]))
			return true;
	return false;
}

void held_look(struct sql *q)
{
	q->names = 0;
	for (int i = 0; i < n_known; i++)
		if (names(q->text, known[i]))
			q->names |= 1u << i;
	q->reads = strncmp(q->text, "SELECT", 6) == 0;
}

/* ---- writing ---- */

static void insert_row(dbc *c, const struct held_row *r)
{
	db_exec_args(c, r->table->insert, r->v, (size_t)r->table->n_columns);
}

static void update_row(dbc *c, const struct held_row *r)
{
	struct dbv v[HELD_COLUMNS_MAX];
	for (int i = 0; i < r->table->n_puts; i++) {
		const struct held_put *p = &r->table->puts[i];
		uint32_t sets = 0;
		for (int k = p->sets; k < p->n; k++)
			sets |= 1u << p->columns[k];
		if (r->changed & ~sets)
			continue;
		for (int k = 0; k < p->n; k++)
			v[k] = r->v[p->columns[k]];
		db_exec_args(c, p->sql, v, (size_t)p->n);
		return;
	}
	dbc_fail(c, ERR_db_failed, r->table->name); /* no statement sets these columns */
}

static void write_rows(dbc *c, uint32_t tables)
{
	for (struct group *g = c->held->first; g; g = g->next)
		for (struct held_row *r = g->first; r; r = r->next) {
			if (!(tables >> r->table->number & 1))
				continue;
			if (r->fresh)
				insert_row(c, r);
			else if (r->changed)
				update_row(c, r);
			r->fresh = false;
			r->changed = 0;
		}
}

static void amount_move(struct amount *to, struct amount *from)
{
	to->n += from->n;
	for (int i = 0; i < AMOUNTS_MAX; i++)
		to->v[i] += from->v[i];
	*from = (struct amount){0};
}

static void write_sum(dbc *c, struct sum *s)
{
	struct amount all = {0}, kept = s->kept;
	struct dbv v[KEYS_MAX + AMOUNTS_MAX];
	amount_move(&all, &s->own);
	amount_move(&all, &s->kept);
	amount_move(&s->risk, &kept);
	if (!all.n)
		return;
	s->written += all.v[0];
	memcpy(v, s->key, sizeof s->key);
	for (int i = 0; i < s->of->n_amounts; i++)
		v[s->of->n_keys + i] = D_INT(all.v[i]);
	db_exec_args(c, s->of->add, v, (size_t)(s->of->n_keys + s->of->n_amounts));
}

/* Everything of these tables that is held goes into the database. */
static void write_held(dbc *c, uint32_t tables)
{
	struct held *h = c->held;
	if (h->writing || !(h->dirty & tables))
		return;
	h->writing = true;
	write_rows(c, tables);
	for (struct sum *s = h->sum; s; s = s->next)
		if (tables >> s->of->number & 1)
			write_sum(c, s);
	h->dirty &= ~tables;
	h->writing = false;
}

/* ---- forgetting ---- */

static void forget_rows(struct held *h)
{
	h->first = NULL;
	h->end = &h->first;
	h->n_rows = 0;
	if (h->rows)
		arena_reset(h->rows);
}

static void forget_groups(struct held *h, uint32_t tables)
{
	struct group **at = &h->first;
	while (*at)
		if (tables >> (*at)->table->number & 1)
			*at = (*at)->next;
		else
			at = &(*at)->next;
	h->end = at;
}

static void forget_sums(struct held *h)
{
	h->sum = NULL;
	h->n_sums = 0;
	if (h->sums)
		arena_reset(h->sums);
}

/* Sums that are written and at no risk go; the others stay where they are. */
static void forget_written(struct held *h)
{
	struct sum **at = &h->sum;
	h->n_sums = 0;
	while (*at) {
		struct sum *s = *at;
		if (s->kept.n || s->own.n || s->risk.n) {
			at = &s->next;
			h->n_sums++;
		} else {
			*at = s->next;
		}
	}
	if (!h->sum)
		forget_sums(h);
}

static void mark_sums(struct held *h)
{
	for (struct sum *s = h->sum; s; s = s->next)
		if (s->kept.n || s->own.n)
			h->dirty |= 1u << s->of->number;
}

/* ---- what db.c calls ---- */

void held_before(dbc *c, const struct sql *q)
{
	uint32_t tables = q ? q->names : UINT32_MAX;
	if (c->held->writing || !tables)
		return;
	write_held(c, tables);
	if (q && q->reads)
		return;
	forget_groups(c->held, tables);
	for (struct sum *s = c->held->sum; s; s = s->next)
		s->read &= !(tables >> s->of->number & 1);
}

struct held *held_make(arena *a)
{
	struct held *h = NEW(a, struct held);
	h->rows = arena_create(ARENA_BYTES);
	h->sums = arena_create(ARENA_BYTES);
	forget_rows(h);
	return h;
}

void held_begin(dbc *c)
{
	c->held->open = c->held->rows && c->held->sums;
}

void held_write(dbc *c)
{
	uint32_t tables = 0;
	for (struct group *g = c->held ? c->held->first : NULL; g; g = g->next)
		tables |= 1u << g->table->number;
	if (tables)
		write_held(c, tables);
}

void held_keep(dbc *c)
{
	struct held *h = c->held;
	held_write(c);
	for (struct sum *s = h->sum; s; s = s->next) {
		amount_move(&s->kept, &s->own);
		s->risk = (struct amount){0};
	}
	forget_rows(h);
	h->open = false;
}

void held_undo(dbc *c)
{
	struct held *h = c->held;
	for (struct sum *s = h->sum; s; s = s->next) {
		s->own = (struct amount){0};
		amount_move(&s->kept, &s->risk);
		s->read = false;
	}
	forget_rows(h);
	h->dirty = 0;
	mark_sums(h);
	h->open = false;
}

void held_commit(dbc *c)
{
	write_held(c, UINT32_MAX);
}

void held_forget(dbc *c)
{
	forget_rows(c->held);
	forget_sums(c->held);
	c->held->dirty = 0;
	c->held->open = false;
}

void held_free(dbc *c)
{
	if (!c->held)
		return;
	arena_destroy(c->held->rows);
	arena_destroy(c->held->sums);
	c->held = NULL;
}

/* ---- rows ---- */

bool held_open(const dbc *c)
{
	return c->held && c->held->open;
}

static struct group *group_find(struct held *h, const struct held_table *t, int64_t key)
{
	for (struct group *g = h->first; g; g = g->next)
		if (g->table == t && g->key == key)
			return g;
	return NULL;
}

static struct group *group_new(arena *a, struct held_table *t, int64_t key)
{
	struct group *g = NEW(a, struct group);
	g->table = t;
	g->key = key;
	g->end = &g->first;
	return g;
}

static struct dbv copy(arena *a, struct dbv v)
{
	if (v.type == DB_TEXT || v.type == DB_BLOB)
		v.s = str_dup(a, v.s);
	return v;
}

static struct held_row *row_new(arena *a, struct group *g)
{
	struct held_row *r = NEW(a, struct held_row);
	r->table = g->table;
	*g->end = r;
	g->end = &r->next;
	return r;
}

static struct group *group_read(dbc *c, arena *a, struct held_table *t, int64_t key, int64_t second)
{
	struct group *g = group_new(a, t, key);
	const struct dbv keys[] = {D_INT(key), D_INT(second)};
	rows *r = db_query_args(c, t->get, keys, (size_t)t->n_keys);
	while (db_next(r)) {
		struct held_row *row = row_new(a, g);
		db_row(r, row->v, t->n_columns);
		for (int i = 0; i < t->n_columns; i++)
			row->v[i] = copy(a, row->v[i]);
	}
	db_done(r);
	return g;
}

static struct group *group_of(dbc *c, struct held_table *t, int64_t key, int64_t second)
{
	struct held *h = c->held;
	struct group *g = group_find(h, t, key);
	if (g)
		return g;
	g = group_read(c, h->rows, t, key, second);
	*h->end = g;
	h->end = &g->next;
	h->n_rows++;
	return g;
}

struct held_row *held_get(dbc *c, arena *a, struct held_table *t, int64_t key, int64_t second)
{
	return (held_open(c) ? group_of(c, t, key, second) : group_read(c, a, t, key, second))->first;
}

static bool same(struct dbv x, struct dbv y)
{
	return x.type == y.type && (x.type == DB_INT ? x.i == y.i : str_eq(x.s, y.s));
}

void held_set(dbc *c, struct held_row *r, int column, struct dbv v)
{
	if (same(r->v[column], v))
		return;
	r->changed |= 1u << column;
	if (held_open(c)) {
		r->v[column] = copy(c->held->rows, v);
		c->held->dirty |= 1u << r->table->number;
	} else {
		r->v[column] = v;
		update_row(c, r);
		r->changed = 0;
	}
}

void held_insert(dbc *c, struct held_table *t, const struct dbv *v)
{
	if (!held_open(c)) {
		db_exec_args(c, t->insert, v, (size_t)t->n_columns);
		return;
	}
	struct held_row *r = row_new(c->held->rows, group_of(c, t, v[0].i, v[1].i));
	for (int i = 0; i < t->n_columns; i++)
		r->v[i] = copy(c->held->rows, v[i]);
	r->fresh = true;
	c->held->dirty |= 1u << t->number;
}

/* ---- sums ---- */

static uint64_t key_hash(const struct held_sum *s, const struct dbv *keys)
{
	uint64_t h = (uintptr_t)s;
	for (int i = 0; i < s->n_keys; i++)
		h = keys[i].type == DB_INT ? (h ^ (uint64_t)keys[i].i) * 0x9e3779b97f4a7c15u
		                           : str_hash(keys[i].s, h);
	return h;
}

static struct sum *sum_of(struct held *h, struct held_sum *of, const struct dbv *keys)
{
	uint64_t hash = key_hash(of, keys);
	for (struct sum *s = h->sum; s; s = s->next) {
		bool found = s->hash == hash && s->of == of;
		for (int i = 0; i < of->n_keys && found; i++)
			found = same(s->key[i], keys[i]);
		if (found)
			return s;
	}
	struct sum *s = NEW(h->sums, struct sum);
	*s = (struct sum){.next = h->sum, .of = of, .hash = hash};
	for (int i = 0; i < of->n_keys; i++)
		s->key[i] = copy(h->sums, keys[i]);
	h->n_sums++;
	return h->sum = s;
}

void held_add(dbc *c, struct held_sum *s, const struct dbv *keys, const int64_t *amounts)
{
	struct sum once = {.of = s}, *at = held_open(c) ? sum_of(c->held, s, keys) : &once;
	at->own.n++;
	for (int i = 0; i < s->n_amounts; i++)
		at->own.v[i] += amounts[i];
	if (held_open(c)) {
		c->held->dirty |= 1u << s->number;
		return;
	}
	memcpy(once.key, keys, (size_t)s->n_keys * sizeof *keys);
	write_sum(c, &once);
}

int64_t held_sum(dbc *c, struct held_sum *s, const struct dbv *keys)
{
	struct sum *at = held_open(c) ? sum_of(c->held, s, keys) : NULL;
	if (at && !at->read) {
		at->written = db_query_int_args(c, s->get, 0, keys, (size_t)s->n_keys);
		at->read = !c->error;
	}
	return at ? at->written + at->kept.v[0] + at->own.v[0]
	          : db_query_int_args(c, s->get, 0, keys, (size_t)s->n_keys);
}

void held_trim(dbc *c)
{
	struct held *h = c->held;
	if (!held_open(c) || (h->n_rows <= ROWS_MAX && h->n_sums <= SUMS_MAX))
		return;
	write_held(c, UINT32_MAX);
	forget_rows(h);
	forget_written(h);
}
