#include "kernel/calls.h"
#include "kernel/statements.h"

#define SHARE_ARENA_BYTES ((size_t)64 * 1024)

static err share_decide(struct tx *tx, void *ctx)
{
	struct calls *c = ctx;
	db_exec(tx->db, &sql_calls_expire, D_INT(tx->now));
	db_exec(tx->db, &sql_calls_set, D_INT(c->caller), D_INT(c->node), D_INT(c->ends),
	        D_INT(c->calls));
	int64_t others = db_query_int(tx->db, &sql_calls_others, 0, D_INT(c->caller), D_INT(c->node),
	                              D_INT(c->ends));
	if (db_error(tx->db))
		return db_error(tx->db);
	c->others = others;
	return OK;
}

bool calls_share(struct kernel *k, struct calls *c)
{
	arena *a = arena_create(SHARE_ARENA_BYTES);
	struct calls told = *c;
	struct action act = {.k = k, .a = a, .decide = share_decide, .ctx = &told};
	bool done = a && kernel_run(&act) == OK;
	if (done)
		c->others = told.others;
	if (a)
		arena_destroy(a);
	return done;
}
