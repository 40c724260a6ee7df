/*
 * cases.h - runs process test files (format "diwan-bpmn-test/1").
 *
 * A case is a list of steps against virtual time; messages and signals that one
 * process throws reach the others of the file, as the kernel would carry them.
 */
#ifndef ENGINE_BPMN_CASES_H
#define ENGINE_BPMN_CASES_H

#include "base/json.h"

/* Runs one case. `xml` is the model, `test` the file's JSON, `which` one member
 * of its "cases". True if it went as expected; else *why says what did not. */
bool bpmn_case_run(arena *a, str xml, const json *test, const json *which, str *why);

#endif
