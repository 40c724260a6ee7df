/* The catalogue, plurals, numbers, money and dates; the calendar's oracle is CLDR in node. */
#include "unit.h"

#include "kernel/i18n/i18n.h"

#include <stdio.h>
#include <stdlib.h>

static struct messages *catalogue(arena *a, const char *text, struct diags *d)
{
	*d = diags_make(a, STR("test/messages.txt"));
	struct messages *m = messages_make(a);
	messages_add(m, str_of(text), d);
	messages_check(m, d);
	return m;
}

static const char found[] = "# services\n"
                            "found\n"
                            "  en.one: {n} service in {where}\n"
                            "  en.other: {n} services in {where}\n"
                            "  ar.zero: لا خدمات\n"
                            "  ar.one: خدمة واحدة\n"
                            "  ar.two: خدمتان\n"
                            "  ar.few: {n} خدمات في {where}\n"
                            "  ar.many: {n} خدمة\n"
                            "  ar.other: {n} خدمة\n";

static void a_count_chooses_the_form(void **state)
{
	arena *a = *state;
	struct diags d;
	struct messages *m = catalogue(a, found, &d);
	assert_int_equal(d.errors, 0);
	json *args = json_object(a);
	json_set_str(a, args, "where", STR("Isa"));
	assert_str(message_text(m, a, LANG_EN, STR("found"), 1, args, false), "1 service in Isa");
	assert_str(message_text(m, a, LANG_EN, STR("found"), 1200, args, false),
	           "1,200 services in Isa");
	assert_str(message_text(m, a, LANG_AR, STR("found"), 2, args, false), "خدمتان");
	assert_str(message_text(m, a, LANG_AR, STR("found"), 7, args, true),
	           "\u2068"
	           "7\u2069 خدمات في \u2068Isa\u2069");
	assert_str(message_text(m, a, LANG_AR, STR("found"), 11, args, false), "11 خدمة");
	assert_str(message_text(m, a, LANG_AR, STR("nowhere"), 0, NULL, false), "[nowhere]");
}

static void what_is_wrong_is_named_with_its_line(void **state)
{
	arena *a = *state;
	struct diags d;
	catalogue(a, "a\n  en: x\n", &d);
	assert_int_equal(d.errors, 1);
	assert_int_equal(d.first->line, 1);
	assert_true(str_find(d.first->what, STR("ar.other")) >= 0);
	catalogue(a, "a\n  en: x\n  ar: y\na\n  en: z\n", &d);
	assert_str(d.first->rule, "messages.duplicate");
	assert_int_equal(d.first->line, 4);
	catalogue(a, "a\n  fr: x\n  en: x\n  ar: y\n", &d);
	assert_int_equal(d.first->line, 2);
	catalogue(a, "a\n  en: x {name\n  ar: y\n", &d);
	assert_str(d.first->rule, "messages.brace");
	catalogue(a, "a\n  en.one: x\n  en.other: x\n  ar.one: y\n  ar.other: y\n", &d);
	assert_int_equal(d.errors, 4); /* zero, two, few, many */
}

static void the_embedded_catalogues_are_whole(void **state)
{
	arena *a = *state;
	struct diags d = diags_make(a, (str){0});
	struct messages *m = messages_load(a, &d);
	if (d.errors)
		fail_msg("%.*s", STRF(diags_print(a, &d)));
	assert_non_null(m);
}

static void amounts_and_phones(void **state)
{
	arena *a = *state;
	currency bhd;
	assert_true(currency_find(STR("BHD"), &bhd));
	money m = {1234567500};
	assert_str(money_text(a, LANG_EN, m, bhd, false), "BHD 1,234,567.500");
	assert_str(money_text(a, LANG_AR, m, bhd, false), "1,234,567.500 د.ب.");
	assert_str(money_text(a, LANG_AR, (money){-4000}, bhd, true), "\u200E-٤٫٠٠٠ د.ب.");
	assert_str(number_text(a, -1234567, false), "-1,234,567");
	assert_str(decimal_text(a, STR("12345.75"), false), "12,345.75");
	assert_str(phone_text(a, STR("+97336123456")), "+973 3612 3456");
	assert_str(phone_text(a, STR("999")), "999");
	assert_str(duration_text(a, LANG_EN, 3 * DAY + 4 * HOUR), "3 days 4 hours");
	assert_str(duration_text(a, LANG_AR, 2 * DAY + HOUR), "يومان وساعة واحدة");
}

/* Prints what CLDR says, one value a line, in the order this test asks. */
static const char script[] =
    "const o=[];for(let i=0;i<1200;i++)o.push(new Intl.PluralRules('ar').select(i),"
    "new Intl.PluralRules('en').select(i));"
    "let s=12345n;for(let i=0;i<2000;i++){s=(s*6364136223846793005n+1442695040888963407n)"
    "&0xffffffffffffffffn;const n=(s>>24n)%1000000000000n;o.push(new Intl.NumberFormat('en')"
    ".format(n),new Intl.NumberFormat('ar-u-nu-arab').format(n))}"
    "const u=(l,d,c)=>{const r={};for(const p of new Intl.DateTimeFormat(l,{timeZone:'UTC',"
    "day:'numeric',month:'long',year:'numeric',calendar:c}).formatToParts(new Date(d*864e5)))"
    "r[p.type]=p.value;return r.day+' '+r.month+' '+r.year};"
    "for(let d=-11981;d<=39401;d+=7)o.push(u('ar-u-nu-latn',d,'islamic-umalqura')+' هـ',"
    "u('en',d,'gregory'),u('ar-BH-u-nu-latn',d,'gregory'));"
    "console.log(o.join('\\n'))";

static FILE *oracle(void)
{
	if (system("command -v node >/dev/null 2>&1") != 0)
		return NULL;
	setenv("DIWAN_ORACLE", script, 1);
	return popen("node -e \"$DIWAN_ORACLE\"", "r");
}

static void expect_line(FILE *f, str ours)
{
	char line[256];
	assert_non_null(fgets(line, sizeof line, f));
	line[strcspn(line, "\n")] = 0;
	assert_str(ours, line);
}

static void it_agrees_with_cldr(void **state)
{
	arena *a = *state;
	FILE *f = oracle();
	if (!f) {
		print_message("node is not here: not compared with CLDR\n");
		skip();
	}
	static const char *const form[] = {"zero", "one", "two", "few", "many", "other"};
	for (int i = 0; i < 1200; i++) {
		expect_line(f, str_of(form[plural_of(LANG_AR, i)]));
		expect_line(f, str_of(form[plural_of(LANG_EN, i)]));
	}
	uint64_t s = 12345;
	for (int i = 0; i < 2000; i++) {
		s = s * 6364136223846793005u + 1442695040888963407u;
		int64_t n = (int64_t)((s >> 24) % 1000000000000u);
		expect_line(f, number_text(a, n, false));
		expect_line(f, number_text(a, n, true));
	}
	for (int64_t day = -11981; day <= 39401; day += 7) {
		expect_line(f, hijri_text(a, LANG_AR, day, false));
		expect_line(f, date_text(a, LANG_EN, day, false));
		expect_line(f, date_text(a, LANG_AR, day, false));
	}
	assert_int_equal(pclose(f), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    UNIT(a_count_chooses_the_form),
	    UNIT(what_is_wrong_is_named_with_its_line),
	    UNIT(the_embedded_catalogues_are_whole),
	    UNIT(amounts_and_phones),
	    UNIT(it_agrees_with_cldr),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
