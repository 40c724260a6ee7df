/*
 * form.c - a page of a service's form: shown, taken, kept whatever it holds.
 *
 * What was typed is saved even when it is not valid, so that leaving, reloading or
 * changing the language loses nothing. Files are stored before the transaction;
 * those that became an answer are recorded in it. The page is taken again inside
 * the transaction, over the answers as they are then: two windows do not undo each
 * other's pages.
 */
#include "systems/portal/applying.h"

struct taken {
	struct applying p;
	size_t page;
	bool changing; /* reached from the check page, and leads back to it */
	struct form_field *field;
	size_t n;
	struct file_info file[REQ_MAX_FILES];
	size_t n_files;
	struct form_result result;
	const json *before; /* the answers over which the page was taken */
	bool decided;
};

static json *form_view(struct req *r, const struct taken *t, const json *answers, const json *raw,
                       const struct form_errors *errors)
{
	arena *a = r->a;
	const struct applying *p = &t->p;
	struct form_env env = form_env_of(r);
	json *v = json_object(a);
	ptrdiff_t back = form_page_back(p->s->form, t->page, answers, a);
	str path = t->changing   ? page_path(a, p, -1)
	           : back >= 0   ? page_path(a, p, back)
	           : p->returned ? str_fmt(a, "/applications/%.*s", STRF(case_name(a, &p->q)))
	                         : str_fmt(a, "/services/%.*s/apply", STRF(p->s->id));
	json_set_str(a, v, "back", view_href(r, "%s", str_c(a, path)));
	json_set(a, v, "service", service_view(a, p->s, p->s->id));
	json_set_str(a, v, "reference", p->q.reference);
	view_day(r, v, "draft_until", p->returned ? 0 : p->q.changed + DRAFT_KEPT);
	if (p->returned)
		json_set_str(a, json_set(a, v, "returned", json_object(a)), "reason", p->q.reason);
	json *page = form_page_view(p->s->form, t->page, answers, raw, errors, &env, a);
	json_set(a, v, "page", page);
	json_set(a, v, "errors", json_copy(a, json_get(page, "errors")));
	return v;
}

/* The page named by the route, if the answers so far show it. */
static err page_of(struct req *r, struct taken *t)
{
	err e = applying_of(r, &t->p);
	if (e || r->redirect.n)
		return e;
	ptrdiff_t page = form_page_find(t->p.s->form, req_param(r, "page"));
	if (page < 0)
		return req_fail(r, ERR_not_found, "", "there is nothing at this address");
	if (!form_page_shown(t->p.s->form, (size_t)page, t->p.answers, r->a))
		return req_redirect(r, "%s", str_c(r->a, page_path(r->a, &t->p, first_open(r, &t->p))));
	t->page = (size_t)page;
	return OK;
}

static err form_page(struct req *r, bool changing)
{
	struct taken t = {.changing = changing};
	err e = page_of(r, &t);
	if (e || r->redirect.n)
		return e;
	return req_view(r, "portal/apply-form", form_view(r, &t, t.p.answers, t.p.raw, NULL));
}

err page_portal_form(struct req *r)
{
	return form_page(r, false);
}

err page_portal_change(struct req *r)
{
	return form_page(r, true);
}

/* ---- taking ---- */

/* What an upload answers: the stored file, or one that says why it was not
 * taken, which the form tells in its own words. */
static err take_upload(struct req *r, struct taken *t, const struct upload *u)
{
	struct file_info *f = &t->file[t->n_files];
	if (!u->filename.n && !u->bytes.n)
		return OK; /* no file was chosen */
	err e = file_store(r->k, r->a, t->p.q.applicant, u->filename, u->bytes, f);
	if (e && e != ERR_file_refused && e != ERR_file_unexamined)
		return req_fail(r, e, str_c(r->a, u->field), "the file could not be kept");
	json *view = file_view(r->a, f);
	if (e)
		json_set_int(r->a, view, "bytes", (int64_t)u->bytes.n);
	else
		t->n_files++;
	t->field[t->n++] = (struct form_field){.name = u->field, .file = view};
	return OK;
}

