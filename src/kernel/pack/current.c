/* The pack in force of this process, and versions of services no longer in it. */
#include "kernel/pack/pack_in.h"
#include "kernel/pack/statements.h"

#include "base/log.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#define PACK_ARENA_BYTES    ((size_t)1024 * 1024 * 1024)
#define SERVICE_ARENA_BYTES ((size_t)256 * 1024 * 1024)
#define POLL_EVERY          SECOND

struct held {
	const struct service *service;
	arena *a;
};

struct loaded {
	struct pack *pack;
	arena *a;
	struct loaded *before;
};

struct packs {
	_Atomic(const struct pack *) now;
	_Atomic int64_t polled; /* monotonic */
	atomic_bool started;    /* the tables were there once */
	pthread_mutex_t lock;   /* of all below, and of loading */
	int64_t seq;            /* of the event that brought `now` into force */
	struct loaded *loaded;  /* readers may hold any of them: kept to the end */
	struct held held[SERVICE_VERSIONS_KEPT];
	size_t n_held;
};

struct packs *packs_open(arena *a)
{
	struct packs *p = NEW(a, struct packs);
	pthread_mutex_init(&p->lock, NULL);
	return p;
}

void packs_close(struct packs *p)
{
	if (!p)
		return;
	for (struct loaded *l = p->loaded, *before; l; l = before) {
		before = l->before;
		arena_destroy(l->a); /* l itself is in it */
	}
	for (size_t i = 0; i < p->n_held; i++)
		arena_destroy(p->held[i].a);
	pthread_mutex_destroy(&p->lock);
}

/* ---- loading ---- */

/* Jumps back here when the arena is full: `what` is then not loaded. */
static struct pack *load_pack(dbc *c, arena *a, str hash, str *why)
{
	struct pack_source s;
	struct diags d = diags_make(a, STR("pack"));
	jmp_buf oom;
	arena_guard(a, &oom);
	if (setjmp(oom)) {
		*why = STR("the pack needs too much memory");
		return NULL;
	}
	struct pack *p =
	    pack_source_load(c, a, hash, STR(""), &s, why) ? pack_build(a, &s, true, &d) : NULL;
	if (!p && d.errors)
		*why = diags_print(a, &d);
	if (p && !str_eq(p->hash, hash)) {
		*why = STR("the pack's files are not those its hash names");
		p = NULL;
	}
	arena_guard(a, NULL);
	return p;
}

static err publish(struct packs *ps, arena *a, struct pack *p, int64_t seq)
{
	struct loaded *l = NEW(a, struct loaded);
	*l = (struct loaded){.pack = p, .a = a, .before = ps->loaded};
	ps->loaded = l;
	ps->seq = seq;
	atomic_store(&ps->now, p);
	log_event(LOG_INFO, "pack.in_force", L_STR("id", p->id), L_STR("version", p->version),
	          L_STR("hash", p->hash), L_INT("services", (int64_t)p->n_services));
	return OK;
}

/* With the lock held. */
static err refresh(struct packs *ps, dbc *c, str *why)
{
	static _Thread_local char kept[512]; /* *why outlives the arena of a failed load */
	rows *r = db_query_args(c, &sql_pack_newest, NULL, 0);
	bool found = db_next(r);
	int64_t seq = found ? db_int(r, 0) : 0;
	arena *a = found && seq != ps->seq ? arena_create(PACK_ARENA_BYTES) : NULL;
	str hash = a ? str_dup(a, db_text(r, 3)) : (str){0};
	db_done(r);
	if (db_error(c)) {
		*why = STR("the pack in force cannot be read from the database");
		return db_error(c);
	}
	if (!a)
		return found && seq != ps->seq ? ERR_out_of_memory : OK;
	struct pack *p = load_pack(c, a, hash, why);
	if (p)
		return publish(ps, a, p, seq);
	snprintf(kept, sizeof kept, "%.*s", STRF(*why));
	*why = str_of(kept);
	arena_destroy(a);
	return ERR_pack_invalid;
}

