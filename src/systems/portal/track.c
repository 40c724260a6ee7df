/*
 * track.c - uploaded files for those they belong to, and where a reference stands
 * for anyone: its state and nothing else, so many times from one address.
 */
#include "systems/portal/applying.h"

#include <openssl/sha.h>

#define TRACK_WINDOW (10 * MINUTE)
#define TRACK_MAX    30 /* references asked from one address within it */

err nothing_here(struct req *r)
{
	denial_record(r->k, r->actor, PERM_signed_in, str_of(r->route->name), (str){0});
	return req_fail(r, ERR_not_found, "", "there is nothing at this address");
}

bool may_see(struct req *r, int64_t subject, int64_t case_id, str entity)
{
	struct kase q;
	if ((subject && subject == r->session.person) ||
	    (entity.n && may(&r->session.rights, PERM_case_read, entity)))
		return true;
	return case_id && case_get(r->db, r->a, case_id, &q) && case_is_own(r, &q);
}

err page_portal_file(struct req *r)
{
	struct file_info f;
	str bytes = {0};
	if (!file_find(r->db, r->a, req_param(r, "id"), &f) ||
	    !may_see(r, f.subject, f.case_id, f.entity))
		return nothing_here(r);
	err e = file_read(r->k, r->db, r->a, f.id, &bytes);
	if (e)
		return req_fail(r, e, "", "the file cannot be read");
	return req_content(r, str_c(r->a, f.type), bytes, str_c(r->a, f.name));
}

/* ---- tracking ---- */

struct track {
	str reference, state;
	instant changed;
	str address; /* hashed: it is nobody's business whose it was */
};

static json *track_view(struct req *r)
{
	json *v = json_object(r->a);
	view_value(r, v, "reference", req_field(r, "reference"));
	return v;
}

err page_portal_track(struct req *r)
{
	return req_view(r, "portal/track", track_view(r));
}

static str reference_normal(arena *a, str typed)
{
	str s = number_normal(a, typed);
	char *p = NEWN(a, char, typed.n + 8);
	size_t n = 0, letters = 0;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i] >= 'a' && s.p[i] <= 'z' ? (char)(s.p[i] - 32) : s.p[i];
		if (!(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9'))
			return (str){0};
		p[n++] = c;
	}
	while (letters < n && p[letters] >= 'A' && p[letters] <= 'Z')
		letters++;
	if (n < letters + 5)
		return (str){0}; /* letters, a year and a number, with or without their dashes */
	return str_fmt(a, "%.*s-%.4s-%.*s", (int)letters, p, p + letters, (int)(n - letters - 4),
	               p + letters + 4);
}

static int64_t tracked(dbc *c, str address, instant now)
{
	return db_query_int(c, &sql_portal_tracked, 0, D_TEXT(address), D_INT(now - TRACK_WINDOW));
}

err prepare_portal_track(struct req *r)
{
	struct track *t = NEW(r->a, struct track);
	unsigned char h[SHA256_DIGEST_LENGTH];
	json *v = track_view(r);
	r->state = t;
	SHA256((const unsigned char *)r->address.p, r->address.n, h);
	t->address = str_hex(r->a, (str){(char *)h, 16});
	t->reference = reference_normal(r->a, req_field(r, "reference"));
	if (!t->reference.n)
		view_error(r, v, "reference", view_text(r, "portal.track.missing", 0, NULL));
	else if (tracked(r->db, t->address, r->now) >= TRACK_MAX)
		view_error(r, v, "reference", view_text(r, "portal.track.wait", 0, NULL));
	if (!view_has_errors(v))
		return OK;
	req_again(r, "portal/track", v);
	r->status = t->reference.n ? 429 : 422;
	return OK;
}

err decide_portal_track(struct tx *tx, struct req *r)
{
	const struct track *t = r->state;
	db_exec(tx->db, &sql_portal_track_forget, D_INT(tx->now - TRACK_WINDOW));
	db_exec(tx->db, &sql_portal_track, D_TEXT(t->address), D_INT(tx_id(tx)), D_INT(tx->now));
	return tx_emit(tx, (struct emission){.kind = "portal.tracked"});
}

/* The same status and the same shape, whether there is such an application or not;
 * nothing but its state. */
err answer_portal_track(struct req *r)
{
	struct track *t = r->state;
	struct kase q = {0};
	json *v = track_view(r), *found = json_set(r->a, v, "found", json_object(r->a));
	if (case_by_reference(r->db, r->a, t->reference, &q))
		t->state = q.state;
	json_set_str(r->a, found, "reference", t->reference);
	q.state = t->state;
	view_case_state(r, found, &q);
	return req_view(r, "portal/track", v);
}
