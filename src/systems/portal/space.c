/*
 * space.c - my space: all that is the reader's own, a list of each kind on one page.
 *
 * The lists of drafts, applications, documents, appointments and what happened are the
 * portal's; other rooms bring theirs (struct space_list in web/route.h).
 */
#include "systems/portal/applying.h"

#include "kernel/documents/documents.h"

#define LISTS_MAX     24
#define SHOWN         5
#define CASES_MAX     500
#define DOCUMENTS_MAX 20
#define HISTORY_PAGE  50
#define HISTORY_DAYS  183 /* six months */

static json *item(struct req *r, json *list, const json *title, str href)
{
	json *o = json_push(list, json_object(r->a));
	json_set(r->a, o, "title", json_copy(r->a, title));
	json_set_str(r->a, o, "href", href);
	return o;
}

static const json *title_of(struct req *r, const struct kase *q)
{
	return json_get(service_view(r->a, case_service(r->k, r->db, q), q->service), "title");
}

/* ---- drafts and applications ---- */

static int64_t cases_listed(struct req *r, json *list, size_t max, bool drafts)
{
	struct kase *q = NEWN(r->a, struct kase, CASES_MAX);
	size_t n = cases_of(r->db, r->a, r->session.person, q, CASES_MAX);
	int64_t all = 0;
	for (size_t i = 0; i < n; i++) {
		if (str_eq(q[i].state, STR("draft")) != drafts || all++ >= (int64_t)max)
			continue;
		const char *name = str_c(r->a, case_name(r->a, &q[i]));
		json *o =
		    item(r, list, title_of(r, &q[i]),
		         view_href(r, drafts ? "/applications/%s/continue" : "/applications/%s", name));
		view_case_state(r, o, &q[i]);
		json_set_str(r->a, o, "text", q[i].reference);
		view_at(r, o, "at", q[i].changed);
	}
	return all;
}

int64_t space_drafts(struct req *r, json *list, size_t max)
{
	return cases_listed(r, list, max, true);
}

int64_t space_applications(struct req *r, json *list, size_t max)
{
	return cases_listed(r, list, max, false);
}

/* ---- documents ---- */

int64_t space_documents(struct req *r, json *list, size_t max)
{
	struct kase *q = NEWN(r->a, struct kase, CASES_MAX);
	struct issued *d = NEWN(r->a, struct issued, DOCUMENTS_MAX);
	size_t n = cases_of(r->db, r->a, r->session.person, q, CASES_MAX);
	int64_t all = 0;
	for (size_t i = 0; i < n; i++) {
		size_t found = documents_of_case(r->db, r->a, q[i].id, d, DOCUMENTS_MAX);
		for (size_t k = 0; k < found; k++) {
			if (all++ >= (int64_t)max)
				continue;
			json *o = item(r, list, d[k].title,
			               view_href(r, "/documents/%s.pdf", str_c(r->a, d[k].number)));
			json_set_str(r->a, o, "text", d[k].number);
			view_day(r, o, "day", d[k].at);
		}
	}
	return all;
}

/* ---- appointments ---- */

/* Booked: sent and not given up, on a day that has not passed. */
static bool appointment_of(struct req *r, const struct kase *q, const json **answers,
                           const json **names, int64_t *day)
{
	if (!q->submitted || q->outcome.n || str_eq(q->state, STR("withdrawn")))
		return false;
	const struct service *s = case_service(r->k, r->db, q);
	*names = s ? json_get(s->definition, "appointment") : NULL;
	*answers = *names ? case_answers(r->db, r->a, q->id) : NULL;
	str typed = *answers ? json_text(json_get_str(*answers, json_str(*names, "day"))) : (str){0};
	return date_parse(typed, day) && *day >= view_today(r);
}

static json *centre_name(struct req *r, str id)
{
	const struct pack *p = pack_current(r->k);
	const json *all = p ? json_get(p->centres, "centres") : NULL;
	for (const json *c = all ? all->first : NULL; c; c = c->next)
		if (str_eq(json_str(c, "id"), id))
			return json_copy(r->a, json_get(c, "name"));
	return json_string(r->a, id);
}

int64_t space_appointments(struct req *r, json *list, size_t max)
{
	struct kase *q = NEWN(r->a, struct kase, CASES_MAX);
	size_t n = cases_of(r->db, r->a, r->session.person, q, CASES_MAX);
	int64_t all = 0, day;
	for (size_t i = 0; i < n; i++) {
		const json *answers, *names;
		if (!appointment_of(r, &q[i], &answers, &names, &day) || all++ >= (int64_t)max)
			continue;
		json *o = item(r, list, title_of(r, &q[i]),
		               view_href(r, "/applications/%s", str_c(r->a, case_name(r->a, &q[i]))));
		json_set_str(r->a, o, "day", date_print(r->a, day));
		json_set_str(r->a, o, "time", json_text(json_get_str(answers, json_str(names, "time"))));
		json_set(r->a, o, "place",
		         centre_name(r, json_text(json_get_str(answers, json_str(names, "centre")))));
	}
	return all;
}

/* ---- what happened ---- */

