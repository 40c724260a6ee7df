/* statement.c - reading what providers and banks send: CSV and camt.053. */
#include "systems/payments/settle.h"

#include "engine/xml/xml.h"

#include <openssl/sha.h>

#define CELLS               7
#define STATEMENT_NODES_MAX 1000000 /* elements of a camt.053 */

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

static const struct xml_node *child(const struct xml_node *n, const char *name)
{
	for (const struct xml_node *x = n ? n->first : NULL; x; x = x->next)
		if (str_eq(x->name, str_of(name)))
			return x;
	return NULL;
}

static str text_of(const struct xml_node *n)
{
	return n ? n->text : (str){0};
}

static bool camt_entry(arena *a, const struct xml_node *n, struct settle_entry *e, str *why)
{
	const struct xml_node *amount = child(n, "Amt");
	const struct xml_node *refs = child(child(child(n, "NtryDtls"), "TxDtls"), "Refs");
	str at = text_of(child(child(n, "BookgDt"), "DtTm"));
	*e = (struct settle_entry){.refund = str_eq(text_of(child(n, "CdtDbtInd")), STR("DBIT")),
	                           .payment = text_of(child(refs, "EndToEndId")),
	                           .reference = text_of(child(refs, "AcctSvcrRef"))};
	if (!amount)
		return wrong(a, why, n->line, "an entry has no amount");
	e->currency = xml_attr(amount, "Ccy");
	if (!amount_read(amount->text, e->currency, &e->amount) || e->amount < 0)
		return wrong(a, why, n->line, "an entry's amount or currency is malformed");
	if (at.n && !time_parse(at, &e->at))
		return wrong(a, why, n->line, "an entry's time is malformed");
	e->amount = e->refund ? -e->amount : e->amount;
	if (!str_i64(e->refund ? e->reference : e->payment, &e->id))
		e->id = 0;
	return true;
}

static bool camt_read(arena *a, str bytes, struct statement *out, str *why)
{
	struct diags d = diags_make(a, out->name);
	const struct xml_dialect dialect = {.syntax = "statement",
	                                    .doctype = "statement",
	                                    .limit = "statement",
	                                    .memory = "statement",
	                                    .max_nodes = STATEMENT_NODES_MAX};
	const struct xml_node *root = xml_parse(a, bytes, &dialect, &d);
	if (!root || d.errors)
		return wrong(a, why, d.first ? d.first->line : 0,
		             d.first ? str_c(a, d.first->what) : "it is no XML");
	for (const struct xml_node *n = root; n; n = xml_walk(root, n)) {
		if (str_eq(n->name, STR("Stmt")) && child(n, "Id"))
			out->reference = text_of(child(n, "Id"));
		if (!str_eq(n->name, STR("Ntry")))
			continue;
		if (out->n == SETTLE_ENTRIES_MAX)
			return wrong(a, why, n->line, "the statement is too long");
		if (!camt_entry(a, n, &out->entry[out->n++], why))
			return false;
	}
	return true;
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
