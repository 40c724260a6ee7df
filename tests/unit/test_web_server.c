/* The server: languages, routes, forms, commands, errors, caching, files. */
#include "web_unit.h"

#define contains(s, text) (str_find((s), STR(text)) >= 0)

static void the_language_is_chosen_and_kept(void **state)
{
	(void)state;
	struct site *w = site_start();
	assert_str(header_of(site_get(w, "/", ""), "Location", 0), "/ar/");
	assert_str(header_of(site_get(w, "/", "Accept-Language: fr, en;q=0.5\r\n"), "Location", 0),
	           "/en/");
	assert_str(
	    header_of(site_get(w, "/", "Accept-Language: en\r\nCookie: lang=ar\r\n"), "Location", 0),
	    "/ar/");
	str ar = site_get(w, "/ar/", ""), en = site_get(w, "/en/?q=%D8%A7%20b", "");
	assert_int_equal(status_of(ar), 200);
	assert_true(contains(ar, "<html lang=\"ar\" dir=\"rtl\"><p>مرحبًا"));
	assert_true(contains(en, "Welcome ا b</p><a href=\"/ar/?q=%D8%A7%20b\">"));
	str lost = site_get(w, "/en/none", "");
	assert_int_equal(status_of(lost), 404);
	assert_true(contains(lost, "<html lang=\"en\">error 404"));
	assert_str(header_of(site_get(w, "/cards/7?a=b", ""), "Location", 0), "/ar/cards/7?a=b");
	assert_str(header_of(site_get(w, "/en/cards/7/", ""), "Location", 0), "/en/cards/7");
	assert_true(contains(header_of(site_get(w, "/en/", "Accept-Language: ar\r\n"), "Set-Cookie", 0),
	                     "lang=en;"));
	site_stop(w);
}

static void routes_take_parameters(void **state)
{
	(void)state;
	struct site *w = site_start();
	assert_true(contains(site_get(w, "/en/cards/%3Cb%3E", ""), "[&lt;b&gt;]"));
	str fixed = site_get(w, "/en/cards/fixed", "");
	assert_str(body_of(fixed), "fixed");
	assert_str(header_of(fixed, "Content-Disposition", 0),
	           "attachment; filename*=UTF-8''list%20%C3%A9.txt");
	str json_view = site_get(w, "/en/cards/5", "Accept: application/json\r\n");
	assert_str(body_of(json_view), "{\"id\":\"5\"}");
	str problem = site_get(w, "/en/none", "Accept: application/json\r\n");
	assert_str(header_of(problem, "Content-Type", 0), "application/problem+json");
	assert_true(contains(problem, "\"status\":404"));
	str head =
	    site_raw(w, STR("HEAD /en/cards/5 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"), 5000);
	assert_int_equal(status_of(head), 200);
	assert_int_equal(body_of(head).n, 0);
	str put = site_raw(
	    w,
	    STR("PUT /en/form HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"),
	    5000);
	assert_int_equal(status_of(put), 405);
	assert_str(header_of(put, "Allow", 0), "GET, HEAD, POST");
	str post = site_post(w, "/en/cards/5", "", "application/x-www-form-urlencoded", (str){0});
	assert_int_equal(status_of(post), 405);
	assert_str(header_of(post, "Allow", 0), "GET, HEAD");
	site_stop(w);
}

static void every_answer_is_guarded(void **state)
{
	(void)state;
	struct site *w = site_start();
	static const char *const targets[] = {"/en/", "/en/none", "/en/form", "/healthz", "/"};
	for (size_t i = 0; i < COUNT(targets); i++) {
		str got = site_get(w, targets[i], "");
		assert_true(
		    str_starts(header_of(got, "Content-Security-Policy", 0), STR("default-src 'none'")));
		assert_str(header_of(got, "X-Content-Type-Options", 0), "nosniff");
		assert_str(header_of(got, "Referrer-Policy", 0), "same-origin");
	}
	str got = site_get(w, "/en/form", "X-Request-Id: abcd-1234-ef\r\n");
	assert_str(header_of(got, "X-Request-Id", 0), "abcd-1234-ef");
	assert_str(header_of(got, "Cache-Control", 0), "no-store");
	site_stop(w);
}

