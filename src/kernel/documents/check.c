#include "kernel/documents/check.h"

#include "kernel/documents/sign_in.h"
#include "kernel/journal.h"

#include <openssl/cms.h>
#include <openssl/err.h>
#include <string.h>

#define PROOF_MAX ((size_t)64 * 1024)

static void say(struct document_check *out, enum document_verdict v, const char *reason, str why)
{
	out->verdict = v;
	out->reason = reason;
	out->why = why;
}

/* The signature must cover all of the file but itself: bytes behind it, or beside it
 * within the gap, are what an attacker would add. */
static bool covers_all(str pdf, const struct signature_place *p)
{
	for (size_t i = p->from; i < p->to; i++)
		if (!strchr("0123456789abcdefABCDEF", pdf.p[i]) || !pdf.p[i])
			return false;
	return p->range[0] == 0 && p->range[1] == p->from - 1 && p->range[2] == p->to + 1 &&
	       p->range[3] == pdf.n - p->range[2] && pdf.p[p->from - 1] == '<';
}

static bool read_proof(arena *a, CMS_SignerInfo *i, json **proof)
{
	ASN1_OBJECT *name = OBJ_txt2obj(PROOF_OID, 1);
	ASN1_OCTET_STRING *o =
	    name ? CMS_unsigned_get0_data_by_OBJ(i, name, -3, V_ASN1_OCTET_STRING) : NULL;
	ASN1_OBJECT_free(name);
	if (!o || ASN1_STRING_length(o) <= 0 || (size_t)ASN1_STRING_length(o) > PROOF_MAX)
		return false;
	str text = {(const char *)ASN1_STRING_get0_data(o), (size_t)ASN1_STRING_length(o)};
	*proof = json_parse(a, str_dup(a, text), NULL);
	return json_is(*proof, JSON_OBJECT);
}

/* The digest that the signature was made over. */
static bool signed_digest(arena *a, CMS_SignerInfo *i, str *hex)
{
	const ASN1_OCTET_STRING *o = CMS_signed_get0_data_by_OBJ(
	    i, OBJ_nid2obj(NID_pkcs9_messageDigest), -3, V_ASN1_OCTET_STRING);
	if (!o)
		return false;
	*hex = str_hex(a, (str){(const char *)ASN1_STRING_get0_data(o), (size_t)ASN1_STRING_length(o)});
	return true;
}

static bool signer_hash(arena *a, CMS_ContentInfo *c, str *hex)
{
	STACK_OF(X509) *signers = CMS_get0_signers(c);
	unsigned char *der = NULL;
	int n = signers && sk_X509_num(signers) == 1 ? i2d_X509(sk_X509_value(signers, 0), &der) : 0;
	if (n > 0)
		*hex = sha256_hex(a, (str){(char *)der, (size_t)n});
	OPENSSL_free(der);
	sk_X509_free(signers);
	return n > 0;
}

/* True when the arithmetic of the signature holds; else says why not. */
static bool check_signature(arena *a, CMS_ContentInfo *c, str covered, struct document_check *out)
{
	STACK_OF(CMS_SignerInfo) *infos = CMS_get0_SignerInfos(c);
	str promised;
	if (!infos || sk_CMS_SignerInfo_num(infos) != 1 ||
	    !signed_digest(a, sk_CMS_SignerInfo_value(infos, 0), &promised)) {
		say(out, DOCUMENT_UNKNOWN, "malformed", STR("the signature is not one this program makes"));
		return false;
	}
	if (!str_eq(promised, out->digest)) {
		say(out, DOCUMENT_ALTERED, "digest",
		    STR("the file's digest is not the one that was signed"));
		return false;
	}
	BIO *in = BIO_new_mem_buf(covered.p, (int)covered.n);
	int good = in ? CMS_verify(c, NULL, NULL, in, NULL, CMS_NO_SIGNER_CERT_VERIFY | CMS_BINARY) : 0;
	BIO_free(in);
	ERR_clear_error();
	if (good == 1 && signer_hash(a, c, &out->certificate))
		return true;
	say(out, DOCUMENT_ALTERED, "signature",
	    STR("the signature is not by the certificate it names"));
	return false;
}

/* Does the record that the proof carries speak of this file? */
static bool check_record(arena *a, str entry, struct document_check *out)
{
	json *e = json_parse(a, entry, NULL);
	const json *data = json_get(e, "data");
	if (!str_eq(json_str(e, "kind"), STR("document.issued")) ||
	    !str_eq(json_str(data, "hash"), out->digest) ||
	    !str_eq(json_str(data, "certificate"), out->certificate))
		return false;
	out->number = json_str(data, "number");
	out->kind = json_str(data, "kind");
	out->code = json_str(data, "code");
	out->entity = json_str(e, "entity");
	out->at = json_int(e, "at", 0);
	out->seq = json_int(e, "seq", 0);
	return true;
}

static void check_proof(arena *a, const json *proof, str vkey, struct document_check *out)
{
	str entry = json_str(proof, "entry"), why = {0};
	hash256 leaf = hash_leaf(entry);
	out->log = json_str(proof, "vkey");
	if (!vkey.n) {
		/* Whole in itself, or it is not even worth asking for the key. */
		if (journal_proof_check(a, proof, leaf, out->log, &why) && check_record(a, entry, out))
			say(out, DOCUMENT_UNKNOWN, "no_key", STR("no key of the log was given"));
		else
			say(out, DOCUMENT_UNKNOWN, "proof", why);
		return;
	}
	if (!journal_proof_check(a, proof, leaf, vkey, &why)) {
		say(out, DOCUMENT_UNKNOWN, str_eq(out->log, vkey) ? "proof" : "other_log", why);
		return;
	}
	if (!check_record(a, entry, out)) {
		say(out, DOCUMENT_UNKNOWN, "other_record",
		    STR("the proven record is about another file or certificate"));
		return;
	}
	say(out, DOCUMENT_INTACT, "intact", (str){0});
}

void document_check(arena *a, str pdf, str vkey, struct document_check *out)
{
	struct signature_place p;
	str der;
	*out = (struct document_check){0};
	if (!str_starts(pdf, STR("%PDF-")) || !signature_find(pdf, &p)) {
		say(out, DOCUMENT_UNKNOWN, "no_signature", STR("there is no signature in the file"));
		return;
	}
	if (!covers_all(pdf, &p)) {
		say(out, DOCUMENT_ALTERED, "beyond", STR("the signature does not cover the whole file"));
		return;
	}
	if (!signature_der(a, pdf, &p, &der)) {
		say(out, DOCUMENT_UNKNOWN, "malformed", STR("the signature is not DER"));
		return;
	}
	const unsigned char *at = (const unsigned char *)der.p;
	CMS_ContentInfo *c = d2i_CMS_ContentInfo(NULL, &at, (long)der.n);
	ERR_clear_error();
	if (!c) {
		say(out, DOCUMENT_UNKNOWN, "malformed", STR("the signature is not a CMS structure"));
		return;
	}
	str covered = signature_covered(a, pdf, &p);
	out->digest = sha256_hex(a, covered);
	json *proof;
	if (check_signature(a, c, covered, out)) {
		if (read_proof(a, sk_CMS_SignerInfo_value(CMS_get0_SignerInfos(c), 0), &proof))
			check_proof(a, proof, vkey, out);
		else
			say(out, DOCUMENT_UNKNOWN, "no_proof", STR("the file carries no proof of its record"));
	}
	CMS_ContentInfo_free(c);
}
