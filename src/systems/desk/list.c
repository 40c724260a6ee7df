/* list.c - the work list. */
#include "systems/desk/desk_in.h"

#include <stdlib.h>

/* What a line shows that it does not hold itself: read for many lines at once. */
struct line_texts {
	str reference, outcome;
	struct person_names applicant, holder;
	const struct entity *entity;
};

/* The entities of these lines, each read once. */
static void entities_read(struct req *r, const struct case_line *l, size_t n,
                          struct line_texts *out)
{
	str *id = NEWN(r->a, str, n + 1);
	struct entity *e = NEWN(r->a, struct entity, n + 1);
	size_t some = 0;
	for (size_t i = 0; i < n; i++) {
		size_t k = 0;
		while (k < some && !str_eq(id[k], l[i].entity))
			k++;
		if (k == some) {
			id[some++] = l[i].entity;
			e[k] = (struct entity){.name_en = l[i].entity, .name_ar = l[i].entity};
		}
		out[i].entity = &e[k];
	}
	entity_get_each(r->db, r->a, id, some, r->now, e);
}

static struct line_texts *lines_read(struct req *r, const struct case_line *l, size_t n,
                                     bool with_entity)
{
	struct line_texts *out = NEWN(r->a, struct line_texts, n + 1);
	struct person_names *names = NEWN(r->a, struct person_names, 2 * n + 1);
	int64_t *id = NEWN(r->a, int64_t, 2 * n + 1);
	str *reference = NEWN(r->a, str, n + 1), *outcome = NEWN(r->a, str, n + 1);
	for (size_t i = 0; i < n; i++) {
		id[i] = l[i].applicant;
		id[n + i] = l[i].holder;
	}
	person_names(r->db, r->a, id, 2 * n, names);
	case_references(r->db, r->a, l, n, reference, outcome);
	for (size_t i = 0; i < n; i++)
		out[i] = (struct line_texts){reference[i], outcome[i], names[i], names[n + i], NULL};
	if (with_entity)
		entities_read(r, l, n, out);
	return out;
}

static json *name_view(struct req *r, const struct person_names *p)
{
	return p->known ? text_pair(r->a, p->en, p->ar) : json_string(r->a, (str){0});
}

static json *line_view(struct req *r, const struct case_line *l, const struct line_texts *t,
                       bool with_entity)
{
	arena *a = r->a;
	json *o = json_object(a);
	json_set_str(a, o, "reference", t->reference);
	json_set(a, o, "applicant", name_view(r, &t->applicant));
	json_set(a, o, "service", desk_service(r, l->service));
	if (with_entity)
		json_set(a, o, "entity", text_pair(a, t->entity->name_en, t->entity->name_ar));
	view_day(r, o, "received", l->submitted);
	view_day(r, o, "due", l->due);
	json_set_str(a, o, "due_state", desk_due_state(r, l->state, l->due));
	const struct pack *p = pack_current(r->k);
	view_state(r, o, p ? pack_service(p, l->service) : NULL, l->state, t->outcome);
	json_set(a, o, "assignee", name_view(r, &t->holder));
	return o;
}

static void columns(struct req *r, const struct desk_query *q, json *v)
{
	static const struct {
		const char *key, *sort;
	} all[] = {{"desk.reference", NULL},      {"desk.applicant", NULL}, {"desk.service", NULL},
	           {"desk.received", "received"}, {"desk.due", "due"},      {"desk.state", NULL},
	           {"desk.assignee", NULL}};
	json *list = json_set(r->a, v, "columns", json_array(r->a));
	str by = q->sort.n ? q->sort : STR("due");
	for (size_t i = 0; i < COUNT(all); i++) {
		json *o = json_push(list, json_object(r->a));
		json_set_str(r->a, o, "key", str_of(all[i].key));
		if (!all[i].sort)
			continue;
		bool up = str_eq(by, str_of(all[i].sort));
		bool down = str_starts(by, STR("-")) && str_eq(str_sub(by, 1, by.n), str_of(all[i].sort));
		const char *next = up ? str_c(r->a, str_fmt(r->a, "-%s", all[i].sort)) : all[i].sort;
		json_set_str(r->a, o, "href", desk_query_href(r, q, "/desk", next, (str){0}));
		if (up || down)
			json_set_str(r->a, o, "sorted", up ? STR("ascending") : STR("descending"));
	}
}

static bool chosen(struct req *r, const char *name, str value)
{
	str all[TERMS_MAX];
	size_t n = req_field_all(r, name, all, TERMS_MAX);
	for (size_t i = 0; i < n; i++)
		if (str_eq(all[i], value))
			return true;
	return false;
}

