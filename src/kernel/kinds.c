#include "kernel/kinds.h"

#include "db/held.h"
#include "kernel/head.h"
#include "kernel/kernel.h"

struct kinds {
	size_t cap; /* a power of two, at least twice the names */
	struct kind **slot;
};

static struct kind **slot_of(const struct kinds *s, str name)
{
	size_t i = str_hash(name, 0) & (s->cap - 1);
	while (s->slot[i] && !str_eq(s->slot[i]->name, name))
		i = (i + 1) & (s->cap - 1);
	return &s->slot[i];
}

const struct kind *kind_find(const struct kinds *s, str name)
{
	return *slot_of(s, name);
}

/* What the rooms say of one kind, each list in their order. */
static struct kind *kind_put(arena *a, struct kinds *s, const char *name)
{
	struct kind **at = slot_of(s, str_of(name));
	if (!*at) {
		*at = NEW(a, struct kind);
		(*at)->name = str_of(name);
	}
	return *at;
}

static void put_events(arena *a, struct kinds *s, const struct organ *o)
{
	for (size_t i = 0; i < o->n_events; i++) {
		struct kind *k = kind_put(a, s, o->events[i].name);
		if (!k->newest || k->newest->version < o->events[i].version)
			k->newest = &o->events[i];
	}
	for (size_t i = 0; i < o->n_public_kinds; i++)
		kind_put(a, s, o->public_kinds[i])->is_public = true;
}

static void put_follows(arena *a, struct kinds *s, const struct organ *o)
{
	for (size_t i = 0; i < o->n_follows; i++) {
		struct kind *k = kind_put(a, s, o->follows[i].kind);
		const struct follow **more = NEWN(a, const struct follow *, k->n_follows + 1);
		for (size_t n = 0; n < k->n_follows; n++)
			more[n] = k->follows[n];
		more[k->n_follows++] = &o->follows[i];
		k->follows = more;
	}
}

static void put_reactors(arena *a, struct kinds *s, const struct organ *o)
{
	for (size_t i = 0; i < o->n_reactors; i++) {
		struct kind *k = kind_put(a, s, o->reactors[i].kind);
		const struct reactor **more = NEWN(a, const struct reactor *, k->n_reactors + 1);
		for (size_t n = 0; n < k->n_reactors; n++)
			more[n] = k->reactors[n];
		more[k->n_reactors++] = &o->reactors[i];
		k->reactors = more;
	}
}

struct kinds *kinds_make(arena *a, const struct organ *const *organs, size_t n)
{
	struct kinds *s = NEW(a, struct kinds);
	size_t names = 0;
	for (size_t i = 0; i < n; i++)
		names += organs[i]->n_events + organs[i]->n_follows + organs[i]->n_reactors +
		         organs[i]->n_public_kinds;
	s->cap = 16;
	while (s->cap < names * 2)
		s->cap *= 2;
	s->slot = NEWN(a, struct kind *, s->cap);
	for (size_t i = 0; i < n; i++) {
		put_events(a, s, organs[i]);
		put_follows(a, s, organs[i]);
		put_reactors(a, s, organs[i]);
	}
	return s;
}

/* ---- looking up ---- */

const struct event_kind *kernel_event_kind(const struct kernel *k, str name, int version)
{
	const struct kind *found = kind_find(k->kinds, name);
	const struct event_kind *newest = found ? found->newest : NULL;
	if (!version || !newest || newest->version == version)
		return newest;
	for (size_t i = 0; i < k->n_organs; i++)
		for (size_t n = 0; n < k->organs[i]->n_events; n++) {
			const struct event_kind *e = &k->organs[i]->events[n];
			if (e->version == version && str_eq(name, str_of(e->name)))
				return e;
		}
	return NULL;
}

void event_fold(const struct kernel *k, dbc *c, arena *a, const struct event *e)
{
	const struct kind *found = kind_find(k->kinds, e->kind);
	const struct event_kind *kind = kernel_event_kind(k, e->kind, e->version);
	if (kind && kind->fold)
		kind->fold(c, a, e);
	for (size_t i = 0; found && i < found->n_follows; i++)
		found->follows[i]->fold(c, a, e);
	held_trim(c);
}
