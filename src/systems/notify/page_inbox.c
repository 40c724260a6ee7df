/* page_inbox.c - a person's notices: list, search, archive, one of them, its PDF. */
#include "systems/notify/notify_in.h"

#include "base/embed.h"
#include "kernel/documents/documents.h"
#include "kernel/search/search.h"
#include "web/escape.h"
#include "web/server.h"

#define PRINT_SPEC "src/systems/notify/notice.json"

static int64_t unread(struct req *r)
{
	return db_query_int(r->db, &sql_notice_unread, 0, D_INT(r->actor.person));
}

int64_t notify_unread(struct req *r)
{
	return r->actor.person ? unread(r) : 0;
}

/* ---- the list ---- */

struct inbox {
	struct req *r;
	bool archive;
	str typed;  /* what is searched, as it was typed */
	str *words; /* the same as search_fold spells it */
	size_t n_words;
};

static struct inbox inbox_asked(struct req *r)
{
	struct inbox b = {.r = r,
	                  .archive = str_eq(req_field(r, "box"), STR("archive")),
	                  .typed = str_trim(req_field(r, "q"))};
	str rest = search_fold(r->a, b.typed), word;
	b.words = NEWN(r->a, str, SEARCH_MAX_WORDS);
	while (b.n_words < SEARCH_MAX_WORDS && str_cut(&rest, ' ', &word))
		if (word.n)
			b.words[b.n_words++] = word;
	return b;
}

/* All words, in either language, in the text or among the references. */
static bool matches(const struct inbox *b, rows *q)
{
	if (!b->n_words)
		return true;
	arena *a = b->r->a;
	arena_mark before = arena_save(a);
	buf all = buf_make(a, (size_t)256 * 1024);
	for (int column = 4; column < 8; column++)
		buf_fmt(&all, "%.*s ", STRF(db_text(q, column)));
	str text = search_fold(a, buf_str(&all));
	bool found = true;
	for (size_t i = 0; i < b->n_words && found; i++)
		found = str_find(text, b->words[i]) >= 0;
	arena_rewind(a, before);
	return found;
}

static json *listed(struct req *r, rows *q)
{
	json *o = json_object(r->a);
	json *subject = json_parse(r->a, str_dup(r->a, db_text(q, 4)), NULL);
	json_set_str(r->a, o, "id", str_fmt(r->a, "%lld", (long long)db_int(q, 0)));
	json_set_int(r->a, o, "at", db_int(q, 1));
	json_set_bool(r->a, o, "unread", db_int(q, 2) == 0);
	json_set_str(r->a, o, "entity", str_dup(r->a, db_text(q, 3)));
	json_set(r->a, o, "subject", subject ? subject : json_string(r->a, (str){0}));
	return o;
}

/* For "my space". */
int64_t space_messages(struct req *r, json *list, size_t max)
{
	rows *q = db_query(r->db, &sql_notice_list, D_INT(r->actor.person), D_INT(0), D_INT(INT64_MAX),
	                   D_INT((int64_t)max));
	while (db_next(q)) {
		json *n = listed(r, q), *o = json_push(list, json_object(r->a));
		json_set(r->a, o, "title", json_copy(r->a, json_get(n, "subject")));
		json_set_str(r->a, o, "href", view_href(r, "/inbox/%s", str_c(r->a, json_str(n, "id"))));
		json_set_bool(r->a, o, "fresh", json_truth(n, "unread"));
		view_at(r, o, "at", json_int(n, "at", 0));
	}
	db_done(q);
	return db_query_int(r->db, &sql_notice_count, 0, D_INT(r->actor.person));
}

static str next_page(const struct inbox *b, int64_t last)
{
	buf at = buf_make(b->r->a, 1024);
	buf_fmt(&at, "/%s/inbox?after=%lld", lang_code(b->r->lang), (long long)last);
	if (b->archive)
		buf_puts(&at, "&box=archive");
	if (b->typed.n) {
		buf_puts(&at, "&q=");
		url_encode(&at, b->typed);
	}
	return buf_str(&at);
}

err page_notify_inbox(struct req *r)
{
	struct inbox b = inbox_asked(r);
	json *v = json_object(r->a), *list = json_set(r->a, v, "messages", json_array(r->a));
	int64_t last = 0, after = req_field_int(r, "after", INT64_MAX, 1, INT64_MAX);
	rows *q = db_query(r->db, &sql_notice_list, D_INT(r->actor.person), D_INT(b.archive),
	                   D_INT(after), D_INT(b.n_words ? INBOX_SEARCHED : INBOX_PAGE));
	while (list->count < INBOX_PAGE && db_next(q)) {
		last = db_int(q, 0);
		if (matches(&b, q))
			json_push(list, listed(r, q));
	}
	db_done(q);
	for (json *o = list->first; o; o = o->next)
		json_set(r->a, o, "from", view_entity(r, json_str(o, "entity"), r->now));
	json_set_int(r->a, v, "unread", unread(r));
	json_set_bool(r->a, v, "archive", b.archive);
	json_set_str(r->a, v, "q", b.typed);
	json *pages = json_set(r->a, v, "pages", json_object(r->a));
	if (list->count == INBOX_PAGE)
		json_set_str(r->a, pages, "next", next_page(&b, last));
	json_set(r->a, pages, "items", json_array(r->a));
	return req_view(r, "notify/inbox", v);
}

