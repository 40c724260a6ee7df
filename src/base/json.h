/*
 * json.h - JSON (RFC 8259) as a tree in an arena.
 *
 * Numbers keep their text, exactly as read: who needs a value converts it
 * (json_i64, or dec_parse for a decimal). No double is ever involved.
 * The reader takes one whole UTF-8 document, refuses duplicate member names,
 * lone surrogates and nesting deeper than JSON_MAX_DEPTH, and says where.
 *
 * The same tree is the view model of a page: a handler builds it, a template
 * or the JSON writer renders it.
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "base/buf.h"
#include "base/str.h"

#define JSON_MAX_DEPTH 128
#define JSON_MAX_BYTES ((size_t)16 * 1024 * 1024)

enum json_type { JSON_NULL, JSON_BOOL, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

typedef struct json json;
struct json {
	enum json_type type;
	bool b;             /* JSON_BOOL */
	str s;              /* JSON_STRING: the text; JSON_NUMBER: the literal */
	str key;            /* the member's name, if the parent is an object */
	json *first, *last; /* children of an array or object, in order */
	json *next;         /* next sibling */
	uint32_t count;     /* children */
	uint32_t names;     /* private: a bit for each member's name, to miss quickly */
	void *index;        /* private: name lookup of large objects */
	uint32_t line, col; /* where it stood in the source, from 1; 0 if made here */
};

typedef struct {
	str what;           /* English, for a developer: "expected ',' or '}'" */
	uint32_t line, col; /* from 1; the column counts bytes */
} json_error;

/* Returns NULL and fills *e (may be NULL) when the text is not JSON. */
json *json_parse(arena *a, str text, json_error *e);

/* Reading. All take NULL for "absent" and answer absent or the default. */
json *json_get_str(const json *object, str name);
static inline json *json_get(const json *object, const char *name)
{
	return json_get_str(object, str_of(name));
}
json *json_at(const json *array, size_t i);          /* linear */
json *json_path(const json *v, const char *dotted);   /* "card.title.ar" */
str json_text(const json *v);                         /* string or number literal, else empty */
static inline str json_str(const json *object, const char *name) /* json_text of a member */
{
	return json_text(json_get(object, name));
}
bool json_i64(const json *v, int64_t *out);           /* integral numbers only */
static inline int64_t json_int(const json *object, const char *name, int64_t otherwise)
{
	int64_t v;
	return json_i64(json_get(object, name), &v) ? v : otherwise;
}
static inline bool json_truth(const json *object, const char *name) /* member is true */
{
	const json *v = json_get(object, name);
	return v && v->type == JSON_BOOL && v->b;
}
bool json_is(const json *v, enum json_type t);
bool json_equal(const json *x, const json *y);         /* numbers by literal text */

/* Building. Setters replace a member of the same name and return the value. */
json *json_object(arena *a);
json *json_array(arena *a);
json *json_null(arena *a);
json *json_bool(arena *a, bool b);
json *json_int_new(arena *a, int64_t v);
json *json_number(arena *a, str literal);
json *json_string(arena *a, str s);
json *json_set_key(arena *a, json *object, str name, json *v);
static inline json *json_set(arena *a, json *object, const char *name, json *v)
{
	return json_set_key(a, object, str_of(name), v);
}
static inline json *json_set_str(arena *a, json *object, const char *name, str s)
{
	return json_set(a, object, name, json_string(a, s));
}
static inline json *json_set_int(arena *a, json *object, const char *name, int64_t v)
{
	return json_set(a, object, name, json_int_new(a, v));
}
static inline json *json_set_bool(arena *a, json *object, const char *name, bool b)
{
	return json_set(a, object, name, json_bool(a, b));
}
bool json_remove(json *object, str name);
json *json_push(json *array, json *v);
json *json_copy(arena *a, const json *v); /* of NULL: null */
/* A value that is part of another tree, for this one too: its text and its children
 * stay where they are, so neither may be changed nor given back before the other. */
json *json_share(arena *a, const json *v);

/* Writing: compact; `indent` > 0 gives a readable form. Member order is kept;
 * json_canonical sorts members by name bytes (for hashing). */
void json_write(buf *b, const json *v, int indent);
str json_print(arena *a, const json *v);
/* The same of an object; `member`, as many as it has, are the parts that its members' values
 * became. */
str json_print_members(arena *a, const json *object, str *member);
str json_canonical(arena *a, const json *v);
void json_write_string(buf *b, str s);

#endif
