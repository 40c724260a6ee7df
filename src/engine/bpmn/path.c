/* path.c - what happened in one case or in many, counted and timed for the drawing. */
#include "engine/bpmn/bpmn.h"

#include <stdlib.h>

#define MAX_TIMES 100000 /* of one element; more are counted, not timed */

struct visit { /* an element instance that is open */
	str key;
	instant since;
	struct visit *next;
};

struct seen { /* an element or a flow */
	str id;
	int64_t count, open, parked;
	struct visit *visits;
	int64_t *times;
	size_t n, cap;
	struct seen *next;
};

struct census {
	arena *a;
	struct seen *first, **tail;
	json *index; /* id -> position in `all` */
	struct seen **all;
	size_t n, cap;
};

static struct seen *seen_of(struct census *c, str id)
{
	const json *at = json_get_str(c->index, id);
	int64_t i = 0;

	if (at && json_i64(at, &i))
		return c->all[i];
	if (c->n == c->cap) {
		struct seen **more = NEWN(c->a, struct seen *, c->cap ? c->cap * 2 : 64);
		for (size_t k = 0; k < c->n; k++)
			more[k] = c->all[k];
		c->cap = c->cap ? c->cap * 2 : 64;
		c->all = more;
	}
	struct seen *s = c->all[c->n] = *c->tail = NEW(c->a, struct seen);
	c->tail = &s->next;
	s->id = id;
	json_set_key(c->a, c->index, id, json_int_new(c->a, (int64_t)c->n++));
	return s;
}

static void note_time(arena *a, struct seen *s, int64_t micros)
{
	if (s->n == MAX_TIMES)
		return;
	if (s->n == s->cap) {
		int64_t *more = NEWN(a, int64_t, s->cap ? s->cap * 2 : 16);
		for (size_t i = 0; i < s->n; i++)
			more[i] = s->times[i];
		s->cap = s->cap ? s->cap * 2 : 16;
		s->times = more;
	}
	s->times[s->n++] = micros;
}

/* "case instance": what tells one visit of an element from another. */
static str visit_key(arena *a, const json *event)
{
	return str_fmt(a, "%.*s %.*s", STRF(json_text(json_get(event, "case"))),
	               STRF(json_text(json_get(event, "instance"))));
}

static void close_visit(struct census *c, struct seen *s, const json *event, instant at, bool left)
{
	str key = visit_key(c->a, event);

	for (struct visit **v = &s->visits; *v; v = &(*v)->next)
		if (str_eq((*v)->key, key)) {
			if (left)
				note_time(c->a, s, at - (*v)->since);
			*v = (*v)->next;
			s->open--;
			return;
		}
}

static void take_event(struct census *c, const json *event)
{
	str kind = json_str(event, "kind"), id = json_str(event, "element");
	instant at = json_int(event, "at", 0);
	struct seen *s = id.n ? seen_of(c, id) : NULL;

	if (!s)
		return;
	if (str_eq(kind, STR("flow"))) {
		s->count++;
	} else if (str_eq(kind, STR("entered"))) {
		struct visit *v = NEW(c->a, struct visit);
		*v = (struct visit){.key = visit_key(c->a, event), .since = at, .next = s->visits};
		s->visits = v;
		s->count++;
		s->open++;
	} else if (str_eq(kind, STR("incident"))) {
		s->parked++;
	} else if (str_eq(kind, STR("left")) || str_eq(kind, STR("cancelled"))) {
		close_visit(c, s, event, at, str_eq(kind, STR("left")));
		s->parked -= s->parked > s->open;
	}
}

static int by_size(const void *x, const void *y)
{
	int64_t p = *(const int64_t *)x, q = *(const int64_t *)y;

	return p < q ? -1 : p > q;
}

static int64_t median(struct seen *s)
{
	qsort(s->times, s->n, sizeof *s->times, by_size);
	return s->n % 2 ? s->times[s->n / 2] : (s->times[s->n / 2 - 1] + s->times[s->n / 2]) / 2;
}

json *bpmn_path(arena *a, const json *trace, str (*span)(void *ctx, arena *a, int64_t micros),
                void *ctx)
{
	struct census c = {.a = a, .index = json_object(a)};
	json *path = json_object(a);

	c.tail = &c.first;
	for (const json *event = json_is(trace, JSON_ARRAY) ? trace->first : NULL; event;
	     event = event->next)
		take_event(&c, event);
	for (struct seen *s = c.first; s; s = s->next) {
		json *mark = json_object(a);
		json_set_int(a, mark, "count", s->count);
		json_set_str(a, mark, "state",
		             s->parked > 0 ? STR("error")
		             : s->open > 0 ? STR("active")
		                           : STR("done"));
		if (s->n) {
			int64_t micros = median(s);
			json_set_int(a, mark, "micros", micros);
			if (span)
				json_set_str(a, mark, "note", span(ctx, a, micros));
		}
		json_set_key(a, path, s->id, mark);
	}
	return path;
}
