#include "kernel/kernel.h"

#include "base/log.h"
#include "db/migrate.h"
#include "kernel/files/examine.h"
#include "kernel/files/scan.h"
#include "kernel/head.h"
#include "kernel/kinds.h"
#include "kernel/outbox/outbox.h"
#include "kernel/pack/pack.h"
#include "kernel/signer/signer.h"
#include "kernel/search/search.h"
#include "kernel/statements.h"
#include "kernel/vault.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define KERNEL_ARENA_BYTES  ((size_t)64 * 1024 * 1024)
#define REACTOR_DEPTH_MAX   16
#define MIGRATION_ROOMS_MAX 64

instant kernel_now(const struct kernel *k)
{
	return clock_now(k->clock);
}

/* ---- what the rooms declared ---- */

const struct job_kind *kernel_job_kind(const struct kernel *k, str name)
{
	for (size_t i = 0; i < k->n_organs; i++)
		for (size_t n = 0; n < k->organs[i]->n_jobs; n++)
			if (str_eq(name, str_of(k->organs[i]->jobs[n].name)))
				return &k->organs[i]->jobs[n];
	return NULL;
}

const struct job_command *kernel_job_command(const struct kernel *k, str name)
{
	for (size_t i = 0; i < k->n_organs; i++)
		for (size_t n = 0; n < k->organs[i]->n_job_commands; n++)
			if (str_eq(name, str_of(k->organs[i]->job_commands[n].name)))
				return &k->organs[i]->job_commands[n];
	return NULL;
}

/* ---- inside a transaction ---- */

int64_t tx_id(struct tx *tx)
{
	return id_new(tx->rng, tx->now);
}

err tx_fail(struct tx *tx, err code, const char *field, const char *fmt, ...)
{
	char text[512];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	tx->fault = (struct fault){code, str_dup(tx->a, str_of(field)), str_dup(tx->a, str_of(text))};
	return code;
}

static err react(struct tx *tx, const struct kind *k, const struct event *e)
{
	if (tx->depth == REACTOR_DEPTH_MAX)
		return tx_fail(tx, ERR_budget, "", "reactors run into each other at %.*s", STRF(e->kind));
	tx->depth++;
	err failed = OK;
	for (size_t i = 0; i < k->n_reactors && !failed; i++)
		failed = k->reactors[i]->react(tx, e);
	tx->depth--;
	return failed;
}

uint64_t kernel_public_generation(const struct kernel *k)
{
	return atomic_load(&k->public_generation);
}

err tx_emit(struct tx *tx, struct emission m)
{
	const struct kind *declared = kind_find(tx->k->kinds, str_of(m.kind));
	const struct event_kind *kind = declared ? declared->newest : NULL;
	if (!kind)
		return tx_fail(tx, ERR_unknown_event, "", "no room declares the event %s", m.kind);
	if (m.secret && !m.subject)
		return tx_fail(tx, ERR_internal, "", "%s has personal data but no subject", m.kind);
	struct event e = {
	    .at = tx->now,
	    .kind = str_of(kind->name),
	    .version = kind->version,
	    .actor = tx->actor.person,
	    .on_behalf = tx->actor.on_behalf,
	    .entity = m.entity,
	    .subject = m.subject,
	    .case_id = m.case_id,
	    .data = m.data ? m.data : json_object(tx->a),
	    .secret = m.secret,
	    .ahead = m.ahead,
	};
	err failed = journal_append(tx, &e);
	if (failed)
		return failed;
	event_fold(tx->k, tx->db, tx->a, &e);
	if (tx->action && declared->is_public)
		tx->action->public_changed = true;
	if (db_error(tx->db))
		return db_error(tx->db);
	return react(tx, declared, &e);
}

void tx_later(struct tx *tx, const char *kind, str key, instant due, const json *payload)
{
	db_exec(tx->db, &sql_job_insert, D_INT(tx_id(tx)), D_TEXT(str_of(kind)), D_TEXT(key),
	        D_TEXT(payload ? json_print(tx->a, payload) : STR("{}")), D_INT(due ? due : tx->now),
	        D_INT(tx->now));
}

void tx_cancel(struct tx *tx, const char *kind, str key)
{
	db_exec(tx->db, &sql_job_cancel, D_TEXT(str_of(kind)), D_TEXT(key));
}

