/* An application being filled in: a draft, or a returned case being answered. */
#ifndef SYSTEMS_PORTAL_APPLYING_H
#define SYSTEMS_PORTAL_APPLYING_H

#include "systems/portal/portal_in.h"

#include "kernel/cases/cases.h"
#include "kernel/files/files.h"
#include "kernel/identity/mandate.h"

struct applying {
	struct kase q;
	const struct service *s;
	bool returned;       /* the applicant owes an answer */
	struct person who;
	json *applicant;     /* person_view */
	json *answers, *raw; /* with what registers know */
	bool known;          /* the draft has just these answers: registers know nothing new */
	const struct case_ready *ready; /* to be sent as it is, or NULL */
};

/* "IDL-2026-000042"; of a draft, which has none yet, its id. */
str case_name(arena *a, const struct kase *q);
/* The person's own case named by the route's :reference; otherwise journals the
 * denial and refuses with ERR_not_found, whether or not there is such a case. */
err own_case(struct req *r, struct kase *out);
bool case_named(dbc *c, arena *a, str name, struct kase *out);
/* The service in the version that counts: a draft's is the one in force. */
const struct service *case_service(struct kernel *k, dbc *c, const struct kase *q);

/* Reads it all, with any connection. ERR_case_state when nothing can be filled in,
 * ERR_not_found when it is not this person's. */
err applying_read(struct kernel *k, dbc *c, arena *a, int64_t person, instant now, str name,
                  struct applying *out);
/* For a page or prepare: refuses as own_case does. */
err applying_of(struct req *r, struct applying *out);
/* Keeps answers and what was typed: event case.saved or portal.change_saved. */
err applying_save(struct tx *tx, const struct applying *p, const json *answers, const json *raw);

struct form_env form_env_of(struct req *r);
/* The reader's address of a page of the form, or of the check page when it is -1. */
str page_path(arena *a, const struct applying *p, ptrdiff_t page);
/* The first page that is not complete, or -1: check answers. */
ptrdiff_t first_open(struct req *r, const struct applying *p);

/* Refuses as own_case does. */
err nothing_here(struct req *r);
/* Is it the person's own or of a case of theirs (own_case), or may they read it as an
 * officer of its entity? */
bool may_see(struct req *r, int64_t subject, int64_t case_id, str entity);
bool case_is_own(struct req *r, const struct kase *q);

/* documents[] of a case's page, and the receipt of its confirmation. */
void documents_view(struct req *r, json *view, const struct kase *q);
void receipt_view(struct req *r, json *view, const struct kase *q);
/* "31 KB" */

/* Has the person an application that is sent and not decided? */
bool has_open_cases(dbc *c, arena *a, int64_t person);

/* {id, title} */
json *service_view(arena *a, const struct service *s, str id);
/* The fee that would be asked now; false when the service asks none. */
bool fee_now(struct req *r, const struct applying *p, struct decision_answer *fee, str *code);
json *money_view(arena *a, int64_t minor, str code);

/* appeal.c: "appeal" of an application's page: until when, where, and whether one runs. */
void appeal_view(struct req *r, json *v, const struct kase *q);

#endif
