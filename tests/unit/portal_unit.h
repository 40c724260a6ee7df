/* The portal over the pack of Bahrain: a citizen, another, officers of two entities,
 * an administrator, an operator; and what happens outside of the portal. */
#ifndef PORTAL_UNIT_H
#define PORTAL_UNIT_H

#include "site_unit.h"

#include "kernel/cases/cases.h"
#include "kernel/documents/documents.h"
#include "kernel/files/files.h"
#include "kernel/journal.h"
#include "kernel/outbox/outbox.h"
#include "kernel/pack/pack.h"
#include "kernel/search/search.h"
#include "systems/portal/portal.h"

#define SERVICE  "idcard-replace-lost"
#define CITIZEN  "850199901"
#define OTHER    "650699902"
#define OFFICER  "800599905"
#define FOREIGN  "820799906"
#define ADMIN    "780299907"
#define OPERATOR "911199910"

struct portal {
	struct site *w;
	int64_t citizen, other, officer, foreign;
};

struct portal_pack {
	struct pack_source source;
	struct pack *pack;
};

static err portal_pack_decide(struct tx *tx, void *ctx)
{
	struct portal_pack *p = ctx;
	return pack_put(tx, &p->source, p->pack);
}

/* A pack without the service's document gets an empty one, in its place by path. */
static void portal_document(struct unit *u, struct pack_source *s)
{
	static const str path = STR_INIT("services/" SERVICE "/document.json");
	struct pack_source_file *all = NEWN(u->a, struct pack_source_file, s->n + 1);
	size_t n = 0, i = 0;
	while (i < s->n && str_cmp(s->files[i].path, path) < 0)
		all[n++] = s->files[i++];
	if (i < s->n && str_eq(s->files[i].path, path))
		return;
	all[n++] = (struct pack_source_file){path, STR("{}")};
	while (i < s->n)
		all[n++] = s->files[i++];
	s->files = all;
	s->n = n;
}

static void portal_pack_put(struct unit *u)
{
	struct portal_pack p;
	struct diags d = diags_make(u->a, (str){0});
	str why = {0};
	if (pack_read_folder(u->a, "packs/bahrain", &p.source, &d) == OK)
		portal_document(u, &p.source);
	p.pack = pack_check(u->a, &p.source, &d);
	if (!p.pack)
		fail_msg("%.*s", STRF(diags_print(u->a, &d)));
	assert_int_equal(unit_run(u, portal_pack_decide, &p), OK);
	if (pack_refresh(u->k, &why) != OK)
		fail_msg("%.*s", STRF(why));
}

struct portal_cards {
	int64_t person;
};

static err portal_cards_decide(struct tx *tx, void *ctx)
{
	const struct portal_cards *c = ctx;
	json *records =
	    json_parse(tx->a,
	               STR("{\"cards\":[{\"serial\":\"900000001\",\"issued\":\"2023-03-01\","
	                   "\"expires\":\"2028-02-29\",\"status\":\"active\"}]}"),
	               NULL);
	return person_update_records(tx, c->person, records);
}

/* Over these organs (the identity's is there by itself) and systems. */
__attribute__((unused)) static struct portal portal_over(const struct organ *const *organs,
                                                         size_t n,
                                                         const struct system *const *systems,
                                                         size_t n_systems)
{
	static arena *kept; /* outlives the site, which keeps the document */
	if (!kept)
		kept = arena_create(UNIT_ARENA_BYTES);
	struct portal p = {.w = site_of(organs, n, systems, n_systems, json_object(kept))};
	portal_pack_put(p.w->u);
	p.citizen = site_person(p.w, CITIZEN, "Maryam Ali");
	p.other = site_person(p.w, OTHER, "Khalid Omar");
	p.officer = site_person(p.w, OFFICER, "Officer Iga");
	p.foreign = site_person(p.w, FOREIGN, "Officer Mun");
	site_grant(p.w, p.officer, "id_officer", "iga");
	site_grant(p.w, p.foreign, "id_officer", "capital-municipality");
	site_grant(p.w, site_person(p.w, ADMIN, "Admin Iga"), "entity_admin", "iga");
	site_grant(p.w, site_person(p.w, OPERATOR, "Operator"), "operator", "*");
	struct portal_cards c = {p.citizen};
	assert_int_equal(unit_run(p.w->u, portal_cards_decide, &c), OK);
	return p;
}

/* The portal with other systems beside it. */
__attribute__((unused)) static struct portal portal_start_with(const struct system *const *more,
                                                               size_t n_more)
{
	static const struct organ *organs[24];
	static const struct system *systems[16];
	size_t n = 0, n_systems = 0;
	organs[n++] = &pack_organ;
	organs[n++] = &files_organ;
	organs[n++] = &search_organ;
	organs[n++] = &documents_organ;
	organs[n++] = &cases_organ;
	systems[n_systems++] = &portal_system;
	for (size_t i = 0; i < n_more; i++)
		systems[n_systems++] = more[i];
	for (size_t i = 0; i < n_systems; i++)
		organs[n++] = systems[i]->organ;
	return portal_over(organs, n, systems, n_systems);
}

