#include "web/router.h"

#include "web/http.h"

#include <string.h>

struct node {
	str segment; /* ":name" for a parameter */
	const struct route *of[METHOD_COUNT];
	struct node *children; /* fixed first, a parameter last */
	struct node *next;
};

struct router {
	struct node root;
};

static bool is_param(str segment)
{
	return segment.n && segment.p[0] == ':';
}

static struct node *child(arena *a, struct node *n, str segment)
{
	struct node **at = &n->children;
	while (*at && !str_eq((*at)->segment, segment) && !is_param((*at)->segment))
		at = &(*at)->next;
	if (*at && str_eq((*at)->segment, segment))
		return *at;
	if (*at && is_param(segment))
		return NULL; /* another name for the same place */
	struct node *c = NEW(a, struct node);
	c->segment = segment;
	c->next = *at;
	*at = c;
	return c;
}

static bool add(arena *a, struct router *t, const struct route *r, str *why)
{
	str rest = str_of(r->path), segment;
	struct node *n = &t->root;
	size_t params = 0;
	if (!rest.n || rest.p[0] != '/') {
		*why = str_fmt(a, "the path of %s does not begin with '/'", r->name);
		return false;
	}
	rest = str_sub(rest, 1, rest.n);
	while (rest.n && str_cut(&rest, '/', &segment)) {
		params += is_param(segment);
		n = segment.n && params <= REQ_MAX_PARAMS ? child(a, n, segment) : NULL;
		if (!n) {
			*why = str_fmt(a, "%s: %s cannot stand beside the other routes", r->name, r->path);
			return false;
		}
	}
	const struct route **slot = &n->of[r->method];
	if (*slot) {
		*why = str_fmt(a, "%s and %s answer the same path %s", (*slot)->name, r->name, r->path);
		return false;
	}
	*slot = r;
	return true;
}

struct router *router_build(arena *a, const struct system *const *systems, size_t n, str *why)
{
	struct router *t = NEW(a, struct router);
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < systems[i]->n_routes; k++)
			if (!add(a, t, &systems[i]->routes[k], why))
				return NULL;
	return t;
}

static bool find(const struct node *n, arena *a, str rest, struct match *m)
{
	if (!rest.n) {
		memcpy(m->of, n->of, sizeof m->of);
		m->page = n->of[METHOD_GET];
		return methods_offered(m);
	}
	str after = str_sub(rest, 1, rest.n), segment;
	size_t end = 0;
	while (end < after.n && after.p[end] != '/')
		end++;
	segment = str_sub(after, 0, end);
	after = str_sub(after, end, after.n);
	if (!segment.n)
		return false;
	for (const struct node *c = n->children; c; c = c->next) {
		if (!is_param(c->segment)) {
			if (str_eq(c->segment, segment) && find(c, a, after, m))
				return true;
			continue;
		}
		str value;
		if (m->n_params == REQ_MAX_PARAMS || !url_decode(a, segment, false, &value))
			return false;
		m->params[m->n_params++] = (struct field){str_sub(c->segment, 1, c->segment.n), value};
		if (find(c, a, after, m))
			return true;
		m->n_params--;
	}
	return false;
}

bool methods_offered(const struct match *m)
{
	for (size_t i = 0; i < METHOD_COUNT; i++)
		if (m->of[i])
			return true;
	return false;
}

bool router_find(const struct router *t, arena *a, str path, struct match *out)
{
	*out = (struct match){0};
	return path.n && path.p[0] == '/' && find(&t->root, a, path.n == 1 ? (str){0} : path, out);
}

/* ---- every route, for people and tests ---- */

const char *method_name(enum method m)
{
	static const char *const names[] = {[METHOD_GET] = "GET",
	                                    [METHOD_POST] = "POST",
	                                    [METHOD_PUT] = "PUT",
	                                    [METHOD_PATCH] = "PATCH"};
	return names[m];
}

json *routes_json(arena *a, const struct system *const *systems, size_t n)
{
	json *list = json_array(a);
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < systems[i]->n_routes; k++) {
			const struct route *r = &systems[i]->routes[k];
			json *o = json_push(list, json_object(a));
			json_set_str(a, o, "name", str_of(r->name));
			json_set_str(a, o, "method", str_of(method_name(r->method)));
			json_set_str(a, o, "path", str_of(r->path));
			json_set_str(a, o, "permission", str_of(permission_name(r->permission)));
			if (r->event)
				json_set_str(a, o, "event", str_of(r->event));
			json_set_str(a, o, "doc", str_of(r->doc));
			json_set_str(a, o, "room", str_of(systems[i]->organ->name));
		}
	}
	return list;
}
