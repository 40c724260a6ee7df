/*
 * template_run.c - runs a compiled template over a view.
 */
#include "web/template_filter.h"

#include "base/log.h"
#include "web/assets.h"

#include "web/template_ops.h"

#define LOOP_NONE ((size_t)-1)

struct binding {
	str name;
	const json *v;
};

/* Where names are looked up, innermost first. */
struct scope {
	const json *v; /* NULL: only bindings */
	const struct binding *bound;
	size_t n_bound;
	size_t index, count; /* of a loop; else LOOP_NONE */
	struct scope *up;
};

/* A layout being filled: the caller's blocks. */
struct frame {
	const struct program *p;
	uint32_t from, to;
	struct scope *scope;
	struct frame *up;
};

struct run {
	const struct template_env *env;
	arena *a;
	buf *out;
	struct frame *frame;
	str name; /* of the template asked for, for the log */
	uint32_t forms;
	int64_t budget;
	int depth;
	bool failed;
};

static void execute(struct run *r, const struct program *p, uint32_t from, uint32_t to,
                    struct scope *s);
static const json *evaluate(struct run *r, const struct expr *x, const struct scope *s);

static void fail(struct run *r, const char *why)
{
	if (!r->failed)
		log_event(LOG_ERROR, "template.failed", L_STR("template", r->name),
		          L_STR("why", str_of(why)));
	r->failed = true;
}

/* ---- values ---- */

static const json *bound_value(const struct scope *s, str name, bool *found)
{
	for (size_t i = 0; i < s->n_bound; i++)
		if (str_eq(s->bound[i].name, name)) {
			*found = true;
			return s->bound[i].v;
		}
	const json *v = json_get_str(s->v, name);
	*found = v != NULL;
	return v;
}

static const json *step(struct run *r, const json *v, str name)
{
	int64_t index;
	if (!json_is(v, JSON_ARRAY))
		return json_get_str(v, name);
	if (str_eq(name, STR("length")))
		return json_int_new(r->a, (int64_t)v->count);
	return str_i64(name, &index) && index >= 0 ? json_at(v, (size_t)index) : NULL;
}

static const json *path_value(struct run *r, const struct expr *x, const struct scope *s)
{
	while (s && !s->v && !s->n_bound)
		s = s->up;
	if (!x->n_parts) {
		while (s && !s->v)
			s = s->up;
		return s ? s->v : NULL;
	}
	const json *v = NULL;
	for (bool found = false; s && !found; s = s->up) {
		v = bound_value(s, x->parts[0], &found);
		if (x->innermost)
			break;
	}
	for (size_t i = 1; i < x->n_parts && v; i++)
		v = step(r, v, x->parts[i]);
	return v;
}

static const struct scope *loop(const struct scope *s)
{
	while (s && s->index == LOOP_NONE)
		s = s->up;
	return s;
}

static const json *loop_value(struct run *r, enum expr_kind kind, const struct scope *s)
{
	s = loop(s);
	if (!s)
		return NULL;
	if (kind == EXPR_FIRST)
		return json_bool(r->a, s->index == 0);
	if (kind == EXPR_LAST)
		return json_bool(r->a, s->index + 1 == s->count);
	if (kind == EXPR_KEY)
		return json_string(r->a, s->v->key);
	return json_int_new(r->a, (int64_t)s->index + (kind == EXPR_NUMBER));
}

static json *message_args(struct run *r, const struct expr *x, const struct scope *s)
{
	json *args = json_object(r->a);
	for (size_t i = 0; i < x->n_args; i++) {
		const json *v = evaluate(r, &x->args[i].x, s);
		json_set_key(r->a, args, x->args[i].name, v ? json_copy(r->a, v) : json_null(r->a));
	}
	return args;
}

static str message_key(struct run *r, const struct expr *x, const struct scope *s)
{
	return value_text(r->env, evaluate(r, x->key, s));
}

