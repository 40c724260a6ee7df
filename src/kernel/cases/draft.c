/* draft.c - applications that are not sent yet. */
#include "kernel/cases/cases_in.h"
#include "kernel/cases/statements.h"
#include "kernel/identity/mandate.h"

err case_any(struct tx *tx, int64_t id, struct kase *out)
{
	return case_get(tx->db, tx->a, id, out) ? OK : tx_fail(tx, ERR_not_found, "", "no such case");
}

err case_own(struct tx *tx, int64_t id, struct kase *out)
{
	bool found = case_get(tx->db, tx->a, id, out);
	int64_t who = tx->actor.person;
	struct mandate m;
	if (found && (!who || who == out->applicant))
		return OK;
	if (found && acts_for(tx->db, tx->a, who, out->applicant, out->service, tx->now, &m) &&
	    (who == out->agent || mandate_whole(&m)))
		return OK;
	return tx_fail(tx, ERR_not_found, "", "no such case");
}

static err own_draft(struct tx *tx, int64_t id, struct kase *out)
{
	err e = case_own(tx, id, out);
	if (!e && !str_eq(out->state, STR("draft")))
		e = tx_fail(tx, ERR_case_state, "", "the application was sent already");
	return e;
}

static void expire_later(struct tx *tx, int64_t id, instant due)
{
	json *p = json_object(tx->a);
	json_set_int(tx->a, p, "case", id);
	tx_later(tx, "case.draft_expire", str_fmt(tx->a, "%lld:%lld", (long long)id, (long long)due),
	         due, p);
}

err draft_open(struct tx *tx, const struct service *s, int64_t person, struct kase *out)
{
	if (!s || !s->process)
		return tx_fail(tx, ERR_not_found, "", "this service cannot be applied for here");
	bool one = json_truth(s->definition, "one_open_case");
	if (case_open_of(tx->db, tx->a, person, s->id, out)) {
		if (str_eq(out->state, STR("draft")))
			return OK;
		if (one)
			return tx_fail(tx, ERR_case_open, "", "%.*s is not decided yet", STRF(out->reference));
	}
	json *d = json_object(tx->a), *secret = json_object(tx->a), *sources = json_object(tx->a);
	int64_t id = tx_id(tx);
	struct person who;
	if (!person_get(tx->db, tx->a, person, &who))
		return tx_fail(tx, ERR_not_found, "", "no such person");
	json_set(tx->a, sources, "applicant", person_view(tx->a, &who));
	json_set(tx->a, secret, "answers", form_prefill(s->form, sources, json_object(tx->a), tx->a));
	json_set(tx->a, secret, "raw", json_object(tx->a));
	json_set_str(tx->a, d, "service", s->id);
	json_set_int(tx->a, d, "version", s->version);
	json_set_str(tx->a, d, "channel", tx->actor.channel);
	json_set_int(tx->a, d, "agent", tx->actor.person == person ? 0 : tx->actor.person);
	err e = tx_emit(tx, (struct emission){.kind = "case.drafted",
	                                      .entity = s->entity,
	                                      .subject = person,
	                                      .case_id = id,
	                                      .data = d,
	                                      .secret = secret});
	if (e)
		return e;
	expire_later(tx, id, tx->now + DRAFT_KEPT);
	return case_any(tx, id, out);
}

err draft_save(struct tx *tx, int64_t id, const json *answers, const json *raw)
{
	struct kase q;
	err e = own_draft(tx, id, &q);
	if (e)
		return e;
	json *secret = json_object(tx->a);
	json_set(tx->a, secret, "answers", answers ? json_share(tx->a, answers) : json_object(tx->a));
	json_set(tx->a, secret, "raw", raw ? json_share(tx->a, raw) : json_object(tx->a));
	return tx_emit(tx, emission_of(&q, "case.saved", NULL, secret));
}

static err discard(struct tx *tx, const struct kase *q, const char *why)
{
	json *d = json_object(tx->a);
	json_set_str(tx->a, d, "why", str_of(why));
	return tx_emit(tx, emission_of(q, "case.discarded", d, NULL));
}

err draft_discard(struct tx *tx, int64_t id)
{
	struct kase q;
	err e = own_draft(tx, id, &q);
	return e ? e : discard(tx, &q, "person");
}

/* A draft that was touched since is looked at again when its time is up. */
err case_draft_job(struct tx *tx, const struct job *j)
{
	struct kase q;
	if (!case_get(tx->db, tx->a, json_int(j->payload, "case", 0), &q) ||
	    !str_eq(q.state, STR("draft")))
		return OK;
	if (q.changed + DRAFT_KEPT <= tx->now)
		return discard(tx, &q, "time");
	expire_later(tx, q.id, q.changed + DRAFT_KEPT);
	return OK;
}
