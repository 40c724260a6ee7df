/* Agencies' programs: keys, and every answer as openapi.json describes it. */
#include "desk_unit.h"

#include "engine/form/schema.h"

#include <stdio.h>

static err admin_decide(struct tx *tx, void *ctx)
{
	struct people *p = ctx;
	return role_grant(tx, p->second, STR("entity_admin"), STR("iga"), 0);
}

/* A key made on the page of the entity's administrator, as a header. */
static const char *key_for(struct desk *d, int64_t officer, const char *entity)
{
	struct people *p = d->p;
	assert_int_equal(unit_run(p->u, admin_decide, p), OK);
	const char *admin = signed_in(d, p->second);
	str form = str_fmt(p->u->a, "name=Printing&officer=%lld+%s", (long long)officer, entity);
	str page = post(d, admin, "/en/admin/keys", "/en/admin/keys", str_c(p->u->a, form));
	assert_int_equal(status_of(page), 200);
	str key = between(page, "dw-break\">", "<");
	assert_true(str_starts(key, STR("dk_")));
	return str_c(p->u->a, str_fmt(p->u->a, "Authorization: Bearer %.*s\r\n", STRF(key)));
}

static json *document(struct desk *d)
{
	str got = get(d, "", "/openapi.json");
	assert_int_equal(status_of(got), 200);
	json *doc = json_parse(d->p->u->a, body_of(got), NULL);
	assert_non_null(doc);
	return doc;
}

/* The answer's body, which must be as the document says. */
static json *described(struct desk *d, str got, int status, const char *name)
{
	arena *a = d->p->u->a;
	if (status_of(got) != status)
		fail_msg("status %d, not %d: %.*s", status_of(got), status, STRF(body_of(got)));
	json *doc = document(d), *root = json_object(a), *body = json_parse(a, body_of(got), NULL);
	struct diags diags = diags_make(a, (str){0});
	assert_non_null(body);
	json_set_str(a, root, "$ref", str_fmt(a, "#/components/schemas/%s", name));
	json_set(a, root, "components", json_get(doc, "components"));
	struct schema *s = schema_compile(a, root, NULL, &diags);
	if (!s)
		fail_msg("%.*s", STRF(diags_print(a, &diags)));
	struct schema_run run = {.a = a, .assert_formats = true, .max_errors = 5};
	if (schema_validate(s, body, &run) != SCHEMA_VALID)
		fail_msg("%s: %.*s breaks %.*s: %.*s", name, STRF(run.first->instance),
		         STRF(run.first->schema_path), STRF(body_of(got)));
	return body;
}

static str call(struct desk *d, const char *key, const char *to, const char *once, const char *body)
{
	str head = str_fmt(d->p->u->a, "%sIdempotency-Key: \"%s\"\r\n", key, once);
	return site_post(&d->site, to, str_c(d->p->u->a, head), "application/json", str_of(body));
}

static void every_answer_is_as_described(void **state)
{
	(void)state;
	struct desk *d = desk_start();
	struct people *p = d->p;
	const char *key = key_for(d, p->officer, "iga");
	int64_t id = submitted(p, p->citizen), other = submitted(p, p->other);
	paid(p, id);
	paid(p, other);
	str ref = look_at(p, id).reference;
	json *list = described(d, get(d, key, "/api/v1/cases?limit=1"), 200, "CaseList");
	assert_int_equal(json_get(list, "cases")->count, 1);
	str next = json_str(list, "next");
	json *more = described(d, get(d, key, str_c(p->u->a, next)), 200, "CaseList");
	assert_int_equal(json_get(more, "cases")->count, 1);
	assert_int_equal(json_get(more, "next")->type, JSON_NULL);
	const char *one = at(d, "/api/v1/cases/*", ref);
	described(d, get(d, key, one), 200, "CaseWhole");
	assert_int_equal(count_of(p, "case.read"), 1);
	str tag = header_of(get(d, key, one), "ETag", 0);
	assert_true(tag.n > 2);
	str same = str_fmt(p->u->a, "%sIf-None-Match: %.*s\r\n", key, STRF(tag));
	assert_int_equal(status_of(get(d, str_c(p->u->a, same), one)), 304);
	json *now = described(d, call(d, key, at(d, "/api/v1/cases/*/claim", ref), "c1", "{}"), 200,
	                      "CaseWhole");
	assert_str(json_str(now, "state"), "review");
	str decision = str_fmt(p->u->a, "{\"version\":%lld,\"outcome\":\"reject\"}",
	                       (long long)json_int(now, "version", 0));
	const char *decide = at(d, "/api/v1/cases/*/decision", ref);
	described(d, call(d, key, decide, "d1", str_c(p->u->a, decision)), 422, "Problem");
	described(d, call(d, key, decide, "d2", "{\"version\":1,\"outcome\":\"approve\"}"), 409,
	          "Problem");
	decision = str_fmt(p->u->a, "{\"version\":%lld,\"outcome\":\"reject\",\"reason\":\"No\"}",
	                   (long long)json_int(now, "version", 0));
	for (int i = 0; i < 3; i++) /* sent again: done once */
		now = described(d, call(d, key, decide, "d3", str_c(p->u->a, decision)), 200, "CaseWhole");
	assert_int_equal(status_of(get(d, str_c(p->u->a, same), one)), 200);
	assert_str(json_str(now, "state"), "rejected");
	assert_int_equal(count_of(p, "case.rejected"), 1);
	described(d, call(d, key, decide, "d3", "{\"version\":1}"), 422, "Problem");
	described(d, call(d, key, at(d, "/api/v1/cases/*/notes", ref), "n1", "{\"text\":\"Seen\"}"),
	          200, "CaseWhole");
	described(d, call(d, key, at(d, "/api/v1/cases/*/notes", ref), "n2", "{\"text\":\"\"}"), 422,
	          "Problem");
	described(d, site_post(&d->site, decide, key, "application/json", STR("{}")), 400, "Problem");
	rebuilt(p);
	desk_stop(d);
}

