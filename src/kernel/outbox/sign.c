#include "kernel/outbox/sign.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>
#include <string.h>

#define SECRET_PREFIX "whsec_"

static str hmac(arena *a, str secret, str text)
{
	unsigned char out[EVP_MAX_MD_SIZE];
	unsigned int n = 0;
	str key = secret, raw;
	if (str_starts(secret, STR(SECRET_PREFIX)) &&
	    str_unbase64(a, str_sub(secret, sizeof SECRET_PREFIX - 1, secret.n), &raw))
		key = raw;
	HMAC(EVP_sha256(), key.p, (int)key.n, (const unsigned char *)text.p, text.n, out, &n);
	return str_dup(a, (str){(char *)out, n});
}

str sign_message(arena *a, str secret, str id, str timestamp, str body)
{
	str text = str_fmt(a, "%.*s.%.*s.", STRF(id), STRF(timestamp));
	return str_cat(a, STR("v1,"), str_base64(a, hmac(a, secret, str_cat(a, text, body))));
}

const char *sign_refused(arena *a, str secret, str id, str timestamp, str body, str signature,
                         instant now, instant drift)
{
	int64_t at;
	if (!id.n || !secret.n || !str_i64(timestamp, &at) || at < 0 || at > INT64_MAX / SECOND)
		return "its id or time is missing";
	instant off = now - at * SECOND;
	if (off > drift || off < -drift)
		return "its time is too far from ours";
	str expected = sign_message(a, secret, id, timestamp, body), one;
	bool good = false;
	while (str_cut(&signature, ' ', &one))
		good |= str_eq_secret(one, expected);
	return good ? NULL : "its signature is not ours";
}

str sign_query(arena *a, str secret, str query)
{
	str mac = str_base64url(a, hmac(a, secret, query));
	return str_fmt(a, "%.*s&sig=%.*s", STRF(query), STRF(mac));
}

bool sign_query_good(arena *a, str secret, str query)
{
	ptrdiff_t at = str_find(query, STR("&sig="));
	if (at < 0 || !secret.n)
		return false;
	return str_eq_secret(sign_query(a, secret, str_sub(query, 0, (size_t)at)), query);
}

str sign_digest(arena *a, str text)
{
	unsigned char out[SHA256_DIGEST_LENGTH];
	SHA256((const unsigned char *)text.p, text.n, out);
	return str_hex(a, (str){(char *)out, sizeof out});
}
