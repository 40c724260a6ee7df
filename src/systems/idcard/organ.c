#include "systems/idcard/idcard.h"

#include "kernel/cases/cases.h"

#define STMT(n, t) extern struct sql sql_##n;
#include "systems/idcard/statements.def"
#undef STMT

#define DB_STATEMENTS     "systems/idcard/statements.def"
#define DB_STATEMENT_LIST idcard_statements
#include "db/declare.h"

#define NUMBER_FIRST    100000001 /* nine digits */
#define NUMBER_LAST     899999999 /* above are those of trials */
#define YEARS_VALID     5
#define YEARS_VALID_OLD 10
#define AGE_OLD         70 /* over it a card is valid for longer */

static void fold_card_recorded(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	db_exec(c, &sql_idcard_set, D_INT(json_int(e->data, "order", 0)));
}

static void fold_card_cancelled(dbc *c, arena *a, const struct event *e)
{
	(void)c, (void)a, (void)e; /* the card itself stands in the person's records */
}

/* ---- validity ---- */

/* The same civil day so many years on; 29 February becomes the 28th. */
static int64_t years_on(int64_t day, int years)
{
	int32_t y;
	int m, d;
	civil_from_days(day, &y, &m, &d);
	if (!date_valid(y + years, m, d))
		d = 28;
	return days_from_civil(y + years, m, d);
}

static int64_t last_day(str birth_date, int64_t day)
{
	int64_t born;
	bool old = date_parse(birth_date, &born) && years_on(born, AGE_OLD + 1) <= day;
	return years_on(day, old ? YEARS_VALID_OLD : YEARS_VALID) - 1;
}

/* ---- what happens to cards ---- */

static err tell(struct tx *tx, const struct kase *q, const char *kind, const json *card, json *data)
{
	return tx_emit(tx, (struct emission){.kind = kind,
	                                     .entity = q->entity,
	                                     .subject = q->applicant,
	                                     .case_id = q->id,
	                                     .data = data,
	                                     .secret = json_copy(tx->a, card)});
}

static err cancel_all(struct tx *tx, const struct kase *q, json *cards, const char *reason)
{
	err e = OK;
	for (json *v = cards->first; v && e == OK; v = v->next) {
		if (str_eq(json_str(v, "status"), STR("revoked")))
			continue;
		json *data = json_object(tx->a);
		json_set_str(tx->a, v, "status", STR("revoked"));
		json_set_str(tx->a, data, "reason", str_of(reason));
		e = tell(tx, q, "card.cancelled", v, data);
	}
	return e;
}

static err make(struct tx *tx, const struct kase *q, const struct person *p, json *records)
{
	const json *cards = json_get(records, "cards");
	const struct pack *pack = pack_current(tx->k);
	int64_t today = pack ? calendar_day(pack->calendar, tx->now) : tx->now / DAY;
	int64_t last = db_query_int_args(tx->db, &sql_idcard_last, 0, NULL, 0);
	int64_t number = last < NUMBER_FIRST ? NUMBER_FIRST : last + 1;
	if (number > NUMBER_LAST)
		return tx_fail(tx, ERR_budget, "", "there are no numbers left for cards");
	json *card = json_object(tx->a), *data = json_object(tx->a), *all = json_array(tx->a);
	json_set_str(tx->a, card, "serial", str_fmt(tx->a, "%09lld", (long long)number));
	json_set_str(tx->a, card, "issued", date_print(tx->a, today));
	json_set_str(tx->a, card, "expires", date_print(tx->a, last_day(p->birth_date, today)));
	json_set_str(tx->a, card, "status", STR("active"));
	json_set_int(tx->a, data, "order", number);
	/* Newest first, as services read them. */
	json_push(all, card);
	for (const json *v = cards->first; v; v = v->next)
		json_push(all, json_copy(tx->a, v));
	json_set(tx->a, records, "cards", all);
	return tell(tx, q, "card.recorded", card, data);
}

static err change(struct tx *tx, const struct kase *q, const char *reason, bool new_card)
{
	struct person p;
	if (!person_get(tx->db, tx->a, q->applicant, &p))
		return OK; /* erased meanwhile: nobody to hold a card */
	json *records = p.records ? json_copy(tx->a, p.records) : json_object(tx->a);
	json *cards = json_get(records, "cards");
	if (!json_is(cards, JSON_ARRAY))
		cards = json_set(tx->a, records, "cards", json_array(tx->a));
	err e = cancel_all(tx, q, cards, reason);
	if (e == OK && new_card)
		e = make(tx, q, &p, records);
	return e ? e : person_update_records(tx, q->applicant, records);
}

/* ---- cases ---- */

/* What the case's service does to cards; empty for most. */
static str effect_of(struct tx *tx, const struct event *e, struct kase *q)
{
	if (!case_get(tx->db, tx->a, e->case_id, q))
		return (str){0};
	const struct service *s = service_at(tx->k, tx->db, q->service, q->version);
	return s ? json_str(json_get(s->definition, "effects"), "card") : (str){0};
}

/* A card reported lost or stolen opens nothing from that moment on. */
static err on_submitted(struct tx *tx, const struct event *e)
{
	struct kase q;
	return str_eq(effect_of(tx, e, &q), STR("replace-lost")) ? change(tx, &q, "lost", false) : OK;
}

static err on_approved(struct tx *tx, const struct event *e)
{
	struct kase q;
	str effect = effect_of(tx, e, &q);
	if (!effect.n)
		return OK;
	return change(tx, &q, str_eq(effect, STR("renew")) ? "renewed" : "replaced", true);
}

static const struct event_kind events[] = {
#define EVENT(name, kind, version, doc) {kind, version, fold_##name, doc},
#include "systems/idcard/events.def"
#undef EVENT
};

static const struct reactor reactors[] = {
    {"case.submitted", on_submitted},
    {"case.approved", on_approved},
};

static const struct derived derived[] = {{"idcard_number", "id"}};

static const struct organ organ = {
    .name = "systems/idcard",
    .events = events,
    .n_events = COUNT(events),
    .reactors = reactors,
    .n_reactors = COUNT(reactors),
    .derived = derived,
    .n_derived = COUNT(derived),
    .statements = idcard_statements,
};

const struct system idcard_system = {.organ = &organ};
