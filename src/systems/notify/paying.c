/*
 * paying.c - what payers are told beside the notices of services: the link of an officer
 * who had them on the telephone, and the receipt itself, by e-mail.
 */
#include "systems/notify/notify_in.h"

#include "kernel/i18n/i18n.h"

struct words {
	struct tx *tx;
	const struct messages *texts;
	str subject, body; /* keys */
};

/* The address stands alone in the last line, with no mark of direction at its end. */
static void fill(const struct words *w, struct notice *n, enum lang l, const json *args,
                 str address)
{
	arena *a = w->tx->a;
	if (!n->subject) {
		n->subject = json_object(a);
		n->body = json_object(a);
	}
	json_set_str(a, n->subject, lang_code(l),
	             message_text(w->texts, a, l, w->subject, 0, args, true));
	str body = message_text(w->texts, a, l, w->body, 0, args, true);
	json_set_str(a, n->body, lang_code(l),
	             str_fmt(a, "%.*s\n\n%.*s/%s/%.*s", STRF(body),
	                     STRF(config_text(w->tx->k->config, SETTING_public_url)), lang_code(l),
	                     STRF(address)));
}

static bool mail_reaches(const struct tx *tx, const struct person *to)
{
	return config_text(tx->k->config, SETTING_mail_url).n && to->email.n;
}

/* The notice of an event to its subject; false when nobody is left to tell. */
static bool notice_begin(struct tx *tx, const struct event *e, struct notice *n, struct person *to)
{
	if (!e->subject || !person_get(tx->db, tx->a, e->subject, to) || !to->name_en.n)
		return false;
	struct kase q = {0};
	if (e->case_id)
		case_get(tx->db, tx->a, e->case_id, &q);
	*n = (struct notice){.id = tx_id(tx),
	                     .to = e->subject,
	                     .case_id = e->case_id,
	                     .on = e->kind,
	                     .entity = e->entity,
	                     .reference = q.reference,
	                     .email = mail_reaches(tx, to)};
	return true;
}

/* The officer who asked for it never sees the link: it is in the payer's hands alone. */
err notify_react_link(struct tx *tx, const struct event *e)
{
	struct notice n;
	struct person to = {0};
	currency c;
	arena *a = tx->a;
	struct words w = {tx, notify_texts(), STR("notify.link.subject"), STR("notify.link.body")};
	if (!notice_begin(tx, e, &n, &to) || !currency_find(json_str(e->data, "currency"), &c))
		return OK;
	n.message = STR("payment-link");
	n.about = json_str(e->data, "reference");
	n.inbox = true;
	str address = str_cat(a, STR("pay-link/"), json_str(e->secret, "token"));
	for (int i = 0; i < LANG_COUNT; i++) {
		enum lang l = (enum lang)i;
		json *args = json_object(a);
		json_set_str(a, args, "title", json_str(e->data, l == LANG_AR ? "title_ar" : "title_en"));
		json_set_str(a, args, "amount",
		             money_text(a, l, (money){json_int(e->data, "amount", 0)}, c, false));
		fill(&w, &n, l, args, address);
	}
	return notice_record(tx, &n);
}

/* The receipt as it was issued, to whoever paid; the inbox has been told of the payment. */
err notify_react_receipt(struct tx *tx, const struct event *e)
{
	struct notice n;
	struct person to = {0};
	arena *a = tx->a;
	struct words w = {tx, notify_texts(), STR("notify.receipt.subject"),
	                  STR("notify.receipt.body")};
	if (!str_eq(json_str(e->data, "kind"), STR("receipt")) || !notice_begin(tx, e, &n, &to) ||
	    !n.email)
		return OK;
	n.message = STR("receipt");
	n.document = n.about = json_str(e->data, "number");
	str address = str_cat(a, STR("verify/"), json_str(e->data, "code"));
	for (int i = 0; i < LANG_COUNT; i++) {
		enum lang l = (enum lang)i;
		json *args = json_object(a);
		json_set_str(a, args, "number", n.document);
		fill(&w, &n, l, args, address);
	}
	return notice_record(tx, &n);
}
