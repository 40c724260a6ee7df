/*
 * From what people type to values: digits of three scripts, dates with the name of
 * the month, amounts with separators, telephone numbers with spaces. Invisible
 * characters (bidi controls, zero-width spaces) are dropped: they let two
 * identifiers look the same.
 */
#include "engine/form/form_in.h"

#include "base/money.h"
#include "base/time.h"
#include "base/utf8.h"

#include <ctype.h>

#define TEL_MIN_DIGITS    7
#define TEL_MAX_DIGITS    15 /* E.164 */
#define NUMBER_MAX_DIGITS 30

/* ---- characters ---- */

static bool bidi_control(uint32_t c)
{
	return c == 0x061C || (c >= 0x200E && c <= 0x200F) || (c >= 0x202A && c <= 0x202E) ||
	       (c >= 0x2066 && c <= 0x2069);
}

static bool invisible(uint32_t c)
{
	return bidi_control(c) || (c >= 0x200B && c <= 0x200D) || c == 0x2060 || c == 0xFEFF ||
	       c == 0x00AD || c == 0x180E;
}

static bool blank(uint32_t c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == 0xA0 || c == 0x1680 ||
	       (c >= 0x2000 && c <= 0x200A) || c == 0x202F || c == 0x205F || c == 0x3000;
}

static bool dash(uint32_t c)
{
	return c == '-' || (c >= 0x2010 && c <= 0x2015) || c == 0x2212;
}

static void put_char(buf *b, uint32_t c)
{
	char bytes[4];
	if (c == UTF8_BAD)
		c = 0xFFFD;
	buf_put(b, (str){bytes, utf8_encode(c, bytes)});
}

/* ASCII for the digits of Arabic and Persian keyboards, and for full-width ones. */
static uint32_t ascii_digit(uint32_t c)
{
	if (c >= 0x660 && c <= 0x669)
		return c - 0x660 + '0';
	if (c >= 0x6F0 && c <= 0x6F9)
		return c - 0x6F0 + '0';
	return c >= 0xFF10 && c <= 0xFF19 ? c - 0xFF10 + '0' : c;
}

str text_digits(arena *a, str s)
{
	buf b = buf_make(a, 3 * s.n + 4);
	while (s.n)
		put_char(&b, ascii_digit(utf8_next(&s)));
	return buf_str(&b);
}

/* Line ends become \n; a malformed byte becomes U+FFFD. */
str text_clean(arena *a, str s, bool lines)
{
	buf b = buf_make(a, 3 * s.n + 4);
	size_t end = 0;
	s = str_sub(s, 0, FORM_MAX_TEXT);
	while (s.n) {
		uint32_t c = utf8_next(&s);
		if (c == UTF8_BAD)
			c = 0xFFFD;
		if (c == '\r' && s.n && s.p[0] == '\n')
			continue;
		if (c == '\r')
			c = '\n';
		if ((c == '\n' || c == '\t') && !lines)
			c = ' ';
		if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7F || (c >= 0x80 && c < 0xA0) ||
		    (bidi_control(c) && !lines) || c == 0x200B || c == 0xFEFF)
			continue;
		if (!b.n && blank(c))
			continue;
		put_char(&b, c);
		if (!blank(c))
			end = b.n;
	}
	return str_sub(buf_str(&b), 0, end);
}

static str identifier(arena *a, str s, bool dashes)
{
	buf b = buf_make(a, 3 * s.n + 4);
	while (s.n) {
		uint32_t c = ascii_digit(utf8_next(&s));
		if (dash(c))
			buf_puts(&b, dashes ? "-" : "");
		else if (!blank(c) && !invisible(c) && c >= 0x20)
			put_char(&b, c);
	}
	return buf_str(&b);
}

str text_identifier(arena *a, str s)
{
	return identifier(a, s, false);
}

static bool takes(const struct item *i, arena *a, str s)
{
	struct schema_run run = {.a = a};
	return schema_validate(i->schema, json_string(a, s), &run) == SCHEMA_VALID;
}

/* A dash that was typed for the eye goes; one that the schema has a place for, as in the
 * branch of a commercial registration, is a part of the number. */