static void a_key_opens_its_own_entity_only(void **state)
{
	(void)state;
	struct desk *d = desk_start();
	struct people *p = d->p;
	const char *key = key_for(d, p->officer, "iga");
	int64_t id = submitted(p, p->citizen);
	paid(p, id);
	str ref = look_at(p, id).reference;
	const char *one = at(d, "/api/v1/cases/*", ref);
	described(d, get(d, "", one), 401, "Problem");
	described(d, get(d, "Authorization: Bearer dk_nothing\r\n", one), 401, "Problem");
	/* An officer's cookie is no key. */
	described(d, get(d, signed_in(d, p->officer), one), 401, "Problem");
	described(d, get(d, key, "/api/v1/cases/IDL-2025-999999"), 404, "Problem");
	described(d, get(d, key, "/api/v1/cases?q=colour%3Ared"), 422, "Problem");
	/* No administrator makes a key for somebody of another entity. */
	const char *admin = signed_in(d, p->second);
	str form = str_fmt(p->u->a, "name=x&officer=%lld+moh", (long long)p->foreign);
	assert_int_equal(
	    status_of(post(d, admin, "/en/admin/keys", "/en/admin/keys", str_c(p->u->a, form))), 422);
	/* The officer's role ends: so does what the key may do. */
	assert_int_equal(status_of(get(d, key, one)), 200);
	str page = get(d, admin, "/en/admin/keys");
	str hash = between(page, "name=\"hash\" value=\"", "\"");
	str end = str_fmt(p->u->a, "hash=%.*s", STRF(hash));
	assert_int_equal(status_of(post(d, signed_in(d, p->officer), "/en/desk/absence",
	                                "/en/admin/keys/end", str_c(p->u->a, end))),
	                 403);
	p->u->now += SECOND;
	assert_int_equal(
	    status_of(post(d, admin, "/en/admin/keys", "/en/admin/keys/end", str_c(p->u->a, end))),
	    303);
	p->u->now += SECOND;
	described(d, get(d, key, one), 401, "Problem");
	rebuilt(p);
	desk_stop(d);
}

static void a_caller_is_told_its_limit_and_held_to_it(void **state)
{
	(void)state;
	struct desk *d = desk_start();
	struct people *p = d->p;
	const char *key = key_for(d, p->officer, "iga");
	p->u->now = p->u->now / (60 * SECOND) * 60 * SECOND + 18 * SECOND; /* 42 s are left */
	str got = get(d, key, "/api/v1/cases?limit=1");
	assert_str(header_of(got, "RateLimit-Policy", 0), "\"key\";q=600;w=60");
	assert_str(header_of(got, "RateLimit", 0), "\"key\";r=599;t=42");
	for (int i = 1; i < 600; i++)
		got = get(d, key, "/api/v1/cases?limit=1");
	assert_int_equal(status_of(got), 200);
	assert_str(header_of(got, "RateLimit", 0), "\"key\";r=0;t=42");
	got = get(d, key, "/api/v1/cases?limit=1");
	described(d, got, 429, "Problem");
	assert_str(header_of(got, "Retry-After", 0), "42");
	assert_str(header_of(got, "RateLimit", 0), "\"key\";r=0;t=42");
	/* Another key has a limit of its own. */
	const char *second = key_for(d, p->officer, "iga");
	assert_int_equal(status_of(get(d, second, "/api/v1/cases?limit=1")), 200);
	/* Who tries keys is stopped sooner. */
	for (int i = 0; i < 60; i++)
		assert_int_equal(status_of(get(d, "Authorization: Bearer dk_guess\r\n", "/api/v1/cases")),
		                 401);
	got = get(d, "Authorization: Bearer dk_guess\r\n", "/api/v1/cases");
	described(d, got, 429, "Problem");
	assert_int_equal(status_of(get(d, second, "/api/v1/cases?limit=1")), 200);
	p->u->now += 42 * SECOND;
	got = get(d, key, "/api/v1/cases?limit=1");
	assert_int_equal(status_of(got), 200);
	assert_str(header_of(got, "RateLimit", 0), "\"key\";r=599;t=60");
	desk_stop(d);
}