static const struct {
	const char *kind, *key;
} told[] = {
    {"case.submitted", "case.event.submitted"}, {"case.returned", "case.event.returned"},
    {"case.answered", "case.event.answered"},   {"case.approved", "case.event.approved"},
    {"case.rejected", "case.event.rejected"},   {"case.withdrawn", "case.event.withdrawn"},
    {"case.appealed", "case.event.appealed"},   {"case.rated", "case.event.rated"},
    {"document.issued", "case.event.issued"},   {"payment.captured", "portal.history.paid"},
};

/* From the journal, the newest first; the seq of the last one in *last. */
static int64_t happened(struct req *r, json *list, size_t max, int64_t before, int64_t *last)
{
	rows *q = db_query(r->db, &sql_portal_history, D_INT(r->session.person),
	                   D_INT(r->now - HISTORY_DAYS * DAY), D_INT(before), D_INT((int64_t)max));
	int64_t n = 0, id[HISTORY_PAGE];
	json *listed[HISTORY_PAGE];
	str end[HISTORY_PAGE]; /* the state that this event led to */
	while (n < HISTORY_PAGE && db_next(q)) {
		str kind = db_text(q, 2);
		const char *key = "";
		for (size_t i = 0; i < COUNT(told); i++)
			if (str_eq(kind, str_of(told[i].kind)))
				key = told[i].key;
		json *o = item(r, list, view_both(r, key), (str){0});
		view_at(r, o, "at", db_int(q, 1));
		*last = db_int(q, 0);
		end[n] = str_starts(kind, STR("case.")) ? str_dup(r->a, str_sub(kind, 5, kind.n)) : (str){0};
		id[n] = db_int(q, 3);
		listed[n++] = o;
	}
	db_done(q);
	for (int64_t i = 0; i < n; i++) {
		struct kase of;
		bool known = id[i] && case_get(r->db, r->a, id[i], &of);
		const json *own =
		    known ? service_end_text(case_service(r->k, r->db, &of), end[i], (str){0}) : NULL;
		if (known)
			json_set(r->a, listed[i], "text", json_copy(r->a, title_of(r, &of)));
		if (own)
			json_set(r->a, listed[i], "title", json_copy(r->a, own));
		json_set_str(r->a, listed[i], "href",
		             known ? view_href(r, "/applications/%s", str_c(r->a, case_name(r->a, &of)))
		                   : view_href(r, "/payments"));
	}
	return n;
}

int64_t space_history(struct req *r, json *list, size_t max)
{
	int64_t last = 0;
	return happened(r, list, max, INT64_MAX, &last);
}

err page_portal_history(struct req *r)
{
	json *v = json_object(r->a), *list = json_set(r->a, v, "items", json_array(r->a));
	int64_t last = 0, before = req_field_int(r, "before", INT64_MAX, 1, INT64_MAX);
	view_crumb(r, v, req_text(r, "portal.space.title"), view_href(r, "/me"));
	view_crumb(r, v, req_text(r, "portal.space.history"), (str){0});
	if (happened(r, list, HISTORY_PAGE, before, &last) == HISTORY_PAGE) {
		json *pages = json_set(r->a, v, "pages", json_object(r->a));
		json_set_str(r->a, pages, "next", view_href(r, "/me/history?before=%lld", (long long)last));
		json_set(r->a, pages, "items", json_array(r->a));
	}
	return req_view(r, "portal/history", v);
}

/* ---- the page ---- */

/* The lists of all rooms in the order of their places. */
static size_t lists(struct req *r, const struct space_list **out)
{
	const struct server_options *o = server_settings(r->server);
	size_t n = 0;
	for (size_t i = 0; i < o->n_systems; i++)
		for (size_t k = 0; k < o->systems[i]->n_space && n < LISTS_MAX; k++) {
			const struct space_list *l = &o->systems[i]->space[k];
			size_t at = n++;
			for (; at > 0 && out[at - 1]->place > l->place; at--)
				out[at] = out[at - 1];
			out[at] = l;
		}
	return n;
}

/* Life events whose services can be begun together. */
static void bundles(struct req *r, json *v)
{
	const struct pack *p = pack_current(r->k);
	const json *all = p ? json_get(p->life_events, "life_events") : NULL;
	json *list = json_set(r->a, v, "bundles", json_array(r->a));
	for (const json *e = all ? all->first : NULL; e; e = e->next)
		if (json_get(e, "bundle"))
			item(r, list, json_get(e, "name"),
			     view_href(r, "/life-events/%.*s/start", STRF(json_str(e, "id"))));
}

err page_portal_space(struct req *r)
{
	const struct space_list *all[LISTS_MAX];
	size_t n = lists(r, all);
	json *v = json_object(r->a), *out = json_set(r->a, v, "lists", json_array(r->a));
	for (size_t i = 0; i < n; i++) {
		json *o = json_push(out, json_object(r->a));
		json *items = json_array(r->a);
		json_set_str(r->a, o, "id", str_of(all[i]->id));
		json_set_str(r->a, o, "key", str_of(all[i]->key));
		json_set_str(r->a, o, "none", str_of(all[i]->none));
		int64_t count = all[i]->items(r, items, SHOWN);
		json_set_int(r->a, o, "count", count);
		json_set(r->a, o, "items", items);
		if (all[i]->path)
			json_set_str(r->a, o, "href", view_href(r, "%s", all[i]->path));
	}
	attention_view(r, v);
	bundles(r, v);
	return req_view(r, "portal/space", v);
}