/* A form page read: its cookie and its hidden fields. */
struct form {
	str cookie, csrf, key;
};

static struct form form_get(struct site *w)
{
	str page = site_get(w, "/en/form", "");
	str cookie = header_of(page, "Set-Cookie", 0);
	assert_true(contains(cookie, "; Path=/; HttpOnly; SameSite=Lax"));
	return (struct form){str_sub(cookie, 0, (size_t)str_chr(cookie, ';')),
	                     between(page, "name=\"csrf\" value=\"", "\""),
	                     between(page, "name=\"idempotency_key\" value=\"", "\"")};
}

static str form_send(struct site *w, struct form f, const char *text, const char *headers)
{
	arena *a = w->u->a;
	str body =
	    str_fmt(a, "csrf=%.*s&idempotency_key=%.*s&text=%s", STRF(f.csrf), STRF(f.key), text);
	str all = str_fmt(a, "Cookie: %.*s\r\n%s", STRF(f.cookie), headers);
	return site_post(w, "/en/form", str_c(a, all), "application/x-www-form-urlencoded", body);
}

static void a_form_is_taken_once(void **state)
{
	(void)state;
	struct site *w = site_start();
	struct form f = form_get(w);
	int before = unit_decided;
	str first =
	    form_send(w, f, "hello", "Origin: http://localhost\r\nSec-Fetch-Site: same-origin\r\n");
	assert_int_equal(status_of(first), 303);
	assert_true(contains(header_of(first, "Set-Cookie", 0), "diwan_flash=unit.saved"));
	str again = form_send(w, f, "hello", "");
	assert_int_equal(status_of(again), 303);
	assert_true(str_eq(header_of(first, "Location", 0), header_of(again, "Location", 0)));
	assert_int_equal(unit_decided, before + 1);
	assert_int_equal(status_of(form_send(w, f, "other", "")), 422);
	struct form g = form_get(w);
	assert_int_equal(status_of(form_send(w, g, "", "")), 422);
	assert_int_equal(status_of(form_send(w, g, "refuse", "")), 409);
	str shown = site_get(w, "/en/cards/1", "Cookie: diwan_flash=unit.saved\r\n");
	assert_true(contains(shown, "[1]Saved"));
	assert_true(contains(header_of(shown, "Set-Cookie", 0), "diwan_flash=;"));
	assert_false(
	    contains(site_get(w, "/en/cards/1", "Cookie: diwan_flash=no.such.key\r\n"), "no.such"));
	site_stop(w);
}

static void a_forged_form_is_refused(void **state)
{
	(void)state;
	struct site *w = site_start();
	struct form f = form_get(w), other = form_get(w);
	int before = unit_decided;
	struct form bad = f;
	bad.csrf = other.csrf;
	assert_int_equal(status_of(form_send(w, bad, "x", "")), 403);
	bad.csrf = (str){0};
	assert_int_equal(status_of(form_send(w, bad, "x", "")), 403);
	bad = f;
	bad.cookie = STR("a=b");
	assert_int_equal(status_of(form_send(w, bad, "x", "")), 403);
	static const char *const foreign[] = {
	    "Origin: http://evil.example\r\n", "Origin: null\r\n", "Sec-Fetch-Site: cross-site\r\n",
	    "Sec-Fetch-Site: same-site\r\n", "Origin: http://localhost.evil.example\r\n"};
	for (size_t i = 0; i < COUNT(foreign); i++)
		assert_int_equal(status_of(form_send(w, f, "x", foreign[i])), 403);
	str cookie = str_fmt(w->u->a, "Cookie: %.*s\r\n", STRF(f.cookie));
	str body = str_fmt(w->u->a, "csrf=%.*s&text=x", STRF(f.csrf));
	assert_int_equal(status_of(site_post(w, "/en/form", cookie.p, "text/plain", body)), 415);
	assert_int_equal(unit_decided, before);
	site_stop(w);
}

