/*
 * metrics.h - what /metrics tells: Prometheus text format 0.0.4.
 *
 * Counters only rise; low cardinality: no path, no person, no address.
 * Thread safety: any thread.
 */
#ifndef WEB_METRICS_H
#define WEB_METRICS_H

#include "base/buf.h"

#include <stdatomic.h>

#define METRICS_BUCKETS 10

struct metrics {
	_Atomic int64_t requests[6];             /* by first digit of the status */
	_Atomic int64_t bucket[METRICS_BUCKETS]; /* finished within the bound */
	_Atomic int64_t micros, bytes;
	_Atomic int64_t in_flight, connections;
	_Atomic int64_t denied, refused_forms, replayed;
	_Atomic int64_t cache_hits, cache_misses, cache_entries, cache_bytes;
};

void metrics_request(struct metrics *m, int status, int64_t micros, size_t bytes);
void metrics_write(const struct metrics *m, buf *out);
/* One more sample with its HELP and TYPE lines. */
void metric_line(buf *out, const char *name, const char *type, const char *help, int64_t value);

#endif
