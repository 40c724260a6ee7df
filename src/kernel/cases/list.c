/*
 * list.c - the work lists of desks.
 *
 * case_count (the table) tells which groups (entity, state) have cases at all, and of which
 * services. Each group is one range of one index, read from where the last page ended; the
 * pages of the groups are merged here. So a list costs its page, not the table.
 *
 * Which index is read, how many lines it is expected to cost says: the one in the order of
 * the list is read on until the page is full, past what the filter does not let through;
 * any other is read whole, as far as its range goes, and sorted. The second is taken when
 * the range is short (FEW), for then the first might look long for what is rare.
 *
 * The groups are asked in rounds (next_round): all of a round in one journey to PostgreSQL,
 * each in the light of what the rounds before it found.
 */
#include "kernel/cases/cases_in.h"
#include "kernel/cases/statements.h"
#include "kernel/search/search.h"

#include <stdlib.h>
#include <string.h>

#define FEW             1000 /* lines that are sorted rather than looked for in order */
#define WORD_FEW        2000 /* cases with a word, in all desks, that are read at once */
#define GROUPS_AT_FIRST 64
#define PART_LEAST      6 /* lines of a group that are asked for at first */

#define STATES_MAX 32

struct case_groups {
	struct case_group {
		str entity, service, state;
		int64_t n;
	} * at;
	size_t n, max;
	str state[STATES_MAX]; /* each once */
	size_t n_states;
};

/* Of one entity and state. */
struct group {
	str entity, state;
	int64_t n;   /* that the filter's service has */
	int64_t all; /* of every service */
	/* of a list: after which line it goes on, and that it has no more that matter */
	int64_t key, id;
	bool done;
};

struct groups {
	struct group *at;
	size_t n;
};

static bool among(const str *list, size_t n, str s)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(list[i], s))
			return true;
	return false;
}

static bool wanted(const struct case_filter *f, str service, str state)
{
	return (!f->n_states || among(f->states, f->n_states, state)) &&
	       (!f->service.n || str_eq(f->service, service));
}

/* ---- what there is ---- */

static struct case_group *group_add(arena *a, struct case_groups *g)
{
	if (g->n == g->max) {
		struct case_group *more = NEWN(a, struct case_group, 2 * g->max + GROUPS_AT_FIRST);
		if (g->n)
			memcpy(more, g->at, g->n * sizeof *more);
		g->at = more;
		g->max = 2 * g->max + GROUPS_AT_FIRST;
	}
	return &g->at[g->n++];
}

/* Names repeat from row to row, and states all over: each is kept once. */
static str again(arena *a, str before, str s)
{
	return before.p && str_eq(before, s) ? before : str_dup(a, s);
}

static str state_again(arena *a, struct case_groups *g, str s)
{
	for (size_t i = 0; i < g->n_states; i++)
		if (str_eq(g->state[i], s))
			return g->state[i];
	s = str_dup(a, s);
	if (g->n_states < STATES_MAX)
		g->state[g->n_states++] = s;
	return s;
}

static void groups_take(rows *r, arena *a, struct case_groups *g)
{
	struct case_group last = {0};
	while (db_next(r)) {
		struct case_group *x = group_add(a, g);
		*x = (struct case_group){again(a, last.entity, db_text(r, 0)),
		                         again(a, last.service, db_text(r, 1)),
		                         state_again(a, g, db_text(r, 2)), db_int(r, 3)};
		last = *x;
	}
	db_done(r);
}

const struct case_groups *case_groups_read(dbc *c, arena *a, const struct case_filter *f)
{
	struct case_groups *g = NEW(a, struct case_groups);
	if (f->everywhere)
		groups_take(db_query_args(c, &sql_count_everywhere, NULL, 0), a, g);
	for (size_t i = 0; !f->everywhere && i < f->n_entities; i++)
		groups_take(db_query(c, &sql_count_of_entity, D_TEXT(f->entities[i])), a, g);
	return g;
}

size_t case_groups_entities(const struct case_groups *g, str *out, size_t max)
{
	size_t n = 0;
	for (size_t i = 0; i < g->n && n < max; i++)
		if (!n || !str_eq(out[n - 1], g->at[i].entity))
			out[n++] = g->at[i].entity;
	return n;
}

static bool of_entities(const struct case_filter *f, str entity)
{
	return f->everywhere || among(f->entities, f->n_entities, entity);
}

