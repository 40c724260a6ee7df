/*
 * file.c - an application file: sending one, reading it, adding to it.
 *
 * Who sends it is the officer the key acts as, by a mandate of the applicant's for the
 * service (kernel/identity/mandate.h): they are its agent, and so may not decide on it.
 */
#include "systems/desk/registration/registration.h"

#include "base/utf8.h"
#include "kernel/identity/mandate.h"

#define COPIES_MAX 20

struct filing {
	const struct service *s; /* of a new file */
	struct kase q;           /* of one that is there */
	int64_t applicant;
	struct registration told;
	const json *given; /* answers */
	struct file_info copy[COPIES_MAX];
	size_t n_copies, wanted; /* documents stored again; and named */
};

/* ---- reading ---- */

void reg_told(dbc *c, arena *a, int64_t case_id, struct registration *out)
{
	*out = (struct registration){0};
	rows *rs = db_query(c, &sql_desk_registration_get, D_INT(case_id));
	if (db_next(rs)) {
		out->name = str_dup(a, db_text(rs, 0));
		out->created = db_int(rs, 1);
		out->task = db_int(rs, 2);
		out->operator= json_parse(a, str_dup(a, db_text(rs, 3)), NULL);
	}
	db_done(rs);
}

json *reg_file(struct req *r, const struct kase *q)
{
	struct registration told;
	json *o = json_object(r->a), *all = json_object(r->a), *form = json_object(r->a);
	json *urls = json_array(r->a), *answers = case_answers(r->db, r->a, q->id);
	str applicant = reg_applicant_id(r, q->applicant);
	reg_told(r->db, r->a, q->id, &told);
	json_set_str(r->a, o, "fileId", q->reference);
	reg_time(r, o, "registered", q->submitted);
	json_set_str(r->a, o, "serviceId", reg_service_id(r->a, q->service));
	json_set_str(r->a, o, "serviceName", req_pick(r, desk_service(r, q->service)));
	json_set(r->a, o, "status", reg_status(r, q));
	json_set_bool(r->a, o, "ended", q->closed != 0);
	json_set_str(r->a, o, "applicantId", applicant);
	json_set_str(r->a, all, "applicationName", told.name);
	json_set_str(r->a, all, "applicantId", applicant);
	reg_time(r, all, "created", told.created ? told.created : q->opened);
	json_set(r->a, form, "data", reg_wrap(r->a, answers));
	json_set_str(r->a, form, "eFormId", reg_form_id(r->a, q->service, (str){0}));
	json_set(r->a, all, "formData", form);
	reg_documents_of(r, urls, answers);
	json_set(r->a, all, "documentUrls", urls);
	json_set(r->a, o, "applicationData", all);
	return o;
}

/* The case of the address, if this caller may do p with it; else the answer is set. */
static err file_of(struct req *r, enum permission p, struct kase *q)
{
	err e = reg_enter(r, true);
	if (e || reg_answered(r))
		return e;
	e = desk_case_of(r, p, q);
	return e == ERR_not_found ? reg_nothing(r) : e;
}

err page_reg_file(struct req *r)
{
	struct kase q;
	err e = file_of(r, PERM_case_read, &q);
	if (e || reg_answered(r))
		return e;
	e = desk_record_reading(r, &q, STR("api"));
	return e ? e : req_view(r, "", reg_file(r, &q));
}

/* ---- what a program sends ---- */

static err wrong(struct req *r)
{
	return reg_refuse(r, 400, "desk.registration.bad_file");
}

/* applicationName, applicantId, created, formData, documentUrls: sets an answer if one of
 * them is not as described. */
static err body_read(struct req *r, struct filing *t, str *applicant, str form)
{
	const json *b = r->body, *data = json_get(json_get(b, "formData"), "data");
	const json *urls = json_get(b, "documentUrls");
	str created = json_str(b, "created"), eform = json_text(json_path(b, "formData.eFormId"));
	*applicant = json_str(b, "applicantId");
	t->told.name = str_trim(json_str(b, "applicationName"));
	bool good = json_is(b, JSON_OBJECT) && json_is(json_get(b, "applicantId"), JSON_STRING) &&
	            (!data || json_is(data, JSON_OBJECT)) && (!urls || json_is(urls, JSON_ARRAY)) &&
	            (!created.n || time_parse(created, &t->told.created)) &&
	            utf8_length(t->told.name) <= REG_NAME_CHARS && (!eform.n || str_eq(eform, form));
	t->given = reg_unwrap(r->a, data);
	return good ? OK : wrong(r);
}

