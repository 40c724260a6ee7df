/* What /openapi.json says of the interfaces for programs, beside what is served. */
#include "unit.h"

#include "app/systems.h"
#include "web/openapi.h"

/* Described by the guide itself: /api/guide/openapi.json. */
static const char *const beside[] = {"/api/services", "/api/guide"};

static json *described(arena *a)
{
	str text, why = {0};
	if (!openapi_merge(a, app_systems, app_systems_count, &text, &why))
		fail_msg("%.*s", STRF(why));
	json *doc = json_parse(a, text, NULL);
	assert_non_null(doc);
	return doc;
}

/* Parameters have other names than in routes: only their places count. */
static str shape(arena *a, str path)
{
	buf b = buf_make(a, 256);
	str part;
	str_cut(&path, '/', &part);
	while (str_cut(&path, '/', &part)) {
		bool parameter = part.n && (part.p[0] == ':' || part.p[0] == '{');
		buf_putc(&b, '/');
		buf_put(&b, parameter ? STR("*") : part);
	}
	return buf_str(&b);
}

static bool has_operation(arena *a, const json *doc, str path, const char *method)
{
	char lower[8] = {0};
	for (size_t i = 0; method[i] && i + 1 < sizeof lower; i++)
		lower[i] = (char)(method[i] | 32);
	for (const json *p = json_get(doc, "paths")->first; p; p = p->next)
		if (str_eq(shape(a, p->key), path) && json_get(p, lower))
			return true;
	return false;
}

static bool is_beside(str path)
{
	for (size_t i = 0; i < COUNT(beside); i++)
		if (str_starts(path, str_of(beside[i])))
			return true;
	return false;
}

static void every_call_is_described(void **state)
{
	arena *a = *state;
	const json *doc = described(a);
	int calls = 0;
	for (size_t i = 0; i < app_systems_count; i++)
		for (size_t j = 0; j < app_systems[i]->n_routes; j++) {
			const struct route *r = &app_systems[i]->routes[j];
			str path = str_of(r->path);
			if (!str_starts(path, STR("/api/")) || is_beside(path))
				continue;
			calls++;
			if (!has_operation(a, doc, shape(a, path), method_name(r->method)))
				fail_msg("%s %s is not described", method_name(r->method), r->path);
		}
	assert_true(calls > 50);
}

static bool is_route(arena *a, str path, str method)
{
	for (size_t i = 0; i < app_systems_count; i++)
		for (size_t j = 0; j < app_systems[i]->n_routes; j++) {
			const struct route *r = &app_systems[i]->routes[j];
			str name = str_of(method_name(r->method));
			if (name.n == method.n && (name.p[0] | 32) == method.p[0] &&
			    (name.p[1] | 32) == method.p[1] && str_eq(shape(a, str_of(r->path)), path))
				return true;
		}
	return false;
}

static void every_description_is_of_a_call(void **state)
{
	arena *a = *state;
	const json *doc = described(a);
	for (const json *p = json_get(doc, "paths")->first; p; p = p->next)
		for (const json *o = p->first; o; o = o->next)
			if (json_is(o, JSON_OBJECT) && !is_route(a, shape(a, p->key), o->key))
				fail_msg("%.*s %.*s is described and not served", STRF(o->key), STRF(p->key));
}

/* The first document's security is not that of the others' operations. */
static void an_operation_keeps_the_key_of_its_document(void **state)
{
	arena *a = *state;
	const json *doc = described(a);
	const json *paths = json_get(doc, "paths");
	assert_non_null(json_get(json_at(json_get(doc, "security"), 0), "key"));
	const json *pay = json_get(json_get(paths, "/api/pay/v1/payments"), "post");
	assert_non_null(json_get(json_at(json_get(pay, "security"), 0), "payKey"));
	const json *bulk = json_get(json_get(paths, "/api/govstack/payments/bulk-payment"), "post");
	assert_non_null(json_get(json_at(json_get(bulk, "security"), 0), "payoutKey"));
}

static void what_contradicts_is_refused(void **state)
{
	arena *a = *state;
	/* The guide's "Text" is not the desk's. */
	static const struct system one = {.api = "src/systems/desk/openapi.json"},
	                           two = {.api = "src/systems/guide/openapi.json"},
	                           none = {.api = "src/systems/nowhere/openapi.json"}, silent = {0};
	const struct system *const both[] = {&one, &two}, *const missing[] = {&none},
	                           *const nothing[] = {&silent};
	str text, why = {0};
	assert_false(openapi_merge(a, both, 2, &text, &why));
	assert_true(str_find(why, STR("guide/openapi.json: \"Text\" is something else")) >= 0);
	assert_false(openapi_merge(a, missing, 1, &text, &why));
	assert_true(str_starts(why, STR("src/systems/nowhere/openapi.json is missing")));
	assert_true(openapi_merge(a, nothing, 1, &text, &why));
	assert_int_equal(text.n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    UNIT(every_call_is_described),
	    UNIT(every_description_is_of_a_call),
	    UNIT(an_operation_keeps_the_key_of_its_document),
	    UNIT(what_contradicts_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
