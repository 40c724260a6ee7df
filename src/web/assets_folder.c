/* assets_folder.c - an optional pack of scripts and styles beside the embedded ones. */
#include "web/assets.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEPTH_MAX 4

struct walk {
	struct assets *s;
	arena *a;
	str why;
};

static bool read_all(int fd, char *p, size_t n)
{
	size_t got = 0;
	while (got < n) {
		ssize_t more = read(fd, p + got, n - got);
		if (more <= 0)
			return false;
		got += (size_t)more;
	}
	return true;
}

static bool take_file(struct walk *w, int fd, size_t size, str name)
{
	char *p = NEWN(w->a, char, size + 1);
	if (size > ASSET_MAX_BYTES)
		w->why = str_fmt(w->a, "%.*s is larger than %zu MiB", STRF(name), ASSET_MAX_BYTES >> 20);
	else if (!read_all(fd, p, size))
		w->why = str_fmt(w->a, "%.*s: %s", STRF(name), strerror(errno));
	else if (!asset_add(w->s, w->a, name, (str){p, size}))
		w->why = str_fmt(w->a, "there are more than %d files", ASSETS_MAX);
	return !w->why.n;
}

static bool folder(struct walk *w, int fd, str name, int depth);

/* Symbolic links are not followed: what is served lies in the folder. */
static bool entry(struct walk *w, int at, const char *file, str name, int depth)
{
	struct stat st;
	int fd = openat(at, file, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &st) < 0) {
		w->why = str_fmt(w->a, "%.*s: %s", STRF(name), strerror(errno));
		if (fd >= 0)
			close(fd);
		return false;
	}
	if (S_ISDIR(st.st_mode) && depth < DEPTH_MAX)
		return folder(w, fd, name, depth + 1);
	bool good = !S_ISREG(st.st_mode) || take_file(w, fd, (size_t)st.st_size, name);
	close(fd);
	return good;
}

static bool folder(struct walk *w, int fd, str name, int depth)
{
	DIR *d = fdopendir(fd);
	bool good = d != NULL;
	if (!d)
		close(fd);
	for (struct dirent *x; good && (x = readdir(d));)
		if (x->d_name[0] != '.')
			good = entry(w, dirfd(d), x->d_name, str_fmt(w->a, "%.*s/%s", STRF(name), x->d_name),
			             depth);
	if (d)
		closedir(d);
	return good;
}

bool assets_add_folder(struct assets *s, arena *a, str path, str name, str *why)
{
	struct walk w = {.s = s, .a = a};
	int fd = open(str_c(a, path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool good = fd >= 0 && folder(&w, fd, name, 1);
	*why = w.why.n ? w.why : str_fmt(a, "%.*s: %s", STRF(path), strerror(errno));
	return good;
}
