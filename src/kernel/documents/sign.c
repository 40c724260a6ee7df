#include "kernel/documents/sign.h"

#include "kernel/documents/sign_in.h"
#include "kernel/errors.h"

#include <openssl/cms.h>
#include <openssl/sha.h>
#include <string.h>

/* ---- where it stands ---- */

static bool take_number(str *s, size_t *out)
{
	size_t n = 0, v = 0;
	*s = str_trim(*s);
	while (n < s->n && s->p[n] >= '0' && s->p[n] <= '9' && n < 12)
		v = v * 10 + (size_t)(s->p[n++] - '0');
	*s = str_sub(*s, n, s->n);
	*out = v;
	return n > 0;
}

bool signature_find(str pdf, struct signature_place *out)
{
	str mark = STR("/ByteRange[");
	ptrdiff_t at = -1;
	for (size_t i = 0; i + mark.n < pdf.n; i++)
		if (pdf.p[i] == '/' && memcmp(pdf.p + i, mark.p, mark.n) == 0)
			at = (ptrdiff_t)i;
	if (at < 0)
		return false;
	str rest = str_sub(pdf, (size_t)at + mark.n, pdf.n);
	for (int i = 0; i < 4; i++)
		if (!take_number(&rest, &out->range[i]))
			return false;
	ptrdiff_t hex = str_find(rest, STR("/Contents<"));
	if (hex < 0)
		return false;
	rest = str_sub(rest, (size_t)hex + 10, rest.n);
	ptrdiff_t end = str_chr(rest, '>');
	if (end < 0)
		return false;
	out->from = (size_t)(rest.p - pdf.p);
	out->to = out->from + (size_t)end;
	return true;
}

str signature_covered(arena *a, str pdf, const struct signature_place *p)
{
	return str_cat(a, str_sub(pdf, 0, p->from - 1), str_sub(pdf, p->to + 1, pdf.n));
}

bool signature_der(arena *a, str pdf, const struct signature_place *p, str *der)
{
	if (!str_unhex(a, str_sub(pdf, p->from, p->to), der))
		return false;
	const unsigned char *at = (const unsigned char *)der->p;
	long length;
	int tag, class;
	if (der->n > LONG_MAX || ASN1_get_object(&at, &length, &tag, &class, (long)der->n) & 0x80 ||
	    tag != V_ASN1_SEQUENCE)
		return false;
	size_t all = der->n;
	der->n = (size_t)length + (size_t)((const char *)at - der->p);
	for (size_t i = der->n; i < all; i++)
		if (der->p[i])
			return false;
	return true;
}

str sha256_hex(arena *a, str bytes)
{
	unsigned char h[SHA256_DIGEST_LENGTH];
	SHA256((const unsigned char *)bytes.p, bytes.n, h);
	return str_hex(a, (str){(char *)h, sizeof h});
}

/* ---- into the file ---- */

static bool put_signature(arena *a, str pdf, const struct signature_place *p, str der_bytes)
{
	str hex = str_hex(a, der_bytes);
	if (hex.n > p->to - p->from)
		return false;
	char *to = (char *)(uintptr_t)pdf.p + p->from;
	memset(to, '0', p->to - p->from);
	memcpy(to, hex.p, hex.n);
	return true;
}

err sign_pdf(const struct signing *how, arena *a, str pdf, str *out, str *digest)
{
	struct signature_place p;
	str mark = STR("/ByteRange[0 "), copy = str_dup(a, pdf), made;
	if (!signature_find(copy, &p) || p.range[1] != 0)
		return ERR_internal; /* it was not rendered to be signed, or is signed already */
	char *range = (char *)(uintptr_t)copy.p + p.from;
	while (memcmp(range, mark.p, mark.n) != 0)
		range--;
	str numbers = str_fmt(a, "%010zu %010zu %010zu", p.from - 1, p.to + 1, pdf.n - p.to - 1);
	memcpy(range + mark.n, numbers.p, numbers.n);
	unsigned char hash[SHA256_DIGEST_LENGTH];
	str covered = signature_covered(a, copy, &p);
	SHA256((const unsigned char *)covered.p, covered.n, hash);
	err e = how->make(how->ctx, a, hash, &made);
	if (e)
		return e;
	if (!put_signature(a, copy, &p, made))
		return ERR_internal;
	*digest = str_hex(a, (str){(char *)hash, sizeof hash});
	*out = copy;
	return OK;
}

err sign_add_proof(arena *a, str pdf, str proof, str *out)
{
	struct signature_place p;
	str old, copy = str_dup(a, pdf);
	if (!signature_find(copy, &p) || !signature_der(a, copy, &p, &old))
		return ERR_bad_input;
	const unsigned char *at = (const unsigned char *)old.p;
	CMS_ContentInfo *c = d2i_CMS_ContentInfo(NULL, &at, (long)old.n);
	STACK_OF(CMS_SignerInfo) *infos = c ? CMS_get0_SignerInfos(c) : NULL;
	ASN1_OBJECT *name = OBJ_txt2obj(PROOF_OID, 1);
	unsigned char *bytes = NULL;
	int n = 0;
	if (infos && name && sk_CMS_SignerInfo_num(infos) == 1) {
		CMS_SignerInfo *i = sk_CMS_SignerInfo_value(infos, 0);
		int was = CMS_unsigned_get_attr_by_OBJ(i, name, -1);
		if (was >= 0)
			X509_ATTRIBUTE_free(CMS_unsigned_delete_attr(i, was));
		if (CMS_unsigned_add1_attr_by_OBJ(i, name, V_ASN1_OCTET_STRING, proof.p, (int)proof.n))
			n = i2d_CMS_ContentInfo(c, &bytes);
	}
	bool fits = n > 0 && put_signature(a, copy, &p, (str){(char *)bytes, (size_t)n});
	OPENSSL_free(bytes);
	ASN1_OBJECT_free(name);
	CMS_ContentInfo_free(c);
	*out = fits ? copy : pdf;
	return fits ? OK : ERR_too_large;
}
