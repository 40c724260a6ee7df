/*
 * unsafe.c - gives a program a careless database behind its back (LD_PRELOAD), so that
 * the power cuts of power_cut.py can be seen to find what is lost.
 *
 *     UNSAFE_SYNCHRONOUS  SQLite runs with synchronous=THIS instead of FULL
 *     UNSAFE_UNSEEN       1: the program's own look at the settings finds nothing wrong,
 *                         on SQLite and on PostgreSQL
 *
 * The program itself has no such switch: without UNSAFE_UNSEEN it refuses to start. It
 * must be linked dynamically and without sanitizers.
 */
#include <dlfcn.h>
#include <libpq-fe.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char full[] = "synchronous=FULL";

static bool unseen(void)
{
	const char *s = getenv("UNSAFE_UNSEEN");
	return s && *s == '1';
}

int sqlite3_exec(sqlite3 *h, const char *sql, int (*row)(void *, int, char **, char **), void *ctx,
                 char **why)
{
	static int (*real)(sqlite3 *, const char *, int (*)(void *, int, char **, char **), void *,
	                   char **);
	const char *level = getenv("UNSAFE_SYNCHRONOUS");
	const char *at = level && sql ? strstr(sql, full) : NULL;
	char text[1024];
	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "sqlite3_exec");
	if (at) {
		snprintf(text, sizeof text, "%.*ssynchronous=%s%s", (int)(at - sql), sql, level,
		         at + sizeof full - 1);
		sql = text;
	}
	return real(h, sql, row, ctx, why);
}

int sqlite3_prepare_v3(sqlite3 *h, const char *sql, int n, unsigned flags, sqlite3_stmt **stmt,
                       const char **tail)
{
	static int (*real)(sqlite3 *, const char *, int, unsigned, sqlite3_stmt **, const char **);
	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "sqlite3_prepare_v3");
	if (unseen() && strstr(sql, "pragma_synchronous")) {
		sql = "SELECT 2, 'wal'";
		n = -1;
	}
	return real(h, sql, n, flags, stmt, tail);
}

PGresult *PQexec(PGconn *h, const char *sql)
{
	static PGresult *(*real)(PGconn *, const char *);
	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "PQexec");
	return real(h,
	            unseen() && strstr(sql, "SELECT CASE WHEN current_setting") ? "SELECT NULL" : sql);
}
