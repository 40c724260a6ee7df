#include "kernel/key_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <unistd.h>

bool key_file_read(const char *path, unsigned char *out, size_t n)
{
	int f = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (f < 0)
		return false;
	ssize_t got = read(f, out, n);
	close(f);
	return got == (ssize_t)n;
}

/* Written aside, synced, linked in place: link() refuses to replace. */
bool key_file_write(arena *a, str dir, const char *path, const unsigned char *bytes, size_t n)
{
	const char *aside = str_fmt(a, "%s.%d.new", path, (int)getpid()).p;
	int f = open(aside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (f < 0)
		return false;
	bool ok = write(f, bytes, n) == (ssize_t)n && fsync(f) == 0;
	ok = close(f) == 0 && ok;
	ok = ok && (link(aside, path) == 0 || errno == EEXIST);
	unlink(aside);
	int d = open(str_c(a, dir), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (d >= 0) {
		ok = fsync(d) == 0 && ok;
		close(d);
	}
	return ok;
}

bool key_file_get(arena *a, str dir, const char *name, unsigned char *key, size_t n)
{
	const char *path = str_fmt(a, "%.*s/%s", STRF(dir), name).p;
	if (key_file_read(path, key, n))
		return true;
	if (access(path, F_OK) == 0)
		return false; /* there, but unreadable or of another size */
	unsigned char fresh[KEY_FILE_MAX];
	if (n > sizeof fresh)
		return false;
	randombytes_buf(fresh, n);
	bool written = key_file_write(a, dir, path, fresh, n);
	sodium_memzero(fresh, sizeof fresh);
	return written && key_file_read(path, key, n);
}
