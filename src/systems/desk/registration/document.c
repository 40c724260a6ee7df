/*
 * document.c - files that a program sends first, and names in an application afterwards.
 *
 * Until then a file belongs to the officer the key acts as, sealed under their key, and
 * opens for programs of the same body. What an application names is stored once more
 * under the applicant's key, so that it ends with them.
 */
#include "systems/desk/registration/registration.h"

#define AT      REG_BASE "/documents/"
#define FILE_ID 64 /* hex digits */

struct sent {
	struct file_info f;
	str metadata;
};

str reg_document_url(struct req *r, str file)
{
	return str_fmt(r->a, "%.*s" AT "%.*s", STRF(view_base(r)), STRF(file));
}

void reg_documents_of(struct req *r, json *list, const json *v)
{
	str id = json_str(v, "file");
	if (json_is(v, JSON_OBJECT) && id.n == FILE_ID)
		json_push(list, json_string(r->a, reg_document_url(r, id)));
	for (const json *m = v ? v->first : NULL; m; m = m->next)
		reg_documents_of(r, list, m);
}

static bool sent_here(dbc *c, arena *a, const struct rights *who, str id, struct file_info *out)
{
	rows *rs = db_query(c, &sql_desk_document_get, D_TEXT(id));
	str entity = db_next(rs) ? str_dup(a, db_text(rs, 0)) : (str){0};
	db_done(rs);
	return entity.n && may(who, PERM_case_work, entity) && file_find(c, a, id, out);
}

bool reg_document(dbc *c, arena *a, const struct rights *who, str url, struct file_info *out)
{
	ptrdiff_t at = str_find(url, STR(AT));
	str id = at < 0 ? (str){0} : str_sub(url, (size_t)at + sizeof AT - 1, url.n);
	return id.n == FILE_ID && sent_here(c, a, who, id, out);
}

/* ---- sending ---- */

static err refused(struct req *r, const struct file_info *f)
{
	const char *key = str_fmt(r->a, "form.error.file.%.*s", STRF(f->reason)).p;
	bool known = f->reason.n && message_known(server_settings(r->server)->texts, str_of(key));
	return reg_refuse(r, 400, known ? key : "desk.registration.no_file");
}

/* The part "file": bytes of a file, or Base64 as text. */
static bool part(struct req *r, str *name, str *bytes)
{
	const struct upload *u = req_upload(r, "file");
	*name = u ? u->filename : STR("document");
	*bytes = u ? u->bytes : (str){0};
	return u ? bytes->n > 0 : str_unbase64(r->a, req_field(r, "file"), bytes) && bytes->n > 0;
}

err prepare_reg_send(struct req *r)
{
	struct sent *t = NEW(r->a, struct sent);
	str name, bytes;
	r->state = t;
	err e = reg_enter(r, false);
	if (e || reg_answered(r))
		return e;
	if (!part(r, &name, &bytes))
		return reg_refuse(r, 400, "desk.registration.no_file");
	t->metadata = req_field(r, "additionalMetadata");
	e = file_store(r->k, r->a, r->session.person, name, bytes, &t->f);
	if (e == ERR_file_refused)
		return refused(r, &t->f);
	t->f.entity = r->actor.entity;
	return e ? req_fail(r, e, "file", "the file could not be kept") : OK;
}

err decide_reg_send(struct tx *tx, struct req *r)
{
	const struct sent *t = r->state;
	json *d = json_object(tx->a), *secret = json_object(tx->a);
	err e = file_record(tx, &t->f);
	json_set_str(tx->a, d, "file", t->f.id);
	json_set_str(tx->a, secret, "metadata", t->metadata);
	r->decided = json_object(tx->a);
	json_set_str(tx->a, r->decided, "file", t->f.id);
	return e ? e
	         : tx_emit(tx, (struct emission){.kind = "desk.document_sent",
	                                         .entity = tx->actor.entity,
	                                         .subject = tx->actor.person,
	                                         .data = d,
	                                         .secret = secret});
}

err answer_reg_send(struct req *r)
{
	json *o = json_object(r->a);
	struct file_info f = {0};
	str id = json_str(r->decided, "file");
	file_find(r->db, r->a, id, &f);
	json_set_int(r->a, o, "code", 200);
	json_set_str(r->a, o, "type", f.type);
	json_set_str(r->a, o, "message", f.name);
	json_set_str(r->a, o, "url", reg_document_url(r, id));
	return req_view(r, "", o);
}

/* ---- reading ---- */

err page_reg_document(struct req *r)
{
	struct file_info f;
	struct kase q = {0};
	str id = req_param(r, "file"), bytes;
	err e = reg_enter(r, false);
	if (e || reg_answered(r))
		return e;
	bool own = sent_here(r->db, r->a, &r->session.rights, id, &f);
	if (!own && (!file_find(r->db, r->a, id, &f) || !f.case_id ||
	             !case_get(r->db, r->a, f.case_id, &q) || !desk_allowed(r, PERM_case_read, q.id))) {
		denial_record(r->k, r->actor, PERM_case_read, str_of(r->route->name), q.entity);
		return reg_nothing(r);
	}
	if (!own)
		e = desk_record_reading(r, &q, STR("api"));
	if (!e)
		e = file_read(r->k, r->db, r->a, id, &bytes);
	if (e)
		return req_fail(r, e, "", "the file cannot be read");
	return req_content(r, str_c(r->a, f.type), bytes, str_c(r->a, f.name));
}