static void a_call_needs_its_key(void **state)
{
	(void)state;
	struct site *w = site_start();
	str body = STR("{\"a\":[1,2]}");
	assert_int_equal(status_of(site_post(w, "/api/call", "", "application/json", body)), 400);
	assert_int_equal(
	    status_of(site_post(w, "/api/call", "Idempotency-Key: bare\r\n", "application/json", body)),
	    400);
	const char *key = "Idempotency-Key: \"k1\"\r\n";
	str one = site_post(w, "/api/call", key, "application/json", body);
	assert_int_equal(status_of(one), 200);
	str two = site_post(w, "/api/call", key, "application/json", STR("{ \"a\" : [1, 2] }"));
	assert_true(str_eq(body_of(one), body_of(two)));
	assert_int_equal(status_of(site_post(w, "/api/call", key, "application/json", STR("{}"))), 422);
	/* Another program's key of the same name is another request. */
	str other = site_post(w, "/api/call", "Idempotency-Key: \"k1\"\r\nAuthorization: Bearer b\r\n",
	                      "application/json", body);
	assert_int_equal(status_of(other), 200);
	assert_false(str_eq(body_of(one), body_of(other)));
	str bad = site_post(w, "/api/call", key, "application/json", STR("{\"a\":\n}"));
	assert_int_equal(status_of(bad), 400);
	assert_true(contains(bad, "line 2"));
	assert_int_equal(
	    status_of(site_post(w, "/api/call", key, "application/x-www-form-urlencoded", STR("a=b"))),
	    415);
	site_stop(w);
}

#define REQUEST "PATCH %s HTTP/1.1\r\nHost: a\r\nConnection: close\r\n%sContent-Length: 2\r\n\r\n{}"

/* A method of programs: never a form's, answered by its own route beside POST's. */
static void a_program_may_patch(void **state)
{
	(void)state;
	struct site *w = site_start();
	const char *json_type = "Content-Type: application/json\r\nIdempotency-Key: \"p1\"\r\n";
	arena *a = w->u->a;
	str got = site_raw(w, str_fmt(a, REQUEST, "/api/call", json_type), 5000);
	assert_int_equal(status_of(got), 200);
	assert_true(contains(body_of(got), "\"changed\":true"));
	str post =
	    site_post(w, "/api/call", "Idempotency-Key: \"p1\"\r\n", "application/json", STR("{}"));
	assert_int_equal(status_of(post), 200);
	assert_false(contains(body_of(post), "changed"));
	str form = site_raw(
	    w, str_fmt(a, REQUEST, "/api/call", "Content-Type: application/x-www-form-urlencoded\r\n"),
	    5000);
	assert_int_equal(status_of(form), 415);
	str page = site_raw(w, str_fmt(a, REQUEST, "/en/form", json_type), 5000);
	assert_int_equal(status_of(page), 405);
	assert_str(header_of(page, "Allow", 0), "GET, HEAD, POST");
	str read = site_get(w, "/api/call", "");
	assert_int_equal(status_of(read), 405);
	assert_str(header_of(read, "Allow", 0), "POST, PUT, PATCH");
	assert_int_equal(status_of(site_raw(w, str_fmt(a, REQUEST, "/en/none", json_type), 5000)), 404);
	site_stop(w);
}

static str multipart(arena *a, str csrf, const char *file, size_t file_n)
{
	return str_fmt(a,
	               "--BB\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n%.*s\r\n"
	               "--BB\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\nمرحبا\r\n"
	               "--BB\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.png\"\r\n"
	               "Content-Type: image/png\r\n\r\n%.*s\r\n--BB--\r\n",
	               STRF(csrf), (int)file_n, file);
}

