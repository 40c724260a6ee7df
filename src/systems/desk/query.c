/*
 * query.c - what is asked of the work list, from the address to a filter.
 *
 * The box takes words of the applicant's name, "a phrase", -without, a reference or
 * a personal number, and terms:
 *     entity:iga  service:idcard-replace-lost  state:review  held:me|nobody
 *     due:<3d  due:late  due:today  due:>2026-12-01  received:<2026-11-01
 *     -state:review  -service:...  -entity:...
 * All of them must hold. An entity may be named by the beginning of one of the words of its
 * id ("mun" of capital-municipality). What the reader may not see is never in the filter: a
 * foreign entity asked for gives an empty list, like one that does not exist.
 */
#include "systems/desk/desk_in.h"

#include "base/utf8.h"
#include "kernel/search/search.h"

#include <string.h>

/* What nobody has decided; and of it what is somebody's turn at the entity, for only then
 * does the time run and a case can be late. */
static const char *const open_states[] = {"submitted", "review", "returned",
                                          "suspended", "unpaid", "appealed"};
static const char *const running_states[] = {"submitted", "review", "appealed"};
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

/* Is the id named by this, or by the beginning of one of its words? */
static bool named_so(str id, str text, bool whole)
{
	if (whole || !text.n)
		return str_eq(id, text);
	for (size_t at = 0; at + text.n <= id.n; at++)
		if ((!at || id.p[at - 1] == '-') && str_eq(str_sub(id, at, at + text.n), text))
			return true;
	return false;
}

/* The entities the reader may see that are named so, exactly if one is; or all the others. */
static void keep_entities(struct desk_query *q, str text, bool exact, bool others)
{
	size_t kept = 0;
	bool whole = exact;
	for (size_t i = 0; i < q->n_entities; i++)
		whole |= str_eq(q->entities[i], text);
	for (size_t i = 0; i < q->n_entities; i++)
		if (named_so(q->entities[i], text, whole) != others)
			q->entities[kept++] = q->entities[i];
	q->n_entities = kept;
}

/* Who sees every entity names some: those that have cases. */
static void list_entities(struct desk_query *q)
{
	if (!q->all_entities)
		return;
	q->all_entities = false;
	q->n_entities = case_groups_entities(q->f.groups, q->entities, ENTITIES_MAX);
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
	if (str_eq(name, STR("entity"))) {
		list_entities(q);
		keep_entities(q, value, false, false);
	} else if (str_eq(name, STR("service")))
		q->f.service = value;
	else if (str_eq(name, STR("state")))
		good = state_add(q, value);
	else if (str_eq(name, STR("held")))
		holder_is(r, q, value);
	else if (str_eq(name, STR("due")) && str_eq(value, STR("late"))) {
		q->f.due_before = r->now;
		q->late = true;
	} else if (str_eq(name, STR("due")))
		good = range(r, value, &q->f.due_from, &q->f.due_before);
	else if (str_eq(name, STR("received")))
		good = range(r, value, &q->f.received_from, &q->f.received_before);
	else
		good = false;
	if (!good)
		wrong(q, term);
}

