#include "systems/payments/emv.h"
#include "kernel/outbox/sign.h"

#include "base/buf.h"

#define GUID         "org.diwan.pay"
#define GOVERNMENT   "9399" /* merchant category: government services */
#define FIELD_MAX    99
#define CODE_MAX     ((size_t)512)
#define SEAL_DIGITS  16
#define CRC_FIELD    "6304"
#define CRC_START    0xFFFFu
#define CRC_POLYNOME 0x1021u

/* ISO 4217's numbers of the currencies that base/money.c knows. */
static const struct {
	const char *code, *number;
} numbers[] = {
    {"BHD", "048"}, {"AED", "784"}, {"EUR", "978"}, {"GBP", "826"}, {"INR", "356"}, {"IQD", "368"},
    {"JOD", "400"}, {"JPY", "392"}, {"KWD", "414"}, {"LYD", "434"}, {"OMR", "512"}, {"QAR", "634"},
    {"SAR", "682"}, {"TND", "788"}, {"USD", "840"}, {"EGP", "818"}, {"MAD", "504"},
};

static str number_of(str code)
{
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
		if (str_eq(code, str_of(numbers[i].code)))
			return str_of(numbers[i].number);
	return (str){0};
}

static str code_of(str number)
{
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
		if (str_eq(number, str_of(numbers[i].number)))
			return str_of(numbers[i].code);
	return (str){0};
}

static unsigned crc16(str s)
{
	unsigned crc = CRC_START;
	for (size_t i = 0; i < s.n; i++) {
		crc ^= (unsigned)(unsigned char)s.p[i] << 8;
		for (int bit = 0; bit < 8; bit++)
			crc = (crc & 0x8000u ? crc << 1 ^ CRC_POLYNOME : crc << 1) & 0xFFFFu;
	}
	return crc;
}

/* ---- writing ---- */

static void field(buf *b, int tag, str value)
{
	if (value.n == 0 || value.n > FIELD_MAX)
		b->over = b->over || value.n > 0;
	else
		buf_fmt(b, "%02d%02d%.*s", tag, (int)value.n, STRF(value));
}

/* Readers of these codes expect ASCII; other letters would be half letters when cut. */
static str plain(arena *a, str s, size_t max)
{
	buf b = buf_make(a, max + 1);
	for (size_t i = 0; i < s.n && buf_str(&b).n < max; i++)
		if (s.p[i] >= ' ' && s.p[i] <= '~')
			buf_putc(&b, s.p[i]);
	return buf_str(&b).n ? buf_str(&b) : STR("-");
}

static str template_26(arena *a, const struct emv *e, bool *over)
{
	buf b = buf_make(a, CODE_MAX);
	field(&b, 0, STR(GUID));
	field(&b, 1, e->provider);
	field(&b, 2, str_fmt(a, "%lld", (long long)e->attempt));
	field(&b, 3, e->seal);
	*over = *over || b.over;
	return buf_str(&b);
}

static str template_one(arena *a, int tag, str value, str guid)
{
	buf b = buf_make(a, CODE_MAX);
	field(&b, 0, guid);
	field(&b, tag, value);
	return buf_str(&b);
}

bool emv_print(arena *a, const struct emv *e, str *out)
{
	buf b = buf_make(a, CODE_MAX);
	currency c;
	str number = number_of(e->currency);
	if (!number.n || !currency_find(e->currency, &c) || e->amount <= 0)
		return false;
	field(&b, 0, STR("01"));
	field(&b, 1, STR("12")); /* for one payment only */
	field(&b, 26, template_26(a, e, &b.over));
	if (e->notify.n && e->notify.n <= EMV_NOTIFY_MAX)
		field(&b, 27, template_one(a, 1, e->notify, STR(GUID)));
	field(&b, 52, STR(GOVERNMENT));
	field(&b, 53, number);
	field(&b, 54, money_print(a, (money){e->amount}, c));
	field(&b, 58, e->country);
	field(&b, 59, plain(a, e->payee, 25));
	field(&b, 60, plain(a, e->city, 15));
	field(&b, 62, template_one(a, 5, e->reference, (str){0}));
	buf_puts(&b, CRC_FIELD);
	buf_fmt(&b, "%04X", crc16(buf_str(&b)));
	*out = buf_str(&b);
	return !b.over;
}

/* ---- reading ---- */

static bool digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The next field; false at the end, and when it is not one. */
static bool field_cut(str *s, int *tag, str *value)
{
	if (s->n < 4 || !digit(s->p[0]) || !digit(s->p[1]) || !digit(s->p[2]) || !digit(s->p[3]))
		return false;
	size_t n = (size_t)(s->p[2] - '0') * 10 + (size_t)(s->p[3] - '0');
	if (s->n < 4 + n)
		return false;
	*tag = (s->p[0] - '0') * 10 + (s->p[1] - '0');
	*value = str_sub(*s, 4, 4 + n);
	*s = str_sub(*s, 4 + n, s->n);
	return true;
}

static str within(str s, int wanted)
{
	int tag;
	str value;
	while (field_cut(&s, &tag, &value))
		if (tag == wanted)
			return value;
	return (str){0};
}

bool emv_parse(arena *a, str text, struct emv *out)
{
	str s = str_trim(text), ours, rest;
	currency c;
	money m;
	*out = (struct emv){0};
	if (s.n < 8 || s.n > CODE_MAX || !str_eq(str_sub(s, s.n - 8, s.n - 4), STR(CRC_FIELD)) ||
	    !str_eq(str_sub(s, s.n - 4, s.n), str_fmt(a, "%04X", crc16(str_sub(s, 0, s.n - 4)))))
		return false;
	rest = s;
	for (int tag; rest.n;)
		if (!field_cut(&rest, &tag, &ours))
			return false;
	ours = within(s, 26);
	if (!str_eq(within(ours, 0), STR(GUID)))
		return false;
	out->provider = within(ours, 1);
	out->seal = within(ours, 3);
	out->notify = within(within(s, 27), 1);
	out->currency = code_of(within(s, 53));
	out->country = within(s, 58);
	out->payee = within(s, 59);
	out->city = within(s, 60);
	out->reference = within(within(s, 62), 5);
	if (!str_i64(within(ours, 2), &out->attempt) || !currency_find(out->currency, &c) ||
	    !money_parse(within(s, 54), c, &m))
		return false;
	out->amount = m.minor;
	return out->attempt > 0 && m.minor > 0;
}

str emv_seal(arena *a, str secret, const struct emv *e)
{
	str text =
	    str_fmt(a, "%.*s|%lld|%lld|%.*s|%.*s|%.*s", STRF(e->provider), (long long)e->attempt,
	            (long long)e->amount, STRF(e->currency), STRF(e->reference), STRF(e->notify));
	return str_sub(sign_digest(a, sign_query(a, secret, text)), 0, SEAL_DIGITS);
}
