#include "web/place.h"

#include <string.h>

static bool space(char c)
{
	return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f';
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static void name_begin(struct place *p, char c)
{
	p->n = 0;
	if (c)
		p->name[p->n++] = lower(c);
	p->name[p->n] = 0;
}

static void name_add(struct place *p, char c)
{
	if (p->n < PLACE_NAME_MAX - 1) {
		p->name[p->n++] = lower(c);
		p->name[p->n] = 0;
	}
}

static bool one_of(const char *name, const char *const *list)
{
	for (; *list; list++)
		if (strcmp(name, *list) == 0)
			return true;
	return false;
}

static enum place_value value_of(const char *attribute)
{
	static const char *const urls[] = {"href",     "src",        "action",     "formaction",
	                                   "poster",   "cite",       "data",       "ping",
	                                   "manifest", "background", "xlink:href", NULL};
	static const char *const refused[] = {"style", "srcdoc", "srcset", NULL};
	if (strncmp(attribute, "on", 2) == 0 || one_of(attribute, refused))
		return VALUE_REFUSED;
	return one_of(attribute, urls) ? VALUE_URL : VALUE_PLAIN;
}

static void tag_end(struct place *p)
{
	static const char *const raw[] = {"script", "style", NULL};
	static const char *const title[] = {"title", "textarea", NULL};
	p->state = PLACE_TEXT;
	if (!p->closing && one_of(p->element, raw))
		p->state = PLACE_RAW;
	else if (!p->closing && one_of(p->element, title))
		p->state = PLACE_TITLE;
}

/* What a URL's fixed text allows for the value that comes next. */
static void url_step(struct place *p, char c)
{
	if (p->value != VALUE_URL)
		return;
	if (c == '?' || c == '#' || p->url == ESCAPE_URL_QUERY)
		p->url = ESCAPE_URL_QUERY;
	else if (p->url == ESCAPE_URL && c == '/')
		p->url = ESCAPE_URL_PATH;
	else if (p->url == ESCAPE_URL)
		p->url = ESCAPE_URL_LOOSE;
	else if (p->url == ESCAPE_URL_LOOSE && (c == '/' || c == ':'))
		p->url = ESCAPE_URL_PATH;
}

static void value_begin(struct place *p, enum place_state state)
{
	p->state = state;
	p->url = ESCAPE_URL;
}

static void open_step(struct place *p, char c)
{
	if (c == '/' && !p->closing) {
		p->closing = true;
	} else if (c == '!') {
		p->state = PLACE_DECLARATION;
		name_begin(p, 0);
	} else if ((lower(c) >= 'a' && lower(c) <= 'z')) {
		p->state = PLACE_TAG_NAME;
		name_begin(p, c);
	} else {
		p->state = PLACE_TEXT;
	}
}

/* White space, '/' or '>' behind a tag's or an attribute's name. */
static void gap_step(struct place *p, char c)
{
	if (p->state == PLACE_TAG_NAME)
		memcpy(p->element, p->name, sizeof p->element);
	if (c == '>')
		tag_end(p);
	else
		p->state = p->state == PLACE_ATTRIBUTE ? PLACE_AFTER_NAME : PLACE_TAG;
}

/* In <script>, <style>, <title>, <textarea>: only their own end tag counts. */
static void raw_step(struct place *p, char c, str rest)
{
	if (c != '<' || rest.n < 2 || rest.p[1] != '/')
		return;
	str name = str_sub(rest, 2, 2 + strlen(p->element));
	if (!str_eq_nocase(name, str_of(p->element)))
		return;
	p->state = PLACE_OPEN;
	p->closing = false;
}

static bool tag_step(struct place *p, char c, const char **why)
{
	if (space(c) || c == '/' || c == '>') {
		gap_step(p, c);
	} else if (p->state == PLACE_TAG_NAME || p->state == PLACE_ATTRIBUTE) {
		if (c == '=' && p->state == PLACE_ATTRIBUTE) {
			p->value = value_of(p->name);
			p->state = PLACE_EQUALS;
		} else {
			name_add(p, c);
		}
	} else if (c == '=' && p->state == PLACE_AFTER_NAME) {
		p->value = value_of(p->name);
		p->state = PLACE_EQUALS;
	} else if (c == '=' || c == '"' || c == '\'' || c == '<') {
		*why = "a tag is not well formed here";
		return false;
	} else {
		p->state = PLACE_ATTRIBUTE;
		name_begin(p, c);
	}
	return true;
}

static void equals_step(struct place *p, char c)
{
	if (c == '"' || c == '\'')
		value_begin(p, c == '"' ? PLACE_DOUBLE : PLACE_SINGLE);
	else if (c == '>')
		tag_end(p);
	else if (!space(c))
		value_begin(p, PLACE_UNQUOTED);
}

bool place_walk(struct place *p, str text, const char **why)
{
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];
		switch (p->state) {
		case PLACE_TEXT:
			if (c == '<') {
				p->state = PLACE_OPEN;
				p->closing = false;
			}
			break;
		case PLACE_OPEN:
			open_step(p, c);
			break;
		case PLACE_TAG_NAME:
		case PLACE_TAG:
		case PLACE_ATTRIBUTE:
		case PLACE_AFTER_NAME:
			if (!tag_step(p, c, why))
				return false;
			break;
		case PLACE_EQUALS:
			equals_step(p, c);
			break;
		case PLACE_DOUBLE:
		case PLACE_SINGLE:
			if (c == (p->state == PLACE_DOUBLE ? '"' : '\''))
				p->state = PLACE_TAG;
			else
				url_step(p, c);
			break;
		case PLACE_UNQUOTED:
			if (c == '>')
				tag_end(p);
			else if (space(c))
				p->state = PLACE_TAG;
			break;
		case PLACE_DECLARATION:
			name_add(p, c);
			if (p->n == 2 && p->name[0] == '-' && p->name[1] == '-')
				p->state = PLACE_COMMENT;
			else if (c == '>')
				p->state = PLACE_TEXT;
			break;
		case PLACE_COMMENT:
			if (c == '>' && i >= 2 && text.p[i - 1] == '-' && text.p[i - 2] == '-')
				p->state = PLACE_TEXT;
			break;
		case PLACE_RAW:
		case PLACE_TITLE:
			raw_step(p, c, str_sub(text, i, text.n));
			break;
		}
	}
	return true;
}

