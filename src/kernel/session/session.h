/*
 * session.h - who is signed in, and for how long.
 *
 * A session is a row found by the SHA-256 of a 256-bit random token; the token
 * is only in the browser's cookie. It ends after an idle and an absolute limit
 * (NIST SP 800-63B-4: citizens 1 h idle, 24 h in all; staff 15 min and 12 h), at
 * sign-out, and for all of a person at once. The token is exchanged at every
 * change of level (password -> one-time code).
 */
#ifndef KERNEL_SESSION_H
#define KERNEL_SESSION_H

#include "kernel/authority/authority.h"

#define SESSION_TOKEN_BYTES 32
#define SESSION_IDLE_CITIZEN (1 * HOUR)
#define SESSION_MAX_CITIZEN (24 * HOUR)
#define SESSION_IDLE_STAFF (15 * MINUTE)
#define SESSION_MAX_STAFF (12 * HOUR)
#define SESSION_TOUCH (1 * MINUTE)   /* last use is written at most this often */

enum session_level {
	SESSION_NONE,       /* nobody; the token only carries a CSRF secret */
	SESSION_PASSWORD,   /* password given, one-time code still owed */
	SESSION_FULL,
};

struct session {
	str token;              /* base64url, as in the cookie */
	str id;                 /* hex of its hash: may be logged and stored */
	enum session_level level;
	int64_t person;
	str name_en, name_ar;
	bool staff;
	instant created, used, expires;
	struct rights rights;   /* empty below SESSION_FULL */
};

/* Reads the session of a token; a missing, foreign or expired one gives
 * level SESSION_NONE and an empty token. */
struct session session_read(dbc *c, arena *a, str token, instant now);

/* Each makes a fresh token, returned in *out (token, id, level set). */
err session_open(struct tx *tx, int64_t person, enum session_level level, struct session *out);
err session_raise(struct tx *tx, const struct session *s, struct session *out);
err session_close(struct tx *tx, const struct session *s);
err session_close_all(struct tx *tx, int64_t person);
/* Marks it used; called by the web server, which keeps to SESSION_TOUCH. */
void session_touch(struct kernel *k, str id, instant now);

/* A token for forms: HMAC-SHA256 of `purpose` under the session's token. */
str session_csrf(arena *a, str token, str purpose);

#endif