/* The group of that state among those of the entity that is read. */
static struct group *group_of(struct groups *out, size_t first, const struct case_group *x)
{
	for (size_t i = first; i < out->n; i++)
		if (out->at[i].state.p == x->state.p)
			return &out->at[i];
	out->at[out->n] = (struct group){.entity = x->entity, .state = x->state};
	return &out->at[out->n++];
}

/* Rows come by entity, service and state. */
static struct groups groups_of(dbc *c, arena *a, const struct case_filter *f)
{
	const struct case_groups *all = f->groups ? f->groups : case_groups_read(c, a, f);
	struct groups out = {NEWN(a, struct group, all->n + 1), 0};
	size_t first = 0, kept = 0;
	str entity = {0};
	bool ours = false;
	for (size_t i = 0; i < all->n; i++) {
		const struct case_group *x = &all->at[i];
		if (x->entity.p != entity.p) { /* kept once: see again */
			ours = of_entities(f, x->entity);
			first = out.n;
		}
		entity = x->entity;
		if (!ours || (f->n_states && !among(f->states, f->n_states, x->state)))
			continue;
		struct group *g = group_of(&out, first, x);
		g->all += x->n;
		if (!f->service.n || str_eq(f->service, x->service))
			g->n += x->n;
	}
	for (size_t i = 0; i < out.n; i++)
		if (out.at[i].n)
			out.at[kept++] = out.at[i];
	out.n = kept;
	return out;
}

/* ---- asking in rounds ---- */

#define QUESTION_VALUES 12

/* What is asked together. */
struct round {
	struct db_question q[DB_AT_ONCE_MAX];
	struct dbv v[DB_AT_ONCE_MAX][QUESTION_VALUES];
	size_t n;
};

/* How many are asked next: one first, as it may spare the others, then more and more. */
static size_t next_round(dbc *c, size_t before, size_t left)
{
	size_t n = before ? before * 4 : 1, most = db_at_once(c);
	n = n < most ? n : most;
	return n < left ? n : left;
}

#define round_add(r, q, ...)                                                                       \
	round_add_args((r), (q), (const struct dbv[]){__VA_ARGS__},                                    \
	               sizeof((const struct dbv[]){__VA_ARGS__}) / sizeof(struct dbv))

static void round_add_args(struct round *r, struct sql *q, const struct dbv *v, size_t n)
{
	memcpy(r->v[r->n], v, n * sizeof *v);
	r->q[r->n] = (struct db_question){q, r->v[r->n], n};
	r->n++;
}

/* Each answer is a number: there they are. */
static void take_number(void *ctx, size_t i, rows *r)
{
	((int64_t *)ctx)[i] = db_next(r) ? db_int(r, 0) : 0;
}

static void round_numbers(dbc *c, struct round *r, int64_t *out)
{
	db_query_each(c, r->q, r->n, take_number, out);
	r->n = 0;
}

/* ---- one group ---- */

static instant or (instant t, instant otherwise)
{
	return t ? t : otherwise;
}

#define COUNT_STATES 6 /* of one entity that are counted at once */

/* How many in that range of the index, in the states of these groups of one entity. */
static void add_count(struct round *r, struct sql *q, const struct group *g, size_t n, int64_t from,
                      int64_t to, int64_t max)
{
	str state[COUNT_STATES] = {{0}};
	for (size_t i = 0; i < n && i < COUNT_STATES; i++)
		state[i] = g[i].state;
	round_add(r, q, D_TEXT(g->entity), D_TEXT(state[0]), D_INT(from), D_INT(to), D_INT(max),
	          D_TEXT(state[1]), D_TEXT(state[2]), D_TEXT(state[3]), D_TEXT(state[4]),
	          D_TEXT(state[5]));
}

/* What is in this state has nobody: the index of holders leaves it out, but for what
 * somebody took all the same. */
static bool untaken(const struct group *g)
{
	return str_eq(g->state, STR("submitted"));
}

enum line_by {
	BY_ORDER,
	BY_OTHER_RANGE,
	BY_SERVICE,
	BY_HOLDER,
	BY_APPLICANT,
	LINE_BYS,
	UNDECIDED = LINE_BYS
};

/* An index that is read instead where its range is short. */
struct range {
	struct sql *count;
	int64_t from, to;
	enum line_by by;
};

/* Of those groups that are not decided yet: is it, by this range? The `all` of a group, or
 * as many as its service has, are no more than that without counting. */
