/*
 * page_rule.c - how a fee is worked out, and the rules of the country: the tables, and
 * what they would say.
 *
 * The form asks for the inputs of the model itself and runs the same decision that a
 * submission runs; the answer shows which rules matched. Nothing is recorded.
 */
#include "base/utf8.h"
#include "systems/guide/guide_in.h"

#define TRIAL_STEPS 200000
#define INPUT_CHARS 100
#define CHOICES_MAX 40

struct trial {
	struct req *r;
	const struct service *s;          /* whose fee it is; NULL of a rule of the country */
	const struct service_decision *d; /* likewise */
	const struct dmn *model;
	str decision, amount;
	int64_t day;
	json *fields, *errors, *inputs; /* components, what is wrong, what the model gets */
	json *tables;
	const json *about; /* dmn_describe of the model */
	bool asked;
};

/* A cell of quoted values that all have a meaning, as people say them; NULL of others. */
static json *meant(struct req *r, const json *column, str cell)
{
	json *out = json_object(r->a);
	const json *meanings = json_get(column, "meanings");
	for (int l = 0; l < LANG_COUNT; l++) {
		buf b = buf_make(r->a, JSON_MAX_BYTES);
		str rest = cell, one;
		while (str_cut(&rest, ',', &one)) {
			one = str_trim(one);
			if (one.n < 2 || one.p[0] != '"' || one.p[one.n - 1] != '"')
				return NULL;
			const json *m = json_get_str(meanings, str_sub(one, 1, one.n - 1));
			str said = json_str(m, lang_code((enum lang)l));
			if (!said.n)
				return NULL;
			buf_puts(&b, b.n ? (l == LANG_AR ? "، " : ", ") : "");
			buf_put(&b, said);
		}
		json_set_str(r->a, out, lang_code((enum lang)l), buf_str(&b));
	}
	return out;
}

/* The cells of a rule as {"any"}, {"said": in words} or {"code": FEEL}, each with the
 * "label" of its column. */
static json *cells(struct req *r, const json *columns, const json *texts)
{
	json *out = json_array(r->a);
	const json *column = columns ? columns->first : NULL;
	for (const json *x = texts ? texts->first : NULL; x; x = x->next) {
		json *o = json_push(out, json_object(r->a)), *said = meant(r, column, x->s);
		if (str_eq(x->s, STR("true")) || str_eq(x->s, STR("false")))
			said = view_both(r, x->s.n == 4 ? "web.yes" : "web.no");
		if (str_eq(x->s, STR("-")))
			json_set_bool(r->a, o, "any", true);
		else if (said)
			json_set(r->a, o, "said", said);
		else
			json_set_str(r->a, o, "code", x->s);
		if (json_get(column, "label"))
			json_set(r->a, o, "label", json_copy(r->a, json_get(column, "label")));
		column = column ? column->next : NULL;
	}
	return out;
}

static json *tables(struct req *r, const struct dmn *m)
{
	json *out = json_array(r->a);
	const json *all = json_get(dmn_describe(r->a, m), "decisions");
	for (const json *d = all ? all->first : NULL; d; d = d->next) {
		json *t = dmn_table_view(r->a, m, json_str(d, "name"));
		if (!t)
			continue;
		const json *in = json_get(t, "input_columns"), *res = json_get(t, "output_columns");
		for (json *x = json_get(t, "rules")->first; x; x = x->next) {
			json_set(r->a, x, "inputs", cells(r, in, json_get(x, "inputs")));
			json_set(r->a, x, "outputs", cells(r, res, json_get(x, "outputs")));
		}
		json_push(out, t);
	}
	return out;
}

/* ---- the questions ---- */

/* The column that tests this input and lists its values ("\"citizen\",\"gcc\""), or NULL:
 * any text. */
static const json *listed(const struct trial *t, str input)
{
	for (const json *x = t->tables->first; x; x = x->next) {
		const json *columns = json_get(x, "input_columns");
		const json *in = json_get(x, "inputs");
		const json *expression = in ? in->first : NULL;
		for (const json *c = columns ? columns->first : NULL; c; c = c->next) {
			bool same = str_eq(json_str(c, "name"), input) ||
			            (expression && str_eq(json_text(expression), input));
			if (same && str_starts(json_str(c, "values"), STR("\"")))
				return c;
			expression = expression ? expression->next : NULL;
		}
	}
	return NULL;
}

