/*
 * mail.c - notices by SMTP, through libcurl.
 *
 * The body is text/plain and text/html side by side, both languages in each, the
 * reader's first; 8bit, as every server of today takes it. A document that goes with it
 * (a receipt) is attached as it was issued, signed. A notice keeps its Message-ID over
 * all tries, so that a mailbox drops a second copy.
 */
#include "systems/notify/notify_in.h"

#include "base/log.h"
#include "kernel/documents/documents.h"
#include "kernel/journal.h"
#include "kernel/vault.h"
#include "web/escape.h"

#include <curl/curl.h>
#include <string.h>

#define WORD_BYTES 45 /* of text in one encoded word: 60 in base64 */

static str clean(arena *a, str s)
{
	char *p = NEWN(a, char, s.n + 1);
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] >= 0x20 && s.p[i] != 0x7F)
			p[n++] = s.p[i];
	return (str){p, n};
}

str mail_words(arena *a, str text)
{
	buf b = buf_make(a, text.n * 3 + 256);
	text = clean(a, text);
	for (size_t at = 0; at < text.n;) {
		size_t end = at + WORD_BYTES < text.n ? at + WORD_BYTES : text.n;
		while (end < text.n && ((unsigned char)text.p[end] & 0xC0) == 0x80)
			end--; /* whole characters only */
		buf_puts(&b, at ? "\r\n =?UTF-8?B?" : "=?UTF-8?B?");
		buf_put(&b, str_base64(a, str_sub(text, at, end)));
		buf_puts(&b, "?=");
		at = end;
	}
	return buf_str(&b);
}

/* RFC 5322 date in UTC. */
static str mail_date(arena *a, instant t)
{
	static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
	static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
	                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	civil c = civil_of(t, 0);
	return str_fmt(a, "%s, %02d %s %04d %02d:%02d:%02d +0000", days[weekday(t / DAY)], c.day,
	               months[c.month - 1], c.year, c.hour, c.minute, c.second);
}

static enum lang other(enum lang l)
{
	return l == LANG_AR ? LANG_EN : LANG_AR;
}

static str plain(arena *a, const struct mail *m)
{
	return str_fmt(a, "%.*s\r\n\r\n----------\r\n\r\n%.*s\r\n", STRF(m->body[m->first]),
	               STRF(m->body[other(m->first)]));
}

static void html_part(buf *b, str text, enum lang l)
{
	buf_fmt(b, "<div lang=\"%s\" dir=\"%s\" style=\"white-space:pre-line\">", lang_code(l),
	        l == LANG_AR ? "rtl" : "ltr");
	escape_write(b, ESCAPE_TEXT, text);
	buf_puts(b, "</div>");
}

static str html(arena *a, const struct mail *m)
{
	buf b = buf_make(a, MAIL_MAX_BYTES);
	buf_puts(&b, "<!doctype html><html><head><meta charset=\"utf-8\"></head><body "
	             "style=\"font-family:sans-serif;line-height:1.6\">");
	html_part(&b, m->body[m->first], m->first);
	buf_puts(&b, "<hr>");
	html_part(&b, m->body[other(m->first)], other(m->first));
	buf_puts(&b, "</body></html>\r\n");
	return buf_str(&b);
}

static bool add_part(curl_mime *alternative, str text, const char *type)
{
	curl_mimepart *p = curl_mime_addpart(alternative);
	return p && curl_mime_data(p, text.p, text.n) == CURLE_OK &&
	       curl_mime_type(p, type) == CURLE_OK && curl_mime_encoder(p, "8bit") == CURLE_OK;
}

static bool add_file(curl_mime *whole, arena *a, const struct mail *m)
{
	if (!m->file.n)
		return true;
	curl_mimepart *p = curl_mime_addpart(whole);
	return p && curl_mime_data(p, m->file.p, m->file.n) == CURLE_OK &&
	       curl_mime_type(p, "application/pdf") == CURLE_OK &&
	       curl_mime_encoder(p, "base64") == CURLE_OK &&
	       curl_mime_filename(p, str_c(a, m->file_name)) == CURLE_OK;
}