static void decide_by(dbc *c, const struct range *x, bool service, const struct group *g, size_t n,
                      enum line_by *by)
{
	struct round r = {.n = 0};
	size_t of[DB_AT_ONCE_MAX];
	int64_t found[DB_AT_ONCE_MAX];
	for (size_t i = 0; i < n; i++) {
		if (by[i] != UNDECIDED || (x->by == BY_HOLDER && untaken(&g[i])))
			continue;
		if (!service && g[i].all <= FEW) {
			by[i] = x->by;
			continue;
		}
		of[r.n] = i;
		add_count(&r, x->count, &g[i], 1, x->from, x->to, (service ? g[i].n : FEW) + 1);
	}
	size_t asked = r.n;
	round_numbers(c, &r, found);
	for (size_t k = 0; k < asked; k++)
		if (found[k] <= (service ? g[of[k]].n : FEW))
			by[of[k]] = x->by;
}

/* The index, where nothing has to be counted for that. A service's cases are
 * in the order of their due time; by receipt, few are sorted. */
static enum line_by decide(const struct case_filter *f)
{
	bool received = f->sort == CASE_BY_RECEIVED;
	if (f->applicant > 0)
		return BY_APPLICANT;
	if (f->holder > 0)
		return BY_HOLDER;
	return f->service.n && !received ? BY_SERVICE : UNDECIDED;
}

/* Which index for each of these groups (at most DB_AT_ONCE_MAX). */
static void decide_all(dbc *c, const struct case_filter *f, const struct group *g, size_t n,
                       enum line_by *by)
{
	bool received = f->sort == CASE_BY_RECEIVED;
	struct range due = {&sql_line_count_due, f->due_from, or (f->due_before, INT64_MAX),
	                    BY_OTHER_RANGE},
	             submitted = {&sql_line_count_received, f->received_from,
	                          or (f->received_before, INT64_MAX), BY_OTHER_RANGE},
	             nobody = {&sql_line_count_held, 0, 0, BY_HOLDER};
	for (size_t i = 0; i < n; i++)
		by[i] = decide(f);
	if (f->service.n && received && (f->received_from || f->received_before)) {
		submitted.by = BY_ORDER; /* where the order's own range has fewer than the service */
		decide_by(c, &submitted, true, g, n, by);
	}
	for (size_t i = 0; i < n; i++)
		if (by[i] == UNDECIDED && f->service.n && g[i].n <= FEW)
			by[i] = BY_SERVICE;
	if (f->holder == 0)
		decide_by(c, &nobody, false, g, n, by);
	if (received && (f->due_from || f->due_before))
		decide_by(c, &due, false, g, n, by);
	if (!received && (f->received_from || f->received_before))
		decide_by(c, &submitted, false, g, n, by);
	for (size_t i = 0; i < n; i++)
		if (by[i] == UNDECIDED)
			by[i] = BY_ORDER;
}

static struct sql *statement(const struct case_filter *f, enum line_by by)
{
	static struct sql *const all[LINE_BYS][2][2] = {
	    [BY_ORDER] = {{&sql_line_due_up, &sql_line_due_down},
	                  {&sql_line_received_up, &sql_line_received_down}},
	    [BY_OTHER_RANGE] = {{&sql_line_by_received_due_up, &sql_line_by_received_due_down},
	                        {&sql_line_by_due_received_up, &sql_line_by_due_received_down}},
	    [BY_SERVICE] = {{&sql_line_service_due_up, &sql_line_service_due_down},
	                    {&sql_line_service_received_up, &sql_line_service_received_down}},
	    [BY_HOLDER] = {{&sql_line_holder_due_up, &sql_line_holder_due_down},
	                   {&sql_line_holder_received_up, &sql_line_holder_received_down}},
	    [BY_APPLICANT] = {{&sql_line_applicant_due_up, &sql_line_applicant_due_down},
	                      {&sql_line_applicant_received_up, &sql_line_applicant_received_down}},
	};
	return all[by][f->sort == CASE_BY_RECEIVED][f->descending];
}

/* After which line a list begins: the one before it or, from the start, none; but no
 * earlier than the filter's range, for a database begins to read at that line, not at the
 * range, and would pass by all that lies between. */
