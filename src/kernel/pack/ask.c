/* Asking a service: who may apply, what it decides; and numbers of the country. */
#include "kernel/errors.h"
#include "kernel/pack/pack_in.h"

#include "base/utf8.h"
#include "engine/form/pattern.h"

#include <string.h>

bool service_ended(str state)
{
	static const char *const ends[] = {"approved", "issued", "rejected", "withdrawn"};
	for (size_t i = 0; i < COUNT(ends); i++)
		if (str_eq(state, str_of(ends[i])))
			return true;
	return false;
}

/* An outcome that the service's own end declares tells more than the state. */
const json *service_end_text(const struct service *s, str state, str outcome)
{
	const json *ends = s ? json_get(s->definition, "ends") : NULL;
	if (!ends || !service_ended(state))
		return NULL;
	const json *own = service_ended(outcome) ? NULL : json_get_str(ends, outcome);
	return own ? own : json_get_str(ends, state);
}

json *service_context(arena *a, const struct pack *p, const json *applicant, const json *answers,
                      instant now)
{
	json *o = json_object(a);
	json_set(a, o, "applicant", applicant ? json_share(a, applicant) : json_object(a));
	json_set(a, o, "answers", answers ? json_share(a, answers) : json_object(a));
	int64_t day = p && p->calendar ? calendar_day(p->calendar, now) : now / DAY;
	json_set_str(a, o, "today", date_print(a, day));
	return o;
}

const json *pack_choices(const struct pack *p, arena *a, str name)
{
	const json *all = !p                               ? NULL
	                  : str_eq(name, STR("centres"))   ? json_get(p->centres, "centres")
	                  : str_eq(name, STR("entities"))  ? json_get(p->entities, "entities")
	                  : str_eq(name, STR("countries")) ? json_get(p->countries, "countries")
	                                                   : NULL;
	if (!all)
		return NULL;
	json *out = json_array(a);
	for (const json *v = all->first; v; v = v->next) {
		json *o = json_push(out, json_object(a));
		json_set_str(a, o, "value", json_str(v, "id"));
		json_set(a, o, "label", json_copy(a, json_get(v, "name")));
	}
	return out;
}

json *pack_country(const struct pack *p, arena *a, str code)
{
	const json *all = p ? json_get(p->countries, "countries") : NULL;
	for (const json *v = all ? all->first : NULL; v; v = v->next)
		if (str_eq(json_str(v, "id"), code))
			return json_copy(a, json_get(v, "name"));
	return json_string(a, code);
}

bool service_fee_in_force(const json *fee, int64_t day)
{
	int64_t from, to;
	if (date_parse(json_str(fee, "valid_from"), &from) && day < from)
		return false;
	return !date_parse(json_str(fee, "valid_to"), &to) || day <= to;
}

/* A fee's id as a name of FEEL, where '-' would be minus. */
static bool named(str id, str name)
{
	bool same = id.n == name.n;
	for (size_t i = 0; i < id.n && same; i++)
		same = name.p[i] == (id.p[i] == '-' ? '_' : id.p[i]);
	return same;
}

const json *service_fee(const struct service *s, str name, int64_t day)
{
	const json *list = json_get(s->card, "fees");
	for (const json *f = list ? list->first : NULL; f; f = f->next)
		if (service_fee_in_force(f, day) && named(json_str(f, "id"), name))
			return f;
	return NULL;
}

static feel_value fees_of(arena *a, const struct service *s, int64_t day)
{
	feel_value out = feel_of_json(a, json_object(a));
	const json *list = json_get(s->card, "fees");
	for (const json *f = list ? list->first : NULL; f; f = f->next) {
		currency c;
		str id = str_dup(a, json_str(f, "id"));
		if (!service_fee_in_force(f, day) || !currency_find(json_str(f, "currency"), &c))
			continue;
		for (size_t i = 0; i < id.n; i++)
			if (id.p[i] == '-')
				((char *)(uintptr_t)id.p)[i] = '_';
		feel_value amount = {.kind = FEEL_NUMBER};
		amount.num = dec_of_i64(json_int(f, "amount_minor", 0));
		amount.num.exp -= c.exponent;
		out = feel_put(a, out, id, amount);
	}
	return out;
}

/* The context as FEEL sees it: `today` is a date, not its text; and the card's fees. */
static feel_value values_of(arena *a, const struct service *s, const json *context)
{
	feel_value v = feel_of_json(a, context);
	int64_t day;
	if (!date_parse(json_str(context, "today"), &day))
		return v;
	feel_value today = {.kind = FEEL_DATE};
	today.t.days = day;
	v = feel_put(a, v, STR("fees"), fees_of(a, s, day));
	return feel_put(a, v, STR("today"), today);
}

