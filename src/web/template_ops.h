/*
 * template_ops.h - a compiled template; shared by the compiler and the renderer.
 */
#ifndef WEB_TEMPLATE_OPS_H
#define WEB_TEMPLATE_OPS_H

#include "web/place.h"
#include "web/template.h"

enum filter {
	FILTER_NONE,
	FILTER_BDI,
	FILTER_MONEY,
	FILTER_DATE,
	FILTER_DATETIME,
	FILTER_TIME,
	FILTER_HIJRI,
	FILTER_NUMBER,
	FILTER_REF,
	FILTER_PHONE,
	FILTER_JSON,
	FILTER_COUNT,
};

enum expr_kind {
	EXPR_PATH,
	EXPR_LITERAL,
	EXPR_MESSAGE,
	EXPR_INDEX,
	EXPR_NUMBER,
	EXPR_FIRST,
	EXPR_LAST,
	EXPR_KEY
};

struct expr {
	enum expr_kind kind;
	enum filter filter;
	union {
		struct {        /* path */
			str *parts; /* none: the innermost value itself */
			size_t n_parts;
			bool innermost; /* ".name" */
		};
		json *literal;
		struct {              /* message */
			struct expr *key; /* a literal or a path */
			struct arg *args;
			size_t n_args;
		};
	};
};

struct arg {
	str name;
	struct expr x;
};

enum compare { COMPARE_TRUTH, COMPARE_EQUAL, COMPARE_DIFFERENT };

enum op_code {
	OP_TEXT,
	OP_VALUE,
	OP_RAW,
	OP_IF,   /* else goes to `other` */
	OP_JUMP, /* to `end` */
	OP_EACH, /* body up to `other`, else part up to `end` */
	OP_WITH,
	OP_PARTIAL,
	OP_LAYOUT, /* body up to `end` */
	OP_BLOCK,
	OP_YIELD,
	OP_ASSET,
	OP_CSRF,
};

/* There are thousands of them, for as long as the server runs. */
struct op {
	enum op_code code;
	enum escape escape;
	enum compare compare;
	bool negate;
	union {
		struct expr x; /* of a value, raw, if, each, with */
		struct {       /* of the others */
			str text;  /* or the name of what is called, filled or linked to */
			struct program *call;
			struct arg *args;
			size_t n_args;
		};
	};
	struct expr *y; /* what x is compared with */
	uint32_t end, other;
};

/* A template compiled for one kind of place. */
struct program {
	struct source *source;
	struct place start;
	struct op *ops;
	uint32_t n, cap;
	bool broken;
	struct program *next; /* another place */
};

struct source {
	str name, file, text;
	bool plain; /* no HTML: no escaping, isolates */
	struct program *programs;
	struct source *next;
};

struct templates {
	arena *a;
	arena *scratch; /* of templates_link, while programs grow; kept is their size */
	const struct messages *texts;
	struct diags *d;
	struct source *first, *last;
	size_t n;
};

struct source *template_source(const struct templates *t, str name);
/* The program of a source for a place; compiles it if it is new. */
struct program *template_compile(struct templates *t, struct source *s, const struct place *start);
/* False (and the log) when the budget or the output ran over. */
bool template_run(const struct program *p, const struct template_env *env, const json *view,
                  arena *a, buf *out);

#endif