/* ---- one notice ---- */

static bool own_notice(struct req *r, struct stored *n)
{
	int64_t id;
	return req_param_id(r, "id", &id) && notice_get(r->db, r->a, r->actor.person, id, true, n) &&
	       n->subject;
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

/* An address that stands alone in the last line is one to follow: it is shown as a
 * button, not as a line that is longer than a telephone is wide. */
static str link_of(str body)
{
	str part, line = {0};
	while (str_cut(&body, '\n', &part))
		line = part;
	bool address = str_starts(line, STR("https://")) || str_starts(line, STR("http://")) ||
	               str_starts(line, STR("/"));
	return address && str_chr(line, ' ') < 0 ? line : (str){0};
}

err page_notify_message(struct req *r)
{
	struct stored n;
	if (!own_notice(r, &n))
		return req_fail(r, ERR_not_found, "", "there is no such notice");
	if (!n.read) {
		struct action act = {
		    .k = r->k, .a = r->a, .actor = r->actor, .decide = opened_decide, .ctx = &n};
		kernel_run(&act); /* the notice is shown even if this cannot be recorded now */
	}
	json *v = json_object(r->a), *m = json_set(r->a, v, "message", json_object(r->a));
	json_set_str(
	    r->a, v, "back",
	    str_fmt(r->a, "/%s/inbox%s", lang_code(r->lang), n.archived ? "?box=archive" : ""));
	json_set_str(r->a, m, "id", str_fmt(r->a, "%lld", (long long)n.id));
	json_set(r->a, m, "subject", n.subject);
	str body = req_pick(r, n.body), link = link_of(body);
	json_set_str(r->a, m, "body", str_trim(str_sub(body, 0, body.n - link.n)));
	json_set_str(r->a, m, "link", link);
	json_set(r->a, m, "from", view_entity(r, n.entity, r->now));
	json_set_int(r->a, m, "at", n.at);
	json_set_str(r->a, m, "reference", n.reference);
	json_set_str(r->a, m, "code", n.code);
	json_set_bool(r->a, m, "archived", n.archived);
	return req_view(r, "notify/message", v);
}

/* ---- put away, and taken back ---- */

struct putting {
	struct stored n;
	bool away;
};

err prepare_notify_archive(struct req *r)
{
	struct putting *p = NEW(r->a, struct putting);
	r->state = p;
	p->away = !str_eq(req_field(r, "to"), STR("inbox"));
	return own_notice(r, &p->n) ? OK : req_fail(r, ERR_not_found, "", "there is no such notice");
}

err decide_notify_archive(struct tx *tx, struct req *r)
{
	const struct putting *p = r->state;
	struct stored now;
	if (!notice_get(tx->db, tx->a, p->n.to, p->n.id, true, &now) || now.archived == p->away)
		return OK;
	json *d = json_object(tx->a);
	json_set_int(tx->a, d, "id", p->n.id);
	json_set_bool(tx->a, d, "archived", p->away);
	return tx_emit(
	    tx, (struct emission){
	            .kind = "notice.archived", .entity = p->n.entity, .subject = p->n.to, .data = d});
}

err answer_notify_archive(struct req *r)
{
	const struct putting *p = r->state;
	req_flash(r, p->away ? "notify.archive.done" : "notify.archive.undone");
	return req_redirect(r, "/inbox");
}

/* ---- on paper ---- */

static json *print_view(struct req *r, const struct stored *n)
{
	struct person to;
	str base = view_base(r);
	json *v = json_object(r->a), *name = json_set(r->a, v, "name", json_object(r->a));
	if (person_get(r->db, r->a, n->to, &to)) {
		json_set_str(r->a, name, "en", to.name_en);
		json_set_str(r->a, name, "ar", to.name_ar);
	}
	json_set(r->a, v, "from", view_entity(r, n->entity, r->now));
	json_set(r->a, v, "subject", n->subject);
	json_set(r->a, v, "body", n->body);
	json_set_int(r->a, v, "at", n->at);
	json_set_str(r->a, v, "code", n->code);
	json_set_str(r->a, v, "reference", n->reference);
	json_set_str(r->a, v, "check_url",
	             str_fmt(r->a, "%.*s/%s/notices/check?code=%.*s", STRF(base), lang_code(r->lang),
	                     STRF(n->code)));
	return v;
}

err page_notify_print(struct req *r)
{
	struct stored n;
	str text, pdf;
	if (!own_notice(r, &n))
		return req_fail(r, ERR_not_found, "", "there is no such notice");
	json *spec = embed_find(STR(PRINT_SPEC), &text) ? json_parse(r->a, text, NULL) : NULL;
	err e = spec ? document_render_now(r->k, r->a, spec, print_view(r, &n), r->now, &pdf)
	             : ERR_internal;
	if (e)
		return req_fail(r, e, "", "the notice cannot be printed");
	return req_content(r, "application/pdf", pdf, str_c(r->a, str_cat(r->a, n.code, STR(".pdf"))));
}