const json *service_refusal(arena *a, const struct service *s, const json *context, instant now)
{
	feel_value values = values_of(a, s, context);
	for (size_t i = 0; i < s->n_eligibility; i++) {
		struct feel_run run = feel_run_make(a, NULL);
		feel_value v;
		run.now = now;
		if (feel_eval(s->eligibility[i].test, values, &run, &v) || !feel_is_true(v))
			return s->eligibility[i].message;
	}
	return NULL;
}

/* ---- decisions ---- */

static bool amount_of(const struct service_decision *d, feel_value result, money *out)
{
	currency c;
	decimal n;
	const feel_value *v = result.kind == FEEL_CONTEXT ? feel_get(result, d->amount) : &result;
	if (!v || v->kind != FEEL_NUMBER || !currency_find(d->currency, &c) ||
	    !dec_quantize(v->num, -c.exponent, DEC_HALF_EVEN, &n))
		return false;
	n.exp += c.exponent;
	return dec_to_i64(n, &out->minor);
}

/* The annotations, by language, of the first table that found a rule. */
static json *rule_of(arena *a, const json *trace)
{
	for (const json *t = trace ? trace->first : NULL; t; t = t->next) {
		const json *rules = json_get(t, "rules");
		const json *notes = rules && rules->first ? json_get(rules->first, "annotations") : NULL;
		str en = json_str(notes, "en"), ar = json_str(notes, "ar");
		if (!en.n || !ar.n)
			continue;
		json *o = json_object(a);
		json_set_str(a, o, "en", en);
		json_set_str(a, o, "ar", ar);
		return o;
	}
	return NULL;
}

static err inputs_of(arena *a, const struct service *s, const struct service_decision *d,
                     const json *context, instant now, feel_value *out)
{
	feel_value values = values_of(a, s, context);
	*out = feel_of_json(a, json_object(a));
	for (size_t i = 0; i < d->n_inputs; i++) {
		struct feel_run run = feel_run_make(a, NULL);
		feel_value v;
		run.now = now;
		err e = feel_eval(d->value[i], values, &run, &v);
		if (e)
			return e;
		*out = feel_put(a, *out, d->input[i], v);
	}
	return OK;
}

err service_decide(arena *a, const struct service *s, str decision, const json *context,
                   instant now, struct decision_answer *out)
{
	const struct service_decision *d = NULL;
	for (size_t i = 0; i < s->n_decisions && !d; i++)
		if (str_eq(s->decisions[i].id, decision))
			d = &s->decisions[i];
	*out = (struct decision_answer){0};
	if (!d || !d->model)
		return ERR_decision_unknown;
	feel_value inputs, result;
	err e = inputs_of(a, s, d, context, now, &inputs);
	struct dmn_run run = dmn_run_make(a);
	run.now = now;
	run.trace = true;
	if (e == OK)
		e = dmn_eval_value(d->model, d->decision, inputs, &run, &result);
	if (e)
		return e;
	out->value = feel_to_json(a, result);
	out->trace = run.trace_out;
	out->rule = rule_of(a, run.trace_out);
	out->has_amount = d->amount.n > 0;
	/* No rule, no fee to ask for: that must stop the case, not charge nothing. */
	if (out->has_amount && !amount_of(d, result, &out->amount))
		return ERR_bad_input;
	return OK;
}

/* ---- identifiers ---- */

static bool digits_of(str s, int *out)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		out[i] = s.p[i] - '0';
	}
	return true;
}

static bool luhn(str s)
{
	int d[64], sum = 0;
	if (s.n > 64 || !digits_of(s, d))
		return false;
	for (size_t i = 0; i < s.n; i++) {
		int v = d[s.n - 1 - i] * (i % 2 ? 2 : 1);
		sum += v > 9 ? v - 9 : v;
	}
	return sum % 10 == 0;
}

static bool weighted(str s, const json *how)
{
	int d[64];
	int64_t sum = 0, modulus = json_int(how, "modulus", 11), i = 0;
	if (s.n < 2 || s.n > 64 || !digits_of(s, d))
		return false;
	const json *weights = json_get(how, "weights");
	for (const json *w = weights ? weights->first : NULL; w && i < (int64_t)s.n - 1; w = w->next) {
		int64_t v = 0;
		json_i64(w, &v);
		sum += v * d[i++];
	}
	int64_t check = sum % modulus;
	if (json_truth(how, "complement"))
		check = modulus - check;
	return check == d[s.n - 1];
}

/* Letters count from 10, as ISO 7064 and ICAO 9303 have it. */
static int value_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'Z')
		return c - 'A' + 10;
	return 0; /* '<' */
}

static bool mod_11_2(str s)
{
	int p = 0;
	for (size_t i = 0; i < s.n; i++)
		p = (p * 2 + (s.p[i] == 'X' && i + 1 == s.n ? 10 : value_of(s.p[i]))) % 11;
	return p == 1;
}

static bool mod_97_10(str s)
{
	int r = 0;
	for (size_t i = 0; i < s.n; i++) {
		int v = value_of(s.p[i]);
		r = (r * (v > 9 ? 100 : 10) + v) % 97;
	}
	return r == 1;
}

