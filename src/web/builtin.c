/*
 * builtin.c - addresses that belong to no room: health, metrics, assets, "/".
 */
#include "kernel/confine/confine.h"
#include "kernel/files/scan.h"
#include "kernel/outbox/outbox.h"
#include "kernel/search/search.h"
#include "kernel/signer/signer.h"
#include "web/exchange.h"

static bool content(struct exchange *x, int status, const char *type, str bytes)
{
	req_content(&x->r, type, bytes, NULL);
	x->r.status = status;
	return true;
}

static bool health(struct exchange *x)
{
	return content(x, 200, "text/plain; charset=utf-8", STR("ok\n"));
}

/* Ready: not stopping, the database answers, the writer's queue has room. */
static bool ready(struct exchange *x)
{
	struct kernel *k = x->r.k;
	const char *why = atomic_load(&x->s->stopping) ? "stopping" : NULL;
	if (!why && k->writer && writer_stats_read(k->writer).queue > WRITER_QUEUE_MAX / 2)
		why = "the writer's queue is long";
	if (!why) {
		dbc *c = db_reader(k->db);
		rows *r = db_query_text(c, STR("SELECT 1"), NULL, 0);
		if (!db_next(r))
			why = "the database does not answer";
		db_done(r);
		db_reader_return(c);
	}
	return content(x, why ? 503 : 200, "text/plain; charset=utf-8",
	               why ? str_fmt(x->a, "%s\n", why) : STR("ready\n"));
}

static void confined_metrics(buf *b, const struct kernel *k)
{
	struct confine_counts e = confine_counts(k->examiner);
	metric_line(b, "diwan_files_examined_total", "counter", "Files sent in and looked into.",
	            e.asked);
	metric_line(b, "diwan_files_unexamined_total", "counter",
	            "Files whose process ended, hung or answered nonsense.", e.failed);
	metric_line(b, "diwan_files_examine_busy_total", "counter",
	            "Files refused: too many were waiting.", e.busy);
	metric_line(b, "diwan_files_examine_microseconds_total", "counter",
	            "Time spent on it, waiting included.", e.micros);
	struct scan_counts v = scanner_counts(k->scanner);
	metric_line(b, "diwan_files_scanned_total", "counter", "Files shown to the virus scanner.",
	            v.scanned);
	metric_line(b, "diwan_files_infected_total", "counter", "Files it found something in.", v.found);
	metric_line(b, "diwan_files_unscanned_total", "counter", "Files it did not answer for.",
	            v.failed);
	metric_line(b, "diwan_examiner_starts_total", "counter", "Times its process was started.",
	            e.started);
	struct confine_counts g = signer_counts(k->signer);
	metric_line(b, "diwan_signatures_total", "counter", "Signatures asked for.", g.asked);
	metric_line(b, "diwan_signatures_failed_total", "counter",
	            "Signatures the signer did not give.", g.failed);
	metric_line(b, "diwan_signer_starts_total", "counter", "Times the signer was started.",
	            g.started);
}

/* What is late: an operator is woken by these. */
static void backlog_metrics(struct exchange *x, buf *b)
{
	struct outbox_backlog jobs;
	dbc *c = db_reader(x->r.k->db);
	bool known = outbox_backlog(c, x->r.now, &jobs);
	db_reader_return(c);
	if (!known)
		return;
	metric_line(b, "diwan_jobs_due", "gauge", "Jobs whose time has come and that wait.", jobs.due);
	metric_line(b, "diwan_jobs_oldest_seconds", "gauge", "How late the oldest of them is.",
	            jobs.due ? (x->r.now - jobs.oldest) / SECOND : 0);
	metric_line(b, "diwan_jobs_running", "gauge", "Jobs under way.", jobs.running);
	metric_line(b, "diwan_jobs_dead", "gauge", "Jobs given up.", jobs.dead);
}

static bool metrics(struct exchange *x)
{
	buf b = buf_make(x->a, (size_t)64 * 1024);
	metrics_write(&x->s->metrics, &b);
	if (x->r.k->writer) {
		struct writer_stats w = writer_stats_read(x->r.k->writer);
		metric_line(&b, "diwan_commands_total", "counter", "Commands run by the writer.",
		            w.commands);
		metric_line(&b, "diwan_batches_total", "counter", "Transactions they shared.", w.batches);
		metric_line(&b, "diwan_commands_refused_total", "counter", "Commands refused: queue full.",
		            w.refused);
		metric_line(&b, "diwan_retries_total", "counter", "Transactions run again.", w.retries);
		metric_line(&b, "diwan_writer_queue", "gauge", "Commands waiting.", w.queue);
		metric_line(&b, "diwan_commit_microseconds_total", "counter", "Time spent in commits.",
		            w.commit_micros);
	}
	backlog_metrics(x, &b);
	struct search_stats found = search_stats_read(x->r.k);
	metric_line(&b, "diwan_search_loads_total", "counter", "Indexes of words read into memory.",
	            found.loads);
	metric_line(&b, "diwan_search_documents", "gauge", "Documents in them.", found.documents);
	metric_line(&b, "diwan_search_bytes", "gauge", "Memory they take.", found.bytes);
	confined_metrics(&b, x->r.k);
	return content(x, 200, "text/plain; version=0.0.4; charset=utf-8", buf_str(&b));
}

static bool version(struct exchange *x)
{
	return content(x, 200, "application/json",
	               STR("{\"name\":\"diwan\",\"version\":\"" DIWAN_VERSION "\"}\n"));
}

static bool robots(struct exchange *x)
{
	return content(x, 200, "text/plain; charset=utf-8",
	               STR("User-agent: *\nDisallow: /en/sign-in\nDisallow: /ar/sign-in\n"
	                   "Disallow: /api/\n"));
}

/* RFC 9116; the date of expiry moves along, a year ahead of the day. */
static bool security(struct exchange *x)
{
	str contact = x->s->o.security_contact;
	if (!contact.n)
		return false;
	instant until = (x->r.now / DAY + 365) * DAY;
	return content(x, 200, "text/plain; charset=utf-8",
	               str_fmt(x->a, "Contact: %.*s\nExpires: %.*s\nPreferred-Languages: ar, en\n",
	                       STRF(contact), STRF(time_print(x->a, until))));
}

static bool home(struct exchange *x)
{
	x->r.redirect = STR("/");
	x->r.status = 302;
	return true;
}

static const struct {
	const char *path;
	bool (*page)(struct exchange *x);
} pages[] = {
    {"/", home},
    {"/healthz", health},
    {"/readyz", ready},
    {"/metrics", metrics},
    {"/version", version},
    {"/robots.txt", robots},
    {"/.well-known/security.txt", security},
};

static size_t find(str path)
{
	size_t i = 0;
	while (i < sizeof pages / sizeof *pages && !str_eq(path, str_of(pages[i].path)))
		i++;
	return i;
}

bool builtin_is(str path)
{
	/* Below a language "/" is a page of some room. */
	return path.n > 1 && find(path) < sizeof pages / sizeof *pages;
}

bool builtin_answer(struct exchange *x)
{
	size_t i = find(x->r.path);
	return i < sizeof pages / sizeof *pages && !x->lang_in_path && x->r.method == METHOD_GET &&
	       pages[i].page(x);
}
