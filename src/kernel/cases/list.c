/*
 * list.c - the work lists of desks.
 *
 * case_count tells which groups (entity, state) have cases at all. Each group is
 * one range of one index, read from where the last page ended; the pages of the
 * groups are merged here. So a list costs its page, not the table.
 */
#include "kernel/cases/cases_in.h"
#include "kernel/cases/statements.h"
#include "kernel/search/search.h"

#define SEARCH_CASES_MAX 2000 /* with the rarest word; older ones are not looked at */

struct group {
	str entity, service, state;
	int64_t n;
};

struct groups {
	struct group *at;
	size_t n, max;
};

static bool wanted(const struct case_filter *f, str service, str state)
{
	bool any = !f->n_states;
	for (size_t i = 0; i < f->n_states && !any; i++)
		any = str_eq(f->states[i], state);
	return any && (!f->service.n || str_eq(f->service, service));
}

static void read_groups(rows *r, arena *a, const struct case_filter *f, struct groups *out)
{
	while (out->n < out->max && db_next(r))
		if (wanted(f, db_text(r, 1), db_text(r, 2)))
			out->at[out->n++] = (struct group){str_dup(a, db_text(r, 0)), str_dup(a, db_text(r, 1)),
			                                   str_dup(a, db_text(r, 2)), db_int(r, 3)};
	db_done(r);
}

static struct groups *groups_of(dbc *c, arena *a, const struct case_filter *f)
{
	struct groups *g = NEW(a, struct groups);
	g->max = (size_t)db_query_int_args(c, &sql_count_groups, 0, NULL, 0);
	g->at = NEWN(a, struct group, g->max + 1);
	if (f->everywhere)
		read_groups(db_query_args(c, &sql_count_everywhere, NULL, 0), a, f, g);
	for (size_t i = 0; !f->everywhere && i < f->n_entities; i++)
		read_groups(db_query(c, &sql_count_of_entity, D_TEXT(f->entities[i])), a, f, g);
	return g;
}

/* The same without telling services apart: they come by entity, state and service. */
static void merge_services(struct groups *g)
{
	size_t kept = 0;
	for (size_t i = 0; i < g->n; i++) {
		struct group *last = kept ? &g->at[kept - 1] : NULL;
		if (last && str_eq(last->entity, g->at[i].entity) && str_eq(last->state, g->at[i].state))
			last->n += g->at[i].n;
		else
			g->at[kept++] = g->at[i];
	}
	g->n = kept;
}

/* ---- one group ---- */

static struct sql *statement(const struct case_filter *f)
{
	static struct sql *const all[3][2][2] = {
	    {{&sql_line_due_up, &sql_line_due_down}, {&sql_line_received_up, &sql_line_received_down}},
	    {{&sql_line_service_due_up, &sql_line_service_due_down},
	     {&sql_line_service_received_up, &sql_line_service_received_down}},
	    {{&sql_line_holder_due_up, &sql_line_holder_due_down},
	     {&sql_line_holder_received_up, &sql_line_holder_received_down}},
	};
	bool received = f->sort == CASE_BY_RECEIVED;
	int by = f->holder >= 0 ? 2 : f->service.n && !received ? 1 : 0;
	return all[by][received][f->descending];
}

static instant or (instant t, instant otherwise)
{
	return t ? t : otherwise;
}

