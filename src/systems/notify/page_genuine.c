/* page_genuine.c - is a notice one of ours? Anyone may ask, by its reference. */
#include "systems/notify/notify_in.h"

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
			json_set(r->a, v, "from", view_entity(r, entity, r->now));
		}
	}
	return req_view(r, "notify/genuine", v);
}
