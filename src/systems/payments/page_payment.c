/*
 * page_payment.c - one payment. Its payer sees what was paid and the receipts; an
 * officer of its entity sees all: attempts, what providers said, postings, refunds.
 */
#include "systems/payments/dispute.h"
#include "systems/payments/link.h"
#include "systems/payments/order.h"
#include "systems/payments/routes.h"
#include "systems/payments/settle.h"
#include "systems/payments/statements.h"
#include "web/view.h"

#define REFUNDS_SHOWN 100

struct one {
	struct order o;
	bool officer;
	int64_t amount, refund; /* of a form */
};

static err one_find(struct req *r, struct one *p)
{
	if (!order_by_reference(r->db, r->a, req_param(r, "reference"), &p->o))
		return req_fail(r, ERR_not_found, "", "there is no such payment");
	p->officer = may(&r->session.rights, PERM_pay_read, p->o.entity);
	if (p->officer || (p->o.payer && p->o.payer == r->actor.person))
		return OK;
	return req_require(r, PERM_pay_read, p->o.entity);
}

/* ---- the view ---- */

static json *head(struct req *r, const char *keys)
{
	json *list = json_array(r->a);
	str rest = str_of(keys), one;
	while (str_cut(&rest, ' ', &one))
		json_push(list, json_string(
		                    r->a, req_text(r, str_c(r->a, str_cat(r->a, STR("payments."), one)))));
	return list;
}

static json *section(struct req *r, json *sections, const char *title, const char *keys)
{
	json *s = json_push(sections, json_object(r->a));
	json_set_str(r->a, s, "title", req_text(r, title));
	json_set(r->a, s, "head", head(r, keys));
	return json_set(r->a, s, "rows", json_array(r->a));
}

/* Each cell with the name of its column: on a phone a row is a block of its own. */
static void name_cells(struct req *r, json *sections)
{
	for (json *s = sections->first; s; s = s->next)
		for (json *o = json_get(s, "rows")->first; o; o = o->next) {
			const json *h = json_get(s, "head")->first;
			for (json *c = json_get(o, "cells")->first; c && h; c = c->next, h = h->next)
				json_set_str(r->a, c, "label", json_text(h));
		}
}

static json *row(struct req *r, json *table)
{
	json *o = json_push(table, json_object(r->a));
	return json_set(r->a, o, "cells", json_array(r->a));
}

static void cell_text(struct req *r, json *cells, str s)
{
	json_set_str(r->a, json_push(cells, json_object(r->a)), "text", str_dup(r->a, s));
}

/* A word of the room's own, in the reader's language. */
static void cell_word(struct req *r, json *cells, const char *kind, str word)
{
	const char *key = str_c(r->a, str_fmt(r->a, "payments.%s.%.*s", kind, STRF(word)));
	cell_text(r, cells, word.n ? req_text(r, key) : word);
}

static void cell_money(struct req *r, json *cells, int64_t minor, str code)
{
	json_set(r->a, json_push(cells, json_object(r->a)), "money",
	         pay_money(r->a, minor, str_dup(r->a, code)));
}

static void cell_at(struct req *r, json *cells, instant at)
{
	json_set_int(r->a, json_push(cells, json_object(r->a)), "at", at);
}

static void fact(struct req *r, json *facts, const char *key, str value)
{
	json *o = json_push(facts, json_object(r->a));
	json_set_str(r->a, o, "key", req_text(r, key));
	json_set_str(r->a, o, "value", value);
}

static void lines_section(struct req *r, json *sections, const struct order *o)
{
	struct line *l;
	size_t n = order_lines(r->db, r->a, o->id, &l);
	json *list = section(r, sections, "payments.section.lines", "service entity amount");
	for (size_t i = 0; i < n; i++) {
		json *c = row(r, list);
		cell_text(r, c, r->lang == LANG_AR ? l[i].label_ar : l[i].label_en);
		cell_text(r, c, json_str(view_entity(r, l[i].entity, o->created), lang_code(r->lang)));
		cell_money(r, c, l[i].amount, o->currency);
	}
}

