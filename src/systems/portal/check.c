/*
 * check.c - the answers once more, the fee and why, and sending.
 */
#include "systems/portal/applying.h"

/* The fee, and whether sending asks for it at once or only later. */
static void fee_view(struct req *r, json *v, const struct applying *p)
{
	arena *a = r->a;
	struct decision_answer fee = {0};
	str code = {0};
	bool asked = fee_now(r, p, &fee, &code);
	json *f = json_set(a, v, "fee", json_object(a));
	json_set_bool(a, f, "free", !asked || fee.amount.minor == 0);
	if (!asked)
		return;
	json_set(a, f, "amount", money_view(a, fee.amount.minor, code));
	if (fee.rule)
		json_set(a, f, "rule", json_copy(a, fee.rule));
	enum case_payment pays =
	    case_pays(a, &(struct case_sending){.p = pack_current(r->k),
	                                        .s = p->s,
	                                        .applicant = p->applicant,
	                                        .answers = form_submit_answers(p->s->form, p->answers, a),
	                                        .fee = fee.amount,
	                                        .currency = code,
	                                        .now = r->now});
	json_set_bool(a, f, "now", pays == CASE_PAYS_NOW);
	json_set_bool(a, f, "later", pays == CASE_PAYS_LATER);
}

static json *check_view(struct req *r, const struct applying *p)
{
	arena *a = r->a;
	struct form_env env = form_env_of(r);
	json *v = json_object(a);
	str name = case_name(a, &p->q);
	ptrdiff_t last = form_page_back(p->s->form, form_pages(p->s->form), p->answers, a);
	json_set_str(a, v, "back", view_href(r, "%s", str_c(a, page_path(a, p, last < 0 ? 0 : last))));
	json_set(a, v, "service", service_view(a, p->s, p->s->id));
	json_set_str(a, v, "change_base", view_href(r, "/applications/%s/change/", str_c(a, name)));
	json_set(a, v, "pages", json_get(form_check_view(p->s->form, p->answers, &env, a), "pages"));
	json_set_bool(a, v, "returned", p->returned);
	if (p->returned)
		return v;
	fee_view(r, v, p);
	return v;
}

/* A page is still open: there first. */
static err complete(struct req *r, const struct applying *p)
{
	ptrdiff_t open = first_open(r, p);
	return open < 0 ? OK : req_redirect(r, "%s", str_c(r->a, page_path(r->a, p, open)));
}

err page_portal_check(struct req *r)
{
	struct applying p = {0};
	err e = applying_of(r, &p);
	if (!e && !r->redirect.n)
		e = complete(r, &p);
	return e || r->redirect.n ? e : req_view(r, "portal/apply-check", check_view(r, &p));
}

err prepare_portal_check(struct req *r)
{
	struct applying *p = NEW(r->a, struct applying);
	r->state = p;
	db_reader_keep(r->db); /* all that follows is quick */
	err e = applying_of(r, p);
	if (e || r->redirect.n)
		return e;
	if (p->known && !p->returned)
		p->ready = case_make_ready(r->k, r->db, r->a, &p->q, &p->who, p->answers);
	if (p->ready)
		return OK;
	e = complete(r, p);
	if (e || r->redirect.n || p->returned)
		return e;
	json *answers = form_submit_answers(p->s->form, p->answers, r->a);
	json *context = service_context(r->a, pack_current(r->k), p->applicant, answers, r->now);
	const json *refusal = service_refusal(r->a, p->s, context, r->now);
	if (!refusal)
		return OK;
	json *v = check_view(r, p);
	view_error(r, v, "main-content", req_pick(r, refusal));
	return req_again(r, "portal/apply-check", v);
}

static err send_now(struct tx *tx, struct req *r, struct applying *now)
{
	err e = applying_read(tx->k, tx->db, tx->a, r->session.person, tx->now,
	                      req_param(r, "reference"), now);
	if (e)
		return tx_fail(tx, e, "", "the application was sent already");
	if (now->returned)
		return case_answer(tx, now->q.id, now->answers);
	if (!now->known) /* with what registers know today */
		e = draft_save(tx, now->q.id, now->answers, NULL);
	return e ? e : case_submit(tx, now->q.id);
}

err decide_portal_check(struct tx *tx, struct req *r)
{
	struct applying now = *(const struct applying *)r->state;
	struct kase q;
	bool sent = false;
	err e = now.ready ? case_submit_ready(tx, now.ready, &sent) : OK;
	if (!e && !sent)
		e = send_now(tx, r, &now);
	if (e)
		return e;
	if (!case_get(tx->db, tx->a, now.q.id, &q))
		return tx_fail(tx, ERR_not_found, "", "no such case");
	r->decided = json_object(tx->a);
	json_set_str(tx->a, r->decided, "reference", q.reference);
	json_set_str(tx->a, r->decided, "state", q.state);
	json_set_bool(tx->a, r->decided, "answered", now.returned);
	return OK;
}

err answer_portal_check(struct req *r)
{
	const char *reference = str_c(r->a, json_str(r->decided, "reference"));
	if (json_truth(r->decided, "answered")) {
		req_flash(r, "portal.apply.answered");
		return req_redirect(r, "/applications/%s", reference);
	}
	bool unpaid = str_eq(json_str(r->decided, "state"), STR("unpaid"));
	return req_redirect(r, "/applications/%s/%s", reference, unpaid ? "pay" : "confirmation");
}