__attribute__((unused)) static struct portal portal_start(void)
{
	return portal_start_with(NULL, 0);
}

__attribute__((unused)) static void portal_stop(struct portal *p)
{
	site_stop(p->w);
}

/* ---- pages of the form ---- */

/* A sound picture of 600 x 800 grey samples is not needed: the form asks the type. */
static const unsigned char portal_png[] = {
    0x89, 'P',  'N',  'G',  0x0D, 0x0A, 0x1A, 0x0A, 0,    0,    0,    13,   'I',  'H',
    'D',  'R',  0,    0,    0,    1,    0,    0,    0,    1,    8,    2,    0,    0,
    0,    0x90, 0x77, 0x53, 0xDE, 0,    0,    0,    12,   'I',  'D',  'A',  'T',  0x08,
    0xD7, 0x63, 0xF8, 0xCF, 0xC0, 0x00, 0x00, 0x03, 0x01, 0x01, 0x00, 0x18, 0xDD, 0x8D,
    0xB0, 0,    0,    0,    0,    'I',  'E',  'N',  'D',  0xAE, 0x42, 0x60, 0x82};

/* A multipart form from the last page: its token, one file. */
__attribute__((unused)) static void submit_file(struct visitor *v, const char *target,
                                                const char *field, const char *filename, str bytes)
{
	arena *a = v->w->u->a;
	str head =
	    str_fmt(a,
	            "--BB\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n%.*s\r\n"
	            "--BB\r\nContent-Disposition: form-data; name=\"idempotency_key\"\r\n\r\n%.*s\r\n"
	            "--BB\r\nContent-Disposition: form-data; name=\"%s\"; filename=\"%s\"\r\n"
	            "Content-Type: image/png\r\n\r\n",
	            STRF(visitor_hidden(v, "csrf")), STRF(visitor_hidden(v, "idempotency_key")), field,
	            filename);
	str body = str_cat(a, str_cat(a, head, bytes), STR("\r\n--BB--\r\n"));
	visitor_took(v, site_post(v->w, target, visitor_headers(v, ""),
	                          "multipart/form-data; boundary=BB", body));
}

/* 20 x 20 samples of one blue: a portrait before the wrong wall; and of one grey. */
static const unsigned char portal_blue[] = {
    0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0x00, 0x00, 0x00, 0x0D, 0x49, 0x48,
    0x44, 0x52, 0x00, 0x00, 0x00, 0x14, 0x00, 0x00, 0x00, 0x14, 0x08, 0x02, 0x00, 0x00,
    0x00, 0x02, 0xEB, 0x8A, 0x5A, 0x00, 0x00, 0x00, 0x1A, 0x49, 0x44, 0x41, 0x54, 0x78,
    0xDA, 0x63, 0xD0, 0x08, 0x38, 0x41, 0x36, 0x62, 0x18, 0xD5, 0x3C, 0xAA, 0x79, 0x54,
    0xF3, 0xA8, 0xE6, 0x81, 0xD5, 0x0C, 0x00, 0xB8, 0x7E, 0xF4, 0x10, 0x4E, 0x50, 0xF6,
    0xEC, 0x00, 0x00, 0x00, 0x00, 0x49, 0x45, 0x4E, 0x44, 0xAE, 0x42, 0x60, 0x82};
static const unsigned char portal_grey[] = {
    0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0x00, 0x00, 0x00, 0x0D, 0x49, 0x48,
    0x44, 0x52, 0x00, 0x00, 0x00, 0x14, 0x00, 0x00, 0x00, 0x14, 0x08, 0x02, 0x00, 0x00,
    0x00, 0x02, 0xEB, 0x8A, 0x5A, 0x00, 0x00, 0x00, 0x18, 0x49, 0x44, 0x41, 0x54, 0x78,
    0xDA, 0x63, 0x58, 0x41, 0x01, 0x60, 0x18, 0xD5, 0x3C, 0xAA, 0x79, 0x54, 0xF3, 0xA8,
    0xE6, 0x81, 0xD5, 0x0C, 0x00, 0xE9, 0xB0, 0x13, 0xAE, 0xCB, 0x60, 0xA8, 0xF9, 0x00,
    0x00, 0x00, 0x00, 0x49, 0x45, 0x4E, 0x44, 0xAE, 0x42, 0x60, 0x82};

/* From the location of the last redirect: the case's name in the address. */
static str portal_case(struct visitor *v)
{
	return str_dup(v->w->u->a, between(v->location, "/applications/", "/"));
}

/* Begins an application and follows to its first page; returns the draft's name. */
__attribute__((unused)) static str portal_begin(struct visitor *v)
{
	visit(v, "/en/services/" SERVICE "/apply");
	submit(v, "/en/services/" SERVICE "/apply", "");
	if (v->status != 303)
		fail_msg("the draft was not begun: %d\n%.*s", v->status, STRF(v->page));
	str name = portal_case(v);
	follow(v);
	follow(v);
	return name;
}

