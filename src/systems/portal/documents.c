/*
 * documents.c - issued documents for those they belong to; for anyone, whether one
 * is genuine and in force.
 */
#include "systems/portal/applying.h"

#include "kernel/documents/documents.h"

#define DOCUMENTS_MAX 20

void documents_view(struct req *r, json *v, const struct kase *q)
{
	struct issued *d = NEWN(r->a, struct issued, DOCUMENTS_MAX);
	size_t n = documents_of_case(r->db, r->a, q->id, d, DOCUMENTS_MAX);
	json *list = json_set(r->a, v, "documents", json_array(r->a));
	for (size_t i = 0; i < n; i++) {
		struct file_info f = {0};
		json *o = json_push(list, json_object(r->a));
		str name = str_cat(r->a, d[i].number, STR(".pdf"));
		file_find(r->db, r->a, d[i].file, &f);
		json_set_str(r->a, o, "href", view_href(r, "/documents/%s", str_c(r->a, name)));
		json_set_str(r->a, o, "name", name);
		json_set(r->a, o, "label", json_copy(r->a, d[i].title));
		view_file(r, o, STR("PDF"), f.bytes);
		json_set_bool(r->a, o, "revoked", d[i].revoked != 0);
	}
}

void receipt_view(struct req *r, json *v, const struct kase *q)
{
	struct issued *d = NEWN(r->a, struct issued, DOCUMENTS_MAX);
	size_t n = documents_of_case(r->db, r->a, q->id, d, DOCUMENTS_MAX);
	for (size_t i = 0; i < n; i++) {
		if (!str_eq(d[i].kind, STR("receipt")))
			continue;
		json *o = json_set(r->a, v, "receipt", json_object(r->a));
		json_set_str(r->a, o, "number", d[i].number);
		json_set(r->a, o, "amount", money_view(r->a, q->fee.minor, q->currency));
		view_at(r, o, "at", d[i].at);
		json_set_str(r->a, o, "href", view_href(r, "/documents/%s.pdf", str_c(r->a, d[i].number)));
	}
}

/* ---- the wallet ---- */

#define CASES_MAX 500

/* State of a document for its holder and for anyone who verifies it. */
static const char *state_of(const struct issued *d, instant now)
{
	if (d->revoked)
		return "revoked";
	return d->expires && d->expires <= now ? "expired" : "valid";
}

static void wallet_add(struct req *r, json *list, const struct kase *q)
{
	struct issued *d = NEWN(r->a, struct issued, DOCUMENTS_MAX);
	size_t n = documents_of_case(r->db, r->a, q->id, d, DOCUMENTS_MAX);
	const struct service *s = n ? case_service(r->k, r->db, q) : NULL;
	for (size_t i = 0; i < n; i++) {
		json *o = json_push(list, json_object(r->a));
		json_set(r->a, o, "title", json_copy(r->a, d[i].title));
		json_set_str(r->a, o, "number", d[i].number);
		json_set_str(r->a, o, "code", d[i].code);
		json_set_str(r->a, o, "state", str_of(state_of(&d[i], r->now)));
		view_day(r, o, "issued", d[i].at);
		view_day(r, o, "expires", d[i].expires);
		json_set(r->a, o, "entity", view_entity(r, d[i].entity, d[i].at));
		json_set(r->a, o, "service",
		         json_copy(r->a, json_get(service_view(r->a, s, q->service), "title")));
		json_set_str(r->a, o, "reference", q->reference);
		json_set_str(r->a, o, "href", view_href(r, "/documents/%s.pdf", str_c(r->a, d[i].number)));
		json_set_str(r->a, o, "verify", view_href(r, "/verify/%s", str_c(r->a, d[i].code)));
	}
}

err page_portal_documents(struct req *r)
{
	struct kase *q = NEWN(r->a, struct kase, CASES_MAX);
	size_t n = cases_of(r->db, r->a, r->session.person, q, CASES_MAX);
	json *v = json_object(r->a), *list = json_set(r->a, v, "documents", json_array(r->a));
	json_set_str(r->a, v, "guide_href", view_href(r, "/guide"));
	for (size_t i = 0; i < n; i++)
		wallet_add(r, list, &q[i]);
	return req_view(r, "portal/documents", v);
}

err page_portal_document(struct req *r)
{
	struct issued d;
	str name = req_param(r, "name"), pdf = {0};
	if (!str_ends(name, STR(".pdf")) ||
	    !document_by_number(r->db, r->a, str_sub(name, 0, name.n - 4), &d) ||
	    !may_see(r, d.subject, d.case_id, d.entity))
		return nothing_here(r);
	err e = document_bytes(r->k, r->db, r->a, &d, &pdf);
	if (e)
		return req_fail(r, e, "", "the document cannot be read");
	return req_content(r, "application/pdf", pdf, str_c(r->a, name));
}

/* ---- verifying ---- */

static err verify(struct req *r)
{
	str typed = req_field(r, "code");
	if (!typed.n)
		typed = req_param(r, "code");
	struct issued d;
	json *v = json_object(r->a);
	view_value(r, v, "code", str_sub(typed, 0, 40));
	json_set_bool(r->a, v, "unknown", false);
	if (!typed.n)
		return req_view(r, "portal/verify", v);
	if (!document_by_code(r->db, r->a, typed, &d)) {
		json_set_bool(r->a, v, "unknown", true);
		return req_view(r, "portal/verify", v);
	}
	json *o = json_set(r->a, v, "document", json_object(r->a));
	json *initials = json_set(r->a, o, "initials", json_object(r->a));
	json_set_str(r->a, initials, "en", d.initials_en);
	json_set_str(r->a, initials, "ar", d.initials_ar);
	json_set_str(r->a, o, "state", str_of(state_of(&d, r->now)));
	json_set(r->a, o, "title", json_copy(r->a, d.title));
	json_set_str(r->a, o, "number", d.number);
	view_day(r, o, "issued", d.at);
	view_day(r, o, "revoked", d.revoked);
	view_day(r, o, "expires", d.expires);
	json_set(r->a, o, "entity", view_entity(r, d.entity, d.at));
	return req_view(r, "portal/verify", v);
}

err page_portal_verify(struct req *r)
{
	return verify(r);
}

err page_portal_verify_code(struct req *r)
{
	return verify(r);
}
