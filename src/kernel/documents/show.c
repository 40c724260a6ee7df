#include "kernel/documents/show.h"

#include "base/embed.h"

static str show_money(const struct show *s, arena *a, bool arabic, const json *v)
{
	currency c = s->currency;
	int64_t minor = 0;
	const json *amount = v;
	if (v->type == JSON_OBJECT) {
		amount = json_get(v, "minor");
		if (!currency_find(json_str(v, "currency"), &c))
			return (str){0};
	}
	if (!json_i64(amount, &minor))
		return json_text(v);
	return money_text(a, arabic ? LANG_AR : LANG_EN, (money){minor}, c, arabic && s->arabic_digits);
}

static bool instant_of_value(const json *v, instant *t)
{
	return v->type == JSON_NUMBER ? json_i64(v, t) : time_parse(json_text(v), t);
}

static bool day_of_value(const struct show *s, const json *v, int64_t *days)
{
	instant t;
	if (v->type == JSON_STRING && date_parse(v->s, days))
		return true;
	if (!instant_of_value(v, &t))
		return false;
	civil c = civil_of(t, s->utc_offset);
	*days = days_from_civil(c.year, c.month, c.day);
	return true;
}

static str show_moment(const struct show *s, arena *a, bool arabic, str filter, const json *v)
{
	enum lang l = arabic ? LANG_AR : LANG_EN;
	bool digits = arabic && s->arabic_digits;
	int64_t days;
	instant t;
	if (str_eq(filter, STR("date")) && day_of_value(s, v, &days))
		return date_text(a, l, days, digits);
	if (str_eq(filter, STR("hijri")) && day_of_value(s, v, &days))
		return hijri_text(a, l, days, digits);
	if (str_eq(filter, STR("datetime")) && instant_of_value(v, &t))
		return datetime_text(a, l, t, s->utc_offset, digits);
	if (str_eq(filter, STR("time")) && instant_of_value(v, &t))
		return clock_text(a, t, s->utc_offset, digits);
	return json_text(v);
}

static str show_value(void *ctx, arena *a, bool arabic, str filter, const json *v)
{
	const struct show *s = ctx;
	bool digits = arabic && s->arabic_digits;
	if (str_eq(filter, STR("money")))
		return show_money(s, a, arabic, v);
	if (str_eq(filter, STR("phone")))
		return phone_text(a, json_text(v));
	if (str_eq(filter, STR("number")) && v->type == JSON_NUMBER)
		return decimal_text(a, v->s, digits);
	if (str_eq(filter, STR("digits")) || (!filter.n && v->type == JSON_NUMBER))
		return digits_text(a, json_text(v), digits);
	if (v->type == JSON_BOOL && s->texts)
		return message_text(s->texts, a, arabic ? LANG_AR : LANG_EN,
		                    v->b ? STR("form.yes") : STR("form.no"), 0, NULL, false);
	return show_moment(s, a, arabic, filter, v);
}

static str show_picture(void *ctx, arena *a, str name)
{
	const struct show *s = ctx;
	return s->picture ? s->picture(s->ctx, a, name) : (str){0};
}

struct document_env show_env(struct show *s)
{
	struct document_env e = {
	    .utc_offset = s->utc_offset,
	    .id = STR("00000000000000000000000000000000"),
	    .creator = STR("Diwan " DIWAN_VERSION),
	    .ctx = s,
	    .format = show_value,
	    .picture = show_picture,
	};
	embed_find(STR("src/engine/document/fonts/document-400.ttf"), &e.font);
	embed_find(STR("src/engine/document/fonts/document-700.ttf"), &e.font_bold);
	return e;
}
