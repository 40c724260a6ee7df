#include "engine/xml/xml.h"

#include "base/buf.h"

#include <expat.h>
#include <string.h>

#define XML_MAX_TEXT ((size_t)64 * 1024) /* bytes of text in one element */
#define NS_SEPARATOR '\n'                /* cannot stand in a namespace name */

struct reader {
	arena *a;
	const struct xml_dialect *dialect;
	XML_Parser parser;
	struct diags *d;
	struct xml_node *root, *at;
	buf text[XML_MAX_DEPTH + 1]; /* of each open element; used again at its depth */
	size_t depth, nodes;
	bool failed;
};

static int split(const struct reader *r, const char *qname, str *local)
{
	const char *sep = strrchr(qname, NS_SEPARATOR);

	*local = str_dup(r->a, str_of(sep ? sep + 1 : qname));
	if (!sep)
		return XML_NONE;
	str uri = {qname, (size_t)(sep - qname)};
	for (size_t i = 0; i < r->dialect->n_namespaces; i++)
		if (str_eq(uri, str_of(r->dialect->namespaces[i].uri)))
			return r->dialect->namespaces[i].ns;
	return XML_OTHER;
}

static void fail(struct reader *r, const char *rule, const char *what, const char *hint)
{
	if (r->failed)
		return;
	r->failed = true;
	struct diag *g =
	    diags_add(r->d, DIAG_ERROR, rule, (uint32_t)XML_GetCurrentLineNumber(r->parser),
	              (uint32_t)XML_GetCurrentColumnNumber(r->parser) + 1, "%s", what);
	if (g)
		g->hint = str_of(hint);
	XML_StopParser(r->parser, XML_FALSE);
}

static void on_start(void *ctx, const XML_Char *name, const XML_Char **attrs)
{
	struct reader *r = ctx;

	if (r->failed)
		return;
	if (r->depth >= XML_MAX_DEPTH || ++r->nodes > r->dialect->max_nodes) {
		fail(r, r->dialect->limit, "too many or too deeply nested elements",
		     "split it into several files");
		return;
	}
	struct xml_node *n = NEW(r->a, struct xml_node);
	n->ns = split(r, name, &n->name);
	n->line = (uint32_t)XML_GetCurrentLineNumber(r->parser);
	n->col = (uint32_t)XML_GetCurrentColumnNumber(r->parser) + 1;
	struct xml_attr **tail = &n->attrs;
	for (; *attrs; attrs += 2) {
		struct xml_attr *at = NEW(r->a, struct xml_attr);
		at->ns = split(r, attrs[0], &at->name);
		at->value = str_dup(r->a, str_of(attrs[1]));
		*tail = at;
		tail = &at->next;
	}
	n->parent = r->at;
	if (!r->at)
		r->root = n;
	else if (r->at->last)
		r->at->last = r->at->last->next = n;
	else
		r->at->first = r->at->last = n;
	r->at = n;
	buf *text = &r->text[++r->depth];
	if (!text->a)
		*text = buf_make(r->a, XML_MAX_TEXT);
	text->n = 0;
	text->over = false;
}

static void on_end(void *ctx, const XML_Char *name)
{
	struct reader *r = ctx;

	(void)name;
	if (r->failed || !r->at)
		return;
	if (r->text[r->depth].over)
		fail(r, r->dialect->limit, "the text of an element is too long", "shorten it");
	str text = str_trim(buf_str(&r->text[r->depth]));
	if (text.n)
		r->at->text = str_dup(r->a, text);
	r->at = r->at->parent;
	r->depth--;
}

static void on_text(void *ctx, const XML_Char *s, int n)
{
	struct reader *r = ctx;

	if (!r->failed && r->at)
		buf_put(&r->text[r->depth], (str){s, (size_t)n});
}

static void on_doctype(void *ctx, const XML_Char *name, const XML_Char *sys, const XML_Char *pub,
                       int internal)
{
	(void)name, (void)sys, (void)pub, (void)internal;
	fail(ctx, ((struct reader *)ctx)->dialect->doctype,
	     "a document type declaration is not accepted", "remove the <!DOCTYPE ...> line");
}

