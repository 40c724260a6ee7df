/*
 * query.c - what is asked of the work list, from the address to a filter.
 *
 * The box takes words of the applicant's name, "a phrase", -without, a reference or
 * a personal number, and terms:
 *     entity:iga  service:idcard-replace-lost  state:review  held:me|nobody
 *     due:<3d  due:late  due:today  due:>2026-12-01  received:<2026-11-01
 * All of them must hold. What the reader may not see is never in the filter: a
 * foreign entity asked for gives an empty list, like one that does not exist.
 */
#include "systems/desk/desk_in.h"

#include "base/utf8.h"
#include "kernel/search/search.h"

#define SCAN_MAX 5000 /* lines looked at for what no index knows */

static const char *const open_states[] = {"submitted", "review",   "returned", "suspended",
                                          "unpaid",    "approved", "appealed"};
static const char *const all_states[] = {"submitted", "review",   "returned", "suspended",
                                         "unpaid",    "approved", "issued",   "rejected",
                                         "withdrawn", "appealed"};

/* ---- terms ---- */

static void wrong(struct desk_query *q, str term)
{
	if (!q->wrong)
		q->wrong_term = term;
	q->wrong = true;
}

static bool state_add(struct desk_query *q, str state)
{
	for (size_t i = 0; i < COUNT(all_states); i++)
		if (str_eq(state, str_of(all_states[i])) && q->n_states < TERMS_MAX) {
			q->states[q->n_states++] = state;
			return true;
		}
	return false;
}

/* Midnight, where the country is, of the civil day that is `days` from today. */
static instant midnight(const struct req *r, int64_t day)
{
	return day * DAY - server_settings(r->server)->utc_offset * SECOND;
}

static int64_t today(const struct req *r)
{
	return (r->now + server_settings(r->server)->utc_offset * SECOND) / DAY;
}

/* "3d" from today, or a date. */
static bool day_of(const struct req *r, str s, int64_t *day)
{
	int64_t n;
	if (s.n > 1 && s.p[s.n - 1] == 'd' && str_i64(str_sub(s, 0, s.n - 1), &n) && n > -10000 &&
	    n < 10000) {
		*day = today(r) + n;
		return true;
	}
	if (str_eq(s, STR("today"))) {
		*day = today(r);
		return true;
	}
	return date_parse(s, day);
}

/* "<3d": before the end of that day; ">x": after it; "x": on it. */
static bool range(const struct req *r, str v, instant *from, instant *before)
{
	int64_t day;
	char op = v.n && (v.p[0] == '<' || v.p[0] == '>') ? v.p[0] : '=';
	if (!day_of(r, op == '=' ? v : str_sub(v, 1, v.n), &day))
		return false;
	if (op != '<')
		*from = midnight(r, op == '>' ? day + 1 : day);
	if (op != '>')
		*before = midnight(r, day + 1);
	return true;
}

static void keep_entity(struct desk_query *q, str entity)
{
	bool seen = q->all_entities;
	for (size_t i = 0; i < q->n_entities; i++)
		seen |= str_eq(q->entities[i], entity);
	q->n_entities = 0;
	q->all_entities = false;
	if (seen)
		q->entities[q->n_entities++] = entity;
}

static void holder_is(struct req *r, struct desk_query *q, str who)
{
	int64_t id;
	if (str_eq(who, STR("me")))
		q->f.holder = r->session.person;
	else if (str_eq(who, STR("none")) || str_eq(who, STR("nobody")))
		q->f.holder = 0;
	else if (str_i64(who, &id) && id > 0)
		q->f.holder = id;
	else if (who.n)
		wrong(q, who);
}

static void named_term(struct req *r, struct desk_query *q, str term, str name, str value)
{
	bool good = true;
	if (str_eq(name, STR("entity")))
		keep_entity(q, value);
	else if (str_eq(name, STR("service")))
		q->f.service = value;
	else if (str_eq(name, STR("state")))
		good = state_add(q, value);
	else if (str_eq(name, STR("held")))
		holder_is(r, q, value);
	else if (str_eq(name, STR("due")) && str_eq(value, STR("late")))
		q->f.due_before = r->now;
	else if (str_eq(name, STR("due")))
		good = range(r, value, &q->f.due_from, &q->f.due_before);
	else if (str_eq(name, STR("received")))
		good = range(r, value, &q->f.received_from, &q->f.received_before);
	else
		good = false;
	if (!good)
		wrong(q, term);
}

