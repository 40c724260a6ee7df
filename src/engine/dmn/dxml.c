#include "engine/dmn/dxml.h"
#include "base/buf.h"

#include <expat.h>
#include <string.h>

#define SCRATCH_BYTES (5 * DXML_MAX_BYTES) /* texts that grow by doubling; never all of it */

struct reader {
	arena *a, *scratch;
	XML_Parser xp;
	struct diags *d;
	struct dxml *root, *at;
	buf *text; /* of each open element; used again at its depth */
	size_t depth, nodes;
	bool bad;
	jmp_buf oom; /* expat's frames hold no memory of ours, but its own must be freed */
};

static void stop(struct reader *r, const char *what, const char *hint)
{
	if (!r->bad)
		diags_add(r->d, DIAG_ERROR, "dmn.xml", (uint32_t)XML_GetCurrentLineNumber(r->xp),
		          (uint32_t)XML_GetCurrentColumnNumber(r->xp) + 1, "%s", what)
		    ->hint = str_of(hint);
	r->bad = true;
	XML_StopParser(r->xp, XML_FALSE);
}

static str local_name(arena *a, const char *qualified, bool *foreign)
{
	const char *bar = strrchr(qualified, '|');
	bool dmn = !bar || strstr(qualified, "/spec/DMN/") != NULL;
	bool diagram = bar && (strstr(qualified, "/DMNDI/|") || strstr(qualified, "/DI/|") ||
	                       strstr(qualified, "/DC/|"));
	*foreign = !dmn || diagram;
	return str_dup(a, str_of(bar ? bar + 1 : qualified));
}

static void XMLCALL on_start(void *ctx, const XML_Char *name, const XML_Char **attrs)
{
	struct reader *r = ctx;
	if (r->bad)
		return;
	if (r->depth + 1 >= DXML_MAX_DEPTH || ++r->nodes > DXML_MAX_NODES) {
		stop(r, "a document nested too deeply or too large", "part it into models that import");
		return;
	}
	struct dxml *n = NEW(r->a, struct dxml);
	n->name = local_name(r->a, name, &n->foreign);
	n->line = (uint32_t)XML_GetCurrentLineNumber(r->xp);
	n->col = (uint32_t)XML_GetCurrentColumnNumber(r->xp) + 1;
	n->parent = r->at;
	bool foreign;
	for (size_t i = 0; attrs[i]; i += 2) {
		struct dxml_attr *at = NEW(r->a, struct dxml_attr);
		*at = (struct dxml_attr){local_name(r->a, attrs[i], &foreign),
		                         str_dup(r->a, str_of(attrs[i + 1])), n->attrs};
		if (!strchr(attrs[i], '|') ||
		    dxml_get(n, at->name.p ? str_c(r->a, at->name) : "").p == NULL)
			n->attrs = at;
	}
	if (r->at) {
		if (r->at->last)
			r->at->last->next = n;
		else
			r->at->first = n;
		r->at->last = n;
	} else {
		r->root = n;
	}
	r->at = n;
	buf *text = &r->text[r->depth++];
	if (!text->a)
		*text = buf_make(r->scratch, DXML_MAX_BYTES);
	text->n = 0;
	text->over = false;
}

static void XMLCALL on_end(void *ctx, const XML_Char *name)
{
	struct reader *r = ctx;
	(void)name;
	if (r->bad)
		return;
	str text = buf_str(&r->text[--r->depth]);
	if (text.n)
		r->at->text = str_dup(r->a, text);
	r->at = r->at->parent;
}

static void XMLCALL on_text(void *ctx, const XML_Char *s, int n)
{
	struct reader *r = ctx;
	if (!r->bad && r->depth && !r->at->text_line) {
		r->at->text_line = (uint32_t)XML_GetCurrentLineNumber(r->xp);
		r->at->text_col = (uint32_t)XML_GetCurrentColumnNumber(r->xp) + 1;
	}
	if (!r->bad && r->depth)
		buf_put(&r->text[r->depth - 1], (str){s, (size_t)n});
}

