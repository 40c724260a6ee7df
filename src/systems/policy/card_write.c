/* card_write.c - a card is changed, proposed, approved for its body, published by the
 * authority: three people (CAT-07). What is recorded is what changes of rules record. */
#include "systems/policy/policy_in.h"

#include "base/log.h"
#include "base/utf8.h"

static err at_change(struct req *r)
{
	const struct writing *w = r->state;
	return req_redirect(r, "/cards/changes/%lld", (long long)w->at.ch.id);
}

static err again(struct req *r, struct at *at, const char *field, const char *key)
{
	struct checked k;
	policy_check(r, &at->ch, &at->m, &k);
	json *v = card_change_page(r, at, &k);
	policy_error(r, v, field, key);
	return req_again(r, "cards/change", v);
}

/* ---- begin, also from an older version: that is how one is brought back ---- */

err prepare_card_begin(struct req *r)
{
	struct writing *w = NEW(r->a, struct writing);
	r->state = w;
	err e = card_service_at(r, &w->at);
	if (e)
		return e;
	int64_t version = req_field_int(r, "version", w->at.newest, 1, INT64_MAX);
	w->text = policy_text_of(r, w->at.s->id, version, w->at.m.file);
	return w->text.n ? OK : req_fail(r, ERR_not_found, "", "there is no such version");
}

err decide_card_begin(struct tx *tx, struct req *r)
{
	return decide_policy_begin(tx, r);
}

err answer_card_begin(struct req *r)
{
	return req_redirect(r, "/cards/changes/%lld", (long long)json_int(r->decided, "change", 0));
}

/* ---- save ---- */

err prepare_card_save(struct req *r)
{
	struct writing *w = NEW(r->a, struct writing);
	str text;
	r->state = w;
	err e = card_at(r, PERM_editor_edit, &w->at);
	if (e)
		return e;
	json *before =
	    pack_text(r->db, r->a, w->at.ch.text, &text) ? json_parse(r->a, text, NULL) : NULL;
	if (!json_is(before, JSON_OBJECT))
		return req_fail(r, ERR_policy_state, "", "the text of the change is missing");
	w->text = card_print(r->a, card_read(r, w->at.p, before));
	return OK;
}

err decide_card_save(struct tx *tx, struct req *r)
{
	return decide_policy_save(tx, r);
}

err answer_card_save(struct req *r)
{
	req_flash(r, "cards.saved");
	return at_change(r);
}

/* ---- propose, withdraw ---- */

err prepare_card_propose(struct req *r)
{
	struct writing *w = NEW(r->a, struct writing);
	r->state = w;
	err e = card_at(r, PERM_editor_edit, &w->at);
	return e ? e : policy_proposes(r, w, card_change_page, "cards/change");
}

err decide_card_propose(struct tx *tx, struct req *r)
{
	return decide_policy_propose(tx, r);
}

err answer_card_propose(struct req *r)
{
	req_flash(r, "cards.proposed");
	return at_change(r);
}

err prepare_card_withdraw(struct req *r)
{
	struct writing *w = NEW(r->a, struct writing);
	r->state = w;
	return card_at(r, PERM_editor_edit, &w->at);
}

err decide_card_withdraw(struct tx *tx, struct req *r)
{
	return decide_policy_withdraw(tx, r);
}

err answer_card_withdraw(struct req *r)
{
	req_flash(r, "policy.change.withdrawn");
	return req_redirect(r, "/cards");
}

/* ---- the body approves, the authority publishes ---- */

/* The change in that state, checked again. */
static err decision(struct req *r, enum permission p, const char *state)
{
	struct deciding *d = NEW(r->a, struct deciding);
	r->state = d;
	d->state = str_of(state);
	err e = card_at(r, p, &d->at);
	if (e)
		return e;
	policy_check(r, &d->at.ch, &d->at.m, &d->k);
	if (d->k.s && d->at.ch.base == d->at.newest)
		return OK;
	return again(r, &d->at, "check",
	             d->k.s ? "policy.change.is_stale" : "policy.change.has_errors");
}

static err decided(struct req *r, const char *flash)
{
	const struct deciding *d = r->state;
	req_flash(r, flash);
	return req_redirect(r, "/cards/changes/%lld", (long long)d->at.ch.id);
}

err prepare_card_approve(struct req *r)
{
	return decision(r, PERM_editor_approve, "proposed");
}

err decide_card_approve(struct tx *tx, struct req *r)
{
	struct change now;
	err e = policy_proposal(tx, r->state, &now);
	if (e)
		return e;
	json *data = json_object(tx->a);
	json_set_int(tx->a, data, "change", now.id);
	json_set_str(tx->a, data, "text", now.text);
	return tx_emit(
	    tx, (struct emission){.kind = "policy.approved", .entity = now.entity, .data = data});
}

err answer_card_approve(struct req *r)
{
	return decided(r, "cards.approved");
}

err prepare_card_publish(struct req *r)
{
	return decision(r, PERM_editor_publish, "approved");
}

err decide_card_publish(struct tx *tx, struct req *r)
{
	return decide_policy_publish(tx, r);
}

err answer_card_publish(struct req *r)
{
	str why = {0};
	if (pack_refresh(r->k, &why))
		log_event(LOG_ERROR, "policy.refresh_failed", L_STR("why", why));
	return decided(r, "cards.published");
}

/* Whoever would decide next sends it back, with a remark. */
err prepare_card_reject(struct req *r)
{
	struct deciding *d = NEW(r->a, struct deciding);
	r->state = d;
	err e = card_at(r, PERM_editor_edit, &d->at);
	bool approved = str_eq(d->at.ch.state, STR("approved"));
	if (!e)
		e = req_require(r, approved ? PERM_editor_publish : PERM_editor_approve, d->at.s->entity);
	if (e)
		return e;
	d->state = approved ? STR("approved") : STR("proposed");
	d->reason = str_trim(req_field(r, "answer"));
	if (d->reason.n && utf8_length(d->reason) <= POLICY_REASON_CHARS)
		return OK;
	return again(r, &d->at, "answer",
	             d->reason.n ? "policy.change.reason_long" : "policy.change.no_answer");
}

err decide_card_reject(struct tx *tx, struct req *r)
{
	return decide_policy_reject(tx, r);
}

err answer_card_reject(struct req *r)
{
	return decided(r, "policy.change.rejected");
}