static struct curl_slist *headers(struct kernel *k, arena *a, const struct mail *m)
{
	str from = config_text(k->config, SETTING_mail_from);
	str lines[] = {
	    str_fmt(a, "Date: %.*s", STRF(mail_date(a, m->at))),
	    str_fmt(a, "From: %.*s <%.*s>", STRF(mail_words(a, STR("Diwan ديوان"))), STRF(from)),
	    str_fmt(a, "To: <%.*s>", STRF(m->to)),
	    str_fmt(a, "Subject: %.*s", STRF(mail_words(a, m->subject[m->first]))),
	    str_fmt(a, "Message-ID: <%.*s>", STRF(m->message_id)),
	    STR("Auto-Submitted: auto-generated"),
	    str_fmt(a, "Content-Language: %s", m->first == LANG_AR ? "ar, en" : "en, ar"),
	};
	struct curl_slist *list = NULL;
	for (size_t i = 0; i < COUNT(lines); i++)
		list = curl_slist_append(list, str_c(a, lines[i]));
	return list;
}

/* What the server's answer means: a 4xx may pass, a 5xx will not. */
static err judge(CURL *c, CURLcode done, arena *a, str *why)
{
	long code = 0;
	curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &code);
	if (done == CURLE_OK)
		return OK;
	*why = str_fmt(a, "%s (the server's last answer: %ld)", curl_easy_strerror(done), code);
	return code >= 500 && code < 600 ? ERR_notice_refused : ERR_unavailable;
}

static void account(CURL *c, const struct config *cfg, arena *a)
{
	str user = config_text(cfg, SETTING_mail_user);
	if (!user.n)
		return;
	curl_easy_setopt(c, CURLOPT_USERNAME, str_c(a, user));
	curl_easy_setopt(c, CURLOPT_PASSWORD, str_c(a, config_text(cfg, SETTING_mail_password_file)));
	curl_easy_setopt(c, CURLOPT_USE_SSL, (long)CURLUSESSL_ALL);
}

static bool plain_address(str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] <= 0x20 || s.p[i] == '<' || s.p[i] == '>' || s.p[i] == 0x7F)
			return false;
	return str_chr(s, '@') > 0;
}

err mail_send(struct kernel *k, arena *a, const struct mail *m, str *why)
{
	if (!plain_address(m->to)) {
		*why = STR("the address is not one");
		return ERR_notice_refused;
	}
	CURL *c = curl_easy_init();
	if (!c)
		return ERR_unavailable;
	str from = config_text(k->config, SETTING_mail_from);
	struct curl_slist *to = curl_slist_append(NULL, str_c(a, m->to));
	struct curl_slist *list = headers(k, a, m);
	curl_mime *whole = curl_mime_init(c), *alternative = curl_mime_init(c);
	curl_mimepart *part = curl_mime_addpart(whole);
	bool made = add_part(alternative, plain(a, m), "text/plain; charset=utf-8") &&
	            add_part(alternative, html(a, m), "text/html; charset=utf-8") &&
	            curl_mime_subparts(part, alternative) == CURLE_OK &&
	            curl_mime_type(part, "multipart/alternative") == CURLE_OK && add_file(whole, a, m);
	curl_easy_setopt(c, CURLOPT_URL, str_c(a, config_text(k->config, SETTING_mail_url)));
	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
	curl_easy_setopt(c, CURLOPT_MAIL_FROM, str_c(a, from));
	curl_easy_setopt(c, CURLOPT_MAIL_RCPT, to);
	curl_easy_setopt(c, CURLOPT_HTTPHEADER, list);
	curl_easy_setopt(c, CURLOPT_MIMEPOST, whole);
	curl_easy_setopt(c, CURLOPT_TIMEOUT, MAIL_TIMEOUT_S);
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	account(c, k->config, a);
	err e = made ? judge(c, curl_easy_perform(c), a, why) : ERR_unavailable;
	curl_mime_free(whole); /* with its subparts */
	curl_slist_free_all(list);
	curl_slist_free_all(to);
	curl_easy_cleanup(c);
	return e;
}

/* ---- jobs ---- */

struct outcome {
	int64_t to, id;
	const char *kind;
	str why, entity;
};

static err outcome_decide(struct tx *tx, void *ctx)
{
	const struct outcome *o = ctx;
	json *d = json_object(tx->a);
	json_set_int(tx->a, d, "id", o->id);
	json_set_str(tx->a, d, "channel", STR("email"));
	json_set_str(tx->a, d, "why", o->why);
	return tx_emit(
	    tx, (struct emission){.kind = o->kind, .entity = o->entity, .subject = o->to, .data = d});
}

