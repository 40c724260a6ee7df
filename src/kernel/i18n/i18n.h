/*
 * i18n.h - texts in both languages, plurals, numbers, money and dates.
 *
 * Catalogues are the embedded messages.txt files of all rooms:
 *     guide.found
 *       en.one: {n} service
 *       en.other: {n} services
 *       ar.zero: لا خدمات      (zero one two few many other: CLDR plural rules)
 * A key without its text in one of the languages is an error at load. Placeholders
 * {name} take strings; {n} is the count that chooses the plural form.
 */
#ifndef KERNEL_I18N_H
#define KERNEL_I18N_H

#include "base/diag.h"
#include "base/json.h"
#include "base/money.h"
#include "base/time.h"

enum lang { LANG_AR, LANG_EN, LANG_COUNT };
enum plural { PLURAL_ZERO, PLURAL_ONE, PLURAL_TWO, PLURAL_FEW, PLURAL_MANY, PLURAL_OTHER };

struct messages;

struct messages *messages_load(arena *a, struct diags *d); /* the embedded ones */
struct messages *messages_make(arena *a);                  /* empty, for tests */
/* Reports keys that lack a language, or a plural form of a counted text. */
void messages_check(const struct messages *m, struct diags *d);
bool messages_add(struct messages *m, str text, struct diags *d); /* more, before threads */
/* The raw text of a key; the key itself if unknown. */
str message_raw(const struct messages *m, enum lang l, str key, int64_t n);
bool message_known(const struct messages *m, str key);
size_t message_keys(const struct messages *m, arena *a, str **keys);

/* With placeholders filled from the members of `args`. `isolate` puts U+2068 and
 * U+2069 around each value (plain text in a right-to-left line). */
str message_text(const struct messages *m, arena *a, enum lang l, str key, int64_t n,
                 const json *args, bool isolate);

/* The same for a text that is not in the catalogue: a pack's notice. */
str text_fill(arena *a, str text, int64_t n, const json *args, bool isolate);

/* {"en": .., "ar": ..}: one text in both languages. */
json *text_pair(arena *a, str en, str ar);

enum plural plural_of(enum lang l, int64_t n); /* CLDR 48 */
enum lang lang_of(str code);                   /* "en" -> LANG_EN, else LANG_AR */
const char *lang_code(enum lang l);

/* "1,234,567"; with arabic_digits "١٬٢٣٤٬٥٦٧". */
str number_text(arena *a, int64_t n, bool arabic_digits);
/* A JSON number's literal, grouped likewise; decimals stay. */
str decimal_text(arena *a, str literal, bool arabic_digits);
/* The digits, point and comma of any text, shown in the chosen digits. */
str digits_text(arena *a, str s, bool arabic_digits);
/* "+97336123456" -> "+973 3612 3456"; anything else as it stands. */
str phone_text(arena *a, str e164);
/* en "BHD 1,234.500", ar "1,234.500 د.ب." */
str money_text(arena *a, enum lang l, money m, currency c, bool arabic_digits);
/* "24 November 2026", "24 نوفمبر 2026" */
str date_text(arena *a, enum lang l, int64_t days, bool arabic_digits);
str datetime_text(arena *a, enum lang l, instant t, int32_t utc_offset, bool arabic_digits);
str clock_text(arena *a, instant t, int32_t utc_offset, bool arabic_digits); /* "14:05" */
/* Umm al-Qura, 1937-03-14 to 2077-11-16; false, or empty, outside of them. */
bool hijri_of_days(int64_t days, int *y, int *m, int *d);
/* "14 Jumada al-Thani 1448 AH", "14 جمادى الآخرة 1448 هـ" */
str hijri_text(arena *a, enum lang l, int64_t days, bool arabic_digits);
/* "3 days 4 hours" of a duration, two largest units */
str duration_text(arena *a, enum lang l, int64_t micros);

#endif