static bool listed(const json *urls, str url)
{
	for (const json *u = urls ? urls->first : NULL; u; u = u->next)
		if (str_eq(json_text(u), url))
			return true;
	return false;
}

/* An address of a document becomes the file, stored again under the applicant's key. */
static err document_take(struct req *r, struct filing *t, json *v)
{
	struct file_info f;
	str url = json_is(v, JSON_STRING) ? json_text(v) : (str){0}, bytes;
	if (str_find(url, STR(REG_BASE "/documents/")) < 0)
		return OK;
	if (t->n_copies == COPIES_MAX || !reg_document(r->db, r->a, &r->session.rights, url, &f))
		return reg_refuse(r, 400, "desk.registration.bad_document");
	struct file_info *copy = &t->copy[t->n_copies];
	err e = file_read(r->k, r->db, r->a, f.id, &bytes);
	if (!e)
		e = file_store_own(r->k, r->a, t->applicant, f.name, str_c(r->a, f.type), bytes, copy);
	if (e)
		return req_fail(r, e, "documentUrls", "a document could not be kept");
	copy->width = f.width;
	copy->height = f.height;
	t->n_copies++;
	t->wanted -= listed(json_get(r->body, "documentUrls"), url) && t->wanted;
	str key = v->key;
	json *next = v->next;
	*v = *file_view(r->a, copy);
	v->key = key;
	v->next = next;
	return OK;
}

static err documents_take(struct req *r, struct filing *t, json *v)
{
	err e = document_take(r, t, v);
	for (json *m = json_is(v, JSON_OBJECT) || json_is(v, JSON_ARRAY) ? v->first : NULL;
	     m && !e && !reg_answered(r); m = m->next)
		e = documents_take(r, t, m);
	return e;
}

/* Every document that is listed has to answer some question: none is dropped. */
static err documents_read(struct req *r, struct filing *t)
{
	const json *urls = json_get(r->body, "documentUrls");
	json *all = json_copy(r->a, t->given);
	t->wanted = urls ? urls->count : 0;
	err e = documents_take(r, t, all);
	t->given = all;
	if (e || reg_answered(r))
		return e;
	return t->wanted ? reg_refuse(r, 400, "desk.registration.bad_document") : OK;
}

static err documents_record(struct tx *tx, struct filing *t, const struct kase *q)
{
	err e = OK;
	for (size_t i = 0; i < t->n_copies && !e; i++) {
		struct file_info f = t->copy[i];
		f.case_id = q->id;
		f.entity = q->entity;
		e = file_record(tx, &f);
	}
	return e;
}

static err told_emit(struct tx *tx, const struct kase *q, const struct registration *t)
{
	json *d = json_object(tx->a), *secret = json_object(tx->a);
	json_set_int(tx->a, d, "task", t->task);
	json_set_str(tx->a, secret, "name", t->name);
	json_set_int(tx->a, secret, "created", t->created);
	if (t->operator)
		json_set(tx->a, secret, "operator", json_copy(tx->a, t->operator));
	return tx_emit(tx, (struct emission){.kind = "desk.registration_told",
	                                     .entity = q->entity,
	                                     .subject = q->applicant,
	                                     .case_id = q->id,
	                                     .data = d,
	                                     .secret = secret});
}

bool reg_acts_for(struct req *r, int64_t applicant, str service)
{
	return acts_for(r->db, r->a, r->session.person, applicant, service, r->now, NULL);
}

/* ---- a new one ---- */

/* The person of the number who lets the caller's officer act for them; 0 alike for
 * nobody and for who does not. */
static int64_t principal(struct req *r, str number, str service)
{
	struct person p;
	if (!person_by_number(r->db, r->a, number, &p) || !reg_acts_for(r, p.id, service))
		return 0;
	return p.id;
}