/* A whole personal number names one person. */
static bool number_term(struct req *r, struct desk_query *q, str term)
{
	struct person who;
	str number = search_fold(r->a, term); /* digits of any script */
	bool digits = number.n >= 6 && number.n <= 20;
	for (size_t i = 0; i < number.n && digits; i++)
		digits = number.p[i] >= '0' && number.p[i] <= '9';
	if (!digits)
		return false;
	q->f.applicant = person_by_number(r->db, r->a, number, &who) ? who.id : -1;
	return true;
}

static bool is_reference(str s)
{
	ptrdiff_t dash = str_chr(s, '-');
	bool good = dash >= 2 && s.n >= (size_t)dash + 8 && s.p[dash + 1] == '2';
	for (ptrdiff_t i = 0; i < dash && good; i++)
		good = s.p[i] >= 'A' && s.p[i] <= 'Z';
	return good;
}

static str upper(arena *a, str s)
{
	char *p = NEWN(a, char, s.n + 1);
	for (size_t i = 0; i < s.n; i++)
		p[i] = (char)(s.p[i] >= 'a' && s.p[i] <= 'z' ? s.p[i] - 32 : s.p[i]);
	return (str){p, s.n};
}

static void bare_term(struct req *r, struct desk_query *q, str term, bool quoted, bool without)
{
	if (without) {
		if (q->n_without < TERMS_MAX)
			q->without[q->n_without++] = search_fold(r->a, term);
	} else if (!quoted && is_reference(upper(r->a, term))) {
		q->reference = upper(r->a, term);
	} else if (!quoted && number_term(r, q, term)) {
		return;
	} else if (q->n_words < TERMS_MAX && q->n_phrases < TERMS_MAX) {
		q->words[q->n_words++] = term;
		if (quoted)
			q->phrases[q->n_phrases++] = search_fold(r->a, term);
	}
}

/* Takes the next term off the text; quoted ones may hold spaces. */
static bool next_term(str *rest, str *term, bool *quoted, bool *without)
{
	*rest = str_trim(*rest);
	*without = rest->n > 1 && rest->p[0] == '-';
	if (*without)
		*rest = str_sub(*rest, 1, rest->n);
	if (!rest->n)
		return false;
	*quoted = rest->p[0] == '"';
	str s = *quoted ? str_sub(*rest, 1, rest->n) : *rest;
	size_t end = 0;
	while (end < s.n && s.p[end] != (*quoted ? '"' : ' '))
		end++;
	*term = str_sub(s, 0, end);
	*rest = str_sub(s, end + 1, s.n);
	return true;
}

static void read_terms(struct req *r, struct desk_query *q)
{
	str rest = q->q, term;
	bool quoted, without;
	for (int n = 0; n < TERMS_MAX && next_term(&rest, &term, &quoted, &without); n++) {
		ptrdiff_t colon = quoted ? -1 : str_chr(term, ':');
		if (colon > 0 && !without)
			named_term(r, q, term, str_sub(term, 0, (size_t)colon),
			           str_sub(term, (size_t)colon + 1, term.n));
		else if (term.n)
			bare_term(r, q, term, quoted, without);
	}
}

/* ---- the address ---- */

static void read_sort(struct req *r, struct desk_query *q)
{
	q->sort = req_field(r, "sort");
	str by = str_starts(q->sort, STR("-")) ? str_sub(q->sort, 1, q->sort.n) : q->sort;
	if (!str_eq(by, STR("due")) && !str_eq(by, STR("received")))
		q->sort = (str){0};
	q->f.descending = q->sort.n && q->sort.p[0] == '-';
	q->f.sort = q->sort.n && str_eq(by, STR("received")) ? CASE_BY_RECEIVED : CASE_BY_DUE;
	str after = req_field(r, "after"), key;
	q->f.more = after.n && str_cut(&after, '.', &key) && str_i64(key, &q->f.after_key) &&
	            str_i64(after, &q->f.after_id);
}

void desk_query_read(struct req *r, struct desk_query *q)
{
	str *allowed, state[TERMS_MAX], entity = req_field(r, "entity");
	*q = (struct desk_query){.q = str_trim(req_field(r, "q"))};
	q->q = str_sub(q->q, 0, QUERY_BYTES);
	if (utf8_check(q->q) >= 0)
		q->q = (str){0};
	size_t n = may_where(&r->session.rights, PERM_case_read, r->a, &allowed, &q->all_entities);
	for (size_t i = 0; i < n && !q->all_entities && i < ENTITIES_MAX; i++)
		q->entities[q->n_entities++] = allowed[i];
	q->f.holder = CASE_ANYBODY;
	n = req_field_all(r, "state", state, TERMS_MAX);
	for (size_t i = 0; i < n; i++)
		state_add(q, state[i]);
	q->assignee = req_field(r, "assignee");
	holder_is(r, q, q->assignee);
	q->f.service = req_field(r, "service");
	if (entity.n)
		keep_entity(q, entity);
	read_terms(r, q);
	read_sort(r, q);
	q->filtered = q->q.n || q->n_states || q->assignee.n || q->f.service.n || entity.n;
	for (size_t i = 0; !q->n_states && i < COUNT(open_states); i++)
		q->states[q->n_states++] = str_of(open_states[i]);
	q->f.states = q->states;
	q->f.n_states = q->n_states;
	q->f.entities = q->entities;
	q->f.n_entities = q->n_entities;
	q->f.everywhere = q->all_entities;
}

