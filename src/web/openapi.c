/* openapi.c - one description of all interfaces for programs. */
#include "web/openapi.h"

#include "base/embed.h"

#define TREES_BYTES ((size_t)64 * 1024 * 1024) /* of the documents, while they are merged */

/* Members that are named: two of a name must be equal. */
static bool named_add(arena *a, json *to, const json *from, const char *file, str *why)
{
	for (const json *v = from ? from->first : NULL; v; v = v->next) {
		const json *known = json_get_str(to, v->key);
		if (known && !json_equal(known, v)) {
			*why = str_fmt(a, "%s: \"%.*s\" is something else in another document", file,
			               STRF(v->key));
			return false;
		}
		if (!known)
			json_set_key(a, to, v->key, json_copy(a, v));
	}
	return true;
}

static json *object_in(arena *a, json *o, const char *name)
{
	json *v = json_get(o, name);
	return v ? v : json_set(a, o, name, json_object(a));
}

static bool components_add(arena *a, json *all, const json *doc, const char *file, str *why)
{
	json *to = object_in(a, all, "components");
	const json *from = json_get(doc, "components");
	for (const json *kind = from ? from->first : NULL; kind; kind = kind->next) {
		json *same = json_get_str(to, kind->key);
		if (!same)
			same = json_set_key(a, to, kind->key, json_object(a));
		if (!named_add(a, same, kind, file, why))
			return false;
	}
	return true;
}

/* An operation that does not say who may ask is asked for as its document says. */
static void security_of_paths(arena *a, json *doc)
{
	static const char *const methods[] = {"get", "post", "put", "patch", "delete"};
	const json *asked = json_get(doc, "security");
	json *paths = json_get(doc, "paths");
	for (json *path = paths && asked ? paths->first : NULL; path; path = path->next)
		for (size_t i = 0; i < COUNT(methods); i++) {
			json *operation = json_get(path, methods[i]);
			if (operation && !json_get(operation, "security"))
				json_set(a, operation, "security", json_copy(a, asked));
		}
}

static bool document_add(arena *a, json *all, json *doc, const char *file, str *why)
{
	const json *tags = json_get(doc, "tags");
	security_of_paths(a, doc);
	for (const json *t = tags ? tags->first : NULL; t; t = t->next)
		json_push(json_get(all, "tags"), json_copy(a, t));
	return named_add(a, object_in(a, all, "paths"), json_get(doc, "paths"), file, why) &&
	       named_add(a, object_in(a, all, "webhooks"), json_get(doc, "webhooks"), file, why) &&
	       components_add(a, all, doc, file, why);
}

static json *merged(arena *a, const struct system *const *systems, size_t n, str *why)
{
	json *all = NULL;
	for (size_t i = 0; i < n; i++) {
		const char *file = systems[i]->api;
		str text;
		if (!file)
			continue;
		json *doc = embed_find(str_of(file), &text) ? json_parse(a, text, NULL) : NULL;
		if (!doc || !json_is(json_get(doc, "tags"), JSON_ARRAY)) {
			*why = str_fmt(a, "%s is missing, or no OpenAPI document with tags", file);
			return NULL;
		}
		if (!all)
			all = doc;
		else if (!document_add(a, all, doc, file, why))
			return NULL;
	}
	return all ? all : json_null(a);
}

bool openapi_merge(arena *a, const struct system *const *systems, size_t n, str *out, str *why)
{
	arena *trees = arena_create(TREES_BYTES);
	str reason = {0};
	const json *all = merged(trees, systems, n, &reason);
	*out = json_is(all, JSON_OBJECT) ? str_dup(a, json_print(trees, all)) : (str){0};
	if (!all)
		*why = str_dup(a, reason);
	arena_destroy(trees);
	return all != NULL;
}
