#include "kernel/signer/document_key.h"

#include "base/buf.h"
#include "kernel/errors.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/ec.h>
#include <openssl/objects.h>
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

struct document_key {
	EVP_PKEY *key;
	X509 *certificate;
	str der; /* of the certificate */
};

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

static bool read_keys(arena *a, str path, struct document_key *s)
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

err document_key_open(arena *a, str path, instant now, struct document_key **out, str *why)
{
	struct document_key *s = NEW(a, struct document_key);
	bool there = access(str_c(a, path), F_OK) == 0;
	if ((there || make_keys(a, path, now)) && read_keys(a, path, s)) {
		*out = s;
		return OK;
	}
	document_key_close(s);
	*why = str_fmt(a, "the key that signs documents cannot be %s: %.*s", there ? "read" : "made",
	               STRF(path));
	return ERR_keys_missing;
}

void document_key_close(struct document_key *s)
{
	X509_free(s->certificate);
	EVP_PKEY_free(s->key);
	*s = (struct document_key){0};
}

str document_key_certificate(const struct document_key *s)
{
	return s->der;
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
static str signed_attributes(const struct document_key *s, arena *a, str digest)
{
	str type = attribute(a, NID_pkcs9_contentType, oid(a, NID_pkcs7_data));
	str hash = attribute(a, NID_pkcs9_messageDigest, der(a, TAG_OCTETS, digest));
	str id = der(a, TAG_SEQUENCE, der(a, TAG_OCTETS, raw_hash(a, s->der)));
	str certificate = attribute(a, NID_id_smime_aa_signingCertificateV2,
	                            der(a, TAG_SEQUENCE, der(a, TAG_SEQUENCE, id)));
	return JOIN(a, type, hash, certificate);
}

static bool sign_bytes(const struct document_key *s, arena *a, str bytes, str *out)
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

static str issuer_and_serial(const struct document_key *s, arena *a)
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

bool document_key_sign(const struct document_key *s, arena *a, str digest, str *out)
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