void tx_answer(struct tx *tx, json *answer)
{
	tx->action->answer = answer;
}

/* ---- commands ---- */

/* True when the key was used before: the first answer, or a refusal, is in `act`. */
static bool replay(struct action *act, struct tx *tx, err *result)
{
	rows *r = db_query(tx->db, &sql_idempotency_get, D_TEXT(act->idempotency_scope),
	                   D_TEXT(act->idempotency_key));
	bool found = db_next(r);
	if (found && str_eq(db_text(r, 0), act->request_hash)) {
		act->answer = json_parse(act->a, str_dup(act->a, db_text(r, 1)), NULL);
		act->replayed = true;
		*result = OK;
	} else if (found) {
		*result = tx_fail(tx, ERR_idempotency_mismatch, "",
		                  "this idempotency key was used for a different request");
	}
	db_done(r);
	return found;
}

bool kernel_answered(dbc *c, arena *a, str scope, str key, str request_hash, json **answer)
{
	rows *r = db_query(c, &sql_idempotency_get, D_TEXT(scope), D_TEXT(key));
	bool done = db_next(r) && str_eq(db_text(r, 0), request_hash);
	if (done)
		*answer = json_parse(a, str_dup(a, db_text(r, 1)), NULL);
	db_done(r);
	return done;
}

static void remember(struct action *act, struct tx *tx)
{
	str answer = act->answer ? json_print(act->a, act->answer) : STR("null");
	db_exec(tx->db, &sql_idempotency_insert, D_TEXT(act->idempotency_scope),
	        D_TEXT(act->idempotency_key), D_TEXT(act->request_hash), D_TEXT(answer),
	        D_INT(tx->now));
}

static err action_decide(struct action *act, struct tx *tx)
{
	err e = OK;
	bool once = act->idempotency_key.n > 0;
	if (once && replay(act, tx, &e))
		return e;
	e = act->decide(tx, act->ctx);
	if (e == OK)
		e = db_error(tx->db);
	if (e == OK && once)
		remember(act, tx);
	return e ? e : db_error(tx->db);
}

static err action_run(dbc *c, struct command *cmd)
{
	struct action *act = (struct action *)(void *)((char *)cmd - offsetof(struct action, command));
	struct tx tx = {.k = act->k,
	                .db = c,
	                .a = act->a,
	                .now = kernel_now(act->k),
	                .rng = &act->k->rng,
	                .actor = act->actor,
	                .action = act};
	act->answer = NULL;
	act->replayed = false;
	act->public_changed = false;
	jmp_buf oom;
	jmp_buf *before = arena_guard(act->a, &oom);
	volatile err e;
	if (setjmp(oom) == 0)
		e = action_decide(act, &tx);
	else
		e = ERR_out_of_memory;
	arena_guard(act->a, before);
	explicit_bzero(&tx.key, sizeof tx.key);
	act->fault = tx.fault;
	if (e && !act->fault.code)
		act->fault.code = e;
	return e;
}

static void action_done(struct command *cmd, err result)
{
	struct action *act = (struct action *)(void *)((char *)cmd - offsetof(struct action, command));
	if (result && !act->fault.code)
		act->fault.code = result;
	if (!result && act->public_changed)
		atomic_fetch_add(&act->k->public_generation, 1);
	if (act->done)
		act->done(act, result);
}

static void prepare(struct action *act)
{
	act->command = (struct command){
	    .run = action_run, .done = action_done, .undoes = act->undoes};
	act->fault = (struct fault){0};
}

bool kernel_submit(struct action *act)
{
	prepare(act);
	return writer_submit(act->k->writer, &act->command);
}

err kernel_run(struct action *act)
{
	prepare(act);
	act->command.done = NULL;
	err e = writer_run(act->k->writer, &act->command);
	if (!e && act->public_changed)
		atomic_fetch_add(&act->k->public_generation, 1);
	if (e && !act->fault.code)
		act->fault.code = e;
	return e;
}

/* ---- opening and closing ---- */

static void declare(const struct kernel_options *o)
{
	static bool done; /* statements are declared once a process */
	if (done)
		return;
	done = true;
	for (size_t i = 0; i < o->n_organs; i++) {
		if (o->organs[i]->statements)
			o->organs[i]->statements();
		if (o->organs[i]->errors)
			err_register(o->organs[i]->errors, o->organs[i]->n_errors);
	}
}