err pack_refresh(struct kernel *k, str *why)
{
	dbc *c = db_reader(k->db);
	pthread_mutex_lock(&k->packs->lock);
	err e = refresh(k->packs, c, why);
	pthread_mutex_unlock(&k->packs->lock);
	db_reader_return(c);
	if (e == OK)
		atomic_store(&k->packs->started, true);
	return e;
}

void pack_poll(struct kernel *k)
{
	struct packs *ps = k->packs;
	int64_t last = atomic_load(&ps->polled), now = clock_monotonic();
	str why = {0};
	if (!atomic_load(&ps->started) || now - last < POLL_EVERY ||
	    !atomic_compare_exchange_strong(&ps->polled, &last, now))
		return;
	if (pack_refresh(k, &why))
		log_event(LOG_ERROR, "pack.refresh_failed", L_STR("why", why));
}

/* ---- asking ---- */

const struct pack *pack_current(const struct kernel *k)
{
	return k->packs ? atomic_load(&k->packs->now) : NULL;
}

static int by_id(const void *id, const void *service)
{
	return str_cmp(*(const str *)id, ((const struct service *)service)->id);
}

const struct service *pack_service(const struct pack *p, str id)
{
	return p && p->n_services ? bsearch(&id, p->services, p->n_services, sizeof *p->services, by_id)
	                          : NULL;
}

static int by_entity(const void *id, const void *entity)
{
	return str_cmp(*(const str *)id, ((const struct pack_entity *)entity)->id);
}

const struct pack_entity *pack_entity(const struct pack *p, str id)
{
	return p && p->n_entity ? bsearch(&id, p->entity, p->n_entity, sizeof *p->entity, by_entity)
	                        : NULL;
}

const struct pack_decision *pack_decision_at(const struct pack *p, str id, int64_t day)
{
	for (size_t i = 0; p && i < p->n_decisions; i++)
		if (str_eq(p->decisions[i].id, id) && p->decisions[i].from <= day &&
		    day < p->decisions[i].to)
			return &p->decisions[i];
	return NULL;
}

const struct form *service_form(const struct service *s, str key)
{
	for (size_t i = 0; i < s->n_forms; i++)
		if (str_eq(s->forms[i].key, key))
			return s->forms[i].form;
	return NULL;
}

/* ---- versions kept ---- */

static const struct service *held_find(struct packs *ps, str id, int64_t version)
{
	for (size_t i = 0; i < ps->n_held; i++)
		if (ps->held[i].service->version == version && str_eq(ps->held[i].service->id, id))
			return ps->held[i].service;
	return NULL;
}

static struct service *load_service(dbc *c, arena *a, str id, int64_t version)
{
	struct pack_source s;
	struct diags d = diags_make(a, STR("pack"));
	str why = {0};
	jmp_buf oom;
	arena_guard(a, &oom);
	if (setjmp(oom))
		return NULL;
	rows *r = db_query(c, &sql_pack_service_get, D_TEXT(id), D_INT(version));
	bool found = db_next(r);
	str hash = str_dup(a, db_text(r, 0)), pack = str_dup(a, db_text(r, 1));
	db_done(r);
	struct service *out = NULL;
	if (found && pack_source_load(c, a, pack, str_fmt(a, "services/%.*s/", STRF(id)), &s, &why))
		out = pack_build_service(a, &s, str_dup(a, id), &d);
	if (out && !str_eq(out->hash, hash))
		out = NULL;
	if (found && !out)
		log_event(LOG_ERROR, "pack.service_lost", L_STR("service", id), L_INT("version", version),
		          L_STR("why", why));
	arena_guard(a, NULL);
	return out;
}

const struct service *service_at(struct kernel *k, dbc *c, str id, int64_t version)
{
	const struct service *s = pack_service(pack_current(k), id);
	if (s && s->version == version)
		return s;
	struct packs *ps = k->packs;
	pthread_mutex_lock(&ps->lock);
	s = held_find(ps, id, version);
	arena *a = !s && ps->n_held < SERVICE_VERSIONS_KEPT ? arena_create(SERVICE_ARENA_BYTES) : NULL;
	if (a) {
		s = load_service(c, a, id, version);
		if (s)
			ps->held[ps->n_held++] = (struct held){s, a};
		else
			arena_destroy(a);
	}
	pthread_mutex_unlock(&ps->lock);
	return s;
}