static str upload_send(struct site *w, struct form f, str body)
{
	str all = str_fmt(w->u->a, "Cookie: %.*s\r\n", STRF(f.cookie));
	return site_post(w, "/en/upload", all.p, "multipart/form-data; boundary=BB", body);
}

static void a_file_is_taken_within_its_limits(void **state)
{
	(void)state;
	struct site *w = site_start();
	struct form f = form_get(w);
	size_t n = 300000;
	char *file = NEWN(w->u->a, char, 9 * 1024 * 1024);
	memset(file, 'x', 9 * 1024 * 1024);
	str got = upload_send(w, f, multipart(w->u->a, f.csrf, file, n));
	assert_int_equal(status_of(got), 200);
	assert_str(body_of(got), "a.png image/png 300000 مرحبا");
	str small = upload_send(w, f, multipart(w->u->a, f.csrf, "", 0));
	assert_true(contains(body_of(small), "a.png image/png 0 مرحبا"));
	str whole = multipart(w->u->a, f.csrf, file, 100);
	assert_int_equal(status_of(upload_send(w, f, str_sub(whole, 0, whole.n - 8))), 400);
	assert_int_equal(
	    status_of(upload_send(w, f, multipart(w->u->a, f.csrf, file, 9 * 1024 * 1024 - 1))), 413);
	assert_int_equal(status_of(upload_send(w, f, STR("nothing of the kind"))), 403);
	site_stop(w);
}

static void those_not_signed_in_are_led_there(void **state)
{
	(void)state;
	struct site *w = site_start();
	str got = site_get(w, "/en/mine?a=b", "");
	assert_int_equal(status_of(got), 303);
	assert_str(header_of(got, "Location", 0), "/en/sign-in?next=%2Fen%2Fmine%3Fa%3Db");
	assert_int_equal(status_of(site_get(w, "/en/mine", "Accept: application/json\r\n")), 401);
	site_stop(w);
}

static err citizen_decide(struct tx *tx, void *ctx)
{
	struct session *s = ctx;
	struct person p = {.national_number = STR("850101001"),
	                   .name_en = STR("Layla"),
	                   .name_ar = STR("ليلى"),
	                   .nationality = STR("BHR"),
	                   .group = STR("citizen")};
	err e = person_register(tx, &p);
	return e ? e : session_open(tx, p.id, SESSION_FULL, s);
}

static void a_citizen_has_no_desk(void **state)
{
	(void)state;
	struct site *w = site_start();
	struct session s = {0};
	assert_int_equal(unit_run(w->u, citizen_decide, &s), OK);
	const char *cookie = str_c(w->u->a, str_fmt(w->u->a, "Cookie: diwan=%.*s\r\n", STRF(s.token)));
	assert_true(contains(site_get(w, "/ar/mine", cookie), "ليلى"));
	assert_int_equal(status_of(site_get(w, "/en/desk", cookie)), 403);
	dbc *c = db_reader(w->u->k->db);
	rows *r =
	    db_query_text(c, STR("SELECT COUNT(*) FROM journal WHERE kind = 'access.denied'"), NULL, 0);
	assert_true(db_next(r));
	assert_int_equal(db_int(r, 0), 1);
	db_done(r);
	db_reader_return(c);
	w->u->now += SESSION_IDLE_CITIZEN + SECOND;
	assert_int_equal(status_of(site_get(w, "/ar/mine", cookie)), 303);
	site_stop(w);
}

static err role_decide(struct tx *tx, void *ctx)
{
	json *d = json_object(tx->a);
	json_set_str(tx->a, d, "name", STR("clerk"));
	(void)ctx;
	return tx_emit(tx, (struct emission){.kind = "role.defined", .data = d});
}

static int64_t metric(struct site *w, const char *name)
{
	int64_t v = -1;
	str all = site_get(w, "/metrics", "");
	str_i64(between(all, str_c(w->u->a, str_fmt(w->u->a, "\n%s ", name)), "\n"), &v);
	return v;
}

