#include "engine/dmn/model.h"

#include <string.h>

/* Loading: the document becomes parts, types, elements and what each requires;
 * then every element's logic is lowered in the scope of its requirements. */

enum { LOAD_DEPTH = 64 };

/* --- names the parser must know ---------------------------------------------------- */

static void learn_words(struct scope *s, const struct dxml *n)
{
	for (; n; n = n->next) {
		if (n->foreign)
			continue;
		str name = dxml_get(n, "name");
		if (name.n && !dxml_is(n, "annotation"))
			scope_learn(s, name);
		learn_words(s, n->first);
	}
}

/* --- types -------------------------------------------------------------------------- */

static struct type_entry *find_entry(const struct part *p, str name)
{
	for (struct type_entry *t = p->types; t; t = t->next)
		if (str_eq(t->name, name))
			return t;
	return NULL;
}

static const struct feel_type *read_type(struct dmn *m, struct part *p, const struct dxml *src,
                                         struct feel_type *into, int depth);

static const struct feel_type *resolve(struct dmn *m, struct part *p, str ref, int depth)
{
	ref = str_trim(ref);
	ptrdiff_t sep = str_chr(ref, ':');
	struct type_entry *t = find_entry(p, ref);
	if (!t && sep >= 0)
		t = find_entry(p, str_sub(ref, (size_t)sep + 1, ref.n));
	for (struct import *i = p->imports; !t && i; i = i->next) {
		if (i->part && !i->name.n && depth < LOAD_DEPTH) { /* imported without a prefix */
			const struct feel_type *own =
			    find_entry(i->part, ref) ? resolve(m, i->part, ref, depth + 1) : NULL;
			if (own)
				return own;
		}
		if (i->part && str_starts(ref, i->name) && ref.n > i->name.n + 1 &&
		    (ref.p[i->name.n] == '.' || ref.p[i->name.n] == ':'))
			return depth < LOAD_DEPTH
			           ? resolve(m, i->part, str_sub(ref, i->name.n + 1, ref.n), depth + 1)
			           : NULL;
	}
	if (!t)
		return feel_type_builtin(ref);
	if (t->state == 0) {
		t->state = 1;
		read_type(m, p, t->src, t->type, depth + 1);
		t->state = 2;
	}
	return t->type;
}

const struct feel_type *dmn_type_of_part(struct dmn *m, struct part *p, str ref)
{
	return resolve(m, p, ref, 0);
}

const struct dxml *dmn_type_source(const struct part *p, str ref)
{
	const struct type_entry *t = ref.n ? find_entry(p, ref) : NULL;
	return t ? t->src : NULL;
}

static const struct feel_type *find_type_for_feel(void *ctx, str name)
{
	struct build *b = ctx;
	return resolve(b->m, b->part, name, 0);
}

static struct scope open_scope(struct dmn *m, struct build *b)
{
	struct scope s = {.a = m->a,
	                  .d = m->d,
	                  .words = m->words,
	                  .n_words = m->n_words,
	                  .cap_words = m->n_words,
	                  .find_type = find_type_for_feel,
	                  .types = b,
	                  .line = 1,
	                  .col = 1};
	return s;
}

static const struct node *read_allowed(struct dmn *m, struct part *p, const struct dxml *allowed,
                                       uint32_t *slots)
{
	if (!allowed)
		return NULL;
	struct build *b = NEW(m->a, struct build);
	*b = (struct build){.m = m, .part = p};
	b->s = open_scope(m, b);
	const struct dxml *text = dxml_child(allowed, "text");
	if (text)
		dxml_place(text, &b->s.line, &b->s.col);
	uint32_t slot = scope_local(&b->s, STR("?"));
	const struct node *n = feel_parse_tests(&b->s, dxml_text(allowed, "text"), slot);
	*slots = b->s.n_slots;
	return n;
}

/* A component of a named type is that type, not a copy of it: it may be the one that is
 * being read, as in a tree. (A list of itself without a context between is no tree.) */
static const struct feel_type *read_component(struct dmn *m, struct part *p, const struct dxml *c,
                                              int depth)
{
	bool plain = !dxml_child(c, "allowedValues") && !dxml_child(c, "typeConstraint");
	str ref = dxml_text(c, "typeRef");
	const struct feel_type *base = plain && ref.n ? resolve(m, p, ref, depth) : NULL;
	if (!base)
		return read_type(m, p, c, NEW(m->a, struct feel_type), depth + 1);
	if (!str_eq(dxml_get(c, "isCollection"), STR("true")))
		return base;
	struct feel_type *list = NEW(m->a, struct feel_type);
	*list = (struct feel_type){.kind = TYPE_LIST, .of = base, .name = dxml_get(c, "name")};
	return list;
}

