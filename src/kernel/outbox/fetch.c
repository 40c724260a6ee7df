#include "kernel/outbox/fetch.h"

#include "base/buf.h"

#include <curl/curl.h>
#include <pthread.h>

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
