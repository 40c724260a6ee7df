/*
 * Every route of the platform with words that no page of its own would send, in every
 * parameter of its path, in its query and in its form: read and written by a visitor, a
 * citizen and somebody who has every role. Each is answered, never with "internal error",
 * and never with the markup that was sent; in the end the journal still verifies.
 * Generated from the routes, so that a new route is walked at once.
 */
#include "portal_unit.h"

#include "app/systems.h"
#include "kernel/journal.h"
#include "web/escape.h"

#define OMNI   "770399908"
#define MARKUP "<b hostile>"

/* What fields of the platform's pages and forms are called. */
static const char *const names[] = {
    "q",        "page",   "entity", "state",    "sort",     "after",      "service", "from",
    "to",       "period", "year",   "assignee", "code",     "next",       "do",      "case",
    "version",  "task",   "reason", "revision", "outcome",  "amount",     "method",  "digits",
    "number",   "rating", "note",   "helped",   "until",    "month",      "day",     "reference",
    "person",   "role",   "text",   "online",   "audience", "life_event", "on",      "instance",
    "password", "words",  "id",     "name",     "currency", "status",     "key",     "file"};

static const char *const values[] = {
    "",
    "0",
    "-1",
    "9223372036854775807",
    "-9223372036854775808",
    "99999999999999999999999999",
    "1e309",
    "NaN",
    "2026-13-45",
    "0000-00-00",
    "99999-01-01",
    "' OR 1=1 --",
    "\"><script>alert(1)</script>" MARKUP,
    "../../../../etc/passwd",
    "{{csrf_field}}{{> partials/button}}",
    "%n%s%x",
    "\xD9\xA1\xD9\xA2\xD9\xA3",                             /* digits of Arabic */
    "\xE2\x80\xAE\xE2\x81\xA6\xEF\xBB\xBF\xF3\xA0\x80\x81", /* directions, marks, a tag */
    "\xCC\x81\xCC\x81\xCC\x81\xCC\x81",
    "*",
    "a.b.c,d;e:f|g",
    "<>=:due:<3d -",
    "sqlite:/etc/passwd",
    "http://169.254.169.254/",
    "=HYPERLINK(\"x\")",
};

struct walk {
	struct portal p;
	struct visitor *who;
	const char *name;
	str csrf;
	int asked, answered[6]; /* by the status's first digit */
};

static void put_encoded(buf *b, const char *value)
{
	/* A slash would be another path. */
	for (str rest = str_of(value), part; str_cut(&rest, '/', &part);)
		url_encode(b, part.n ? part : STR("x"));
}

static void put_path(buf *b, const struct route *route, const char *value)
{
	str rest = str_of(route->path), part;
	bool api = str_starts(rest, STR("/api/")) || str_starts(rest, STR("/hooks/")) ||
	           str_eq(rest, STR("/openapi.json"));
	buf_puts(b, api ? "" : "/ar");
	str_cut(&rest, '/', &part);
	while (str_cut(&rest, '/', &part)) {
		buf_putc(b, '/');
		if (part.n && part.p[0] == ':')
			put_encoded(b, value[0] ? value : "x");
		else
			buf_put(b, part);
	}
}

static void put_fields(buf *b, const char *value)
{
	for (size_t i = 0; i < COUNT(names); i++) {
		buf_fmt(b, "&%s=", names[i]);
		url_encode(b, str_of(value));
	}
}