static str item_identifier(const struct item *i, arena *a, str s)
{
	str dashed = identifier(a, s, true);
	buf anywhere = buf_make(a, dashed.n + 1);
	for (size_t k = 0; k < dashed.n; k++)
		buf_putc(&anywhere, '-');
	bool placed = i->schema && str_chr(dashed, '-') >= 0 && takes(i, a, dashed) &&
	              !takes(i, a, buf_str(&anywhere));
	return placed ? dashed : text_identifier(a, s);
}

static struct complaint wrong(const char *key)
{
	return (struct complaint){.key = key};
}

/* ---- numbers and money ---- */

static bool all_digits(str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!isdigit((unsigned char)s.p[i]))
			return false;
	return s.n > 0;
}

/* Digits in groups of three: "1,234,567" or "1234567", but not "12,34". */
static bool whole_part(str s, buf *out)
{
	str part;
	bool first = true, grouped = str_chr(s, ',') >= 0;
	while (str_cut(&s, ',', &part)) {
		if (!all_digits(part) || (grouped && (first ? part.n > 3 : part.n != 3)))
			return false;
		buf_put(out, part);
		first = false;
	}
	return out->n > 0;
}

/* The decimal, without a sign of its own script: '.', U+066B; groups: ',' U+066C
 * U+060C, spaces, apostrophes. Empty when it is not a number. */
static str plain_number(arena *a, str s)
{
	buf b = buf_make(a, 3 * s.n + 4);
	while (s.n) {
		uint32_t c = ascii_digit(utf8_next(&s));
		if (c == 0x66B)
			c = '.';
		if (c == 0x66C || c == 0x60C)
			c = ',';
		if (dash(c))
			c = '-';
		if (!blank(c) && !invisible(c) && c != '\'' && c != 0x2019 && c != '_')
			put_char(&b, c);
	}
	return buf_str(&b);
}

static str number_literal(arena *a, str s)
{
	buf whole = buf_make(a, s.n + 1), out = buf_make(a, s.n + 4);
	bool negative = s.n && s.p[0] == '-';
	if (s.n && (s.p[0] == '-' || s.p[0] == '+'))
		s = str_sub(s, 1, s.n);
	ptrdiff_t dot = str_chr(s, '.');
	str left = dot < 0 ? s : str_sub(s, 0, (size_t)dot);
	str right = dot < 0 ? (str){0} : str_sub(s, (size_t)dot + 1, s.n);
	if (!left.n && right.n)
		left = STR("0");
	if (s.n > NUMBER_MAX_DIGITS || !whole_part(left, &whole) || (dot >= 0 && !all_digits(right)))
		return (str){0};
	str digits = buf_str(&whole);
	while (digits.n > 1 && digits.p[0] == '0')
		digits = str_sub(digits, 1, digits.n);
	buf_puts(&out, negative ? "-" : "");
	buf_put(&out, digits);
	if (right.n) {
		buf_putc(&out, '.');
		buf_put(&out, right);
	}
	return buf_str(&out);
}

static json *number_value(const struct item *i, str s, arena *a, struct complaint *c)
{
	str literal = number_literal(a, plain_number(a, s));
	if (!literal.n) {
		*c = wrong(i->whole ? "integer" : "number");
		return NULL;
	}
	return json_number(a, literal);
}

/* Words and signs around the figures ("BD 4", "4 د.ب.") are dropped. */
static str without_currency(str s)
{
	while (s.n && !isdigit((unsigned char)s.p[0]) && s.p[0] != '-' && s.p[0] != '.')
		s = str_sub(s, 1, s.n);
	while (s.n && !isdigit((unsigned char)s.p[s.n - 1]))
		s.n--;
	return s;
}

static json *money_value(const struct item *i, str s, arena *a, struct complaint *c)
{
	currency cur = i->currency;
	str fraction;
	str literal = number_literal(a, without_currency(plain_number(a, s)));
	ptrdiff_t dot = str_chr(literal, '.');
	fraction = dot < 0 ? (str){0} : str_sub(literal, (size_t)dot + 1, literal.n);
	if (!literal.n) {
		*c = wrong("money");
		return NULL;
	}
	if (fraction.n > (size_t)cur.exponent) {
		json *params = json_object(a);
		json_set_int(a, params, "limit", cur.exponent);
		json_set_int(a, params, "n", cur.exponent);
		*c = (struct complaint){.key = "money.decimals", .params = params};
		return NULL;
	}
	if (cur.exponent) {
		str zeros = str_sub(STR("0000"), 0, (size_t)cur.exponent - fraction.n);
		literal = str_fmt(a, "%.*s%s%.*s", STRF(literal), dot < 0 ? "." : "", STRF(zeros));
	}
	return json_number(a, literal);
}