static void begin(const struct case_filter *f, struct groups *g)
{
	bool due = f->sort == CASE_BY_DUE;
	instant from = due ? f->due_from : f->received_from;
	instant before = or (due ? f->due_before : f->received_before, INT64_MAX);
	int64_t key = f->more ? f->after_key : f->descending ? INT64_MAX : INT64_MIN;
	int64_t id = f->more ? f->after_id : f->descending ? INT64_MAX : 0;
	if (f->descending && key >= before) {
		key = before - 1;
		id = INT64_MAX;
	}
	if (!f->descending && key < from) {
		key = from;
		id = 0;
	}
	for (size_t i = 0; i < g->n; i++) {
		g->at[i].key = key;
		g->at[i].id = id;
	}
}

/* The next lines of each of these groups. */
static void ask_groups(dbc *c, const struct case_filter *f, const struct group *g, size_t n,
                       size_t max, void (*take)(void *ctx, size_t i, rows *r), void *ctx)
{
	enum line_by by[DB_AT_ONCE_MAX];
	struct round r = {.n = 0};
	decide_all(c, f, g, n, by);
	for (size_t i = 0; i < n; i++)
		round_add(&r, statement(f, by[i]), D_TEXT(g[i].entity), D_TEXT(g[i].state), D_INT(g[i].key),
		          D_INT(g[i].id), D_TEXT(f->service), D_INT(f->holder), D_INT(f->due_from),
		          D_INT(or (f->due_before, INT64_MAX)), D_INT(f->received_from),
		          D_INT(or (f->received_before, INT64_MAX)), D_INT(f->applicant),
		          D_INT((int64_t)max));
	db_query_each(c, r.q, r.n, take, ctx);
}

/* What comes after a line also has a key no smaller, or no greater: the range that the
 * index reads begins there, and not where the filter does. */
static struct case_filter from_there(const struct case_filter *f)
{
	struct case_filter g = *f;
	instant *from = f->sort == CASE_BY_DUE ? &g.due_from : &g.received_from;
	instant *before = f->sort == CASE_BY_DUE ? &g.due_before : &g.received_before;
	if (f->more && !f->descending && *from < f->after_key)
		*from = f->after_key;
	if (f->more && f->descending && f->after_key < INT64_MAX &&
	    (!*before || *before > f->after_key + 1))
		*before = f->after_key + 1;
	return g;
}

static void read_line(rows *r, arena *a, const struct case_filter *f, struct case_line *l)
{
	*l = (struct case_line){
	    .id = db_int(r, 0),
	    .applicant = db_int(r, 1),
	    .holder = db_int(r, 2),
	    .entity = str_dup(a, db_text(r, 3)),
	    .service = str_dup(a, db_text(r, 4)),
	    .state = str_dup(a, db_text(r, 5)),
	    .due = db_int(r, 6),
	    .submitted = db_int(r, 7),
	};
	l->key = f->sort == CASE_BY_DUE ? l->due : l->submitted;
	if (l->due >= CASE_NO_DUE)
		l->due = 0;
}

/* ---- merging ---- */

static int compare(const struct case_filter *f, const struct case_line *x,
                   const struct case_line *y)
{
	int c = x->key != y->key ? (x->key < y->key ? -1 : 1)
	        : x->id != y->id ? (x->id < y->id ? -1 : 1)
	                         : 0;
	return f->descending ? -c : c;
}

/* Puts a line into its place among the best `max`; a case of two desks is once. */
static size_t insert(const struct case_filter *f, struct case_line *out, size_t n, size_t max,
                     const struct case_line *l)
{
	size_t at = n;
	while (at > 0 && compare(f, l, &out[at - 1]) < 0)
		at--;
	if (at == max || (at > 0 && out[at - 1].id == l->id))
		return n;
	size_t last = n < max ? n : max - 1;
	for (size_t i = last; i > at; i--)
		out[i] = out[i - 1];
	out[at] = *l;
	return n < max ? n + 1 : n;
}

/* The page is full: of the groups to come only what stands before its last line matters. */
static void narrow(struct case_filter *f, int64_t last)
{
	instant *from = f->sort == CASE_BY_DUE ? &f->due_from : &f->received_from;
	instant *before = f->sort == CASE_BY_DUE ? &f->due_before : &f->received_before;
	if (f->descending && *from < last)
		*from = last;
	if (!f->descending && last < INT64_MAX && (!*before || *before > last + 1))
		*before = last + 1;
}

struct merging {
	arena *a;
	const struct case_filter *f;
	struct case_line *out, *more, *both; /* `max` each */
	size_t n, max;
	struct group *asked;
	size_t part; /* how many lines each was asked for */
};

