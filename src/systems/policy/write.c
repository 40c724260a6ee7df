/* write.c - a change is begun, written, proposed, taken back. */
#include "systems/policy/policy_in.h"

#include "base/utf8.h"

static err gone(struct tx *tx)
{
	return tx_fail(tx, ERR_policy_state, "", "somebody has moved this change on meanwhile");
}

/* The change as it is now, if it is still in a state in which that may be done. */
static bool still(struct tx *tx, const struct change *seen, struct change *now, const char *a,
                  const char *b)
{
	return change_get(tx->db, tx->a, seen->id, now) && str_eq(now->text, seen->text) &&
	       str_eq(now->tests, seen->tests) &&
	       (str_eq(now->state, str_of(a)) || str_eq(now->state, str_of(b)));
}

static json *about(struct tx *tx, int64_t id)
{
	json *d = json_object(tx->a);
	json_set_int(tx->a, d, "change", id);
	return d;
}

/* ---- begin ---- */

err prepare_policy_begin(struct req *r)
{
	struct writing *w = NEW(r->a, struct writing);
	r->state = w;
	err e = policy_service_at(r, &w->at);
	if (e)
		return e;
	w->text = policy_text_of(r, w->at.s->id, w->at.newest, w->at.m.file);
	w->tests = policy_text_of(r, w->at.s->id, w->at.newest, w->at.m.tests);
	return w->text.n ? OK : req_fail(r, ERR_not_found, "", "the version has no such file");
}

err decide_policy_begin(struct tx *tx, struct req *r)
{
	const struct writing *w = r->state;
	int64_t id = tx_id(tx);
	json *d = about(tx, id);
	json_set_str(tx->a, d, "service", w->at.s->id);
	json_set_str(tx->a, d, "model", w->at.m.id);
	json_set_int(tx->a, d, "base", w->at.newest);
	json_set_str(tx->a, d, "text", pack_text_keep(tx, w->text));
	json_set_str(tx->a, d, "tests", w->at.m.tests.n ? pack_text_keep(tx, w->tests) : (str){0});
	r->decided = json_object(tx->a);
	json_set_int(tx->a, r->decided, "change", id);
	return tx_emit(
	    tx, (struct emission){.kind = "policy.drafted", .entity = w->at.s->entity, .data = d});
}

err answer_policy_begin(struct req *r)
{
	return req_redirect(r, "/policy/changes/%lld", (long long)json_int(r->decided, "change", 0));
}

/* ---- save ---- */

/* An uploaded file, or what stands in the box; lines end as in files. */
static str sent(struct req *r, const char *field, const char *file)
{
	const struct upload *u = req_upload(r, file);
	str text = u && u->bytes.n ? u->bytes : req_field(r, field);
	buf b = buf_make(r->a, text.n + 1);
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] != '\r' || i + 1 == text.n || text.p[i + 1] != '\n')
			buf_putc(&b, text.p[i]);
	return buf_str(&b);
}

/* What a page did not send, because it has no box for it, stays as it was. */
static str kept(struct req *r, str hash, const char *field)
{
	str text = {0};
	for (size_t i = 0; i < r->n_fields; i++)
		if (str_eq(r->fields[i].name, str_of(field)))
			return text;
	if (hash.n)
		pack_text(r->db, r->a, hash, &text);
	return text;
}

static err again(struct req *r, struct at *at, const char *field, const char *key)
{
	struct checked k;
	policy_check(r, &at->ch, &at->m, &k);
	json *v = policy_change_page(r, at, &k);
	policy_error(r, v, field, key);
	return req_again(r, "policy/change", v);
}

err prepare_policy_save(struct req *r)
{
	struct writing *w = NEW(r->a, struct writing);
	r->state = w;
	err e = policy_at(r, PERM_policy_write, &w->at);
	if (e)
		return e;
	w->text = sent(r, "text", "file");
	w->tests = sent(r, "tests", "tests_file");
	if (!w->text.n)
		w->text = kept(r, w->at.ch.text, "text");
	if (!w->tests.n)
		w->tests = kept(r, w->at.ch.tests, "tests");
	if (!str_trim(w->text).n)
		return again(r, &w->at, "text", "policy.change.no_text");
	return utf8_check(w->text) < 0 && utf8_check(w->tests) < 0
	           ? OK
	           : again(r, &w->at, "file", "policy.change.not_text");
}