static err migrate(struct kernel *k, const struct kernel_options *o, str *why)
{
	struct migration_room room[MIGRATION_ROOMS_MAX];
	size_t n = 0;
	for (size_t i = 0; i < o->n_organs && n < MIGRATION_ROOMS_MAX; i++)
		room[n++] = (struct migration_room){o->organs[i]->name};
	int done = 0;
	dbc *c = db_writer(k->db);
	err e = db_migrate(c, k->a, room, n, kernel_now(k), &done, why);
	db_writer_return(c);
	if (e == OK && done)
		log_event(LOG_INFO, "database.migrated", L_INT("steps", done));
	return e;
}

static enum confine_need confine_need(const struct kernel *k)
{
	bool try = k->config && str_eq(config_text(k->config, SETTING_confine), STR("try"));
	return try ? CONFINE_TRY : CONFINE_STRICT;
}

static err start(struct kernel *k, const struct kernel_options *o, str *why)
{
	declare(o);
	err e = vault_open(k->a, k->data_dir, &k->vault, why);
	if (e == OK)
		e = signer_open(k->a, vault_folder(k->vault), kernel_now(k), confine_need(k), &k->signer,
		                why);
	if (e == OK)
		e = db_open(k->a, o->database, &k->db, why);
	if (e == OK && o->migrate)
		e = migrate(k, o, why);
	if (e == OK)
		e = journal_open(k, k->a, why);
	if (e == OK && !o->read_only) {
		k->writer = writer_start(k->db, journal_hooks(k));
		if (!k->writer) {
			*why = STR("the writer thread cannot be started");
			e = ERR_unavailable;
		}
	}
	return e;
}

/* What files go through before they are kept. */
static err guards(struct kernel *k, str *why)
{
	str how = k->config ? config_text(k->config, SETTING_confine) : STR("strict");
	if (confine_need(k) == CONFINE_STRICT && how.n && !str_eq(how, STR("strict"))) {
		*why = str_fmt(k->a, "confine is \"%.*s\": it must be strict or try", STRF(how));
		return ERR_bad_input;
	}
	struct confine_options examine = {.role = &examine_role,
	                                  .need = confine_need(k)};
	k->examiner = confine_open(k->a, &examine);
	str scanner = k->config ? config_text(k->config, SETTING_virus_scanner) : (str){0};
	if (!scanner.n)
		return OK;
	k->scanner = scanner_open(k->a, scanner,
	                          config_flag(k->config, SETTING_virus_scanner_required), why);
	return k->scanner ? OK : ERR_bad_input;
}

err kernel_open(const struct kernel_options *o, struct kernel **out, str *why)
{
	*why = STR("out of memory");
	arena *a = arena_create(KERNEL_ARENA_BYTES);
	if (!a)
		return ERR_out_of_memory;
	struct kernel *k = NEW(a, struct kernel);
	k->a = a;
	k->clock = o->clock.now ? o->clock : clock_system();
	k->data_dir = str_dup(a, o->data_dir);
	k->organs = o->organs;
	k->n_organs = o->n_organs;
	k->kinds = kinds_make(a, o->organs, o->n_organs);
	k->config = o->config;
	k->packs = packs_open(a);
	k->searches = searches_open(a);
	k->rng = o->seed ? rng_seeded(o->seed) : rng_system_pooled(NEWN(a, unsigned char, RNG_POOL_BYTES));
	err e = guards(k, why);
	if (e == OK)
		e = start(k, o, why);
	if (e) {
		static char kept[512]; /* *why outlives the arena it was made in */
		snprintf(kept, sizeof kept, "%.*s", STRF(*why));
		*why = str_of(kept);
		kernel_close(k);
		return e;
	}
	*out = k;
	return OK;
}

void kernel_close(struct kernel *k)
{
	if (!k)
		return;
	if (k->scheduler)
		scheduler_stop(k);
	if (k->writer) {
		writer_stop(k->writer);
	}
	if (k->db)
		db_close(k->db);
	confine_close(k->examiner);
	signer_close(k->signer);
	packs_close(k->packs);
	searches_close(k->searches);
	arena_destroy(k->a);
}
