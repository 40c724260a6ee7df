/* models.c - what of a service may be written, and where its files are. */
#include "systems/policy/policy_in.h"

static str path_of(struct req *r, const struct service *s, str name)
{
	return name.n ? str_fmt(r->a, "services/%.*s/%.*s", STRF(s->id), STRF(name)) : (str){0};
}

/* The label of the decision in its model; its id where it has none. */
static json *title_of(struct req *r, const struct service_decision *d)
{
	const json *list = json_get(dmn_describe(r->a, d->model), "decisions");
	for (const json *v = list ? list->first : NULL; v; v = v->next) {
		const json *label = json_get(v, "label");
		str en = json_str(label, "en"), ar = json_str(label, "ar");
		if (str_eq(json_str(v, "name"), d->decision) && (en.n || ar.n))
			return text_pair(r->a, en.n ? en : ar, ar.n ? ar : en);
	}
	return text_pair(r->a, d->id, d->id);
}

static struct model decision(struct req *r, const struct service *s,
                             const struct service_decision *d)
{
	const json *v = json_get_str(json_get(s->definition, "decisions"), d->id);
	return (struct model){.id = d->id,
	                      .file = path_of(r, s, json_str(v, "file")),
	                      .tests = path_of(r, s, json_str(v, "tests")),
	                      .title = title_of(r, d),
	                      .d = d};
}

/* A table of stages is written too: it is compiled to a process. */
static struct model process(struct req *r, const struct service *s)
{
	return (struct model){.id = STR(POLICY_PROCESS),
	                      .file = path_of(r, s, json_str(s->definition, "process")),
	                      .tests = path_of(r, s, json_str(s->definition, "process_tests")),
	                      .process = true,
	                      .title = view_both(r, "policy.process")};
}

size_t policy_models(struct req *r, const struct service *s, struct model *out, size_t max)
{
	size_t n = 0;
	for (size_t i = 0; i < s->n_decisions && n < max; i++)
		if (s->decisions[i].model)
			out[n++] = decision(r, s, &s->decisions[i]);
	if (s->process && n < max)
		out[n++] = process(r, s);
	return n;
}

bool policy_model_find(struct req *r, const struct service *s, str id, struct model *out)
{
	struct model list[POLICY_MODELS_MAX];
	size_t n = policy_models(r, s, list, POLICY_MODELS_MAX);
	for (size_t i = 0; i < n; i++)
		if (str_eq(list[i].id, id)) {
			*out = list[i];
			return true;
		}
	return false;
}

str policy_text_of(struct req *r, str service, int64_t version, str path)
{
	struct pack_source s;
	str why;
	if (path.n && service_source(r->db, r->a, service, version, &s, &why))
		for (size_t i = 0; i < s.n; i++)
			if (str_eq(s.files[i].path, path))
				return s.files[i].bytes;
	return (str){0};
}