static void receipts_section(struct req *r, json *sections, const struct order *o)
{
	struct receipt t[LINES_MAX];
	size_t n = order_receipts(r->db, r->a, o->id, t, LINES_MAX);
	json *list = section(r, sections, "payments.section.receipts", "receipt_number at amount");
	for (size_t i = 0; i < n; i++) {
		json *c = row(r, list);
		cell_text(r, c, t[i].number);
		json_set_str(r->a, c->last, "receipt", t[i].number);
		cell_at(r, c, t[i].at);
		cell_money(r, c, t[i].amount, t[i].currency);
	}
}

static void attempts_section(struct req *r, json *sections, const struct order *o)
{
	struct attempt *t = NEWN(r->a, struct attempt, ATTEMPTS_MAX);
	size_t n = order_attempts(r->db, r->a, o->id, t, ATTEMPTS_MAX);
	json *list = section(r, sections, "payments.section.attempts",
	                     "opened provider method last4 amount state.head");
	for (size_t i = 0; i < n; i++) {
		json *c = row(r, list);
		cell_at(r, c, t[i].opened);
		cell_text(r, c, t[i].provider);
		cell_word(r, c, "method", t[i].method);
		cell_text(r, c, t[i].last4);
		cell_money(r, c, t[i].amount, t[i].currency);
		cell_word(r, c, "attempt", t[i].state);
	}
}

static void messages_section(struct req *r, json *sections, const struct order *o)
{
	json *list = section(r, sections, "payments.section.messages",
	                     "when provider message outcome.head amount verdict.head");
	rows *q = db_query(r->db, &sql_order_messages, D_INT(o->id));
	while (db_next(q)) {
		json *c = row(r, list);
		cell_at(r, c, db_int(q, 0));
		cell_text(r, c, db_text(q, 1));
		cell_text(r, c, db_text(q, 2));
		cell_word(r, c, "outcome", db_text(q, 3));
		cell_money(r, c, db_int(q, 4), db_text(q, 5));
		cell_word(r, c, "verdict", db_text(q, 6));
	}
	db_done(q);
}

static void postings_section(struct req *r, json *sections, const struct order *o)
{
	json *list =
	    section(r, sections, "payments.section.postings", "when debit credit amount state.head");
	rows *q = db_query(r->db, &sql_order_postings, D_TEXT(o->reference));
	while (db_next(q)) {
		json *c = row(r, list);
		cell_at(r, c, db_int(q, 0));
		cell_text(r, c, db_text(q, 1));
		cell_text(r, c, db_text(q, 2));
		cell_money(r, c, db_int(q, 3), db_text(q, 4));
		cell_word(r, c, "posting", db_text(q, 5));
	}
	db_done(q);
}

/* Is a notice about this payment? By its application, by the payment's own reference, or
 * by the document of one of its receipts. */
static bool notice_about(struct req *r, const struct order *o, int64_t case_id, str about)
{
	struct receipt t[LINES_MAX];
	size_t n;
	if ((o->case_id && case_id == o->case_id) || str_eq(about, o->reference))
		return true;
	n = about.n ? order_receipts(r->db, r->a, o->id, t, LINES_MAX) : 0;
	for (size_t i = 0; i < n; i++) {
		rows *q = db_query(r->db, &sql_receipt_document,
		                   D_TEXT(str_cat(r->a, STR("receipt:"), t[i].number)));
		bool same = db_next(q) && str_eq(db_text(q, 0), about);
		db_done(q);
		if (same)
			return true;
	}
	return false;
}

static str notice_channels(struct req *r, const json *d)
{
	str inbox = json_truth(d, "inbox") ? req_text(r, "payments.notice.inbox") : (str){0};
	str email = json_truth(d, "email") ? req_text(r, "payments.notice.email") : (str){0};
	return inbox.n && email.n ? str_fmt(r->a, "%.*s + %.*s", STRF(inbox), STRF(email))
	                          : str_cat(r->a, inbox, email);
}

