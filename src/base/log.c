#include "base/log.h"

#include "base/json.h"
#include "base/time.h"

#include <unistd.h>

#define LINE_MAX_BYTES ((size_t)8 * 1024)

static enum log_level least = LOG_INFO;

void log_level_set(enum log_level level)
{
	least = level;
}

void log_write(enum log_level level, const char *event, const log_field *f, size_t n)
{
	static const char *const name[] = {"debug", "info", "warn", "error"};
	if (level < least)
		return;
	arena *a = arena_create(LINE_MAX_BYTES * 8);
	if (!a)
		return;
	jmp_buf oom;
	arena_guard(a, &oom);
	if (setjmp(oom) == 0) {
		json *o = json_object(a);
		json_set_str(a, o, "at", time_print(a, clock_now(clock_system())));
		json_set_str(a, o, "level", str_of(name[level]));
		json_set_str(a, o, "event", str_of(event));
		for (size_t i = 0; i < n; i++) {
			if (f[i].is_number)
				json_set_int(a, o, f[i].name, f[i].number);
			else
				json_set_str(a, o, f[i].name, str_sub(f[i].text, 0, LINE_MAX_BYTES / 4));
		}
		buf b = buf_make(a, LINE_MAX_BYTES);
		json_write(&b, o, 0);
		buf_putc(&b, '\n');
		ssize_t written = write(STDERR_FILENO, b.p, b.n);
		(void)written; /* a log that cannot be written must not stop the work */
	}
	arena_destroy(a);
}