/* Fills every page of the draft with good answers, up to the check page. */
__attribute__((unused)) static void portal_fill_at(struct visitor *v, str name, const char *place)
{
	arena *a = v->w->u->a;
	const struct {
		const char *page, *fields;
	} steps[] = {
	    {"/who", ""},
	    {"/what", "how=lost"},
	    {"/when",
	     str_fmt(a, "lost_on-day=20&lost_on-month=11&lost_on-year=2025&place=%s", place).p},
	    {"/speed", "fast_track=false"},
	    {"/collection", "collect=isa-town"},
	    {"/contact", "phone=%2B97336123456&email=m%40example.bh"},
	    {"/declaration", "declaration=true"},
	};
	for (int guard = 0; guard < 20; guard++) {
		visit(v, str_fmt(a, "/en/applications/%.*s/continue", STRF(name)).p);
		if (str_ends(v->location, STR("/check")))
			return;
		const char *target = str_c(a, v->location);
		follow(v);
		if (strstr(target, "/photograph")) {
			submit_file(v, target, "photograph", "me.png",
			            (str){(const char *)portal_png, sizeof portal_png});
			assert_int_equal(v->status, 303);
			continue;
		}
		const char *fields = NULL;
		for (size_t i = 0; i < COUNT(steps); i++)
			if (strstr(target, steps[i].page))
				fields = steps[i].fields;
		if (!fields)
			fail_msg("no answers for the page %s", target);
		submit(v, target, fields);
		if (v->status != 303)
			fail_msg("%s: %d\n%.*s", target, v->status, STRF(v->page));
	}
	fail_msg("the form does not end");
}

__attribute__((unused)) static void portal_fill(struct visitor *v, str name)
{
	portal_fill_at(v, name, "Manama");
}

/* ---- what others do ---- */

struct portal_act {
	int64_t by, case_id;
	const char *entity, *outcome, *reason;
	int64_t instance;
	err (*decide)(struct tx *tx, struct portal_act *m);
};

static err portal_act_decide(struct tx *tx, void *ctx)
{
	struct portal_act *m = ctx;
	return m->decide(tx, m);
}

static err portal_act(struct portal *p, struct portal_act m)
{
	struct action x = {.k = p->w->u->k,
	                   .a = p->w->u->a,
	                   .actor = {.person = m.by, .entity = str_of(m.entity), .channel = STR("web")},
	                   .decide = portal_act_decide,
	                   .ctx = &m};
	err e = kernel_run(&x);
	if (e)
		print_error("%s: %.*s\n", err_find(e)->name, STRF(x.fault.detail));
	return e;
}

static err portal_pay_decide(struct tx *tx, struct portal_act *m)
{
	json *waits = case_waiting(tx->db, tx->a, m->case_id);
	for (const json *w = waits->first; w; w = w->next)
		if (str_eq(json_str(w, "element"), STR("payment")))
			return case_work_done(tx, m->case_id, json_int(w, "instance", 0), NULL);
	return ERR_not_found;
}

static err portal_task_decide(struct tx *tx, struct portal_act *m)
{
	struct task t[8];
	struct kase q;
	size_t n = case_tasks(tx->db, tx->a, m->case_id, true, t, 8);
	if (!n || task_claim(tx, t[0].id) != OK || case_read(tx, m->case_id, STR("review")) != OK ||
	    !case_get(tx->db, tx->a, m->case_id, &q))
		return ERR_not_found;
	return task_complete(tx, t[0].id, q.revision, str_of(m->outcome), str_of(m->reason), NULL);
}

__attribute__((unused)) static void portal_pay(struct portal *p, int64_t id)
{
	assert_int_equal(portal_act(p, (struct portal_act){.case_id = id, .decide = portal_pay_decide}),
	                 OK);
}

__attribute__((unused)) static void portal_decide(struct portal *p, int64_t id, const char *outcome,
                                                  const char *reason)
{
	assert_int_equal(portal_act(p, (struct portal_act){.by = p->officer,
	                                                   .entity = "iga",
	                                                   .case_id = id,
	                                                   .outcome = outcome,
	                                                   .reason = reason,
	                                                   .decide = portal_task_decide}),
	                 OK);
}

__attribute__((unused)) static struct kase portal_kase(struct portal *p, str name)
{
	struct kase q = {0};
	int64_t id;
	dbc *c = db_reader(p->w->u->k->db);
	if (str_i64(name, &id))
		case_get(c, p->w->u->a, id, &q);
	else
		case_by_reference(c, p->w->u->a, name, &q);
	db_reader_return(c);
	return q;
}

/* A card that ends within the month, so that it may be renewed. */
__attribute__((unused)) static err portal_ending_decide(struct tx *tx, struct portal_act *m)
{
	str day = date_print(tx->a, tx->now / DAY + 10);
	str records = str_fmt(tx->a,
	                      "{\"cards\":[{\"serial\":\"900000002\",\"issued\":\"2020-03-01\","
	                      "\"expires\":\"%.*s\",\"status\":\"active\"}]}",
	                      STRF(day));
	return person_update_records(tx, m->by, json_parse(tx->a, records, NULL));
}

#endif