/* Two lists in order become one, as far as it is wanted; a case of two desks is once. */
static void merge(struct merging *m, size_t n_more)
{
	size_t i = 0, k = 0, n = 0;
	while (n < m->max && (i < m->n || k < n_more)) {
		int c = i == m->n ? 1 : k == n_more ? -1 : compare(m->f, &m->out[i], &m->more[k]);
		m->both[n++] = c > 0 ? m->more[k] : m->out[i];
		i += c <= 0;
		k += c >= 0;
	}
	memcpy(m->out, m->both, n * sizeof *m->out);
	m->n = n;
}

static void take_lines(void *ctx, size_t i, rows *r)
{
	struct merging *m = ctx;
	struct group *g = &m->asked[i];
	size_t n = 0;
	while (n < m->part && db_next(r)) {
		struct case_line *l = &m->more[n];
		read_line(r, m->a, m->f, l);
		if (m->n == m->max && compare(m->f, l, &m->out[m->n - 1]) >= 0)
			break; /* the rest of this group comes later still */
		n++;
	}
	g->done = n < m->part;
	if (!n)
		return;
	g->key = m->more[n - 1].key;
	g->id = m->more[n - 1].id;
	merge(m, n);
}

/* Keeps the groups that may have more lines of this page. */
static void keep_open(const struct merging *m, struct groups *g)
{
	size_t kept = 0;
	for (size_t i = 0; i < g->n; i++) {
		struct case_line last = {.key = g->at[i].key, .id = g->at[i].id};
		bool full = m->n == m->max && compare(m->f, &last, &m->out[m->n - 1]) >= 0;
		if (!g->at[i].done && !full)
			g->at[kept++] = g->at[i];
	}
	g->n = kept;
}

/* Of each group first about as much as it will give to the page, if they are alike, and
 * then more of those that gave all of it. */
static size_t list_lines(dbc *c, arena *a, const struct case_filter *f, struct case_line *out,
                         size_t max)
{
	struct groups g = groups_of(c, a, f);
	struct case_filter there = from_there(f);
	struct merging m = {.a = a,
	                    .f = f,
	                    .out = out,
	                    .more = NEWN(a, struct case_line, max + 1),
	                    .both = NEWN(a, struct case_line, max + 1),
	                    .max = max};
	begin(&there, &g);
	m.part = max && g.n ? 2 * max / g.n + PART_LEAST : 0;
	for (; g.n && max; m.part *= 4) {
		m.part = m.part < max ? m.part : max;
		for (size_t from = 0, n = 0; from < g.n; from += n) {
			n = next_round(c, n, g.n - from);
			m.asked = g.at + from;
			ask_groups(c, &there, m.asked, n, m.part, take_lines, &m);
			if (m.n == max)
				narrow(&there, out[max - 1].key);
		}
		keep_open(&m, &g);
	}
	return m.n;
}

/* ---- words ---- */

static bool behind(const struct case_filter *f, const struct case_line *l)
{
	struct case_line last = {.key = f->after_key, .id = f->after_id};
	return !f->more || compare(f, l, &last) > 0;
}

static bool lets_through(const struct case_filter *f, const struct case_line *l)
{
	instant due = l->due ? l->due : CASE_NO_DUE;
	bool good = wanted(f, l->service, l->state) && (f->holder < 0 || f->holder == l->holder);
	good = good && (!f->applicant || f->applicant == l->applicant);
	good = good && due >= f->due_from && due < or (f->due_before, INT64_MAX);
	good = good && l->submitted >= f->received_from;
	return good && l->submitted < or (f->received_before, INT64_MAX);
}

static size_t entities_of(dbc *c, arena *a, const struct case_filter *f, str **out)
{
	struct groups g = groups_of(c, a, f);
	size_t n = 0;
	*out = NEWN(a, str, g.n + 1);
	for (size_t i = 0; i < g.n; i++)
		if (!n || (*out)[n - 1].p != g.at[i].entity.p)
			(*out)[n++] = g.at[i].entity;
	return n;
}

#define WORDS_AT_ONCE 15 /* cases asked about one word together: as many as the statement takes */
#define WORD_BLOCK    (DB_AT_ONCE_MAX * WORDS_AT_ONCE)

struct having {
	size_t n;
	bool *good;
};

static void take_having(void *ctx, size_t i, rows *r)
{
	struct having *h = ctx;
	bool some = db_next(r);
	for (size_t k = 0, at = i * WORDS_AT_ONCE; k < WORDS_AT_ONCE && at < h->n; k++, at++)
		h->good[at] &= some && !db_is_null(r, (int)k);
}