static void named_without(struct req *r, struct desk_query *q, str term, str name, str value)
{
	struct desk_query known = {0};
	(void)r;
	if (str_eq(name, STR("entity"))) {
		list_entities(q);
		keep_entities(q, value, false, true);
	} else if (str_eq(name, STR("service")) && q->n_no_services < TERMS_MAX) {
		q->no_services[q->n_no_services++] = value;
	} else if (str_eq(name, STR("state")) && state_add(&known, value) &&
	           q->n_no_states < TERMS_MAX) {
		q->no_states[q->n_no_states++] = value;
	} else {
		wrong(q, term);
	}
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
		if (colon > 0)
			(without ? named_without : named_term)(r, q, term, str_sub(term, 0, (size_t)colon),
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

static bool state_in(const char *const *list, size_t n, str state)
{
	bool is = false;
	for (size_t i = 0; i < n; i++)
		is |= str_eq(state, str_of(list[i]));
	return is;
}

static void states_left(struct desk_query *q)
{
	size_t kept = 0;
	bool asked = q->n_states > 0;
	for (size_t i = 0; !asked && i < COUNT(open_states); i++)
		q->states[q->n_states++] = str_of(open_states[i]);
	for (size_t i = 0; i < q->n_states; i++) {
		bool out = q->late && !state_in(running_states, COUNT(running_states), q->states[i]);
		for (size_t k = 0; k < q->n_no_states; k++)
			out |= str_eq(q->states[i], q->no_states[k]);
		if (!out)
			q->states[kept++] = q->states[i];
	}
	q->n_states = kept;
}

static void read_words(struct req *r, struct desk_query *q)
{
	buf words = buf_make(r->a, QUERY_BYTES + TERMS_MAX);
	str *token;
	for (size_t i = 0; i < q->n_words; i++) {
		buf_put(&words, q->words[i]);
		buf_putc(&words, ' ');
	}
	q->f.n_words = q->n_words ? search_tokens(r->a, buf_str(&words), &token) : 0;
	if (q->f.n_words)
		q->f.words = token;
	if (case_words_common(r->db, r->a, &q->f)) {
		q->tokens = token;
		q->n_tokens = q->f.n_words;
		q->f.n_words = 0;
	}
	q->nothing = q->wrong || q->f.applicant < 0 || (q->n_words && !q->f.n_words && !q->n_tokens) ||
	             (!q->all_entities && !q->n_entities) || !q->n_states;
	q->looks = q->f.n_words || q->n_tokens || q->n_phrases || q->n_without || q->n_no_services;
}

static void read_entities(struct req *r, struct desk_query *q)
{
	str *allowed;
	size_t n = may_where(&r->session.rights, PERM_case_read, r->a, &allowed, &q->all_entities);
	for (size_t i = 0; i < n && !q->all_entities && i < ENTITIES_MAX; i++)
		q->entities[q->n_entities++] = allowed[i];
	q->f.entities = q->entities;
	q->f.n_entities = q->n_entities;
	q->f.everywhere = q->all_entities;
	q->f.groups = case_groups_read(r->db, r->a, &q->f);
}

void desk_query_read(struct req *r, struct desk_query *q)
{
	str state[TERMS_MAX], entity = req_field(r, "entity");
	*q = (struct desk_query){.q = str_trim(req_field(r, "q"))};
	q->q = str_sub(q->q, 0, QUERY_BYTES);
	if (utf8_check(q->q) >= 0)
		q->q = (str){0};
	read_entities(r, q);
	q->f.holder = CASE_ANYBODY;
	size_t n = req_field_all(r, "state", state, TERMS_MAX);
	for (size_t i = 0; i < n; i++)
		state_add(q, state[i]);
	q->assignee = req_field(r, "assignee");
	holder_is(r, q, q->assignee);
	q->f.service = req_field(r, "service");
	if (entity.n) {
		list_entities(q);
		keep_entities(q, entity, true, false);
	}
	read_terms(r, q);
	read_sort(r, q);
	q->filtered = q->q.n || q->n_states || q->assignee.n || q->f.service.n || entity.n;
	states_left(q);
	q->f.states = q->states;
	q->f.n_states = q->n_states;
	q->f.n_entities = q->n_entities;
	q->f.everywhere = q->all_entities;
	read_words(r, q);
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

/* The words of a phrase, one after the other, as whole words. */
static bool says(str names, str phrase)
{
	for (ptrdiff_t at; phrase.n && (at = str_find(names, phrase)) >= 0;) {
		size_t end = (size_t)at + phrase.n;
		if ((!at || names.p[at - 1] == ' ') && (end == names.n || names.p[end] == ' '))
			return true;
		names = str_sub(names, (size_t)at + 1, names.n);
	}
	return false;
}

static bool says_so(struct req *r, const struct desk_query *q, str names)
{
	names = search_fold(r->a, names);
	for (size_t i = 0; i < q->n_phrases; i++)
		if (!says(names, q->phrases[i]))
			return false;
	for (size_t i = 0; i < q->n_without; i++)
		if (says(names, q->without[i]))
			return false;
	return true;
}

/* Which of these lines match what no index knows. */
static void look_at(struct req *r, const struct desk_query *q, const struct case_line *l, size_t n,
                    bool *good)
{
	str names[LOOK_PAGE] = {{0}};
	for (size_t i = 0; i < n; i++) {
		good[i] = true;
		for (size_t k = 0; k < q->n_no_services; k++)
			good[i] &= !str_eq(q->no_services[k], l[i].service);
	}
	case_keep_words(r->db, l, n, q->tokens, q->n_tokens, good);
	if (!q->n_phrases && !q->n_without)
		return;
	case_names(r->db, r->a, l, n, good, names);
	for (size_t i = 0; i < n; i++)
		good[i] = good[i] && says_so(r, q, names[i]);
}

static void go_on_after(struct desk_query *q, const struct case_line *l)
{
	q->f.more = true;
	q->f.after_key = l->key;
	q->f.after_id = l->id;
}

/* Of a page of lines, those that match, until there are `max`. */
static size_t look_through(struct req *r, struct desk_query *q, const struct case_line *page,
                           size_t got, struct case_line *out, size_t n, size_t max)
{
	bool good[LOOK_PAGE];
	size_t from = 0, some = 0; /* those looked at: a few, then more and more of them */
	for (size_t i = 0; i < got; i++) {
		if (n == max) {
			q->ended = false; /* the rest of this page comes again */
			break;
		}
		if (i == from + some) {
			from = i;
			some = some ? some * 4 : LOOK_AT_FIRST;
			some = some < LOOK_PAGE ? some : LOOK_PAGE;
			some = got - i < some ? got - i : some;
			look_at(r, q, page + i, some, good);
		}
		if (good[i - from])
			out[n++] = page[i];
		go_on_after(q, &page[i]);
	}
	return n;
}

/* How many lines to look at next: as many as should hold what is still wanted, if it goes on
 * as before, and some more. */
static size_t look_next(size_t looked, size_t n, size_t max)
{
	size_t left = LOOK_MAX - looked, need = n ? (max - n) * looked / n : left;
	if (!looked)
		return LOOK_PAGE;
	need += need / 4 + LOOK_AT_FIRST;
	return need < left ? need : left;
}

size_t desk_query_lines(struct req *r, struct desk_query *q, struct case_line *out, size_t max)
{
	size_t n = 0, got = 0;
	struct case_line *page = q->looks ? NEWN(r->a, struct case_line, LOOK_MAX) : out;
	q->ended |= q->nothing;
	for (size_t looked = 0; !q->ended && n < max && looked < LOOK_MAX; looked += got) {
		size_t want = q->looks ? look_next(looked, n, max) : max;
		got = case_list(r->db, r->a, &q->f, page, want);
		q->ended = got < want;
		if (q->looks) {
			n = look_through(r, q, page, got, out, n, max);
			continue;
		}
		n = got;
		if (n)
			go_on_after(q, &out[n - 1]);
		break;
	}
	return n;
}

str desk_query_next(struct req *r, const struct desk_query *q, const struct case_line *l, size_t n,
                    size_t shown)
{
	if (n > shown)
		return str_fmt(r->a, "%lld.%lld", (long long)l[shown - 1].key, (long long)l[shown - 1].id);
	if (q->ended || !q->f.more)
		return (str){0};
	return str_fmt(r->a, "%lld.%lld", (long long)q->f.after_key, (long long)q->f.after_id);
}