static void choice(struct trial *t, json *items, str value, json *text, str chosen)
{
	json *o = json_push(items, json_object(t->r->a));
	json_set_str(t->r->a, o, "value", value);
	json_set(t->r->a, o, "text", text);
	if (value.n && str_eq(value, chosen))
		json_set_bool(t->r->a, o, "selected", true);
}

static json *choices(struct trial *t, const json *column, str chosen)
{
	json *items = json_array(t->r->a);
	const json *meanings = json_get(column, "meanings");
	str one, values = json_str(column, "values");
	choice(t, items, (str){0}, view_both(t->r, "guide.rule.choose"), chosen);
	while (items->count < CHOICES_MAX && str_cut(&values, ',', &one)) {
		one = str_trim(one);
		if (one.n > 2 && one.p[0] == '"')
			one = str_sub(one, 1, one.n - 1);
		const json *meaning = json_get_str(meanings, one);
		choice(t, items, one, meaning ? json_copy(t->r->a, meaning) : json_string(t->r->a, one),
		       chosen);
	}
	return items;
}

static json *yes_no(struct trial *t, str chosen)
{
	json *items = json_array(t->r->a);
	choice(t, items, (str){0}, view_both(t->r, "guide.rule.choose"), chosen);
	choice(t, items, STR("true"), view_both(t->r, "web.yes"), chosen);
	choice(t, items, STR("false"), view_both(t->r, "web.no"), chosen);
	return items;
}

/* Digits of any of the three scripts, one point: a JSON number; empty if it is none. */
static str number_typed(arena *a, str typed)
{
	buf b = buf_make(a, INPUT_CHARS * 4);
	size_t digits = 0, points = 0;
	for (str rest = typed; rest.n;) {
		uint32_t c = utf8_next(&rest);
		if (c >= 0x0660 && c <= 0x0669)
			c = '0' + (c - 0x0660);
		else if (c >= 0x06F0 && c <= 0x06F9)
			c = '0' + (c - 0x06F0);
		else if (c == 0x066B)
			c = '.';
		bool digit = c >= '0' && c <= '9';
		if (!digit && c != '.' && !(c == '-' && !b.n))
			return (str){0};
		digits += digit;
		points += c == '.';
		buf_putc(&b, (char)c);
	}
	str s = buf_str(&b);
	bool whole = digits && points <= 1 && s.p[s.n - 1] != '.' && s.p[0] != '.';
	return whole ? s : (str){0};
}

/* Puts the typed value into the model's inputs; false when it is not of its type. */
static bool take(struct trial *t, str name, str type, str typed)
{
	arena *a = t->r->a;
	if (!typed.n)
		return true;
	if (str_eq(type, STR("number"))) {
		str n = number_typed(a, typed);
		if (n.n)
			json_set_key(a, t->inputs, name, json_number(a, n));
		return n.n > 0;
	}
	if (str_eq(type, STR("boolean")))
		json_set_key(a, t->inputs, name, json_bool(a, str_eq(typed, STR("true"))));
	else
		json_set_key(a, t->inputs, name, json_string(a, typed));
	return true;
}

/* An amount of the card is not asked for: it is what it is today. */
static bool given(struct trial *t, str name)
{
	arena *a = t->r->a;
	const json *d = t->s ? json_get_str(json_get(t->s->definition, "decisions"), t->d->id) : NULL;
	str text = json_text(json_get_str(json_get(d, "inputs"), name));
	const json *fee = str_starts(text, STR("fees."))
	                      ? service_fee(t->s, str_sub(text, STR("fees.").n, text.n), t->day)
	                      : NULL;
	currency c;
	if (!fee || !currency_find(json_str(fee, "currency"), &c))
		return false;
	str amount = money_print(a, (money){json_int(fee, "amount_minor", 0)}, c);
	json_set_key(a, t->inputs, name, json_number(a, amount));
	return true;
}

