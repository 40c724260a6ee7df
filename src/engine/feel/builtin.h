/*
 * builtin.h - what the files of builtin functions share. Private to the room.
 */
#ifndef ENGINE_FEEL_BUILTIN_H
#define ENGINE_FEEL_BUILTIN_H

#include "engine/feel/node.h"

#define BUILTIN(fn, name, params, kinds, result, min, max)                                         \
	feel_value fn(struct env *e, const feel_value *v, size_t n);
#include "engine/feel/builtins.def"
#undef BUILTIN

/* The arguments of a function of one list: the list itself, or all of them.
 * False for null. */
bool bi_items(struct env *e, const feel_value *v, size_t n, struct feel_list *out);
/* A list; a single value counts as a list of one. False for null. */
bool bi_list(struct env *e, feel_value v, struct feel_list *out);
feel_value bi_wrong(struct env *e, const char *function);
feel_value bi_give_list(struct env *e, feel_value *v, size_t n);
/* The whole part of a number, as int64. */
bool bi_int(feel_value v, int64_t *out);

#endif
