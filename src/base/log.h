/*
 * log.h - one JSON object a line on standard error.
 *
 * No personal data: ids and codes only. Values are escaped, so that a line
 * cannot be forged. Thread safety: any thread; lines do not mix.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/str.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

typedef struct {
	const char *name;
	str text;        /* used when `is_number` is false */
	int64_t number;
	bool is_number;
} log_field;

#define L_STR(name, s) ((log_field){(name), (s), 0, false})
#define L_INT(name, i) ((log_field){(name), {0}, (i), true})

void log_level_set(enum log_level least);
void log_write(enum log_level level, const char *event, const log_field *f, size_t n);

/* log_event(LOG_INFO, "server.ready", L_INT("port", 8080)); */
#define log_event(level, event, ...)                                                    \
	log_write((level), (event), (const log_field[]){__VA_ARGS__},                        \
	          sizeof((const log_field[]){__VA_ARGS__}) / sizeof(log_field))

#endif
