/* private.h - the auditor's own picture of the books. */
#ifndef SYSTEMS_PAYMENTS_AUDIT_PRIVATE_H
#define SYSTEMS_PAYMENTS_AUDIT_PRIVATE_H

#include "systems/payments/audit/audit.h"

struct audit {
	arena *a;
	struct audit_report *out;
	json *table; /* name -> key -> row: column -> text */
	json *seen;  /* what the checks remember: "kind:id" -> text */
	int64_t events;
};

#define SENSE(name, doc) FINDING_##name,
enum finding {
#include "systems/payments/audit/sense.def"
};
#undef SENSE

void find(struct audit *u, str name, str where, str expected, str found);
void find_sense(struct audit *u, enum finding f, int64_t id, int64_t expected, int64_t found);

/* A row of a table; NULL if there is none. */
json *row_get(struct audit *u, const char *table, str key);
json *row_new(struct audit *u, const char *table, str key);
str key_of(struct audit *u, int64_t id);
void set_num(struct audit *u, json *row, const char *column, int64_t v);
void set_text(struct audit *u, json *row, const char *column, str v);
int64_t get_num(const json *row, const char *column);
void add_num(struct audit *u, json *row, const char *column, int64_t by);
bool is(const json *row, const char *column, const char *value);

/* model.c: what an event of payments does. money.c: what one of the ledger does. */
void model_event(struct audit *u, const struct event *e);
void money_event(struct audit *u, const struct event *e);
/* payout.c: what one of vouchers and batches does; `kind` without "payment.". */
void payout_event(struct audit *u, const struct event *e, str kind);
void payouts_booked(struct audit *u);
/* money.c: something that must have been booked, with which amount and end. */
void booked(struct audit *u, str key, int64_t amount, const char *state);
/* What must hold when all is read. */
void money_end(struct audit *u);
void model_end(struct audit *u);
/* Remembered once; false when it was there. */
bool first_time(struct audit *u, const char *what, str key, str value);
str remembered(struct audit *u, const char *what, str key);

#endif
