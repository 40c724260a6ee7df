/* The organ of files: folds, statements, and what its .c files share. Private. */
#ifndef KERNEL_FILES_ORGAN_H
#define KERNEL_FILES_ORGAN_H

#include "kernel/files/files.h"

#define EVENT(name, kind, version, doc) void fold_##name(dbc *c, arena *a, const struct event *e);
#include "kernel/files/events.def"
#undef EVENT

#define STMT(n, t) extern struct sql sql_##n;
#include "kernel/files/statements.def"
#undef STMT

/* ---- the folder DATA_DIR/files ---- */

/* "ab/cdef..." below it, NUL-terminated. */
const char *disk_path(const struct kernel *k, arena *a, str id);
/* Durable when it returns OK: written aside, synced, put in place, folder synced. */
err disk_write(struct kernel *k, arena *a, str id, str bytes);
bool disk_read(const struct kernel *k, arena *a, str id, str *bytes);
bool disk_has(const struct kernel *k, arena *a, str id);

err files_sweep_job(struct job *j);

#endif
