/*
 * applying.c - reading and keeping an application that is being filled in.
 *
 * A draft's answers are the case's own. The answers of a returned case stay as
 * they were sent until the applicant sends the changed ones: until then these are
 * kept here (table portal_change).
 */
#include "systems/portal/applying.h"

#include <stdio.h>

str case_name(arena *a, const struct kase *q)
{
	return q->reference.n ? q->reference : str_fmt(a, "%lld", (long long)q->id);
}

bool case_named(dbc *c, arena *a, str name, struct kase *out)
{
	int64_t id;
	if (str_i64(name, &id))
		return id > 0 && case_get(c, a, id, out);
	return name.n && case_by_reference(c, a, name, out);
}

/* One's own, or one in which one acts by a mandate that is still in force; guardians and
 * signatories see also what others began for the same child or company. */
static bool belongs(dbc *c, arena *a, const struct kase *q, int64_t person, instant now)
{
	struct mandate m;
	if (!person || q->applicant == person)
		return person != 0;
	return acts_for(c, a, person, q->applicant, q->service, now, &m) &&
	       (q->agent == person || mandate_whole(&m));
}

bool case_is_own(struct req *r, const struct kase *q)
{
	return belongs(r->db, r->a, q, r->session.person, r->now);
}

err own_case(struct req *r, struct kase *out)
{
	bool found = case_named(r->db, r->a, req_param(r, "reference"), out);
	if (found && case_is_own(r, out)) {
		/* Recorded with all that an agent does here. */
		r->actor.on_behalf = out->applicant == r->session.person ? 0 : out->applicant;
		return OK;
	}
	denial_record(r->k, r->actor, PERM_signed_in, str_of(r->route->name), (str){0});
	return req_fail(r, ERR_not_found, "", "there is nothing at this address");
}

const struct service *case_service(struct kernel *k, dbc *c, const struct kase *q)
{
	const struct pack *p = pack_current(k);
	if (str_eq(q->state, STR("draft")))
		return p ? pack_service(p, q->service) : NULL;
	return service_at(k, c, q->service, q->version);
}

static bool change_read(dbc *c, arena *a, struct applying *p)
{
	rows *r = db_query(c, &sql_portal_change_get, D_INT(p->q.applicant), D_INT(p->q.id));
	bool found = db_next(r);
	if (found) {
		p->answers = json_parse(a, str_dup(a, db_text(r, 0)), NULL);
		p->raw = json_parse(a, str_dup(a, db_text(r, 1)), NULL);
	}
	db_done(r);
	return found && p->answers;
}

/* The rest, of a case that was read and belongs to who asks. */
static err fill(struct kernel *k, dbc *c, arena *a, const struct kase *q, struct applying *out)
{
	struct applying p = {.q = *q};
	if (!person_get(c, a, p.q.applicant, &p.who))
		return ERR_not_found;
	p.returned = str_eq(p.q.state, STR("returned"));
	p.s = case_service(k, c, &p.q);
	if ((!p.returned && !str_eq(p.q.state, STR("draft"))) || !p.s || !p.s->form)
		return ERR_case_state;
	p.applicant = person_view(a, &p.who);
	if (!p.returned || !change_read(c, a, &p))
		case_typed(c, a, &p.q, &p.answers, &p.raw);
	json *sources = json_object(a);
	json_set(a, sources, "person", p.applicant);
	json_set(a, sources, "applicant", json_share(a, p.applicant));
	const json *kept = p.answers ? p.answers : json_object(a);
	p.answers = form_prefill(p.s->form, sources, kept, a);
	p.known = json_equal(p.answers, kept);
	*out = p;
	return OK;
}

err applying_read(struct kernel *k, dbc *c, arena *a, int64_t person, instant now, str name,
                  struct applying *out)
{
	struct kase q;
	if (!case_named(c, a, name, &q) || !belongs(c, a, &q, person, now))
		return ERR_not_found;
	return fill(k, c, a, &q, out);
}

