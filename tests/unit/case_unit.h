/* People, officers and the pack of Bahrain in a fresh kernel, and commands on
 * cases as one call each. */
#ifndef CASE_UNIT_H
#define CASE_UNIT_H

#include "kernel_unit.h"

#include "kernel/cases/cases.h"
#include "kernel/documents/documents.h"
#include "kernel/journal.h"
#include "kernel/outbox/outbox.h"
#include "kernel/pack/pack.h"

extern const struct organ pack_organ;

#ifndef SERVICE
#define SERVICE "idcard-replace-lost"
#endif

/* One more room, of the test's own: CASE_UNIT_ROOM, a pointer to its organ. */

#ifdef CASE_UNIT_DOCUMENTS /* the real ones are made */
#define UNIT_DOCUMENTS documents_organ
#else
/* Documents are asked for in a table of this program: tests say when one is issued. */
struct asked {
	int64_t case_id, instance;
	int n;
};
static struct asked unit_asked;

static void fold_nothing(dbc *c, arena *a, const struct event *e)
{
	(void)c;
	(void)a;
	(void)e;
}

static const struct event_kind unit_events[] = {{"document.issued", 1, fold_nothing, "test"}};
static const struct organ unit_documents = {
    .name = "test/documents", .events = unit_events, .n_events = 1};

err document_request(struct tx *tx, const struct document_order *o)
{
	(void)tx;
	unit_asked = (struct asked){o->case_id, o->instance, unit_asked.n + 1};
	return OK;
}
#define UNIT_DOCUMENTS unit_documents
#endif

struct people {
	struct unit *u;
	int64_t citizen, other, officer, second, foreign, supervisor;
};

/* Commands name the members they need; the others are zero on purpose. */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

enum verb {
	DO_DRAFT,
	DO_SAVE,
	DO_DISCARD,
	DO_SUBMIT,
	DO_ANSWER,
	DO_WITHDRAW,
	DO_RATE,
	DO_CLAIM,
	DO_RELEASE,
	DO_ASSIGN,
	DO_COMPLETE,
	DO_NOTE,
	DO_READ,
	DO_WORK,
	DO_FAIL,
	DO_RETRY,
	DO_MOVE,
	DO_MIGRATE,
	DO_ERASE,
	DO_ISSUED,
	DO_MESSAGE,
};

struct act {
	enum verb verb;
	int64_t by; /* person acting */
	int64_t id; /* case, task or person */
	int64_t n;  /* revision, instance, rating, version, other person */
	str text, more;
	json *value;
	str key; /* of idempotency */
	struct fault fault;
	struct kase out;
};

static err issued(struct tx *tx, struct act *m)
{
	json *d = json_object(tx->a);
	json_set_int(tx->a, d, "instance", m->n);
	json_set_str(tx->a, d, "number", STR("D-2025-000001"));
	return tx_emit(tx, (struct emission){.kind = "document.issued", .case_id = m->id, .data = d});
}

static err act_decide(struct tx *tx, void *ctx)
{
	struct act *m = ctx;
	switch (m->verb) {
	case DO_DRAFT:
		return draft_open(tx,
		                  pack_service(pack_current(tx->k), m->text.n ? m->text : STR(SERVICE)),
		                  m->by, &m->out);
	case DO_SAVE:
		return draft_save(tx, m->id, m->value, NULL);
	case DO_DISCARD:
		return draft_discard(tx, m->id);
	case DO_SUBMIT:
		return case_submit(tx, m->id);
	case DO_ANSWER:
		return case_answer(tx, m->id, m->value);
	case DO_WITHDRAW:
		return case_withdraw(tx, m->id, m->text);
	case DO_RATE:
		return case_rate(tx, m->id, (int)m->n, m->text);
	case DO_CLAIM:
		return task_claim(tx, m->id);
	case DO_RELEASE:
		return task_release(tx, m->id);
	case DO_ASSIGN:
		return task_assign(tx, m->id, m->n);
	case DO_COMPLETE:
		return task_complete(tx, m->id, m->n, m->text, m->more, m->value);
	case DO_NOTE:
		return case_note(tx, m->id, m->text);
	case DO_READ:
		return case_read(tx, m->id, m->text);
	case DO_WORK:
		return case_work_done(tx, m->id, m->n, m->value);
	case DO_FAIL:
		return case_work_failed(tx, m->id, m->n, m->text);
	case DO_RETRY:
		return case_retry(tx, m->id, m->n);
	case DO_MOVE:
		return case_move(tx, m->id, m->n, m->text);
	case DO_MIGRATE:
		return case_migrate(tx, m->id, m->n, m->value);
	case DO_ERASE:
		return person_erase(tx, m->id, STR("asked"));
	case DO_MESSAGE:
		return case_message(tx, m->text, m->more, m->value);
	case DO_ISSUED:
		return issued(tx, m);
	}
	return ERR_internal;
}