err decide_policy_save(struct tx *tx, struct req *r)
{
	const struct writing *w = r->state;
	struct change now;
	if (!still(tx, &w->at.ch, &now, "draft", "rejected"))
		return gone(tx);
	json *d = about(tx, now.id);
	json_set_int(tx->a, d, "base", w->at.newest);
	json_set_str(tx->a, d, "text", pack_text_keep(tx, w->text));
	json_set_str(tx->a, d, "tests", w->at.m.tests.n ? pack_text_keep(tx, w->tests) : (str){0});
	return tx_emit(tx, (struct emission){.kind = "policy.saved", .entity = now.entity, .data = d});
}

err answer_policy_save(struct req *r)
{
	const struct writing *w = r->state;
	req_flash(r, "policy.change.saved");
	return req_redirect(r, "/policy/changes/%lld", (long long)w->at.ch.id);
}

/* ---- propose ---- */

/* The key of what is wrong with the proposal, and its field; NULL when nothing is. */
static const char *refuses(struct req *r, struct writing *w, const struct checked *k,
                           const char **field)
{
	struct service_published last;
	int64_t today = policy_today(r, w->at.p);
	*field = "check";
	if (!k->s)
		return "policy.change.has_errors";
	if (k->unchanged)
		return "policy.change.nothing_new";
	if (w->at.ch.base != w->at.newest)
		return "policy.change.is_stale";
	*field = "reason";
	if (!w->reason.n)
		return "policy.change.no_reason";
	if (utf8_length(w->reason) > POLICY_REASON_CHARS)
		return "policy.change.reason_long";
	*field = "from";
	if (!date_parse(req_field(r, "from"), &w->day))
		return "policy.change.no_day";
	if (w->day < today || w->day > today + POLICY_AHEAD_DAYS)
		return "policy.change.day_past";
	bool waits = service_published_of(r->db, r->a, w->at.s->id, &last, 1) &&
	             last.version > w->at.s->version && last.from > r->now;
	return waits && policy_day_begins(w->at.p, w->day) < last.from ? "policy.change.day_early"
	                                                               : NULL;
}

err policy_proposes(struct req *r, struct writing *w, policy_shows *shows, const char *page)
{
	struct checked k;
	const char *field;
	w->reason = str_trim(req_field(r, "reason"));
	policy_check(r, &w->at.ch, &w->at.m, &k);
	const char *key = refuses(r, w, &k, &field);
	if (!key)
		return OK;
	json *v = shows(r, &w->at, &k);
	policy_error(r, v, field, key);
	return req_again(r, page, v);
}

err prepare_policy_propose(struct req *r)
{
	struct writing *w = NEW(r->a, struct writing);
	r->state = w;
	err e = policy_at(r, PERM_policy_write, &w->at);
	return e ? e : policy_proposes(r, w, policy_change_page, "policy/change");
}

err decide_policy_propose(struct tx *tx, struct req *r)
{
	const struct writing *w = r->state;
	struct change now;
	if (!still(tx, &w->at.ch, &now, "draft", "rejected"))
		return gone(tx);
	json *d = about(tx, now.id);
	json_set_str(tx->a, d, "text", now.text);
	json_set_str(tx->a, d, "from", date_print(tx->a, w->day));
	json_set_str(tx->a, d, "reason", w->reason);
	return tx_emit(tx,
	               (struct emission){.kind = "policy.proposed", .entity = now.entity, .data = d});
}

err answer_policy_propose(struct req *r)
{
	const struct writing *w = r->state;
	req_flash(r, "policy.change.proposed");
	return req_redirect(r, "/policy/changes/%lld", (long long)w->at.ch.id);
}

/* ---- withdraw ---- */

err prepare_policy_withdraw(struct req *r)
{
	struct writing *w = NEW(r->a, struct writing);
	r->state = w;
	return policy_at(r, PERM_policy_write, &w->at);
}

err decide_policy_withdraw(struct tx *tx, struct req *r)
{
	const struct writing *w = r->state;
	struct change now;
	if (!still(tx, &w->at.ch, &now, "draft", "rejected") &&
	    !still(tx, &w->at.ch, &now, "proposed", "approved"))
		return gone(tx);
	/* Others send it back with a reason. */
	if (!change_has_hand(tx->db, now.id, tx->actor.person))
		return tx_fail(tx, ERR_policy_state, "", "only who wrote or proposed it takes it back");
	return tx_emit(tx, (struct emission){.kind = "policy.withdrawn",
	                                     .entity = now.entity,
	                                     .data = about(tx, now.id)});
}

err answer_policy_withdraw(struct req *r)
{
	req_flash(r, "policy.change.withdrawn");
	return req_redirect(r, "/policy");
}