err applying_of(struct req *r, struct applying *out)
{
	struct kase q;
	err e = own_case(r, &q);
	if (!e)
		e = fill(r->k, r->db, r->a, &q, out);
	if (e == ERR_case_state)
		return req_redirect(r, "/applications/%s", str_c(r->a, case_name(r->a, &q)));
	return e && !r->fault.code ? req_fail(r, e, "", "there is nothing at this address") : e;
}

err applying_save(struct tx *tx, const struct applying *p, const json *answers, const json *raw)
{
	if (!p->returned)
		return draft_save(tx, p->q.id, answers, raw);
	json *secret = json_object(tx->a);
	json_set(tx->a, secret, "answers", json_copy(tx->a, answers));
	json_set(tx->a, secret, "raw", raw ? json_copy(tx->a, raw) : json_object(tx->a));
	return tx_emit(tx, (struct emission){.kind = "portal.change_saved",
	                                     .entity = p->q.entity,
	                                     .subject = p->q.applicant,
	                                     .case_id = p->q.id,
	                                     .secret = secret});
}

void fold_change_saved(dbc *c, arena *a, const struct event *e)
{
	if (e->secret)
		db_exec(c, &sql_portal_change_set, D_INT(e->subject), D_INT(e->case_id),
		        D_TEXT(json_print(a, json_get(e->secret, "answers"))),
		        D_TEXT(json_print(a, json_get(e->secret, "raw"))), D_INT(e->at));
}

void fold_change_over(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	db_exec(c, &sql_portal_change_delete, D_INT(e->subject), D_INT(e->case_id));
}

void fold_change_erased(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	db_exec(c, &sql_portal_change_erase, D_INT(e->subject));
}

/* ---- the form ---- */

static str env_text(void *ctx, arena *a, bool arabic, str key, const json *params)
{
	struct req *r = ctx;
	return message_text(server_settings(r->server)->texts, a, arabic ? LANG_AR : LANG_EN, key,
	                    json_int(params, "n", 0), params, false);
}

static const json *env_list(void *ctx, arena *a, str name)
{
	const struct req *r = ctx;
	return pack_choices(pack_current(r->k), a, name);
}

struct form_env form_env_of(struct req *r)
{
	return (struct form_env){.arabic = r->lang == LANG_AR,
	                         .today = view_today(r),
	                         .ctx = r,
	                         .text = env_text,
	                         .list = env_list};
}

str page_path(arena *a, const struct applying *p, ptrdiff_t page)
{
	str name = case_name(a, &p->q);
	if (page < 0)
		return str_fmt(a, "/applications/%.*s/check", STRF(name));
	return str_fmt(a, "/applications/%.*s/form/%.*s", STRF(name),
	               STRF(form_page_id(p->s->form, (size_t)page)));
}

ptrdiff_t first_open(struct req *r, const struct applying *p)
{
	struct form_env env = form_env_of(r);
	struct form_errors errors = {0};
	size_t page = 0;
	return form_complete(p->s->form, p->answers, &env, r->a, &page, &errors) ? -1 : (ptrdiff_t)page;
}

/* ---- views ---- */

json *service_view(arena *a, const struct service *s, str id)
{
	json *o = json_object(a);
	json_set_str(a, o, "id", id);
	json_set(a, o, "title", s ? json_copy(a, json_get(s->card, "title")) : json_string(a, id));
	return o;
}

json *money_view(arena *a, int64_t minor, str code)
{
	json *o = json_object(a);
	json_set_int(a, o, "minor", minor);
	json_set_str(a, o, "currency", code);
	return o;
}

bool fee_now(struct req *r, const struct applying *p, struct decision_answer *fee, str *code)
{
	const struct pack *pack = pack_current(r->k);
	json *answers = form_submit_answers(p->s->form, p->answers, r->a);
	json *context = service_context(r->a, pack, p->applicant, answers, r->now);
	for (size_t i = 0; i < p->s->n_decisions; i++) {
		const struct service_decision *d = &p->s->decisions[i];
		if (!d->amount.n)
			continue;
		*code = d->currency;
		return service_decide(r->a, p->s, d->id, context, r->now, fee) == OK && fee->has_amount;
	}
	return false;
}