err prepare_reg_apply(struct req *r)
{
	struct filing *t = NEW(r->a, struct filing);
	str applicant;
	r->state = t;
	err e = reg_enter(r, true);
	if (e || reg_answered(r))
		return e;
	t->s = reg_service(r, req_param(r, "service"));
	if (!t->s)
		return reg_nothing(r);
	e = body_read(r, t, &applicant, reg_form_id(r->a, t->s->id, (str){0}));
	if (e || reg_answered(r))
		return e;
	t->applicant = principal(r, applicant, t->s->id);
	return t->applicant ? documents_read(r, t) : reg_refuse(r, 404, "desk.registration.no_mandate");
}

err decide_reg_apply(struct tx *tx, struct req *r)
{
	struct filing *t = r->state;
	struct kase q;
	if (!acts_for(tx->db, tx->a, tx->actor.person, t->applicant, t->s->id, tx->now, NULL))
		return tx_fail(tx, ERR_not_found, "", "there is no mandate any more");
	if (case_open_of(tx->db, tx->a, t->applicant, t->s->id, &q) && str_eq(q.state, STR("draft")))
		return tx_fail(tx, ERR_case_open, "", "the applicant has begun an application");
	err e = draft_open(tx, t->s, t->applicant, &q);
	if (!e)
		e = documents_record(tx, t, &q);
	if (!e)
		e = draft_save(tx, q.id, reg_merge(tx->a, case_answers(tx->db, tx->a, q.id), t->given),
		               NULL);
	if (!e)
		e = case_submit(tx, q.id);
	if (!e)
		e = told_emit(tx, &q, &t->told);
	r->decided = json_object(tx->a);
	json_set_int(tx->a, r->decided, "case", q.id);
	return e;
}

static err file_now(struct req *r)
{
	struct kase q;
	if (!case_get(r->db, r->a, json_int(r->decided, "case", 0), &q))
		return reg_nothing(r);
	return req_view(r, "", reg_file(r, &q));
}

err answer_reg_apply(struct req *r)
{
	return file_now(r);
}

/* ---- adding to one ---- */

/* Of an officer: the answers of the form of the task, kept until it is completed. */
static err task_answers(struct tx *tx, struct filing *t)
{
	struct registration now;
	struct task task;
	reg_told(tx->db, tx->a, t->q.id, &now);
	if (!reg_first_task(tx->db, tx->a, t->q.id, &task))
		return tx_fail(tx, ERR_case_closed, "", "nothing is left to do in this case");
	now.operator = reg_merge(tx->a, now.task == task.id ? now.operator : NULL, t->given);
	now.task = task.id;
	now.name = t->told.name.n ? t->told.name : now.name;
	now.created = t->told.created ? t->told.created : now.created;
	return told_emit(tx, &t->q, &now);
}

err prepare_reg_update(struct req *r)
{
	struct filing *t = NEW(r->a, struct filing);
	struct task task;
	str applicant, form = (str){0};
	r->state = t;
	err e = file_of(r, PERM_case_work, &t->q);
	if (e || reg_answered(r))
		return e;
	bool open = reg_first_task(r->db, r->a, t->q.id, &task);
	bool asked = open && str_eq(task.role, STR("applicant")); /* the applicant is */
	if (asked && !reg_acts_for(r, t->q.applicant, t->q.service))
		return reg_refuse(r, 404, "desk.registration.no_mandate");
	if (open && !asked)
		form = task.form;
	e = body_read(r, t, &applicant, reg_form_id(r->a, t->q.service, form));
	if (e || reg_answered(r))
		return e;
	t->applicant = t->q.applicant;
	if (!str_eq(applicant, reg_applicant_id(r, t->q.applicant)))
		return wrong(r);
	return documents_read(r, t);
}

/* Where the applicant is asked, it is they who answer, by whom they let act for them. */
err decide_reg_update(struct tx *tx, struct req *r)
{
	struct filing *t = r->state;
	struct task task;
	err e = documents_record(tx, t, &t->q);
	r->decided = json_object(tx->a);
	json_set_int(tx->a, r->decided, "case", t->q.id);
	bool asked = reg_first_task(tx->db, tx->a, t->q.id, &task);
	if (e || !asked || !str_eq(task.role, STR("applicant")))
		return e ? e : task_answers(tx, t);
	return case_answer(tx, t->q.id,
	                   reg_merge(tx->a, case_answers(tx->db, tx->a, t->q.id), t->given));
}

err answer_reg_update(struct req *r)
{
	return file_now(r);
}
