/*
 * bpmn_suite.h - the process test files of a folder (diwan bpmn test).
 *
 * NAME.test.json beside NAME.bpmn holds cases (engine/bpmn/cases.h); NAME.parse.json
 * counts the elements of a model that must load and draw; a .bpmn below a folder
 * "reject" must be refused by a named rule.
 */
#ifndef APP_BPMN_SUITE_H
#define APP_BPMN_SUITE_H

#include "base/str.h"

/* Prints a line a case and "N passed, N failed"; `only` is a glob on paths, `out`
 * takes the results as JSON (either may be NULL). Returns an exit code. */
int bpmn_suite(const char *dir, const char *only, const char *out);

#endif