static void read_members(struct dmn *m, struct part *p, const struct dxml *src, struct feel_type *t,
                         int depth)
{
	size_t n = 0;
	for (const struct dxml *c = dxml_child(src, "itemComponent"); c;
	     c = dxml_sibling(c, "itemComponent"))
		n++;
	str *names = NEWN(m->a, str, n);
	const struct feel_type **types = NEWN(m->a, const struct feel_type *, n);
	t->kind = TYPE_CONTEXT;
	t->names = names;
	t->types = types;
	for (const struct dxml *c = dxml_child(src, "itemComponent"); c;
	     c = dxml_sibling(c, "itemComponent")) {
		names[t->n] = dxml_get(c, "name");
		types[t->n++] = read_component(m, p, c, depth);
	}
}

static void read_function(struct dmn *m, struct part *p, const struct dxml *f, struct feel_type *t,
                          int depth)
{
	size_t n = 0;
	for (const struct dxml *c = dxml_child(f, "parameters"); c; c = dxml_sibling(c, "parameters"))
		n++;
	const struct feel_type **types = NEWN(m->a, const struct feel_type *, n);
	t->kind = TYPE_FUNCTION;
	for (const struct dxml *c = dxml_child(f, "parameters"); c; c = dxml_sibling(c, "parameters")) {
		const struct feel_type *of = resolve(m, p, dxml_get(c, "typeRef"), depth);
		types[t->n++] = of ? of : &feel_type_any;
	}
	t->types = types;
	t->of = resolve(m, p, dxml_get(f, "outputTypeRef"), depth);
}

static const struct feel_type *read_type(struct dmn *m, struct part *p, const struct dxml *src,
                                         struct feel_type *t, int depth)
{
	t->name = dxml_get(src, "name");
	if (depth > LOAD_DEPTH)
		return t;
	bool many = str_eq(dxml_get(src, "isCollection"), STR("true"));
	struct feel_type *item = many ? NEW(m->a, struct feel_type) : t;
	str ref = dxml_text(src, "typeRef");
	const struct dxml *allowed = dxml_child(src, "allowedValues");
	const struct dxml *constraint = dxml_child(src, "typeConstraint");
	if (ref.n) {
		const struct feel_type *base = resolve(m, p, ref, depth);
		if (!base)
			diags_add(m->d, DIAG_WARNING, "dmn.type.unknown", src->line, src->col,
			          "nothing is known of the type '%.*s'", STRF(ref));
		base = base ? base : &feel_type_any;
		str name = t->name;
		*item = *base;
		item->name = name;
		item->allowed = NULL;
		item->based_on = base;
	} else if (dxml_child(src, "functionItem")) {
		read_function(m, p, dxml_child(src, "functionItem"), item, depth);
	} else if (dxml_child(src, "itemComponent")) {
		read_members(m, p, src, item, depth);
	}
	item->allowed = read_allowed(m, p, allowed, &item->allowed_slots);
	if (many) {
		t->kind = TYPE_LIST;
		t->of = item;
	}
	if (constraint)
		t->allowed = read_allowed(m, p, constraint, &t->allowed_slots);
	return t;
}

static void read_types(struct dmn *m, struct part *p)
{
	for (const struct dxml *c = dxml_child(p->root, "itemDefinition"); c;
	     c = dxml_sibling(c, "itemDefinition")) {
		struct type_entry *t = NEW(m->a, struct type_entry);
		*t = (struct type_entry){dxml_get(c, "name"), c, NEW(m->a, struct feel_type), 0, p->types};
		t->type->name = t->name;
		p->types = t;
	}
}

/* --- elements ------------------------------------------------------------------------- */

static struct element *add_element(struct dmn *m, struct part *p, enum element_kind kind,
                                   const struct dxml *src)
{
	if (m->n == m->cap) {
		size_t cap = m->cap ? m->cap * 2 : 64;
		struct element **e = NEWN(m->a, struct element *, cap);
		if (m->n)
			memcpy(e, m->element, m->n * sizeof *e);
		m->element = e;
		m->cap = cap;
	}
	struct element *el = NEW(m->a, struct element);
	*el = (struct element){.kind = kind,
	                       .number = (uint32_t)m->n,
	                       .part = p,
	                       .src = src,
	                       .id = dxml_get(src, "id"),
	                       .name = dxml_get(src, "name")};
	m->element[m->n++] = el;
	return el;
}

