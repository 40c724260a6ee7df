/*
 * rules_vocabulary.c - is each element one of BPMN's, in a place where the standard has
 * it, with attributes it has and values they take? What is misspelt would do nothing,
 * and nobody would know.
 */
#include "engine/bpmn/model.h"

struct type {
	const char *name, *of, *attributes, *children;
};

static const struct type types[] = {
#define TYPE(name, of, attributes, children) {name, of, attributes, children},
#include "engine/bpmn/vocabulary.def"
#undef TYPE
};

static const struct type *type_of(str name)
{
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (str_eq(name, str_of(types[i].name)))
			return &types[i];
	return NULL;
}

static const struct type *parent_of(const struct type *t)
{
	return t->of[0] ? type_of(str_of(t->of)) : NULL;
}

/* The next word of a list; `*once` when it ends with "?". */
static bool next_word(str *list, str *word, bool *once)
{
	do {
		if (!str_cut(list, ' ', word))
			return false;
	} while (!word->n);
	*once = word->p[word->n - 1] == '?';
	*word = str_sub(*word, 0, word->n - *once);
	return true;
}

static bool has_word(const char *words, const char *wanted)
{
	str list = str_of(words), word;
	bool once;

	while (next_word(&list, &word, &once))
		if (str_eq(word, str_of(wanted)))
			return true;
	return false;
}

static bool any_type_has(const struct type *t, const char *wanted)
{
	for (; t; t = parent_of(t))
		if (has_word(t->children, wanted))
			return true;
	return false;
}

/* Is the element of this name, or of a type of this name? */
static bool is_of(str element, str name)
{
	for (const struct type *t = type_of(element); t; t = parent_of(t))
		if (str_eq(str_of(t->name), name))
			return true;
	return false;
}

/* The word of a parent's children that lets the element in; empty: it may not stand. */
static str place_of(const struct type *parent, str element, bool *once)
{
	*once = false;
	if (str_eq(element, STR("documentation")) || str_eq(element, STR("extensionElements")))
		return element;
	for (const struct type *t = parent; t; t = parent_of(t)) {
		str list = str_of(t->children), word;
		while (next_word(&list, &word, once))
			if (is_of(element, word))
				return word;
	}
	return (str){0};
}

/* ---- values -------------------------------------------------------------- */

bool bpmn_is_uri(str s)
{
	static const str digits = STR_INIT("0123456789abcdefABCDEF");

	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		bool hex = c == '%' && i + 2 < s.n && str_chr(digits, s.p[i + 1]) >= 0 &&
		           str_chr(digits, s.p[i + 2]) >= 0;
		if (c <= ' ' || c >= 127 || str_chr(STR("\"<>\\^`{|}"), c) >= 0 || (c == '%' && !hex))
			return false;
	}
	return true;
}

/* A name of XML without a colon; letters outside of ASCII are taken as they come. */
static bool is_id(str s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c >= 128;
		bool more = (c >= '0' && c <= '9') || c == '-' || c == '.';
		if (!letter && !(more && i))
			return false;
	}
	return s.n > 0;
}

static bool among(str words, str value)
{
	str word;

	while (str_cut(&words, '|', &word))
		if (str_eq(word, value))
			return true;
	return false;
}

static bool good_value(str kind, str value)
{
	int64_t number;

	if (!kind.n)
		return true;
	if (str_eq(kind, STR("b")))
		return among(STR("true|false|1|0"), value);
	if (str_eq(kind, STR("i")))
		return str_i64(value, &number);
	return str_eq(kind, STR("u")) ? bpmn_is_uri(value) : among(kind, value);
}

static const char *value_hint(str kind)
{
	return str_eq(kind, STR("b"))   ? "write true or false"
	       : str_eq(kind, STR("i")) ? "write a whole number"
	       : str_eq(kind, STR("u")) ? "write a URI"
	                                : "write one of the words that the standard has";
}

/* ---- attributes ---------------------------------------------------------- */

/* What is said of an attribute's value; false when the element has no such attribute. */
static bool kind_of(const struct type *type, str name, str *kind)
{
	for (const struct type *t = type; t; t = parent_of(t)) {
		str list = str_of(t->attributes), word, before;
		bool once;
		while (next_word(&list, &word, &once)) {
			*kind = word;
			str_cut(kind, ':', &before);
			if (str_eq(before, name)) {
				if (before.n == word.n)
					*kind = (str){0};
				return true;
			}
		}
	}
	return false;
}