/* A message as a value: bare text, isolates around what it quotes. */
static const json *message_value(struct run *r, const struct expr *x, const struct scope *s)
{
	buf b = buf_make(r->a, TEMPLATE_BYTES_MAX);
	str key = message_key(r, x, s);
	message_write(r->env, r->a, key, message_args(r, x, s), ESCAPE_NONE, &b);
	return json_string(r->a, buf_str(&b));
}

static const json *evaluate(struct run *r, const struct expr *x, const struct scope *s)
{
	const json *v;
	switch (x->kind) {
	case EXPR_LITERAL:
		v = x->literal;
		break;
	case EXPR_MESSAGE:
		v = message_value(r, x, s);
		break;
	case EXPR_PATH:
		v = path_value(r, x, s);
		break;
	default:
		v = loop_value(r, x->kind, s);
		break;
	}
	if (x->filter == FILTER_NONE || !v)
		return v;
	return json_string(r->a, filter_text(r->env, r->a, x->filter, v));
}

static bool is_true(const json *v)
{
	if (!v)
		return false;
	switch (v->type) {
	case JSON_NULL:
		return false;
	case JSON_BOOL:
		return v->b;
	case JSON_NUMBER:
		return !str_eq(v->s, STR("0"));
	case JSON_STRING:
		return v->s.n > 0;
	case JSON_ARRAY:
	case JSON_OBJECT:
		return v->count > 0;
	}
	return false;
}

static bool condition(struct run *r, const struct op *op, const struct scope *s)
{
	const json *x = evaluate(r, &op->x, s);
	bool yes = is_true(x);
	if (op->compare != COMPARE_TRUTH) {
		str left = value_text(r->env, x);
		str right = value_text(r->env, evaluate(r, op->y, s));
		yes = str_eq(left, right) == (op->compare == COMPARE_EQUAL);
	}
	return yes != op->negate;
}

/* ---- operations ---- */

static void value_write(struct run *r, const struct op *op, struct scope *s)
{
	if (op->x.kind == EXPR_MESSAGE && op->x.filter == FILTER_NONE) {
		message_write(r->env, r->a, message_key(r, &op->x, s), message_args(r, &op->x, s),
		              op->escape, r->out);
		return;
	}
	struct expr bare = op->x;
	bare.filter = FILTER_NONE;
	filter_write(r->env, r->a, op->x.filter, evaluate(r, &bare, s), op->escape, r->out);
}

static void each(struct run *r, const struct program *p, uint32_t at, struct scope *s)
{
	const struct op *op = &p->ops[at];
	const json *list = evaluate(r, &op->x, s);
	bool many = json_is(list, JSON_ARRAY) || json_is(list, JSON_OBJECT);
	if (!many || !list->count) {
		execute(r, p, op->other, op->end, s);
		return;
	}
	/* The body ends before the else part, whose first operation is `other`. */
	struct scope in = {.count = list->count, .up = s};
	for (const json *v = list->first; v && !r->failed; v = v->next, in.index++) {
		in.v = v;
		execute(r, p, at + 1, op->other, &in);
	}
}

static void with(struct run *r, const struct program *p, uint32_t at, struct scope *s)
{
	const struct op *op = &p->ops[at];
	const json *v = evaluate(r, &op->x, s);
	struct scope in = {.v = v, .index = LOOP_NONE, .up = s};
	if (is_true(v))
		execute(r, p, at + 1, op->other, &in);
	else
		execute(r, p, op->other, op->end, s);
}

static bool deeper(struct run *r)
{
	if (++r->depth <= TEMPLATE_DEPTH_MAX)
		return true;
	fail(r, "partials and layouts stand too deep within each other");
	return false;
}

static void partial(struct run *r, const struct op *op, struct scope *s)
{
	struct binding *b = NEWN(r->a, struct binding, op->n_args + 1);
	for (size_t i = 0; i < op->n_args; i++)
		b[i] = (struct binding){op->args[i].name, evaluate(r, &op->args[i].x, s)};
	struct scope in = {.bound = b, .n_bound = op->n_args, .index = LOOP_NONE, .up = s};
	if (deeper(r) && op->call)
		execute(r, op->call, 0, op->call->n, &in);
	r->depth--;
}