/* Which of these lines that are still `good` have the word; the others are no more. */
static void keep_with_word(dbc *c, const struct case_line *l, size_t n, str word, bool *good)
{
	struct db_question q[DB_AT_ONCE_MAX];
	struct dbv v[DB_AT_ONCE_MAX][1 + 2 * WORDS_AT_ONCE];
	size_t asked = (n + WORDS_AT_ONCE - 1) / WORDS_AT_ONCE;
	for (size_t i = 0; i < asked; i++) {
		v[i][0] = D_BLOB(word);
		for (size_t k = 0, at = i * WORDS_AT_ONCE; k < WORDS_AT_ONCE; k++, at++) {
			bool ask = at < n && good[at];
			v[i][1 + 2 * k] = D_TEXT(ask ? l[at].entity : (str){0});
			v[i][2 + 2 * k] = D_INT(ask ? l[at].id : 0);
		}
		q[i] = (struct db_question){&sql_word_among, v[i], 1 + 2 * WORDS_AT_ONCE};
	}
	db_query_each(c, q, asked, take_having, &(struct having){n, good});
}

void case_keep_words(dbc *c, const struct case_line *l, size_t n, const str *words, size_t n_words,
                     bool *good)
{
	for (size_t from = 0; from < n; from += WORD_BLOCK)
		for (size_t w = 0; w < n_words; w++)
			keep_with_word(c, l + from, n - from < WORD_BLOCK ? n - from : WORD_BLOCK, words[w],
			               good + from);
}

/* How many cases of these desks have the word, counted no further than it matters. */
static int64_t word_cases(dbc *c, const str *entity, size_t n_entities, str word, int64_t most)
{
	int64_t sum = 0, found[DB_AT_ONCE_MAX];
	for (size_t from = 0, n = 0; from < n_entities && sum < most; from += n) {
		struct round r = {.n = 0};
		n = next_round(c, n, n_entities - from);
		for (size_t i = from; i < from + n; i++)
			round_add(&r, &sql_word_count, D_TEXT(entity[i]), D_BLOB(word), D_INT(most - sum));
		round_numbers(c, &r, found);
		for (size_t i = 0; i < n; i++)
			sum += found[i];
	}
	return sum;
}

/* The rarest word of the filter in these desks; -1 when even that is common. */
static ptrdiff_t rarest_word(dbc *c, const struct case_filter *f, const str *entity, size_t n)
{
	ptrdiff_t best = -1;
	int64_t least = WORD_FEW + 1;
	for (size_t w = 0; w < f->n_words; w++) {
		int64_t sum = word_cases(c, entity, n, f->words[w], least);
		if (sum < least) {
			least = sum;
			best = (ptrdiff_t)w;
		}
	}
	return best;
}

struct rare {
	arena *a;
	const struct case_filter *f;
	struct case_line *all; /* WORD_FEW */
	bool *good;
	size_t n;
};

static void take_rare(void *ctx, size_t i, rows *r)
{
	struct rare *x = ctx;
	(void)i;
	while (x->n < WORD_FEW && db_next(r)) {
		read_line(r, x->a, x->f, &x->all[x->n]);
		if (lets_through(x->f, &x->all[x->n]) && behind(x->f, &x->all[x->n]))
			x->good[x->n++] = true;
	}
}

/* All cases with a rare word, sorted here. */
static size_t rare_lines(dbc *c, arena *a, const struct case_filter *f, const str *entity,
                         size_t n_entities, size_t rarest, struct case_line *out, size_t max)
{
	struct rare x = {a, f, NEWN(a, struct case_line, WORD_FEW), NEWN(a, bool, WORD_FEW), 0};
	size_t n = 0;
	for (size_t from = 0, some = 0; from < n_entities; from += some) {
		struct round r = {.n = 0};
		some = next_round(c, some, n_entities - from);
		for (size_t i = from; i < from + some; i++)
			round_add(&r, &sql_word_lines, D_TEXT(entity[i]), D_BLOB(f->words[rarest]),
			          D_INT(WORD_FEW));
		db_query_each(c, r.q, r.n, take_rare, &x);
	}
	case_keep_words(c, x.all, x.n, f->words, rarest, x.good);
	case_keep_words(c, x.all, x.n, f->words + rarest + 1, f->n_words - rarest - 1, x.good);
	for (size_t i = 0; i < x.n; i++)
		if (x.good[i] && (n < max || compare(f, &x.all[i], &out[n - 1]) < 0))
			n = insert(f, out, n, max, &x.all[i]);
	return n;
}

