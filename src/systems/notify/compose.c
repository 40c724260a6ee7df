/* compose.c - from an event to a notice, by the service's messages.json. */
#include "systems/notify/notify_in.h"

#include "base/rng.h"
#include "kernel/i18n/i18n.h"
#include "kernel/identity/mandate.h"

#include <pthread.h>

#define TEXTS_BYTES ((size_t)64 * 1024 * 1024) /* a ceiling */

static const struct messages *all_texts; /* what the program carries does not change */

static void texts_read(void)
{
	arena *a = arena_create(TEXTS_BYTES);
	struct diags d = diags_make(a, (str){0});
	all_texts = messages_load(a, &d);
}

const struct messages *notify_texts(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_once(&once, texts_read);
	return all_texts;
}

struct occasion {
	struct tx *tx;
	const struct event *e;
	struct kase q;
	const struct pack *p;
	const struct service *s;
};

static str text_of(const json *two, enum lang l)
{
	return json_str(two, lang_code(l));
}

static str amount(const struct occasion *o, enum lang l)
{
	currency c;
	if (!currency_find(o->q.currency, &c))
		return (str){0};
	return money_text(o->tx->a, l, o->q.fee, c, false);
}

static str link_of(const struct occasion *o, enum lang l)
{
	str base = config_text(o->tx->k->config, SETTING_public_url);
	return str_fmt(o->tx->a, "%.*s/%s/applications/%.*s", STRF(base), lang_code(l),
	               STRF(o->q.reference));
}

/* What the event itself tells: a receipt's or a document's number, a reason. */
static str told(const struct event *e, const char *name)
{
	str clear = json_str(e->data, name);
	return clear.n ? clear : json_str(e->secret, name);
}

/* The numbers of a paid order's receipts: one for each body that is paid. */
static str receipt(const struct event *e)
{
	const json *list = json_get(e->data, "receipts");
	return list && list->first ? json_str(list->first, "number") : (str){0};
}

static json *arguments(const struct occasion *o, const struct person *to, enum lang l)
{
	arena *a = o->tx->a;
	json *v = json_object(a);
	json_set_str(a, v, "name", l == LANG_AR && to->name_ar.n ? to->name_ar : to->name_en);
	json_set_str(a, v, "service", text_of(json_get(o->s->card, "title"), l));
	json_set_str(a, v, "reference", o->q.reference);
	json_set_str(a, v, "amount", amount(o, l));
	json_set_str(a, v, "receipt", receipt(o->e));
	json_set_str(a, v, "document", told(o->e, "number"));
	str reason = told(o->e, "reason");
	if (!reason.n)
		reason = o->q.reason;
	/* Nobody wrote anything when the process itself asks: to sign, to confirm. */
	if (!reason.n && str_eq(o->e->kind, STR("case.returned")))
		reason = text_of(json_get(o->e->data, "title"), l);
	json_set_str(a, v, "reason", reason);
	int64_t day = o->p->calendar && o->q.due ? calendar_day(o->p->calendar, o->q.due) : 0;
	json_set_str(a, v, "due", day ? date_text(a, l, day, false) : (str){0});
	json_set_str(a, v, "link", link_of(o, l));
	return v;
}

static bool carries(const json *m, const char *channel)
{
	const json *list = json_get(m, "channels");
	for (const json *c = list ? list->first : NULL; c; c = c->next)
		if (str_eq(json_text(c), str_of(channel)))
			return true;
	return false;
}

/* Without letters that are read as others. It begins with when it was made, in parts of a
 * second, so that what is made together stands together in the index; the rest is random,
 * and none of it tells whom or what it is about. */
