/* statement.c - reading what providers and banks send: CSV and camt.053. */
#include "systems/payments/settle.h"

#include <expat.h>
#include <openssl/sha.h>
#include <string.h>

#define CELLS     7
#define TEXT_MAX  128
#define DEPTH_MAX 32

static bool wrong(arena *a, str *why, size_t line, const char *what)
{
	*why = str_fmt(a, "line %zu: %s", line, what);
	return false;
}

static bool amount_read(str text, str code, int64_t *out)
{
	currency c;
	money m;
	if (!currency_find(code, &c) || !money_parse(text, c, &m))
		return false;
	*out = m.minor;
	return true;
}

/* ---- CSV ---- */

static bool csv_entry(arena *a, str line, size_t no, struct settle_entry *e, str *why)
{
	str cell[CELLS] = {{0}};
	size_t n = 0;
	line = str_trim(line);
	while (n < CELLS && str_cut(&line, ',', &cell[n]))
		n++;
	if (n != CELLS || line.p)
		return wrong(a, why, no, "it has not seven cells");
	*e = (struct settle_entry){.refund = str_eq(cell[0], STR("refund")),
	                           .payment = cell[1],
	                           .reference = cell[2],
	                           .order = cell[3],
	                           .currency = cell[5]};
	if (!e->refund && !str_eq(cell[0], STR("payment")))
		return wrong(a, why, no, "its kind is neither payment nor refund");
	if (!amount_read(cell[4], cell[5], &e->amount))
		return wrong(a, why, no, "its amount or currency is malformed");
	if (!time_parse(cell[6], &e->at))
		return wrong(a, why, no, "its time is malformed");
	if (!str_i64(e->refund ? e->reference : e->payment, &e->id))
		e->id = 0;
	return true;
}

static bool csv_read(arena *a, str bytes, struct statement *out, str *why)
{
	str line;
	size_t no = 0;
	while (str_cut(&bytes, '\n', &line)) {
		no++;
		if (no == 1 && !str_starts(line, STR("kind,payment,reference,order,amount,currency,at")))
			return wrong(a, why, no, "the first line is not that of a statement");
		if (no == 1 || !str_trim(line).n)
			continue;
		if (out->n == SETTLE_ENTRIES_MAX)
			return wrong(a, why, no, "the statement is too long");
		if (!csv_entry(a, line, no, &out->entry[out->n++], why))
			return false;
	}
	return no > 0 ? true : wrong(a, why, 1, "it is empty");
}

/* ---- camt.053 ---- */

struct camt {
	arena *a;
	XML_Parser parser;
	struct statement *out;
	struct settle_entry now;
	const char *wrong;
	size_t line;
	char path[DEPTH_MAX][16];
	int depth;
	char text[TEXT_MAX];
	size_t n;
	str amount;
	bool debit, in_entry;
};

static void camt_refuse(struct camt *k, const char *what)
{
	if (k->wrong)
		return;
	k->wrong = what;
	k->line = XML_GetCurrentLineNumber(k->parser);
	XML_StopParser(k->parser, XML_FALSE);
}

static void XMLCALL on_doctype(void *ctx, const XML_Char *name, const XML_Char *sysid,
                               const XML_Char *pubid, int internal)
{
	(void)name;
	(void)sysid;
	(void)pubid;
	(void)internal;
	camt_refuse(ctx, "a DOCTYPE is not accepted");
}

static bool is(const struct camt *k, const char *name)
{
	return k->depth > 0 && strcmp(k->path[k->depth - 1], name) == 0;
}

static bool below(const struct camt *k, const char *name)
{
	return k->depth > 1 && strcmp(k->path[k->depth - 2], name) == 0;
}

static void XMLCALL on_start(void *ctx, const XML_Char *name, const XML_Char **attribute)
{
	struct camt *k = ctx;
	const char *local = strrchr(name, '|');
	local = local ? local + 1 : name;
	if (k->depth == DEPTH_MAX || strlen(local) >= sizeof k->path[0]) {
		camt_refuse(k, "an element is nested too deeply or has too long a name");
		return;
	}
	memcpy(k->path[k->depth++], local, strlen(local) + 1);
	k->n = 0;
	if (is(k, "Ntry")) {
		k->now = (struct settle_entry){0};
		k->in_entry = true;
		k->debit = false;
	}
	for (; is(k, "Amt") && below(k, "Ntry") && *attribute; attribute += 2)
		if (strcmp(attribute[0], "Ccy") == 0)
			k->now.currency = str_dup(k->a, str_of(attribute[1]));
}