static str request(struct walk *x, const struct route *route, const char *value)
{
	arena *a = x->who->w->u->a;
	buf b = buf_make(a, 65536);
	const char *headers = visitor_headers(x->who, "Connection: close\r\nHost: localhost\r\n");
	bool write = route->kind != ROUTE_PAGE;
	buf_fmt(&b, "%s ", method_name(route->method));
	put_path(&b, route, value);
	if (!write) {
		buf_puts(&b, "?x=1");
		put_fields(&b, value);
		buf_fmt(&b, " HTTP/1.1\r\n%s\r\n", headers);
		return buf_str(&b);
	}
	buf body = buf_make(a, 65536);
	buf_fmt(&body, "csrf=%.*s&idempotency_key=%d", STRF(x->csrf), x->asked);
	put_fields(&body, value);
	buf_fmt(&b,
	        " HTTP/1.1\r\n%sContent-Type: application/x-www-form-urlencoded\r\n"
	        "Content-Length: %zu\r\n\r\n%.*s",
	        headers, body.n, STRF(buf_str(&body)));
	return buf_str(&b);
}

static void ask(struct walk *x, const struct route *route, const char *value)
{
	arena *a = x->who->w->u->a;
	arena_mark m = arena_save(a);
	x->asked++;
	str got = site_raw(x->who->w, request(x, route, value), 20000);
	int status = status_of(got);
	x->answered[status >= 100 && status < 600 ? status / 100 : 0]++;
	if (!status || status >= 500)
		fail_msg("%s at %s %s with \"%s\": %d\n%.*s", x->name,
		         method_name(route->method), route->path, value, status, STRF(got));
	bool page = str_starts(header_of(got, "Content-Type", 0), STR("text/html"));
	if (page && str_find(got, STR(MARKUP)) >= 0)
		fail_msg("%s at %s is sent its markup back", x->name, route->path);
	arena_rewind(a, m);
}

/* What signs people out, or ends what they walk with, comes at no time. */
static bool ends_the_walk(const struct route *route)
{
	str path = str_of(route->path);
	return route->kind != ROUTE_PAGE &&
	       (str_starts(path, STR("/sign-")) || str_starts(path, STR("/profile")));
}

static void walk_all(struct walk *x, const char *name, struct visitor *who)
{
	x->name = name;
	x->who = who;
	visit(who, "/en/track");
	x->csrf = visitor_hidden(who, "csrf");
	assert_true(x->csrf.n > 0);
	for (size_t s = 0; s < app_systems_count; s++)
		for (size_t i = 0; i < app_systems[s]->n_routes; i++)
			for (size_t v = 0; v < COUNT(values) && !ends_the_walk(&app_systems[s]->routes[i]); v++)
				ask(x, &app_systems[s]->routes[i], values[v]);
	visit(who, "/en/track");
	assert_int_equal(who->status, 200);
}

static void give_all_roles(struct site *w, int64_t person)
{
	struct role role[64];
	dbc *c = db_reader(w->u->k->db);
	size_t n = role_all(c, w->u->a, role, COUNT(role));
	db_reader_return(c);
	assert_true(n > 5);
	for (size_t i = 0; i < n; i++)
		site_grant(w, person, str_c(w->u->a, role[i].name), "*");
}

static void no_words_break_a_page(void **state)
{
	(void)state;
	const struct organ *organs[APP_ORGANS_MAX];
	size_t n = app_organs(organs);
	struct walk x = {.p = portal_over(organs + 1, n - 1, app_systems, app_systems_count)};
	struct site *w = x.p.w;
	give_all_roles(w, site_person(w, OMNI, "Omni"));
	struct visitor *visitor = NEW(w->u->a, struct visitor);
	visitor->w = w;
	walk_all(&x, "a visitor", visitor);
	walk_all(&x, "a citizen", signed_in(w, CITIZEN));
	walk_all(&x, "who has every role", signed_in(w, OMNI));
	assert_true(x.asked > 5000);
	print_message("%d requests: %d pages, %d led on, %d refused, %d unavailable\n", x.asked,
	              x.answered[2], x.answered[3], x.answered[4], x.answered[5]);
	/* They were not all turned away at the door. */
	assert_true(x.answered[2] > 1000 && x.answered[4] > 1000);
	struct rebuild_report r;
	assert_int_equal(journal_rebuild(w->u->k, w->u->a, false, &r), OK);
	assert_int_equal(r.different, 0);
	portal_stop(&x.p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(no_words_break_a_page)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
