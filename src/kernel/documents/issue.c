/*
 * issue.c - asking for a document inside a transaction, making it after.
 *
 * The number is taken when the document is asked for, in that transaction, so that
 * numbers have no gaps and no two documents wait for one another. The view (personal)
 * is sealed in the event document.requested; the job finds it there. A document that
 * cannot be made leaves a dead job and an open order: its number is not lost, and
 * stands on it when the job is taken up again.
 */
#include "kernel/documents/organ.h"

#include "kernel/documents/sign_in.h"
#include "kernel/files/examine.h"
#include "kernel/head.h"
#include "kernel/identity/identity.h"
#include "kernel/pack/pack.h"
#include "kernel/signer/signer.h"
#include "kernel/statements.h"
#include "kernel/vault.h"

#include <string.h>

#define CODE_SEED_BYTES 16

/* ---- asking ---- */

static str take_number(struct tx *tx, str prefix, json *d)
{
	int64_t year = civil_of(tx->now, pack_utc_offset(tx->k)).year;
	int64_t no = db_query_int(tx->db, &sql_document_number_next, 1, D_TEXT(prefix), D_INT(year));
	str number = str_fmt(tx->a, "%.*s-%lld-%06lld", STRF(prefix), (long long)year, (long long)no);
	json_set_str(tx->a, d, "prefix", prefix);
	json_set_int(tx->a, d, "year", year);
	json_set_int(tx->a, d, "no", no);
	json_set_str(tx->a, d, "number", number);
	return number;
}

err document_request(struct tx *tx, const struct document_order *o)
{
	arena *a = tx->a;
	if (o->key.n && db_query_int(tx->db, &sql_document_order_known, 0, D_TEXT(o->key)))
		return OK;
	unsigned char seed[CODE_SEED_BYTES];
	rng_bytes(tx->rng, seed, sizeof seed);
	json *d = json_object(a), *secret = json_object(a), *payload = json_object(a);
	str spec = json_print(a, o->spec), hash = sha256_hex(a, spec);
	db_exec(tx->db, &sql_document_spec_insert, D_TEXT(hash), D_TEXT(spec));
	int64_t id = tx_id(tx);
	json_set_int(a, d, "order", id);
	json_set_str(a, d, "key", o->key);
	json_set_str(a, d, "kind", o->kind);
	str number = take_number(tx, o->prefix.n ? o->prefix : STR("D"), d);
	json_set_str(a, d, "seed", str_hex(a, (str){(char *)seed, sizeof seed}));
	json_set_str(a, d, "spec", hash);
	json_set_int(a, d, "instance", o->instance);
	json_set(a, d, "title", o->title ? json_copy(a, o->title) : json_object(a));
	json_set(a, o->subject ? secret : d, "view", json_copy(a, o->view));
	json_set_int(a, payload, "order", id);
	tx_later(tx, "document.issue", number, 0, payload);
	return tx_emit(tx, (struct emission){.kind = "document.requested",
	                                     .entity = o->entity,
	                                     .subject = o->subject,
	                                     .case_id = o->case_id,
	                                     .data = d,
	                                     .secret = o->subject ? secret : NULL});
}

/* ---- making ---- */

struct making {
	struct kernel *k;
	dbc *c;
	arena *a;
	int64_t order, id;
	const json *spec;
	json *view;
	struct event asked; /* copied out of the journal */
	err read;
	/* made */
	str code, pdf, digest, certificate;
	json *initials;
	bool unexamined; /* a picture, as nobody could look into it */
	struct file_info file;
};

static bool take_event(void *ctx, arena *scratch, const struct event *e)
{
	(void)scratch;
	struct making *m = ctx;
	m->asked = *e;
	m->asked.entity = str_dup(m->a, e->entity);
	m->asked.data = json_copy(m->a, e->data);
	m->asked.secret = e->secret ? json_copy(m->a, e->secret) : NULL;
	m->read = OK;
	return false;
}