static void choose_state(struct req *r, json *v)
{
	static const char *const states[] = {"submitted", "review",   "returned", "suspended",
	                                     "unpaid",    "appealed", "approved", "issued",
	                                     "rejected",  "withdrawn"};
	json *list = json_set(r->a, v, "states", json_array(r->a));
	for (size_t i = 0; i < COUNT(states); i++) {
		str key = str_fmt(r->a, "case.state.%s", states[i]);
		json *o = desk_choice(r, list, str_of(states[i]),
		                      json_string(r->a, req_text(r, str_c(r->a, key))));
		json_set_str(r->a, o, "id", i ? str_fmt(r->a, "state-%zu", i + 1) : STR("state"));
		json_set_bool(r->a, o, "checked", chosen(r, "state", str_of(states[i])));
	}
}

static void choose_assignee(struct req *r, const struct desk_query *q, json *v)
{
	static const struct {
		const char *value, *key;
	} fixed[] = {{"", "desk.list.anyone"}, {"me", "desk.list.me"}, {"none", "desk.list.nobody"}};
	json *list = json_set(r->a, v, "assignees", json_array(r->a));
	for (size_t i = 0; i < COUNT(fixed); i++)
		desk_choice(r, list, str_of(fixed[i].value), json_string(r->a, req_text(r, fixed[i].key)));
	for (size_t i = 0; i < q->n_entities && i < 4; i++) {
		json *more = desk_colleagues(r, q->entities[i], r->session.person), *next;
		for (json *o = more->first; o; o = next) {
			next = o->next;
			o->next = NULL;
			json_push(list, o);
		}
	}
	for (json *o = list->first; o; o = o->next)
		json_set_bool(r->a, o, "selected", str_eq(json_str(o, "value"), q->assignee));
}

struct titled {
	str id, title;
};

static int by_title(const void *x, const void *y)
{
	return str_cmp(((const struct titled *)x)->title, ((const struct titled *)y)->title);
}

/* Services of which these desks have cases at all, by their titles. */
static void choose_service(struct req *r, const struct desk_query *q, json *v)
{
	str *id;
	size_t n = case_services(r->db, r->a, &q->f, &id);
	struct titled *all = NEWN(r->a, struct titled, n + 1);
	json *list = json_set(r->a, v, "services", json_array(r->a));
	desk_choice(r, list, (str){0}, json_string(r->a, req_text(r, "desk.list.all")));
	for (size_t i = 0; i < n; i++)
		all[i] = (struct titled){id[i], req_pick(r, desk_service(r, id[i]))};
	if (n)
		qsort(all, n, sizeof *all, by_title);
	for (size_t i = 0; i < n; i++) {
		json *o = desk_choice(r, list, all[i].id, json_string(r->a, all[i].title));
		json_set_bool(r->a, o, "selected", str_eq(all[i].id, req_field(r, "service")));
	}
}

static void pages(struct req *r, const struct desk_query *q, json *v, bool paged, str next)
{
	json *o = json_object(r->a);
	json_set_str(r->a, o, "previous",
	             paged ? desk_query_href(r, q, "/desk", NULL, (str){0}) : (str){0});
	json_set_str(r->a, o, "next", next.n ? desk_query_href(r, q, "/desk", NULL, next) : next);
	json_set(r->a, o, "items", json_array(r->a));
	if (next.n || paged)
		json_set(r->a, v, "pages", o);
}

/* Exact where it can be; "more than" where counting would cost more than the list. Of what
 * has to be looked for, as many as the first page came upon; later pages do not tell. */
static void count(struct req *r, const struct desk_query *q, size_t found, bool paged, json *v)
{
	bool capped = false;
	int64_t n = 0;
	if (q->looks && paged) {
		json_set_bool(r->a, v, "uncounted", true);
	} else if (q->looks) {
		capped = !q->ended;
		n = capped && found > LOOK_COUNT ? LOOK_COUNT : (int64_t)found;
	} else if (!q->nothing && !q->reference.n) {
		n = case_count(r->db, r->a, &q->f, &capped);
	}
	json_set_int(r->a, v, "count", n);
	json_set_bool(r->a, v, "more_than", capped);
}

/* A whole reference jumps straight to its case, if there is one for this reader. */
static bool jump(struct req *r, const struct desk_query *q)
{
	struct kase k;
	str entity[ENTITIES_MAX];
	if (!q->reference.n || !case_by_reference(r->db, r->a, q->reference, &k))
		return false;
	size_t n = case_entities(r->db, r->a, k.id, entity, ENTITIES_MAX);
	for (size_t i = 0; i < n; i++)
		if (may(&r->session.rights, PERM_case_read, entity[i]))
			return true;
	return false;
}