size_t case_list(dbc *c, arena *a, const struct case_filter *f, struct case_line *out, size_t max)
{
	str *entity;
	if (!f->n_words)
		return list_lines(c, a, f, out, max);
	size_t n = entities_of(c, a, f, &entity);
	ptrdiff_t rarest = rarest_word(c, f, entity, n);
	return rare_lines(c, a, f, entity, n, rarest < 0 ? 0 : (size_t)rarest, out, max);
}

bool case_words_common(dbc *c, arena *a, const struct case_filter *f)
{
	str *entity;
	size_t n = entities_of(c, a, f, &entity);
	return f->n_words && rarest_word(c, f, entity, n) < 0;
}

/* ---- counting ---- */

static bool counted_already(const struct case_filter *f)
{
	return f->holder < 0 && !f->applicant && !f->due_from && !f->due_before && !f->received_from &&
	       !f->received_before;
}

/* When only one thing is asked, an index has the answer without the rows. */
static struct sql *count_alone(const struct case_filter *f, int64_t *from, int64_t *to)
{
	bool due = f->due_from || f->due_before, received = f->received_from || f->received_before;
	if (f->service.n || f->applicant || due + received + (f->holder >= 0) != 1)
		return NULL;
	*from = due ? f->due_from : received ? f->received_from : f->holder;
	*to = due        ? or (f->due_before, INT64_MAX)
	      : received ? or (f->received_before, INT64_MAX)
	                 : f->holder;
	return due ? &sql_line_count_due : received ? &sql_line_count_received : &sql_line_count_held;
}

/* The groups from this one on that are of the same entity, as many as are counted at once. */
static size_t same_entity(const struct groups *g, size_t from)
{
	size_t n = 1;
	while (n < COUNT_STATES && from + n < g->n && g->at[from + n].entity.p == g->at[from].entity.p)
		n++;
	return n;
}

static void take_count(void *ctx, size_t i, rows *r)
{
	(void)i;
	while (db_next(r))
		++*(int64_t *)ctx;
}

/* From the index alone. What nobody has taken is mostly not in it (untaken): of that, all
 * but what somebody took. */
static int64_t count_ranges(dbc *c, const struct case_filter *f, const struct groups *g,
                            int64_t most)
{
	int64_t sum = 0, from, to, found[DB_AT_ONCE_MAX], sign[DB_AT_ONCE_MAX];
	struct sql *q = count_alone(f, &from, &to);
	for (size_t at = 0, n = 0; at < g->n && sum <= most;) {
		struct round r = {.n = 0};
		n = next_round(c, n, DB_AT_ONCE_MAX);
		for (size_t some; at < g->n && r.n < n && r.n + 1 + COUNT_STATES <= DB_AT_ONCE_MAX;
		     at += some) {
			some = same_entity(g, at);
			sign[r.n] = 1;
			add_count(&r, q, &g->at[at], some, from, to, most + 1 - sum);
			for (size_t i = at; i < at + some && f->holder == 0; i++) {
				if (!untaken(&g->at[i]))
					continue;
				sum += g->at[i].all;
				sign[r.n] = -1;
				add_count(&r, q, &g->at[i], 1, 1, INT64_MAX, INT64_MAX);
			}
		}
		size_t asked = r.n;
		round_numbers(c, &r, found);
		for (size_t i = 0; i < asked; i++)
			sum += sign[i] * found[i];
	}
	return sum;
}

/* One by one, in no order that matters. */
static int64_t count_lines(dbc *c, const struct case_filter *f, struct groups *g, int64_t most)
{
	int64_t sum = 0;
	struct case_filter all = *f;
	all.more = false;
	begin(&all, g);
	for (size_t from = 0, n = 0; from < g->n && sum <= most; from += n) {
		n = next_round(c, n, g->n - from);
		ask_groups(c, &all, g->at + from, n, (size_t)(most + 1 - sum), take_count, &sum);
	}
	return sum;
}

int64_t case_count(dbc *c, arena *a, const struct case_filter *f, bool *capped)
{
	int64_t sum = 0, from, to;
	bool alone = count_alone(f, &from, &to) != NULL;
	int64_t most = f->count_most ? f->count_most : alone ? CASE_COUNT_MAX : CASE_COUNT_SOME;
	struct groups g = groups_of(c, a, f);
	*capped = false;
	if (counted_already(f)) {
		for (size_t i = 0; i < g.n; i++)
			sum += g.at[i].n;
		return sum;
	}
	sum = alone ? count_ranges(c, f, &g, most) : count_lines(c, f, &g, most);
	*capped = sum > most;
	return *capped ? most : sum;
}

