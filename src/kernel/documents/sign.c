#include "kernel/documents/sign.h"

#include "kernel/documents/sign_in.h"
#include "kernel/errors.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/cms.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/x509v3.h>
#include <sodium.h>
#include <string.h>
#include <unistd.h>

#define CERTIFICATE_NAME "Diwan documents"
#define CERTIFICATE_DAYS (20 * 366) /* papers outlive governments' renewals of keys */
#define SIGNATURE_MAX    256
#define DER_MAX          ((size_t)64 * 1024)

struct signer {
	EVP_PKEY *key;
	X509 *certificate;
	str der; /* of the certificate */
};

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

/* ---- the key ---- */

static bool add_extension(X509 *x, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509V3_set_ctx_nodb(&ctx);
	X509V3_set_ctx(&ctx, x, x, NULL, NULL, 0);
	X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	bool ok = e && X509_add_ext(x, e, -1);
	X509_EXTENSION_free(e);
	return ok;
}

static X509 *make_certificate(EVP_PKEY *key, instant now)
{
	X509 *x = X509_new();
	unsigned char serial[16];
	BIGNUM *n = NULL;
	time_t from = (time_t)(now / SECOND - 24 * 3600);
	bool ok = x != NULL;
	randombytes_buf(serial, sizeof serial);
	serial[0] &= 0x7f;
	if (ok) {
		n = BN_bin2bn(serial, sizeof serial, NULL);
		X509_NAME *name = X509_get_subject_name(x);
		ok = n && X509_set_version(x, X509_VERSION_3) &&
		     BN_to_ASN1_INTEGER(n, X509_get_serialNumber(x)) &&
		     X509_time_adj_ex(X509_getm_notBefore(x), 0, 0, &from) &&
		     X509_time_adj_ex(X509_getm_notAfter(x), CERTIFICATE_DAYS, 0, &from) &&
		     X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
		                                (const unsigned char *)CERTIFICATE_NAME, -1, -1, 0) &&
		     X509_set_issuer_name(x, name) && X509_set_pubkey(x, key) &&
		     add_extension(x, NID_basic_constraints, "critical,CA:FALSE") &&
		     add_extension(x, NID_key_usage, "critical,digitalSignature,nonRepudiation") &&
		     add_extension(x, NID_subject_key_identifier, "hash") &&
		     X509_sign(x, key, EVP_sha256());
	}
	BN_free(n);
	if (!ok) {
		X509_free(x);
		x = NULL;
	}
	return x;
}

/* Both in one file, so that no crash and no second process can part them. */
static bool write_keys(arena *a, str path, EVP_PKEY *key, X509 *x)
{
	const char *aside = str_fmt(a, "%.*s.%d.new", STRF(path), (int)getpid()).p;
	int f = open(aside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	BIO *out = f < 0 ? NULL : BIO_new_fd(f, BIO_NOCLOSE);
	bool ok = out && PEM_write_bio_PKCS8PrivateKey(out, key, NULL, NULL, 0, NULL, NULL) &&
	          PEM_write_bio_X509(out, x) && fsync(f) == 0;
	BIO_free(out);
	if (f >= 0)
		close(f);
	ok = ok && (link(aside, str_c(a, path)) == 0 || errno == EEXIST);
	unlink(aside);
	return ok;
}

static bool make_keys(arena *a, str path, instant now)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x = key ? make_certificate(key, now) : NULL;
	bool ok = x && write_keys(a, path, key, x);
	X509_free(x);
	EVP_PKEY_free(key);
	return ok;
}

static bool read_keys(arena *a, str path, struct signer *s)
{
	BIO *in = BIO_new_file(str_c(a, path), "r");
	s->key = in ? PEM_read_bio_PrivateKey(in, NULL, NULL, NULL) : NULL;
	s->certificate = s->key ? PEM_read_bio_X509(in, NULL, NULL, NULL) : NULL;
	BIO_free(in);
	unsigned char *der = NULL;
	int n = s->certificate ? i2d_X509(s->certificate, &der) : 0;
	if (n > 0)
		s->der = str_dup(a, (str){(char *)der, (size_t)n});
	OPENSSL_free(der);
	return n > 0 && X509_check_private_key(s->certificate, s->key) == 1;
}

err signer_open(arena *a, str path, instant now, struct signer **out, str *why)
{
	struct signer *s = NEW(a, struct signer);
	bool there = access(str_c(a, path), F_OK) == 0;
	if ((there || make_keys(a, path, now)) && read_keys(a, path, s)) {
		*out = s;
		return OK;
	}
	signer_close(s);
	*why = str_fmt(a, "the key that signs documents cannot be %s: %.*s", there ? "read" : "made",
	               STRF(path));
	return ERR_keys_missing;
}

void signer_close(struct signer *s)
{
	X509_free(s->certificate);
	EVP_PKEY_free(s->key);
	*s = (struct signer){0};
}

str signer_certificate(const struct signer *s, arena *a)
{
	return sha256_hex(a, s->der);
}

/* ---- the signature, in DER (RFC 5652, 5.1) ---- */