/* Everything of the order; ERR_vault_erased when its person is no more. */
static err read_order(struct making *m, bool *done)
{
	rows *r = db_query(m->c, &sql_document_order_get, D_INT(m->order));
	str spec = {0};
	int64_t seq = 0;
	if (db_next(r)) {
		seq = db_int(r, 0);
		spec = str_dup(m->a, db_text(r, 2));
		*done = db_int(r, 3) != 0;
	}
	db_done(r);
	if (!seq || *done)
		return seq ? OK : ERR_not_found;
	m->read = ERR_not_found;
	err e = journal_read(m->k, m->c, seq, seq, take_event, m);
	if (e || m->read)
		return e ? e : m->read;
	if (m->asked.subject && !m->asked.secret)
		return ERR_vault_erased;
	r = db_query(m->c, &sql_document_spec_get, D_TEXT(spec));
	if (db_next(r))
		m->spec = json_parse(m->a, str_dup(m->a, db_text(r, 0)), NULL);
	db_done(r);
	m->view = json_get(m->asked.secret ? m->asked.secret : m->asked.data, "view");
	return m->spec && m->view ? OK : ERR_document_spec;
}

static str public_url(const struct kernel *k, arena *a)
{
	str url = config_text(k->config, SETTING_public_url);
	return url.n ? url : str_fmt(a, "http://%.*s", STRF(config_text(k->config, SETTING_listen)));
}

/* 0: until it is revoked. */
static instant expires_at(const struct making *m)
{
	int64_t days = json_int(m->spec, "valid_days", 0);
	return days ? m->asked.at + days * DAY : 0;
}

/* What every document may name beside its own view. */
static void complete_view(struct making *m, str code)
{
	arena *a = m->a;
	json *d = json_object(a);
	struct entity e = {0};
	str url = str_fmt(a, "%.*s/ar/verify/%.*s", STRF(public_url(m->k, a)), STRF(code));
	json_set_str(a, d, "number", json_str(m->asked.data, "number"));
	json_set_str(a, d, "code", code);
	json_set_str(a, d, "issued", time_print(a, m->asked.at));
	json_set_str(a, d, "verify_url", url);
	if (expires_at(m))
		json_set_str(a, d, "expires", time_print(a, expires_at(m)));
	json_set(a, m->view, "document", d);
	json_set_str(a, m->view, "verify_url", url);
	if (!json_get(m->view, "entity") && entity_get(m->c, a, m->asked.entity, m->asked.at, &e)) {
		json *name = json_object(a);
		json_set_str(a, name, "en", e.name_en);
		json_set_str(a, name, "ar", e.name_ar);
		json_set(a, m->view, "entity", name);
	}
}

static str picture_of_file(void *ctx, arena *a, str name)
{
	struct making *m = ctx;
	str bytes = {0}, picture = {0};
	if (file_read(m->k, m->c, a, name, &bytes) != OK)
		return (str){0};
	if (file_picture(m->k->examiner, a, bytes, &picture) != OK)
		m->unexamined = true; /* not the picture's fault: later it goes */
	return picture;
}

static err render(struct making *m, str id, bool signable, str *pdf, str *why)
{
	const struct pack *p = pack_current(m->k);
	struct diags d = diags_make(m->a, STR("document.json"));
	struct show show = {.utc_offset = pack_utc_offset(m->k), .ctx = m, .picture = picture_of_file};
	currency_find(p ? str_of(p->currency) : (str){0}, &show.currency);
	struct document_env env = show_env(&show);
	env.at = m->asked.at;
	env.id = str_sub(sha256_hex(m->a, id), 0, 32);
	env.signable = signable;
	env.diags = &d;
	const struct document *doc = document_load(m->a, m->spec, &d);
	err e = doc ? document_render(doc, m->view, &env, m->a, pdf) : ERR_document_spec;
	*why = d.first ? diags_print(m->a, &d) : (str){0};
	return e && m->unexamined ? ERR_file_unexamined : e;
}

static err ask_signer(void *ctx, arena *a, const unsigned char *digest, str *der)
{
	return signer_document(ctx, a, digest, der);
}

err document_sign(struct kernel *k, arena *a, str pdf, str *out, str *digest, str *certificate)
{
	unsigned char hash[SIGNER_DIGEST_BYTES];
	struct signing how = {k->signer, ask_signer};
	err e = signer_certificate(k->signer, hash);
	if (e)
		return e;
	*certificate = str_hex(a, (str){(char *)hash, sizeof hash});
	return sign_pdf(&how, a, pdf, out, digest);
}

static json *initials_of(struct making *m)
{
	struct person p = {0};
	json *v = json_object(m->a);
	person_get(m->c, m->a, m->asked.subject, &p);
	json_set_str(m->a, v, "en", person_initials(m->a, p.name_en));
	json_set_str(m->a, v, "ar", person_initials(m->a, p.name_ar));
	return v;
}