/* What the payer was told, by which way, and what became of it; the texts themselves are
 * theirs. A line for each step: the later ones name the notice by its id alone. */
static void notices_section(struct req *r, json *sections, const struct order *o)
{
	json *list =
	    section(r, sections, "payments.section.notices", "when notice.head notice.about notice.by");
	json *known = json_object(r->a);
	rows *q = db_query(r->db, &sql_payer_notices, D_INT(o->payer), D_INT(o->created));
	while (db_next(q)) {
		str kind = str_dup(r->a, db_text(q, 1));
		json *d = json_parse(r->a, str_dup(r->a, db_text(q, 3)), NULL), *about;
		const char *id = str_c(r->a, str_fmt(r->a, "%lld", (long long)json_int(d, "id", 0)));
		if (str_eq(kind, STR("notice.queued")) &&
		    notice_about(r, o, db_int(q, 2), json_str(d, "about")))
			json_set(r->a, known, id, json_copy(r->a, d));
		if (!(about = json_get(known, id)))
			continue;
		json *c = row(r, list);
		cell_at(r, c, db_int(q, 0));
		cell_word(r, c, "notice", str_sub(kind, sizeof "notice." - 1, kind.n));
		cell_word(r, c, "about", json_str(about, "on"));
		cell_text(r, c, notice_channels(r, about));
	}
	db_done(q);
}

static void links_section(struct req *r, json *sections, const struct order *o)
{
	struct link *l = NEWN(r->a, struct link, LINKS_MAX);
	size_t n = links_of(r->db, r->a, o->id, l, LINKS_MAX);
	if (!n)
		return;
	json *list =
	    section(r, sections, "payments.section.links", "when link.by link.until state.head");
	for (size_t i = 0; i < n; i++) {
		struct person who = {0};
		json *c = row(r, list);
		person_get(r->db, r->a, l[i].asked_by, &who);
		cell_at(r, c, l[i].at);
		cell_text(r, c, r->lang == LANG_AR && who.name_ar.n ? who.name_ar : who.name_en);
		cell_at(r, c, l[i].expires);
		cell_word(r, c, "link",
		          l[i].used                   ? STR("used")
		          : link_lives(&l[i], r->now) ? STR("open")
		                                      : STR("over"));
	}
}

static void refunds_section(struct req *r, json *sections, const struct one *p)
{
	struct refund f[REFUNDS_SHOWN];
	size_t n = order_refunds(r->db, r->a, p->o.id, f, REFUNDS_SHOWN);
	bool check = may(&r->session.rights, PERM_pay_check, p->o.entity);
	json *list =
	    section(r, sections, "payments.section.refunds", "when refund.reason amount state.head");
	for (size_t i = 0; i < n; i++) {
		json *c = row(r, list);
		cell_at(r, c, f[i].asked);
		cell_text(r, c, f[i].reason);
		cell_money(r, c, f[i].amount, f[i].currency);
		cell_word(r, c, "refund.state", f[i].state);
		if (check && str_eq(f[i].state, STR("asked")) && f[i].maker != r->actor.person)
			json_set_str(r->a, list->last, "approve", str_fmt(r->a, "%lld", (long long)f[i].id));
	}
}

static void disputes_section(struct req *r, json *view, json *sections, const struct one *p)
{
	struct dispute d[DISPUTES_MAX];
	size_t n = order_disputes(r->db, r->a, p->o.id, d, DISPUTES_MAX);
	json *list =
	    section(r, sections, "payments.section.disputes",
	            "when dispute.reference refund.reason amount dispute.answer_by state.head");
	json *open = json_set(r->a, view, "disputes", json_array(r->a));
	for (size_t i = 0; i < n; i++) {
		json *c = row(r, list), *o;
		cell_at(r, c, d[i].at);
		cell_text(r, c, d[i].reference);
		cell_text(r, c, d[i].reason);
		cell_money(r, c, d[i].amount, d[i].currency);
		cell_at(r, c, d[i].answer_by);
		cell_word(r, c, "dispute.state", d[i].state);
		o = json_push(open, json_object(r->a));
		json_set_str(r->a, o, "id", str_fmt(r->a, "%lld", (long long)d[i].id));
		json_set_str(r->a, o, "reference", d[i].reference);
		json_set_bool(r->a, o, "open", d[i].ended == 0);
	}
}