/* ---- telephone: E.164 ---- */

static json *tel_value(const struct item *i, str s, arena *a, struct complaint *c)
{
	buf digits = buf_make(a, s.n + 8);
	str code = json_str(i->options, "callingCode");
	int64_t national = json_int(i->options, "nationalLength", 0);
	bool plus = false, bad = false;
	while (s.n) {
		uint32_t ch = ascii_digit(utf8_next(&s));
		if (ch == '+' && !digits.n && !plus)
			plus = true;
		else if (ch >= '0' && ch <= '9')
			buf_putc(&digits, (char)ch);
		else if (!blank(ch) && !invisible(ch) && !dash(ch) && ch != '(' && ch != ')' && ch != '.' &&
		         ch != '/')
			bad = true;
	}
	str n = buf_str(&digits);
	if (!plus && str_starts(n, STR("00"))) {
		plus = true;
		n = str_sub(n, 2, n.n);
	}
	if (!plus && code.n && str_starts(n, code) && national && n.n == code.n + (size_t)national)
		plus = true;
	if (!plus && code.n && (!national || n.n == (size_t)national)) {
		n = str_cat(a, code, n);
		plus = true;
	}
	bool own = code.n && national && str_starts(n, code);
	if (bad || !plus || n.n < TEL_MIN_DIGITS || n.n > TEL_MAX_DIGITS ||
	    (own && n.n != code.n + (size_t)national)) {
		*c = wrong("tel");
		return NULL;
	}
	return json_string(a, str_cat(a, STR("+"), n));
}

/* ---- dates ---- */

/* A month by its number, or by one of its names in either language. */
static int month_of(str s, const struct form_env *env, arena *a)
{
	int64_t v;
	if (all_digits(s))
		return str_i64(s, &v) && v >= 1 && v <= 12 ? (int)v : 0;
	for (int m = 1; m <= 12; m++)
		for (int arabic = 0; arabic < 2; arabic++) {
			str name, key = str_fmt(a, "form.month.names.%d", m);
			str names = env->text(env->ctx, a, arabic, key, NULL);
			while (str_cut(&names, ',', &name))
				if (str_eq_nocase(str_trim(name), s))
					return m;
		}
	return 0;
}

static json *date_value(const struct typed *t, const struct form_env *env, arena *a,
                        struct complaint *c)
{
	static const char *const absent[] = {"date.day", "date.month", "date.year"};
	static const char *const part[] = {"-day", "-month", "-year"};
	str p[3];
	for (int k = 0; k < 3; k++)
		p[k] = text_digits(a, text_clean(a, t->parts[k], false));
	for (int k = 0; k < 3; k++)
		if (!p[k].n) {
			*c = (struct complaint){.key = absent[k], .part = part[k]};
			return NULL;
		}
	int64_t day, year;
	int month = month_of(p[1], env, a);
	if (all_digits(p[2]) && p[2].n != 4) {
		*c = (struct complaint){.key = "date.year4", .part = part[2]};
		return NULL;
	}
	bool good = all_digits(p[0]) && all_digits(p[2]) && str_i64(p[0], &day) &&
	            str_i64(p[2], &year) && month && day <= 31 &&
	            date_valid((int32_t)year, month, (int)day);
	if (!good) {
		*c = (struct complaint){.key = "date.real", .part = month ? part[0] : part[1]};
		return NULL;
	}
	return json_string(a, date_print(a, days_from_civil((int32_t)year, month, (int)day)));
}

/* ---- choices ---- */