static err form_prepare(struct req *r, bool changing)
{
	struct taken *t = NEW(r->a, struct taken);
	t->changing = changing;
	r->state = t;
	err e = page_of(r, t);
	if (e || r->redirect.n)
		return e;
	t->field = NEWN(r->a, struct form_field, r->n_fields + r->n_uploads + 1);
	for (size_t i = 0; i < r->n_fields; i++)
		t->field[t->n++] = (struct form_field){r->fields[i].name, r->fields[i].value, NULL};
	for (size_t i = 0; i < r->n_uploads && !e; i++)
		e = take_upload(r, t, &r->uploads[i]);
	return e;
}

err prepare_portal_form(struct req *r)
{
	return form_prepare(r, false);
}

err prepare_portal_change(struct req *r)
{
	return form_prepare(r, true);
}

static bool holds_file(const json *v, str id)
{
	if (json_is(v, JSON_OBJECT) && str_eq(json_str(v, "file"), id))
		return true;
	for (const json *m = v ? v->first : NULL; m; m = m->next)
		if (holds_file(m, id))
			return true;
	return false;
}

static err record_files(struct tx *tx, struct taken *t)
{
	err e = OK;
	for (size_t i = 0; i < t->n_files && !e; i++) {
		struct file_info f = t->file[i];
		if (!holds_file(t->result.answers, f.id))
			continue;
		f.case_id = t->p.q.id;
		f.entity = t->p.s->entity;
		e = file_record(tx, &f);
	}
	return e;
}

static err form_decide(struct tx *tx, struct req *r)
{
	struct taken *t = r->state;
	struct form_env env = form_env_of(r);
	err e = applying_read(tx->k, tx->db, tx->a, r->session.person, tx->now,
	                      req_param(r, "reference"), &t->p);
	if (e)
		return tx_fail(tx, e, "", "the application cannot be changed any more");
	t->before = t->p.answers;
	t->result = form_page_accept(t->p.s->form, t->page, t->field, t->n, t->p.answers, t->p.raw,
	                             &env, tx->a);
	e = record_files(tx, t);
	if (!e)
		e = applying_save(tx, &t->p, t->result.answers, t->result.raw);
	t->decided = !e;
	return e;
}

err decide_portal_form(struct tx *tx, struct req *r)
{
	return form_decide(tx, r);
}

err decide_portal_change(struct tx *tx, struct req *r)
{
	return form_decide(tx, r);
}

/* A page that the changed answers opened, or -1. */
static ptrdiff_t opened(struct req *r, const struct taken *t)
{
	const struct form *f = t->p.s->form;
	for (size_t i = 0; i < form_pages(f); i++)
		if (form_page_shown(f, i, t->result.answers, r->a) &&
		    !form_page_shown(f, i, t->before, r->a))
			return (ptrdiff_t)i;
	return -1;
}

static err to_path(struct req *r, str path)
{
	return req_redirect(r, "%s", str_c(r->a, path));
}

static err form_answer(struct req *r)
{
	struct taken *t = r->state;
	if (!t->decided) /* sent twice: the first time it was kept */
		return to_path(r, page_path(r->a, &t->p, first_open(r, &t->p)));
	t->p.answers = t->result.answers;
	if (req_field(r, "later").n) {
		req_flash(r, "portal.apply.saved");
		return req_redirect(r, "/applications");
	}
	if (t->result.again) /* an entry came or went: the same page again */
		return to_path(r, r->path);
	if (t->result.errors.count)
		return req_again(r, "portal/apply-form",
		                 form_view(r, t, t->result.answers, t->result.raw, &t->result.errors));
	if (t->changing) {
		ptrdiff_t fresh = opened(r, t);
		return to_path(r, page_path(r->a, &t->p, fresh >= 0 ? fresh : first_open(r, &t->p)));
	}
	return to_path(
	    r, page_path(r->a, &t->p, form_page_next(t->p.s->form, t->page, t->result.answers, r->a)));
}

err answer_portal_form(struct req *r)
{
	return form_answer(r);
}

err answer_portal_change(struct req *r)
{
	return form_answer(r);
}
