/* provider.c - the providers there are, and how they do. */
#include "systems/payments/provider.h"
#include "systems/payments/order.h"
#include "systems/payments/statements.h"

#include "kernel/vault.h"

#define GATEWAY "gateway" /* id of the provider that the settings name */

static const struct adapter *const adapters[] = {&hosted_adapter, &govuk_adapter, &replay_adapter};

static const char *const outcome_names[OUTCOME_COUNT] = {
    [OUTCOME_PENDING] = "pending",       [OUTCOME_SUCCEEDED] = "succeeded",
    [OUTCOME_DECLINED] = "declined",     [OUTCOME_CANCELLED] = "cancelled",
    [OUTCOME_EXPIRED] = "expired",       [OUTCOME_NOT_FOUND] = "not_found",
    [OUTCOME_AUTHORISED] = "authorised",
};

const char *outcome_name(enum outcome o)
{
	return outcome_names[o];
}

static const struct adapter *adapter_find(str name)
{
	for (size_t i = 0; i < COUNT(adapters); i++)
		if (str_eq(name, str_of(adapters[i]->name)))
			return adapters[i];
	return NULL;
}

/* What the settings say is a provider like any other. */
static size_t configured(const struct kernel *k, arena *a, struct provider *out)
{
	str url = config_text(k->config, SETTING_provider_url);
	if (!url.n)
		return 0;
	while (str_ends(url, STR("/")))
		url = str_sub(url, 0, url.n - 1);
	*out = (struct provider){
	    .id = STR(GATEWAY),
	    .adapter = &hosted_adapter,
	    .url = str_dup(a, url),
	    .secret = str_trim(config_text(k->config, SETTING_provider_secret_file)),
	    .name_en = STR("Payment gateway"),
	    .name_ar = STR("بوابة الدفع"),
	    .methods = STR("card wallet"),
	    .weight = 100,
	};
	return 1;
}

static str secret_of(struct kernel *k, dbc *c, arena *a, str id)
{
	rows *r = db_query(c, &sql_provider_secret_get, D_TEXT(id));
	str wrapped = db_next(r) ? str_dup(a, db_text(r, 0)) : (str){0}, plain = {0};
	db_done(r);
	if (wrapped.n && !vault_unwrap(k, a, str_cat(a, STR("payment-provider|"), id), wrapped, &plain))
		plain = (str){0};
	return plain;
}

size_t providers_all(struct kernel *k, dbc *c, arena *a, struct provider *out)
{
	size_t n = configured(k, a, out);
	rows *r = db_query_args(c, &sql_provider_list, NULL, 0);
	while (n < PROVIDERS_MAX && db_next(r))
		out[n++] = (struct provider){
		    .id = str_dup(a, db_text(r, 0)),
		    .adapter = adapter_find(db_text(r, 1)),
		    .url = str_dup(a, db_text(r, 2)),
		    .name_en = str_dup(a, db_text(r, 3)),
		    .name_ar = str_dup(a, db_text(r, 4)),
		    .methods = str_dup(a, db_text(r, 5)),
		    .weight = db_int(r, 6),
		};
	db_done(r);
	for (size_t i = 0; i < n; i++) {
		if (!out[i].secret.n)
			out[i].secret = secret_of(k, c, a, out[i].id);
		out[i].up = db_query_int(c, &sql_health_get, 1, D_TEXT(out[i].id)) != 0;
		out[i].off = db_query_int(c, &sql_switch_get, 0, D_TEXT(out[i].id)) != 0;
		if (out[i].off)
			out[i].weight = 0;
	}
	return n;
}

bool provider_find(struct kernel *k, dbc *c, arena *a, str id, struct provider *out)
{
	struct provider list[PROVIDERS_MAX];
	size_t n = providers_all(k, c, a, list);
	for (size_t i = 0; i < n; i++)
		if (str_eq(list[i].id, id)) {
			*out = list[i];
			return true;
		}
	return false;
}

static bool id_good(str id)
{
	for (size_t i = 0; i < id.n; i++)
		if (!((id.p[i] >= 'a' && id.p[i] <= 'z') || (id.p[i] >= '0' && id.p[i] <= '9') ||
		      id.p[i] == '-'))
			return false;
	return id.n > 0 && id.n <= 32;
}

err provider_put(struct tx *tx, const struct provider_order *p)
{
	if (!id_good(p->id) || str_eq(p->id, STR(GATEWAY)) || !adapter_find(p->adapter) ||
	    !p->secret.n || p->weight < 0)
		return tx_fail(tx, ERR_bad_input, "id",
		               "a provider needs an id of its own, a known adapter"
		               " and a secret");
	str label = str_cat(tx->a, STR("payment-provider|"), p->id);
	db_exec(tx->db, &sql_provider_secret_put, D_TEXT(p->id),
	        D_BLOB(vault_wrap(tx->k, tx->a, label, p->secret)));
	json *d = json_object(tx->a);
	json_set_str(tx->a, d, "provider", p->id);
	json_set_str(tx->a, d, "adapter", p->adapter);
	json_set_str(tx->a, d, "url", p->url);
	json_set(tx->a, d, "name", text_pair(tx->a, p->name_en, p->name_ar));
	json_set_str(tx->a, d, "methods", p->methods);
	json_set_int(tx->a, d, "weight", p->weight);
	return tx_emit(tx, (struct emission){.kind = "payment.provider_set", .data = d});
}

err provider_switch(struct tx *tx, str provider, bool off)
{
	bool was = db_query_int(tx->db, &sql_switch_get, 0, D_TEXT(provider)) != 0;
	if (was == off)
		return OK;
	json *d = json_object(tx->a);
	json_set_str(tx->a, d, "provider", provider);
	json_set_bool(tx->a, d, "off", off);
	return tx_emit(tx, (struct emission){.kind = "payment.provider_switched", .data = d});
}

err health_say(struct tx *tx, str provider, bool up)
{
	bool was = db_query_int(tx->db, &sql_health_get, 1, D_TEXT(provider)) != 0;
	if (was == up)
		return OK;
	json *d = json_object(tx->a);
	json_set_str(tx->a, d, "provider", provider);
	json_set_bool(tx->a, d, "up", up);
	return tx_emit(tx, (struct emission){.kind = "payment.health", .data = d});
}