static void both_texts(const json *two, str out[LANG_COUNT])
{
	for (int l = 0; l < LANG_COUNT; l++)
		out[l] = json_str(two, lang_code((enum lang)l));
}

static str message_id(struct job *j, str left)
{
	str from = config_text(j->k->config, SETTING_mail_from), host = from, name;
	str_cut(&host, '@', &name);
	return str_fmt(j->a, "%.*s@%.*s", STRF(left), STRF(host));
}

/* Reads the notice and the person's address; false when there is nothing to send. */
static bool read_notice(struct job *j, struct stored *n, struct person *to)
{
	dbc *c = db_reader(j->k->db);
	bool found = notice_get(c, j->a, json_int(j->payload, "to", 0), json_int(j->payload, "id", 0),
	                        false, n) &&
	             person_get(c, j->a, n->to, to);
	db_reader_return(c);
	return found && n->subject && to->email.n && str_eq(n->email_state, STR("queued"));
}

/* The document that goes with the mail; one that cannot be read is tried again later. */
static err document_attach(struct job *j, struct mail *m)
{
	struct issued d;
	str number = json_str(j->payload, "document");
	if (!number.n)
		return OK;
	dbc *c = db_reader(j->k->db);
	err e = document_by_number(c, j->a, number, &d) ? document_bytes(j->k, c, j->a, &d, &m->file)
	                                                : ERR_not_found;
	db_clear(c);
	db_reader_return(c);
	m->file_name = str_cat(j->a, number, STR(".pdf"));
	return e;
}

err notify_mail_job(struct job *j)
{
	struct stored n;
	struct person to;
	if (!read_notice(j, &n, &to))
		return OK; /* erased, or sent already */
	struct mail m = {.to = to.email,
	                 .message_id = message_id(j, str_fmt(j->a, "notice.%lld", (long long)n.id)),
	                 .first = lang_of(to.language),
	                 .at = n.at};
	both_texts(n.subject, m.subject);
	both_texts(n.body, m.body);
	str why = {0};
	err e = document_attach(j, &m);
	if (!e)
		e = mail_send(j->k, j->a, &m, &why);
	j->fault = (struct fault){.code = e, .detail = why};
	if (e && e != ERR_notice_refused)
		return e;
	struct outcome o = {.to = n.to,
	                    .id = n.id,
	                    .kind = e ? "notice.failed" : "notice.sent",
	                    .why = why,
	                    .entity = n.entity};
	struct action act = {.k = j->k, .a = j->a, .decide = outcome_decide, .ctx = &o};
	err recorded = kernel_run(&act);
	return recorded ? recorded : OK;
}

struct code {
	int64_t person;
	str digits;
};

static bool code_of_event(void *ctx, arena *scratch, const struct event *e)
{
	struct code *c = ctx;
	(void)scratch;
	c->person = e->subject;
	str digits = json_str(e->secret, "code");
	size_t n = digits.n < 16 ? digits.n : 0;
	memcpy((char *)(uintptr_t)c->digits.p, digits.p ? digits.p : "", n);
	c->digits.n = n;
	return true;
}

err notify_code_job(struct job *j)
{
	struct code code = {.digits = {NEWN(j->a, char, 16), 0}};
	struct person to = {0};
	int64_t seq = json_int(j->payload, "seq", 0);
	dbc *c = db_reader(j->k->db);
	err e = journal_read(j->k, c, seq, seq, code_of_event, &code);
	bool known = !e && code.digits.n && person_get(c, j->a, code.person, &to) && to.email.n;
	db_reader_return(c);
	if (!known)
		return e;
	const struct messages *texts = notify_texts();
	json *args = json_object(j->a);
	json_set_str(j->a, args, "code", code.digits);
	struct mail m = {.to = to.email,
	                 .message_id = message_id(j, str_fmt(j->a, "code.%lld", (long long)seq)),
	                 .first = lang_of(to.language),
	                 .at = kernel_now(j->k)};
	for (int i = 0; i < LANG_COUNT; i++) {
		enum lang l = (enum lang)i;
		m.subject[i] = message_text(texts, j->a, l, STR("notify.code.subject"), 0, NULL, false);
		m.body[i] = message_text(texts, j->a, l, STR("notify.code.body"), 0, args, true);
	}
	str why = {0};
	e = mail_send(j->k, j->a, &m, &why);
	j->fault = (struct fault){.code = e, .detail = why};
	return e;
}
