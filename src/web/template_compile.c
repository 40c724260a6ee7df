/*
 * template_compile.c - from a template's text to a flat list of operations.
 *
 * The text is walked once. Fixed text goes through the place machine (place.h), a
 * tag is read by template_expr and becomes one operation; a block's operation
 * knows where its body ends. Branches must leave the page in the same place, so
 * that a value's escaping never depends on which way was taken.
 */
#include "web/template_expr.h"

#include <string.h>

#define NESTING_MAX 64

/* Templates that may write a value without escaping it. What they are given is
 * markup the platform made itself: drawings and QR codes. */
static const char *const template_raw_allowed[] = {"partials/svg", "partials/qr", NULL};

enum tag_kind { TAG_END_OF_FILE, TAG_CLOSE, TAG_ELSE };

struct tag {
	enum tag_kind kind;
	str name;          /* of TAG_CLOSE: "if" */
	struct lexer rest; /* of TAG_ELSE: what follows the word */
	size_t at;
};

struct compiler {
	struct templates *t;
	struct program *p;
	str text;
	size_t pos;
	size_t tag_at; /* of the tag being read, for messages */
	struct place place;
	int depth;
	bool failed;
};

static struct tag body(struct compiler *c);

static void fail(struct compiler *c, size_t at, const char *rule, const char *why)
{
	if (c->failed)
		return;
	c->failed = true;
	c->p->broken = true;
	uint32_t line = 1, col = 1;
	for (size_t i = 0; i < at && i < c->text.n; i++) {
		col = c->text.p[i] == '\n' ? 1 : col + 1;
		line += c->text.p[i] == '\n';
	}
	c->t->d->file = c->p->source->file;
	diags_add(c->t->d, DIAG_ERROR, rule, line, col, "%s", why);
	c->pos = c->text.n;
}

static uint32_t emit(struct compiler *c, struct op op)
{
	struct program *p = c->p;
	if (p->n == p->cap) {
		uint32_t cap = p->cap ? p->cap * 2 : 32;
		struct op *ops = NEWN(c->t->scratch ? c->t->scratch : c->t->a, struct op, cap);
		if (p->n)
			memcpy(ops, p->ops, p->n * sizeof *ops);
		p->ops = ops;
		p->cap = cap;
	}
	p->ops[p->n] = op;
	return p->n++;
}

static void text_emit(struct compiler *c, str text)
{
	const char *why = NULL;
	if (!text.n)
		return;
	if (!c->p->source->plain && !place_walk(&c->place, text, &why))
		fail(c, c->pos, "template.markup", why);
	emit(c, (struct op){.code = OP_TEXT, .text = text});
}

/* ---- tags that are not blocks ---- */

static void value_emit(struct compiler *c, struct op op)
{
	op.escape = ESCAPE_NONE;
	const char *why = c->p->source->plain ? NULL : place_escape(&c->place, &op.escape);
	if (why) {
		fail(c, c->tag_at, "template.unsafe", why);
		return;
	}
	emit(c, op);
	if (!c->p->source->plain)
		place_after_value(&c->place);
}

static void key_check(struct compiler *c, const struct expr *x)
{
	if (x->kind != EXPR_MESSAGE)
		return;
	for (size_t i = 0; i < x->n_args; i++)
		key_check(c, &x->args[i].x);
	if (x->key->kind != EXPR_LITERAL || !c->t->texts)
		return;
	str key = json_text(x->key->literal);
	if (!message_known(c->t->texts, key))
		fail(c, c->tag_at, "template.key",
		     str_c(c->t->a, str_fmt(c->t->a, "no message file has the key %.*s", STRF(key))));
}

static void raw_emit(struct compiler *c, struct lexer *l)
{
	bool allowed = false;
	for (const char *const *name = template_raw_allowed; *name; name++)
		allowed = allowed || str_eq(c->p->source->name, str_of(*name));
	if (!allowed || c->place.state != PLACE_TEXT)
		fail(c, c->tag_at, "template.raw",
		     "only the templates named in template_raw_allowed may write unescaped, in text");
	emit(c, (struct op){.code = OP_RAW, .x = expr_read(l)});
}

