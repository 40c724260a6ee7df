#include "web/template_expr.h"

#include <string.h>

static void skip_space(struct lexer *l)
{
	while (l->rest.n && strchr(" \t\r\n", l->rest.p[0]))
		l->rest = str_sub(l->rest, 1, l->rest.n);
}

static bool name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c && strchr("_-./@", c));
}

static size_t name_length(str s)
{
	size_t n = 0;
	while (n < s.n && name_char(s.p[n]))
		n++;
	return n;
}

static struct expr wrong(struct lexer *l, const char *why)
{
	if (!l->why)
		l->why = why;
	l->rest = (str){0};
	return (struct expr){.kind = EXPR_LITERAL, .literal = json_null(l->a)};
}

bool lex_word(struct lexer *l, const char *word)
{
	skip_space(l);
	size_t n = name_length(l->rest);
	if (!str_eq(str_sub(l->rest, 0, n), str_of(word)))
		return false;
	l->rest = str_sub(l->rest, n, l->rest.n);
	return true;
}

bool lex_symbol(struct lexer *l, const char *symbol)
{
	skip_space(l);
	if (!str_starts(l->rest, str_of(symbol)))
		return false;
	l->rest = str_sub(l->rest, strlen(symbol), l->rest.n);
	return true;
}

bool lex_end(struct lexer *l)
{
	skip_space(l);
	return l->rest.n == 0;
}

str lex_name(struct lexer *l)
{
	skip_space(l);
	size_t n = name_length(l->rest);
	str name = str_sub(l->rest, 0, n);
	l->rest = str_sub(l->rest, n, l->rest.n);
	return name;
}

bool lex_string(struct lexer *l, str *out)
{
	skip_space(l);
	if (!l->rest.n || l->rest.p[0] != '"')
		return false;
	str body = str_sub(l->rest, 1, l->rest.n);
	ptrdiff_t end = str_chr(body, '"');
	if (end < 0) {
		wrong(l, "a text in quotes is not closed");
		return false;
	}
	*out = str_sub(body, 0, (size_t)end);
	l->rest = str_sub(body, (size_t)end + 1, body.n);
	return true;
}

enum filter filter_read(struct lexer *l)
{
	static const char *const names[FILTER_COUNT] = {
	    [FILTER_BDI] = "bdi",           [FILTER_MONEY] = "money", [FILTER_DATE] = "date",
	    [FILTER_DATETIME] = "datetime", [FILTER_TIME] = "time",   [FILTER_HIJRI] = "hijri",
	    [FILTER_NUMBER] = "number",     [FILTER_REF] = "ref",     [FILTER_PHONE] = "phone",
	    [FILTER_JSON] = "json",
	};
	if (!lex_symbol(l, "|"))
		return FILTER_NONE;
	str name = lex_name(l);
	for (int f = 1; f < FILTER_COUNT; f++)
		if (str_eq(name, str_of(names[f])))
			return (enum filter)f;
	wrong(l, "there is no such filter");
	return FILTER_NONE;
}

static struct expr path_of(struct lexer *l, str name)
{
	struct expr x = {.kind = EXPR_PATH};
	if (str_eq(name, STR(".")) || str_eq(name, STR("this")))
		return x;
	if (str_chr(name, '/') >= 0)
		return wrong(l, "a path has no '/': names are joined by '.'");
	if (name.p[0] == '.') {
		x.innermost = true;
		name = str_sub(name, 1, name.n);
	}
	str parts[EXPR_PARTS_MAX];
	for (str part; str_cut(&name, '.', &part);) {
		if (!part.n)
			return wrong(l, "a path has an empty name");
		if (x.n_parts == EXPR_PARTS_MAX)
			return wrong(l, "a path has more than 8 names");
		parts[x.n_parts++] = part;
	}
	x.parts = NEWN(l->a, str, x.n_parts);
	memcpy(x.parts, parts, x.n_parts * sizeof *parts);
	return x;
}

static struct expr word_of(struct lexer *l, str name)
{
	static const struct {
		const char *name;
		enum expr_kind kind;
	} special[] = {{"@index", EXPR_INDEX},
	               {"@number", EXPR_NUMBER},
	               {"@first", EXPR_FIRST},
	               {"@last", EXPR_LAST},
	               {"@key", EXPR_KEY}};
	for (size_t i = 0; i < sizeof special / sizeof *special; i++)
		if (str_eq(name, str_of(special[i].name)))
			return (struct expr){.kind = special[i].kind};
	if (name.p[0] == '@')
		return wrong(l, "only @index, @number, @first, @last and @key begin with '@'");
	bool yes = str_eq(name, STR("true"));
	if (yes || str_eq(name, STR("false")))
		return (struct expr){.kind = EXPR_LITERAL, .literal = json_bool(l->a, yes)};
	int64_t number;
	if (str_i64(name, &number))
		return (struct expr){.kind = EXPR_LITERAL, .literal = json_number(l->a, name)};
	return path_of(l, name);
}

static struct expr nested_read(struct lexer *l)
{
	if (++l->depth > EXPR_DEPTH_MAX)
		return wrong(l, "too many parentheses within each other");
	struct expr x;
	if (lex_word(l, "t")) {
		x = message_read(l);
	} else {
		x = expr_read(l);
		x.filter = filter_read(l);
	}
	l->depth--;
	if (!lex_symbol(l, ")"))
		return wrong(l, "expected ')'");
	return x;
}

struct expr expr_read(struct lexer *l)
{
	str text;
	if (lex_string(l, &text))
		return (struct expr){.kind = EXPR_LITERAL, .literal = json_string(l->a, text)};
	if (lex_symbol(l, "("))
		return nested_read(l);
	str name = lex_name(l);
	return name.n ? word_of(l, name) : wrong(l, "expected a name, a number or a text in quotes");
}

size_t args_read(struct lexer *l, struct arg **out)
{
	struct arg all[EXPR_ARGS_MAX];
	size_t n = 0;
	for (skip_space(l); l->rest.n && l->rest.p[0] != ')'; skip_space(l)) {
		str name = lex_name(l);
		if (!name.n || !lex_symbol(l, "=")) {
			wrong(l, "expected name=value");
			break;
		}
		if (n == EXPR_ARGS_MAX) {
			wrong(l, "more than 24 arguments");
			break;
		}
		all[n].name = name;
		all[n++].x = expr_read(l);
	}
	*out = n ? NEWN(l->a, struct arg, n) : NULL;
	if (n)
		memcpy(*out, all, n * sizeof *all);
	return n;
}

struct expr message_read(struct lexer *l)
{
	struct expr x = {.kind = EXPR_MESSAGE, .key = NEW(l->a, struct expr)};
	*x.key = expr_read(l);
	x.n_args = args_read(l, &x.args);
	return x;
}
