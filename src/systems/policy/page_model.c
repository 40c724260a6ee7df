/* page_model.c - one rule or process: in force, published before, waiting, under way. */
#include "systems/policy/policy_in.h"

/* Published versions, the newest first, and the pack's own. */
static json *versions(struct req *r, const struct at *at)
{
	json *list = json_array(r->a);
	struct service_published v[POLICY_VERSIONS_MAX];
	size_t n = service_published_of(r->db, r->a, at->s->id, v, POLICY_VERSIONS_MAX);
	bool found = false;
	for (size_t i = 0; i < n; i++) {
		json *o = json_push(list, json_object(r->a));
		bool now = v[i].version == at->s->version;
		json_set_int(r->a, o, "version", v[i].version);
		json_set_int(r->a, o, "from", v[i].from);
		json_set_bool(r->a, o, "now", now);
		json_set_bool(r->a, o, "waits",
		              !now && v[i].from > r->now && v[i].version > at->s->version);
		found |= now;
	}
	if (!found) {
		json *o = json_push(list, json_object(r->a));
		json_set_int(r->a, o, "version", at->s->version);
		json_set_bool(r->a, o, "now", true);
		json_set_bool(r->a, o, "waits", false);
	}
	return list;
}

err page_policy_model(struct req *r)
{
	struct at at;
	err e = policy_service_at(r, &at);
	if (e)
		return e;
	json *v = json_object(r->a), *list = json_set(r->a, v, "changes", json_array(r->a));
	policy_crumbs(r, v, &at);
	json_set(r->a, v, "service", policy_service_view(r, at.s));
	json_set_str(r->a, v, "model", at.m.id);
	json_set(r->a, v, "title", at.m.title);
	json_set_bool(r->a, v, "process", at.m.process);
	json_set(r->a, v, "versions", versions(r, &at));
	struct change *ch = NEWN(r->a, struct change, POLICY_CHANGES_MAX);
	size_t n = changes_of(r->db, r->a, at.s->id, at.m.id, ch, POLICY_CHANGES_MAX);
	for (size_t i = 0; i < n; i++)
		json_push(list, policy_change_view(r, at.p, &ch[i]));
	return req_view(r, "policy/model", v);
}

err page_policy_file(struct req *r)
{
	struct at at;
	int64_t version;
	err e = policy_service_at(r, &at);
	if (e)
		return e;
	bool good = req_param_id(r, "version", &version);
	str text = good ? policy_text_of(r, at.s->id, version, at.m.file) : (str){0};
	if (!text.n)
		return req_fail(r, ERR_not_found, "", "there is no such version");
	str ending = str_ends(at.m.file, STR(".json")) ? STR("json")
	             : at.m.process                    ? STR("bpmn")
	                                               : STR("dmn");
	return req_content(r, "application/octet-stream", text,
	                   str_c(r->a, str_fmt(r->a, "%.*s-%.*s-%lld.%.*s", STRF(at.s->id),
	                                       STRF(at.m.id), (long long)version, STRF(ending))));
}
