/*
 * audit.h - the books of payments, worked out again by somebody else's hand.
 *
 * Reads the journal from its first record and, with code of its own (none of the
 * folds, none of the ledger), works out what every table of payments and of the
 * ledger must hold and whether what happened was allowed to happen. Then it reads
 * the tables. Each finding has a name:
 *   TABLE.column   a row says something else than the record
 *   TABLE.lost     a row is missing        TABLE.invented   nothing explains a row
 *   and the names in sense.def for what should not have happened at all
 * Nothing is changed. Thread safety: any thread, with a connection of its own.
 */
#ifndef SYSTEMS_PAYMENTS_AUDIT_AUDIT_H
#define SYSTEMS_PAYMENTS_AUDIT_AUDIT_H

#include "kernel/kernel.h"

#define AUDIT_FINDINGS_MAX 1000 /* told; the rest is counted */

struct audit_report {
	int64_t events, rows, findings;
	json *list; /* [{"name", "where", "expected", "found"}] */
};

err payments_audit(struct kernel *k, dbc *c, arena *a, struct audit_report *out);

#endif