err page_desk_list(struct req *r)
{
	struct desk_query *q = NEW(r->a, struct desk_query);
	struct case_line *l = NEWN(r->a, struct case_line, LOOK_COUNT + 1);
	json *v = json_object(r->a), *list = json_array(r->a);
	desk_query_read(r, q);
	if (jump(r, q) && !r->wants_json)
		return req_redirect(r, "/desk/cases/%.*s", STRF(q->reference));
	bool with_entity = q->all_entities || q->n_entities > 1, paged = q->f.more;
	size_t want = (q->looks && !paged ? LOOK_COUNT : PAGE_LINES) + 1;
	size_t found = q->reference.n ? 0 : desk_query_lines(r, q, l, want);
	str next = desk_query_next(r, q, l, found, PAGE_LINES);
	size_t n = found > PAGE_LINES ? PAGE_LINES : found;
	const struct line_texts *t = lines_read(r, l, n, with_entity);
	for (size_t i = 0; i < n; i++)
		json_push(list, line_view(r, &l[i], &t[i], with_entity));
	json_set_str(r->a, v, "q", q->q);
	json_set_str(r->a, v, "sort", q->sort);
	json_set_bool(r->a, v, "filtered", q->filtered);
	count(r, q, found, paged, v);
	json_set_str(r->a, v, "csv", desk_query_href(r, q, "/desk.csv", NULL, (str){0}));
	json_set_str(r->a, v, "query",
	             str_sub(desk_query_href(r, q, "", NULL, (str){0}), 4, REQ_MAX_URI_BYTES));
	json_set_bool(r->a, v, "with_entity", with_entity);
	if (q->wrong) {
		json *args = json_object(r->a);
		json_set_str(r->a, args, "term", q->wrong_term);
		json_set_str(r->a, v, "q_error", view_text(r, "desk.list.wrong_term", 0, args));
	}
	choose_state(r, v);
	choose_assignee(r, q, v);
	choose_service(r, q, v);
	columns(r, q, v);
	json_set(r->a, v, "searches", desk_searches(r));
	json_set(r->a, v, "cases", list);
	json_set_bool(r->a, v, "looked_on", !n && next.n);
	pages(r, q, v, paged, next);
	return req_view(r, "desk/list", v);
}

/* ---- as a table ---- */

/* A cell: quoted, and never a formula for the program that opens it. */
static void cell(buf *b, str s, bool last)
{
	bool formula = s.n && (s.p[0] == '=' || s.p[0] == '+' || s.p[0] == '-' || s.p[0] == '@' ||
	                       s.p[0] == '\t' || s.p[0] == '\r');
	buf_putc(b, '"');
	if (formula)
		buf_putc(b, '\'');
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '"')
			buf_putc(b, '"');
		buf_putc(b, s.p[i]);
	}
	buf_puts(b, last ? "\"\r\n" : "\",");
}

static void csv_line(struct req *r, buf *b, const struct case_line *l, const struct line_texts *t)
{
	arena_mark m = arena_save(r->a);
	json *o = line_view(r, l, t, true);
	cell(b, json_str(o, "reference"), false);
	cell(b, req_pick(r, json_get(o, "applicant")), false);
	cell(b, req_pick(r, json_get(o, "service")), false);
	cell(b, req_pick(r, json_get(o, "entity")), false);
	cell(b, json_str(o, "received"), false);
	cell(b, json_str(o, "due"), false);
	cell(b, req_pick(r, json_get(o, "state_label")), false);
	cell(b, req_pick(r, json_get(o, "assignee")), true);
	arena_rewind(r->a, m);
}

/* Some hundred lines a piece; they follow each other by their key. */
static void csv_piece(struct req *r, buf *out)
{
	static const char *const heads[] = {"desk.reference", "desk.applicant", "desk.service",
	                                    "desk.entity",    "desk.received",  "desk.due",
	                                    "desk.state",     "desk.assignee"};
	struct desk_query *q = r->state;
	struct case_line *l = NEWN(r->a, struct case_line, EXPORT_PAGE);
	if (!q->begun) {
		buf_puts(out, "\xEF\xBB\xBF");
		for (size_t i = 0; i < COUNT(heads); i++)
			cell(out, req_text(r, heads[i]), i + 1 == COUNT(heads));
		q->begun = true;
	}
	for (size_t n = 0; !n && !q->ended;) { /* a page of looking may find none */
		n = desk_query_lines(r, q, l, EXPORT_PAGE);
		const struct line_texts *t = lines_read(r, l, n, true);
		for (size_t i = 0; i < n; i++)
			csv_line(r, out, &l[i], &t[i]);
	}
}

err page_desk_csv(struct req *r)
{
	struct desk_query *q = NEW(r->a, struct desk_query);
	desk_query_read(r, q);
	q->f.more = false;
	r->state = q;
	str day = date_print(r->a, r->now / DAY), name = str_fmt(r->a, "cases-%.*s.csv", STRF(day));
	return req_stream(r, "text/csv; charset=utf-8", str_c(r->a, name), csv_piece);
}
