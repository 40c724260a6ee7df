/* statement.c - a day's statement, as files that banks and providers send. */
#include "systems/payments/simulator/private.h"
#include "systems/payments/simulator/statements.h"

#define STATEMENT_MAX ((size_t)8 * 1024 * 1024)

struct entry {
	str kind, payment, reference, order, currency;
	int64_t amount;
	instant at;
};

static struct entry entry_read(rows *r, arena *a)
{
	return (struct entry){
	    .kind = str_dup(a, db_text(r, 0)),
	    .payment = str_dup(a, db_text(r, 1)),
	    .reference = str_dup(a, db_text(r, 2)),
	    .order = str_dup(a, db_text(r, 3)),
	    .amount = db_int(r, 4),
	    .currency = str_dup(a, db_text(r, 5)),
	    .at = db_int(r, 6),
	};
}

static str amount_text(arena *a, int64_t minor, str code)
{
	currency c;
	if (!currency_find(code, &c))
		return STR("0");
	return money_print(a, (money){minor}, c);
}

static void csv_line(buf *b, arena *a, const struct entry *e)
{
	buf_fmt(b, "%.*s,%.*s,%.*s,%.*s,%.*s,%.*s,%.*s\r\n", STRF(e->kind), STRF(e->payment),
	        STRF(e->reference), STRF(e->order), STRF(amount_text(a, e->amount, e->currency)),
	        STRF(e->currency), STRF(time_print(a, e->at)));
}

static void xml_entry(buf *b, arena *a, const struct entry *e)
{
	bool back = e->amount < 0;
	str amount = amount_text(a, back ? -e->amount : e->amount, e->currency);
	buf_fmt(b,
	        "<Ntry><Amt Ccy=\"%.*s\">%.*s</Amt><CdtDbtInd>%s</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>"
	        "<BookgDt><DtTm>%.*s</DtTm></BookgDt><NtryDtls><TxDtls><Refs><EndToEndId>%.*s"
	        "</EndToEndId><AcctSvcrRef>%.*s</AcctSvcrRef></Refs></TxDtls></NtryDtls></Ntry>\n",
	        STRF(e->currency), STRF(amount), back ? "DBIT" : "CRDT", STRF(time_print(a, e->at)),
	        STRF(e->payment), STRF(e->reference));
}

static void xml_head(buf *b, str day)
{
	buf_fmt(b,
	        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
	        "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.08\"><BkToCstmrStmt>"
	        "<GrpHdr><MsgId>SIM-%.*s</MsgId></GrpHdr><Stmt><Id>SIM-%.*s</Id>\n",
	        STRF(day), STRF(day));
}

/* "2026-11-25.csv" or "2026-11-25.xml", the day in UTC. */
err page_simulator_statement(struct req *r)
{
	str name = req_param(r, "name"), day = str_sub(name, 0, 10);
	bool xml = str_ends(name, STR(".xml"));
	int64_t days;
	if (name.n != 14 || (!xml && !str_ends(name, STR(".csv"))) || !date_parse(day, &days))
		return req_fail(r, ERR_not_found, "", "there is no such statement");
	buf b = buf_make(r->a, STATEMENT_MAX);
	if (xml)
		xml_head(&b, day);
	else
		buf_puts(&b, "kind,payment,reference,order,amount,currency,at\r\n");
	rows *q = db_query(r->db, &sql_sim_statement, D_INT(days * DAY), D_INT((days + 1) * DAY));
	while (db_next(q)) {
		struct entry e = entry_read(q, r->a);
		if (xml)
			xml_entry(&b, r->a, &e);
		else
			csv_line(&b, r->a, &e);
	}
	db_done(q);
	if (xml)
		buf_puts(&b, "</Stmt></BkToCstmrStmt></Document>\n");
	if (b.over)
		return req_fail(r, ERR_too_large, "", "the statement is too large");
	return req_content(r, xml ? "application/xml" : "text/csv", buf_str(&b), str_c(r->a, name));
}
