/* page_figures.c - how many services, of whom, how far online (CAT-14). */
#include "systems/guide/guide_in.h"
#include "kernel/i18n/i18n.h"

#include <stdlib.h>

struct tally {
	int64_t all, online, eligible;
};

/* Can be done from beginning to end without paper or visit. */
static bool transaction(const struct service *s)
{
	return str_eq(json_str(s->card, "digital_stage"), STR("transaction"));
}

static void count(struct tally *t, const struct service *s)
{
	bool eligible = !json_get(s->card, "presence_required");
	t->all++;
	t->eligible += eligible;
	t->online += eligible && transaction(s);
}

/* "96.1%", tenths rounded half up. */
static str rate(arena *a, struct tally t)
{
	if (!t.eligible)
		return STR("–");
	int64_t tenths = (t.online * 2000 + t.eligible) / (2 * t.eligible);
	return str_fmt(a, "%lld.%lld%%", (long long)(tenths / 10), (long long)(tenths % 10));
}

static json *row(struct req *r, json *table, json *label, struct tally t)
{
	json *o = json_push(table, json_object(r->a));
	json_set(r->a, o, "label", label);
	json_set_int(r->a, o, "all", t.all);
	json_set_int(r->a, o, "eligible", t.eligible);
	json_set_int(r->a, o, "online", t.online);
	json_set_str(r->a, o, "rate", rate(r->a, t));
	return o;
}

struct figures {
	struct req *r;
	const struct pack *p;
	int64_t day;
};

/* The services in force for which `of` holds. */
static struct tally tally_of(const struct figures *f, bool (*of)(const struct service *s, str id),
                             str id)
{
	struct tally t = {0};
	for (size_t i = 0; i < f->p->n_services; i++)
		if (guide_in_force(&f->p->services[i], f->day) && of(&f->p->services[i], id))
			count(&t, &f->p->services[i]);
	return t;
}

static bool any(const struct service *s, str id)
{
	(void)s, (void)id;
	return true;
}

static bool of_entity(const struct service *s, str id)
{
	return str_eq(s->entity, id);
}

static bool of_audience(const struct service *s, str id)
{
	return guide_lists(json_get(s->card, "audiences"), id);
}

static bool of_stage(const struct service *s, str id)
{
	return str_eq(json_str(s->card, "digital_stage"), id);
}

/* One row for each item of a list of the pack that has services. */
static json *table_by(const struct figures *f, const json *list,
                      bool (*of)(const struct service *s, str id), const char *link)
{
	struct req *r = f->r;
	json *table = json_array(r->a);
	for (const json *i = guide_first(list); i; i = i->next) {
		str id = json_str(i, "id");
		struct tally t = tally_of(f, of, id);
		if (!t.all)
			continue;
		json *o = row(r, table, json_copy(r->a, json_get(i, "name")), t);
		json_set_str(r->a, o, "href", view_href(r, "%s%s", link, str_c(r->a, id)));
	}
	return table;
}

static json *table_by_stage(const struct figures *f)
{
	static const char *const stages[] = {"transaction", "download", "information"};
	struct req *r = f->r;
	json *table = json_array(r->a);
	for (size_t i = 0; i < COUNT(stages); i++) {
		str key = str_fmt(r->a, "guide.stage.%s", stages[i]);
		row(r, table, view_both(r, str_c(r->a, key)), tally_of(f, of_stage, str_of(stages[i])));
	}
	return table;
}

err page_guide_figures(struct req *r)
{
	struct figures f = {.r = r};
	err e = guide_pack(r, &f.p);
	if (e)
		return e;
	f.day = calendar_day(f.p->calendar, r->now);
	json *v = json_object(r->a), *crumbs = json_set(r->a, v, "crumbs", guide_crumbs(r));
	guide_crumb(r, crumbs, view_both(r, "guide.title"), "/guide");
	guide_crumb(r, crumbs, view_both(r, "guide.figures.title"), NULL);
	struct tally all = tally_of(&f, any, (str){0});
	json_set_int(r->a, v, "all", all.all);
	json_set_int(r->a, v, "eligible", all.eligible);
	json_set_int(r->a, v, "online", all.online);
	json_set_str(r->a, v, "rate", rate(r->a, all));
	json_set(r->a, v, "stages", table_by_stage(&f));
	json_set(r->a, v, "audiences", table_by(&f, f.p->audiences, of_audience, "/guide?audience="));
	json_set(r->a, v, "entities", table_by(&f, f.p->entities, of_entity, "/entities/"));
	r->cacheable = true;
	return req_view(r, "guide/figures", v);
}
