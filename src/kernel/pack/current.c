/* The pack in force of this process, and versions of services no longer in it. */
#include "kernel/pack/pack_in.h"
#include "kernel/pack/statements.h"

#include "base/log.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PACK_ARENA_BYTES    ((size_t)1024 * 1024 * 1024)
#define SERVICE_ARENA_BYTES ((size_t)256 * 1024 * 1024)
#define POLL_EVERY          SECOND

struct held {
	const struct service *service;
	arena *a;
};

/* A pack, and what takes its place at an instant that is known already. */
struct loaded {
	struct pack *pack;
	arena *a;
	instant from;
	const struct loaded *next;
	struct loaded *before; /* of `packs.loaded` */
};

struct packs {
	_Atomic(const struct loaded *) now;
	_Atomic(const struct pack *) seen; /* by the last poll */
	_Atomic int64_t polled;            /* monotonic */
	atomic_bool started;               /* the tables were there once */
	pthread_mutex_t lock;              /* of all below, and of loading */
	int64_t seq;                       /* of the newest event that `now` knows */
	struct loaded *loaded;             /* readers may hold any of them: kept to the end */
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

/* The packs in force from now on: the newest one, with the services published over it. */
struct plan {
	str hash;
	json *manifest;
	struct service_published *list; /* by service and version */
	size_t n;
};

size_t service_published_all(dbc *c, arena *a, struct service_published **out)
{
	size_t n = 0, max = 16;
	struct service_published *list = NEWN(a, struct service_published, max);
	rows *r = db_query_args(c, &sql_pack_published_all, NULL, 0);
	while (db_next(r)) {
		if (n == max) {
			struct service_published *more = NEWN(a, struct service_published, max * 2);
			memcpy(more, list, n * sizeof *list);
			list = more;
			max *= 2;
		}
		list[n++] = published_row(r, a);
	}
	db_done(r);
	*out = list;
	return n;
}

/* Is it above what the pack itself brings? */
static bool over_pack(const struct plan *p, const struct service_published *v)
{
	const json *own = json_get_str(json_get(p->manifest, "services"), v->service);
	return own && v->version > json_int(own, "version", INT64_MAX);
}

/* The version of that service that is in force at an instant, or NULL: the pack's own. */
static const struct service_published *over_at(const struct plan *p, str service, instant at)
{
	const struct service_published *best = NULL;
	for (size_t i = 0; i < p->n; i++)
		if (str_eq(p->list[i].service, service) && p->list[i].from <= at &&
		    over_pack(p, &p->list[i]))
			best = &p->list[i];
	return best;
}

/* The next instant after `at` at which something changes; INT64_MAX: none is known. */
static instant next_change(const struct plan *p, instant at)
{
	instant next = INT64_MAX;
	for (size_t i = 0; i < p->n; i++)
		if (p->list[i].from > at && p->list[i].from < next && over_pack(p, &p->list[i]))
			next = p->list[i].from;
	return next;
}

/* The pack's files as they are at an instant. */
static bool compose(dbc *c, arena *a, const struct plan *p, instant at, struct pack_source *out,
                    str *why)
{
	struct pack_source base;
	if (!pack_source_load(c, a, p->hash, STR(""), &base, why))
		return false;
	*out = (struct pack_source){.files = NEWN(a, struct pack_source_file, PACK_MAX_FILES)};
	for (size_t i = 0; i < base.n; i++) {
		str rest = base.files[i].path, first, service = {0};
		if (str_cut(&rest, '/', &first) && str_eq(first, STR("services")))
			str_cut(&rest, '/', &service);
		if (!over_at(p, service, at) && out->n < PACK_MAX_FILES)
			out->files[out->n++] = base.files[i];
	}
	for (size_t i = 0; i < p->n; i++) {
		struct pack_source own;
		const struct service_published *v = &p->list[i];
		if (over_at(p, v->service, at) != v)
			continue;
		str folder = str_fmt(a, "services/%.*s/", STRF(v->service));
		if (!pack_source_load(c, a, v->manifest, folder, &own, why))
			return false;
		for (size_t k = 0; k < own.n && out->n < PACK_MAX_FILES; k++)
			out->files[out->n++] = own.files[k];
	}
	return true;
}

/* Are these the services that the hashes name? */
static bool as_recorded(const struct plan *plan, const struct pack *p, instant at)
{
	for (size_t i = 0; i < p->n_services; i++) {
		const struct service *s = &p->services[i];
		const struct service_published *v = over_at(plan, s->id, at);
		const json *own = json_get_str(json_get(plan->manifest, "services"), s->id);
		if (!str_eq(s->hash, v ? v->hash : json_str(own, "hash")))
			return false;
	}
	return true;
}

/* Jumps back here when the arena is full: `what` is then not loaded. */
static struct pack *load_pack(dbc *c, arena *a, const struct plan *plan, instant at, str *why)
{
	struct pack_source s;
	struct diags d = diags_make(a, STR("pack"));
	jmp_buf oom;
	arena_guard(a, &oom);
	if (setjmp(oom)) {
		*why = STR("the pack needs too much memory");
		return NULL;
	}
	struct pack *p = compose(c, a, plan, at, &s, why) ? pack_build(a, &s, true, &d) : NULL;
	if (!p && d.errors)
		*why = diags_print(a, &d);
	if (p && !as_recorded(plan, p, at)) {
		*why = STR("the pack's files are not those its hash names");
		p = NULL;
	}
	arena_guard(a, NULL);
	return p;
}

static struct loaded *load_at(dbc *c, const struct plan *plan, instant at, str *why)
{
	static _Thread_local char kept[512]; /* *why outlives the arena of a failed load */
	arena *a = arena_create(PACK_ARENA_BYTES);
	struct pack *p = a ? load_pack(c, a, plan, at, why) : NULL;
	if (p) {
		struct loaded *l = NEW(a, struct loaded);
		*l = (struct loaded){.pack = p, .a = a, .from = at};
		return l;
	}
	snprintf(kept, sizeof kept, "%.*s", STRF(a ? *why : STR("out of memory")));
	*why = str_of(kept);
	arena_destroy(a);
	return NULL;
}

/* Everything before its change is kept: readers may hold it. */
static void keep(struct packs *ps, struct loaded *l)
{
	const struct pack *p = l->pack;
	l->before = ps->loaded;
	ps->loaded = l;
	log_event(LOG_INFO, "pack.in_force", L_STR("id", p->id), L_STR("version", p->version),
	          L_STR("hash", p->hash), L_INT("services", (int64_t)p->n_services),
	          L_INT("from", l->from));
}

/* With the lock held: what is in force now, and then, as far as it is known. */
static err load_all(struct kernel *k, dbc *c, const struct plan *plan, int64_t seq, str *why)
{
	struct packs *ps = k->packs;
	struct loaded *first = NULL, *last = NULL;
	instant at = kernel_now(k);
	for (int i = 0; i <= PUBLISHED_AHEAD_MAX && at != INT64_MAX; i++) {
		struct loaded *l = load_at(c, plan, at, why);
		if (!l && !first)
			return ERR_pack_invalid;
		if (!l) {
			log_event(LOG_ERROR, "pack.next_failed", L_INT("from", at), L_STR("why", *why));
			break;
		}
		keep(ps, l);
		if (last)
			last->next = l;
		else
			first = l;
		last = l;
		at = next_change(plan, at);
	}
	ps->seq = seq;
	atomic_store(&ps->now, first);
	return OK;
}

static err refresh(struct kernel *k, dbc *c, str *why)
{
	struct packs *ps = k->packs;
	rows *r = db_query_args(c, &sql_pack_newest, NULL, 0);
	bool found = db_next(r);
	int64_t seq = found ? db_int(r, 0) : 0;
	char hash[2 * 32 + 1] = "";
	if (found)
		snprintf(hash, sizeof hash, "%.*s", STRF(db_text(r, 3)));
	db_done(r);
	int64_t published = found ? db_query_int_args(c, &sql_pack_published_seq, 0, NULL, 0) : 0;
	if (db_error(c)) {
		*why = STR("the pack in force cannot be read from the database");
		return db_error(c);
	}
	seq = published > seq ? published : seq;
	if (!found || seq == ps->seq)
		return OK;
	arena *a = arena_create(PACK_MAX_BYTES);
	if (!a)
		return ERR_out_of_memory;
	struct plan plan = {.hash = str_of(hash)};
	plan.manifest = pack_manifest_get(c, a, plan.hash);
	plan.n = service_published_all(c, a, &plan.list);
	err e = load_all(k, c, &plan, seq, why);
	arena_destroy(a);
	return e;
}

err pack_refresh(struct kernel *k, str *why)
{
	dbc *c = db_reader(k->db);
	pthread_mutex_lock(&k->packs->lock);
	err e = refresh(k, c, why);
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
	/* Another node's change, or an instant that has come: no event of ours told it. */
	const struct pack *p = pack_current(k);
	if (atomic_exchange(&ps->seen, p) != p)
		atomic_fetch_add(&k->public_generation, 1);
}

/* ---- asking ---- */

const struct pack *pack_current(const struct kernel *k)
{
	const struct loaded *l = k->packs ? atomic_load(&k->packs->now) : NULL;
	instant now = l && l->next ? kernel_now(k) : 0;
	while (l && l->next && l->next->from <= now)
		l = l->next;
	return l ? l->pack : NULL;
}

int32_t pack_utc_offset(const struct kernel *k)
{
	const struct pack *p = pack_current(k);
	return p ? p->utc_offset : 0;
}

currency pack_currency(const struct kernel *k)
{
	const struct pack *p = pack_current(k);
	currency c = {0};
	if (p)
		currency_find(str_of(p->currency), &c);
	return c;
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

const struct service *pack_service_formerly(const struct pack *p, str id)
{
	for (size_t i = 0; p && i < p->n_services; i++) {
		const json *list = json_get(p->services[i].card, "formerly");
		for (const json *v = list ? list->first : NULL; v; v = v->next)
			if (str_eq(json_text(v), id))
				return &p->services[i];
	}
	return NULL;
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

size_t service_versions(dbc *c, str id, int64_t *out, size_t max)
{
	size_t n = 0;
	rows *r = db_query(c, &sql_pack_service_versions, D_TEXT(id), D_INT((int64_t)max));
	while (n < max && db_next(r))
		out[n++] = db_int(r, 0);
	db_done(r);
	return n;
}