static json *methods_view(struct req *r)
{
	static const char *const methods[] = {"cash", "cheque", "terminal"};
	json *list = json_array(r->a);
	for (size_t i = 0; i < COUNT(methods); i++) {
		json *o = json_push(list, json_object(r->a));
		json_set_str(r->a, o, "id", i ? str_fmt(r->a, "method-%zu", i + 1) : STR("method"));
		json_set_str(r->a, o, "value", str_of(methods[i]));
		json_set_str(r->a, o, "text",
		             req_text(r, str_c(r->a, str_fmt(r->a, "payments.method.%s", methods[i]))));
		json_set_bool(r->a, o, "checked", i == 0);
	}
	return list;
}

static json *form_field(struct req *r, const char *name, json *errors, const char *error_key)
{
	json *f = json_object(r->a), *e;
	str text = error_key ? req_text(r, error_key) : (str){0};
	json_set_str(r->a, f, "value", req_field(r, name));
	json_set_str(r->a, f, "error", text);
	if (text.n) {
		e = json_push(errors, json_object(r->a));
		json_set_str(r->a, e, "href", str_fmt(r->a, "#%s", name));
		json_set_str(r->a, e, "text", text);
	}
	return f;
}

/* `wrong` names the form's field that is not right, and `key` the text that says so. */
static json *one_view(struct req *r, const struct one *p, const char *wrong, const char *key)
{
	static const char *const fields[] = {"amount", "reason", "voucher"};
	json *v = json_object(r->a), *facts = json_array(r->a), *sections = json_array(r->a);
	json *errors = json_array(r->a), *form = json_object(r->a);
	json_set_str(r->a, v, "reference", p->o.reference);
	json_set(r->a, v, "title", text_pair(r->a, p->o.title_en, p->o.title_ar));
	fact(r, facts, "payments.state.head",
	     req_text(r, str_c(r->a, str_cat(r->a, STR("payments.state."), p->o.state))));
	lines_section(r, sections, &p->o);
	receipts_section(r, sections, &p->o);
	if (p->officer) {
		attempts_section(r, sections, &p->o);
		links_section(r, sections, &p->o);
		messages_section(r, sections, &p->o);
		postings_section(r, sections, &p->o);
		notices_section(r, sections, &p->o);
	}
	bool check = may(&r->session.rights, PERM_pay_check, p->o.entity);
	if (check)
		disputes_section(r, v, sections, p);
	json_set_bool(r->a, v, "may_dispute", check && p->o.captured > p->o.refunded);
	refunds_section(r, sections, p);
	for (size_t i = 0; i < COUNT(fields); i++)
		json_set(r->a, form, fields[i],
		         form_field(r, fields[i], errors,
		                    wrong && str_eq(str_of(wrong), str_of(fields[i])) ? key : NULL));
	bool take = may(&r->session.rights, PERM_pay_take, p->o.entity);
	json_set(r->a, v, "facts", facts);
	name_cells(r, sections);
	json_set(r->a, v, "sections", sections);
	json_set(r->a, v, "form", form);
	json_set(r->a, v, "errors", errors);
	json_set(r->a, v, "methods", methods_view(r));
	json_set_bool(r->a, v, "may_refund",
	              take && p->o.captured > p->o.refunded + p->o.refund_pending);
	bool open = take && order_next(p->o.state, "attempted").n > 0;
	json_set_bool(r->a, v, "may_take", open);
	json_set_bool(r->a, v, "may_link", open && p->o.payer);
	return v;
}

err page_payments_payment(struct req *r)
{
	struct one p = {0};
	err e = one_find(r, &p);
	return e ? e : req_view(r, "payments/payment", one_view(r, &p, NULL, NULL));
}

/* ---- asking for a refund ---- */

