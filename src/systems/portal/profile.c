/*
 * profile.c - what government knows of the reader: details, who looked at them, all
 * of it as a file, and the request to be forgotten.
 */
#include "systems/portal/applying.h"

#include "base/utf8.h"

#define LOG_MAX   50
#define CASES_MAX 500

/* ---- the page ---- */

/* Readings by officers and the person's own sign-ins, newest first. */
static json *access_view(struct req *r, int64_t max)
{
	json *list = json_array(r->a);
	rows *q = db_query(r->db, &sql_portal_access, D_INT(r->session.person), D_INT(max));
	while (db_next(q)) {
		json *o = json_push(list, json_object(r->a));
		json *data = json_parse(r->a, str_dup(r->a, db_text(q, 4)), NULL);
		view_at(r, o, "at", db_int(q, 0));
		json_set_str(r->a, o, "key", str_fmt(r->a, "portal.log.%.*s", STRF(db_text(q, 1))));
		json_set_str(r->a, o, "entity_id", str_dup(r->a, db_text(q, 2)));
		json_set_int(r->a, o, "case", db_int(q, 3));
		json_set_int(r->a, o, "actor", db_int(q, 5));
		json_set_str(r->a, o, "purpose", json_str(data, "purpose"));
	}
	db_done(q);
	for (json *o = list->first; o; o = o->next) {
		struct kase k;
		str entity = json_str(o, "entity_id"), purpose = json_str(o, "purpose");
		str key = str_fmt(r->a, "portal.purpose.%.*s", STRF(purpose));
		if (message_known(server_settings(r->server)->texts, key))
			json_set_str(r->a, o, "purpose", req_text(r, str_c(r->a, key)));
		struct person who;
		int64_t actor = json_int(o, "actor", 0);
		json_remove(o, STR("actor"));
		if (entity.n)
			json_set(r->a, o, "entity", view_entity(r, entity, r->now));
		else if (actor && actor != r->session.person && person_get(r->db, r->a, actor, &who))
			json_set_str(r->a, o, "entity", /* an agent: who acts for no entity */
			             r->lang == LANG_AR && who.name_ar.n ? who.name_ar : who.name_en);
		if (json_int(o, "case", 0) && case_get(r->db, r->a, json_int(o, "case", 0), &k))
			json_set_str(r->a, o, "reference", k.reference);
	}
	return list;
}

static void erasure_view(struct req *r, json *v)
{
	rows *q = db_query(r->db, &sql_portal_erasure_get, D_INT(r->session.person));
	if (db_next(q)) {
		json *o = json_set(r->a, v, "erasure", json_object(r->a));
		json_set_str(r->a, o, "state", str_dup(r->a, db_text(q, 0)));
		view_at(r, o, "asked", db_int(q, 1));
		json_set_str(r->a, o, "reason", str_dup(r->a, db_text(q, 2)));
	}
	db_done(q);
}

static json *profile_view(struct req *r)
{
	arena *a = r->a;
	struct person p = {0};
	struct credential c = {0};
	json *v = json_object(a), *who = json_set(a, v, "person", json_object(a));
	person_get(r->db, a, r->session.person, &p);
	credential_get(r->k, r->db, a, p.id, &c);
	json_set_str(a, who, "name_en", p.name_en);
	json_set_str(a, who, "name_ar", p.name_ar);
	json_set_str(a, who, "number", p.national_number);
	json_set_str(a, who, "birth_date", p.birth_date);
	json_set(a, who, "nationality", pack_country(pack_current(r->k), a, p.nationality));
	json_set_bool(a, v, "second_factor", c.totp_secret.n > 0);
	bool sent = r->method == METHOD_POST;
	view_value(r, v, "email", sent ? req_field(r, "email") : p.email);
	view_value(r, v, "phone", sent ? req_field(r, "phone") : phone_text(a, p.phone));
	json *items = json_set(a, v, "languages", json_array(a));
	str chosen = sent ? req_field(r, "language") : p.language;
	for (int i = 0; i < LANG_COUNT; i++) {
		json *o = json_push(items, json_object(a));
		str code = str_of(lang_code((enum lang)i));
		str key = str_fmt(a, "portal.profile.language.%.*s", STRF(code));
		json_set_str(a, o, "id", i ? str_fmt(a, "language-%d", i + 1) : STR("language"));
		json_set_str(a, o, "value", code);
		json_set_str(a, o, "text", req_text(r, str_c(a, key)));
		json_set_bool(a, o, "checked", str_eq(code, chosen));
	}
	json_set(a, v, "access", access_view(r, LOG_MAX));
	erasure_view(r, v);
	return v;
}

err page_portal_profile(struct req *r)
{
	return req_view(r, "portal/profile", profile_view(r));
}

/* ---- contact data ---- */

struct contact {
	str email, phone, language;
};

static bool email_ok(str s)
{
	ptrdiff_t at = str_chr(s, '@');
	str domain = str_sub(s, (size_t)(at + 1), s.n);
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] <= 0x20 || s.p[i] == 0x7F || s.p[i] == ',' || s.p[i] == '<')
			return false;
	return at > 0 && s.n <= 254 && str_chr(domain, '@') < 0 && str_chr(domain, '.') > 0 &&
	       domain.p[domain.n - 1] != '.' && utf8_check(s) < 0;
}

