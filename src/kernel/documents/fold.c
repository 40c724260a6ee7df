/* fold.c - events of documents into tables, and reading those. */
#include "kernel/documents/organ.h"

#include <string.h>

static str text_of(arena *a, const json *object, const char *name)
{
	const json *v = json_get(object, name);
	return json_is(v, JSON_OBJECT) ? json_print(a, v) : json_text(v);
}

void fold_document_requested(dbc *c, arena *a, const struct event *e)
{
	const json *d = e->data;
	db_exec(c, &sql_document_order_insert, D_INT(json_int(d, "order", 0)),
	        D_TEXT_OR_NULL(json_str(d, "key")), D_INT(e->seq), D_TEXT(json_str(d, "number")),
	        D_TEXT(json_str(d, "spec")));
	db_exec(c, &sql_document_number_set, D_TEXT(json_str(d, "prefix")),
	        D_INT(json_int(d, "year", 0)), D_INT(json_int(d, "no", 0)));
	(void)a;
}

void fold_document_issued(dbc *c, arena *a, const struct event *e)
{
	const json *d = e->data, *initials = json_get(e->secret, "initials");
	db_exec(c, &sql_document_insert, D_INT(json_int(d, "id", 0)), D_INT(e->seq),
	        D_TEXT(json_str(d, "number")), D_TEXT(json_str(d, "code")), D_TEXT(json_str(d, "kind")),
	        D_TEXT(e->entity), D_INT(e->case_id), D_INT(e->subject), D_TEXT(json_str(d, "file")),
	        D_TEXT(json_str(d, "hash")), D_TEXT(text_of(a, d, "title")),
	        D_TEXT(json_str(initials, "en")), D_TEXT(json_str(initials, "ar")), D_INT(e->at),
	        D_INT(json_int(d, "expires", 0)));
	db_exec(c, &sql_document_order_done, D_INT(json_int(d, "order", 0)),
	        D_INT(json_int(d, "id", 0)));
}

void fold_document_revoked(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	const json *reason = e->subject ? e->secret : e->data;
	db_exec(c, &sql_document_revoke, D_TEXT(json_str(e->data, "number")), D_INT(e->at),
	        D_TEXT(json_str(reason, "reason")));
}

static void fold_erased(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	db_exec(c, &sql_document_erase, D_INT(e->subject));
}

/* ---- reading ---- */

static void read_row(rows *r, arena *a, struct issued *out)
{
	*out = (struct issued){
	    .id = db_int(r, 0),
	    .seq = db_int(r, 1),
	    .number = str_dup(a, db_text(r, 2)),
	    .code = str_dup(a, db_text(r, 3)),
	    .kind = str_dup(a, db_text(r, 4)),
	    .entity = str_dup(a, db_text(r, 5)),
	    .case_id = db_int(r, 6),
	    .subject = db_int(r, 7),
	    .file = str_dup(a, db_text(r, 8)),
	    .sha256 = str_dup(a, db_text(r, 9)),
	    .title = json_parse(a, str_dup(a, db_text(r, 10)), NULL),
	    .initials_en = str_dup(a, db_text(r, 11)),
	    .initials_ar = str_dup(a, db_text(r, 12)),
	    .at = db_int(r, 13),
	    .revoked = db_int(r, 14),
	    .expires = db_int(r, 15),
	    .reason = str_dup(a, db_text(r, 16)),
	};
}

static bool read_one(rows *r, arena *a, struct issued *out)
{
	bool found = db_next(r);
	if (found)
		read_row(r, a, out);
	db_done(r);
	return found;
}

bool document_by_code(dbc *c, arena *a, str typed, struct issued *out)
{
	str code;
	return document_code_read(a, typed, &code) &&
	       read_one(db_query(c, &sql_document_by_code, D_TEXT(code)), a, out);
}

bool document_by_number(dbc *c, arena *a, str number, struct issued *out)
{
	return read_one(db_query(c, &sql_document_by_number, D_TEXT(number)), a, out);
}

size_t documents_of_case(dbc *c, arena *a, int64_t case_id, struct issued *out, size_t max)
{
	size_t n = 0;
	rows *r = db_query(c, &sql_document_of_case, D_INT(case_id), D_INT((int64_t)max));
	while (n < max && db_next(r))
		read_row(r, a, &out[n++]);
	db_done(r);
	return n;
}

/* ---- the organ ---- */

static const struct event_kind events[] = {
#define EVENT(name, kind, version, doc) {kind, version, fold_##name, doc},
#include "kernel/documents/events.def"
#undef EVENT
};

static const struct follow follows[] = {{"person.erased", fold_erased}};

static const struct job_kind jobs[] = {{"document.issue", document_issue_job, 0}};

static const struct derived derived[] = {
    {"document_order", "id"},
    {"document_number", "prefix, year"},
    {"document", "id"},
};

static const struct err_info errors[] = {
#define ERROR(name, code, http, retry) {code, #name, http, retry},
#include "engine/document/errors.def"
#undef ERROR
};

#define DB_STATEMENTS     "kernel/documents/statements.def"
#define DB_STATEMENT_LIST kernel_documents_statements
#include "db/declare.h"

const struct organ documents_organ = {
    .name = "kernel/documents",
    .events = events,
    .n_events = COUNT(events),
    .follows = follows,
    .n_follows = COUNT(follows),
    .jobs = jobs,
    .n_jobs = COUNT(jobs),
    .derived = derived,
    .n_derived = COUNT(derived),
    .errors = errors,
    .n_errors = COUNT(errors),
    .statements = kernel_documents_statements,
};
