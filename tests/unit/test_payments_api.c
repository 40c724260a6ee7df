/* Programs of bodies: GOV.UK Pay's interface, and being told once. */
#include "payments_unit.h"
#include "ports.h"

#include "systems/payments/agency.h"
#include "kernel/outbox/sign.h"

#include <fcntl.h>

struct keyed {
	str token, url;
};

static err key_decide(struct tx *tx, void *ctx)
{
	struct keyed *k = ctx;
	return k->url.n ? agency_webhook(tx, STR("iga"), k->url, STR(SECRET))
	                : agency_key(tx, STR("iga"), &k->token);
}

static long call(struct shop *s, const char *path, str token, const char *key, const char *body,
                 json **out)
{
	CURL *c = curl_easy_init();
	str page;
	struct curl_slist *h = curl_slist_append(
	    NULL, str_c(s->u->a, str_fmt(s->u->a, "Authorization: Bearer %.*s", STRF(token))));
	h = curl_slist_append(h, body && *body ? "Content-Type: application/json" : "Content-Type:");
	if (key)
		h = curl_slist_append(h, str_c(s->u->a, str_fmt(s->u->a, "Idempotency-Key: %s", key)));
	curl_easy_setopt(c, CURLOPT_HTTPHEADER, h);
	shop_now(s);
	long status = browse(
	    s, c, str_fmt(s->u->a, "http://127.0.0.1:%d/api/pay/v1%s", server_port(s->server), path),
	    body, &page);
	curl_slist_free_all(h);
	curl_easy_cleanup(c);
	*out = json_parse(s->u->a, page, NULL);
	return status;
}

static str text_at(const json *v, const char *path)
{
	return json_text(json_path(v, path));
}

static const char create[] =
    "{\"amount\":12500,\"reference\":\"A-77\",\"description\":\"A permit\","
    "\"return_url\":\"http://127.0.0.1:9/done\"}";

static void a_program_asks_for_a_payment(void **state)
{
	(void)state;
	struct shop *s = shop_start(1);
	struct keyed k = {0};
	struct attempt t;
	json *v, *w;
	assert_int_equal(unit_run(s->u, key_decide, &k), OK);
	assert_int_equal(call(s, "/payments", STR("api_wrong"), NULL, create, &v), 401);
	assert_str(text_at(v, "code"), "P0900");
	assert_int_equal(call(s, "/payments", k.token, NULL, "{\"amount\":0}", &v), 422);
	assert_str(text_at(v, "field"), "amount");
	assert_int_equal(call(s, "/payments", k.token, "same", create, &v), 201);
	assert_str(text_at(v, "state.status"), "created");
	assert_int_equal(call(s, "/payments", k.token, "same", create, &w), 201);
	str id = text_at(v, "payment_id");
	assert_str(text_at(w, "payment_id"), str_c(s->u->a, id));
	assert_int_equal(count(s, "SELECT count(*) FROM pay_order"), 1);
	const char *one = str_c(s->u->a, str_fmt(s->u->a, "/payments/%.*s", STRF(id)));
	struct order o;
	dbc *c = db_reader(s->u->k->db);
	assert_true(order_by_reference(c, s->u->a, id, &o));
	db_reader_return(c);
	/* The payer's link needs no account. */
	CURL *h = curl_easy_init();
	str page;
	str next = text_at(v, "_links.next_url.href");
	assert_int_equal(browse(s, h, next, NULL, &page), 200);
	assert_true(str_find(page, STR("A permit")) > 0);
	curl_easy_cleanup(h);
	assert_int_equal(pay_begin(s, o.id, &t), OK);
	assert_int_equal(choose(s, pay_url(s, &t), "succeed", 1), 303);
	shop_now(s);
	scheduler_drain(s->u->k);
	assert_int_equal(call(s, one, k.token, NULL, NULL, &v), 200);
	assert_str(text_at(v, "state.status"), "success");
	assert_str(text_at(v, "refund_summary.status"), "available");
	assert_int_equal(call(s, "/payments?reference=A-77", k.token, NULL, NULL, &v), 200);
	assert_int_equal(json_int(v, "total", 0), 1);
	const char *refund = str_c(s->u->a, str_fmt(s->u->a, "%s/refunds", one));
	assert_int_equal(call(s, refund, k.token, NULL, "{\"amount\":12501}", &v), 400);
	assert_int_equal(call(s, refund, k.token, NULL, "{\"amount\":500}", &v), 202);
	const char *cancel = str_c(s->u->a, str_fmt(s->u->a, "%s/cancel", one));
	assert_int_equal(call(s, cancel, k.token, NULL, "", &v), 400);
	assert_str(text_at(v, "code"), "P0501");
	assert_int_equal(call(s, "/payments/P0000000000000", k.token, NULL, NULL, &v), 404);
	assert_str(text_at(v, "code"), "P0200");
	assert_int_equal(call(s, "/payments", k.token, NULL, create, &v), 201);
	cancel =
	    str_c(s->u->a, str_fmt(s->u->a, "/payments/%.*s/cancel", STRF(text_at(v, "payment_id"))));
	assert_int_equal(call(s, cancel, k.token, NULL, "", &v), 204);
	books_whole(s);
	shop_stop(s);
}