static bool icao(str s)
{
	static const int weight[] = {7, 3, 1};
	int sum = 0;
	for (size_t i = 0; i + 1 < s.n; i++)
		sum += value_of(s.p[i]) * weight[i % 3];
	return s.n && sum % 10 == value_of(s.p[s.n - 1]);
}

static bool checksum(str s, const json *how)
{
	str kind = json_str(how, "kind");
	if (str_eq(kind, STR("luhn")))
		return luhn(s);
	if (str_eq(kind, STR("weighted")))
		return weighted(s, how);
	if (str_eq(kind, STR("iso7064-mod-11-2")))
		return mod_11_2(s);
	if (str_eq(kind, STR("iso7064-mod-97-10")))
		return mod_97_10(s);
	return str_eq(kind, STR("icao-731")) ? icao(s) : true;
}

/* Eastern Arabic and Persian digits become 0-9, letters upper case; what the
 * scheme strips is dropped, marks of direction too. */
static str normalise(arena *a, str typed, str strip)
{
	buf b = buf_make(a, 256);
	str rest = str_trim(typed);
	while (rest.n && !b.over) {
		str one = rest;
		uint32_t cp = utf8_next(&rest);
		one.n -= rest.n;
		if (str_find(strip, one) >= 0 || cp == 0xA0 || (cp >= 0x200B && cp <= 0x200F) ||
		    cp == 0x061C || (cp >= 0x202A && cp <= 0x202E) || (cp >= 0x2066 && cp <= 0x2069))
			continue;
		if (cp >= 0x660 && cp <= 0x669)
			buf_putc(&b, (char)('0' + (cp - 0x660)));
		else if (cp >= 0x6F0 && cp <= 0x6F9)
			buf_putc(&b, (char)('0' + (cp - 0x6F0)));
		else if (cp >= 'a' && cp <= 'z')
			buf_putc(&b, (char)(cp - 'a' + 'A'));
		else
			buf_put(&b, one);
	}
	return buf_str(&b);
}

/* The first rule of a level that a part of the number breaks; NULL if none. */
static const json *broken_rule(const json *scheme, str s, const char *level)
{
	const json *rules = json_get(scheme, "rules"), *parts = json_get(scheme, "parts");
	for (const json *r = rules ? rules->first : NULL; r; r = r->next) {
		if (!str_eq(json_str(r, "level"), str_of(level)))
			continue;
		for (const json *p = parts ? parts->first : NULL; p; p = p->next) {
			int64_t from = json_int(p, "start", 0), n = json_int(p, "length", 0), v;
			if (!str_eq(json_str(p, "id"), json_str(r, "part")))
				continue;
			if (!str_i64(str_sub(s, (size_t)from, (size_t)(from + n)), &v) ||
			    v < json_int(r, "min", INT64_MIN) || v > json_int(r, "max", INT64_MAX))
				return r;
		}
	}
	return NULL;
}

static const json *scheme_of(const struct pack *p, str id)
{
	const json *list = p ? json_get(p->identifiers, "schemes") : NULL;
	const json *s = list ? list->first : NULL;
	while (s && !str_eq(json_str(s, "id"), id))
		s = s->next;
	return s;
}

err identifier_check(arena *a, const struct pack *p, str scheme, str typed, str *normal)
{
	const json *s = scheme_of(p, scheme);
	str what;
	size_t at;
	*normal = s ? normalise(a, typed, json_str(s, "strip")) : (str){0};
	struct pattern *pattern = s ? pattern_compile(a, json_str(s, "pattern"), &what, &at) : NULL;
	if (!pattern || (int64_t)normal->n != json_int(s, "length", 0) ||
	    pattern_match(pattern, matcher_make(a), *normal) != PATTERN_YES ||
	    broken_rule(s, *normal, "error") || !checksum(*normal, json_get(s, "checksum")))
		return ERR_national_number_bad;
	return OK;
}

json *identifier_advice(arena *a, const struct pack *p, str scheme, str typed)
{
	const json *s = scheme_of(p, scheme), *pad = json_get(s, "padding");
	json *o = json_object(a);
	str normal, whole;
	if (identifier_check(a, p, scheme, typed, &normal) == OK) {
		const json *rule = broken_rule(s, normal, "warning");
		if (rule)
			json_set(a, o, "warning", json_copy(a, json_get(rule, "message")));
		return o;
	}
	if (!pad || (int64_t)normal.n < json_int(pad, "from", INT64_MAX))
		return o;
	str padded = normal;
	while ((int64_t)padded.n < json_int(s, "length", 0))
		padded = str_cat(a, json_str(pad, "character"), padded);
	if (identifier_check(a, p, scheme, padded, &whole) == OK) {
		json_set_str(a, o, "padded", whole);
		json_set(a, o, "consent", json_copy(a, json_get(pad, "message")));
	}
	return o;
}
