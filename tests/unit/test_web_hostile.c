/* Requests no browser sends: each gets a 4xx or a closed connection, and the next
 * visitor is served. (A header without a name is not among them: the library drops
 * it before anyone sees it.) The classes are those of the HTTP Garden's list of servers'
 * faults, rebuilt here. */
#include "web_unit.h"

#include <sys/time.h>

#define H "Host: a\r\n"
#define POST_FORM                                                                                  \
	"POST /en/form HTTP/1.1\r\n" H "Content-Type: application/x-www-form-urlencoded\r\n"

/* With their lengths: some hold a NUL. */
static const str malformed[] = {
    /* the request line */
    STR_INIT("GET /en/%00 HTTP/1.1\r\n" H "\r\n"),
    STR_INIT("GET /en/\0x HTTP/1.1\r\n" H "\r\n"),
    STR_INIT("GET /en/%0d%0aX:1 HTTP/1.1\r\n" H "\r\n"),
    STR_INIT("GET /en/%1f HTTP/1.1\r\n" H "\r\n"),
    STR_INIT("GET /en/%7f HTTP/1.1\r\n" H "\r\n"),
    STR_INIT("GET /en/%zz HTTP/1.1\r\n" H "\r\n"),
    STR_INIT("GET /en/% HTTP/1.1\r\n" H "\r\n"),
    STR_INIT("GET /en/%4 HTTP/1.1\r\n" H "\r\n"),
    STR_INIT("GET /en/%c0%af HTTP/1.1\r\n" H "\r\n"),
    STR_INIT("GET /en/%ed%a0%80 HTTP/1.1\r\n" H "\r\n"),
    STR_INIT("GET /en/?q=%ff HTTP/1.1\r\n" H "\r\n"),
    STR_INIT("GET /en/\xff HTTP/1.1\r\n" H "\r\n"),
    STR_INIT("GET /en/\x01 HTTP/1.1\r\n" H "\r\n"),
    STR_INIT("GET /en/../../etc/passwd HTTP/1.1\r\n" H "\r\n"),
    STR_INIT("GET /en/%2e%2e/x HTTP/1.1\r\n" H "\r\n"),
    STR_INIT("GET /assets/..%2fx HTTP/1.1\r\n" H "\r\n"),
    STR_INIT("GET /assets/%2e%2e/x HTTP/1.1\r\n" H "\r\n"),
    STR_INIT("GET //evil.example HTTP/1.1\r\n" H "\r\n"),
    STR_INIT("GET http://evil.example/ HTTP/1.1\r\n" H "\r\n"),
    STR_INIT("GET en/ HTTP/1.1\r\n" H "\r\n"),
    STR_INIT("GET * HTTP/1.1\r\n" H "\r\n"),
    STR_INIT("GET /en/#x HTTP/1.1\r\n" H "\r\n"),
    STR_INIT("GET /en/<x> HTTP/1.1\r\n" H "\r\n"),
    STR_INIT("GET /en/ x HTTP/1.1\r\n" H "\r\n"),
    STR_INIT("GET /en/\tx HTTP/1.1\r\n" H "\r\n"),
    STR_INIT("GET /en/ HTTP/1.1x\r\n" H "\r\n"),
    STR_INIT("GET /en/ HTTP/9.9\r\n" H "\r\n"),
    STR_INIT("GET /en/ HTTP/2.0\r\n" H "\r\n"),
    STR_INIT("GET /en/ http/1.1\r\n" H "\r\n"),
    STR_INIT("GET /en/ HTTP/1.\0001\r\n" H "\r\n"),
    STR_INIT("GET\r\n\r\n"),
    STR_INIT("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"),
    STR_INIT("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    STR_INIT("CONNECT evil.example:80 HTTP/1.1\r\n" H "\r\n"),
    STR_INIT("TRACE /en/ HTTP/1.1\r\n" H "\r\n"),
    STR_INIT("G\x01T /en/ HTTP/1.1\r\n" H "\r\n"),
    STR_INIT("get /en/ HTTP/1.1\r\n" H "\r\n"),
    /* headers */
    STR_INIT("GET /en/ HTTP/1.1\r\n\r\n"),
    STR_INIT("GET /en/ HTTP/1.1\r\n" H "Host: b\r\n\r\n"),
    STR_INIT("GET /en/ HTTP/1.1\r\nHost : a\r\n\r\n"),
    STR_INIT("GET /en/ HTTP/1.1\r\n" H "X Y: b\r\n\r\n"),
    STR_INIT("GET /en/ HTTP/1.1\r\n" H "X\0Y: b\r\n\r\n"),
    STR_INIT("GET /en/ HTTP/1.1\r\n" H "X: a\0b\r\n\r\n"),
    STR_INIT("GET /en/ HTTP/1.1\r\n" H "X: a\rb\r\n\r\n"),
    STR_INIT("GET /en/ HTTP/1.1\r\n" H "X: a\x01"
             "b\r\n\r\n"),
    STR_INIT("GET /en/ HTTP/1.1\r\n" H "X: a\r\rb: c\r\n\r\n"),
    STR_INIT("GET /en/ HTTP/1.1\r\n" H "nocolon\r\n\r\n"),
    /* where a request ends */
    STR_INIT("GET /en/ HTTP/1.1\r\n" H "Content-Length: 5\r\n\r\nhello"),
    STR_INIT("GET /en/ HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    STR_INIT(POST_FORM "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!"),
    STR_INIT(POST_FORM "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello"),
    STR_INIT(POST_FORM "Content-Length: 5, 5\r\n\r\nhello"),
    STR_INIT(POST_FORM "Content-Length: +5\r\n\r\nhello"),
    STR_INIT(POST_FORM "Content-Length: -5\r\n\r\nhello"),
    STR_INIT(POST_FORM "Content-Length: 0x5\r\n\r\nhello"),
    STR_INIT(POST_FORM "Content-Length: 5x\r\n\r\nhello"),
    STR_INIT(POST_FORM "Content-Length: 5 5\r\n\r\nhello"),
    STR_INIT(POST_FORM "Content-Length: \r\n\r\n"),
    STR_INIT(POST_FORM "Content-Length: 99999999999999999999\r\n\r\nhello"),
    STR_INIT(POST_FORM "Content-Length: 18446744073709551621\r\n\r\nhello"),
    STR_INIT(POST_FORM "Content-Length: 1048577\r\n\r\n"),
    STR_INIT(POST_FORM "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    STR_INIT(POST_FORM
             "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n"),
    STR_INIT(POST_FORM "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n"),
    STR_INIT(POST_FORM "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"),
    STR_INIT(POST_FORM "Transfer-Encoding: \x0b"
                       "chunked\r\n\r\n0\r\n\r\n"),
    STR_INIT(POST_FORM "Transfer-Encoding: gzip\r\n\r\n0\r\n\r\n"),
    STR_INIT("POST /en/form HTTP/1.0\r\n" H "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    STR_INIT(POST_FORM "Transfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n"),
    STR_INIT(POST_FORM "Transfer-Encoding: chunked\r\n\r\n-1\r\nhello\r\n0\r\n\r\n"),
    STR_INIT(POST_FORM "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nhello\r\n0\r\n\r\n"),
    STR_INIT(POST_FORM "Transfer-Encoding: chunked\r\n\r\n5\r\nhelloXX0\r\n\r\n"),
    /* bodies */
    STR_INIT(POST_FORM "Content-Length: 5\r\n\r\na=%zz"),
    STR_INIT(POST_FORM "Content-Length: 5\r\n\r\na=%00"),
    STR_INIT(POST_FORM "Content-Length: 3\r\n\r\na=\xff"),
    STR_INIT("POST /en/form HTTP/1.1\r\n" H "Content-Length: 3\r\n\r\na=b"),
    STR_INIT("POST /en/upload HTTP/1.1\r\n" H
             "Content-Type: multipart/form-data\r\nContent-Length: 3\r\n\r\na=b"),
    STR_INIT("POST /en/upload HTTP/1.1\r\n" H
             "Content-Type: multipart/form-data; boundary=\r\nContent-Length: 3\r\n\r\na=b"),
    STR_INIT("POST /healthz HTTP/1.1\r\n" H "Content-Length: 0\r\n\r\n"),
    STR_INIT("POST /assets/x HTTP/1.1\r\n" H "Content-Length: 0\r\n\r\n"),
};

static void still_serves(struct site *w, str after)
{
	str got = site_get(w, "/healthz", "");
	if (status_of(got) != 200)
		fail_msg("not served after: %.*s", STRF(after));
}

static void malformed_requests_are_refused(void **state)
{
	(void)state;
	struct site *w = site_start();
	int decided = unit_decided, wrong = 0;
	for (size_t i = 0; i < COUNT(malformed); i++) {
		/* What follows must never be taken for a request of its own. */
		str both = str_cat(w->u->a, malformed[i], STR("GET /version HTTP/1.1\r\n" H "\r\n"));
		str got = site_raw(w, both, 300);
		int status = status_of(got);
		bool refused =
		    got.n == 0 || (status >= 400 && status < 500) || status == 505 || status == 501;
		if (!refused || (status == 400 && str_find(got, STR("\"diwan\"")) >= 0)) {
			print_message("%zu: %d for %.*s\n", i, status, STRF(malformed[i]));
			wrong++;
		}
		still_serves(w, malformed[i]);
	}
	assert_int_equal(wrong, 0);
	assert_int_equal(unit_decided, decided);
	site_stop(w);
}

static void what_is_too_large_is_refused(void **state)
{
	(void)state;
	struct site *w = site_start();
	arena *a = w->u->a;
	char *many = NEWN(a, char, 200000);
	memset(many, 'a', 200000);
	str uri = str_fmt(a, "GET /en/?q=%.*s HTTP/1.1\r\n" H "\r\n", 5000, many);
	assert_int_equal(status_of(site_raw(w, uri, SITE_WAIT)), 414);
	uri = str_fmt(a, "GET /en/?q=%.*s HTTP/1.1\r\n" H "\r\n", 150000, many);
	int status = status_of(site_raw(w, uri, SITE_WAIT));
	assert_true(status == 0 || (status >= 400 && status < 500));
	str wide = str_fmt(a, "GET /en/ HTTP/1.1\r\n" H "X: %.*s\r\n\r\n", 150000, many);
	status = status_of(site_raw(w, wide, SITE_WAIT));
	assert_true(status == 0 || (status >= 400 && status < 500));
	buf fields = buf_make(a, 400000);
	for (int i = 0; i < 600; i++)
		buf_fmt(&fields, "f%d=1&", i);
	assert_int_equal(status_of(site_post(w, "/en/form", "", "application/x-www-form-urlencoded",
	                                     buf_str(&fields))),
	                 400);
	str query = str_fmt(a, "/en/?%.*s", 3900, buf_str(&fields).p);
	status = status_of(site_get(w, query.p, ""));
	assert_true(status == 0 || (status >= 400 && status < 500));
	buf headers = buf_make(a, 400000);
	for (int i = 0; i < 2000; i++)
		buf_fmt(&headers, "X-%d: 1\r\n", i);
	status = status_of(site_get(w, "/en/", str_c(a, buf_str(&headers))));
	assert_true(status == 0 || (status >= 400 && status < 500));
	char *deep = NEWN(a, char, 200001);
	memset(deep, '[', 200000);
	assert_int_equal(status_of(site_post(w, "/api/call", "Idempotency-Key: \"k\"\r\n",
	                                     "application/json", (str){deep, 200000})),
	                 400);
	still_serves(w, STR("large requests"));
	site_stop(w);
}

/* A body in chunks has no length to refuse beforehand: it is cut off. */
static void an_endless_body_is_cut(void **state)
{
	(void)state;
	struct site *w = site_start();
	int fd = site_connect(w);
	static char chunk[65536 + 16];
	int n = snprintf(chunk, sizeof chunk, "10000\r\n");
	memset(chunk + n, 'a', 65536);
	memcpy(chunk + n + 65536, "\r\n", 2);
	str head = STR(POST_FORM "Transfer-Encoding: chunked\r\n\r\n");
	assert_int_equal(send(fd, head.p, head.n, MSG_NOSIGNAL), head.n);
	size_t sent = 0;
	while (sent < (size_t)64 * 1024 * 1024) {
		ssize_t k = send(fd, chunk, (size_t)n + 65538, MSG_NOSIGNAL);
		if (k <= 0)
			break;
		sent += (size_t)k;
	}
	assert_true(sent < (size_t)16 * 1024 * 1024);
	close(fd);
	still_serves(w, STR("an endless body"));
	site_stop(w);
}

static void truncated_requests_harm_nobody(void **state)
{
	(void)state;
	struct site *w = site_start();
	str whole =
	    STR("POST /en/upload HTTP/1.1\r\n" H "Content-Type: multipart/form-data; boundary=BB\r\n"
	        "Content-Length: 150\r\n\r\n--BB\r\nContent-Disposition: form-data; name=\"file\"; "
	        "filename=\"a\"\r\nContent-Type: image/png\r\n\r\nabc\r\n--BB--\r\n");
	for (size_t n = 1; n < whole.n; n += 7) {
		int fd = site_connect(w);
		assert_int_equal(send(fd, whole.p, n, MSG_NOSIGNAL), n);
		close(fd);
	}
	still_serves(w, STR("truncated requests"));
	site_stop(w);
}

/* Forty visitors that send a byte and wait: others are served meanwhile, and the
 * slow ones are let go when their time is over. */
static void slow_clients_hold_nobody_up(void **state)
{
	(void)state;
	struct site *w = site_start();
	int fd[40];
	for (size_t i = 0; i < COUNT(fd); i++) {
		fd[i] = site_connect(w);
		assert_int_equal(send(fd[i], "GET /en/ HTT", 1 + i % 12, MSG_NOSIGNAL), 1 + i % 12);
	}
	int meanwhile = 0; /* answered while none of the slow ones was let go */
	for (int i = 0; i < 40; i++) {
		assert_int_equal(status_of(site_get(w, "/en/", "")), 200);
		bool all = true;
		for (size_t k = 0; k < COUNT(fd); k++)
			all = all && poll(&(struct pollfd){.fd = fd[k], .events = POLLIN}, 1, 0) == 0;
		meanwhile += all;
	}
	assert_true(meanwhile > 0);
	str got = site_read(w, fd[0], SITE_WAIT);
	assert_true(got.n == 0 || status_of(got) == 408);
	for (size_t i = 0; i < COUNT(fd); i++)
		close(fd[i]);
	site_stop(w);
}

/* ---- well formed, and hostile all the same ---- */

struct posted {
	const char *what, *target, *headers, *type;
	str body;
	int status;
};

#define BB        "multipart/form-data; boundary=BB"
#define PART(h)   "--BB\r\nContent-Disposition: form-data; " h "\r\n\r\n"
#define FILE_PART PART("name=\"file\"; filename=\"a.txt\"")
#define KEY       "Idempotency-Key: \"hostile\"\r\n"
#define URLENC    "application/x-www-form-urlencoded"

static const struct posted posted[] = {
    {"no end", "/en/upload", "", BB, STR_INIT(FILE_PART "abc"), 400},
    {"no part", "/en/upload", "", BB, STR_INIT("--BB--\r\n"), 403},
    {"empty", "/en/upload", "", BB, STR_INIT(""), 403},
    {"another boundary", "/en/upload", "", BB, STR_INIT("--CC\r\n\r\nx\r\n--CC--\r\n"), 403},
    {"no name", "/en/upload", "", BB, STR_INIT(PART("filename=\"a\"") "x\r\n--BB--\r\n"), 400},
    {"a name of no text", "/en/upload", "", BB, STR_INIT(PART("name=\"\xff\"") "x\r\n--BB--\r\n"),
     400},
    {"a file's name of no text", "/en/upload", "", BB,
     STR_INIT(PART("name=\"file\"; filename=\"\xc0\xaf\"") "x\r\n--BB--\r\n"), 400},
    {"a field of no text", "/en/upload", "", BB,
     STR_INIT(PART("name=\"text\"") "\xff\r\n--BB--\r\n"), 400},
    {"a field with a NUL", "/en/upload", "", BB,
     STR_INIT(PART("name=\"text\"") "a\0b\r\n--BB--\r\n"), 400},
    {"parts in parts", "/en/upload", "", BB,
     STR_INIT("--BB\r\nContent-Disposition: form-data; name=\"file\"\r\n"
              "Content-Type: multipart/mixed; boundary=CC\r\n\r\n--CC\r\n\r\nx\r\n--BB--\r\n"),
     400},
    {"a form where a file is taken", "/en/form", "", BB, STR_INIT(FILE_PART "x\r\n--BB--\r\n"),
     415},
    {"no type known", "/en/form", "", "text/plain", STR_INIT("a=b"), 415},
    {"a type with control", "/en/form", "", URLENC "; charset=\x01", STR_INIT("a=b"), 400},
    {"twice the token", "/en/form", "", URLENC, STR_INIT("csrf=a&csrf=b&text=x"), 403},
    {"JSON of no value", "/api/call", KEY, "application/json", STR_INIT(""), 400},
    {"JSON cut off", "/api/call", KEY, "application/json", STR_INIT("{\"a\":"), 400},
    {"JSON twice", "/api/call", KEY, "application/json", STR_INIT("{} {}"), 400},
    {"JSON, one name twice", "/api/call", KEY, "application/json", STR_INIT("{\"a\":1,\"a\":2}"),
     400},
    {"JSON, half a surrogate", "/api/call", KEY, "application/json", STR_INIT("[\"\\ud800\"]"),
     400},
    {"JSON of no text", "/api/call", KEY, "application/json", STR_INIT("[\"\xff\"]"), 400},
    {"JSON with a NUL", "/api/call", KEY, "application/json", STR_INIT("[\"a\0b\"]"), 400},
    {"JSON with a comment", "/api/call", KEY, "application/json", STR_INIT("[1] // x"), 400},
    {"JSON of UTF-16", "/api/call", KEY, "application/json", STR_INIT("\xff\xfe{\0}\0"), 400},
    {"JSON with a mark before", "/api/call", KEY, "application/json", STR_INIT("\xef\xbb\xbf{}"),
     400},
    {"a key of nothing", "/api/call", "Idempotency-Key: \"\"\r\n", "application/json",
     STR_INIT("{}"), 400},
    {"a key without quotes", "/api/call", "Idempotency-Key: x\r\n", "application/json",
     STR_INIT("{}"), 400},
};

static void hostile_bodies_are_refused(void **state)
{
	(void)state;
	struct site *w = site_start();
	int decided = unit_decided, wrong = 0;
	for (size_t i = 0; i < COUNT(posted); i++) {
		const struct posted *p = &posted[i];
		int status = status_of(site_post(w, p->target, p->headers, p->type, p->body));
		if (status != p->status) {
			print_message("%s: %d, not %d\n", p->what, status, p->status);
			wrong++;
		}
		still_serves(w, str_of(p->what));
	}
	assert_int_equal(wrong, 0);
	assert_int_equal(unit_decided, decided);
	site_stop(w);
}

/* Headers that say nothing we can use are as if they were not there; no answer carries
 * what a header said. */
static void hostile_headers_are_not_heard(void **state)
{
	static const char *const headers[] = {
	    "Cookie: diwan=; diwan=x; diwan=\"; lang=xx; ;;;=; =x; lang\r\n",
	    "Cookie: diwan=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA; lang=../../etc\r\n",
	    "Cookie: diwan=x\r\nCookie: diwan=y\r\n",
	    "Cookie: diwan_flash=unit.saved%0d%0aSet-Cookie:hostile=1\r\n",
	    "Accept-Language: ;q=,*;q=2,en;q=-1,ar;q=1e9,xx-\r\n",
	    "Accept: ;;;,,,*/*;q=99\r\n",
	    "Accept-Encoding: gzip;q=x, br;q=, identity;q=0, *;q=0\r\n",
	    "If-None-Match: W/, \", *\", \"\"\"\r\n",
	    "X-Request-Id: hostile\t<script>\r\n",
	    "X-Forwarded-For: hostile, ::::::, 999.1.1.1\r\n",
	    "X-Forwarded-Host: hostile.example\r\n",
	    "Forwarded: for=hostile;host=hostile.example\r\n",
	    "Origin: https://hostile.example\r\n",
	    "Range: bytes=0-,5-1,-0\r\n",
	    "Upgrade: h2c\r\nConnection: close, Upgrade, HTTP2-Settings\r\nHTTP2-Settings: x\r\n",
	    "Sec-Fetch-Site: hostile\r\n",
	    "X-HTTP-Method-Override: DELETE\r\n",
	};
	struct site *w = site_start();
	(void)state;
	for (size_t i = 0; i < COUNT(headers); i++) {
		str got = site_get(w, "/en/", headers[i]);
		if (status_of(got) != 200 || str_find(got, STR("hostile")) >= 0)
			fail_msg("%s%.*s", headers[i], STRF(got));
	}
	site_stop(w);
}

/* A header block of any size and make is answered: with the page, or 431. Around the
 * limit in steps of a few bytes, where the library has read all of it and has no room left
 * for an answer. One window of some 200 bytes is its own: it can just read a cookie of
 * 24 KiB, writes its 431 into what is left, and finds no room to write it once more. */
static void headers_too_large_are_answered(void **state)
{
	enum { SMALL = 1000, LARGE = 32000, COARSE = 997, FINE = 61 };
	struct site *w = site_start();
	size_t served = 0, refused = 0, silent = 0;
	(void)state;
	char *big = NEWN(w->u->a, char, LARGE + 1);
	memset(big, 'c', LARGE);
	for (int kind = 0; kind < 4; kind++)
		for (size_t n = SMALL; n<LARGE; n += n> 8000 && n < 27000 ? FINE : COARSE) {
			arena_mark m = arena_save(w->u->a);
			buf b = buf_make(w->u->a, (size_t)1 << 20);
			if (kind == 0)
				buf_fmt(&b, "Cookie: diwan=%.*s\r\n", (int)n, big);
			else if (kind == 1)
				buf_fmt(&b, "X: %.*s\r\n", (int)n, big);
			else if (kind == 2)
				buf_puts(&b, "Cookie: a=1");
			for (size_t i = 0; kind >= 2 && i < n / 10; i++)
				buf_puts(&b, kind == 2 ? "; a=1" : "X: y\r\n");
			buf_puts(&b, kind == 2 ? "\r\n" : "");
			buf_putc(&b, 0);
			str got = site_get(w, "/en/", buf_str(&b).p);
			bool window = !got.n && kind == 0 && n > 23800 && n < 24800;
			if (!window && status_of(got) != 200 && status_of(got) != 431)
				fail_msg("headers of kind %d, %zu: %d", kind, n, status_of(got));
			*(window ? &silent : status_of(got) == 200 ? &served : &refused) += 1;
			arena_rewind(w->u->a, m);
		}
	assert_true(served > 100 && refused > 100 && silent <= 4);
	still_serves(w, STR("large headers"));
	site_stop(w);
}

/* One byte at a time, each before the time is over: the others are served, and the server
 * ends without waiting for it. */
static void a_dripping_body_holds_nobody_up(void **state)
{
	(void)state;
	struct site *w = site_start_patient(60);
	str head = STR(POST_FORM "Content-Length: 1000\r\n\r\n");
	int fd[20];
	for (size_t i = 0; i < COUNT(fd); i++) {
		fd[i] = site_connect(w);
		assert_int_equal(send(fd[i], head.p, head.n, MSG_NOSIGNAL), head.n);
	}
	for (int n = 0; n < 20; n++) {
		for (size_t i = 0; i < COUNT(fd); i++)
			assert_int_equal(send(fd[i], "a", 1, MSG_NOSIGNAL), 1);
		assert_int_equal(status_of(site_get(w, "/en/", "")), 200);
		usleep(50000);
	}
	for (size_t i = 0; i < COUNT(fd); i++)
		close(fd[i]);
	still_serves(w, STR("dripping bodies"));
	site_stop(w);
}

/* What comes first; 0 when the connection is closed without a word. */
static int first_status(int fd)
{
	char part[4096];
	struct pollfd p = {.fd = fd, .events = POLLIN};
	ssize_t n = poll(&p, 1, SITE_WAIT) == 1 ? recv(fd, part, sizeof part, 0) : 0;
	return n > 0 ? status_of((str){part, (size_t)n}) : 0;
}

/* One address cannot take all connections. */
static void one_address_has_a_limit(void **state)
{
	(void)state;
	struct site *w = site_start_patient(60);
	int fd[80], open = 0;
	for (size_t i = 0; i < COUNT(fd); i++) {
		fd[i] = site_connect(w);
		str ask = STR("GET /healthz HTTP/1.1\r\n" H "\r\n");
		if (send(fd[i], ask.p, ask.n, MSG_NOSIGNAL) == (ssize_t)ask.n)
			open += first_status(fd[i]) == 200;
	}
	assert_true(open >= 60 && open <= 64);
	for (size_t i = 0; i < COUNT(fd); i++)
		close(fd[i]);
	for (int i = 0; i < 6000 && status_of(site_get(w, "/healthz", "")) != 200; i++)
		usleep(20000); /* until it has seen that they are gone */
	still_serves(w, STR("many connections"));
	site_stop(w);
}

/* Random bytes after a plausible beginning. */
static void noise_is_survived(void **state)
{
	(void)state;
	struct site *w = site_start();
	rng r = rng_seeded(7);
	static const char *const begin[] = {"", "GET ", "GET /en/ HTTP/1.1\r\n",
	                                    POST_FORM "Content-Length: 64\r\n\r\n",
	                                    POST_FORM "Transfer-Encoding: chunked\r\n\r\n"};
	for (int i = 0; i < 150; i++) {
		char noise[256];
		rng_bytes(&r, noise, sizeof noise);
		str all = str_cat(w->u->a, str_of(begin[i % 5]), (str){noise, (size_t)rng_below(&r, 256)});
		int status = status_of(site_raw(w, str_cat(w->u->a, all, STR("\r\n\r\n")), 20));
		assert_true(status == 0 || (status >= 400 && status < 600 && status != 500));
	}
	still_serves(w, STR("noise"));
	site_stop(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(malformed_requests_are_refused),
	    cmocka_unit_test(what_is_too_large_is_refused),
	    cmocka_unit_test(an_endless_body_is_cut),
	    cmocka_unit_test(truncated_requests_harm_nobody),
	    cmocka_unit_test(slow_clients_hold_nobody_up),
	    cmocka_unit_test(hostile_bodies_are_refused),
	    cmocka_unit_test(hostile_headers_are_not_heard),
	    cmocka_unit_test(headers_too_large_are_answered),
	    cmocka_unit_test(a_dripping_body_holds_nobody_up),
	    cmocka_unit_test(one_address_has_a_limit),
	    cmocka_unit_test(noise_is_survived),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
