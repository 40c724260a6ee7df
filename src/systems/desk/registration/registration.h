/*
 * registration.h - GovStack's Registration building block over the same cases.
 *
 * Its paths stand below REG_BASE; what it calls them and what they are here:
 *   service      a service that is applied for online: serviceId is a UUID made of its
 *                id (reg_service_id); the id itself is taken as well
 *   eForm        the questions of an application, or of an officer's task:
 *                "SERVICE.application", "SERVICE.KEY"
 *   application  a case: fileId is its reference, applicantId the applicant's personal
 *   file         number; formData.data maps each question to {"value": answer}
 *   task         an open task of a case; mainTaskId is the first open one
 *   document     a file that a program of the same body sent
 * docs/agency-api.md is the manual for those who call it. Private to the desk.
 */
#ifndef DESK_REGISTRATION_H
#define DESK_REGISTRATION_H

#include "systems/desk/desk_in.h"

#include "kernel/files/files.h"

#define REG_BASE        "/api/govstack/registration"
#define REG_RESULTS     25
#define REG_RESULTS_MAX 200
#define REG_SKIP_MAX    10000 /* of firstResult: who wants more filters */
#define REG_NAME_CHARS  200

/* ---- common.c ---- */

/* Refused in the interface's own shape (systemError); `message` is a key of the
 * catalogue. Gives OK: the answer is set. */
err reg_refuse(struct req *r, int status, const char *message);
/* There is nothing there, or nothing for this caller: the same. */
err reg_nothing(struct req *r);
/* Who calls? `client`: must the header Information-Mediator-Client be there? Go on only
 * if it gives OK and set no answer (reg_answered). */
err reg_enter(struct req *r, bool client);
bool reg_answered(const struct req *r);

str reg_service_id(arena *a, str id);
/* Can it be applied for online today? */
bool reg_offered(const struct req *r, const struct service *s);
/* By either name; NULL: there is none that is applied for online. */
const struct service *reg_service(struct req *r, str id);
str reg_title(struct req *r, const struct service *s, str id);
str reg_form_id(arena *a, str service, str key); /* empty key: of an application */

json *reg_status(struct req *r, const struct kase *q);
void reg_time(struct req *r, json *o, const char *name, instant t); /* left out when 0 */
str reg_applicant_id(struct req *r, int64_t person);
str reg_name(struct req *r, int64_t person); /* in the reader's language */
str reg_role(struct req *r, str role);
/* {"question": {"value": answer}} and back; a plain answer is taken as well. */
json *reg_wrap(arena *a, const json *answers);
json *reg_unwrap(arena *a, const json *data);
/* Members of `over` replace those of `under`. */
json *reg_merge(arena *a, const json *under, const json *over);

/* ---- file.c: what a program told of a case beside its answers ---- */

struct registration {
	str name; /* applicationName */
	instant created;
	int64_t task;   /* that `operator` was typed for, or 0 */
	json *operator; /* an officer's answers, not given yet */
};
void reg_told(dbc *c, arena *a, int64_t case_id, struct registration *out);
json *reg_file(struct req *r, const struct kase *q);

/* May the caller's officer act for the applicant in this service? */
bool reg_acts_for(struct req *r, int64_t applicant, str service);

/* ---- document.c ---- */

/* The file of a document's address that a program of this body sent; false if none. */
bool reg_document(dbc *c, arena *a, const struct rights *who, str url, struct file_info *out);
str reg_document_url(struct req *r, str file);
/* Every file of the answers, as addresses. */
void reg_documents_of(struct req *r, json *list, const json *answers);

/* ---- tasks.c ---- */

bool reg_first_task(dbc *c, arena *a, int64_t case_id, struct task *out);

#endif