static str code_make_notice(struct tx *tx)
{
	static const char letters[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
	char *c = NEWN(tx->a, char, REFERENCE_CHARS);
	instant when = tx->now / (SECOND / 16);
	rng_bytes(tx->rng, c, REFERENCE_CHARS);
	for (size_t i = 0; i < REFERENCE_CHARS; i++)
		c[i] = letters[(unsigned char)c[i] % 32];
	for (size_t i = REFERENCE_WHEN; i--; when /= 32)
		c[i] = letters[when % 32];
	return (str){c, REFERENCE_CHARS};
}

err notice_record(struct tx *tx, const struct notice *n)
{
	json *d = json_object(tx->a), *secret = json_object(tx->a);
	json_set_int(tx->a, d, "id", n->id);
	json_set_str(tx->a, d, "code", code_make_notice(tx));
	json_set_str(tx->a, d, "on", n->on);
	json_set_str(tx->a, d, "message", n->message);
	json_set_str(tx->a, d, "reference", n->reference);
	json_set_bool(tx->a, d, "inbox", n->inbox);
	json_set_bool(tx->a, d, "email", n->email);
	if (n->about.n)
		json_set_str(tx->a, d, "about", n->about);
	json_set(tx->a, secret, "subject", n->subject);
	json_set(tx->a, secret, "body", n->body);
	err e = tx_emit(tx, (struct emission){.kind = "notice.queued",
	                                      .entity = n->entity,
	                                      .subject = n->to,
	                                      .case_id = n->case_id,
	                                      .data = d,
	                                      .secret = secret});
	if (e || !n->email)
		return e;
	json *payload = json_object(tx->a);
	json_set_int(tx->a, payload, "to", n->to);
	json_set_int(tx->a, payload, "id", n->id);
	if (n->document.n)
		json_set_str(tx->a, payload, "document", n->document);
	tx_later(tx, "notify.mail", str_fmt(tx->a, "%lld", (long long)n->id),
	         n->document.n ? tx->now + DOCUMENT_SEALED : 0, payload);
	return OK;
}

static err send_to(const struct occasion *o, const json *m, int64_t person)
{
	struct tx *tx = o->tx;
	struct person to;
	if (!person_get(tx->db, tx->a, person, &to) || !to.name_en.n)
		return OK; /* erased: nobody to tell */
	bool mail = config_text(tx->k->config, SETTING_mail_url).n && to.email.n;
	struct notice n = {
	    .id = tx_id(tx),
	    .to = person,
	    .case_id = o->q.id,
	    .on = o->e->kind,
	    .message = json_str(m, "id"),
	    .entity = o->s->entity,
	    .reference = o->q.reference,
	    .inbox = carries(m, "inbox"),
	    .email = carries(m, "email") && mail,
	    .subject = json_object(tx->a),
	    .body = json_object(tx->a),
	};
	for (int i = 0; i < LANG_COUNT; i++) {
		enum lang l = (enum lang)i;
		json *args = arguments(o, &to, l);
		json_set_str(tx->a, n.subject, lang_code(l),
		             text_fill(tx->a, text_of(json_get(m, "subject"), l), 0, args, true));
		json_set_str(tx->a, n.body, lang_code(l),
		             text_fill(tx->a, text_of(json_get(m, "body"), l), 0, args, true));
	}
	return notice_record(tx, &n);
}

/* The holder of the case's task, or all who may work on it. */
static err send_to_officers(const struct occasion *o, const json *m)
{
	struct tx *tx = o->tx;
	if (o->q.holder)
		return send_to(o, m, o->q.holder);
	int64_t who[NOTICE_OFFICERS_MAX];
	size_t n =
	    people_who_may(tx->db, PERM_case_work, o->q.entity, tx->now, who, NOTICE_OFFICERS_MAX);
	err e = OK;
	for (size_t i = 0; i < n && !e; i++)
		e = send_to(o, m, who[i]);
	return e;
}

/* A receipt is told with its payment: only what the case itself issues is news. */
static bool told_already(const struct event *e)
{
	return str_eq(e->kind, STR("document.issued")) && !json_int(e->data, "instance", 0);
}

/* The applicant; and who acts for them, as long as they may. */
static err send_to_applicant(const struct occasion *o, const json *m)
{
	err e = send_to(o, m, o->q.applicant);
	if (!e && o->q.agent &&
	    acts_for(o->tx->db, o->tx->a, o->q.agent, o->q.applicant, o->q.service, o->tx->now, NULL))
		e = send_to(o, m, o->q.agent);
	return e;
}

/* A reminder of the process names its message; other events mean all of theirs. */
static err send_of(const struct occasion *o, const json *list, bool *any)
{
	str named = json_text(json_path(o->e->data, "attributes.message"));
	err failed = OK;
	for (const json *m = list ? list->first : NULL; m && !failed; m = m->next) {
		if (!str_eq(json_str(m, "on"), o->e->kind) ||
		    (named.n && !str_eq(json_str(m, "id"), named)))
			continue;
		*any = true;
		failed = str_eq(json_str(m, "to"), STR("officer")) ? send_to_officers(o, m)
		                                                   : send_to_applicant(o, m);
	}
	return failed;
}

err notify_react(struct tx *tx, const struct event *e)
{
	struct occasion o = {.tx = tx, .e = e, .p = pack_current(tx->k)};
	if (!e->case_id || told_already(e) || !o.p || !case_get(tx->db, tx->a, e->case_id, &o.q))
		return OK;
	o.s = service_at(tx->k, tx->db, o.q.service, o.q.version);
	if (!o.s)
		return OK;
	bool any = false;
	err failed = send_of(&o, json_get(o.s->messages, "messages"), &any);
	/* What the service has no words for, the pack may have. */
	return failed || any ? failed : send_of(&o, json_get(o.p->messages, "messages"), &any);
}

/* A one-time code goes out at once and is kept nowhere but in the sealed event:
 * the job reads it from there. */
err notify_react_code(struct tx *tx, const struct event *e)
{
	if (!config_text(tx->k->config, SETTING_mail_url).n)
		return OK;
	json *payload = json_object(tx->a);
	json_set_int(tx->a, payload, "seq", e->seq);
	tx_later(tx, "notify.code", str_fmt(tx->a, "%lld", (long long)e->seq), 0, payload);
	return OK;
}
