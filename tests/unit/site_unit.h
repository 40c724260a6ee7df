/* The real templates, texts and rooms behind a server, and a visitor with cookies. */
#ifndef SITE_UNIT_H
#define SITE_UNIT_H

#include "web_unit.h"

#include "kernel/identity/identity.h"

#include <stdio.h>

#define SITE_PASSWORD "demo-only-password"

/* A server over these organs (the identity's comes first by itself) and systems. */
__attribute__((unused)) static struct site *site_of(const struct organ *const *organs, size_t n,
                                                    const struct system *const *systems,
                                                    size_t n_systems, const json *demo)
{
	struct unit *u = unit_start(organs, n);
	struct site *w = NEW(u->a, struct site);
	struct diags d = diags_make(u->a, STR("site"));
	w->u = u;
	w->texts = messages_load(u->a, &d);
	struct templates *t = templates_load(u->a, w->texts, (str){0}, &d);
	if (d.errors)
		fail_msg("%.*s", STRF(diags_print(u->a, &d)));
	struct server_options o = {
	    .k = u->k,
	    .listen = STR("127.0.0.1:0"),
	    .threads = 2,
	    .systems = systems,
	    .n_systems = n_systems,
	    .texts = w->texts,
	    .templates = t,
	    .utc_offset = 3 * 3600,
	    .currency = STR("BHD"),
	    .demo = demo,
	    .quiet = true,
	    .timeout = 5,
	    .connections_per_address = 64,
	};
	str why = {0};
	if (server_start(u->a, &o, &w->s, &why) != OK)
		fail_msg("%.*s", STRF(why));
	return w;
}

/* ---- people and roles ---- */

struct site_grant {
	int64_t person;
	const char *role, *entity;
};

static err site_person_decide(struct tx *tx, void *ctx)
{
	struct person *p = ctx;
	err e = person_register(tx, p);
	return e ? e : credential_set(tx, p->id, password_hash(tx->a, STR(SITE_PASSWORD)), (str){0});
}

__attribute__((unused)) static int64_t site_person(struct site *w, const char *number,
                                                   const char *name)
{
	struct person p = {.national_number = str_of(number),
	                   .name_en = str_of(name),
	                   .name_ar = str_starts(str_of(name), STR("Maryam")) ? STR("مريم علي")
	                                                                      : STR("شخص آخر"),
	                   .nationality = STR("BHR"),
	                   .group = STR("citizen"),
	                   .birth_date = STR("1985-01-15"),
	                   .email = STR("someone@example.bh"),
	                   .phone = STR("+97336123456"),
	                   .language = STR("en")};
	assert_int_equal(unit_run(w->u, site_person_decide, &p), OK);
	return p.id;
}

static err site_role_decide(struct tx *tx, void *ctx)
{
	return tx_emit(tx, (struct emission){.kind = "role.defined", .data = ctx});
}

__attribute__((unused)) static void site_role(struct site *w, const char *name,
                                              const char *permissions)
{
	json *d = json_parse(w->u->a,
	                     str_fmt(w->u->a,
	                             "{\"name\":\"%s\",\"title\":{\"en\":\"%s\",\"ar\":\"دور\"},"
	                             "\"permissions\":[%s]}",
	                             name, name, permissions),
	                     NULL);
	assert_int_equal(unit_run(w->u, site_role_decide, d), OK);
}

static err site_grant_decide(struct tx *tx, void *ctx)
{
	const struct site_grant *g = ctx;
	return role_grant(tx, g->person, str_of(g->role), str_of(g->entity), 0);
}

__attribute__((unused)) static void site_grant(struct site *w, int64_t person, const char *role,
                                               const char *entity)
{
	struct site_grant g = {person, role, entity};
	assert_int_equal(unit_run(w->u, site_grant_decide, &g), OK);
}

/* ---- a visitor ---- */

struct visitor {
	struct site *w;
	str cookie, flash;
	int status;
	str page;     /* the last answer's body */
	str location; /* where it leads */
	str answer;   /* whole */
};