err prepare_payments_refund(struct req *r)
{
	struct one *p = NEW(r->a, struct one);
	currency c;
	money m;
	err e = one_find(r, p);
	r->state = p;
	if (e || (e = req_require(r, PERM_pay_take, p->o.entity)))
		return e;
	str amount = str_trim(req_field(r, "amount")), reason = str_trim(req_field(r, "reason"));
	if (!currency_find(p->o.currency, &c) || !money_parse(amount, c, &m) || m.minor <= 0 ||
	    m.minor > p->o.captured - p->o.refunded - p->o.refund_pending)
		return req_again(r, "payments/payment",
		                 one_view(r, p, "amount", "error.payment_amount.hint"));
	if (!reason.n)
		return req_again(r, "payments/payment",
		                 one_view(r, p, "reason", "payments.refund.reason_needed"));
	p->amount = m.minor;
	return OK;
}

err decide_payments_refund(struct tx *tx, struct req *r)
{
	struct one *p = r->state;
	return refund_ask(tx, p->o.id, p->amount, str_trim(req_field(r, "reason")), &p->refund);
}

err answer_payments_refund(struct req *r)
{
	req_flash(r, "payments.flash.refund_asked");
	return req_redirect(r, "/payments/%.*s", STRF(req_param(r, "reference")));
}

/* ---- the second person ---- */

err prepare_payments_decide_refund(struct req *r)
{
	struct refund *f = NEW(r->a, struct refund);
	struct order o;
	int64_t id;
	r->state = f;
	if (!req_param_id(r, "id", &id) || !refund_get(r->db, r->a, id, f) ||
	    !order_get(r->db, r->a, f->order, &o))
		return req_fail(r, ERR_not_found, "", "there is no such refund");
	return req_require(r, PERM_pay_check, o.entity);
}

err decide_payments_decide_refund(struct tx *tx, struct req *r)
{
	struct refund *f = r->state;
	if (str_eq(req_field(r, "decision"), STR("approve")))
		return refund_approve(tx, f->id);
	return refund_refuse(tx, f->id, req_field(r, "reason"));
}

err answer_payments_decide_refund(struct req *r)
{
	struct refund *f = r->state;
	struct order o;
	if (!order_get(r->db, r->a, f->order, &o))
		return req_fail(r, ERR_not_found, "", "the order is gone");
	req_flash(r, "payments.flash.refund_decided");
	return req_redirect(r, "/payments/%.*s", STRF(o.reference));
}

/* ---- the counter ---- */

err prepare_payments_counter(struct req *r)
{
	struct one *p = NEW(r->a, struct one);
	err e = one_find(r, p);
	r->state = p;
	if (e || (e = req_require(r, PERM_pay_take, p->o.entity)))
		return e;
	if (!str_eq(req_field(r, "method"), STR("cash")) && !str_trim(req_field(r, "voucher")).n)
		return req_again(r, "payments/payment",
		                 one_view(r, p, "voucher", "payments.counter.voucher_needed"));
	return OK;
}

err decide_payments_counter(struct tx *tx, struct req *r)
{
	struct one *p = r->state;
	tx->actor.channel = STR("counter");
	return counter_pay(tx, p->o.id, req_field(r, "method"), str_trim(req_field(r, "voucher")), 0);
}

err answer_payments_counter(struct req *r)
{
	req_flash(r, "payments.flash.taken");
	return req_redirect(r, "/payments/%.*s", STRF(req_param(r, "reference")));
}

/* ---- a link for a payer who is on the telephone ---- */

err prepare_payments_send_link(struct req *r)
{
	struct one *p = NEW(r->a, struct one);
	err e = one_find(r, p);
	r->state = p;
	return e ? e : req_require(r, PERM_pay_take, p->o.entity);
}

err decide_payments_send_link(struct tx *tx, struct req *r)
{
	struct one *p = r->state;
	return link_send(tx, p->o.id);
}

err answer_payments_send_link(struct req *r)
{
	req_flash(r, "payments.flash.link_sent");
	return req_redirect(r, "/payments/%.*s", STRF(req_param(r, "reference")));
}