static void layout(struct run *r, const struct program *p, uint32_t at, struct scope *s)
{
	const struct op *op = &p->ops[at];
	struct frame f = {.p = p, .from = at + 1, .to = op->end, .scope = s, .up = r->frame};
	if (deeper(r) && op->call) {
		r->frame = &f;
		execute(r, op->call, 0, op->call->n, s);
		r->frame = f.up;
	}
	r->depth--;
}

/* The caller's body without its blocks, or one of its blocks. */
static void yield(struct run *r, str name)
{
	struct frame *f = r->frame;
	if (!f)
		return; /* a layout shown by itself */
	if (!deeper(r))
		return;
	r->frame = f->up;
	if (!name.n)
		execute(r, f->p, f->from, f->to, f->scope);
	for (uint32_t i = f->from; name.n && i < f->to; i++) {
		const struct op *op = &f->p->ops[i];
		if (op->code == OP_BLOCK && str_eq(op->text, name))
			execute(r, f->p, i + 1, op->end, f->scope);
		if (op->code == OP_BLOCK || op->code == OP_LAYOUT)
			i = op->end - 1;
	}
	r->frame = f;
	r->depth--;
}

static void csrf_write(struct run *r)
{
	const struct template_env *env = r->env;
	if (env->has_form)
		*env->has_form = true;
	buf_puts(r->out, "<input type=\"hidden\" name=\"csrf\" value=\"");
	escape_write(r->out, ESCAPE_ATTRIBUTE, env->csrf);
	buf_puts(r->out, "\"><input type=\"hidden\" name=\"idempotency_key\" value=\"");
	escape_write(r->out, ESCAPE_ATTRIBUTE, env->form_key);
	buf_fmt(r->out, "-%u\">", ++r->forms);
}

static uint32_t operation(struct run *r, const struct program *p, uint32_t at, struct scope *s)
{
	const struct op *op = &p->ops[at];
	switch (op->code) {
	case OP_TEXT:
		buf_put(r->out, op->text);
		return at + 1;
	case OP_VALUE:
		value_write(r, op, s);
		return at + 1;
	case OP_RAW:
		buf_put(r->out, value_text(r->env, evaluate(r, &op->x, s)));
		return at + 1;
	case OP_IF:
		return condition(r, op, s) ? at + 1 : op->other;
	case OP_JUMP:
		return op->end;
	case OP_EACH:
		each(r, p, at, s);
		return op->end;
	case OP_WITH:
		with(r, p, at, s);
		return op->end;
	case OP_PARTIAL:
		partial(r, op, s);
		return at + 1;
	case OP_LAYOUT:
		layout(r, p, at, s);
		return op->end;
	case OP_BLOCK:
		return op->end;
	case OP_YIELD:
		yield(r, op->text);
		return at + 1;
	case OP_ASSET:
		escape_write(r->out, op->escape, asset_url(r->env->assets, r->a, r->env->lang, op->text));
		return at + 1;
	case OP_CSRF:
		csrf_write(r);
		return at + 1;
	}
	return at + 1;
}

static void execute(struct run *r, const struct program *p, uint32_t from, uint32_t to,
                    struct scope *s)
{
	while (from < to && !r->failed) {
		if (--r->budget < 0) {
			fail(r, "the page needs too many operations");
			return;
		}
		from = operation(r, p, from, s);
	}
}

bool template_run(const struct program *p, const struct template_env *env, const json *view,
                  arena *a, buf *out)
{
	struct run r = {
	    .env = env, .a = a, .out = out, .name = p->source->name, .budget = TEMPLATE_OPERATIONS_MAX};
	struct scope root = {.v = view, .index = LOOP_NONE};
	execute(&r, p, 0, p->n, &root);
	if (out->over)
		fail(&r, "the page is too large");
	return !r.failed;
}
