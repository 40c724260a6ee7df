/* decide.c - a second person publishes a proposal, or sends it back. */
#include "systems/policy/policy_in.h"

#include "base/log.h"
#include "base/utf8.h"

/* The proposal as it is now; refuses those who had a hand in it. */
err policy_proposal(struct tx *tx, const struct deciding *d, struct change *now)
{
	const struct change *seen = &d->at.ch;
	if (!change_get(tx->db, tx->a, seen->id, now) || !str_eq(now->state, d->state) ||
	    !str_eq(now->text, seen->text) || !str_eq(now->tests, seen->tests) ||
	    !str_eq(now->from, seen->from))
		return tx_fail(tx, ERR_policy_state, "", "somebody has moved this change on meanwhile");
	if (change_has_hand(tx->db, now->id, tx->actor.person) || now->approver == tx->actor.person)
		return tx_fail(tx, ERR_policy_four_eyes, "",
		               "who wrote or proposed a change does not decide on it");
	return OK;
}

/* ---- publish ---- */

err prepare_policy_publish(struct req *r)
{
	struct deciding *d = NEW(r->a, struct deciding);
	r->state = d;
	d->state = STR("proposed");
	err e = policy_at(r, PERM_policy_publish, &d->at);
	if (e)
		return e;
	policy_check(r, &d->at.ch, &d->at.m, &d->k);
	if (d->k.s && d->at.ch.base == d->at.newest)
		return OK;
	json *v = policy_change_page(r, &d->at, &d->k);
	policy_error(r, v, "check", d->k.s ? "policy.change.is_stale" : "policy.change.has_errors");
	return req_again(r, "policy/change", v);
}

err decide_policy_publish(struct tx *tx, struct req *r)
{
	const struct deciding *d = r->state;
	struct change now;
	int64_t day = 0;
	err e = policy_proposal(tx, d, &now);
	if (e)
		return e;
	date_parse(now.from, &day);
	json *about = json_object(tx->a), *data = json_object(tx->a);
	json_set_int(tx->a, about, "change", now.id);
	json_set_str(tx->a, about, "model", now.model);
	json_set_str(tx->a, about, "text", now.text);
	e = service_publish(tx, d->k.s, &d->k.files, policy_day_begins(d->at.p, day), about);
	if (e)
		return e;
	json_set_int(tx->a, data, "change", now.id);
	json_set_int(tx->a, data, "version", d->k.s->version);
	json_set_str(tx->a, data, "text", now.text);
	return tx_emit(
	    tx, (struct emission){.kind = "policy.published", .entity = now.entity, .data = data});
}

err answer_policy_publish(struct req *r)
{
	const struct deciding *d = r->state;
	str why = {0};
	if (pack_refresh(r->k, &why))
		log_event(LOG_ERROR, "policy.refresh_failed", L_STR("why", why));
	req_flash(r, "policy.change.published");
	return req_redirect(r, "/policy/changes/%lld", (long long)d->at.ch.id);
}

/* ---- reject ---- */

err prepare_policy_reject(struct req *r)
{
	struct deciding *d = NEW(r->a, struct deciding);
	r->state = d;
	d->state = STR("proposed");
	err e = policy_at(r, PERM_policy_publish, &d->at);
	if (e)
		return e;
	d->reason = str_trim(req_field(r, "answer"));
	if (d->reason.n && utf8_length(d->reason) <= POLICY_REASON_CHARS)
		return OK;
	policy_check(r, &d->at.ch, &d->at.m, &d->k);
	json *v = policy_change_page(r, &d->at, &d->k);
	policy_error(r, v, "answer",
	             d->reason.n ? "policy.change.reason_long" : "policy.change.no_answer");
	return req_again(r, "policy/change", v);
}

err decide_policy_reject(struct tx *tx, struct req *r)
{
	const struct deciding *d = r->state;
	struct change now;
	err e = policy_proposal(tx, d, &now);
	if (e)
		return e;
	json *data = json_object(tx->a);
	json_set_int(tx->a, data, "change", now.id);
	json_set_str(tx->a, data, "reason", d->reason);
	return tx_emit(
	    tx, (struct emission){.kind = "policy.rejected", .entity = now.entity, .data = data});
}

err answer_policy_reject(struct req *r)
{
	const struct deciding *d = r->state;
	req_flash(r, "policy.change.rejected");
	return req_redirect(r, "/policy/changes/%lld", (long long)d->at.ch.id);
}
