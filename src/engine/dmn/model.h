/*
 * model.h - a loaded model inside the room.
 */
#ifndef ENGINE_DMN_MODEL_H
#define ENGINE_DMN_MODEL_H

#include "engine/dmn/dmn.h"
#include "engine/dmn/dxml.h"
#include "engine/feel/node.h"

enum element_kind { ELEMENT_INPUT, ELEMENT_DECISION, ELEMENT_MODEL, ELEMENT_SERVICE, ELEMENT_VIEW };

struct element {
	enum element_kind kind;
	uint32_t number;
	str id, name;
	struct part *part;
	const struct dxml *src;
	const struct feel_type *type;
	const struct node *logic;
	uint32_t n_slots;
	uint32_t *needs; /* numbers; of a view: its members */
	size_t n_needs;
	uint32_t *views; /* numbers of the imports it sees */
	size_t n_views;
	const struct feel_function *fn; /* knowledge model or service, without values */
	uint32_t *outputs, *params;     /* of a service */
	size_t n_outputs, n_params;
	struct table *table; /* those in its logic */
};

struct type_entry {
	str name;
	const struct dxml *src;
	struct feel_type *type;
	int state; /* 0 unread, 1 being read, 2 read */
	struct type_entry *next;
};

struct import {
	str name;
	struct part *part;
	struct import *next;
};

/* One document. */
struct part {
	str ns, name;
	const struct dxml *root;
	struct import *imports;
	struct type_entry *types;
	struct part *next;
};

struct dmn {
	arena *a;
	struct part *parts; /* the first is the model itself */
	struct element **element;
	size_t n, cap;
	str *words; /* names the FEEL parser must know */
	size_t n_words, cap_words;
	struct diags *d;
};

/* What is shared while one element is being lowered. */
struct build {
	struct dmn *m;
	struct part *part;
	struct element *el;
	struct scope s;
};

struct node *dmn_lower(struct build *b, const struct dxml *box);
struct node *dmn_lower_child(struct build *b, const struct dxml *parent, const char *name);
struct node *dmn_unreadable(struct build *b, const struct dxml *at); /* null, and says so */
const struct dxml *dmn_expression(const struct dxml *parent);        /* its boxed expression */
struct node *dmn_lower_table(struct build *b, const struct dxml *t);
const struct feel_type *dmn_type(struct build *b, str ref, const struct dxml *at);
const struct feel_type *dmn_type_of_part(struct dmn *m, struct part *p, str ref);
/* The item definition of that name, or NULL. */
const struct dxml *dmn_type_source(const struct part *p, str ref);
str dmn_label(const struct dxml *n, str lang); /* empty if there is none in that language */
struct element *dmn_find(const struct dmn *m, const struct part *p, str name_or_id);

/* --- a run ------------------------------------------------------------------------- */

enum { VALUE_UNKNOWN, VALUE_RUNNING, VALUE_KNOWN };

struct model_run {
	const struct dmn *m;
	feel_value *value;
	uint8_t *state;
	feel_value inputs; /* a context */
	struct dmn_run *run;
};

void run_need(struct env *e, struct model_run *r, uint32_t number);
feel_value run_service(const struct feel_function *f, struct env *e, const feel_value *args);

/* --- tables ------------------------------------------------------------------------ */

enum hit {
	HIT_UNIQUE,
	HIT_ANY,
	HIT_PRIORITY,
	HIT_FIRST,
	HIT_COLLECT,
	HIT_RULE_ORDER,
	HIT_OUTPUT_ORDER
};
enum aggregate { AGG_NONE, AGG_SUM, AGG_COUNT, AGG_MIN, AGG_MAX };

/* A cell: anything, one constant, a range of constants, any (or, negated, none) of
 * several constants and ranges, or tests to run. */
enum cell_kind { CELL_ANY, CELL_EQUAL, CELL_RANGE, CELL_SET, CELL_TESTS };

struct cell {
	enum cell_kind kind;
	bool negated;
	uint32_t n_parts;
	const feel_value *parts; /* constants and ranges; one of EQUAL and RANGE */
	const struct node *tests;
	str text;
	uint32_t line, col;
};

struct rule {
	str id, annotation;
	str *note; /* its annotations, in the order of table.note_name */
	struct cell *in;
	struct node **out;
	str *out_text;
	uint32_t line, col;
	const struct dxml *src;
};

struct column {
	str label;
	struct node *expr; /* of an input */
	const struct feel_type *type;
	const struct node *allowed; /* tests on `slot` */
	str name;                   /* of an output */
	feel_value *order;          /* output values in their priority */
	size_t n_order;
	struct node *otherwise; /* default output */
};

struct table {
	str name;
	enum hit hit;
	enum aggregate agg;
	uint32_t slot; /* of "?" */
	size_t n_in, n_out, n_rules, n_notes;
	str *note_name; /* of its annotation clauses */
	struct column *in, *out;
	struct rule *rule;
	const struct table_index *index;
	const struct dxml *src;
	struct table *next; /* of the same element */
};

/* Is v what this constant or range stands for? 1, 0, or -1 when they do not compare. */
int cell_part_test(feel_value part, feel_value v);
/* Does a cell that needs no evaluation match? */
bool cell_set_matches(const struct cell *c, feel_value v);

const struct table *dmn_table_of(const struct node *n);  /* NULL if it evaluates none */
size_t table_rank(const struct column *c, feel_value v); /* in the order of output values */

const struct table_index *table_index_make(arena *a, const struct table *t);
/* The rules that may match, in order: those the index cannot exclude. Returns
 * their number; *out is NULL when it says nothing. */
size_t table_index_find(const struct table_index *ix, const feel_value *in, const uint32_t **out);

#endif
