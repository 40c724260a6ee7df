#include "web/template_filter.h"

#include "base/time.h"

static enum lang lang(const struct template_env *env)
{
	return lang_of(str_of(env->lang));
}

str value_text(const struct template_env *env, const json *v)
{
	if (!v)
		return (str){0};
	if (v->type == JSON_BOOL)
		return v->b ? STR("true") : STR("false");
	if (v->type != JSON_OBJECT)
		return json_text(v);
	str own = json_str(v, env->lang);
	return own.n ? own : json_str(v, lang(env) == LANG_AR ? "en" : "ar");
}

static str money_of(const struct template_env *env, arena *a, const json *v)
{
	currency c;
	int64_t minor = 0;
	str code = v->type == JSON_OBJECT ? json_str(v, "currency") : env->currency;
	const json *amount = v->type == JSON_OBJECT ? json_get(v, "minor") : v;
	if (!currency_find(code.n ? code : env->currency, &c) || !json_i64(amount, &minor))
		return value_text(env, v);
	return money_text(a, lang(env), (money){minor}, c, env->arabic_digits);
}

/* An instant of a number of microseconds or an RFC 3339 text. */
static bool instant_read(const json *v, instant *out)
{
	return v->type == JSON_NUMBER ? json_i64(v, out) : time_parse(json_text(v), out);
}

/* The civil day of a date, or of an instant where the reader is. */
static bool day_read(const struct template_env *env, const json *v, int64_t *days)
{
	if (v->type == JSON_STRING && date_parse(v->s, days))
		return true;
	instant t;
	if (!instant_read(v, &t))
		return false;
	civil c = civil_of(t, env->utc_offset);
	*days = days_from_civil(c.year, c.month, c.day);
	return true;
}

static str moment_text(const struct template_env *env, arena *a, enum filter f, const json *v)
{
	int64_t days;
	instant t;
	bool digits = env->arabic_digits;
	if (f == FILTER_DATE && day_read(env, v, &days))
		return date_text(a, lang(env), days, digits);
	if (f == FILTER_HIJRI && day_read(env, v, &days))
		return hijri_text(a, lang(env), days, digits);
	if (f == FILTER_DATETIME && instant_read(v, &t))
		return datetime_text(a, lang(env), t, env->utc_offset, digits);
	if (f == FILTER_TIME && instant_read(v, &t))
		return clock_text(a, t, env->utc_offset, digits);
	return value_text(env, v);
}

str filter_text(const struct template_env *env, arena *a, enum filter f, const json *v)
{
	if (!v || v->type == JSON_NULL)
		return (str){0};
	switch (f) {
	case FILTER_MONEY:
		return money_of(env, a, v);
	case FILTER_DATE:
	case FILTER_HIJRI:
	case FILTER_DATETIME:
	case FILTER_TIME:
		return moment_text(env, a, f, v);
	case FILTER_NUMBER:
		return v->type == JSON_NUMBER ? decimal_text(a, v->s, env->arabic_digits)
		                              : value_text(env, v);
	case FILTER_PHONE:
		return phone_text(a, value_text(env, v));
	case FILTER_JSON:
		return json_print(a, v);
	case FILTER_NONE:
	case FILTER_BDI:
	case FILTER_REF:
	case FILTER_COUNT:
		break;
	}
	return value_text(env, v);
}

/* <time datetime="2026-11-24">: what machines read of a date or an instant. */
static bool time_open(const struct template_env *env, arena *a, enum filter f, const json *v,
                      buf *out)
{
	int64_t days;
	instant t;
	if (f == FILTER_DATE && day_read(env, v, &days))
		buf_fmt(out, "<time datetime=\"%.*s\">", STRF(date_print(a, days)));
	else if ((f == FILTER_DATETIME || f == FILTER_TIME) && instant_read(v, &t))
		buf_fmt(out, "<time datetime=\"%.*s\">", STRF(time_print(a, t)));
	else
		return false;
	return true;
}

void filter_write(const struct template_env *env, arena *a, enum filter f, const json *v,
                  enum escape e, buf *out)
{
	str text = filter_text(env, a, f, v);
	if (e == ESCAPE_NONE && text.n && f != FILTER_JSON) {
		buf_puts(out, "\u2068");
		buf_put(out, text);
		buf_puts(out, "\u2069");
		return;
	}
	if (e != ESCAPE_TEXT || f == FILTER_NONE || f == FILTER_JSON || !text.n) {
		escape_write(out, e, text);
		return;
	}
	const char *close = "</time>";
	if (!time_open(env, a, f, v, out)) {
		bool ltr = f == FILTER_REF || f == FILTER_PHONE;
		buf_puts(out, ltr ? "<bdi dir=\"ltr\">" : "<bdi>");
		close = "</bdi>";
	}
	escape_write(out, e, text);
	buf_puts(out, close);
}

static void argument_write(const struct template_env *env, arena *a, str name, const json *args,
                           int64_t n, enum escape e, buf *out)
{
	const json *v = json_get_str(args, name);
	bool is_count = str_eq(name, STR("n"));
	if (is_count) {
		escape_write(out, e, number_text(a, n, env->arabic_digits));
		return;
	}
	bool url = e != ESCAPE_TEXT && e != ESCAPE_ATTRIBUTE && e != ESCAPE_NONE;
	buf_puts(out, e == ESCAPE_TEXT ? "<bdi>" : url ? "" : "\u2068");
	escape_write(out, e, value_text(env, v));
	buf_puts(out, e == ESCAPE_TEXT ? "</bdi>" : url ? "" : "\u2069");
}

void message_write(const struct template_env *env, arena *a, str key, const json *args,
                   enum escape e, buf *out)
{
	int64_t n = 0;
	if (!env->texts || !message_known(env->texts, key)) {
		escape_write(out, e, str_fmt(a, "[%.*s]", STRF(key)));
		return;
	}
	json_i64(json_get(args, "n"), &n);
	str text = message_raw(env->texts, lang(env), key, n), part;
	while (str_cut(&text, '{', &part)) {
		escape_write(out, e, part);
		str name;
		if (text.p && str_cut(&text, '}', &name))
			argument_write(env, a, name, args, n, e, out);
	}
}