/* Two servers over one database count a key's calls together, a second late. */
static void nodes_share_the_limit_of_a_key(void **state)
{
	(void)state;
	struct desk *d = desk_start();
	struct people *p = d->p;
	if (db_kind(p->u->k->db) != DB_POSTGRES) {
		print_message("# skipped: an embedded database has one process\n");
		desk_stop(d);
		return;
	}
	struct desk other = *d;
	struct server_options o = *server_settings(d->site.s);
	str why = {0};
	assert_int_equal(server_start(p->u->a, &o, &other.site.s, &why), OK);
	const char *key = key_for(d, p->officer, "iga"), *list = "/api/v1/cases?limit=1";
	p->u->now = p->u->now / (60 * SECOND) * 60 * SECOND + 18 * SECOND;
	for (int i = 0; i < 300; i++)
		get(d, key, list);
	/* Not told yet: the first node told its count with its first call. */
	assert_str(header_of(get(&other, key, list), "RateLimit", 0), "\"key\";r=598;t=42");
	p->u->now += SECOND;
	assert_str(header_of(get(d, key, list), "RateLimit", 0), "\"key\";r=298;t=41");
	assert_str(header_of(get(&other, key, list), "RateLimit", 0), "\"key\";r=297;t=41");
	for (int i = 0; i < 297; i++)
		assert_int_equal(status_of(get(&other, key, list)), 200);
	described(&other, get(&other, key, list), 429, "Problem");
	p->u->now += SECOND;
	described(&other, get(&other, key, list), 429, "Problem"); /* and tells so */
	described(d, get(d, key, list), 429, "Problem");
	p->u->now += 40 * SECOND; /* another minute */
	assert_str(header_of(get(d, key, list), "RateLimit", 0), "\"key\";r=599;t=60");
	assert_str(header_of(get(&other, key, list), "RateLimit", 0), "\"key\";r=598;t=60");
	server_stop(other.site.s, 5);
	desk_stop(d);
}

/* The secret is shown once, kept wrapped, and leads nowhere inside. */
static void an_administrator_sets_where_a_program_is_told(void **state)
{
	(void)state;
	struct desk *d = desk_start();
	struct people *p = d->p;
	assert_int_equal(unit_run(p->u, admin_decide, p), OK);
	const char *admin = signed_in(d, p->second), *page = "/en/admin/webhooks";
	assert_int_equal(status_of(post(d, admin, page, page, "entity=iga&url=ftp%3A%2F%2Fx")), 422);
	assert_int_equal(status_of(post(d, admin, page, page, "entity=iga&url=http%3A%2F%2F10.0.0.1")),
	                 422);
	assert_int_equal(
	    status_of(post(d, admin, page, page, "entity=moh&url=https%3A%2F%2Fx.example")), 404);
	str set = post(d, admin, page, page, "entity=iga&url=https%3A%2F%2F127.0.0.1%3A9%2Fhook");
	assert_int_equal(status_of(set), 200);
	assert_true(str_starts(between(set, "dw-break\">", "<"), STR("whsec_")));
	set = get(d, admin, "/ar/admin/webhooks");
	assert_true(has(set, "https://127.0.0.1:9/hook") && !has(set, "whsec_"));
	int64_t id = submitted(p, p->citizen);
	paid(p, id);
	/* Asked for in the transaction of the event; to this machine nothing is sent. */
	dbc *c = db_reader(p->u->k->db);
	struct dbv kind[] = {D_TEXT(STR("desk.hook"))};
	rows *r = db_query_text(c, STR("SELECT count(*) FROM job WHERE kind = $1"), kind, 1);
	assert_true(db_next(r));
	assert_int_equal(db_int(r, 0), 2); /* case.submitted, task.opened */
	db_done(r);
	db_reader_return(c);
	assert_int_equal(scheduler_drain(p->u->k) > 0, true);
	c = db_reader(p->u->k->db);
	r = db_query_text(c, STR("SELECT count(*) FROM job WHERE kind = $1 AND state <> 'done'"), kind,
	                  1);
	assert_true(db_next(r));
	assert_int_equal(db_int(r, 0), 2);
	db_done(r);
	db_reader_return(c);
	assert_int_equal(status_of(post(d, admin, page, "/en/admin/webhooks/end", "entity=iga")), 303);
	rebuilt(p);
	desk_stop(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_answer_is_as_described),
	    cmocka_unit_test(a_key_opens_its_own_entity_only),
	    cmocka_unit_test(a_caller_is_told_its_limit_and_held_to_it),
	    cmocka_unit_test(nodes_share_the_limit_of_a_key),
	    cmocka_unit_test(an_administrator_sets_where_a_program_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
