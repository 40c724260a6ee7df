/*
 * orders init URL DIR | run URL DIR COUNT | pay URL DIR CLIENTS < WHAT_WAS_SAID |
 * check URL DIR < WHAT_IT_SAID: money through the real rooms. `run` orders, pays (by a provider's
 * message), asks for and approves a refund, settles, takes the bank's statement and closes the day,
 * and says on standard output what became of each step: "ack STEP ID" (kept), "nak STEP ID"
 * (refused: must not be there), "unk STEP ID" (nobody knows). Meant to be run under fault.c.
 *
 * `check` opens the books again, as after a crash: every acknowledged step is there, no
 * refused one is; the ledger is in balance, an auditor with code of its own finds
 * nothing, and the journal verifies. `kept` looks only at the acknowledged steps.
 */
#include "base/log.h"
#include "kernel/identity/organ.h"
#include "kernel/journal.h"
#include "systems/payments/audit/audit.h"
#include "systems/payments/payments.h"
#include "systems/payments/settle.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ARENA_BYTES  ((size_t)4096 * 1024 * 1024) /* a ceiling: the auditor holds much */
#define CLIENT_BYTES ((size_t)16 * 1024 * 1024)
#define CLIENTS_MAX  64
#define KEY_STEP     INT64_C(1000000000) /* key: the number of its client by this, and its own */
#define SCOPE        STR("power")
#define REFUSED_MAX  1200 /* times that a client asks again: two minutes */
#define START        (INT64_C(1764000000) * SECOND)
#define FEE          5000
#define BACK         1500

static instant now = START;

static instant now_of(void *ctx)
{
	return *(const instant *)ctx;
}

/* Lives of `pay` follow one another: their ids rise with the real time. */
static bool open_books(const char *url, const char *dir, bool real_time, struct kernel **k)
{
	static const struct organ *organs[3];
	organs[0] = &identity_organ;
	organs[1] = &ledger_organ;
	organs[2] = payments_system.organ;
	struct kernel_options o = {.database = str_of(url),
	                           .data_dir = str_of(dir),
	                           .clock = real_time ? clock_system() : (clock_source){now_of, &now},
	                           .organs = organs,
	                           .n_organs = 3,
	                           .migrate = true};
	str why = {0};
	err e = kernel_open(&o, k, &why);
	if (e)
		fprintf(stderr, "%.*s\n", STRF(why));
	return e == OK;
}

/* ---- the steps ---- */

struct walk {
	struct kernel *k;
	arena *a;
	int64_t order, refund, no;
	struct attempt t;
	struct settle_entry entry[2], payout;
	struct statement s;
	struct settle_report r;
};

static err provider_step(struct tx *tx, struct walk *w)
{
	(void)w;
	struct provider_order p = {.id = STR("bank-a"),
	                           .adapter = STR("hosted"),
	                           .url = STR("http://127.0.0.1:1"),
	                           .secret = STR("never asked"),
	                           .name_en = STR("A"),
	                           .name_ar = STR("أ"),
	                           .methods = STR("card"),
	                           .weight = 100};
	return provider_put(tx, &p);
}

static err order_new(struct tx *tx, int64_t *id)
{
	struct line l = {.entity = STR("iga"),
	                 .service = STR("card"),
	                 .label_en = STR("Card"),
	                 .label_ar = STR("بطاقة"),
	                 .gl = STR("4110"),
	                 .amount = FEE};
	struct order_request q = {.origin = STR("api"),
	                          .entity = STR("iga"),
	                          .service = STR("card"),
	                          .title_en = STR("Card"),
	                          .title_ar = STR("بطاقة"),
	                          .currency = STR("BHD"),
	                          .line = &l,
	                          .n = 1};
	return order_create(tx, &q, id);
}

static err create_step(struct tx *tx, struct walk *w)
{
	return order_new(tx, &w->order);
}

static err begin_step(struct tx *tx, struct walk *w)
{
	return attempt_begin(tx, w->order, STR("card"), &w->t);
}

static err capture_of(struct tx *tx, int64_t attempt)
{
	str id = str_fmt(tx->a, "m-%lld", (long long)attempt);
	struct provider_answer p = {.message = id,
	                            .attempt = attempt,
	                            .amount = FEE,
	                            .outcome = OUTCOME_SUCCEEDED,
	                            .currency = STR("BHD"),
	                            .reference = id,
	                            .last4 = STR("0002")};
	return payment_take(tx, STR("bank-a"), &p, "message");
}