/* Our own attributes are read, or handed to the room that does the work, of what flows;
 * on anything else nobody would look at them. */
static bool reads_ours(const struct type *t)
{
	static const char *const readers[] = {"FlowElement", "process",     "GlobalTask",
	                                      "lane",        "participant", "timerEventDefinition"};

	for (size_t i = 0; i < sizeof readers / sizeof *readers; i++)
		if (is_of(str_of(t->name), str_of(readers[i])))
			return true;
	return false;
}

static void attribute_rules(struct bpmn *b, const struct xml_node *n, const struct type *t)
{
	for (const struct xml_attr *at = n->attrs; at; at = at->next) {
		str kind = {0};
		bool id = at->ns == NS_NONE && str_eq(at->name, STR("id"));
		if (at->ns == NS_DIWAN && !reads_ours(t))
			bpmn_refuse(b, n, "bpmn.vocabulary.attribute",
			            "see docs/process-author.md for where it is read",
			            "diwan:%.*s is not read on a %s", STRF(at->name), t->name);
		if (at->ns != NS_NONE && at->ns != NS_BPMN)
			continue;
		if (at->ns == NS_BPMN || (!id && !kind_of(t, at->name, &kind)))
			bpmn_refuse(b, n, "bpmn.vocabulary.attribute",
			            "remove it, or write it as the standard does",
			            "%s has no attribute \"%.*s\"", t->name, STRF(at->name));
		else if (id ? !is_id(at->value) : !good_value(kind, at->value))
			bpmn_refuse(b, n, "bpmn.vocabulary.value",
			            id ? "begin with a letter; then letters, digits, \".\", \"-\" and \"_\""
			               : value_hint(kind),
			            "\"%.*s\" is no value of %.*s", (int)(at->value.n < 80 ? at->value.n : 80),
			            at->value.p, STRF(at->name));
	}
}

/* ---- elements ------------------------------------------------------------ */

static bool came_before(const struct xml_node *n, str place)
{
	for (const struct xml_node *x = n->parent->first; x != n; x = x->next)
		if (x->ns == NS_BPMN && is_of(x->name, place))
			return true;
	return false;
}

static void element_rules(struct bpmn *b, const struct xml_node *n, const struct type *parent)
{
	bool once;

	if (!type_of(n->name) || (n->name.p[0] >= 'A' && n->name.p[0] <= 'Z') || n->ns != NS_BPMN) {
		bpmn_refuse(b, n, "bpmn.vocabulary.element",
		            "check its spelling and its namespace; what is your own goes into"
		            " extensionElements",
		            "\"%.*s\" is no element of BPMN", STRF(n->name));
		return;
	}
	str place = place_of(parent, n->name, &once);
	if (!place.n)
		bpmn_refuse(b, n, "bpmn.vocabulary.place", "move it to where the standard has it",
		            "a %.*s cannot stand in a %s", STRF(n->name), parent->name);
	else if (once && came_before(n, place))
		bpmn_refuse(b, n, "bpmn.vocabulary.twice", "keep one of them", "a %s has one %.*s at most",
		            parent->name, STRF(n->name));
}

static void children_rules(struct bpmn *b, const struct xml_node *n, const struct type *t);

static void node_rules(struct bpmn *b, const struct xml_node *n)
{
	const struct type *t = type_of(n->name);

	if (!t || has_word(t->attributes, "*"))
		return;
	attribute_rules(b, n, t);
	if (n->text.n && !any_type_has(t, "~") && !any_type_has(t, "Anything"))
		bpmn_refuse(b, n, "bpmn.vocabulary.text", "put it into a documentation element",
		            "text cannot stand in a %s", t->name);
	if (!any_type_has(t, "Anything"))
		children_rules(b, n, t);
}

/* Elements of others stand in extensionElements; ours, a modeler's and those without
 * any namespace are told when they stand elsewhere, for nobody would read them. */
static void children_rules(struct bpmn *b, const struct xml_node *n, const struct type *t)
{
	for (const struct xml_node *x = n->first; x; x = x->next) {
		if (x->ns == NS_BPMN || x->ns == NS_DIWAN || x->ns == NS_ZEEBE || x->ns == NS_NONE)
			element_rules(b, x, t);
		if (x->ns == NS_BPMN)
			node_rules(b, x);
	}
}

void bpmn_check_vocabulary(struct bpmn *b)
{
	if (xml_is(b->root, "definitions"))
		node_rules(b, b->root);
}