static void a_public_page_is_kept_until_something_changes(void **state)
{
	(void)state;
	struct site *w = site_start();
	str first = site_get(w, "/en/", "");
	str etag = header_of(first, "ETag", 0);
	assert_true(etag.n > 10);
	assert_str(header_of(first, "Cache-Control", 0), "no-cache");
	assert_int_equal(metric(w, "diwan_page_cache_entries"), 0); /* it may be the only time */
	site_get(w, "/en/", "");
	assert_int_equal(metric(w, "diwan_page_cache_entries"), 1);
	assert_int_equal(metric(w, "diwan_page_cache_hits_total"), 0);
	assert_int_equal(metric(w, "diwan_jobs_due"), 0);
	assert_true(str_eq(body_of(site_get(w, "/en/", "")), body_of(first)));
	assert_int_equal(metric(w, "diwan_page_cache_hits_total"), 1);
	str same = site_get(w, "/en/",
	                    str_c(w->u->a, str_fmt(w->u->a, "If-None-Match: W/%.*s\r\n", STRF(etag))));
	assert_int_equal(status_of(same), 304);
	assert_int_equal(body_of(same).n, 0);
	assert_int_equal(metric(w, "diwan_page_cache_hits_total"), 2);
	assert_int_equal(unit_run(w->u, role_decide, NULL), OK);
	site_get(w, "/en/", "");
	assert_int_equal(metric(w, "diwan_page_cache_hits_total"), 2);
	w->u->now += 6 * SECOND;
	site_get(w, "/en/", "");
	assert_int_equal(metric(w, "diwan_page_cache_hits_total"), 2);
	assert_int_equal(metric(w, "diwan_page_cache_entries"), 1);
	str long_page =
	    site_get(w,
	             "/en/?q="
	             "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	             "");
	assert_int_equal(header_of(long_page, "Content-Encoding", 0).n, 0);
	site_stop(w);
}

static void the_platform_tells_how_it_is(void **state)
{
	(void)state;
	struct site *w = site_start();
	assert_str(body_of(site_get(w, "/healthz", "")), "ok\n");
	assert_str(body_of(site_get(w, "/readyz", "")), "ready\n");
	assert_true(contains(site_get(w, "/version", ""), "\"version\":\"" DIWAN_VERSION "\""));
	assert_true(contains(site_get(w, "/robots.txt", ""), "User-agent: *"));
	assert_true(contains(site_get(w, "/.well-known/security.txt", ""),
	                     "Contact: mailto:security@example.org"));
	assert_true(metric(w, "diwan_http_request_duration_seconds_count") >= 5);
	assert_int_equal(status_of(site_get(w, "/assets/none.css", "")), 404);
	assert_int_equal(status_of(site_get(w, "/en/greedy", "")), 503);
	assert_int_equal(status_of(site_get(w, "/en/", "")), 200);
	site_stop(w);
}

static void the_routes_are_listed(void **state)
{
	arena *a = *state;
	const struct system room = {
	    .organ = &unit_organ, .routes = unit_routes, .n_routes = unit_routes_count};
	const struct system *const list[] = {&room};
	json *all = routes_json(a, list, 1);
	assert_int_equal(all->count, unit_routes_count);
	assert_str(json_str(json_at(all, 8), "event"), "unit.sent");
	assert_str(json_str(json_at(all, 6), "permission"), "case_work");
}

static void a_program_may_put(void **state)
{
	(void)state;
	struct site *w = site_start();
	const char *key = "Idempotency-Key: \"p1\"\r\n", *type = "application/json";
	str body = STR("{\"a\":1}"), one = site_send(w, "PUT", "/api/call", key, type, body);
	assert_int_equal(status_of(one), 200);
	str again = site_send(w, "PUT", "/api/call", key, type, body);
	assert_true(str_eq(body_of(again), body_of(one)));
	/* The key is of the route: by POST it is another request. */
	assert_false(str_eq(body_of(site_post(w, "/api/call", key, type, body)), body_of(one)));
	assert_int_equal(status_of(site_send(w, "PUT", "/api/call", key, type, STR("{}"))), 422);
	assert_int_equal(status_of(site_send(w, "PUT", "/api/call", "", type, body)), 400);
	int decided = unit_decided;
	/* No form of another site can send it, nor can what a browser sends without asking. */
	assert_int_equal(status_of(site_send(w, "PUT", "/api/call", key,
	                                     "application/x-www-form-urlencoded", STR("a=b"))),
	                 415);
	assert_int_equal(
	    status_of(site_send(w, "PUT", "/api/call", key, "text/plain", STR("{\"a\":1}"))), 415);
	str options = site_send(w, "OPTIONS", "/api/call",
	                        "Origin: https://evil.example\r\n"
	                        "Access-Control-Request-Method: PUT\r\n",
	                        type, (str){0});
	assert_int_equal(status_of(options), 405);
	assert_int_equal(header_of(options, "Access-Control-Allow-Origin", 0).n, 0);
	assert_str(header_of(options, "Allow", 0), "POST, PUT, PATCH");
	assert_int_equal(status_of(site_send(w, "put", "/api/call", key, type, body)), 405);
	assert_int_equal(status_of(site_send(w, "PUT", "/api/none", key, type, body)), 404);
	assert_int_equal(status_of(site_send(w, "PUT", "/en/api/call", key, type, body)), 405);
	str form = site_send(w, "PUT", "/en/form", key, type, body);
	assert_int_equal(status_of(form), 405);
	assert_str(header_of(form, "Allow", 0), "GET, HEAD, POST");
	assert_int_equal(status_of(site_send(w, "PUT", "/healthz", key, type, body)), 405);
	str large = str_fmt(w->u->a, "[\"%0*d\"]", (int)REQ_MAX_FORM_BYTES, 0);
	assert_int_equal(status_of(site_send(w, "PUT", "/api/call", key, type, large)), 413);
	assert_int_equal(unit_decided, decided);
	site_stop(w);
}

static void a_program_may_send_files(void **state)
{
	(void)state;
	struct site *w = site_start();
	const char *to = "/api/govstack/files", *multipart = "multipart/form-data; boundary=edge";
	str body = STR("--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n"
	               "Content-Type: text/plain\r\n\r\nabc\r\n--edge--\r\n");
	str got = site_post(w, to, "", multipart, body);
	assert_int_equal(status_of(got), 200);
	assert_true(contains(got, "a.txt text/plain 3"));
	assert_int_equal(status_of(site_post(w, to, "", "application/json", STR("{}"))), 415);
	assert_int_equal(
	    status_of(site_post(w, to, "", "application/x-www-form-urlencoded", STR("file=x"))), 415);
	assert_int_equal(status_of(site_post(w, to, "", multipart, STR("--edge\r\n"))), 400);
	assert_int_equal(status_of(site_post(w, to, "", multipart, (str){0})), 422); /* no file */
	assert_int_equal(status_of(site_send(w, "PUT", to, "", multipart, body)), 405);
	site_stop(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_program_may_put),
	    cmocka_unit_test(a_program_may_send_files),
	    cmocka_unit_test(the_language_is_chosen_and_kept),
	    cmocka_unit_test(routes_take_parameters),
	    cmocka_unit_test(every_answer_is_guarded),
	    cmocka_unit_test(a_form_is_taken_once),
	    cmocka_unit_test(a_forged_form_is_refused),
	    cmocka_unit_test(a_program_may_patch),
	    cmocka_unit_test(a_call_needs_its_key),
	    cmocka_unit_test(a_file_is_taken_within_its_limits),
	    cmocka_unit_test(those_not_signed_in_are_led_there),
	    cmocka_unit_test(a_citizen_has_no_desk),
	    cmocka_unit_test(a_public_page_is_kept_until_something_changes),
	    cmocka_unit_test(the_platform_tells_how_it_is),
	    UNIT(the_routes_are_listed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
