#include "kernel/cases/cases.h"
#include "kernel/outbox/outbox.h"
#include "systems/operator/operator_in.h"

#define STUCK_SHOWN 100

static void number(struct req *r, json *list, const char *key, int64_t n)
{
	json *o = json_push(list, json_object(r->a));
	json_set_str(r->a, o, "key", str_of(key));
	json_set_int(r->a, o, "value", n);
}

static void numbers(struct req *r, json *v)
{
	json *list = json_set(r->a, v, "numbers", json_array(r->a));
	struct outbox_counts jobs = outbox_counts(r->db);
	number(r, list, "operator.jobs.ready", jobs.ready);
	number(r, list, "operator.jobs.running", jobs.running);
	number(r, list, "operator.jobs.dead", jobs.dead);
	if (r->k->writer) {
		struct writer_stats w = writer_stats_read(r->k->writer);
		number(r, list, "operator.queue", w.queue);
		number(r, list, "operator.commands", w.commands);
		number(r, list, "operator.batches", w.batches);
	}
	number(r, list, "operator.records",
	       db_query_int_args(r->db, &sql_operator_records, 0, NULL, 0));
	rows *q = db_query_args(r->db, &sql_operator_checkpoint, NULL, 0);
	if (db_next(q)) {
		number(r, list, "operator.sealed", db_int(q, 0));
		json_set_int(r->a, v, "sealed_at", db_int(q, 1));
	}
	db_done(q);
}

err page_operator_home(struct req *r)
{
	json *v = json_object(r->a);
	numbers(r, v);
	json_set(r->a, v, "jobs", outbox_dead(r->db, r->a, STUCK_SHOWN));
	json_set(r->a, v, "cases", cases_parked(r->db, r->a, STUCK_SHOWN));
	json_set_bool(r->a, v, "mail", config_text(r->k->config, SETTING_mail_box).n > 0);
	return req_view(r, "operator/home", v);
}

/* ---- again ---- */

static err number_of(struct req *r, int64_t *id)
{
	return req_param_id(r, "id", id) ? OK
	                                 : req_fail(r, ERR_not_found, "", "there is no such number");
}

err prepare_operator_job_retry(struct req *r)
{
	int64_t id;
	return number_of(r, &id);
}

err decide_operator_job_retry(struct tx *tx, struct req *r)
{
	int64_t id = 0;
	req_param_id(r, "id", &id);
	err e = outbox_retry(tx, id);
	if (e)
		return e;
	json *d = json_object(tx->a);
	json_set_int(tx->a, d, "job", id);
	return tx_emit(tx, (struct emission){.kind = "operator.job_retried", .data = d});
}

err answer_operator_job_retry(struct req *r)
{
	scheduler_wake(r->k);
	req_flash(r, "operator.retried");
	return req_redirect(r, "/operator");
}

err prepare_operator_case_retry(struct req *r)
{
	int64_t id, instance = req_field_int(r, "instance", -1, 0, INT64_MAX);
	if (instance < 0)
		return req_fail(r, ERR_form_invalid, "instance", "which step?");
	return number_of(r, &id);
}

err decide_operator_case_retry(struct tx *tx, struct req *r)
{
	int64_t id = 0;
	req_param_id(r, "id", &id);
	return case_retry(tx, id, req_field_int(r, "instance", 0, 0, INT64_MAX));
}

err answer_operator_case_retry(struct req *r)
{
	req_flash(r, "operator.retried");
	return req_redirect(r, "/operator");
}
