/*
 * node.h - the compiled form of an expression, and what evaluates it.
 *
 * Private to engine/feel and engine/dmn: a boxed expression of DMN is lowered
 * to the same nodes as text is.
 */
#ifndef ENGINE_FEEL_NODE_H
#define ENGINE_FEEL_NODE_H

#include "engine/feel/feel.h"

/* An array on the stack that is written before it is read: not filled with zeros. */
#define FEEL_UNSET __attribute__((uninitialized))

struct node;
struct env;
typedef feel_value (*node_eval)(const struct node *n, struct env *e);

struct node {
	node_eval eval;
	struct node **kid;
	uint32_t n;    /* kids */
	uint32_t slot; /* local slot, global number, or operator */
	uint32_t line, col;
	uint32_t weight; /* of what is run again and again below: nodes / 32 */
	bool uses_input; /* "?" occurs below */
	bool flag, flag2;
	str name;
	feel_value value; /* constants; the callee's table row is `data` */
	const str *names; /* parameters, keys */
	const uint32_t *slots;
	const void *data;
};

/* State of one evaluation. */
struct env {
	arena *a;
	feel_value *local;        /* slots of the current frame */
	const feel_value *global; /* free names, or results of a model's elements */
	uint64_t steps, steps_max;
	size_t depth, depth_max;
	uint32_t n_local; /* size of the current frame */
	struct feel_run *run;
	jmp_buf *stop;           /* a used-up budget jumps here with an err */
	void *model;             /* the DMN run, for nodes made there */
	const feel_value *given; /* its inputs: what names that nothing gives are looked up in */
	struct zone_cache *zones;
	bool shape_only; /* types are being compared without their allowed values */
};

struct feel_type;

/* A function value: a builtin, or nodes with what they closed over. */
struct feel_function {
	const struct builtin *builtin;
	const struct node *body;
	uint32_t n_params, n_slots, weight;
	const str *params;
	const uint32_t *param_slots;
	const struct feel_type *const *types; /* of the parameters; NULL if untyped */
	const struct feel_type *result;
	feel_value *closed; /* the frame it was made in */
	const feel_value *global;
	const void *data; /* of a model: the service it stands for */
	feel_value (*call)(const struct feel_function *f, struct env *e, const feel_value *args);
};

struct feel_expr {
	const struct node *root;
	uint32_t n_slots;
	const str *free;
	const bool *needed;
	size_t n_free;
	const struct quick *quick;     /* its second form (quick.h) */
	const struct quick_num *frame; /* of that: the constants, behind the free names */
	uint32_t frame_size;
	bool functions; /* its value may hold some that read the names' values later */
};

