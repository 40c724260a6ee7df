/* Scenarios of a service, as far as they can be lived without a database: may the
 * person apply, are the answers complete, what is the fee. */
#include "kernel/pack/pack_in.h"

static str key_of(void *ctx, arena *a, bool arabic, str key, const json *params)
{
	(void)ctx, (void)a, (void)arabic, (void)params;
	return key;
}

/* An account of demo.json as the applicant of a service. */
static json *applicant_of(arena *a, const json *account)
{
	json *v = json_copy(a, account);
	const json *records = json_get(account, "records");
	json_set_str(a, v, "number", json_str(account, "national_number"));
	for (const json *m = records ? records->first : NULL; m; m = m->next)
		json_set_key(a, v, m->key, json_copy(a, m));
	json_remove(v, STR("records"));
	return v;
}

static str refused_by(arena *a, const struct service *s, const json *context, instant now)
{
	const json *message = service_refusal(a, s, context, now);
	for (size_t i = 0; message && i < s->n_eligibility; i++)
		if (s->eligibility[i].message == message)
			return s->eligibility[i].id;
	return (str){0};
}

static void check_answers(struct check *c, const struct pack_file *f, const struct service *s,
                          const json *v, const json *answers, instant now)
{
	struct form_errors errors = {0};
	struct form_env env = {.text = key_of, .today = calendar_day(c->p->calendar, now)};
	if (form_check_answers(s->form, answers, &env, c->a, &errors))
		return;
	for (size_t i = 0; i < errors.count; i++)
		check_error(c, f, json_get(v, "answers"), "pack.scenario.answers",
		            "Answer the form's questions as a person would, or correct the form.",
		            "the answer \"%.*s\" is not accepted: %.*s", STRF(errors.at[i].field),
		            STRF(errors.at[i].key));
}

static void check_fee(struct check *c, const struct pack_file *f, const struct service *s,
                      const json *v, const json *context, instant now)
{
	const struct service_decision *d = NULL;
	struct decision_answer answer = {0};
	for (size_t i = 0; i < s->n_decisions && !d; i++)
		if (s->decisions[i].amount.n)
			d = &s->decisions[i];
	err e = d ? service_decide(c->a, s, d->id, context, now, &answer) : OK;
	const json *fee = json_get(v, "fee_minor");
	int64_t expected = json_int(v, "fee_minor", 0);
	if (e || (fee && answer.amount.minor != expected))
		check_error(c, f, fee ? fee : v, "pack.scenario.fee",
		            "Correct the decision's table, its inputs, or the scenario.",
		            e ? "the decision gives no fee: %.*s" : "the fee is %.*s",
		            STRF(e ? str_of(err_find(e)->name)
		                   : str_fmt(c->a, "%lld, not %lld", (long long)answer.amount.minor,
		                             (long long)expected)));
}

static void check_one(struct check *c, const struct pack_file *f, const struct service *s,
                      const json *v, const json *account)
{
	instant now;
	if (!time_parse(json_str(v, "at"), &now) || !c->p->calendar)
		return;
	json *applicant = applicant_of(c->a, account), *sources = json_object(c->a);
	json_set(c->a, sources, "applicant", applicant);
	json *answers = form_prefill(s->form, sources, json_get(v, "answers"), c->a);
	answers = form_submit_answers(s->form, answers, c->a);
	json *context = service_context(c->a, c->p, applicant, answers, now);
	str refused = refused_by(c->a, s, context, now), expected = json_str(v, "refused");
	if (!str_eq(refused, expected)) {
		check_error(c, f, json_get(v, "refused") ? json_get(v, "refused") : v,
		            "pack.scenario.refused", "Look at \"eligibility\" in service.json.",
		            "the applicant is %s%.*s", refused.n ? "refused by the test " : "accepted",
		            STRF(refused));
		return;
	}
	if (expected.n)
		return;
	str end = json_str(v, "outcome");
	if (end.n && !service_ended(end) && !json_get_str(json_get(s->definition, "ends"), end))
		check_error(c, f, json_get(v, "outcome"), "pack.scenario.outcome",
		            "Use approved, rejected, withdrawn, or name it in \"ends\" of service.json.",
		            "no case ends as \"%.*s\"", STRF(end));
	check_answers(c, f, s, v, answers, now);
	check_fee(c, f, s, v, context, now);
}

void check_scenarios(struct check *c, const struct pack_file *f, const struct service *s)
{
	const json *list = json_get(s->scenarios, "scenarios"),
	           *people = json_get(c->p->demo, "accounts");
	for (const json *v = list && c->p->demo ? list->first : NULL; v; v = v->next) {
		const json *who = people ? people->first : NULL;
		while (who && !str_eq(json_str(who, "id"), json_str(v, "applicant")))
			who = who->next;
		if (who)
			check_one(c, f, s, v, who);
		else
			check_error(c, f, json_get(v, "applicant"), "pack.ref", "Name an account of demo.json.",
			            "there is no account \"%.*s\"", STRF(json_str(v, "applicant")));
	}
}
