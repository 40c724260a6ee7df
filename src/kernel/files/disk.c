/*
 * disk.c - the folder of files: content-addressed, written once, swept when nobody
 * named what was written.
 */
#include "kernel/files/organ.h"

#include "base/log.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOLDER_CHARS 2 /* of the id: 256 folders */

static const char *folder(const struct kernel *k, arena *a, const char *below)
{
	return str_fmt(a, "%.*s/files%s%s", STRF(k->data_dir), *below ? "/" : "", below).p;
}

const char *disk_path(const struct kernel *k, arena *a, str id)
{
	return str_fmt(a, "%.*s/files/%.*s/%.*s", STRF(k->data_dir), STRF(str_sub(id, 0, FOLDER_CHARS)),
	               STRF(str_sub(id, FOLDER_CHARS, id.n)))
	    .p;
}

static bool sync_folder(const char *path)
{
	int d = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (d < 0)
		return false;
	bool ok = fsync(d) == 0;
	return close(d) == 0 && ok;
}

/* A folder that is there after a crash as well: its parent is synced. */
static bool make_folder(const char *path, const char *parent)
{
	return mkdir(path, 0700) == 0 ? sync_folder(parent) : errno == EEXIST;
}

/* Its age counts from now by the platform's clock, so that the sweep and a
 * simulation agree on it. */
static bool stamp(int f, instant now)
{
	struct timespec t[2] = {{.tv_sec = now / SECOND, .tv_nsec = now % SECOND * 1000}};
	t[1] = t[0];
	return futimens(f, t) == 0;
}

static bool write_all(int f, str bytes)
{
	size_t done = 0;
	while (done < bytes.n) {
		ssize_t n = write(f, bytes.p + done, bytes.n - done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		done += (size_t)n;
	}
	return true;
}

static bool write_aside(const char *aside, str bytes, instant now)
{
	int f = open(aside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (f < 0)
		return false;
	bool ok = write_all(f, bytes) && stamp(f, now) && fsync(f) == 0;
	return close(f) == 0 && ok;
}

err disk_write(struct kernel *k, arena *a, str id, str bytes)
{
	rng random = rng_system();
	const char *path = disk_path(k, a, id);
	const char *aside = str_fmt(a, "%s.%016llx.new", path, (unsigned long long)rng_u64(&random)).p;
	const char *top = folder(k, a, "");
	const char *own = folder(k, a, str_c(a, str_sub(id, 0, FOLDER_CHARS)));
	bool ok = make_folder(top, str_c(a, k->data_dir)) && make_folder(own, top) &&
	          write_aside(aside, bytes, kernel_now(k)) && rename(aside, path) == 0;
	if (!ok) {
		int why = errno;
		log_event(LOG_ERROR, "files.write", L_STR("why", str_of(strerror(why))));
		unlink(aside);
		return why == ENOSPC || why == EDQUOT ? ERR_unavailable : ERR_internal;
	}
	return sync_folder(own) ? OK : ERR_internal;
}

bool disk_has(const struct kernel *k, arena *a, str id)
{
	return access(disk_path(k, a, id), R_OK) == 0;
}

bool disk_read(const struct kernel *k, arena *a, str id, str *bytes)
{
	struct stat st;
	int f = open(disk_path(k, a, id), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (f < 0)
		return false;
	size_t n = fstat(f, &st) == 0 && st.st_size > 0 ? (size_t)st.st_size : 0;
	char *p = n && n <= 2 * FILE_MAX_BYTES ? NEWN(a, char, n) : NULL;
	size_t got = 0;
	while (p && got < n) {
		ssize_t part = read(f, p + got, n - got);
		if (part <= 0)
			break;
		got += (size_t)part;
	}
	close(f);
	*bytes = (str){p, got};
	return p && got == n;
}

/* ---- the sweep ---- */

struct sweep {
	struct kernel *k;
	dbc *db;
	arena *a;
	instant before; /* what is younger stays */
	int64_t removed, kept;
};

/* Named by an event, and readable: not the rest of an erased person. */
static bool wanted(struct sweep *s, const char *two, const char *rest)
{
	rows *r = db_query(s->db, &sql_file_key, D_TEXT(str_fmt(s->a, "%s%s", two, rest)));
	bool yes = db_next(r) && !db_is_null(r, 1);
	db_done(r);
	return yes || db_error(s->db);
}

static void sweep_folder(struct sweep *s, const char *two)
{
	DIR *d = opendir(folder(s->k, s->a, two));
	if (!d)
		return;
	for (struct dirent *e; (e = readdir(d));) {
		struct stat st;
		if (*e->d_name == '.' || fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0 ||
		    !S_ISREG(st.st_mode))
			continue;
		if (st.st_mtim.tv_sec * SECOND < s->before && !wanted(s, two, e->d_name) &&
		    unlinkat(dirfd(d), e->d_name, 0) == 0)
			s->removed++;
		else
			s->kept++;
	}
	closedir(d);
}

err files_sweep(struct kernel *k, arena *a, int64_t *removed)
{
	struct sweep s = {k, db_reader(k->db), a, kernel_now(k) - FILE_ORPHAN_AGE, 0, 0};
	char two[3];
	for (int i = 0; i < 256 && !db_error(s.db); i++) {
		snprintf(two, sizeof two, "%02x", (unsigned)i);
		sweep_folder(&s, two);
	}
	err e = db_error(s.db);
	db_clear(s.db);
	db_reader_return(s.db);
	log_event(LOG_INFO, "files.swept", L_INT("removed", s.removed), L_INT("kept", s.kept));
	*removed = s.removed;
	return e;
}