void place_settle(struct place *p)
{
	if (p->state == PLACE_TAG_NAME)
		memcpy(p->element, p->name, sizeof p->element);
	if (p->state == PLACE_TAG_NAME || p->state == PLACE_ATTRIBUTE || p->state == PLACE_AFTER_NAME)
		p->state = PLACE_TAG;
}

const char *place_escape(const struct place *p, enum escape *out)
{
	switch (p->state) {
	case PLACE_TEXT:
		*out = ESCAPE_TEXT;
		return NULL;
	case PLACE_TITLE:
		*out = ESCAPE_ATTRIBUTE;
		return NULL;
	case PLACE_TAG_NAME:
		*out = ESCAPE_LEVEL;
		return strcmp(p->name, "h") == 0 ? NULL : "a value cannot be part of a tag's name";
	case PLACE_TAG:
		*out = ESCAPE_ATTRIBUTE_NAME;
		return NULL;
	case PLACE_ATTRIBUTE:
		*out = ESCAPE_NAME;
		return strncmp(p->name, "data-", 5) == 0 || strncmp(p->name, "aria-", 5) == 0
		           ? NULL
		           : "only the name of a data- or aria- attribute can hold a value";
	case PLACE_DOUBLE:
	case PLACE_SINGLE:
		*out = p->value == VALUE_URL ? p->url : ESCAPE_ATTRIBUTE;
		return p->value == VALUE_REFUSED
		           ? "a value cannot stand in a style, srcset, srcdoc or event attribute"
		           : NULL;
	case PLACE_EQUALS:
	case PLACE_UNQUOTED:
		return "an attribute with a value in it must be quoted";
	case PLACE_COMMENT:
	case PLACE_DECLARATION:
		return "a value cannot stand in a comment or a declaration";
	case PLACE_RAW:
		return "a value cannot stand in a script or a style sheet";
	case PLACE_OPEN:
	case PLACE_AFTER_NAME:
		break;
	}
	return "a value cannot stand here";
}

void place_after_value(struct place *p)
{
	if (p->state == PLACE_TAG) {
		p->state = PLACE_ATTRIBUTE;
		p->n = 0;
		for (const char *c = "data-"; *c; c++)
			name_add(p, *c);
	} else if (p->state == PLACE_TAG_NAME) {
		name_add(p, '1');
	} else if (p->url == ESCAPE_URL) {
		p->url = ESCAPE_URL_LOOSE;
	}
}

bool place_join(struct place *p, const struct place *other)
{
	if (p->state != other->state)
		return false;
	bool in_value = p->state == PLACE_DOUBLE || p->state == PLACE_SINGLE;
	if (in_value && p->value != other->value)
		return false;
	if (in_value && p->url != other->url)
		p->url = ESCAPE_URL_QUERY; /* the strictest serves for both */
	return (p->state != PLACE_RAW && p->state != PLACE_TITLE) ||
	       strcmp(p->element, other->element) == 0;
}
