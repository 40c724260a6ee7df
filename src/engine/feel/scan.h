/*
 * scan.h - the text of an expression under a cursor. Private to the room: scan.c
 * (characters, words, names, literals), parse_type.c and parse.c share it.
 *
 * Scannerless recursive descent: whether "a - b" is one name or a subtraction
 * depends on the names in scope, so there are no tokens before the scope is
 * known. One parser serves one text. What is read begins behind white space and
 * comments.
 */
#ifndef ENGINE_FEEL_SCAN_H
#define ENGINE_FEEL_SCAN_H

#include "engine/feel/node.h"

struct parser {
	struct scope *s;
	str text;
	size_t at;
	size_t primaries; /* read so far: bounds reading anew what was ambiguous */
	size_t seen_at;   /* of this place, line and column were counted */
	uint32_t seen_line, seen_col;
	bool failed;
	bool range_end;        /* what is being read ends a range: "[" may close it */
	const uint32_t *input; /* slot of "?", if there is one */
};

enum { ARGS_MAX = 256 };

void scan_place(struct parser *p, size_t at, uint32_t *line, uint32_t *col);
/* Tells the first problem of the text; NULL always. */
struct node *scan_fail(struct parser *p, const char *what);

bool scan_is_digit(uint32_t c);
bool scan_is_start(uint32_t c); /* of a name */
uint32_t scan_peek(struct parser *p, size_t at, size_t *len);
void scan_space(struct parser *p);

char scan_look(struct parser *p); /* the next character, 0 at the end */
bool scan_sees(struct parser *p, const char *sign);
bool scan_take(struct parser *p, const char *sign);
bool scan_need(struct parser *p, const char *sign); /* or fails */

/* A keyword of one or more words, any white space between them: where it ends, or 0. */
size_t scan_word_end(struct parser *p, const char *words);
bool scan_word(struct parser *p, const char *words);

/* The longest known name at the cursor, or a single word (a keyword too, if asked).
 * Empty if none. */
str scan_name(struct parser *p, bool keywords);
/* A name being declared ("for loan amount in"): words up to one of the stops. */
str scan_declared(struct parser *p, const char *stop_word, const char *stop_signs);

struct node *scan_number(struct parser *p);
bool scan_string(struct parser *p, str *out);

const struct feel_type *parse_type(struct parser *p);

#endif
