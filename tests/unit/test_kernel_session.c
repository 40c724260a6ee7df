/* The token of a form. */
#include "unit.h"

#include "kernel/session/session.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

/* A form's token is the HMAC-SHA-256 of its purpose under the session's token: two vectors
 * of RFC 4231, and keys of every length around a block against OpenSSL's own. */
static void a_token_is_an_hmac(void **state)
{
	arena *a = *state;
	char key[200], large[131];
	memset(key, 'k', sizeof key);
	memset(large, 0xAA, sizeof large);
	assert_str(session_csrf(a, STR("Jefe"), STR("what do ya want for nothing?")),
	           "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM");
	assert_str(session_csrf(a, (str){large, sizeof large},
	                        STR("Test Using Larger Than Block-Size Key - Hash Key First")),
	           "YOQxWR7gtn8Niiaqy_W3f44LxiE3KMUUBUYEDw7jf1Q");
	for (size_t n = 0; n < sizeof key; n++) {
		unsigned char mac[EVP_MAX_MD_SIZE];
		unsigned size = 0;
		HMAC(EVP_sha256(), key, (int)n, (const unsigned char *)"form", 4, mac, &size);
		str expected = str_base64url(a, (str){(char *)mac, size});
		assert_true(str_eq(session_csrf(a, (str){key, n}, STR("form")), expected));
	}
	assert_str(session_csrf(a, (str){0}, (str){0}), "thNnmggU2ex3L5XXeMNfxf8Wl8STcVZTxscSFEKSxa0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    UNIT(a_token_is_an_hmac),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
