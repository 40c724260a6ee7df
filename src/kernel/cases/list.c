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
 */
#include "kernel/cases/cases_in.h"
#include "kernel/cases/statements.h"
#include "kernel/search/search.h"

#include <stdlib.h>
#include <string.h>

#define FEW             1000 /* lines that are sorted rather than looked for in order */
#define WORD_FEW        2000 /* cases with a word, in all desks, that are read at once */
#define GROUPS_AT_FIRST 64

struct case_groups {
	struct case_group {
		str entity, service, state;
		int64_t n;
	} * at;
	size_t n, max;
};

/* Of one entity and state. */
struct group {
	str entity, state;
	int64_t n;   /* that the filter's service has */
	int64_t all; /* of every service */
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

/* Names repeat from row to row: each is kept once. */
static str again(arena *a, str before, str s)
{
	return before.p && str_eq(before, s) ? before : str_dup(a, s);
}

static void groups_take(rows *r, arena *a, struct case_groups *g)
{
	struct case_group last = {0};
	while (db_next(r)) {
		struct case_group *x = group_add(a, g);
		*x = (struct case_group){again(a, last.entity, db_text(r, 0)),
		                         again(a, last.service, db_text(r, 1)),
		                         again(a, last.state, db_text(r, 2)), db_int(r, 3)};
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

/* Rows come by entity, state and service. */
static struct groups groups_of(dbc *c, arena *a, const struct case_filter *f)
{
	const struct case_groups *all = f->groups ? f->groups : case_groups_read(c, a, f);
	struct groups out = {NEWN(a, struct group, all->n + 1), 0};
	struct group *last = NULL;
	str entity = {0};
	bool ours = false;
	for (size_t i = 0; i < all->n; i++) {
		const struct case_group *x = &all->at[i];
		if (x->entity.p != entity.p) /* kept once: see again */
			ours = of_entities(f, x->entity);
		entity = x->entity;
		if (!ours || (f->n_states && !among(f->states, f->n_states, x->state)))
			continue;
		bool same = last && last->state.p == x->state.p && last->entity.p == x->entity.p;
		if (!same && last && !last->n)
			out.n--; /* none of that service: its place is free */
		if (!same) {
			last = &out.at[out.n++];
			*last = (struct group){x->entity, x->state, 0, 0};
		}
		last->all += x->n;
		if (!f->service.n || str_eq(f->service, x->service))
			last->n += x->n;
	}
	if (last && !last->n)
		out.n--;
	return out;
}

/* ---- one group ---- */

static instant or (instant t, instant otherwise)
{
	return t ? t : otherwise;
}

#define COUNT_STATES 6 /* of one entity that are counted at once */

/* How many in that range of the index, in the states of these groups of one entity. */
static int64_t count_range(dbc *c, struct sql *q, const struct group *g, size_t n, int64_t from,
                           int64_t to, int64_t max)
{
	str state[COUNT_STATES] = {{0}};
	for (size_t i = 0; i < n && i < COUNT_STATES; i++)
		state[i] = g[i].state;
	return db_query_int(c, q, 0, D_TEXT(g->entity), D_TEXT(state[0]), D_INT(from), D_INT(to),
	                    D_INT(max), D_TEXT(state[1]), D_TEXT(state[2]), D_TEXT(state[3]),
	                    D_TEXT(state[4]), D_TEXT(state[5]));
}

/* Are there at most FEW in that range of the index? */
static bool few(dbc *c, struct sql *q, const struct group *g, int64_t from, int64_t to)
{
	return g->all <= FEW || count_range(c, q, g, 1, from, to, FEW + 1) <= FEW;
}

/* What is in this state has nobody: the index of holders leaves it out, but for what
 * somebody took all the same. */
static bool untaken(const struct group *g)
{
	return str_eq(g->state, STR("submitted"));
}

enum line_by { BY_ORDER, BY_OTHER_RANGE, BY_SERVICE, BY_HOLDER, BY_APPLICANT, LINE_BYS };

/* Which index for this group. */
static enum line_by line_by(dbc *c, const struct case_filter *f, const struct group *g)
{
	bool received = f->sort == CASE_BY_RECEIVED;
	if (f->applicant > 0)
		return BY_APPLICANT;
	if (f->holder > 0)
		return BY_HOLDER;
	if (f->service.n && (!received || g->n <= FEW))
		return BY_SERVICE;
	if (f->holder == 0 && !untaken(g) && few(c, &sql_line_count_held, g, 0, 0))
		return BY_HOLDER;
	if (received && (f->due_from || f->due_before) &&
	    few(c, &sql_line_count_due, g, f->due_from, or (f->due_before, INT64_MAX)))
		return BY_OTHER_RANGE;
	if (!received && (f->received_from || f->received_before) &&
	    few(c, &sql_line_count_received, g, f->received_from, or (f->received_before, INT64_MAX)))
		return BY_OTHER_RANGE;
	return BY_ORDER;
}

static struct sql *statement(dbc *c, const struct case_filter *f, const struct group *g)
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
	return all[line_by(c, f, g)][f->sort == CASE_BY_RECEIVED][f->descending];
}

static rows *query_group(dbc *c, const struct case_filter *f, const struct group *g, int64_t key,
                         int64_t id, size_t max)
{
	return db_query(c, statement(c, f, g), D_TEXT(g->entity), D_TEXT(g->state), D_INT(key),
	                D_INT(id), D_TEXT(f->service), D_INT(f->holder), D_INT(f->due_from),
	                D_INT(or (f->due_before, INT64_MAX)), D_INT(f->received_from),
	                D_INT(or (f->received_before, INT64_MAX)), D_INT(f->applicant),
	                D_INT((int64_t)max));
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

static size_t list_lines(dbc *c, arena *a, const struct case_filter *f, struct case_line *out,
                         size_t max)
{
	struct groups g = groups_of(c, a, f);
	struct case_filter there = from_there(f);
	int64_t key = f->more ? f->after_key : f->descending ? INT64_MAX : INT64_MIN;
	int64_t id = f->more ? f->after_id : f->descending ? INT64_MAX : 0;
	size_t n = 0;
	for (size_t i = 0; i < g.n && max; i++) {
		rows *r = query_group(c, &there, &g.at[i], key, id, max);
		while (db_next(r)) {
			struct case_line l;
			read_line(r, a, f, &l);
			if (n == max && compare(f, &l, &out[n - 1]) >= 0)
				break; /* the rest of this group comes later still */
			n = insert(f, out, n, max, &l);
		}
		db_done(r);
		if (n == max)
			narrow(&there, out[n - 1].key);
	}
	return n;
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

/* How many cases have the word, counted no further than it matters. */
static int64_t word_cases(dbc *c, str entity, str word, int64_t most)
{
	return db_query_int(c, &sql_word_count, 0, D_TEXT(entity), D_BLOB(word), D_INT(most));
}

#define WORDS_AT_ONCE 30 /* cases asked about one word together: as many as the statement takes */

/* Which of these few lines that are still `good` have the word; the others are no more. One
 * entity's are asked about together: an entity's words are its own. */
static void keep_with_word(dbc *c, const struct case_line *l, size_t n, str word, bool *good)
{
	bool has[WORDS_AT_ONCE] = {0}, asked[WORDS_AT_ONCE] = {0};
	for (size_t k = 0; k < n; k++) {
		struct dbv v[2 + WORDS_AT_ONCE] = {D_TEXT(l[k].entity), D_BLOB(word)};
		bool now[WORDS_AT_ONCE] = {0};
		if (asked[k] || !good[k])
			continue;
		for (size_t i = 0; i < WORDS_AT_ONCE; i++) {
			now[i] = i < n && good[i] && str_eq(l[i].entity, l[k].entity);
			asked[i] |= now[i];
			v[2 + i] = D_INT(now[i] ? l[i].id : 0);
		}
		rows *r = db_query_args(c, &sql_word_among, v, COUNT(v));
		while (db_next(r))
			for (size_t i = 0; i < n; i++)
				has[i] |= now[i] && l[i].id == db_int(r, 0);
		db_done(r);
	}
	for (size_t i = 0; i < n; i++)
		good[i] &= has[i];
}

void case_keep_words(dbc *c, const struct case_line *l, size_t n, const str *words, size_t n_words,
                     bool *good)
{
	for (size_t from = 0; from < n; from += WORDS_AT_ONCE)
		for (size_t w = 0; w < n_words; w++)
			keep_with_word(c, l + from, n - from < WORDS_AT_ONCE ? n - from : WORDS_AT_ONCE,
			               words[w], good + from);
}

/* The rarest word of the filter in these desks; -1 when even that is common. */
static ptrdiff_t rarest_word(dbc *c, const struct case_filter *f, const str *entity, size_t n)
{
	ptrdiff_t best = -1;
	int64_t least = WORD_FEW + 1;
	for (size_t w = 0; w < f->n_words; w++) {
		int64_t sum = 0;
		for (size_t i = 0; i < n && sum < least; i++)
			sum += word_cases(c, entity[i], f->words[w], least - sum);
		if (sum < least) {
			least = sum;
			best = (ptrdiff_t)w;
		}
	}
	return best;
}

/* All cases with a rare word, sorted here. */
static size_t rare_lines(dbc *c, arena *a, const struct case_filter *f, const str *entity,
                         size_t n_entities, size_t rarest, struct case_line *out, size_t max)
{
	struct case_line *all = NEWN(a, struct case_line, WORD_FEW);
	bool *good = NEWN(a, bool, WORD_FEW);
	size_t found = 0, n = 0;
	for (size_t i = 0; i < n_entities && found < WORD_FEW; i++) {
		rows *r = db_query(c, &sql_word_lines, D_TEXT(entity[i]), D_BLOB(f->words[rarest]),
		                   D_INT(WORD_FEW));
		while (found < WORD_FEW && db_next(r)) {
			read_line(r, a, f, &all[found]);
			if (lets_through(f, &all[found]) && behind(f, &all[found]))
				good[found++] = true;
		}
		db_done(r);
	}
	case_keep_words(c, all, found, f->words, rarest, good);
	case_keep_words(c, all, found, f->words + rarest + 1, f->n_words - rarest - 1, good);
	for (size_t i = 0; i < found; i++)
		if (good[i] && (n < max || compare(f, &all[i], &out[n - 1]) < 0))
			n = insert(f, out, n, max, &all[i]);
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

/* What nobody has taken, in these groups of one entity. */
static int64_t count_untaken(dbc *c, const struct group *g, size_t n, int64_t max)
{
	int64_t sum = count_range(c, &sql_line_count_held, g, n, 0, 0, max);
	for (size_t i = 0; i < n; i++)
		if (untaken(&g[i]))
			sum +=
			    g[i].all - count_range(c, &sql_line_count_held, &g[i], 1, 1, INT64_MAX, INT64_MAX);
	return sum;
}

/* One by one, in no order that matters. */
static int64_t count_lines(dbc *c, const struct case_filter *f, const struct group *g, int64_t max)
{
	int64_t n = 0;
	rows *r = query_group(c, f, g, f->descending ? INT64_MAX : INT64_MIN,
	                      f->descending ? INT64_MAX : 0, (size_t)max);
	while (db_next(r))
		n++;
	db_done(r);
	return n;
}

int64_t case_count(dbc *c, arena *a, const struct case_filter *f, bool *capped)
{
	int64_t sum = 0, from, to;
	struct sql *alone = count_alone(f, &from, &to);
	int64_t most = f->count_most ? f->count_most : alone ? CASE_COUNT_MAX : CASE_COUNT_SOME;
	struct groups g = groups_of(c, a, f);
	*capped = false;
	if (counted_already(f)) {
		for (size_t i = 0; i < g.n; i++)
			sum += g.at[i].n;
		return sum;
	}
	for (size_t i = 0, n; i < g.n && sum <= most; i += n) {
		n = alone ? same_entity(&g, i) : 1;
		sum += alone && f->holder == 0 ? count_untaken(c, &g.at[i], n, most + 1 - sum)
		       : alone ? count_range(c, alone, &g.at[i], n, from, to, most + 1 - sum)
		               : count_lines(c, f, &g.at[i], most + 1 - sum);
	}
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
		if (of_entities(f, g->at[i].entity))
			all[n++] = g->at[i].service;
	if (n)
		qsort(all, n, sizeof *all, by_text);
	for (size_t i = 0; i < n; i++)
		if (!kept || !str_eq(all[kept - 1], all[i]))
			all[kept++] = all[i];
	*out = all;
	return kept;
}

void case_names(dbc *c, arena *a, const struct case_line *l, size_t n, str *names)
{
	int64_t *id = NEWN(a, int64_t, n + 1);
	struct person_names *p = NEWN(a, struct person_names, n + 1);
	for (size_t i = 0; i < n; i++)
		id[i] = l[i].applicant;
	person_names(c, a, id, n, p);
	for (size_t i = 0; i < n; i++)
		if (p[i].known)
			names[i] = str_fmt(a, "%.*s | %.*s", STRF(p[i].en), STRF(p[i].ar));
}

#define REFERENCES_AT_ONCE 32 /* as many as the statement takes */

void case_references(dbc *c, arena *a, const struct case_line *l, size_t n, str *out)
{
	for (size_t from = 0; from < n; from += REFERENCES_AT_ONCE) {
		struct dbv id[REFERENCES_AT_ONCE];
		size_t some = n - from < REFERENCES_AT_ONCE ? n - from : REFERENCES_AT_ONCE;
		for (size_t i = 0; i < REFERENCES_AT_ONCE; i++)
			id[i] = D_INT(i < some ? l[from + i].id : 0);
		rows *r = db_query_args(c, &sql_line_references, id, REFERENCES_AT_ONCE);
		while (db_next(r))
			for (size_t i = from; i < from + some; i++)
				if (l[i].id == db_int(r, 0))
					out[i] = str_dup(a, db_text(r, 1));
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