static void question(struct trial *t, const json *input, int no)
{
	arena *a = t->r->a;
	if (given(t, json_str(input, "name")))
		return;
	str id = str_fmt(a, "in%d", no), name = json_str(input, "name"), type = json_str(input, "type");
	str typed = str_sub(str_trim(req_field(t->r, str_c(a, id))), 0, INPUT_CHARS);
	const json *values = listed(t, name);
	bool boolean = str_eq(type, STR("boolean"));
	json *o = json_push(t->fields, json_object(a));
	json_set_str(a, o, "type", boolean || values ? STR("select") : STR("input"));
	json_set_str(a, o, "id", id);
	json_set_str(a, o, "name", id);
	json_set(a, o, "label", json_copy(a, json_get(input, "label")));
	json_set_str(a, o, "value", typed);
	if (boolean || values)
		json_set(a, o, "items", boolean ? yes_no(t, typed) : choices(t, values, typed));
	if (take(t, name, type, typed))
		return;
	json_set(a, o, "error", view_both(t->r, "guide.rule.number"));
	json *e = json_push(t->errors, json_object(a));
	json_set(a, e, "text", view_both(t->r, "guide.rule.number"));
	json_set_str(a, e, "href", str_fmt(a, "#%.*s", STRF(id)));
}

/* ---- the answer ---- */

/* What is called so in this list: its label, or the name as it is. */
static json *called(struct trial *t, const json *list, str name)
{
	for (const json *x = list ? list->first : NULL; x; x = x->next)
		if (str_eq(json_str(x, "name"), name))
			return json_copy(t->r->a, json_get(x, "label"));
	return json_string(t->r->a, name);
}

/* What a person reads of one: yes and no in words, a text by its meaning if a column of
 * results tells one. */
static json *spoken(struct trial *t, const json *v)
{
	if (json_is(v, JSON_BOOL))
		return view_both(t->r, v->b ? "web.yes" : "web.no");
	for (const json *x = t->tables->first; json_is(v, JSON_STRING) && x; x = x->next) {
		const json *columns = json_get(x, "output_columns");
		for (const json *c = columns ? columns->first : NULL; c; c = c->next) {
			const json *m = json_get_str(json_get(c, "meanings"), v->s);
			if (m)
				return json_copy(t->r->a, m);
		}
	}
	return json_string(t->r->a, json_is(v, JSON_STRING) ? v->s : json_print(t->r->a, v));
}

static void outcome(struct trial *t, json *v, const json *value)
{
	arena *a = t->r->a;
	json *parts = json_set(a, v, "result", json_array(a));
	const json *decisions = json_get(t->about, "decisions"), *d = decisions->first;
	while (d && !str_eq(json_str(d, "name"), t->decision))
		d = d->next;
	const json *results = json_get(d, "results");
	for (const json *m = json_is(value, JSON_OBJECT) ? value->first : NULL; m; m = m->next) {
		json *o = json_push(parts, json_object(a));
		json_set(a, o, "key", called(t, results, m->key));
		json_set(a, o, "value", spoken(t, m));
	}
	if (!json_is(value, JSON_OBJECT)) {
		json *o = json_push(parts, json_object(a));
		json_set(a, o, "key", called(t, decisions, t->decision));
		json_set(a, o, "value", spoken(t, value));
	}
}

static void matched(struct trial *t, json *v, const json *trace)
{
	arena *a = t->r->a;
	json *list = json_set(a, v, "matched", json_array(a));
	for (const json *e = trace ? trace->first : NULL; e; e = e->next) {
		const json *rules = json_get(e, "rules");
		for (const json *m = rules ? rules->first : NULL; m; m = m->next) {
			json *o = json_push(list, json_object(a));
			json_set(a, o, "table", called(t, t->tables, json_str(e, "table")));
			json_set_int(a, o, "number", json_int(m, "index", 0));
			json_set(a, o, "meaning", json_copy(a, json_get(m, "annotations")));
		}
	}
}

static void answer_trial(struct trial *t, json *v)
{
	struct dmn_run run = dmn_run_make(t->r->a);
	json *value = NULL;
	run.now = t->r->now;
	run.steps_max = TRIAL_STEPS;
	run.trace = true;
	bool ran = dmn_eval(t->model, t->decision, t->inputs, &run, &value) == OK && value;
	const json *amount = ran && t->amount.n ? json_get_str(value, t->amount) : value;
	if (!ran || !amount || json_is(amount, JSON_NULL)) {
		json_set_bool(t->r->a, v, "no_result", true);
		return;
	}
	outcome(t, v, value);
	matched(t, v, run.trace_out);
}