static err capture_step(struct tx *tx, struct walk *w)
{
	return capture_of(tx, w->t.id);
}

static err fulfil_step(struct tx *tx, struct walk *w)
{
	return order_fulfil(tx, w->order);
}

static err ask_step(struct tx *tx, struct walk *w)
{
	tx->actor.person = 1;
	return refund_ask(tx, w->order, BACK, STR("paid too much"), &w->refund);
}

static err approve_step(struct tx *tx, struct walk *w)
{
	tx->actor.person = 2;
	return refund_approve(tx, w->refund);
}

static err done_step(struct tx *tx, struct walk *w)
{
	return refund_end(tx, w->refund, true, STR("done"));
}

static err settle_step(struct tx *tx, struct walk *w)
{
	str name = str_fmt(tx->a, "file-%lld", (long long)w->no);
	w->entry[0] = (struct settle_entry){
	    .id = w->t.id, .amount = FEE, .at = now, .currency = STR("BHD"), .payment = name};
	w->entry[1] = (struct settle_entry){.refund = true,
	                                    .id = w->refund,
	                                    .amount = -BACK,
	                                    .at = now,
	                                    .currency = STR("BHD"),
	                                    .payment = name};
	w->s = (struct statement){
	    .name = name, .hash = name, .reference = name, .entry = w->entry, .n = 2};
	return settle_take(tx, STR("bank-a"), &w->s, now - HOUR, now + 1, &w->r);
}

static err bank_step(struct tx *tx, struct walk *w)
{
	str name = str_fmt(tx->a, "file-%lld", (long long)w->no);
	w->payout = (struct settle_entry){
	    .payment = name, .amount = FEE - BACK, .currency = STR("BHD"), .at = now};
	w->s = (struct statement){
	    .name = name, .hash = name, .reference = name, .entry = &w->payout, .n = 1};
	return bank_take(tx, &w->s, &w->r);
}

static err close_step(struct tx *tx, struct walk *w)
{
	tx->actor.person = 2;
	return day_close(tx, STR("iga"), START / DAY - 1 - w->no, NULL, 0);
}

static const struct step {
	const char *name;
	err (*run)(struct tx *tx, struct walk *w);
	const char *there; /* is it there? $1: what step_id says */
} steps[] = {
    {"create", create_step, "SELECT count(*) FROM pay_order WHERE id = $1"},
    {"begin", begin_step, "SELECT count(*) FROM pay_attempt WHERE order_id = $1"},
    {"capture", capture_step, "SELECT count(*) FROM pay_order WHERE id = $1 AND captured > 0"},
    {"fulfil", fulfil_step, "SELECT count(*) FROM pay_order WHERE id = $1 AND fulfilled > 0"},
    {"ask", ask_step, "SELECT count(*) FROM pay_refund WHERE id = $1"},
    {"approve", approve_step, "SELECT count(*) FROM pay_refund WHERE id = $1 AND checker = 2"},
    {"done", done_step, "SELECT count(*) FROM pay_refund WHERE id = $1 AND state = 'done'"},
    {"settle", settle_step, "SELECT count(*) FROM pay_settled WHERE kind = 'refund' AND id = $1"},
    {"bank", bank_step, "SELECT count(*) FROM pay_batch WHERE provider = 'bank' AND id = $1"},
    {"close", close_step, "SELECT count(*) FROM pay_close WHERE day = $1"},
};

static int64_t step_id(const struct walk *w, size_t i)
{
	return i < 4 ? w->order : i < 8 ? w->refund : i == 8 ? w->r.batch : START / DAY - 1 - w->no;
}

struct doing {
	struct walk *w;
	err (*run)(struct tx *tx, struct walk *w);
};

static err doing_decide(struct tx *tx, void *ctx)
{
	struct doing *d = ctx;
	tx->actor.channel = STR("cli");
	return d->run(tx, d->w);
}

static err step_run(struct walk *w, err (*run)(struct tx *tx, struct walk *w))
{
	struct doing d = {w, run};
	struct action act = {.k = w->k, .a = w->a, .decide = doing_decide, .ctx = &d};
	return kernel_run(&act);
}

