/*
 * report.h - figures counted from the journal (spec 02): statistics with their
 * definitions, the records behind them, and their recomputation.
 *
 * Nobody types a figure in. Each indicator of indicators.def says which events it
 * counts; folds keep sums by day and service (report_day) and one row a case for
 * what is not a sum (report_case). An indicator can be worked out again from the
 * journal itself, and then also gives the hash of the records it was made from.
 */
#ifndef SYSTEMS_REPORT_H
#define SYSTEMS_REPORT_H

#include "web/route.h"

extern const struct system report_system;

#endif