static struct program *called(struct compiler *c, str name, const struct place *start)
{
	struct source *s = template_source(c->t, name);
	if (!s) {
		fail(c, c->tag_at, "template.missing",
		     str_c(c->t->a, str_fmt(c->t->a, "there is no template %.*s", STRF(name))));
		return NULL;
	}
	return template_compile(c->t, s, start);
}

static void partial_emit(struct compiler *c, struct lexer *l)
{
	place_settle(&c->place);
	struct op op = {.code = OP_PARTIAL, .text = lex_name(l)};
	op.n_args = args_read(l, &op.args);
	for (size_t i = 0; i < op.n_args; i++)
		key_check(c, &op.args[i].x);
	if (!l->why)
		op.call = called(c, op.text, &c->place);
	emit(c, op);
}

static void yield_emit(struct compiler *c, struct lexer *l)
{
	struct op op = {.code = OP_YIELD};
	lex_string(l, &op.text);
	if (c->place.state != PLACE_TEXT && c->place.state != PLACE_TITLE)
		fail(c, c->tag_at, "template.unsafe", "a yield stands in text or in a title");
	emit(c, op);
}

static void csrf_emit(struct compiler *c)
{
	if (c->place.state != PLACE_TEXT)
		fail(c, c->tag_at, "template.unsafe", "csrf_field stands in text");
	emit(c, (struct op){.code = OP_CSRF});
}

static void asset_emit(struct compiler *c, struct lexer *l)
{
	struct op op = {.code = OP_ASSET};
	if (!lex_string(l, &op.text))
		l->why = l->why ? l->why : "expected the name of a file in quotes";
	else
		value_emit(c, op);
}

static void simple_tag(struct compiler *c, struct lexer *l)
{
	if (lex_symbol(l, ">")) {
		partial_emit(c, l);
	} else if (lex_word(l, "t")) {
		struct expr x = message_read(l);
		key_check(c, &x);
		value_emit(c, (struct op){.code = OP_VALUE, .x = x});
	} else if (lex_word(l, "raw")) {
		raw_emit(c, l);
	} else if (lex_word(l, "yield")) {
		yield_emit(c, l);
	} else if (lex_word(l, "asset")) {
		asset_emit(c, l);
	} else if (lex_word(l, "csrf_field")) {
		csrf_emit(c);
	} else {
		struct expr x = expr_read(l);
		x.filter = filter_read(l);
		value_emit(c, (struct op){.code = OP_VALUE, .x = x});
	}
}

/* ---- blocks ---- */

static void lexer_done(struct compiler *c, struct lexer *l)
{
	if (!l->why && !lex_end(l))
		l->why = "something stands here that belongs to no tag";
	if (l->why)
		fail(c, c->tag_at, "template.syntax", l->why);
}

static void condition_read(struct lexer *l, struct op *op)
{
	op->negate = lex_word(l, "not");
	op->x = expr_read(l);
	if (lex_symbol(l, "=="))
		op->compare = COMPARE_EQUAL;
	else if (lex_symbol(l, "!="))
		op->compare = COMPARE_DIFFERENT;
	if (op->compare == COMPARE_TRUTH)
		return;
	op->y = NEW(l->a, struct expr);
	*op->y = expr_read(l);
}

static void expect_close(struct compiler *c, struct tag tag, const char *name, size_t opened)
{
	if (c->failed)
		return;
	if (tag.kind == TAG_CLOSE && str_eq(tag.name, str_of(name)))
		return;
	fail(c, opened, "template.block",
	     str_c(c->t->a, str_fmt(c->t->a, "{{#%s}} is not closed by {{/%s}}", name, name)));
}

static void join(struct compiler *c, const struct place *other, size_t at)
{
	if (!c->failed && !c->p->source->plain && !place_join(&c->place, other))
		fail(c, at, "template.branches",
		     "the ways through this block end in different places of the page");
}