static bool read_elements(struct dmn *m, struct part *p)
{
	for (const struct dxml *c = p->root->first; c; c = c->next) {
		if (m->n >= DMN_MAX_ELEMENTS) {
			diags_add(m->d, DIAG_ERROR, "dmn.size", c->line, c->col, "too many elements");
			return false;
		}
		if (dxml_is(c, "inputData"))
			add_element(m, p, ELEMENT_INPUT, c);
		else if (dxml_is(c, "decision"))
			add_element(m, p, ELEMENT_DECISION, c);
		else if (dxml_is(c, "businessKnowledgeModel"))
			add_element(m, p, ELEMENT_MODEL, c);
		else if (dxml_is(c, "decisionService"))
			add_element(m, p, ELEMENT_SERVICE, c);
	}
	return true;
}

struct element *dmn_find(const struct dmn *m, const struct part *p, str key)
{
	for (size_t i = 0; i < m->n; i++)
		if ((!p || m->element[i]->part == p) && m->element[i]->kind != ELEMENT_VIEW &&
		    str_eq(m->element[i]->id, key))
			return m->element[i];
	for (size_t i = 0; i < m->n; i++)
		if ((!p || m->element[i]->part == p) && m->element[i]->kind != ELEMENT_VIEW &&
		    str_eq(m->element[i]->name, key))
			return m->element[i];
	return NULL;
}

static struct element *by_href(struct dmn *m, struct part *p, const struct dxml *ref)
{
	str href = dxml_get(ref, "href"), ns = {0};
	ptrdiff_t hash = str_chr(href, '#');
	if (hash > 0)
		ns = str_sub(href, 0, (size_t)hash);
	str id = str_sub(href, (size_t)(hash + 1), href.n);
	struct part *where = p;
	for (struct part *q = m->parts; ns.n && q; q = q->next)
		if (str_eq(q->ns, ns))
			where = q;
	struct element *el = dmn_find(m, where, id);
	if (!el)
		diags_add(m->d, DIAG_WARNING, "dmn.reference", ref->line, ref->col,
		          "nothing has the id '%.*s'", STRF(id));
	return el;
}

/* The requirements of an element, in any of the three forms. */
static void read_needs(struct dmn *m, struct element *el)
{
	static const char *const kinds[][2] = {{"informationRequirement", "requiredInput"},
	                                       {"informationRequirement", "requiredDecision"},
	                                       {"knowledgeRequirement", "requiredKnowledge"}};
	size_t n = 0;
	for (const struct dxml *c = el->src->first; c; c = c->next)
		n++;
	el->needs = NEWN(m->a, uint32_t, n);
	for (const struct dxml *c = el->src->first; c; c = c->next) {
		for (size_t k = 0; k < 3; k++) {
			const struct dxml *ref = dxml_is(c, kinds[k][0]) ? dxml_child(c, kinds[k][1]) : NULL;
			struct element *need = ref ? by_href(m, el->part, ref) : NULL;
			if (need)
				el->needs[el->n_needs++] = need->number;
		}
	}
}

static uint32_t *read_refs(struct dmn *m, struct element *el, const char *first, const char *second,
                           size_t *out)
{
	size_t n = 0;
	for (const struct dxml *c = el->src->first; c; c = c->next)
		n++;
	uint32_t *v = NEWN(m->a, uint32_t, n);
	*out = 0;
	const char *const both[] = {first, second};
	for (size_t k = 0; k < 2; k++) {
		for (const struct dxml *c = both[k] ? dxml_child(el->src, both[k]) : NULL; c;
		     c = dxml_sibling(c, both[k])) {
			struct element *r = by_href(m, el->part, c);
			if (r)
				v[(*out)++] = r->number;
		}
	}
	return v;
}

static const struct feel_type *variable_type(struct dmn *m, struct element *el)
{
	const struct dxml *v = dxml_child(el->src, "variable");
	str ref = dxml_get(v, "typeRef");
	if (!ref.n)
		return &feel_type_any;
	const struct feel_type *t = resolve(m, el->part, ref, 0);
	if (!t)
		diags_add(m->d, DIAG_WARNING, "dmn.type.unknown", v->line, v->col,
		          "nothing is known of the type '%.*s'", STRF(ref));
	return t ? t : &feel_type_any;
}