/* null, with the reason recorded. */
feel_value env_fail(struct env *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Takes n steps off the budget; ends the evaluation when none is left. */
void env_step(struct env *e, uint64_t n);
/* Ends the evaluation with an error. */
_Noreturn void env_stop(struct env *e, err code);

/* Calls a function value; n must fit (missing ones are null). */
feel_value env_call(struct env *e, feel_value fn, const feel_value *args, size_t n);

/* Runs fn(arg) under the guards of a run: budget and memory. */
err env_run(struct feel_run *run, const feel_value *global, uint32_t n_slots, void *model,
            feel_value (*fn)(struct env *e, void *arg), void *arg, feel_value *out);

static inline feel_value node_run(const struct node *n, struct env *e)
{
	return n->eval(n, e);
}

/* --- scopes: what names mean while parsing ------------------------------------ */

enum bind_kind { BIND_LOCAL, BIND_GLOBAL, BIND_ITEM };

struct bind {
	enum bind_kind kind;
	str name;
	uint32_t slot;
	const struct bind *next; /* outwards */
};

struct scope {
	arena *a;
	const struct bind *top;
	uint32_t n_slots;    /* highest used + 1 */
	const str *declared; /* of the context: they stand before builtins of the name */
	size_t n_declared;
	str *words; /* names of several words, or with signs */
	size_t n_words, cap_words;
	str *free;    /* names taken from the context, if `open` */
	bool *needed; /* of each: not only in filters, where items may have it */
	size_t n_free, cap_free;
	uint32_t nodes; /* made so far */
	bool open;
	bool functions;     /* some are defined: they keep the names' values */
	bool plain;         /* constants are left as they are written */
	uint32_t line, col; /* where the text stands in its file */
	struct diags *d;
	size_t depth;
	/* a type by name, for "instance of" and typed parameters */
	const struct feel_type *(*find_type)(void *ctx, str name);
	void *types;
};

void scope_learn(struct scope *s, str name); /* a name the parser must know */
bool scope_declared(const struct scope *s, str name);
uint32_t scope_local(struct scope *s, str name); /* binds a new local slot */
void scope_global(struct scope *s, str name, uint32_t number);

/* Parse a whole text in a scope; NULL on errors. */
struct node *feel_parse(struct scope *s, str text);
struct node *feel_parse_tests(struct scope *s, str text, uint32_t input_slot);

/* Makers used by the parser and by boxed expressions. */
struct node *feel_node_new(arena *a, node_eval eval, size_t kids);
/* Says on a context's node that two of its names are the same. */
void feel_node_names(arena *a, struct node *context);
struct node *feel_node_const(arena *a, feel_value v);
struct node *feel_node_global(arena *a, str name, uint32_t number);
struct node *feel_node_local(arena *a, str name, uint32_t slot);
struct node *feel_node_name(struct scope *s, str name);

feel_value eval_const(const struct node *n, struct env *e);
feel_value eval_local(const struct node *n, struct env *e);
feel_value eval_global(const struct node *n, struct env *e);
feel_value eval_name(const struct node *n, struct env *e);
feel_value eval_unknown(const struct node *n, struct env *e);
feel_value eval_arith(const struct node *n, struct env *e);
feel_value eval_negate(const struct node *n, struct env *e);
feel_value eval_compare(const struct node *n, struct env *e);
feel_value eval_between(const struct node *n, struct env *e);
feel_value eval_in(const struct node *n, struct env *e);
feel_value eval_and(const struct node *n, struct env *e);
feel_value eval_or(const struct node *n, struct env *e);
feel_value eval_if(const struct node *n, struct env *e);
feel_value eval_for(const struct node *n, struct env *e);
feel_value eval_quantified(const struct node *n, struct env *e);
feel_value eval_list(const struct node *n, struct env *e);
feel_value eval_context(const struct node *n, struct env *e);
feel_value eval_range(const struct node *n, struct env *e);
feel_value eval_path(const struct node *n, struct env *e);
feel_value eval_filter(const struct node *n, struct env *e);
feel_value eval_function(const struct node *n, struct env *e);
feel_value eval_call(const struct node *n, struct env *e);
feel_value eval_builtin(const struct node *n, struct env *e);
feel_value eval_instance(const struct node *n, struct env *e);
feel_value eval_tests(const struct node *n, struct env *e);
feel_value eval_coerce(const struct node *n, struct env *e);

/* Equality within the budget: a comparison of large values takes steps. */
int env_equal(struct env *e, feel_value x, feel_value y);
/* Does the value under test pass? 1, 0, or -1 for null. e may be NULL. */
int feel_test(struct env *e, feel_value input, feel_value test);
feel_value feel_property(struct env *e, feel_value v, str name);
feel_value feel_arith(struct env *e, char op, feel_value x, feel_value y);

/* --- types ---------------------------------------------------------------------- */

enum type_kind {
	TYPE_ANY,
	TYPE_NULL,
	TYPE_SIMPLE,   /* `simple` says which */
	TYPE_DURATION, /* either duration */
	TYPE_LIST,
	TYPE_RANGE,
	TYPE_CONTEXT,
	TYPE_FUNCTION
};

struct feel_type {
	enum type_kind kind;
	enum feel_kind simple;
	str name;
	const struct feel_type *of; /* item of a list, end of a range, result */
	size_t n;                   /* members of a context, parameters */
	const str *names;
	const struct feel_type *const *types;
	const struct node *allowed; /* unary tests on slot 0; NULL: anything */
	uint32_t allowed_slots;
	const struct feel_type *based_on; /* whose `allowed` holds too */
};

extern const struct feel_type feel_type_any;
const struct feel_type *feel_type_builtin(str name); /* NULL if it is none */
bool feel_conforms(struct env *e, feel_value v, const struct feel_type *t);
bool feel_instance(struct env *e, feel_value v, const struct feel_type *t);
/* The value as that type (10.3.2.9.4: singleton lists, date to date and time), or
 * null with a diagnostic. `what` names it. */
feel_value feel_coerce(struct env *e, feel_value v, const struct feel_type *t, str what);
/* As feel_coerce, and strings become points in time and durations (JSON input). */
feel_value feel_input(struct env *e, feel_value v, const struct feel_type *t, str what);

/* --- builtins ------------------------------------------------------------------ */

struct builtin {
	str name;
	const char *params; /* "string,start position,length" */
	const char *kinds;  /* a letter a parameter: see builtins.def */
	char result;        /* a letter too */
	uint8_t min, max;   /* max 255: any number (the last parameter repeats) */
	feel_value (*fn)(struct env *e, const feel_value *args, size_t n);
};

/* All rows of one name stand together. */
const struct builtin *builtin_find(str name, size_t *rows);
const struct builtin *builtin_all(size_t *n);
/* The first row that takes so many arguments or, if they are `given` names, these: then
 * their places too. NULL if there is none. */
const struct builtin *builtin_pick(const struct builtin *rows, size_t n_rows, const str *given,
                                   size_t n, uint32_t *places);
char builtin_letter(const struct builtin *b, size_t param);
bool builtin_fits(const struct builtin *b, size_t param, enum feel_kind k);
/* Lists of one become their item where the parameter wants a single value. */
void builtin_single(const struct builtin *b, feel_value *v, size_t n);

/* --- time ------------------------------------------------------------------------ */

bool feel_parse_date(str s, feel_value *out);
bool feel_parse_time(struct env *e, str s, feel_value *out);
bool feel_parse_datetime(struct env *e, str s, feel_value *out);
bool feel_parse_duration(str s, feel_value *out);
feel_value feel_parse_at(struct env *e, str s); /* @"...": null if none fits */
void feel_print_time(buf *b, feel_value v);
bool feel_zone_find(struct env *e, str name, const struct feel_zone **out);
const struct feel_zone *feel_zone_offset(arena *a, int32_t seconds);
/* Seconds east of UTC at that local time. */
int32_t feel_offset_of(feel_value v); /* of a point in time, in seconds */
int32_t feel_offset_at(const struct feel_zone *z, int64_t days, int64_t nanos);
int32_t feel_tz_local(const struct feel_tz *tz, int64_t local_seconds);
int32_t feel_tz_standard(const struct feel_tz *tz);
__extension__ typedef __int128 i128;
/* Is this day (since 1970) one of the years that FEEL has? */
bool feel_day_fits(i128 days);
i128 feel_nanos(feel_value v);               /* UTC nanoseconds of a point in time or duration */
bool feel_of_nanos(i128 n, feel_value *out); /* a duration */
feel_value feel_shift_months(struct env *e, feel_value v, int64_t months);

#endif