/* "3612 3456", "00973 36123456", "+973..." as E.164; empty when it is none. */
static str phone_normal(struct req *r, str typed)
{
	const struct pack *p = pack_current(r->k);
	str code = p ? json_str(p->meta, "calling_code") : (str){0};
	str s = number_normal(r->a, typed);
	if (str_starts(s, STR("00")))
		s = str_cat(r->a, STR("+"), str_sub(s, 2, s.n));
	if (s.n && s.p[0] != '+' && code.n)
		s = str_fmt(r->a, "%s%.*s%.*s", code.p[0] == '+' ? "" : "+", STRF(code), STRF(s));
	if (s.n < 8 || s.n > 16 || s.p[0] != '+')
		return (str){0};
	for (size_t i = 1; i < s.n; i++)
		if (s.p[i] < '0' || s.p[i] > '9')
			return (str){0};
	return s;
}

err prepare_portal_contact(struct req *r)
{
	struct contact *t = NEW(r->a, struct contact);
	json *v = profile_view(r);
	str typed = str_trim(req_field(r, "phone"));
	r->state = t;
	t->email = str_trim(req_field(r, "email"));
	t->phone = phone_normal(r, typed);
	t->language = req_field(r, "language");
	if (t->email.n && !email_ok(t->email))
		view_error(r, v, "email", view_text(r, "portal.profile.email_bad", 0, NULL));
	if (typed.n && !t->phone.n)
		view_error(r, v, "phone", view_text(r, "portal.profile.phone_bad", 0, NULL));
	if (!t->email.n && !typed.n)
		view_error(r, v, "email", view_text(r, "portal.profile.one_needed", 0, NULL));
	if (!str_eq(t->language, STR("ar")) && !str_eq(t->language, STR("en")))
		view_error(r, v, "language", view_text(r, "portal.profile.language_needed", 0, NULL));
	return view_has_errors(v) ? req_again(r, "portal/profile", v) : OK;
}

err decide_portal_contact(struct tx *tx, struct req *r)
{
	const struct contact *t = r->state;
	return person_update_contact(tx, r->session.person, t->email, t->phone, t->language);
}

err answer_portal_contact(struct req *r)
{
	req_flash(r, "portal.profile.saved");
	return req_redirect(r, "/profile");
}

/* ---- all of it, as a file ---- */

/* Everything kept of the person, in one JSON document. */
err prepare_portal_data(struct req *r)
{
	(void)r;
	return OK;
}

err decide_portal_data(struct tx *tx, struct req *r)
{
	return tx_emit(
	    tx, (struct emission){.kind = "portal.data_downloaded", .subject = r->session.person});
}

err answer_portal_data(struct req *r)
{
	arena *a = r->a;
	struct person p;
	struct kase *q = NEWN(a, struct kase, CASES_MAX);
	if (!person_get(r->db, a, r->session.person, &p))
		return req_fail(r, ERR_not_found, "", "there is nothing at this address");
	json *out = json_object(a);
	view_at(r, out, "at", r->now);
	json_set(a, out, "person", person_view(a, &p));
	json *list = json_set(a, out, "applications", json_array(a));
	size_t n = cases_of(r->db, a, p.id, q, CASES_MAX);
	for (size_t i = 0; i < n; i++) {
		json *o = json_push(list, json_object(a));
		json_set_str(a, o, "reference", q[i].reference);
		json_set_str(a, o, "service", q[i].service);
		view_case_state(r, o, &q[i]);
		json_set_str(a, o, "outcome", q[i].outcome);
		json_set_str(a, o, "reason", q[i].reason);
		view_at(r, o, "opened", q[i].opened);
		view_at(r, o, "submitted", q[i].submitted);
		json_set(a, o, "answers", case_answers(r->db, a, q[i].id));
		json_set(a, o, "history", case_timeline(r->k, r->db, a, q[i].id, false));
	}
	json_set(a, out, "access", access_view(r, 10000));
	buf b = buf_make(a, JSON_MAX_BYTES);
	json_write(&b, out, 2);
	return req_content(r, "application/json", buf_str(&b), "my-data.json");
}

/* ---- being forgotten ---- */

/* An undecided application keeps its person: withdraw first. */
bool has_open_cases(dbc *c, arena *a, int64_t person)
{
	struct kase *q = NEWN(a, struct kase, CASES_MAX);
	size_t n = cases_of(c, a, person, q, CASES_MAX);
	for (size_t i = 0; i < n; i++)
		if (!q[i].closed && !str_eq(q[i].state, STR("draft")))
			return true;
	return false;
}

err prepare_portal_erasure(struct req *r)
{
	json *v = profile_view(r);
	const char *wrong = NULL;
	if (str_eq(json_text(json_path(v, "erasure.state")), STR("asked")))
		return req_redirect(r, "/profile");
	if (has_open_cases(r->db, r->a, r->session.person))
		wrong = "portal.erasure.open_cases";
	else if (!req_field(r, "sure").n)
		wrong = "portal.erasure.not_sure";
	if (!wrong)
		return OK;
	view_error(r, v, "sure", view_text(r, wrong, 0, NULL));
	return req_again(r, "portal/profile", v);
}

err decide_portal_erasure(struct tx *tx, struct req *r)
{
	return tx_emit(tx,
	               (struct emission){.kind = "portal.erasure_asked", .subject = r->session.person});
}

err answer_portal_erasure(struct req *r)
{
	req_flash(r, "portal.erasure.sent");
	return req_redirect(r, "/profile");
}
