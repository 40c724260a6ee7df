/* stale.c - tells the editors of a body that one of its cards was not looked at for long. */
#include "systems/notify/notify_in.h"

#include "kernel/i18n/i18n.h"

err notify_react_stale(struct tx *tx, const struct event *e)
{
	const struct pack *p = pack_current(tx->k);
	str id = json_str(e->data, "service");
	const struct service *s = pack_service(p, id);
	int64_t who[NOTICE_OFFICERS_MAX], day = 0;
	size_t n =
	    people_who_may(tx->db, PERM_editor_edit, e->entity, tx->now, who, NOTICE_OFFICERS_MAX);
	if (!n || !s)
		return OK;
	const struct messages *texts = notify_texts();
	date_parse(json_str(e->data, "reviewed"), &day);
	struct notice m = {.on = e->kind,
	                   .message = STR("card-stale"),
	                   .entity = e->entity,
	                   .inbox = true,
	                   .subject = json_object(tx->a),
	                   .body = json_object(tx->a)};
	for (int i = 0; i < LANG_COUNT; i++) {
		enum lang l = (enum lang)i;
		json *args = json_object(tx->a);
		json_set_str(tx->a, args, "service", json_str(json_get(s->card, "title"), lang_code(l)));
		json_set_str(tx->a, args, "day", date_text(tx->a, l, day, false));
		json_set_str(tx->a, args, "link",
		             str_fmt(tx->a, "%.*s/%s/guide/quality",
		                     STRF(config_text(tx->k->config, SETTING_public_url)), lang_code(l)));
		json_set_str(tx->a, m.subject, lang_code(l),
		             message_text(texts, tx->a, l, STR("notify.stale.subject"), 0, args, true));
		json_set_str(tx->a, m.body, lang_code(l),
		             message_text(texts, tx->a, l, STR("notify.stale.body"), 0, args, true));
	}
	err failed = OK;
	for (size_t i = 0; i < n && !failed; i++) {
		m.id = tx_id(tx);
		m.to = who[i];
		failed = notice_record(tx, &m);
	}
	return failed;
}
