#include "kernel/outbox/fetch.h"

#include "base/buf.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void curl_ready(void)
{
	curl_global_init(CURL_GLOBAL_DEFAULT);
}

static size_t take(char *p, size_t size, size_t n, void *ctx)
{
	buf *b = ctx;
	buf_put(b, (str){p, size * n});
	return b->over ? 0 : size * n;
}

static bool inner4(uint32_t a)
{
	return a >> 24 == 0 || a >> 24 == 10 || a >> 24 == 127 || a >> 22 == 0x191 /* 100.64/10 */ ||
	       a >> 16 == 0xA9FE /* 169.254 */ || a >> 20 == 0xAC1 || a >> 16 == 0xC0A8 ||
	       a >> 28 >= 14;
}

/* Loopback, private, link-local, multicast: this machine and those around it. */
static bool inner(const struct sockaddr *s)
{
	if (s->sa_family == AF_INET) {
		struct sockaddr_in v4;
		memcpy(&v4, s, sizeof v4);
		return inner4(ntohl(v4.sin_addr.s_addr));
	}
	struct sockaddr_in6 v6;
	if (s->sa_family != AF_INET6)
		return true;
	memcpy(&v6, s, sizeof v6);
	const uint8_t *b = v6.sin6_addr.s6_addr;
	bool zeros = true;
	for (int i = 0; i < 10; i++)
		zeros &= !b[i];
	if (zeros) /* ::, ::1, ::ffff:a.b.c.d */
		return !(b[10] == 0xFF && b[11] == 0xFF) ||
		       inner4((uint32_t)b[12] << 24 | (uint32_t)b[13] << 16 | (uint32_t)b[14] << 8 | b[15]);
	return (b[0] & 0xFE) == 0xFC || b[0] == 0xFF || (b[0] == 0xFE && (b[1] & 0x80));
}

static curl_socket_t outer_socket(void *ctx, curlsocktype purpose, struct curl_sockaddr *to)
{
	(void)ctx;
	(void)purpose;
	if (inner(&to->addr))
		return CURL_SOCKET_BAD;
	return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

static struct curl_slist *headers_of(arena *a, const struct fetch *f)
{
	struct curl_slist *list = curl_slist_append(NULL, "Expect:");
	if (f->type.n)
		list = curl_slist_append(list, str_c(a, str_cat(a, STR("Content-Type: "), f->type)));
	for (size_t i = 0; i < f->n_headers; i++)
		list = curl_slist_append(list, str_c(a, f->header[i]));
	return list;
}

static void options(arena *a, CURL *c, const struct fetch *f, struct curl_slist *list, buf *b)
{
	curl_easy_setopt(c, CURLOPT_URL, str_c(a, f->url));
	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c, CURLOPT_PROXY, "");
	curl_easy_setopt(c, CURLOPT_TIMEOUT, (long)FETCH_SECONDS);
	curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, (long)FETCH_CONNECT);
	curl_easy_setopt(c, CURLOPT_HTTPHEADER, list);
	curl_easy_setopt(c, CURLOPT_USERAGENT, "diwan/" DIWAN_VERSION);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take);
	if (f->abroad)
		curl_easy_setopt(c, CURLOPT_OPENSOCKETFUNCTION, outer_socket);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, b);
	if (str_eq(str_of(f->method), STR("POST"))) {
		curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)f->body.n);
		curl_easy_setopt(c, CURLOPT_POSTFIELDS, f->body.p ? f->body.p : "");
	} else {
		curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, f->method);
	}
}

err fetch_run(arena *a, struct fetch *f)
{
	pthread_once(&once, curl_ready);
	CURL *c = curl_easy_init();
	f->status = 0;
	if (!c) {
		f->why = STR("no memory for a connection");
		return ERR_unavailable;
	}
	buf b = buf_make(a, FETCH_BODY_MAX);
	struct curl_slist *list = headers_of(a, f);
	options(a, c, f, list, &b);
	CURLcode e = curl_easy_perform(c);
	long status = 0;
	curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
	curl_slist_free_all(list);
	curl_easy_cleanup(c);
	f->answer = buf_str(&b);
	if (e == CURLE_OK)
		f->status = (int)status;
	else
		f->why = str_dup(a, str_of(curl_easy_strerror(e)));
	return e == CURLE_OK ? OK : b.over ? ERR_too_large : ERR_unavailable;
}
