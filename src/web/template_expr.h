/*
 * template_expr.h - reads what stands between {{ and }}: words, paths, arguments.
 */
#ifndef WEB_TEMPLATE_EXPR_H
#define WEB_TEMPLATE_EXPR_H

#include "web/template_ops.h"

#define EXPR_PARTS_MAX 8
#define EXPR_ARGS_MAX  24
#define EXPR_DEPTH_MAX 4

struct lexer {
	arena *a;
	str rest;
	const char *why; /* the first thing wrong, or NULL */
	int depth;
};

/* The next word if it is `word` as a whole. */
bool lex_word(struct lexer *l, const char *word);
/* The next character if it is one of these symbols. */
bool lex_symbol(struct lexer *l, const char *symbol);
bool lex_end(struct lexer *l);
str lex_name(struct lexer *l); /* letters, digits, _ - . / @ */
bool lex_string(struct lexer *l, str *out);

/* A path, a literal, or (t ...) and (x | filter) in parentheses. */
struct expr expr_read(struct lexer *l);
enum filter filter_read(struct lexer *l);  /* "| name", if there */
struct expr message_read(struct lexer *l); /* what follows "t" */
size_t args_read(struct lexer *l, struct arg **out);

#endif