static void put(buf *b, arena *a, const char *name, str value)
{
	if (!value.n)
		return;
	buf_fmt(b, "%s%s=%.*s", b->n && b->p[b->n - 1] == '?' ? "" : "&", name,
	        STRF(desk_escaped(a, value)));
}

str desk_query_href(struct req *r, const struct desk_query *q, const char *path, const char *sort,
                    str after)
{
	str state[TERMS_MAX];
	buf b = buf_make(r->a, REQ_MAX_URI_BYTES);
	size_t n = req_field_all(r, "state", state, TERMS_MAX);
	buf_fmt(&b, "/%s%s?", lang_code(r->lang), path);
	put(&b, r->a, "q", q->q);
	for (size_t i = 0; i < n; i++)
		put(&b, r->a, "state", state[i]);
	put(&b, r->a, "assignee", q->assignee);
	put(&b, r->a, "service", req_field(r, "service"));
	put(&b, r->a, "entity", req_field(r, "entity"));
	put(&b, r->a, "sort", sort ? str_of(sort) : q->sort);
	put(&b, r->a, "after", after);
	if (b.n && b.p[b.n - 1] == '?')
		b.n--;
	return buf_str(&b);
}

/* ---- lines ---- */

static bool line_matches(struct req *r, const struct desk_query *q, const struct case_line *l)
{
	struct person p = {0};
	if (!q->n_phrases && !q->n_without)
		return true;
	person_get(r->db, r->a, l->applicant, &p);
	str names = search_fold(r->a, str_fmt(r->a, "%.*s | %.*s", STRF(p.name_en), STRF(p.name_ar)));
	for (size_t i = 0; i < q->n_phrases; i++)
		if (str_find(names, q->phrases[i]) < 0)
			return false;
	for (size_t i = 0; i < q->n_without; i++)
		if (q->without[i].n && str_find(names, q->without[i]) >= 0)
			return false;
	return true;
}

static bool behind(const struct case_filter *f, const struct case_line *l)
{
	if (!f->more)
		return true;
	bool more = l->key > f->after_key || (l->key == f->after_key && l->id > f->after_id);
	bool same = l->key == f->after_key && l->id == f->after_id;
	return !same && more != f->descending;
}

static size_t found_by_words(struct req *r, const struct desk_query *q, struct case_line *out,
                             size_t max)
{
	struct case_line *all = NEWN(r->a, struct case_line, FOUND_MAX);
	buf words = buf_make(r->a, QUERY_BYTES + TERMS_MAX);
	size_t n = 0;
	for (size_t i = 0; i < q->n_words; i++) {
		buf_put(&words, q->words[i]);
		buf_putc(&words, ' ');
	}
	size_t found = case_search(r->db, r->a, &q->f, buf_str(&words), all, FOUND_MAX);
	for (size_t i = 0; i < found && n < max; i++)
		if (behind(&q->f, &all[i]) && line_matches(r, q, &all[i]))
			out[n++] = all[i];
	return n;
}

size_t desk_query_lines(struct req *r, const struct desk_query *q, struct case_line *out,
                        size_t max)
{
	if (q->wrong || q->f.applicant < 0)
		return 0;
	if (q->n_words)
		return found_by_words(r, q, out, max);
	if (!q->n_without)
		return case_list(r->db, r->a, &q->f, out, max);
	struct case_filter f = q->f;
	struct case_line *page = NEWN(r->a, struct case_line, max);
	size_t n = 0, looked = 0, got = max;
	while (got == max && n < max && looked < SCAN_MAX) {
		got = case_list(r->db, r->a, &f, page, max);
		for (size_t i = 0; i < got && n < max; i++)
			if (line_matches(r, q, &page[i]))
				out[n++] = page[i];
		looked += got;
		if (got) {
			f.more = true;
			f.after_key = page[got - 1].key;
			f.after_id = page[got - 1].id;
		}
	}
	return n;
}
