#include "engine/feel/feel.h"
#include "engine/feel/quick.h"

#include <stdio.h>
#include <string.h>

struct feel_run feel_run_make(arena *a, struct diags *d)
{
	return (struct feel_run){.a = a, .steps_max = FEEL_STEPS, .depth_max = FEEL_DEPTH, .diags = d};
}

feel_value env_fail(struct env *e, const char *fmt, ...)
{
	struct diags *d = e->run->diags;
	if (!d || d->count >= d->max) {
		if (d)
			d->count++;
		return feel_null();
	}
	char text[256];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	diags_add(d, DIAG_WARNING, "feel.null", 0, 0, "%s", text);
	return feel_null();
}

_Noreturn void env_stop(struct env *e, err code)
{
	longjmp(*e->stop, code);
}

void env_step(struct env *e, uint64_t n)
{
	e->steps += n;
	if (e->steps > e->steps_max)
		env_stop(e, ERR_budget);
}

int env_equal(struct env *e, feel_value x, feel_value y)
{
	if (x.kind < FEEL_LIST || x.kind != y.kind)
		return feel_equal(x, y);
	uint64_t left = (e->steps_max - e->steps) * 4 + 1, parts = left;
	int r = feel_equal_within(x, y, &parts);
	env_step(e, (left - parts) / 4);
	if (parts == 0)
		env_stop(e, ERR_budget);
	return r;
}

err env_run(struct feel_run *run, const feel_value *global, uint32_t n_slots, void *model,
            feel_value (*fn)(struct env *e, void *arg), void *arg, feel_value *out)
{
	jmp_buf stop FEEL_UNSET; /* the arena's guard jumps here with 1, a stop with an err */
	struct env e = {.a = run->a,
	                .global = global,
	                .steps_max = run->steps_max,
	                .depth_max = run->depth_max,
	                .run = run,
	                .stop = &stop,
	                .model = model,
	                .n_local = n_slots};
	struct diags *diags = run->diags;
	jmp_buf *before = arena_guard(run->a, &stop);
	int code = setjmp(stop);
	if (code) {
		arena_guard(run->a, before);
		run->diags = diags;
		return code == 1 ? ERR_out_of_memory : code;
	}
	e.local = NEWN(run->a, feel_value, n_slots);
	feel_value v = fn(&e, arg);
	arena_guard(run->a, before);
	run->steps = e.steps;
	*out = v;
	return OK;
}

static const struct feel_expr *finish(struct scope *s, const struct node *root)
{
	if (!root)
		return NULL;
	struct quick_num frame[QUICK_FRAME];
	struct feel_expr *e = NEW(s->a, struct feel_expr);
	*e = (struct feel_expr){.root = root,
	                        .n_slots = s->n_slots,
	                        .free = s->free,
	                        .needed = s->needed,
	                        .n_free = s->n_free,
	                        .functions = s->functions};
	static const struct quick tree = {.whole = quick_tree};
	e->quick = quick_make(s->a, root, s->n_free, frame, &e->frame_size);
	if (!e->quick)
		e->quick = &tree;
	struct quick_num *kept = NEWN(s->a, struct quick_num, e->frame_size);
	if (e->frame_size)
		memcpy(kept, frame, e->frame_size * sizeof *kept);
	e->frame = kept;
	return e;
}

bool scope_declared(const struct scope *s, str name)
{
	for (size_t i = 0; i < s->n_declared; i++)
		if (str_eq(s->declared[i], name))
			return true;
	return false;
}

static struct scope open_scope(arena *a, const str *names, size_t n, struct diags *d)
{
	struct scope s = {
	    .a = a, .open = true, .line = 1, .col = 1, .d = d, .declared = names, .n_declared = n};
	for (size_t i = 0; i < n; i++)
		scope_learn(&s, names[i]);
	return s;
}

