/*
 * server.h - HTTP/1.1 over libmicrohttpd, and the chain every request goes through.
 */
#ifndef WEB_SERVER_H
#define WEB_SERVER_H

#include "web/route.h"
#include "web/template.h"

struct server_options {
	struct kernel *k;
	str listen;     /* "127.0.0.1:8080", "[::1]:8080"; port 0 picks one */
	str public_url; /* "https://services.example": links, cookies' Secure flag */
	int threads;    /* web threads, at least 2; 0 = 2 */
	const struct system *const *systems;
	size_t n_systems;
	const struct messages *texts;
	struct templates *templates;
	int32_t utc_offset;
	bool trust_proxy;            /* X-Forwarded-For from the front server */
	str currency;                /* of plain minor units in templates: "BHD" */
	str sign_in;                 /* page for those not signed in; empty: "/sign-in" */
	str form_targets;            /* more origins a form may lead to: payment pages */
	str security_contact;        /* for security.txt: "mailto:..." */
	const json *banner;          /* shown on every page: text, or {"en","ar"}; may be NULL */
	int connections;             /* at most, in all; 0 = 4,096 */
	int connections_per_address; /* 0 = 256; none when trust_proxy */
	int timeout;                 /* seconds without a byte; 0 = 20 */
	const json *demo;            /* the pack's demo.json, on a trial platform only: accounts
	                              * and codes are shown at sign-in; NULL where people are real */
	str editors;                 /* folder of the drawing editors, served below
	                              * /assets/editors/; empty: there are none */
	bool quiet;                  /* no line a request in the log */
	bool no_page_cache;
};

err server_start(arena *a, const struct server_options *o, struct server **out, str *why);
int server_port(const struct server *s);
str server_public_url(const struct server *s);
/* The OpenAPI document of all interfaces for programs; empty when there is none. */
str server_api(const struct server *s);
const struct server_options *server_settings(const struct server *s);
/* Is there such a file below /assets/? */
bool server_has_asset(const struct server *s, str name);
/* Refuses new requests, finishes those under way (at most `seconds`), stops. */
void server_stop(struct server *s, int seconds);

#endif
