/* Texts: the author's in both languages, and the messages that name a field. */
#include "engine/form/form_in.h"

#include "base/time.h"

#include <ctype.h>

str words_in(struct words w, bool arabic)
{
	return arabic ? w.ar : w.en;
}

struct words words_read(const json *v)
{
	return (struct words){.en = json_str(v, "en"), .ar = json_str(v, "ar")};
}

str form_text(const struct form_env *env, arena *a, const char *key, const json *params)
{
	return env->text(env->ctx, a, env->arabic, str_of(key), params);
}

/* "Full name" -> "full name", but "CPR number" stays. */
static str lower_first(arena *a, str s)
{
	if (s.n < 2 || !isupper((unsigned char)s.p[0]) || !islower((unsigned char)s.p[1]))
		return s;
	char first = (char)tolower((unsigned char)s.p[0]);
	return str_cat(a, (str){&first, 1}, str_sub(s, 1, s.n));
}

str item_brief(const struct item *i, const struct form_env *env, arena *a)
{
	str own = words_in(i->brief, env->arabic);
	if (own.n)
		return own;
	str label = words_in(i->label, env->arabic);
	return env->arabic ? str_fmt(a, "«%.*s»", STRF(label)) : lower_first(a, label);
}

static str upper_first(arena *a, str s)
{
	if (!s.n || !islower((unsigned char)s.p[0]))
		return s;
	char first = (char)toupper((unsigned char)s.p[0]);
	return str_cat(a, (str){&first, 1}, str_sub(s, 1, s.n));
}

/* Which of the general messages says it, for a kind of question. */
static str message_key(const struct item *i, str key, arena *a)
{
	static const char *const kind[] = {
	    [WIDGET_RADIOS] = "choice", [WIDGET_CHECKBOXES] = "choice", [WIDGET_SELECT] = "choice",
	    [WIDGET_YESNO] = "choice",  [WIDGET_CONFIRM] = "confirm",   [WIDGET_FILE] = "file",
	};
	const char *k = (size_t)i->widget < sizeof kind / sizeof *kind ? kind[i->widget] : NULL;
	if (i->kind == ITEM_REPEAT)
		k = "entry";
	if (str_eq(key, STR("required")) || (str_eq(key, STR("const")) && i->widget == WIDGET_CONFIRM))
		return str_fmt(a, "form.error.required%s%s", k ? "." : "", k ? k : "");
	return str_fmt(a, "form.error.%.*s", STRF(key));
}

str item_error_text(const struct item *i, const char *key, const json *params,
                    const struct form_env *env, arena *a)
{
	str own = words_in(words_read(json_get(i->errors, key)), env->arabic);
	if (own.n)
		return own;
	json *all = params ? json_copy(a, params) : json_object(a);
	str brief = item_brief(i, env, a);
	json_set_str(a, all, "label", brief);
	json_set_str(a, all, "Label", env->arabic ? brief : upper_first(a, brief));
	str full = message_key(i, str_of(key), a);
	return form_text(env, a, str_c(a, full), all);
}

str date_words(int64_t days, const struct form_env *env, arena *a)
{
	int32_t y;
	int m, d;
	civil_from_days(days, &y, &m, &d);
	str month = form_text(env, a, str_c(a, str_fmt(a, "form.month.%d", m)), NULL);
	return str_fmt(a, "%d %.*s %d", d, STRF(month), (int)y);
}