json *case_counts(dbc *c, arena *a, const struct case_filter *f)
{
	const struct case_groups *g = f->groups ? f->groups : case_groups_read(c, a, f);
	json *list = json_array(a);
	for (size_t i = 0; i < g->n; i++) {
		if (!wanted(f, g->at[i].service, g->at[i].state) || !of_entities(f, g->at[i].entity))
			continue;
		json *v = json_object(a);
		json_set_str(a, v, "entity", g->at[i].entity);
		json_set_str(a, v, "service", g->at[i].service);
		json_set_str(a, v, "state", g->at[i].state);
		json_set_int(a, v, "n", g->at[i].n);
		json_push(list, v);
	}
	return list;
}

static int by_text(const void *x, const void *y)
{
	return str_cmp(*(const str *)x, *(const str *)y);
}

size_t case_services(dbc *c, arena *a, const struct case_filter *f, str **out)
{
	const struct case_groups *g = f->groups ? f->groups : case_groups_read(c, a, f);
	str *all = NEWN(a, str, g->n + 1);
	size_t n = 0, kept = 0;
	for (size_t i = 0; i < g->n; i++)
		if ((!n || all[n - 1].p != g->at[i].service.p) && of_entities(f, g->at[i].entity))
			all[n++] = g->at[i].service;
	if (n)
		qsort(all, n, sizeof *all, by_text);
	for (size_t i = 0; i < n; i++)
		if (!kept || !str_eq(all[kept - 1], all[i]))
			all[kept++] = all[i];
	*out = all;
	return kept;
}

void case_names(dbc *c, arena *a, const struct case_line *l, size_t n, const bool *good, str *names)
{
	int64_t *id = NEWN(a, int64_t, n + 1);
	struct person_names *p = NEWN(a, struct person_names, n + 1);
	for (size_t i = 0; i < n; i++)
		id[i] = good[i] ? l[i].applicant : 0;
	person_names(c, a, id, n, p);
	for (size_t i = 0; i < n; i++)
		if (p[i].known)
			names[i] = str_fmt(a, "%.*s | %.*s", STRF(p[i].en), STRF(p[i].ar));
}

#define REFERENCES_AT_ONCE 32 /* as many as the statement takes */

void case_references(dbc *c, arena *a, const struct case_line *l, size_t n, str *out,
                     str *outcomes)
{
	for (size_t from = 0; from < n; from += REFERENCES_AT_ONCE) {
		struct dbv id[REFERENCES_AT_ONCE];
		size_t some = n - from < REFERENCES_AT_ONCE ? n - from : REFERENCES_AT_ONCE;
		for (size_t i = 0; i < REFERENCES_AT_ONCE; i++)
			id[i] = D_INT(i < some ? l[from + i].id : 0);
		rows *r = db_query_args(c, &sql_line_references, id, REFERENCES_AT_ONCE);
		while (db_next(r))
			for (size_t i = from; i < from + some; i++)
				if (l[i].id == db_int(r, 0)) {
					out[i] = str_dup(a, db_text(r, 1));
					outcomes[i] = str_dup(a, db_text(r, 2));
				}
		db_done(r);
	}
}

size_t case_entities(dbc *c, arena *a, int64_t id, str *out, size_t max)
{
	size_t n = 0;
	const struct held_row *d = held_get(c, a, &case_desk, id, 0);
	for (; d && n < max; d = d->next)
		out[n++] = str_dup(a, d->v[DESK_entity].s);
	return n;
}

/* ---- what was done ---- */

struct case_done case_done_count(dbc *c, const struct case_done_filter *f)
{
	struct case_done d = {0};
	rows *r = db_query(c, &sql_task_done_count, D_TEXT(f->entity), D_INT(f->from), D_INT(f->to),
	                   D_TEXT(f->service), D_TEXT(f->role), D_INT(f->officer));
	while (db_next(r)) {
		bool back = str_eq(db_text(r, 0), STR("return"));
		bool no = str_eq(db_text(r, 0), STR("reject"));
		*(back ? &d.returned : no ? &d.rejected : &d.onward) += db_int(r, 1);
	}
	db_done(r);
	return d;
}
