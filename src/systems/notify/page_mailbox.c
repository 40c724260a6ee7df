/*
 * page_mailbox.c - the catcher of a trial: what would have been mailed.
 *
 * Reads the Maildir that a local SMTP server fills (setting mail_box). Names of
 * files are taken from the folder's own listing, never from the address.
 */
#include "systems/notify/notify_in.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

str mail_words_decoded(arena *a, str header)
{
	buf b = buf_make(a, header.n + 1);
	static const str open = STR_INIT("=?UTF-8?B?");
	while (header.n) {
		ptrdiff_t at = str_find(header, open);
		if (at < 0)
			break;
		buf_put(&b, b.n ? (str){0} : str_sub(header, 0, (size_t)at));
		header = str_sub(header, (size_t)at + open.n, header.n);
		ptrdiff_t end = str_find(header, STR("?="));
		str text;
		if (end < 0 || !str_unbase64(a, str_sub(header, 0, (size_t)end), &text))
			return header;
		buf_put(&b, text);
		header = str_sub(header, (size_t)end + 2, header.n);
	}
	buf_put(&b, str_trim(header));
	return buf_str(&b);
}

struct box {
	const char *folder;
	char *name[MAIL_SHOWN * 10];
	size_t n;
};

static int newest_first(const void *x, const void *y)
{
	return strcmp(*(char *const *)y, *(char *const *)x);
}

/* The names in folder/new, newest first (a Maildir name begins with the time). */
static bool box_read(struct req *r, struct box *b)
{
	str root = config_text(r->k->config, SETTING_mail_box);
	if (!root.n)
		return false;
	b->folder = str_c(r->a, str_cat(r->a, root, STR("/new")));
	DIR *d = opendir(b->folder);
	struct dirent *e;
	while (d && (e = readdir(d)) != NULL)
		if (e->d_name[0] != '.' && b->n < COUNT(b->name))
			b->name[b->n++] = (char *)(uintptr_t)str_c(r->a, str_of(e->d_name));
	if (d)
		closedir(d);
	qsort(b->name, b->n, sizeof *b->name, newest_first);
	return true;
}

static bool mail_read(struct req *r, const struct box *b, const char *name, str *out)
{
	FILE *f = fopen(str_c(r->a, str_fmt(r->a, "%s/%s", b->folder, name)), "rb");
	if (!f)
		return false;
	char *p = NEWN(r->a, char, MAIL_MAX_BYTES);
	*out = (str){p, fread(p, 1, MAIL_MAX_BYTES, f)};
	fclose(f);
	return out->n > 0;
}

/* A header's value, continuation lines joined. */
static str mail_header(arena *a, str mail, const char *name)
{
	buf b = buf_make(a, 4096);
	str line, key = str_fmt(a, "%s:", name);
	bool in = false;
	while (str_cut(&mail, '\n', &line)) {
		if (!str_trim(line).n)
			break;
		bool more = line.p[0] == ' ' || line.p[0] == '\t';
		in = more ? in : str_eq_nocase(str_sub(line, 0, key.n), key);
		if (in)
			buf_put(&b, str_trim(more ? line : str_sub(line, key.n, line.n)));
	}
	return mail_words_decoded(a, buf_str(&b));
}

/* The text of the plain part; the whole body if there are no parts. */
static str mail_body(str mail)
{
	ptrdiff_t at = str_find(mail, STR("text/plain"));
	if (at >= 0)
		mail = str_sub(mail, (size_t)at, mail.n);
	ptrdiff_t gap = str_find(mail, STR("\n\n")), crlf = str_find(mail, STR("\r\n\r\n"));
	if (gap < 0 || (crlf >= 0 && crlf < gap))
		gap = crlf;
	mail = gap < 0 ? mail : str_sub(mail, (size_t)gap + 2, mail.n);
	ptrdiff_t end = at >= 0 ? str_find(mail, STR("\n--------------------------")) : -1;
	return str_trim(end < 0 ? mail : str_sub(mail, 0, (size_t)end));
}

static json *mail_view(struct req *r, str mail, const char *name)
{
	json *o = json_object(r->a);
	json_set_str(r->a, o, "id", str_of(name));
	str to = mail_header(r->a, mail, "To"), at = str_of(name), seconds;
	if (to.n > 2 && to.p[0] == '<')
		to = str_sub(to, 1, to.n - 1);
	json_set_str(r->a, o, "to", to);
	json_set_str(r->a, o, "subject", mail_header(r->a, mail, "Subject"));
	int64_t when = 0;
	if (str_cut(&at, '.', &seconds) && str_i64(seconds, &when)) /* so begins a Maildir name */
		json_set_int(r->a, o, "at", when * SECOND);
	return o;
}

err page_notify_mailbox(struct req *r)
{
	struct box b = {0};
	if (!box_read(r, &b))
		return req_fail(r, ERR_not_found, "", "no mail catcher is set (mail_box)");
	json *v = json_object(r->a), *list = json_set(r->a, v, "mails", json_array(r->a));
	for (size_t i = 0; i < b.n && list->count < MAIL_SHOWN; i++) {
		arena_mark before = arena_save(r->a);
		str mail;
		if (mail_read(r, &b, b.name[i], &mail))
			json_push(list, mail_view(r, mail, b.name[i]));
		else
			arena_rewind(r->a, before);
	}
	json_set_int(r->a, v, "count", (int64_t)b.n);
	return req_view(r, "notify/mailbox", v);
}

err page_notify_mail(struct req *r)
{
	struct box b = {0};
	str asked = req_param(r, "name"), mail;
	if (!box_read(r, &b))
		return req_fail(r, ERR_not_found, "", "no mail catcher is set (mail_box)");
	for (size_t i = 0; i < b.n; i++) {
		if (!str_eq(asked, str_of(b.name[i])) || !mail_read(r, &b, b.name[i], &mail))
			continue;
		json *v = json_object(r->a), *o = mail_view(r, mail, b.name[i]);
		json_set_str(r->a, o, "body", mail_body(mail));
		json_set(r->a, v, "mail", o);
		json_set_str(r->a, v, "back", str_fmt(r->a, "/%s/operator/mail", lang_code(r->lang)));
		return req_view(r, "notify/mail", v);
	}
	return req_fail(r, ERR_not_found, "", "there is no such mail");
}