/* ---- the body's program ---- */

/* Takes messages and keeps them in a file, one a line, until it is stopped. */
static pid_t stub_start(int port, const char *file)
{
	int fd = port_listen(port);
	pid_t pid = fork();
	if (pid) {
		close(fd);
		return pid;
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		char in[8192], ok[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
		int c = accept(fd, NULL, NULL);
		size_t n = 0;
		ssize_t got;
		while (n < sizeof in - 1 && (got = recv(c, in + n, sizeof in - 1 - n, 0)) > 0) {
			n += (size_t)got;
			in[n] = '\0';
			if (strstr(in, "}}}"))
				break;
		}
		FILE *f = fopen(file, "a");
		const char *id = strstr(in, "webhook-id: "), *body = strstr(in, "\r\n\r\n");
		fprintf(f, "%.*s %s\n", id ? (int)strcspn(id, "\r\n") : 0, id ? id : "",
		        body ? body + 4 : "");
		fclose(f);
		send(c, ok, sizeof ok - 1, MSG_NOSIGNAL);
		close(c);
	}
}

static int lines_of(const char *file)
{
	char line[8192];
	int n = 0;
	FILE *f = fopen(file, "r");
	while (f && fgets(line, sizeof line, f))
		n++;
	if (f)
		fclose(f);
	return n;
}

/* The log of the program, between these two, in a file. */
static int log_to(const char *file)
{
	int kept = dup(STDERR_FILENO), fd = open(file, O_CREAT | O_TRUNC | O_WRONLY, 0600);
	assert_true(kept >= 0 && fd >= 0);
	dup2(fd, STDERR_FILENO);
	close(fd);
	return kept;
}

static bool log_had(int kept, const char *file, const char *event)
{
	char line[4096];
	bool had = false;
	dup2(kept, STDERR_FILENO);
	close(kept);
	FILE *f = fopen(file, "r");
	while (f && fgets(line, sizeof line, f))
		had = had || strstr(line, event) != NULL;
	if (f)
		fclose(f);
	return had;
}

/* proves: PAY-15 */
static void a_body_that_was_away_is_told_once(void **state)
{
	(void)state;
	struct shop *s = shop_start(1);
	int port = port_reserve(); /* nobody is there */
	char file[96];
	struct attempt t;
	snprintf(file, sizeof file, "%s/told", s->u->dir);
	struct keyed k = {.url = str_fmt(s->u->a, "http://127.0.0.1:%d/", port)};
	assert_int_equal(unit_run(s->u, key_decide, &k), OK);
	int64_t id = order_make(s, 2500);
	assert_int_equal(pay_begin(s, id, &t), OK);
	assert_int_equal(choose(s, pay_url(s, &t), "succeed", 1), 303);
	char log[96];
	snprintf(log, sizeof log, "%s/log", s->u->dir);
	int kept = log_to(log);
	shop_now(s);
	scheduler_drain(s->u->k);
	bool early = log_had(kept, log, "payment.agency_late");
	assert_false(early);                        /* ten minutes are not over */
	assert_str(order_now(s, id).state, "paid"); /* the money is here, the body is not told */
	shop_jump(s, 700);
	kept = log_to(log);
	scheduler_drain(s->u->k);
	assert_true(log_had(kept, log, "payment.agency_late")); /* the alarm */
	assert_str(order_now(s, id).state, "paid");
	pid_t stub = stub_start(port, file);
	for (int i = 0; i < 5; i++) {
		shop_jump(s, 700);
		scheduler_drain(s->u->k);
	}
	kill(stub, SIGKILL);
	waitpid(stub, NULL, 0);
	assert_str(order_now(s, id).state, "fulfilled");
	assert_int_equal(lines_of(file), 1);
	books_whole(s);
	shop_stop(s);
}

struct going_back {
	int64_t order, refund;
	int64_t by;
};

static err back_ask(struct tx *tx, void *ctx)
{
	struct going_back *g = ctx;
	tx->actor.person = 1;
	return refund_ask(tx, g->order, 500, STR("too much"), &g->refund);
}

static err back_approve(struct tx *tx, void *ctx)
{
	struct going_back *g = ctx;
	tx->actor.person = 2;
	return refund_approve(tx, g->refund);
}

/* The line of the file that has `what`, as JSON; the id of its message in *id. NULL: none. */
static json *line_with(struct shop *s, const char *file, const char *what, str *id)
{
	static char line[8192];
	json *found = NULL;
	FILE *f = fopen(file, "r");
	while (f && !found && fgets(line, sizeof line, f))
		if (strstr(line, what)) {
			str all = str_dup(s->u->a, str_of(line));
			ptrdiff_t at = str_chr(all, '{');
			*id = str_trim(str_sub(all, sizeof "webhook-id: " - 1, (size_t)at));
			found = json_parse(s->u->a, str_trim(str_sub(all, (size_t)at, all.n)), NULL);
		}
	if (f)
		fclose(f);
	return found;
}

/* The same once it came: the provider tells us in its own time, and then we the body. */
static json *told_of(struct shop *s, const char *file, const char *what, str *id)
{
	json *found = NULL;
	for (int i = 0; !found && i < 3000; i++) {
		if (i)
			usleep(20000);
		shop_now(s);
		scheduler_drain(s->u->k);
		found = line_with(s, file, what, id);
	}
	if (!found)
		fail_msg("no message has %s", what);
	return found;
}

/* A card that is declined, an order that nobody pays in its time, money given back. */
static void a_body_is_told_of_what_fails_expires_and_goes_back(void **state)
{
	(void)state;
	struct shop *s = shop_start(1);
	int port = port_reserve();
	char file[96];
	struct attempt t;
	str id;
	snprintf(file, sizeof file, "%s/told", s->u->dir);
	pid_t stub = stub_start(port, file);
	struct keyed k = {.url = str_fmt(s->u->a, "http://127.0.0.1:%d/", port)};
	assert_int_equal(unit_run(s->u, key_decide, &k), OK);

	struct keyed own = {0};
	struct order left;
	json *made;
	int64_t order = order_make(s, 2500);
	assert_int_equal(unit_run(s->u, key_decide, &own), OK);
	assert_int_equal(call(s, "/payments", own.token, NULL, create, &made), 201);
	assert_int_equal(pay_begin(s, order, &t), OK);
	assert_int_equal(choose(s, pay_url(s, &t), "decline", 1), 303);
	json *v = told_of(s, file, "card_payment_failed", &id);
	str failed = id;
	assert_str(json_str(v, "resource_id"), str_c(s->u->a, order_now(s, order).reference));
	assert_str(json_str(json_path(v, "resource.state"), "code"), "P0010");
	assert_false(json_truth(json_path(v, "resource.state"), "finished")); /* another card may do */

	assert_int_equal(pay_begin(s, order, &t), OK);
	assert_int_equal(choose(s, pay_url(s, &t), "succeed", 1), 303);
	v = told_of(s, file, "card_payment_succeeded", &id);
	assert_str(json_str(json_path(v, "resource.state"), "status"), "success");

	struct going_back g = {.order = order};
	assert_int_equal(unit_run(s->u, back_ask, &g), OK);
	assert_int_equal(unit_run(s->u, back_approve, &g), OK);
	v = told_of(s, file, "card_payment_refunded", &id);
	assert_int_equal(json_int(json_path(v, "resource.refund_summary"), "amount_refunded", 0), 500);
	assert_int_equal(json_int(json_path(v, "resource.refund_summary"), "amount_available", 0),
	                 2000);

	shop_jump(s, AGENCY_ORDER_LIFE / SECOND + 61);
	scheduler_drain(s->u->k);
	scheduler_drain(s->u->k);
	dbc *c = db_reader(s->u->k->db);
	assert_true(order_by_reference(c, s->u->a, text_at(made, "payment_id"), &left));
	db_reader_return(c);
	assert_str(left.state, "expired");
	v = told_of(s, file, "card_payment_expired", &id);
	assert_str(json_str(json_path(v, "resource.state"), "status"), "failed");
	assert_true(json_truth(json_path(v, "resource.state"), "finished"));
	assert_false(str_eq(id, failed));

	/* Each once, however often the jobs are looked at. */
	shop_jump(s, 700);
	scheduler_drain(s->u->k);
	assert_int_equal(lines_of(file), 4);
	kill(stub, SIGKILL);
	waitpid(stub, NULL, 0);
	books_whole(s);
	shop_stop(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_program_asks_for_a_payment),
	    cmocka_unit_test(a_body_that_was_away_is_told_once),
	    cmocka_unit_test(a_body_is_told_of_what_fails_expires_and_goes_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