static void walk_one(struct walk *w)
{
	w->order = w->refund = 0; /* a refused step names nothing of the walk before */
	for (size_t i = 0; i < COUNT(steps); i++) {
		char line[96];
		now += SECOND;
		err e = step_run(w, steps[i].run);
		int n = snprintf(line, sizeof line, "%s %s %lld\n",
		                 e == OK                 ? "ack"
		                 : e == ERR_db_uncertain ? "unk"
		                                         : "nak",
		                 steps[i].name, (long long)step_id(w, i));
		if (write(STDOUT_FILENO, line, (size_t)n) != n || e)
			return; /* the next steps build on this one */
	}
}

/* ---- paying without end ---- */

struct payer {
	struct kernel *k;
	int64_t key; /* the next payment's */
};

/* Ordered, led to the provider, captured and told in one transaction: the answer is the
 * order. */
static err pay_decide(struct tx *tx, void *ctx)
{
	struct attempt t;
	int64_t order;
	err e = order_new(tx, &order);
	(void)ctx;
	if (e || (e = attempt_begin(tx, order, STR("card"), &t)) || (e = capture_of(tx, t.id)) ||
	    (e = order_fulfil(tx, order)))
		return e;
	json *answer = json_object(tx->a);
	json_set_int(tx->a, answer, "order", order);
	tx_answer(tx, answer);
	return OK;
}

static void *pay_endlessly(void *ctx)
{
	struct payer *p = ctx;
	arena *a = arena_create(CLIENT_BYTES);
	for (int refused = 0; refused < REFUSED_MAX;) {
		char line[96];
		arena_reset(a);
		struct action act = {.k = p->k,
		                     .a = a,
		                     .actor = {.channel = STR("api")},
		                     .decide = pay_decide,
		                     .idempotency_scope = SCOPE,
		                     .idempotency_key = str_fmt(a, "%lld", (long long)p->key),
		                     .request_hash = STR("pay")};
		err e = kernel_run(&act);
		int n = snprintf(line, sizeof line, "%s pay %lld %lld\n",
		                 e == OK                 ? "ack"
		                 : e == ERR_db_uncertain ? "unk"
		                                         : "nak",
		                 (long long)p->key, (long long)(e ? 0 : json_int(act.answer, "order", 0)));
		if (write(STDOUT_FILENO, line, (size_t)n) != n)
			break;
		p->key += e == OK; /* or the same again */
		refused = e ? refused + 1 : 0;
		if (e)
			nanosleep(&(struct timespec){0, 100000000}, NULL);
	}
	arena_destroy(a);
	return NULL;
}

static int pay(struct kernel *k, int64_t clients)
{
	static struct payer payer[CLIENTS_MAX];
	pthread_t thread[CLIENTS_MAX];
	long long key, order;
	for (int64_t i = 0; i < CLIENTS_MAX; i++)
		payer[i] = (struct payer){.k = k, .key = i * KEY_STEP};
	while (scanf("ack pay %lld %lld\n", &key, &order) == 2)
		if (key / KEY_STEP < CLIENTS_MAX && key > payer[key / KEY_STEP].key)
			payer[key / KEY_STEP].key = key;
	for (int64_t i = 0; i < clients; i++)
		pthread_create(&thread[i], NULL, pay_endlessly, &payer[i]);
	for (int64_t i = 0; i < clients; i++)
		pthread_join(thread[i], NULL);
	return 1; /* it ends only when something is wrong */
}

/* ---- check ---- */

static int wrong(const char *what, const char *step, long long id)
{
	printf("WRONG: %.400s: %s %lld\n", what, step, id);
	return 1;
}

static int check_step(dbc *c, const char *word, const char *name, long long id)
{
	int bad = 0;
	for (size_t i = 0; i < COUNT(steps); i++) {
		if (strcmp(name, steps[i].name) != 0)
			continue;
		struct dbv v[] = {D_INT(id)};
		rows *r = db_query_text(c, str_of(steps[i].there), v, 1);
		int64_t n = db_next(r) ? db_int(r, 0) : -1;
		db_done(r);
		if (n > 1)
			bad += wrong("made twice", name, id);
		if (strcmp(word, "ack") == 0 && n != 1)
			bad += wrong("acknowledged and lost", name, id);
		if (strcmp(word, "nak") == 0 && n != 0)
			bad += wrong("refused and kept", name, id);
	}
	return bad;
}

static int64_t number(dbc *c, const char *sql)
{
	rows *r = db_query_text(c, str_of(sql), NULL, 0);
	int64_t v = db_next(r) ? db_int(r, 0) : -1;
	db_done(r);
	return v;
}