__attribute__((unused)) static err act_run(struct people *p, struct act *m)
{
	struct action x = {
	    .k = p->u->k,
	    .a = p->u->a,
	    .actor = {.person = m->by, .entity = STR("iga"), .channel = STR("web")},
	    .decide = act_decide,
	    .ctx = m,
	};
	if (m->key.n) {
		x.idempotency_scope = STR("test");
		x.idempotency_key = m->key;
		x.request_hash = STR("same");
	}
	err e = kernel_run(&x);
	m->fault = x.fault;
	return e;
}

#define ACT(p, ...) act_run((p), &(struct act){__VA_ARGS__})
/* The same, which must succeed; says why not. */
#define DONE(p, ...)                                                                               \
	do {                                                                                           \
		struct act done_act = {__VA_ARGS__};                                                       \
		if (act_run((p), &done_act) != OK)                                                         \
			fail_msg("line %d: %s: %.*s %.*s", __LINE__, err_find(done_act.fault.code)->name,      \
			         STRF(done_act.fault.field), STRF(done_act.fault.detail));                     \
	} while (0)

/* ---- a kernel with people ---- */

struct staff {
	struct people *p;
	struct pack_source source;
	struct pack *pack;
};

static err person_add(struct tx *tx, const char *number, const char *en, const char *role,
                      const char *entity, int64_t *id)
{
	struct person x = {.national_number = str_of(number),
	                   .name_en = str_of(en),
	                   .name_ar = STR("مريم علي"),
	                   .nationality = STR("BHR"),
	                   .group = STR("citizen"),
	                   .birth_date = STR("1985-01-19"),
	                   .sex = STR("F"),
	                   .email = STR("m@example.org"),
	                   .phone = STR("+97336000000"),
	                   .language = STR("en"),
	                   .staff = role != NULL};
	x.records = json_parse(tx->a,
	                       STR("{\"cards\":[{\"serial\":\"A1\",\"issued\":\"2020-01-01\","
	                           "\"expires\":\"2030-01-01\",\"status\":\"active\"}]}"),
	                       NULL);
	err e = person_register(tx, &x);
	*id = x.id;
	return e || !role ? e : role_grant(tx, x.id, str_of(role), str_of(entity), 0);
}

static err staff_decide(struct tx *tx, void *ctx)
{
	struct staff *s = ctx;
	struct people *p = s->p;
	err e = pack_put(tx, &s->source, s->pack);
	e = e ? e : person_add(tx, "850119990", "Maryam Ali", NULL, NULL, &p->citizen);
	e = e ? e : person_add(tx, "850119991", "Khalid Omar", NULL, NULL, &p->other);
	e = e ? e : person_add(tx, "850119992", "Yusuf Khalid", "id_officer", "iga", &p->officer);
	e = e ? e : person_add(tx, "850119993", "Noora Jassim", "id_officer", "iga", &p->second);
	e = e ? e : person_add(tx, "850119994", "Sara Hasan", "id_officer", "moh", &p->foreign);
	return e;
}

__attribute__((unused)) static err put_decide(struct tx *tx, void *ctx)
{
	struct staff *s = ctx;
	return pack_put(tx, &s->source, s->pack);
}