static void if_block(struct compiler *c, struct lexer *l)
{
	size_t opened = c->tag_at;
	struct place start = c->place, end = {0};
	bool ended = false, last = false;
	uint32_t jumps[NESTING_MAX], n_jumps = 0;
	struct tag tag;
	for (;;) {
		uint32_t test = 0;
		if (!last) {
			struct op op = {.code = OP_IF};
			condition_read(l, &op);
			key_check(c, &op.x);
			test = emit(c, op);
		}
		lexer_done(c, l);
		c->place = start;
		tag = body(c);
		if (ended)
			join(c, &end, opened);
		end = c->place;
		ended = true;
		if (c->failed || last || tag.kind != TAG_ELSE) {
			if (!last)
				c->p->ops[test].other = c->p->n;
			break;
		}
		if (n_jumps == NESTING_MAX) {
			fail(c, opened, "template.block", "too many {{else if}}");
			break;
		}
		jumps[n_jumps++] = emit(c, (struct op){.code = OP_JUMP});
		c->p->ops[test].other = c->p->n;
		*l = tag.rest;
		last = !lex_word(l, "if");
	}
	if (!last)
		join(c, &start, opened); /* no else: nothing may be written at all */
	for (uint32_t i = 0; i < n_jumps; i++)
		c->p->ops[jumps[i]].end = c->p->n;
	expect_close(c, tag, "if", opened);
}

static void scope_block(struct compiler *c, struct lexer *l, enum op_code code, const char *name)
{
	size_t opened = c->tag_at;
	struct op op = {.code = code, .x = expr_read(l)};
	lexer_done(c, l);
	struct place start = c->place;
	uint32_t at = emit(c, op);
	struct tag tag = body(c);
	join(c, &start, opened);
	c->p->ops[at].other = c->p->n;
	if (!c->failed && tag.kind == TAG_ELSE) {
		lexer_done(c, &tag.rest);
		tag = body(c);
		join(c, &start, opened);
	}
	c->p->ops[at].end = c->p->n;
	expect_close(c, tag, name, opened);
}

static void named_block(struct compiler *c, struct lexer *l, enum op_code code, const char *name)
{
	size_t opened = c->tag_at;
	struct op op = {.code = code};
	if (!lex_string(l, &op.text) && !l->why)
		l->why = "expected a name in quotes";
	lexer_done(c, l);
	if (c->place.state != PLACE_TEXT)
		fail(c, opened, "template.unsafe", "layouts and blocks stand in text");
	struct place start = c->place;
	if (code == OP_LAYOUT && !c->failed)
		op.call = called(c, op.text, &start);
	uint32_t at = emit(c, op);
	struct tag tag = body(c);
	join(c, &start, opened);
	c->p->ops[at].end = c->p->n;
	expect_close(c, tag, name, opened);
}

static void block_tag(struct compiler *c, struct lexer *l)
{
	if (++c->depth > NESTING_MAX)
		fail(c, c->tag_at, "template.block", "blocks stand too deep within each other");
	place_settle(&c->place);
	if (lex_word(l, "if"))
		if_block(c, l);
	else if (lex_word(l, "each"))
		scope_block(c, l, OP_EACH, "each");
	else if (lex_word(l, "with"))
		scope_block(c, l, OP_WITH, "with");
	else if (lex_word(l, "layout"))
		named_block(c, l, OP_LAYOUT, "layout");
	else if (lex_word(l, "block"))
		named_block(c, l, OP_BLOCK, "block");
	else
		fail(c, c->tag_at, "template.block", "blocks are if, each, with, layout and block");
	c->depth--;
}

/* ---- the walk ---- */

/* A tag that writes nothing itself takes the line with it when it is alone there. */
static bool takes_line(str tag)
{
	return tag.n && (strchr("#/!>", tag.p[0]) || str_starts(tag, STR("else")));
}