const struct feel_expr *feel_compile(arena *a, str text, const str *names, size_t n,
                                     struct diags *d)
{
	struct scope s = open_scope(a, names, n, d);
	return finish(&s, feel_parse(&s, str_dup(a, text)));
}

const struct feel_expr *feel_compile_tests(arena *a, str text, const str *names, size_t n,
                                           struct diags *d)
{
	struct scope s = open_scope(a, names, n, d);
	uint32_t input = scope_local(&s, STR("?"));
	struct node *tests = feel_parse_tests(&s, str_dup(a, text), input);
	if (!tests)
		return NULL;
	/* the value under test comes from the context, as "?" */
	struct node *let = feel_node_new(a, eval_context, 2);
	str *keys = NEWN(a, str, 2);
	uint32_t *slots = NEWN(a, uint32_t, 2);
	keys[0] = STR("?");
	slots[0] = input;
	s.top = NULL;
	let->kid[0] = feel_node_name(&s, STR("?"));
	let->kid[1] = tests;
	let->names = keys;
	let->slots = slots;
	return finish(&s, let);
}

size_t feel_free_names(const struct feel_expr *e, const str **out)
{
	*out = e->free;
	return e->n_free;
}

static feel_value run_root(struct env *e, void *arg)
{
	const struct feel_expr *x = arg;
	return node_run(x->root, e);
}

/* The names' values, and from them the frame of the second form. */
static void bind_into(const struct feel_expr *x, feel_value context, struct feel_run *run,
                      feel_value *value, struct quick_bound *b)
{
	b->head = (struct feel_bound){x->quick->whole, x->quick};
	b->of = x;
	b->value = value;
	for (size_t i = 0; i < x->n_free; i++) {
		const feel_value *v = feel_get(context, x->free[i]);
		value[i] = v ? *v : feel_null();
		if (!v && run->diags && x->needed[i])
			diags_add(run->diags, DIAG_WARNING, "feel.name", 0, 0, "nothing here is called '%.*s'",
			          STRF(x->free[i]));
	}
	if (!x->frame_size)
		return;
	size_t n = x->n_free + 1;
	for (size_t i = 1; i < n; i++)
		b->f[i] = quick_of(&value[i - 1]);
	memcpy(b->f + n, x->frame + n, (x->frame_size - n) * sizeof *b->f);
}

const struct feel_bound *feel_bind(const struct feel_expr *x, feel_value context,
                                   struct feel_run *run)
{
	struct quick_bound *b = NEW(run->a, struct quick_bound);
	bind_into(x, context, run, NEWN(run->a, feel_value, x->n_free), b);
	b->head.eval = quick_shape(x->quick, b);
	return &b->head;
}

err quick_tree(const struct quick *q, const struct feel_bound *b, struct feel_run *run,
               feel_value *out)
{
	const struct quick_bound *of = (const struct quick_bound *)b;
	(void)q;
	return env_run(run, of->value, of->of->n_slots, NULL, run_root, (void *)(uintptr_t)of->of, out);
}

err feel_eval(const struct feel_expr *x, feel_value context, struct feel_run *run, feel_value *out)
{
	feel_value few[16] FEEL_UNSET,
	    *value = x->n_free > 16 || x->functions ? NEWN(run->a, feel_value, x->n_free) : few;
	struct quick_bound b FEEL_UNSET;
	bind_into(x, context, run, value, &b);
	return feel_eval_bound(&b.head, run, out);
}

err feel_eval_json(const struct feel_expr *x, const json *context, struct feel_run *run,
                   feel_value *out)
{
	struct feel_context *c = NEW(run->a, struct feel_context);
	c->e = NEWN(run->a, struct feel_entry, x->n_free);
	for (size_t i = 0; i < x->n_free; i++) {
		const json *v = json_get_str(context, x->free[i]);
		if (v)
			c->e[c->n++] = (struct feel_entry){x->free[i], feel_of_json(run->a, v)};
	}
	return feel_eval(x, (feel_value){.kind = FEEL_CONTEXT, .ctx = c}, run, out);
}
