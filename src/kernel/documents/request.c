#include "kernel/documents/documents.h"

/* The order as the job will find it. */
err document_request(struct tx *tx, const struct document_order *o)
{
	json *p = json_object(tx->a);
	json_set_str(tx->a, p, "kind", o->kind);
	json_set_str(tx->a, p, "prefix", o->prefix);
	json_set_int(tx->a, p, "case", o->case_id);
	json_set_int(tx->a, p, "subject", o->subject);
	json_set_str(tx->a, p, "entity", o->entity);
	json_set_int(tx->a, p, "instance", o->instance);
	tx_later(tx, "document.issue", o->key, 0, p);
	return OK;
}
