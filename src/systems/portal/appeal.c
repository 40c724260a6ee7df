/* appeal.c - a rejection is looked at again: asked for, and taken back. */
#include "systems/portal/applying.h"

#include "base/utf8.h"

#define WORDS_MAX 1000

void appeal_view(struct req *r, json *v, const struct kase *q)
{
	instant until = case_appeal_until(r->k, r->db, r->a, q);
	bool may = until && until >= r->now;
	json *o = json_set(r->a, v, "appeal", json_object(r->a));
	view_day(r, o, "until", may ? until : 0);
	json_set_str(r->a, o, "href",
	             may ? view_href(r, "/applications/%s/appeal", str_c(r->a, case_name(r->a, q)))
	                 : (str){0});
	json_set_bool(r->a, o, "pending", case_act_fits(q->state, CASE_DROP));
}

static json *page_view(struct req *r, const struct kase *q)
{
	json *v = json_object(r->a);
	const char *name = str_c(r->a, case_name(r->a, q));
	json_set(r->a, v, "service", service_view(r->a, case_service(r->k, r->db, q), q->service));
	json_set_str(r->a, v, "back", view_href(r, "/applications/%s", name));
	json_set_str(r->a, v, "reference", q->reference);
	json_set_str(r->a, v, "decision", q->reason);
	json_set_int(r->a, v, "maxlength", WORDS_MAX);
	view_day(r, v, "until", case_appeal_until(r->k, r->db, r->a, q));
	view_value(r, v, "words", req_field(r, "words"));
	return v;
}

err page_portal_appeal(struct req *r)
{
	struct kase q;
	err e = own_case(r, &q);
	if (e)
		return e;
	if (case_appeal_until(r->k, r->db, r->a, &q) < r->now)
		return req_redirect(r, "/applications/%s", str_c(r->a, case_name(r->a, &q)));
	return req_view(r, "portal/appeal", page_view(r, &q));
}

err prepare_portal_appeal(struct req *r)
{
	struct kase *q = NEW(r->a, struct kase);
	str words = str_trim(req_field(r, "words"));
	r->state = q;
	err e = own_case(r, q);
	if (e || (words.n && utf8_length(words) <= WORDS_MAX))
		return e;
	json *v = page_view(r, q);
	view_error(r, v, "words",
	           view_text(r, words.n ? "portal.appeal.long" : "portal.appeal.why", 0, NULL));
	return req_again(r, "portal/appeal", v);
}

err decide_portal_appeal(struct tx *tx, struct req *r)
{
	const struct kase *q = r->state;
	return case_appeal(tx, q->id, str_trim(req_field(r, "words")));
}

err answer_portal_appeal(struct req *r)
{
	req_flash(r, "portal.appeal.sent");
	return req_redirect(r, "/applications/%s", str_c(r->a, req_param(r, "reference")));
}

err prepare_portal_appeal_drop(struct req *r)
{
	struct kase *q = NEW(r->a, struct kase);
	r->state = q;
	return own_case(r, q);
}

err decide_portal_appeal_drop(struct tx *tx, struct req *r)
{
	const struct kase *q = r->state;
	return case_appeal_drop(tx, q->id);
}

err answer_portal_appeal_drop(struct req *r)
{
	req_flash(r, "portal.appeal.dropped");
	return req_redirect(r, "/applications/%s", str_c(r->a, req_param(r, "reference")));
}
