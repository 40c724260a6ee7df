/*
 * place.h - where in an HTML page a template's text stands.
 *
 * A template's fixed text is walked once, when it is compiled, by this small
 * state machine over the tokenizer's states of the HTML standard (13.2.5). Where
 * a value comes, the place tells how it must be escaped, or that no escaping
 * makes it safe there.
 */
#ifndef WEB_PLACE_H
#define WEB_PLACE_H

#include "web/escape.h"

enum place_state {
	PLACE_TEXT,
	PLACE_OPEN, /* after '<' or '</' */
	PLACE_TAG_NAME,
	PLACE_TAG,        /* between attributes */
	PLACE_ATTRIBUTE,  /* in an attribute's name */
	PLACE_AFTER_NAME, /* behind it, white space seen */
	PLACE_EQUALS,     /* after '=', no value yet */
	PLACE_DOUBLE,     /* in a "value" */
	PLACE_SINGLE,     /* in a 'value' */
	PLACE_UNQUOTED,
	PLACE_COMMENT,
	PLACE_DECLARATION, /* <!doctype ...> */
	PLACE_RAW,         /* <script>, <style> */
	PLACE_TITLE,       /* <title>, <textarea> */
};

enum place_value { VALUE_PLAIN, VALUE_URL, VALUE_REFUSED };

#define PLACE_NAME_MAX 16

struct place {
	enum place_state state;
	enum place_value value;
	enum escape url;           /* how the next value of a URL is written */
	bool closing;              /* </x> */
	char name[PLACE_NAME_MAX]; /* of the tag or attribute, lower case, cut */
	uint8_t n;
	char element[PLACE_NAME_MAX]; /* the element whose tag or raw text this is */
};

/* Walks over fixed text. False when the text cannot be followed; *why says so. */
bool place_walk(struct place *p, str text, const char **why);
/* Before a template's tag: an unfinished name counts as finished. */
void place_settle(struct place *p);
/* How a value here is written; NULL, or why none is allowed here. */
const char *place_escape(const struct place *p, enum escape *out);
/* A value stands here: what follows it. */
void place_after_value(struct place *p);
/* Two ways to the same point: one place for both; false when they differ. */
bool place_join(struct place *p, const struct place *other);

#endif