const struct choice *item_choices(const struct item *i, const struct form_env *env, arena *a,
                                  size_t *n)
{
	*n = i->n_choices;
	if (!i->choices_from.n)
		return i->choices;
	const json *list = env->list ? env->list(env->ctx, a, i->choices_from) : NULL;
	size_t count = list && list->count < FORM_MAX_CHOICES ? list->count : 0;
	struct choice *at = NEWN(a, struct choice, count + 1);
	const json *c = count ? list->first : NULL;
	for (size_t k = 0; c; c = c->next, k++) {
		at[k].value = json_get(c, "value");
		at[k].text = json_text(at[k].value);
		at[k].label = words_read(json_get(c, "label"));
		at[k].hint = words_read(json_get(c, "hint"));
	}
	*n = count;
	return at;
}

static const struct choice *choice_named(const struct choice *at, size_t n, str text)
{
	for (size_t k = 0; k < n; k++)
		if (str_eq(at[k].text, text))
			return &at[k];
	return NULL;
}

static json *chosen(const struct item *i, const struct typed *t, const struct form_env *env,
                    arena *a, struct complaint *c)
{
	size_t n;
	const struct choice *at = item_choices(i, env, a, &n);
	if (i->widget != WIDGET_CHECKBOXES) {
		const struct choice *one = choice_named(at, n, t->text);
		if (!one)
			*c = wrong("choice");
		return one ? json_copy(a, one->value) : NULL;
	}
	json *list = json_array(a);
	for (size_t k = 0; k < n; k++) /* in the order of the choices, each once */
		for (size_t m = 0; m < t->n_many; m++)
			if (str_eq(at[k].text, t->many[m])) {
				json_push(list, json_copy(a, at[k].value));
				break;
			}
	for (size_t m = 0; m < t->n_many; m++)
		if (!choice_named(at, n, t->many[m]))
			*c = wrong("choice");
	return c->key ? NULL : list;
}

/* ---- all of them ---- */

static bool nothing(const struct item *i, const struct typed *t, arena *a)
{
	if (i->widget == WIDGET_FILE)
		return !t->file;
	if (i->widget == WIDGET_CHECKBOXES)
		return t->n_many == 0;
	if (i->widget == WIDGET_DATE)
		return !text_clean(a, t->parts[0], false).n && !text_clean(a, t->parts[1], false).n &&
		       !text_clean(a, t->parts[2], false).n;
	return !text_clean(a, t->text, true).n;
}

static json *text_value(const struct item *i, str s, arena *a)
{
	str clean = text_clean(a, s, i->widget == WIDGET_TEXTAREA);
	if (json_truth(i->options, "identifier"))
		clean = item_identifier(i, a, clean);
	return json_string(a, clean);
}

/* Spaces and what cannot be seen go; dashes are part of an address. */
static json *email_value(str s, arena *a)
{
	buf b = buf_make(a, 3 * s.n + 4);
	while (s.n) {
		uint32_t c = ascii_digit(utf8_next(&s));
		if (!blank(c) && !invisible(c) && c >= 0x20)
			put_char(&b, c);
	}
	return json_string(a, buf_str(&b));
}

json *typed_value(const struct item *i, const struct typed *t, const struct form_env *env, arena *a,
                  struct complaint *c)
{
	*c = (struct complaint){0};
	if (nothing(i, t, a))
		return NULL;
	switch (i->widget) {
	case WIDGET_TEXT:
	case WIDGET_TEXTAREA:
		return text_value(i, t->text, a);
	case WIDGET_EMAIL:
		return email_value(t->text, a);
	case WIDGET_TEL:
		return tel_value(i, t->text, a, c);
	case WIDGET_NUMBER:
		return number_value(i, t->text, a, c);
	case WIDGET_MONEY:
		return money_value(i, t->text, a, c);
	case WIDGET_DATE:
		return date_value(t, env, a, c);
	case WIDGET_FILE:
		return json_copy(a, t->file);
	case WIDGET_RADIOS:
	case WIDGET_SELECT:
	case WIDGET_CHECKBOXES:
		return chosen(i, t, env, a, c);
	case WIDGET_YESNO:
	case WIDGET_CONFIRM:
		if (!str_eq(t->text, STR("true")) && !str_eq(t->text, STR("false")))
			*c = wrong("choice");
		return c->key ? NULL : json_bool(a, str_eq(t->text, STR("true")));
	}
	return NULL;
}