/* Puts a file into the pack, in its place by path, unless there is one. */
static void pack_add(struct unit *u, struct pack_source *s, const char *path, const char *bytes)
{
	struct pack_source_file *all = NEWN(u->a, struct pack_source_file, s->n + 1);
	size_t n = 0, i = 0;
	while (i < s->n && str_cmp(s->files[i].path, str_of(path)) < 0)
		all[n++] = s->files[i++];
	if (i < s->n && str_eq(s->files[i].path, str_of(path)))
		return;
	all[n++] = (struct pack_source_file){str_of(path), str_of(bytes)};
	while (i < s->n)
		all[n++] = s->files[i++];
	s->files = all;
	s->n = n;
}

__attribute__((unused)) static struct pack_source unit_pack(struct unit *u)
{
	struct pack_source s;
	struct diags d = diags_make(u->a, (str){0});
	if (pack_read_folder(u->a, "packs/bahrain", &s, &d) != OK)
		fail_msg("%.*s", STRF(diags_print(u->a, &d)));
	pack_add(u, &s, "services/" SERVICE "/document.json", "{}");
	return s;
}

__attribute__((unused)) static struct pack *unit_check(struct unit *u, const struct pack_source *s)
{
	struct diags d = diags_make(u->a, (str){0});
	struct pack *p = pack_check(u->a, s, &d);
	if (!p)
		fail_msg("%.*s", STRF(diags_print(u->a, &d)));
	return p;
}

__attribute__((unused)) static struct people *people_start(void)
{
	const struct organ *const organs[] = {
	    &pack_organ,
	    &cases_organ,
	    &UNIT_DOCUMENTS,
#ifdef CASE_UNIT_ROOM
	    CASE_UNIT_ROOM,
#endif
	};
	struct unit *u = unit_start(organs, COUNT(organs));
	struct people *p = NEW(u->a, struct people);
	struct staff s = {.p = p, .source = unit_pack(u)};
	p->u = u;
	s.pack = unit_check(u, &s.source);
#ifndef CASE_UNIT_DOCUMENTS
	unit_asked = (struct asked){0};
#endif
	struct action x = {.k = u->k, .a = u->a, .decide = staff_decide, .ctx = &s};
	if (kernel_run(&x) != OK)
		fail_msg("%s: %.*s", err_find(x.fault.code)->name, STRF(x.fault.detail));
	str why = {0};
	if (pack_refresh(u->k, &why) != OK)
		fail_msg("%.*s", STRF(why));
	return p;
}

__attribute__((unused)) static void replace(struct people *p, struct pack_source *s,
                                            const char *path, const char *from, const char *to)
{
	for (size_t i = 0; i < s->n; i++) {
		if (!str_eq(s->files[i].path, str_of(path)))
			continue;
		buf b = buf_make(p->u->a, 1024 * 1024);
		str rest = s->files[i].bytes;
		ptrdiff_t at;
		bool any = false;
		while ((at = str_find(rest, str_of(from))) >= 0) {
			buf_put(&b, str_sub(rest, 0, (size_t)at));
			buf_puts(&b, to);
			rest = str_sub(rest, (size_t)at + strlen(from), rest.n);
			any = true;
		}
		buf_put(&b, rest);
		assert_true(any);
		s->files[i].bytes = buf_str(&b);
		return;
	}
	fail_msg("%s is not in the pack", path);
}

__attribute__((unused)) static void put_in_force(struct people *p, struct staff *s)
{
	str why = {0};
	s->pack = unit_check(p->u, &s->source);
	struct action x = {.k = p->u->k, .a = p->u->a, .decide = put_decide, .ctx = s};
	if (kernel_run(&x) != OK || pack_refresh(p->u->k, &why) != OK)
		fail_msg("%s: %.*s %.*s", err_find(x.fault.code)->name, STRF(x.fault.detail), STRF(why));
}

__attribute__((unused)) static void people_stop(struct people *p)
{
	unit_stop(p->u);
}