/* The questions, the answer if it was asked for, and the tables. */
static err show(struct trial *t, json *v)
{
	struct req *r = t->r;
	int no = 0;
	t->fields = json_array(r->a);
	t->errors = json_array(r->a);
	t->inputs = json_object(r->a);
	t->tables = tables(r, t->model);
	t->asked = req_field(r, "try").n > 0;
	t->about = dmn_describe(r->a, t->model);
	for (const json *i = json_get(t->about, "inputs")->first; i; i = i->next)
		question(t, i, no++);
	json_set(r->a, v, "fields", t->fields);
	json_set(r->a, v, "errors", t->errors);
	if (t->asked && !t->errors->count)
		answer_trial(t, v);
	json_set(r->a, v, "tables", t->tables);
	r->cacheable = !t->asked;
	return req_view(r, "guide/rule", v);
}

err page_guide_rule(struct req *r)
{
	const struct pack *p;
	const struct service *s;
	if (guide_moved(r, "/services/", "/fee"))
		return OK;
	err e = guide_service(r, &p, &s);
	if (!e && !s->n_decisions)
		e = req_fail(r, ERR_not_found, "", "this service's fee is not worked out by a table");
	if (e)
		return e;
	const struct service_decision *d = &s->decisions[0];
	struct trial t = {.r = r,
	                  .s = s,
	                  .d = d,
	                  .model = d->model,
	                  .decision = d->decision,
	                  .amount = d->amount,
	                  .day = calendar_day(p->calendar, r->now)};
	json *v = json_object(r->a);
	guide_service_crumbs(r, p, s, v);
	guide_crumb(r, json_get(v, "crumbs"), json_copy(r->a, json_get(s->card, "title")),
	            str_c(r->a, str_cat(r->a, STR("/services/"), s->id)));
	json_set(r->a, v, "service", guide_about(r, s));
	return show(&t, v);
}

/* ---- rules of the country ---- */

static json *rule_about(struct req *r, const struct pack *p, const struct pack_decision *d)
{
	json *o = json_object(r->a);
	json_set_str(r->a, o, "id", d->id);
	json_set(r->a, o, "title", json_copy(r->a, json_get(d->about, "title")));
	json_set(r->a, o, "summary", json_copy(r->a, json_get(d->about, "description")));
	json_set(r->a, o, "entity", guide_entity_name(r->a, p, json_str(d->about, "owner")));
	return o;
}

static json *rule_crumbs(struct req *r, json *v)
{
	json *crumbs = json_set(r->a, v, "crumbs", guide_crumbs(r));
	guide_crumb(r, crumbs, view_both(r, "guide.title"), "/guide");
	return crumbs;
}

err page_guide_rules(struct req *r)
{
	const struct pack *p;
	err e = guide_pack(r, &p);
	if (e)
		return e;
	int64_t day = calendar_day(p->calendar, r->now);
	json *v = json_object(r->a), *list = json_set(r->a, v, "rules", json_array(r->a));
	guide_crumb(r, rule_crumbs(r, v), view_both(r, "guide.rules"), NULL);
	for (size_t i = 0; i < p->n_decisions; i++)
		if (p->decisions[i].from <= day && day < p->decisions[i].to)
			json_push(list, rule_about(r, p, &p->decisions[i]));
	r->cacheable = true;
	return req_view(r, "guide/rules", v);
}

err page_guide_decision(struct req *r)
{
	const struct pack *p;
	err e = guide_pack(r, &p);
	if (e)
		return e;
	int64_t day = calendar_day(p->calendar, r->now);
	const struct pack_decision *d = pack_decision_at(p, req_param(r, "id"), day);
	if (!d)
		return req_fail(r, ERR_not_found, "", "there is no such rule");
	struct trial t = {
	    .r = r, .model = d->model, .decision = json_str(d->about, "decision"), .day = day};
	json *v = json_object(r->a);
	guide_crumb(r, rule_crumbs(r, v), view_both(r, "guide.rules"), "/rules");
	json_set(r->a, v, "service", rule_about(r, p, d));
	json_set_bool(r->a, v, "country", true);
	return show(&t, v);
}