static str der(arena *a, int tag, str content)
{
	buf b = buf_make(a, DER_MAX);
	buf_putc(&b, (char)tag);
	if (content.n < 0x80) {
		buf_putc(&b, (char)content.n);
	} else if (content.n < 0x100) {
		buf_putc(&b, (char)0x81);
		buf_putc(&b, (char)content.n);
	} else {
		buf_putc(&b, (char)0x82);
		buf_putc(&b, (char)(content.n >> 8));
		buf_putc(&b, (char)(content.n & 0xff));
	}
	buf_put(&b, content);
	return buf_str(&b);
}

static str join(arena *a, size_t n, const str *parts)
{
	buf b = buf_make(a, DER_MAX);
	for (size_t i = 0; i < n; i++)
		buf_put(&b, parts[i]);
	return buf_str(&b);
}
#define JOIN(a, ...) join((a), sizeof((str[]){__VA_ARGS__}) / sizeof(str), (str[]){__VA_ARGS__})

#define TAG_SEQUENCE 0x30
#define TAG_SET      0x31
#define TAG_OCTETS   0x04
#define TAG_CHOICE0  0xa0

static str oid(arena *a, int nid)
{
	const ASN1_OBJECT *o = OBJ_nid2obj(nid);
	return der(a, 6, (str){(const char *)OBJ_get0_data(o), OBJ_length(o)});
}

static str attribute(arena *a, int nid, str value)
{
	return der(a, TAG_SEQUENCE, JOIN(a, oid(a, nid), der(a, TAG_SET, value)));
}

static str raw_hash(arena *a, str bytes)
{
	unsigned char h[SHA256_DIGEST_LENGTH];
	SHA256((const unsigned char *)bytes.p, bytes.n, h);
	return str_dup(a, (str){(char *)h, sizeof h});
}

/* DER sorts the members of a set; these three differ first in their lengths. */
static str signed_attributes(const struct signer *s, arena *a, str digest)
{
	str type = attribute(a, NID_pkcs9_contentType, oid(a, NID_pkcs7_data));
	str hash = attribute(a, NID_pkcs9_messageDigest, der(a, TAG_OCTETS, digest));
	str id = der(a, TAG_SEQUENCE, der(a, TAG_OCTETS, raw_hash(a, s->der)));
	str certificate = attribute(a, NID_id_smime_aa_signingCertificateV2,
	                            der(a, TAG_SEQUENCE, der(a, TAG_SEQUENCE, id)));
	return JOIN(a, type, hash, certificate);
}

static bool sign_bytes(const struct signer *s, arena *a, str bytes, str *out)
{
	unsigned char sig[SIGNATURE_MAX];
	size_t n = sizeof sig;
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	bool ok = c && EVP_DigestSignInit(c, NULL, EVP_sha256(), NULL, s->key) == 1 &&
	          EVP_DigestSign(c, sig, &n, (const unsigned char *)bytes.p, bytes.n) == 1;
	EVP_MD_CTX_free(c);
	if (ok)
		*out = str_dup(a, (str){(char *)sig, n});
	return ok;
}

static str issuer_and_serial(const struct signer *s, arena *a)
{
	unsigned char *name = NULL, *serial = NULL;
	int n = i2d_X509_NAME(X509_get_issuer_name(s->certificate), &name);
	int m = i2d_ASN1_INTEGER(X509_get_serialNumber(s->certificate), &serial);
	str out = {0};
	if (n > 0 && m > 0)
		out = der(a, TAG_SEQUENCE,
		          JOIN(a, ((str){(char *)name, (size_t)n}), ((str){(char *)serial, (size_t)m})));
	OPENSSL_free(name);
	OPENSSL_free(serial);
	return out;
}

static bool make_signature(const struct signer *s, arena *a, str digest, str *out)
{
	str attributes = signed_attributes(s, a, digest), value;
	if (!sign_bytes(s, a, der(a, TAG_SET, attributes), &value))
		return false;
	str one = der(a, 2, STR("\x01")), sha256 = der(a, TAG_SEQUENCE, oid(a, NID_sha256));
	str ecdsa = der(a, TAG_SEQUENCE, oid(a, NID_ecdsa_with_SHA256));
	str info = der(a, TAG_SEQUENCE,
	               JOIN(a, one, issuer_and_serial(s, a), sha256, der(a, TAG_CHOICE0, attributes),
	                    ecdsa, der(a, TAG_OCTETS, value)));
	str data =
	    der(a, TAG_SEQUENCE,
	        JOIN(a, one, der(a, TAG_SET, sha256), der(a, TAG_SEQUENCE, oid(a, NID_pkcs7_data)),
	             der(a, TAG_CHOICE0, s->der), der(a, TAG_SET, info)));
	*out = der(a, TAG_SEQUENCE, JOIN(a, oid(a, NID_pkcs7_signed), der(a, TAG_CHOICE0, data)));
	return true;
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

err sign_pdf(struct signer *s, arena *a, str pdf, str *out, str *digest)
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
	str hash = raw_hash(a, signature_covered(a, copy, &p));
	if (!make_signature(s, a, hash, &made) || !put_signature(a, copy, &p, made))
		return ERR_internal;
	*digest = str_hex(a, hash);
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
