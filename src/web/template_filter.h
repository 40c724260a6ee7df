/*
 * template_filter.h - values as text: filters, and messages with their values.
 */
#ifndef WEB_TEMPLATE_FILTER_H
#define WEB_TEMPLATE_FILTER_H

#include "web/template_ops.h"

/* The bare text of a value: strings, literals, and the reader's language of an
 * object with both. */
str value_text(const struct template_env *env, const json *v);

/* The filtered text, without markup. */
str filter_text(const struct template_env *env, arena *a, enum filter f, const json *v);

/* Writes it for its place; in ESCAPE_TEXT with the markup that belongs to it. */
void filter_write(const struct template_env *env, arena *a, enum filter f, const json *v,
                  enum escape e, buf *out);

/* A message with its arguments written for their place: each value isolated, by
 * <bdi> in element content, by U+2068 and U+2069 elsewhere. `args` is an object;
 * its member "n" chooses the plural form. */
void message_write(const struct template_env *env, arena *a, str key, const json *args,
                   enum escape e, buf *out);

#endif