static void XMLCALL on_text(void *ctx, const XML_Char *p, int n)
{
	struct camt *k = ctx;
	if (k->n + (size_t)n > sizeof k->text)
		return;
	memcpy(k->text + k->n, p, (size_t)n);
	k->n += (size_t)n;
}

static void entry_end(struct camt *k)
{
	struct settle_entry *e = &k->now;
	if (!amount_read(k->amount, e->currency, &e->amount) || e->amount < 0) {
		camt_refuse(k, "an entry's amount or currency is malformed");
		return;
	}
	if (k->out->n == SETTLE_ENTRIES_MAX) {
		camt_refuse(k, "the statement is too long");
		return;
	}
	e->refund = k->debit;
	e->amount = k->debit ? -e->amount : e->amount;
	if (!str_i64(e->refund ? e->reference : e->payment, &e->id))
		e->id = 0;
	k->out->entry[k->out->n++] = *e;
	k->in_entry = false;
}

static void XMLCALL on_end(void *ctx, const XML_Char *name)
{
	struct camt *k = ctx;
	str text = str_trim((str){k->text, k->n});
	(void)name;
	if (is(k, "Ntry"))
		entry_end(k);
	else if (is(k, "Id") && below(k, "Stmt"))
		k->out->reference = str_dup(k->a, text);
	else if (k->in_entry && is(k, "Amt") && below(k, "Ntry"))
		k->amount = str_dup(k->a, text);
	else if (k->in_entry && is(k, "CdtDbtInd") && below(k, "Ntry"))
		k->debit = str_eq(text, STR("DBIT"));
	else if (k->in_entry && is(k, "EndToEndId"))
		k->now.payment = str_dup(k->a, text);
	else if (k->in_entry && is(k, "AcctSvcrRef") && below(k, "Refs"))
		k->now.reference = str_dup(k->a, text);
	else if (k->in_entry && is(k, "DtTm") && below(k, "BookgDt") && !time_parse(text, &k->now.at))
		camt_refuse(k, "an entry's time is malformed");
	if (k->depth > 0)
		k->depth--;
	k->n = 0;
}

static bool camt_read(arena *a, str bytes, struct statement *out, str *why)
{
	struct camt k = {.a = a, .out = out, .parser = XML_ParserCreateNS("UTF-8", '|')};
	if (!k.parser)
		return wrong(a, why, 0, "there is no memory to read it");
	XML_SetUserData(k.parser, &k);
	XML_SetElementHandler(k.parser, on_start, on_end);
	XML_SetCharacterDataHandler(k.parser, on_text);
	XML_SetStartDoctypeDeclHandler(k.parser, on_doctype);
	bool good = XML_Parse(k.parser, bytes.p, (int)bytes.n, 1) == XML_STATUS_OK && !k.wrong;
	if (!good)
		wrong(a, why, k.wrong ? k.line : XML_GetCurrentLineNumber(k.parser),
		      k.wrong ? k.wrong : XML_ErrorString(XML_GetErrorCode(k.parser)));
	XML_ParserFree(k.parser);
	return good;
}

bool statement_read(arena *a, str name, str bytes, struct statement *out, str *why)
{
	unsigned char hash[SHA256_DIGEST_LENGTH];
	SHA256((const unsigned char *)bytes.p, bytes.n, hash);
	*out = (struct statement){.name = str_dup(a, name),
	                          .reference = str_dup(a, name),
	                          .hash = str_hex(a, (str){(char *)hash, sizeof hash}),
	                          .entry = NEWN(a, struct settle_entry, SETTLE_ENTRIES_MAX)};
	if (bytes.n > (size_t)INT32_MAX)
		return wrong(a, why, 0, "it is too large");
	bool xml = str_starts(str_trim(str_sub(bytes, 0, 256)), STR("<"));
	return xml ? camt_read(a, bytes, out, why) : csv_read(a, bytes, out, why);
}
