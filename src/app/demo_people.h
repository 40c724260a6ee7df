/*
 * demo_people.h - the invented crowd of a demonstration: its names, numbers and files.
 */
#ifndef APP_DEMO_PEOPLE_H
#define APP_DEMO_PEOPLE_H

#include "base/rng.h"
#include "kernel/cases/cases.h"
#include "kernel/pack/pack.h"

/* The account of demo.json with this id; NULL if there is none. */
const json *demo_account(const struct pack *p, str id);

/* A scenario's JSON as of another day and another person: dates are `days` later, and
 * the texts equal to `number` become `own`. */
json *demo_moved(arena *a, const json *v, int64_t days, str number, str own);

/* Registers somebody like the account (group, birth, register entries), under a new name
 * and number; *id. For decide functions. */
struct demo_person {
	const struct pack *pack;
	const json *like;
	int64_t days; /* register entries are that much later */
	rng *random;
	int64_t id;
	str number; /* in the command's arena */
};
err demo_person_put(struct tx *tx, void *demo_person);

/* Keeps a file of the right kind in the place of each that the answers name (no scenario
 * brings its files), for a case: an invented document, a picture without a face. */
err demo_files_put(struct kernel *k, arena *a, const struct kase *q, json *answers, rng *random);

#endif
