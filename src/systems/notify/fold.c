#include "systems/notify/notify_in.h"

#define DB_STATEMENTS     "systems/notify/statements.def"
#define DB_STATEMENT_LIST notify_statements
#include "db/declare.h"

void fold_notice_queued(dbc *c, arena *a, const struct event *e)
{
	const json *d = e->data;
	bool mail = json_truth(d, "email");
	db_exec(c, &sql_notice_add, D_INT(e->subject), D_INT(json_int(d, "id", 0)),
	        D_TEXT(json_str(d, "code")), D_INT(e->at), D_TEXT(json_str(d, "on")),
	        D_TEXT(json_str(d, "message")), D_TEXT(e->entity), D_TEXT(json_str(d, "reference")),
	        D_INT(e->case_id), D_INT(json_truth(d, "inbox")), D_INT(mail),
	        D_TEXT(mail ? STR("queued") : (str){0}), D_TEXT(event_secret_text(a, e, "subject")),
	        D_TEXT(event_secret_text(a, e, "body")));
}

static void email_state(dbc *c, const struct event *e, const char *state)
{
	db_exec(c, &sql_notice_email, D_INT(e->subject), D_INT(json_int(e->data, "id", 0)),
	        D_TEXT(str_of(state)));
}

void fold_notice_sent(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	email_state(c, e, "sent");
}

void fold_notice_failed(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	email_state(c, e, "failed");
}

void fold_notice_read(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	db_exec(c, &sql_notice_open, D_INT(e->subject), D_INT(json_int(e->data, "id", 0)),
	        D_INT(e->at));
}

void fold_notice_archived(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	db_exec(c, &sql_notice_archive, D_INT(e->subject), D_INT(json_int(e->data, "id", 0)),
	        D_INT(json_truth(e->data, "archived")));
}

void notify_follow_erased(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	db_exec(c, &sql_notice_erase, D_INT(e->subject));
}

bool notice_get(dbc *c, arena *a, int64_t to, int64_t id, bool inbox, struct stored *out)
{
	rows *r = inbox ? db_query(c, &sql_notice_get, D_INT(to), D_INT(id))
	                : db_query(c, &sql_notice_mail, D_INT(to), D_INT(id));
	bool found = db_next(r);
	if (found)
		*out = (struct stored){
		    .id = db_int(r, 0),
		    .to = db_int(r, 1),
		    .at = db_int(r, 2),
		    .read = db_int(r, 3),
		    .code = str_dup(a, db_text(r, 4)),
		    .entity = str_dup(a, db_text(r, 5)),
		    .reference = str_dup(a, db_text(r, 6)),
		    .email_state = str_dup(a, db_text(r, 7)),
		    .subject = json_parse(a, str_dup(a, db_text(r, 8)), NULL),
		    .body = json_parse(a, str_dup(a, db_text(r, 9)), NULL),
		    .archived = db_int(r, 10) != 0,
		};
	db_done(r);
	return found;
}
