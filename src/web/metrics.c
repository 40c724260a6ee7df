#include "web/metrics.h"

static const int64_t bounds[METRICS_BUCKETS] = {100,  250,   500,   1000,   2500,
                                                5000, 10000, 50000, 250000, 1000000};

void metrics_request(struct metrics *m, int status, int64_t micros, size_t bytes)
{
	m->requests[status >= 100 && status < 600 ? status / 100 : 0]++;
	for (int i = METRICS_BUCKETS - 1; i >= 0 && micros <= bounds[i]; i--)
		m->bucket[i]++;
	m->micros += micros;
	m->bytes += (int64_t)bytes;
}

void metric_line(buf *out, const char *name, const char *type, const char *help, int64_t value)
{
	buf_fmt(out, "# HELP %s %s\n# TYPE %s %s\n%s %lld\n", name, help, name, type, name,
	        (long long)value);
}

static void seconds(buf *out, int64_t micros)
{
	buf_fmt(out, "%lld.%06lld", (long long)(micros / 1000000), (long long)(micros % 1000000));
}

static void histogram(const struct metrics *m, buf *out)
{
	int64_t count = 0;
	for (int i = 0; i < 6; i++)
		count += m->requests[i];
	buf_puts(out, "# HELP diwan_http_request_duration_seconds Time from the request line to the "
	              "answer.\n# TYPE diwan_http_request_duration_seconds histogram\n");
	for (int i = 0; i < METRICS_BUCKETS; i++) {
		buf_puts(out, "diwan_http_request_duration_seconds_bucket{le=\"");
		seconds(out, bounds[i]);
		buf_fmt(out, "\"} %lld\n", (long long)m->bucket[i]);
	}
	buf_fmt(out,
	        "diwan_http_request_duration_seconds_bucket{le=\"+Inf\"} %lld\n"
	        "diwan_http_request_duration_seconds_sum ",
	        (long long)count);
	seconds(out, m->micros);
	buf_fmt(out, "\ndiwan_http_request_duration_seconds_count %lld\n", (long long)count);
}

void metrics_write(const struct metrics *m, buf *out)
{
	buf_puts(out, "# HELP diwan_http_requests_total Requests answered, by class of status.\n"
	              "# TYPE diwan_http_requests_total counter\n");
	for (int i = 1; i < 6; i++)
		buf_fmt(out, "diwan_http_requests_total{status=\"%dxx\"} %lld\n", i,
		        (long long)m->requests[i]);
	histogram(m, out);
	metric_line(out, "diwan_http_response_bytes_total", "counter", "Bytes of answers' bodies.",
	            m->bytes);
	metric_line(out, "diwan_http_in_flight", "gauge", "Requests being answered.", m->in_flight);
	metric_line(out, "diwan_http_connections", "gauge", "Open connections.", m->connections);
	metric_line(out, "diwan_denials_total", "counter", "Permissions asked for and refused.",
	            m->denied);
	metric_line(out, "diwan_forms_refused_total", "counter",
	            "Forms refused for their token or origin.", m->refused_forms);
	metric_line(out, "diwan_replays_total", "counter",
	            "Commands answered from an earlier one with the same key.", m->replayed);
	metric_line(out, "diwan_page_cache_hits_total", "counter", "Pages served from memory.",
	            m->cache_hits);
	metric_line(out, "diwan_page_cache_misses_total", "counter", "Public pages rendered.",
	            m->cache_misses);
	metric_line(out, "diwan_page_cache_entries", "gauge", "Pages kept.", m->cache_entries);
	metric_line(out, "diwan_page_cache_bytes", "gauge", "Bytes of pages kept.", m->cache_bytes);
}
