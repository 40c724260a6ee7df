/* prove.c - codes, and the proof that goes into a document when it is handed out. */
#include "kernel/documents/organ.h"

#include "kernel/head.h"
#include "kernel/statements.h"

#include <openssl/sha.h>

#define CODE_CHARS 12

/* Crockford's base 32: no I, L, O, U. */
static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

str document_code(arena *a, str seed)
{
	unsigned char h[SHA256_DIGEST_LENGTH];
	str s = str_fmt(a, "%.*s/0", STRF(seed));
	SHA256((const unsigned char *)s.p, s.n, h);
	buf b = buf_make(a, 32);
	for (int i = 0; i < CODE_CHARS; i++) {
		if (i && i % 4 == 0)
			buf_putc(&b, '-');
		buf_putc(&b, alphabet[h[i] & 31]);
	}
	return buf_str(&b);
}

bool document_code_read(arena *a, str typed, str *code)
{
	buf b = buf_make(a, 32);
	size_t n = 0;
	for (size_t i = 0; i < typed.n; i++) {
		char c = typed.p[i];
		c = c >= 'a' && c <= 'z' ? (char)(c - 32) : c;
		c = c == 'O' ? '0' : c == 'I' || c == 'L' ? '1' : c;
		if (c == '-' || c == ' ')
			continue;
		if (str_chr(STR("0123456789ABCDEFGHJKMNPQRSTVWXYZ"), c) < 0 || n == CODE_CHARS)
			return false;
		if (n && n % 4 == 0)
			buf_putc(&b, '-');
		buf_putc(&b, c);
		n++;
	}
	*code = buf_str(&b);
	return n == CODE_CHARS;
}

/* The proof of the event, with the event itself as it was hashed. */
static err proof_make(struct kernel *k, dbc *c, arena *a, int64_t seq, str *out)
{
	json *proof;
	err e = journal_prove(k, c, a, seq, &proof);
	if (e)
		return e;
	struct journal_row row;
	rows *r = db_query(c, &sql_journal_range, D_INT(seq), D_INT(seq));
	bool there = db_next(r) && journal_row_read(r, &row);
	if (there)
		json_set_str(a, proof, "entry", journal_entry(a, &row.e, row.data, row.sealed));
	db_done(r);
	*out = json_print(a, proof);
	return there ? OK : ERR_journal_broken;
}

err document_bytes(struct kernel *k, dbc *c, arena *a, const struct issued *d, str *pdf)
{
	str stored, proof = {0};
	err e = file_read(k, c, a, d->file, &stored);
	if (e)
		return e;
	*pdf = stored;
	if (proof_make(k, c, a, d->seq, &proof) != OK)
		return OK; /* a second old: the file is whole, its proof comes with the next one */
	sign_add_proof(a, stored, proof, pdf);
	return OK;
}