/* A payment of `pay` as it was said, and what the books have of it. */
struct said {
	long long key, order; /* 0: nobody knows which */
	char word[4];
	long long kept;      /* the order that its key has; 0: none */
	bool captured, once; /* that order, by one attempt */
};

static int by_key(const void *x, const void *y)
{
	long long a = ((const struct said *)x)->key, b = ((const struct said *)y)->key;
	return (a > b) - (a < b);
}

static int by_order(const void *x, const void *y)
{
	long long a = ((const struct said *)x)->order, b = ((const struct said *)y)->order;
	return (a > b) - (a < b);
}

/* Read in one go, whatever their number: asking about each would take longer than paying. */
static void kept_keys(dbc *c, arena *a, struct said *s, size_t n)
{
	rows *r = db_query_text(c,
	                        STR("SELECT key, answer FROM idempotency WHERE scope = 'power'"
	                            " AND request_hash = 'pay'"),
	                        NULL, 0);
	qsort(s, n, sizeof *s, by_key);
	while (db_next(r)) {
		arena_mark m = arena_save(a);
		int64_t key;
		struct said *found = NULL;
		if (str_i64(db_text(r, 0), &key))
			found = bsearch(&(struct said){.key = key}, s, n, sizeof *s, by_key);
		if (found)
			found->kept = json_int(json_parse(a, db_text(r, 1), NULL), "order", 0);
		arena_rewind(a, m);
	}
	db_done(r);
}

static void kept_orders(dbc *c, struct said *s, size_t n)
{
	rows *r = db_query_text(c,
	                        STR("SELECT o.id, o.captured, count(t.id) FROM pay_order o LEFT JOIN"
	                            " pay_attempt t ON t.order_id = o.id AND t.state = 'captured'"
	                            " GROUP BY o.id, o.captured"),
	                        NULL, 0);
	qsort(s, n, sizeof *s, by_order);
	while (db_next(r)) {
		struct said *found =
		    bsearch(&(struct said){.order = db_int(r, 0)}, s, n, sizeof *s, by_order);
		if (!found)
			continue;
		found->captured = db_int(r, 1) > 0;
		found->once = db_int(r, 2) == 1;
	}
	db_done(r);
}

/* Acknowledged, it is kept under its key with the order that was said, and the order is
 * captured by one attempt. */
static int check_paid(dbc *c, arena *a, struct said *s, size_t n)
{
	int bad = 0;
	kept_keys(c, a, s, n);
	kept_orders(c, s, n);
	for (size_t i = 0; i < n; i++) {
		bool ack = strcmp(s[i].word, "ack") == 0;
		if (!ack && s[i].kept && strcmp(s[i].word, "nak") == 0)
			bad += wrong("refused and kept", "pay", s[i].key);
		else if (ack && !s[i].kept)
			bad += wrong("acknowledged and lost", "pay", s[i].key);
		else if (ack && s[i].kept != s[i].order)
			bad += wrong("acknowledged with two orders", "pay", s[i].key);
		else if (ack && !(s[i].captured && s[i].once))
			bad += wrong("acknowledged and not captured once", "pay", s[i].key);
	}
	return bad;
}

static int check_said(dbc *c, arena *a)
{
	char word[4], name[16];
	long long id;
	int bad = 0;
	size_t n = 0, room = 1024;
	struct said *s = NEWN(a, struct said, room);
	while (scanf("%3s %15s %lld", word, name, &id) == 3) {
		if (strcmp(name, "pay") != 0) {
			bad += check_step(c, word, name, id);
			continue;
		}
		if (n == room) {
			struct said *more = NEWN(a, struct said, room *= 2);
			memcpy(more, s, n * sizeof *s);
			s = more;
		}
		s[n] = (struct said){.key = id};
		memcpy(s[n].word, word, sizeof word);
		bad += scanf("%lld", &s[n++].order) != 1;
	}
	return bad + (n ? check_paid(c, a, s, n) : 0);
}

/* As many keys as orders, captures and receipts: nothing was made twice, or by nobody. */
static int check_keys(dbc *c)
{
	int64_t keys = number(c, "SELECT count(*) FROM idempotency WHERE scope = 'power'");
	int bad = 0;
	if (!keys)
		return 0;
	if (number(c, "SELECT count(*) FROM pay_order") != keys)
		bad += wrong("orders that nobody asked for, or one twice", "pay", keys);
	if (number(c, "SELECT count(*) FROM pay_attempt WHERE state = 'captured'") != keys)
		bad += wrong("captured twice", "pay", keys);
	if (number(c, "SELECT count(*) FROM pay_receipt") != keys ||
	    number(c, "SELECT max(no) FROM pay_receipt") != keys)
		bad += wrong("receipts with a gap, or doubled", "pay", keys);
	printf("%lld payments are kept\n", (long long)keys);
	return bad;
}

