/*
 * identity.h - people, how they prove who they are, and entities.
 *
 * A person is known by an id that says nothing; name, national number, contact
 * data are personal and live in sealed events and one derived table. Credentials
 * (argon2id hash, TOTP secret) are not in the journal: only that they changed.
 */
#ifndef KERNEL_IDENTITY_H
#define KERNEL_IDENTITY_H

#include "kernel/session/session.h"

struct person {
	int64_t id;
	str national_number;
	str name_en, name_ar;
	str nationality;        /* ISO 3166 alpha-3; "BHR" = citizen */
	str group;              /* "citizen", "gcc", "resident", "domestic_worker" */
	str birth_date, sex, email, phone, language;
	bool staff;
	json *records;          /* what registers hold: {"cards": [...]}; NULL if nothing */
};

bool person_get(dbc *c, arena *a, int64_t id, struct person *out);
bool person_by_number(dbc *c, arena *a, str national_number, struct person *out);
/* Names alone, of many at once, for lists: out[i] is of id[i]; not `known` when nobody has
 * that id. */
struct person_names {
	bool known;
	str en, ar;
};
void person_names(dbc *c, arena *a, const int64_t *id, size_t n, struct person_names *out);
/* Whether all that is known of them is the same. */
bool person_equal(const struct person *p, const struct person *q);
/* For forms' prefill and documents: the person as a JSON object
 * {id, number, national_number, name:{en,ar}, nationality, group, birth_date, sex,
 * email, phone} and the members of its records: `applicant` in a service's
 * expressions and the source of a form's prefill. */
json *person_view(arena *a, const struct person *p);
/* "A. B." from a name: what a public page may show. */
str person_initials(arena *a, str name);

/* Registers; event person.registered. p->id is chosen when 0. */
err person_register(struct tx *tx, struct person *p);
/* A register tells something new: replaces the records; event person.records_changed. */
err person_update_records(struct tx *tx, int64_t id, const json *records);
err person_update_contact(struct tx *tx, int64_t id, str email, str phone, str language);
/* Destroys the person's key and empties derived rows; event person.erased. */
err person_erase(struct tx *tx, int64_t id, str reason);

/* ---- signing in ---- */

/* Slow on purpose (argon2id, 19 MiB): outside transactions, and at most
 * PASSWORD_AT_ONCE at a time over the process; others wait. */
#define PASSWORD_AT_ONCE 2
#define PASSWORD_MIN_CHARS 8
str password_hash(arena *a, str password);
bool password_check(str hash, str password);

struct credential {
	str password_hash;
	str totp_secret;        /* 20 bytes, unsealed */
	int64_t totp_step;      /* of the last code used */
};
bool credential_get(struct kernel *k, dbc *c, arena *a, int64_t person, struct credential *out);
err credential_set(struct tx *tx, int64_t person, str password_hash, str totp_secret);

/* Throttling (NIST SP 800-63B-4 3.2.2): after SIGN_IN_FREE failures each further
 * one doubles the wait, to at most SIGN_IN_WAIT_MAX; a success resets. Counted by
 * national number and by source address, whether or not the person exists. */
#define SIGN_IN_FREE 5
#define SIGN_IN_WAIT_MAX (15 * MINUTE)
err sign_in_allowed(dbc *c, str number, str address, instant now, instant *retry_at);
void sign_in_failed(struct tx *tx, str number, str address);
void sign_in_succeeded(struct tx *tx, str number);

/* One-time codes: TOTP (RFC 6238, SHA-1, 30 s, 6 digits, one step of drift, each
 * code once) and codes sent to the person (6 digits, 10 minutes, 5 tries). */
bool totp_check(str secret, str code, instant now, int64_t last_step, int64_t *step);
str totp_code(arena *a, str secret, instant now);
str totp_uri(arena *a, str secret, str issuer, str account);
/* Makes a code for the session and returns it (the caller sends it). */
str code_make(struct tx *tx, str session_id, int64_t person);
/* Takes either kind. A wrong code is counted: the caller keeps the transaction
 * (returns OK from decide) and tells the person with the error given here. */
err code_use(struct tx *tx, str session_id, int64_t person, str code);

/* ---- entities ---- */

struct entity {
	str id, name_en, name_ar, kind, parent;
};
/* The entity with the name it had at `at`. */
bool entity_get(dbc *c, arena *a, str id, instant at, struct entity *out);
/* Of many at once, for lists: out[i] of id[i]; it stays as it is where there is none. */
void entity_get_each(dbc *c, arena *a, const str *id, size_t n, instant at, struct entity *out);
/* All of them by English name; returns how many. */
size_t entity_all(dbc *c, arena *a, instant at, struct entity *out, size_t max);
/* {id, name:{en,ar}, kind, parent} */
json *entity_view(arena *a, const struct entity *e);

#endif
