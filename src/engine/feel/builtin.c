#include "engine/feel/builtin.h"

#include <string.h>

#define BUILTIN(fn, name, params, kinds, result, min, max)                                         \
	{STR_INIT(name), params, kinds, result, min, max, fn},
static const struct builtin table[] = {
#include "engine/feel/builtins.def"
};
#undef BUILTIN

enum { ROWS = sizeof table / sizeof *table };

const struct builtin *builtin_all(size_t *n)
{
	*n = ROWS;
	return table;
}

const struct builtin *builtin_find(str name, size_t *rows)
{
	for (size_t i = 0; i < ROWS; i++) {
		if (!str_eq(table[i].name, name))
			continue;
		size_t end = i;
		while (end < ROWS && str_eq(table[end].name, name))
			end++;
		*rows = end - i;
		return &table[i];
	}
	return NULL;
}

static size_t param_names(const char *text, str out[16])
{
	size_t n = 0;
	str rest = str_of(text), part;
	while (rest.n && n < 16 && str_cut(&rest, ',', &part))
		out[n++] = str_trim(part);
	return n;
}

/* Where the named arguments of one row stand; false if they do not fit it. */
static bool places_in(const struct builtin *b, const str *given, size_t n, uint32_t *places)
{
	str names[16];
	size_t count = param_names(b->params, names), needed = 0;
	for (size_t i = 0; i < n; i++) {
		size_t k = 0;
		while (k < count && !str_eq(names[k], given[i]))
			k++;
		for (size_t j = 0; j < i; j++)
			if (places[j] == k) /* twice */
				return false;
		if (k == count)
			return false;
		places[i] = (uint32_t)k;
		needed += k < b->min;
	}
	return needed == b->min;
}

const struct builtin *builtin_pick(const struct builtin *rows, size_t n_rows, const str *given,
                                   size_t n, uint32_t *places)
{
	for (size_t r = 0; r < n_rows; r++) {
		bool fits = given ? places_in(&rows[r], given, n, places)
		                  : n >= rows[r].min && (rows[r].max == 255 || n <= rows[r].max);
		if (fits)
			return &rows[r];
	}
	return NULL;
}

static bool is_kind(char letter, enum feel_kind k)
{
	switch (letter) {
	case 'b':
		return k == FEEL_BOOL;
	case 'n':
		return k == FEEL_NUMBER;
	case 's':
		return k == FEEL_STRING;
	case 'd':
		return k == FEEL_DATE || k == FEEL_DATETIME;
	case 'T':
		return k == FEEL_TIME;
	case 'D':
		return k == FEEL_DAYS || k == FEEL_MONTHS;
	case 'p':
		return k == FEEL_NUMBER || k == FEEL_STRING || (k >= FEEL_DATE && k <= FEEL_MONTHS);
	case 'r':
		return k == FEEL_RANGE;
	case 'c':
		return k == FEEL_CONTEXT;
	case 'f':
		return k == FEEL_FUNCTION;
	default:
		return true;
	}
}

char builtin_letter(const struct builtin *b, size_t i)
{
	size_t n = strlen(b->kinds);
	return n == 0 ? 'a' : b->kinds[i < n ? i : n - 1];
}

bool builtin_fits(const struct builtin *b, size_t i, enum feel_kind k)
{
	return k == FEEL_NULL || is_kind(builtin_letter(b, i), k);
}

void builtin_single(const struct builtin *b, feel_value *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (v[i].kind != FEEL_LIST || v[i].list->n != 1)
			continue;
		char letter = builtin_letter(b, i);
		if (letter != 'l' && letter != 'a')
			v[i] = v[i].list->v[0];
	}
}

feel_value bi_wrong(struct env *e, const char *function)
{
	return env_fail(e, "%s: an argument of the wrong type", function);
}

feel_value bi_give_list(struct env *e, feel_value *v, size_t n)
{
	struct feel_list *l = NEW(e->a, struct feel_list);
	*l = (struct feel_list){n, v};
	return (feel_value){.kind = FEEL_LIST, .list = l};
}

bool bi_list(struct env *e, feel_value v, struct feel_list *out)
{
	if (v.kind == FEEL_NULL)
		return false;
	if (v.kind == FEEL_LIST) {
		*out = *v.list;
	} else {
		out->v = NEW(e->a, feel_value);
		out->v[0] = v;
		out->n = 1;
	}
	env_step(e, out->n);
	return true;
}

bool bi_items(struct env *e, const feel_value *v, size_t n, struct feel_list *out)
{
	if (n == 1)
		return bi_list(e, v[0], out);
	out->v = NEWN(e->a, feel_value, n);
	memcpy(out->v, v, n * sizeof *v);
	out->n = n;
	return true;
}

bool bi_int(feel_value v, int64_t *out)
{
	return v.kind == FEEL_NUMBER && dec_to_i64(dec_integral(v.num, DEC_DOWN), out);
}