/* Western Windows text, which some modelers write; expat knows UTF-8, UTF-16,
 * Latin 1 and ASCII itself. */
static int on_encoding(void *ctx, const XML_Char *name, XML_Encoding *info)
{
	static const uint16_t high[32] = {
	    0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
	    0x2039, 0x0152, 0,      0x017D, 0,      0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
	    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178};

	(void)ctx;
	if (!str_eq_nocase(str_of(name), STR("Cp1252")) &&
	    !str_eq_nocase(str_of(name), STR("windows-1252")))
		return XML_STATUS_ERROR;
	for (int i = 0; i < 256; i++)
		info->map[i] = i < 0x80 || i > 0x9F ? i : high[i - 0x80] ? high[i - 0x80] : -1;
	info->data = NULL;
	info->convert = NULL;
	info->release = NULL;
	return XML_STATUS_OK;
}

static void read_all(struct reader *r, str text)
{
	XML_SetUserData(r->parser, r);
	XML_SetElementHandler(r->parser, on_start, on_end);
	XML_SetCharacterDataHandler(r->parser, on_text);
	XML_SetStartDoctypeDeclHandler(r->parser, on_doctype);
	XML_SetUnknownEncodingHandler(r->parser, on_encoding, NULL);
	if (XML_Parse(r->parser, text.p ? text.p : "", (int)text.n, XML_TRUE) == XML_STATUS_OK ||
	    r->failed)
		return;
	fail(r, r->dialect->syntax, XML_ErrorString(XML_GetErrorCode(r->parser)),
	     "the file must be well-formed XML");
}

struct xml_node *xml_parse(arena *a, str text, const struct xml_dialect *dialect, struct diags *d)
{
	struct reader *r = NEW(a, struct reader);
	jmp_buf oom, *volatile before;

	r->a = a;
	r->d = d;
	r->dialect = dialect;
	/* expat keeps its own memory; it is freed below on every way out. */
	r->parser = XML_ParserCreateNS(NULL, NS_SEPARATOR);
	if (!r->parser) {
		diags_add(d, DIAG_ERROR, dialect->memory, 0, 0, "no memory to read the file");
		return NULL;
	}
	before = arena_guard(a, &oom);
	if (setjmp(oom)) {
		XML_ParserFree(r->parser);
		arena_guard(a, before);
		if (before)
			longjmp(*before, 1);
		return NULL;
	}
	read_all(r, text);
	arena_guard(a, before);
	XML_ParserFree(r->parser);
	return r->failed ? NULL : r->root;
}

str xml_attr_ns(const struct xml_node *n, int ns, const char *name)
{
	for (const struct xml_attr *at = n ? n->attrs : NULL; at; at = at->next)
		if (at->ns == ns && str_eq(at->name, str_of(name)))
			return at->value;
	return (str){0};
}

str xml_attr(const struct xml_node *n, const char *name)
{
	return xml_attr_ns(n, XML_NONE, name);
}

bool xml_flag(const struct xml_node *n, const char *name, bool otherwise)
{
	str v = xml_attr(n, name);

	if (str_eq(v, STR("true")) || str_eq(v, STR("1")))
		return true;
	return !str_eq(v, STR("false")) && !str_eq(v, STR("0")) && otherwise;
}

bool xml_has(const struct xml_node *n, const char *name)
{
	return xml_attr(n, name).p != NULL;
}

struct xml_node *xml_first_ns(struct xml_node *n, int ns, const char *name)
{
	for (; n; n = n->next)
		if (n->ns == ns && (!name || str_eq(n->name, str_of(name))))
			return n;
	return NULL;
}

struct xml_node *xml_child_ns(const struct xml_node *n, int ns, const char *name)
{
	return n ? xml_first_ns(n->first, ns, name) : NULL;
}

struct xml_node *xml_walk(const struct xml_node *root, const struct xml_node *n)
{
	if (n->first)
		return n->first;
	while (n != root && !n->next)
		n = n->parent;
	return n == root ? NULL : n->next;
}

str xml_ref(str qname)
{
	ptrdiff_t colon = str_chr(qname, ':');

	return colon < 0 ? qname : str_sub(qname, (size_t)colon + 1, qname.n);
}
