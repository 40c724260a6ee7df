/* The desk over HTTP for unit tests: a server over case_unit's people. */
#ifndef DESK_UNIT_H
#define DESK_UNIT_H

#include "systems/desk/desk.h"

#define CASE_UNIT_ROOM desk_system.organ
#include "case_unit.h"
#include "web_unit.h"

struct desk {
	struct people *p;
	struct site site;
};

struct signing {
	int64_t person;
	struct session s;
};

__attribute__((unused)) static err sign_decide(struct tx *tx, void *ctx)
{
	struct signing *g = ctx;
	return session_open(tx, g->person, SESSION_FULL, &g->s);
}

/* The header of a signed-in person. */
__attribute__((unused)) static const char *signed_in(struct desk *d, int64_t person)
{
	struct signing g = {.person = person};
	assert_int_equal(unit_run(d->p->u, sign_decide, &g), OK);
	return str_c(d->p->u->a, str_fmt(d->p->u->a, "Cookie: diwan=%.*s\r\n", STRF(g.s.token)));
}

__attribute__((unused)) static struct desk *desk_start(void)
{
	struct people *p = people_start();
	struct unit *u = p->u;
	struct desk *d = NEW(u->a, struct desk);
	static const struct system *const systems[] = {&desk_system};
	struct diags diags = diags_make(u->a, (str){0});
	d->p = p;
	d->site.u = u;
	d->site.texts = messages_load(u->a, &diags);
	struct server_options o = {
	    .k = u->k,
	    .listen = STR("127.0.0.1:0"),
	    .threads = 2,
	    .systems = systems,
	    .n_systems = 1,
	    .texts = d->site.texts,
	    .templates = templates_load(u->a, d->site.texts, (str){0}, &diags),
	    .utc_offset = 3 * 3600,
	    .currency = STR("BHD"),
	    .quiet = true,
	    .timeout = 10,
	};
	str why = {0};
	if (diags.errors)
		fail_msg("%.*s", STRF(diags_print(u->a, &diags)));
	if (server_start(u->a, &o, &d->site.s, &why) != OK)
		fail_msg("%.*s", STRF(why));
	return d;
}

__attribute__((unused)) static void desk_stop(struct desk *d)
{
	server_stop(d->site.s, 5);
	people_stop(d->p);
}

__attribute__((unused)) static str get(struct desk *d, const char *who, const char *target)
{
	return site_get(&d->site, target, who);
}

/* Posts a form of the page at `from`: its hidden fields, and more. */
__attribute__((unused)) static str post(struct desk *d, const char *who, const char *from,
                                        const char *to, const char *more)
{
	str page = get(d, who, from);
	str csrf = between(page, "name=\"csrf\" value=\"", "\"");
	str key = between(page, "name=\"idempotency_key\" value=\"", "\"");
	str body =
	    str_fmt(d->p->u->a, "csrf=%.*s&idempotency_key=%.*s&%s", STRF(csrf), STRF(key), more);
	return site_post(&d->site, to, who, "application/x-www-form-urlencoded", body);
}

__attribute__((unused)) static bool has(str page, const char *text)
{
	return str_find(page, str_of(text)) >= 0;
}

__attribute__((unused)) static const char *at(struct desk *d, const char *fmt, str reference)
{
	buf b = buf_make(d->p->u->a, 500);
	for (; *fmt; fmt++)
		if (*fmt == '*')
			buf_put(&b, reference);
		else
			buf_putc(&b, *fmt);
	return str_c(d->p->u->a, buf_str(&b));
}

#endif