/* What was paid and not told waits in the outbox, and is told now. */
static int check_outbox(struct kernel *k, arena *a)
{
	struct walk w = {.k = k, .a = a};
	int64_t id[64];
	size_t n = 0;
	int bad = 0;
	dbc *c = db_reader(k->db);
	rows *r = db_query_text(c, STR("SELECT id FROM pay_order WHERE state = 'paid'"), NULL, 0);
	while (n < COUNT(id) && db_next(r))
		id[n++] = db_int(r, 0);
	db_done(r);
	for (size_t i = 0; i < n; i++) {
		struct dbv v[] = {D_TEXT(str_fmt(a, "%lld", (long long)id[i]))};
		r = db_query_text(c,
		                  STR("SELECT count(*) FROM job WHERE kind = 'payment.fulfil'"
		                      " AND key = $1 AND state = 'ready'"),
		                  v, 1);
		if (!db_next(r) || db_int(r, 0) != 1)
			bad += wrong("nobody will tell its service", "outbox", id[i]);
		db_done(r);
	}
	db_reader_return(c);
	for (size_t i = 0; i < n; i++) {
		w.order = id[i];
		if (step_run(&w, fulfil_step) != OK)
			bad += wrong("its service cannot be told", "outbox", id[i]);
	}
	return bad;
}

/* The quick half of `check`. */
static int kept(struct kernel *k, arena *a)
{
	dbc *c = db_reader(k->db);
	int bad = check_said(c, a) + check_keys(c);
	if (db_error(c))
		bad += wrong("the database cannot be read", "", db_error(c));
	db_clear(c);
	db_reader_return(c);
	return bad != 0;
}

static int check(struct kernel *k, arena *a)
{
	struct ledger_report l;
	struct audit_report u;
	struct journal_report j = {0};
	dbc *c = db_reader(k->db);
	int bad = check_said(c, a) + check_keys(c) + check_outbox(k, a);
	ledger_check(c, a, &l);
	if (l.faults)
		bad += wrong(str_c(a, l.first), "ledger", l.faults);
	if (payments_audit(k, c, a, &u) != OK || u.findings)
		bad += wrong(str_c(a, json_print(a, u.list)), "audit", u.findings);
	if (db_error(c))
		bad += wrong("the database cannot be read", "", db_error(c));
	db_clear(c);
	db_reader_return(c);
	if (journal_verify(k, a, &j) != OK || j.first_bad)
		bad += wrong(str_c(a, j.what), "journal", j.first_bad);
	return bad != 0;
}

int main(int argc, char **argv)
{
	arena *a = arena_create(ARENA_BYTES);
	struct kernel *k = NULL;
	int64_t count = 0;
	int status = 2;
	log_level_set(LOG_ERROR);
	if (argc < 4 || (argc > 4 && !str_i64(str_of(argv[4]), &count)) ||
	    (strcmp(argv[1], "pay") == 0 && (count < 1 || count > CLIENTS_MAX)) ||
	    (strcmp(argv[1], "run") == 0 && argc != 5)) {
		fprintf(stderr, "usage: orders init|check|kept URL DIR | orders run URL DIR COUNT"
		                " | orders pay URL DIR CLIENTS\n");
		return 2;
	}
	if (!open_books(argv[2], argv[3], strcmp(argv[1], "pay") == 0, &k))
		return argv[1][0] == 'c' || argv[1][0] == 'k' ? wrong("it does not open again", "", 0) : 1;
	struct walk w = {.k = k, .a = a};
	if (strcmp(argv[1], "init") == 0)
		status = step_run(&w, provider_step) != OK;
	else if (strcmp(argv[1], "check") == 0)
		status = check(k, a);
	else if (strcmp(argv[1], "kept") == 0)
		status = kept(k, a);
	else if (strcmp(argv[1], "pay") == 0)
		status = pay(k, count);
	for (w.no = 0; strcmp(argv[1], "run") == 0 && w.no < count; w.no++, status = 0)
		walk_one(&w);
	kernel_close(k);
	arena_destroy(a);
	return status;
}