static str without_indent(str before)
{
	size_t n = before.n;
	while (n && (before.p[n - 1] == ' ' || before.p[n - 1] == '\t'))
		n--;
	return str_sub(before, 0, n);
}

static bool line_begins(const struct compiler *c, size_t at)
{
	while (at && (c->text.p[at - 1] == ' ' || c->text.p[at - 1] == '\t'))
		at--;
	return at == 0 || c->text.p[at - 1] == '\n';
}

static size_t line_end(const struct compiler *c, size_t at)
{
	while (at < c->text.n && strchr(" \t\r", c->text.p[at]))
		at++;
	return at == c->text.n ? at : c->text.p[at] == '\n' ? at + 1 : 0;
}

/* Finds the next tag, emits the text before it; false at the end of the file. */
static bool next_tag(struct compiler *c, str *tag)
{
	str rest = str_sub(c->text, c->pos, c->text.n);
	ptrdiff_t open = str_find(rest, STR("{{"));
	if (open < 0) {
		text_emit(c, rest);
		c->pos = c->text.n;
		return false;
	}
	str before = str_sub(rest, 0, (size_t)open);
	c->tag_at = c->pos + (size_t)open;
	str inside = str_sub(rest, (size_t)open + 2, rest.n);
	bool comment = str_starts(inside, STR("!--"));
	ptrdiff_t close = str_find(inside, comment ? STR("--}}") : STR("}}"));
	if (close < 0) {
		fail(c, c->tag_at, "template.syntax", "{{ is not closed by }}");
		return false;
	}
	*tag = str_trim(str_sub(inside, 0, (size_t)close));
	size_t after = c->tag_at + 2 + (size_t)close + (comment ? 4 : 2);
	size_t end = line_end(c, after);
	if (takes_line(*tag) && end && line_begins(c, c->tag_at)) {
		before = without_indent(before);
		after = end;
	}
	text_emit(c, before);
	if (!c->failed)
		c->pos = after;
	return !c->failed;
}

static struct tag body(struct compiler *c)
{
	str text;
	while (!c->failed && next_tag(c, &text)) {
		struct lexer l = {.a = c->t->a, .rest = text};
		if (lex_symbol(&l, "!"))
			continue;
		if (lex_symbol(&l, "/")) {
			place_settle(&c->place);
			return (struct tag){.kind = TAG_CLOSE, .name = lex_name(&l)};
		}
		if (lex_word(&l, "else")) {
			place_settle(&c->place);
			return (struct tag){.kind = TAG_ELSE, .rest = l};
		}
		if (lex_symbol(&l, "#")) {
			block_tag(c, &l);
			continue;
		}
		simple_tag(c, &l);
		lexer_done(c, &l);
	}
	return (struct tag){.kind = TAG_END_OF_FILE};
}

static void keep(struct templates *t, struct program *p)
{
	struct op *ops = NEWN(t->a, struct op, p->n + 1);
	if (p->n)
		memcpy(ops, p->ops, p->n * sizeof *ops);
	p->ops = ops;
	p->cap = p->n + 1;
}

struct program *template_compile(struct templates *t, struct source *s, const struct place *start)
{
	for (struct program *p = s->programs; p; p = p->next)
		if (p->start.state == start->state && p->start.value == start->value &&
		    p->start.url == start->url)
			return p;
	struct program *p = NEW(t->a, struct program);
	p->source = s;
	p->start = *start;
	p->next = s->programs;
	s->programs = p;
	struct compiler c = {.t = t, .p = p, .text = s->text, .place = *start};
	if (s->text.n > TEMPLATE_BYTES_MAX)
		fail(&c, 0, "template.size", "the template is larger than 256 KiB");
	struct tag tag = body(&c);
	if (!c.failed && tag.kind != TAG_END_OF_FILE)
		fail(&c, c.tag_at, "template.block", "this tag closes nothing");
	place_settle(&c.place);
	join(&c, start, s->text.n);
	keep(t, p);
	return p;
}