/* --- services ---------------------------------------------------------------------------- */

static void read_service(struct dmn *m, struct element *el)
{
	el->outputs = read_refs(m, el, "outputDecision", NULL, &el->n_outputs);
	el->params = read_refs(m, el, "inputData", "inputDecision", &el->n_params);
	struct feel_function *f = NEW(m->a, struct feel_function);
	str *names = NEWN(m->a, str, el->n_params);
	const struct feel_type **types = NEWN(m->a, const struct feel_type *, el->n_params);
	for (size_t i = 0; i < el->n_params; i++) {
		names[i] = m->element[el->params[i]]->name;
		types[i] = m->element[el->params[i]]->type;
	}
	*f = (struct feel_function){.n_params = (uint32_t)el->n_params,
	                            .params = names,
	                            .types = types,
	                            .call = run_service,
	                            .data = el};
	if (el->type->kind == TYPE_FUNCTION)
		f->result = el->type->of;
	else if (el->type->kind != TYPE_ANY)
		f->result = el->type;
	el->fn = f;
}

/* --- scopes ---------------------------------------------------------------------------- */

static struct import *import_of(struct part *p, struct part *other)
{
	for (struct import *i = p->imports; i; i = i->next)
		if (i->part == other)
			return i;
	return NULL;
}

/* Puts what an element requires in scope; what comes from an import is seen
 * through a context of the import's name. */
static void bind_needs(struct build *b)
{
	struct dmn *m = b->m;
	struct element *el = b->el;
	for (size_t i = 0; i < el->n_needs; i++) {
		struct element *need = m->element[el->needs[i]];
		struct import *im = need->part == el->part ? NULL : import_of(el->part, need->part);
		if (!im || !im->name.n)
			scope_global(&b->s, need->name, need->number);
	}
	size_t imports = 0;
	for (struct import *im = el->part->imports; im; im = im->next)
		imports++;
	el->views = NEWN(m->a, uint32_t, imports);
	for (struct import *im = el->part->imports; im; im = im->next) {
		struct element *view = NULL;
		for (size_t i = 0; i < el->n_needs && im->name.n; i++) {
			struct element *need = m->element[el->needs[i]];
			if (need->part != im->part)
				continue;
			if (!view) {
				view = add_element(m, el->part, ELEMENT_VIEW, el->src);
				view->name = im->name;
				view->needs = NEWN(m->a, uint32_t, el->n_needs);
				el->views[el->n_views++] = view->number;
				scope_global(&b->s, im->name, view->number);
			}
			view->needs[view->n_needs++] = need->number;
		}
	}
}

static void lower_model(struct build *b, const struct dxml *f)
{
	struct dmn *m = b->m;
	struct element *el = b->el;
	struct feel_function *fn = NEW(m->a, struct feel_function);
	size_t n = 0;
	for (const struct dxml *c = dxml_child(f, "formalParameter"); c;
	     c = dxml_sibling(c, "formalParameter"))
		n++;
	str *names = NEWN(m->a, str, n);
	uint32_t *slots = NEWN(m->a, uint32_t, n);
	const struct feel_type **types = NEWN(m->a, const struct feel_type *, n);
	scope_global(&b->s, el->name, el->number); /* it may call itself */
	for (const struct dxml *c = dxml_child(f, "formalParameter"); c;
	     c = dxml_sibling(c, "formalParameter")) {
		names[fn->n_params] = dxml_get(c, "name");
		types[fn->n_params] = dmn_type(b, dxml_get(c, "typeRef"), c);
		slots[fn->n_params] = scope_local(&b->s, names[fn->n_params]);
		fn->n_params++;
	}
	fn->params = names;
	fn->param_slots = slots;
	fn->types = types;
	str kind = dxml_get(f, "kind");
	const struct dxml *body = f ? dmn_expression(f) : NULL;
	if (kind.n && !str_eq(kind, STR("FEEL")) && !str_eq(kind, STR("F"))) {
		struct diag *g =
		    diags_add(m->d, DIAG_WARNING, "dmn.function.external", f->line, f->col,
		              "the external function '%.*s' is refused: it is null", STRF(el->name));
		g->hint = STR("write it in FEEL");
		fn->body = feel_node_const(m->a, feel_null());
	} else {
		fn->body = body ? dmn_lower(b, body) : NULL;
	}
	if (!fn->body)
		fn->body = feel_node_const(m->a, feel_null());
	fn->weight = b->s.nodes / 32;
	if (el->type->kind == TYPE_FUNCTION)
		fn->result = el->type->of;
	else if (el->type->kind != TYPE_ANY)
		fn->result = el->type;
	el->fn = fn;
}