/* A new process opens the same database. */
__attribute__((unused)) static void people_reopen(struct people *p)
{
	str why = {0};
	unit_open(p->u);
	if (pack_refresh(p->u->k, &why) != OK)
		fail_msg("%.*s", STRF(why));
}

__attribute__((unused)) static void people_restart(struct people *p)
{
	kernel_close(p->u->k);
	people_reopen(p);
}

/* ---- looking ---- */

__attribute__((unused)) static struct kase look_at(struct people *p, int64_t id)
{
	struct kase q = {0};
	dbc *c = db_reader(p->u->k->db);
	if (!case_get(c, p->u->a, id, &q))
		q.state = STR("gone");
	db_reader_return(c);
	return q;
}

/* The open task, waiting for the role. */
__attribute__((unused)) static struct task task_of(struct people *p, int64_t id, const char *role)
{
	struct task t[16], none = {0};
	dbc *c = db_reader(p->u->k->db);
	size_t n = case_tasks(c, p->u->a, id, true, t, 16);
	db_reader_return(c);
	for (size_t i = 0; i < n; i++)
		if (str_eq(t[i].role, str_of(role)))
			return t[i];
	return none;
}

/* The instance of the open service task of a type. */
__attribute__((unused)) static int64_t work_of(struct people *p, int64_t id, const char *element)
{
	int64_t instance = 0;
	dbc *c = db_reader(p->u->k->db);
	json *list = case_waiting(c, p->u->a, id);
	db_reader_return(c);
	for (const json *v = list->first; v; v = v->next)
		if (str_eq(json_str(v, "element"), str_of(element)))
			instance = json_int(v, "instance", 0);
	return instance;
}

__attribute__((unused)) static int64_t count_of(struct people *p, const char *kind)
{
	dbc *c = db_reader(p->u->k->db);
	struct dbv v[] = {D_TEXT(str_of(kind))};
	rows *r = db_query_text(c, STR("SELECT count(*) FROM journal WHERE kind = $1"), v, 1);
	int64_t n = db_next(r) ? db_int(r, 0) : -1;
	db_done(r);
	db_reader_return(c);
	return n;
}

__attribute__((unused)) static json *good_answers(struct people *p)
{
	static const char text[] =
	    "{\"how\":\"lost\",\"lost_on\":\"2025-11-20\",\"place\":\"Manama souq\","
	    "\"fast_track\":false,\"phone\":\"+97336000000\",\"email\":\"m@example.org\","
	    "\"collect\":\"isa-town\",\"declaration\":true,"
	    "\"photograph\":{\"file\":"
	    "\"2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae\","
	    "\"name\":\"me.jpg\",\"bytes\":120000,\"type\":\"image/"
	    "jpeg\",\"width\":600,\"height\":800}}";
	return json_parse(p->u->a, str_of(text), NULL);
}

/* A submitted case of the citizen, waiting for payment. */
__attribute__((unused)) static int64_t submitted(struct people *p, int64_t person)
{
	struct act draft = {DO_DRAFT, person};
	assert_int_equal(act_run(p, &draft), OK);
	DONE(p, DO_SAVE, person, draft.out.id, .value = good_answers(p));
	DONE(p, DO_SUBMIT, person, draft.out.id);
	return draft.out.id;
}

__attribute__((unused)) static void paid(struct people *p, int64_t id)
{
	DONE(p, DO_WORK, 0, id, work_of(p, id, "payment"));
}

/* An application of the citizen's, sent and paid, whose task the officer has taken. */
__attribute__((unused)) static struct task taken(struct people *p, int64_t *id)
{
	*id = submitted(p, p->citizen);
	paid(p, *id);
	struct task t = task_of(p, *id, "id_officer");
	DONE(p, DO_CLAIM, p->officer, t.id);
	return t;
}

__attribute__((unused)) static struct rebuild_report rebuilt(struct people *p)
{
	struct rebuild_report r = {0};
	assert_int_equal(journal_rebuild(p->u->k, p->u->a, false, &r), OK);
	if (r.different)
		fail_msg("%d tables differ after a rebuild, first %.*s", r.different,
		         STRF(r.first_different));
	return r;
}

#endif
