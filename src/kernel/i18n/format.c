/*
 * format.c - numbers, money, dates and spans of time as people read them.
 */
#include "kernel/i18n/i18n.h"

#include <string.h>

static str arabic_indic(arena *a, str s)
{
	buf b = buf_make(a, s.n * 2 + 8);
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		if (c >= '0' && c <= '9') {
			buf_putc(&b, (char)0xD9);
			buf_putc(&b, (char)(0xA0 + (c - '0')));
		} else if (c == ',') {
			buf_puts(&b, "٬");
		} else if (c == '.') {
			buf_puts(&b, "٫");
		} else {
			buf_putc(&b, c);
		}
	}
	return buf_str(&b);
}

str digits_text(arena *a, str s, bool arabic_digits)
{
	return arabic_digits ? arabic_indic(a, s) : s;
}

str number_text(arena *a, int64_t n, bool arabic_digits)
{
	return digits_text(a, decimal_grouped(a, str_fmt(a, "%lld", (long long)n)), arabic_digits);
}

str decimal_text(arena *a, str literal, bool arabic_digits)
{
	return digits_text(a, decimal_grouped(a, literal), arabic_digits);
}

/* "+97336123456" -> "+973 3612 3456": the country's code, then groups of four. */
str phone_text(arena *a, str e164)
{
	buf b = buf_make(a, e164.n * 2 + 8);
	size_t digits = 0;
	for (size_t i = 0; i < e164.n; i++) {
		char c = e164.p[i];
		if (e164.p[0] != '+' || (i && (c < '0' || c > '9')))
			return e164; /* not in that form: shown as it was given */
		bool gap = i && digits >= 3 && (e164.n - i) % 4 == 0;
		if (gap)
			buf_putc(&b, ' ');
		buf_putc(&b, c);
		digits += i > 0;
	}
	return buf_str(&b);
}

static const struct {
	const char *code, *ar;
} currency_names[] = {
    {"BHD", "د.ب."}, {"AED", "د.إ."}, {"SAR", "ر.س."}, {"KWD", "د.ك."}, {"OMR", "ر.ع."},
    {"QAR", "ر.ق."}, {"EGP", "ج.م."}, {"JOD", "د.أ."}, {"MAD", "د.م."},
};

str money_text(arena *a, enum lang l, money m, currency c, bool arabic_digits)
{
	str s = digits_text(a, decimal_grouped(a, money_print(a, m, c)), arabic_digits);
	if (l == LANG_EN)
		return str_fmt(a, "%s %.*s", c.code, STRF(s));
	const char *name = c.code;
	for (size_t i = 0; i < sizeof currency_names / sizeof *currency_names; i++)
		if (strcmp(currency_names[i].code, c.code) == 0)
			name = currency_names[i].ar;
	/* U+200E: the minus stays before its digits (CLDR's minus sign of Arabic). */
	return str_fmt(a, "%s%.*s %s", m.minor < 0 ? "\u200E" : "", STRF(s), name);
}

str date_text(arena *a, enum lang l, int64_t days, bool arabic_digits)
{
	static const char *const month[LANG_COUNT][12] = {
	    [LANG_EN] = {"January", "February", "March", "April", "May", "June", "July", "August",
	                 "September", "October", "November", "December"},
	    [LANG_AR] = {"يناير", "فبراير", "مارس", "أبريل", "مايو", "يونيو", "يوليو", "أغسطس",
	                 "سبتمبر", "أكتوبر", "نوفمبر", "ديسمبر"},
	};
	int32_t y;
	int m, d;
	civil_from_days(days, &y, &m, &d);
	str day = str_fmt(a, "%d", d), year = str_fmt(a, "%d", y);
	return str_fmt(a, "%.*s %s %.*s", STRF(digits_text(a, day, arabic_digits)), month[l][m - 1],
	               STRF(digits_text(a, year, arabic_digits)));
}

str clock_text(arena *a, instant t, int32_t utc_offset, bool arabic_digits)
{
	civil c = civil_of(t, utc_offset);
	return digits_text(a, str_fmt(a, "%02d:%02d", c.hour, c.minute), arabic_digits);
}

str datetime_text(arena *a, enum lang l, instant t, int32_t utc_offset, bool arabic_digits)
{
	civil c = civil_of(t, utc_offset);
	str date = date_text(a, l, days_from_civil(c.year, c.month, c.day), arabic_digits);
	str clock = clock_text(a, t, utc_offset, arabic_digits);
	return str_fmt(a, "%.*s%s %.*s", STRF(date), l == LANG_AR ? "،" : ",", STRF(clock));
}

/* One unit of time in words, by the plural rules. */
static str unit_text(arena *a, enum lang l, int64_t n, int unit)
{
	static const char *const en[][2] = {
	    {"day", "days"}, {"hour", "hours"}, {"minute", "minutes"}, {"second", "seconds"}};
	static const char *const ar[][6] = {
	    {"أقل من يوم", "يوم واحد", "يومان", "أيام", "يومًا", "يوم"},
	    {"أقل من ساعة", "ساعة واحدة", "ساعتان", "ساعات", "ساعة", "ساعة"},
	    {"أقل من دقيقة", "دقيقة واحدة", "دقيقتان", "دقائق", "دقيقة", "دقيقة"},
	    {"أقل من ثانية", "ثانية واحدة", "ثانيتان", "ثوانٍ", "ثانية", "ثانية"},
	};
	enum plural p = plural_of(l, n);
	if (l == LANG_EN)
		return str_fmt(a, "%lld %s", (long long)n, en[unit][p != PLURAL_ONE]);
	if (p <= PLURAL_TWO)
		return str_of(ar[unit][p]);
	return str_fmt(a, "%lld %s", (long long)n, ar[unit][p]);
}

str duration_text(arena *a, enum lang l, int64_t micros)
{
	static const int64_t size[] = {DAY, HOUR, MINUTE, SECOND};
	int unit = 0;
	while (unit < 3 && micros < size[unit])
		unit++;
	int64_t big = micros / size[unit];
	int64_t small = unit < 3 ? micros % size[unit] / size[unit + 1] : 0;
	str s = unit_text(a, l, big, unit);
	if (!small)
		return s;
	return str_fmt(a, "%.*s%s%.*s", STRF(s), l == LANG_AR ? " و" : " ",
	               STRF(unit_text(a, l, small, unit + 1)));
}
