/* page_providers.c - providers: how they do, and taking one out of use. */
#include "systems/payments/order.h"
#include "systems/payments/routes.h"
#include "systems/payments/statements.h"

#define LATELY (30 * MINUTE)

static json *methods_view(struct req *r, str methods)
{
	str one, text = {0};
	while (str_cut(&methods, ' ', &one)) {
		str w = req_text(r, str_c(r->a, str_fmt(r->a, "payments.method.%.*s", STRF(one))));
		text = text.n ? str_fmt(r->a, "%.*s%s %.*s", STRF(text), r->lang == LANG_AR ? "،" : ",",
		                        STRF(w))
		              : w;
	}
	return json_string(r->a, text);
}

static json *provider_view(struct req *r, const struct provider *p)
{
	json *o = json_object(r->a);
	instant since = r->now - LATELY;
	int64_t good = db_query_int(r->db, &sql_attempts_good, 0, D_TEXT(p->id), D_INT(since));
	int64_t lost = db_query_int(r->db, &sql_attempts_lost, 0, D_TEXT(p->id), D_INT(since));
	json_set_str(r->a, o, "id", p->id);
	json_set(r->a, o, "name", text_pair(r->a, p->name_en, p->name_ar));
	str how = p->adapter ? str_fmt(r->a, "payments.adapter.%s", p->adapter->name) : (str){0};
	json_set_str(r->a, o, "adapter", how.n ? req_text(r, str_c(r->a, how)) : STR("-"));
	json_set(r->a, o, "methods", methods_view(r, p->methods));
	json_set_int(r->a, o, "weight", p->weight);
	json_set_bool(r->a, o, "up", p->up);
	json_set_bool(r->a, o, "off", p->off);
	json_set_int(r->a, o, "good", good);
	json_set_int(r->a, o, "lost", lost);
	json_set_str(r->a, o, "to", p->off ? STR("on") : STR("off"));
	instant at = db_query_int(r->db, &sql_health_since, 0, D_TEXT(p->id));
	if (at)
		json_set_int(r->a, o, "since", at);
	return o;
}

err page_payments_providers(struct req *r)
{
	struct provider p[PROVIDERS_MAX];
	json *v = json_object(r->a), *list = json_array(r->a);
	size_t n = providers_all(r->k, r->db, r->a, p);
	bool degraded = false;
	for (size_t i = 0; i < n; i++) {
		json_push(list, provider_view(r, &p[i]));
		degraded = degraded || p[i].off || !p[i].up;
	}
	json_set(r->a, v, "providers", list);
	json_set_bool(r->a, v, "degraded", degraded);
	json_set_bool(r->a, v, "may_switch", may_somewhere(&r->session.rights, PERM_operator_run));
	json_set(r->a, v, "errors", json_array(r->a));
	return req_view(r, "payments/providers", v);
}

err prepare_payments_switch(struct req *r)
{
	struct provider p;
	err e = OK;
	if (!provider_find(r->k, r->db, r->a, req_param(r, "provider"), &p))
		e = req_fail(r, ERR_not_found, "", "there is no such provider");
	return e;
}

err decide_payments_switch(struct tx *tx, struct req *r)
{
	return provider_switch(tx, req_param(r, "provider"), str_eq(req_field(r, "to"), STR("off")));
}

err answer_payments_switch(struct req *r)
{
	req_flash(r, "payments.flash.switched");
	return req_redirect(r, "/payments-desk/providers");
}