static void lower_element(struct dmn *m, struct element *el)
{
	struct build *b = NEW(m->a, struct build);
	*b = (struct build){.m = m, .part = el->part, .el = el};
	b->s = open_scope(m, b);
	bind_needs(b);
	if (el->kind == ELEMENT_MODEL) {
		lower_model(b, dxml_child(el->src, "encapsulatedLogic"));
		((struct feel_function *)(uintptr_t)el->fn)->n_slots = b->s.n_slots + 1;
	} else {
		const struct dxml *body = dmn_expression(el->src);
		if (!body)
			diags_add(m->d, DIAG_WARNING, "dmn.decision.empty", el->src->line, el->src->col,
			          "the decision '%.*s' has no expression", STRF(el->name));
		el->logic = body ? dmn_lower(b, body) : NULL;
	}
	el->n_slots = b->s.n_slots + 1;
}

/* --- the whole -------------------------------------------------------------------------- */

static struct part *read_part(struct dmn *m, str xml)
{
	struct dxml *root = dxml_parse(m->a, xml, m->d);
	if (!root)
		return NULL;
	if (!dxml_is(root, "definitions")) {
		diags_add(m->d, DIAG_ERROR, "dmn.root", root->line, root->col,
		          "not a DMN model: its root is '%.*s'", STRF(root->name))
		    ->hint = STR("a model's root is <definitions> in a namespace of DMN 1.1 to 1.5");
		return NULL;
	}
	struct part *p = NEW(m->a, struct part);
	*p = (struct part){
	    .ns = dxml_get(root, "namespace"), .name = dxml_get(root, "name"), .root = root};
	struct part **end = &m->parts;
	while (*end)
		end = &(*end)->next;
	*end = p;
	return p;
}

static void link_imports(struct dmn *m, struct part *p)
{
	for (const struct dxml *c = dxml_child(p->root, "import"); c; c = dxml_sibling(c, "import")) {
		struct import *im = NEW(m->a, struct import);
		im->name = dxml_get(c, "name");
		for (struct part *q = m->parts; q; q = q->next)
			if (str_eq(q->ns, dxml_get(c, "namespace")))
				im->part = q;
		if (!im->part)
			diags_add(m->d, DIAG_WARNING, "dmn.import", c->line, c->col,
			          "the imported model '%.*s' is not here", STRF(im->name))
			    ->hint = STR("name its file too: --with FILE");
		im->next = p->imports;
		p->imports = im;
	}
}

struct dmn *dmn_load_set(arena *a, const str *xmls, size_t n, struct diags *d)
{
	struct dmn *m = NEW(a, struct dmn);
	*m = (struct dmn){.a = a, .d = d};
	size_t before = d->errors;
	struct scope words = {.a = a};
	for (size_t i = 0; i < n; i++) {
		struct part *p = read_part(m, xmls[i]);
		if (!p)
			return NULL;
		learn_words(&words, p->root);
	}
	m->words = words.words;
	m->n_words = words.n_words;
	for (struct part *p = m->parts; p; p = p->next) {
		link_imports(m, p);
		read_types(m, p);
	}
	for (struct part *p = m->parts; p; p = p->next)
		if (!read_elements(m, p))
			return NULL;
	size_t elements = m->n;
	for (size_t i = 0; i < elements; i++) {
		m->element[i]->type = variable_type(m, m->element[i]);
		read_needs(m, m->element[i]);
	}
	for (size_t i = 0; i < elements; i++)
		if (m->element[i]->kind == ELEMENT_SERVICE)
			read_service(m, m->element[i]);
	for (size_t i = 0; i < elements; i++)
		if (m->element[i]->kind == ELEMENT_DECISION || m->element[i]->kind == ELEMENT_MODEL)
			lower_element(m, m->element[i]);
	m->d = NULL;
	return d->errors == before || n > 0 ? m : NULL;
}

struct dmn *dmn_load(arena *a, str xml, struct diags *d)
{
	size_t before = d->errors;
	struct dmn *m = dmn_load_set(a, &xml, 1, d);
	return d->errors == before ? m : NULL;
}