static rows *query_group(dbc *c, struct sql *q, const struct case_filter *f, const struct group *g,
                         int64_t key, int64_t id, size_t max)
{
	return db_query(c, q, D_TEXT(g->entity), D_TEXT(g->state), D_INT(key), D_INT(id),
	                D_TEXT(f->service), D_INT(f->holder), D_INT(f->due_from),
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

size_t case_list(dbc *c, arena *a, const struct case_filter *f, struct case_line *out, size_t max)
{
	struct groups *g = groups_of(c, a, f);
	struct case_filter there = from_there(f);
	int64_t key = f->more ? f->after_key : f->descending ? INT64_MAX : INT64_MIN;
	int64_t id = f->more ? f->after_id : f->descending ? INT64_MAX : 0;
	size_t n = 0;
	merge_services(g);
	for (size_t i = 0; i < g->n && max; i++) {
		rows *r = query_group(c, statement(f), &there, &g->at[i], key, id, max);
		while (db_next(r)) {
			struct case_line l;
			read_line(r, a, f, &l);
			if (n == max && compare(f, &l, &out[n - 1]) >= 0)
				break; /* the rest of this group comes later still */
			n = insert(f, out, n, max, &l);
		}
		db_done(r);
	}
	return n;
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

static rows *count_group(dbc *c, const struct case_filter *f, const struct group *g, size_t max)
{
	int64_t from, to;
	struct sql *alone = count_alone(f, &from, &to);
	if (alone)
		return db_query(c, alone, D_TEXT(g->entity), D_TEXT(g->state), D_INT(from), D_INT(to),
		                D_INT((int64_t)max));
	return query_group(c,
	                   f->holder >= 0 ? &sql_line_count_holder
	                   : f->service.n ? &sql_line_count_service
	                                  : &sql_line_count,
	                   f, g, 0, 0, max);
}

int64_t case_count(dbc *c, arena *a, const struct case_filter *f, bool *capped)
{
	struct groups *g = groups_of(c, a, f);
	int64_t sum = 0;
	*capped = false;
	if (counted_already(f)) {
		for (size_t i = 0; i < g->n; i++)
			sum += g->at[i].n;
		return sum;
	}
	merge_services(g);
	for (size_t i = 0; i < g->n && sum <= CASE_COUNT_MAX; i++) {
		rows *r = count_group(c, f, &g->at[i], (size_t)(CASE_COUNT_MAX + 1 - sum));
		sum += db_next(r) ? db_int(r, 0) : 0;
		db_done(r);
	}
	*capped = sum > CASE_COUNT_MAX;
	return *capped ? CASE_COUNT_MAX : sum;
}

json *case_counts(dbc *c, arena *a, const struct case_filter *f)
{
	struct groups *g = groups_of(c, a, f);
	json *list = json_array(a);
	for (size_t i = 0; i < g->n; i++) {
		json *v = json_object(a);
		json_set_str(a, v, "entity", g->at[i].entity);
		json_set_str(a, v, "service", g->at[i].service);
		json_set_str(a, v, "state", g->at[i].state);
		json_set_int(a, v, "n", g->at[i].n);
		json_push(list, v);
	}
	return list;
}

/* ---- words ---- */

static bool lets_through(const struct case_filter *f, const struct case_line *l)
{
	instant due = l->due ? l->due : CASE_NO_DUE;
	return wanted(f, l->service, l->state) && (f->holder < 0 || f->holder == l->holder) &&
	           (!f->applicant || f->applicant == l->applicant) && due >= f->due_from && due < or
	       (f->due_before, INT64_MAX) && l->submitted >= f->received_from && l->submitted < or
	       (f->received_before, INT64_MAX);
}

static size_t entities_of(dbc *c, arena *a, const struct case_filter *f, str *out, size_t max)
{
	size_t n = 0;
	if (!f->everywhere) {
		for (; n < f->n_entities && n < max; n++)
			out[n] = f->entities[n];
		return n;
	}
	struct groups *g = groups_of(c, a, f);
	for (size_t i = 0; i < g->n && n < max; i++)
		if (!n || !str_eq(out[n - 1], g->at[i].entity))
			out[n++] = g->at[i].entity;
	return n;
}

/* How many cases have the word, counted no further than it matters. */
static int64_t word_cases(dbc *c, str entity, str word)
{
	return db_query_int(c, &sql_word_count, 0, D_TEXT(entity), D_BLOB(word),
	                    D_INT(SEARCH_CASES_MAX));
}

static bool has_words(dbc *c, str entity, const str *word, size_t n, size_t but, int64_t id)
{
	for (size_t i = 0; i < n; i++)
		if (i != but &&
		    !db_query_int(c, &sql_word_has, 0, D_TEXT(entity), D_BLOB(word[i]), D_INT(id)))
			return false;
	return true;
}

/* Goes through the cases with the rarest of the words, newest first. */
static size_t search_entity(dbc *c, arena *a, const struct case_filter *f, str entity,
                            const str *word, size_t n_words, struct case_line *out, size_t n,
                            size_t max)
{
	size_t rarest = 0, found = 0;
	int64_t least = INT64_MAX;
	struct case_line *l = NEWN(a, struct case_line, SEARCH_CASES_MAX);
	for (size_t i = 0; i < n_words && n_words > 1; i++) {
		int64_t cases = word_cases(c, entity, word[i]);
		if (cases < least) {
			least = cases;
			rarest = i;
		}
	}
	rows *r =
	    db_query(c, &sql_word_lines, D_TEXT(entity), D_BLOB(word[rarest]), D_INT(SEARCH_CASES_MAX));
	while (found < SEARCH_CASES_MAX && db_next(r))
		read_line(r, a, f, &l[found++]);
	db_done(r);
	for (size_t i = 0; i < found; i++)
		if (lets_through(f, &l[i]) && has_words(c, entity, word, n_words, rarest, l[i].id))
			n = insert(f, out, n, max, &l[i]);
	return n;
}

size_t case_search(dbc *c, arena *a, const struct case_filter *f, str words, struct case_line *out,
                   size_t max)
{
	str entity[CASE_GROUPS], *word;
	size_t n = 0, n_entities = entities_of(c, a, f, entity, CASE_GROUPS);
	size_t n_words = search_tokens(a, words, &word);
	for (size_t i = 0; i < n_entities && n_words; i++)
		n = search_entity(c, a, f, entity[i], word, n_words, out, n, max);
	return n;
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