static void visitor_took(struct visitor *v, str answer)
{
	v->answer = answer;
	v->status = status_of(answer);
	v->page = body_of(answer);
	v->location = header_of(answer, "Location", 0);
	for (int i = 0; header_of(answer, "Set-Cookie", i).n; i++) {
		str line = header_of(answer, "Set-Cookie", i), pair = {0};
		str_cut(&line, ';', &pair);
		if (str_starts(pair, STR("diwan=")))
			v->cookie = pair;
		else if (str_starts(pair, STR("diwan_flash=")))
			v->flash = pair;
	}
}

static const char *visitor_headers(struct visitor *v, const char *more)
{
	return str_fmt(v->w->u->a, "Cookie: %.*s; %.*s\r\n%s", STRF(v->cookie), STRF(v->flash), more).p;
}

__attribute__((unused)) static void visit(struct visitor *v, const char *target)
{
	visitor_took(v, site_get(v->w, target, visitor_headers(v, "")));
}

/* The hidden fields of the form on the last page whose action has `part`. */
static str visitor_hidden(struct visitor *v, const char *name)
{
	const char *mark = str_fmt(v->w->u->a, "name=\"%s\" value=\"", name).p;
	return between(v->page, mark, "\"");
}

/* Sends a form from the last page by any method: its token and key are added. */
__attribute__((unused)) static void submit_by(struct visitor *v, enum method by, const char *target,
                                              const char *fields)
{
	str body =
	    str_fmt(v->w->u->a, "csrf=%.*s&idempotency_key=%.*s&%s", STRF(visitor_hidden(v, "csrf")),
	            STRF(visitor_hidden(v, "idempotency_key")), fields);
	visitor_took(v, site_send(v->w, method_name(by), target, visitor_headers(v, ""),
	                          "application/x-www-form-urlencoded", body));
}

__attribute__((unused)) static void submit(struct visitor *v, const char *target,
                                           const char *fields)
{
	submit_by(v, METHOD_POST, target, fields);
}

/* Follows the redirect of the last answer. */
__attribute__((unused)) static void follow(struct visitor *v)
{
	assert_true(v->status == 303 || v->status == 302);
	visit(v, str_c(v->w->u->a, v->location));
}

__attribute__((unused)) static bool shows(const struct visitor *v, const char *text)
{
	return str_find(v->page, str_of(text)) >= 0;
}

__attribute__((unused)) static void assert_shows_at(const struct visitor *v, const char *text,
                                                    const char *file, int line)
{
	if (!shows(v, text)) {
		print_error("%s:%d: status %d, the page lacks \"%s\":\n%.*s\n", file, line, v->status, text,
		            STRF(v->answer));
		fail();
	}
}
#define assert_shows(v, text) assert_shows_at(v, text, __FILE__, __LINE__)

/* The page's words, without its markup; "'" is written &#39; there. */
__attribute__((unused)) static void assert_reads(struct visitor *v, const char *words)
{
	buf b = buf_make(v->w->u->a, v->page.n + 1);
	bool tag = false;
	for (size_t i = 0; i < v->page.n; i++) {
		bool quote = str_starts(str_sub(v->page, i, v->page.n), STR("&#39;"));
		tag |= v->page.p[i] == '<';
		if (quote && !tag)
			i += 4;
		if (quote && !tag)
			buf_putc(&b, '\'');
		else if (!tag)
			buf_putc(&b, v->page.p[i]);
		tag &= v->page.p[i] != '>';
	}
	if (str_find(buf_str(&b), str_of(words)) < 0)
		fail_msg("%d, the page does not read \"%s\"", v->status, words);
}

/* Signs in with both factors; needs a site with `demo`, which shows the code. */
__attribute__((unused)) static struct visitor *signed_in(struct site *w, const char *number)
{
	struct visitor *v = NEW(w->u->a, struct visitor);
	v->w = w;
	visit(v, "/en/sign-in");
	submit(v, "/en/sign-in", str_fmt(w->u->a, "number=%s&password=" SITE_PASSWORD, number).p);
	follow(v);
	str code = between(v->page, "<code dir=\"ltr\">", "<");
	assert_int_equal(code.n, 6);
	submit(v, "/en/sign-in/code", str_fmt(w->u->a, "code=%.*s", STRF(code)).p);
	assert_int_equal(v->status, 303);
	return v;
}

#endif
