/* page_inbox.c - a person's notices, and whether a notice is genuine. */
#include "systems/notify/notify_in.h"
#include "web/server.h"

static json *entity_name(struct req *r, str id)
{
	struct entity e;
	if (entity_get(r->db, r->a, id, r->now, &e))
		return json_copy(r->a, json_get(entity_view(r->a, &e), "name"));
	return json_string(r->a, id);
}

static int64_t unread(struct req *r)
{
	return db_query_int(r->db, &sql_notice_unread, 0, D_INT(r->actor.person));
}

int64_t notify_unread(struct req *r)
{
	return r->actor.person ? unread(r) : 0;
}

err page_notify_inbox(struct req *r)
{
	json *v = json_object(r->a), *list = json_set(r->a, v, "messages", json_array(r->a));
	int64_t last = 0, after = req_field_int(r, "after", INT64_MAX, 1, INT64_MAX);
	rows *q =
	    db_query(r->db, &sql_notice_list, D_INT(r->actor.person), D_INT(after), D_INT(INBOX_PAGE));
	while (db_next(q)) {
		json *o = json_push(list, json_object(r->a));
		last = db_int(q, 0);
		json_set_str(r->a, o, "id", str_fmt(r->a, "%lld", (long long)last));
		json_set_int(r->a, o, "at", db_int(q, 1));
		json_set_bool(r->a, o, "unread", db_int(q, 2) == 0);
		json_set_str(r->a, o, "entity", str_dup(r->a, db_text(q, 3)));
		json *subject = json_parse(r->a, str_dup(r->a, db_text(q, 4)), NULL);
		json_set(r->a, o, "subject", subject ? subject : json_string(r->a, (str){0}));
	}
	db_done(q);
	for (json *o = list->first; o; o = o->next)
		json_set(r->a, o, "from", entity_name(r, json_str(o, "entity")));
	json_set_int(r->a, v, "unread", unread(r));
	json *pages = json_set(r->a, v, "pages", json_object(r->a));
	if (list->count == INBOX_PAGE)
		json_set_str(r->a, pages, "next",
		             str_fmt(r->a, "/%s/inbox?after=%lld", lang_code(r->lang), (long long)last));
	json_set(r->a, pages, "items", json_array(r->a));
	return req_view(r, "notify/inbox", v);
}

static err opened_decide(struct tx *tx, void *ctx)
{
	const struct stored *n = ctx;
	struct stored now;
	if (!notice_get(tx->db, tx->a, n->to, n->id, true, &now) || now.read)
		return OK;
	json *d = json_object(tx->a);
	json_set_int(tx->a, d, "id", n->id);
	return tx_emit(
	    tx,
	    (struct emission){.kind = "notice.read", .entity = n->entity, .subject = n->to, .data = d});
}

err page_notify_message(struct req *r)
{
	int64_t id;
	struct stored n;
	if (!req_param_id(r, "id", &id) || !notice_get(r->db, r->a, r->actor.person, id, true, &n) ||
	    !n.subject)
		return req_fail(r, ERR_not_found, "", "there is no such notice");
	if (!n.read) {
		struct action act = {
		    .k = r->k, .a = r->a, .actor = r->actor, .decide = opened_decide, .ctx = &n};
		kernel_run(&act); /* the notice is shown even if this cannot be recorded now */
	}
	json *v = json_object(r->a), *m = json_set(r->a, v, "message", json_object(r->a));
	json_set_str(r->a, v, "back", str_fmt(r->a, "/%s/inbox", lang_code(r->lang)));
	json_set_str(r->a, m, "id", str_fmt(r->a, "%lld", (long long)n.id));
	json_set(r->a, m, "subject", n.subject);
	json_set(r->a, m, "body", n.body);
	json_set(r->a, m, "from", entity_name(r, n.entity));
	json_set_int(r->a, m, "at", n.at);
	json_set_str(r->a, m, "reference", n.reference);
	json_set_str(r->a, m, "code", n.code);
	return req_view(r, "notify/message", v);
}

/* "7kq2 m9xd41" as it is kept. */
static str code_normal(arena *a, str typed)
{
	char *p = NEWN(a, char, typed.n + 1);
	size_t n = 0;
	for (size_t i = 0; i < typed.n; i++) {
		char c = typed.p[i];
		if (c >= 'a' && c <= 'z')
			c = (char)(c - 32);
		if (c == 'O')
			c = '0';
		if (c == 'I' || c == 'L')
			c = '1';
		if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'))
			p[n++] = c;
	}
	return (str){p, n};
}

err page_notify_genuine(struct req *r)
{
	json *v = json_object(r->a), *form = json_set(r->a, v, "form", json_object(r->a));
	str typed = str_trim(req_field(r, "code")), code = code_normal(r->a, typed);
	json *f = json_set(r->a, form, "code", json_object(r->a));
	json_set_str(r->a, f, "value", typed);
	if (code.n) {
		rows *q = db_query(r->db, &sql_notice_genuine, D_TEXT(code));
		bool found = db_next(q);
		int64_t at = found ? db_int(q, 0) : 0;
		str entity = found ? str_dup(r->a, db_text(q, 1)) : (str){0};
		db_done(q);
		json_set_str(r->a, v, "state", found ? STR("genuine") : STR("unknown"));
		if (found) {
			json_set_int(r->a, v, "at", at);
			json_set(r->a, v, "from", entity_name(r, entity));
		}
	}
	return req_view(r, "notify/genuine", v);
}