static err make(struct making *m, str *why)
{
	str number = json_str(m->asked.data, "number"), pdf;
	m->code = document_code(m->a, json_str(m->asked.data, "seed"));
	complete_view(m, m->code);
	err e = render(m, str_cat(m->a, number, m->code), true, &pdf, why);
	if (e == OK)
		e = document_sign(m->k, m->a, pdf, &m->pdf, &m->digest, &m->certificate);
	if (e == OK)
		e = file_store_own(m->k, m->a, m->asked.subject, str_cat(m->a, number, STR(".pdf")),
		                   "application/pdf", m->pdf, &m->file);
	m->file.entity = m->asked.entity;
	m->file.case_id = m->asked.case_id;
	return e;
}

static err record(struct tx *tx, void *ctx)
{
	struct making *m = ctx;
	arena *a = tx->a;
	rows *r = db_query(tx->db, &sql_document_order_get, D_INT(m->order));
	bool done = db_next(r) && db_int(r, 3) != 0;
	db_done(r);
	if (done)
		return OK; /* another node took the job, too */
	err e = file_record(tx, &m->file);
	if (e)
		return e;
	const json *asked = m->asked.data;
	json *d = json_object(a), *secret = json_object(a);
	json_set_int(a, d, "id", m->id ? m->id : tx_id(tx));
	json_set_int(a, d, "order", m->order);
	json_set_str(a, d, "number", json_str(asked, "number"));
	json_set_str(a, d, "kind", json_str(asked, "kind"));
	json_set_str(a, d, "code", m->code);
	json_set_str(a, d, "hash", m->digest);
	json_set_str(a, d, "certificate", m->certificate);
	json_set_str(a, d, "file", m->file.id);
	json_set(a, d, "title", json_copy(a, json_get(asked, "title")));
	json_set_int(a, d, "instance", json_int(asked, "instance", 0));
	if (expires_at(m))
		json_set_int(a, d, "expires", expires_at(m));
	if (m->asked.subject)
		json_set(a, secret, "initials", json_copy(a, m->initials));
	return tx_emit(tx, (struct emission){.kind = "document.issued",
	                                     .entity = m->asked.entity,
	                                     .subject = m->asked.subject,
	                                     .case_id = m->asked.case_id,
	                                     .data = d,
	                                     .secret = m->asked.subject ? secret : NULL});
}

err document_issue_job(struct job *j)
{
	struct making m = {
	    .k = j->k, .c = db_reader(j->k->db), .a = j->a, .order = json_int(j->payload, "order", 0)};
	bool done = false;
	str why = {0};
	err e = read_order(&m, &done);
	if (e == OK && !done) {
		e = make(&m, &why);
		if (m.asked.subject)
			m.initials = initials_of(&m);
	}
	db_reader_return(m.c);
	j->fault.detail = why;
	if (e || done)
		return e;
	struct action act = {.k = j->k, .a = j->a, .decide = record, .ctx = &m};
	act.actor.channel = STR("timer");
	e = kernel_run(&act);
	j->fault = act.fault;
	return e;
}

err document_render_now(struct kernel *k, arena *a, const json *spec, const json *view, instant now,
                        str *pdf)
{
	str why, unsigned_pdf, digest, certificate;
	struct making m = {.k = k, .a = a, .c = db_reader(k->db), .spec = spec};
	m.view = json_copy(a, view);
	m.asked.at = now;
	err e =
	    render(&m, str_cat(a, json_print(a, view), time_print(a, now)), true, &unsigned_pdf, &why);
	db_reader_return(m.c);
	return e ? e : document_sign(k, a, unsigned_pdf, pdf, &digest, &certificate);
}

/* ---- revoking ---- */

err document_revoke(struct tx *tx, str number, str reason)
{
	struct issued d;
	if (!document_by_number(tx->db, tx->a, number, &d))
		return tx_fail(tx, ERR_not_found, "number", "there is no document %.*s", STRF(number));
	if (d.revoked)
		return tx_fail(tx, ERR_conflict, "number", "%.*s is revoked already", STRF(number));
	json *data = json_object(tx->a), *secret = json_object(tx->a);
	json_set_str(tx->a, data, "number", number);
	json_set_str(tx->a, d.subject ? secret : data, "reason", reason);
	return tx_emit(tx, (struct emission){.kind = "document.revoked",
	                                     .entity = d.entity,
	                                     .subject = d.subject,
	                                     .case_id = d.case_id,
	                                     .data = data,
	                                     .secret = d.subject ? secret : NULL});
}