static void XMLCALL on_doctype(void *ctx, const XML_Char *name, const XML_Char *sys,
                               const XML_Char *pub, int internal)
{
	(void)name, (void)sys, (void)pub, (void)internal;
	stop(ctx, "a DOCTYPE is refused", "take it out: no model needs one");
}

static bool feed(struct reader *r, str text)
{
	const size_t step = (size_t)1 << 20;
	for (size_t at = 0; at < text.n || at == 0; at += step) {
		size_t n = text.n - at < step ? text.n - at : step;
		bool last = at + n >= text.n;
		if (XML_Parse(r->xp, text.p + at, (int)n, last) == XML_STATUS_ERROR) {
			if (!r->bad)
				stop(r, XML_ErrorString(XML_GetErrorCode(r->xp)),
				     "the text is no well-formed XML here or shortly before");
			return false;
		}
		if (last)
			break;
	}
	return !r->bad;
}

static bool read_all(struct reader *r, str text)
{
	r->text = NEWN(r->scratch, buf, DXML_MAX_DEPTH);
	XML_SetUserData(r->xp, r);
	XML_SetElementHandler(r->xp, on_start, on_end);
	XML_SetCharacterDataHandler(r->xp, on_text);
	XML_SetStartDoctypeDeclHandler(r->xp, on_doctype);
	return feed(r, text);
}

struct dxml *dxml_parse(arena *a, str text, struct diags *d)
{
	if (text.n == 0 || text.n > DXML_MAX_BYTES) {
		diags_add(d, DIAG_ERROR, "dmn.xml", 1, 1, "an empty document, or one beyond 64 MiB");
		return NULL;
	}
	arena *scratch = arena_create(SCRATCH_BYTES);
	XML_Parser xp = scratch ? XML_ParserCreateNS(NULL, '|') : NULL;
	if (!xp) {
		arena_destroy(scratch);
		return NULL;
	}
	struct reader r = {.a = a, .scratch = scratch, .d = d, .xp = xp};
	jmp_buf *before = arena_guard(a, &r.oom);
	arena_guard(scratch, &r.oom);
	bool full = setjmp(r.oom) != 0;
	struct dxml *root = !full && read_all(&r, text) ? r.root : NULL;
	arena_guard(a, before);
	XML_ParserFree(xp);
	arena_destroy(scratch);
	if (full && before)
		longjmp(*before, 1);
	return root;
}

str dxml_get(const struct dxml *n, const char *attr)
{
	for (const struct dxml_attr *a = n ? n->attrs : NULL; a; a = a->next)
		if (str_eq(a->name, str_of(attr)))
			return a->value;
	return (str){0};
}

bool dxml_is(const struct dxml *n, const char *name)
{
	return n && !n->foreign && str_eq(n->name, str_of(name));
}

const struct dxml *dxml_child(const struct dxml *n, const char *name)
{
	for (const struct dxml *c = n ? n->first : NULL; c; c = c->next)
		if (dxml_is(c, name))
			return c;
	return NULL;
}

const struct dxml *dxml_sibling(const struct dxml *n, const char *name)
{
	for (const struct dxml *c = n ? n->next : NULL; c; c = c->next)
		if (dxml_is(c, name))
			return c;
	return NULL;
}

void dxml_place(const struct dxml *n, uint32_t *line, uint32_t *col)
{
	*line = n->text_line ? n->text_line : n->line;
	*col = n->text_line ? n->text_col : n->col;
	for (size_t i = 0; i < n->text.n && strchr(" \t\r\n", n->text.p[i]); i++) {
		*col = n->text.p[i] == '\n' ? 1 : *col + 1;
		*line += n->text.p[i] == '\n';
	}
}

str dxml_text(const struct dxml *n, const char *child)
{
	const struct dxml *c = dxml_child(n, child);
	return c ? str_trim(c->text) : (str){0};
}
