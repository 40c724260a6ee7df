#include "app/copy.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define COPY_DEPTH 4

static bool pour(int in, int out)
{
	char piece[16384];
	ssize_t n;
	while ((n = read(in, piece, sizeof piece)) > 0)
		for (ssize_t done = 0; done < n;) {
			ssize_t w = write(out, piece + done, (size_t)(n - done));
			if (w < 0)
				return false;
			done += w;
		}
	return n == 0;
}

static bool copy_file(const char *from, const char *to, int64_t size)
{
	struct stat st;
	char part[PATH_MAX];
	if (stat(to, &st) == 0 && st.st_size == size)
		return true;
	if (snprintf(part, sizeof part, "%s.part", to) >= (int)sizeof part)
		return false;
	int in = open(from, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	int out = in < 0 ? -1 : open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	bool good = out >= 0 && pour(in, out) && fsync(out) == 0;
	if (in >= 0)
		close(in);
	if (out >= 0)
		good = close(out) == 0 && good;
	return good && rename(part, to) == 0;
}

static bool copy_level(const char *from, const char *to, int depth, struct copied *out)
{
	DIR *d = opendir(from);
	struct dirent *e;
	bool good = d || errno == ENOENT;
	if (!d)
		return good;
	good = mkdir(to, 0700) == 0 || errno == EEXIST;
	while (good && (e = readdir(d)) != NULL) {
		char source[PATH_MAX], target[PATH_MAX];
		struct stat st;
		if (e->d_name[0] == '.')
			continue;
		good = snprintf(source, sizeof source, "%s/%s", from, e->d_name) < (int)sizeof source &&
		       snprintf(target, sizeof target, "%s/%s", to, e->d_name) < (int)sizeof target &&
		       lstat(source, &st) == 0;
		if (good && S_ISDIR(st.st_mode) && depth < COPY_DEPTH) {
			good = copy_level(source, target, depth + 1, out);
		} else if (good && S_ISREG(st.st_mode)) {
			good = copy_file(source, target, st.st_size);
			out->files++;
			out->bytes += st.st_size;
		}
	}
	closedir(d);
	int fd = open(to, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	good = fd >= 0 && fsync(fd) == 0 && good;
	if (fd >= 0)
		close(fd);
	return good;
}

bool copy_tree(const char *from, const char *to, struct copied *out)
{
	return copy_level(from, to, 0, out);
}

bool write_whole(const char *path, str bytes)
{
	char part[PATH_MAX];
	if (snprintf(part, sizeof part, "%s.part", path) >= (int)sizeof part)
		return false;
	FILE *f = fopen(part, "wb");
	if (!f)
		return false;
	bool good =
	    fwrite(bytes.p, 1, bytes.n, f) == bytes.n && fflush(f) == 0 && fsync(fileno(f)) == 0;
	good = fclose(f) == 0 && good;
	return good && rename(part, path) == 0;
}

bool read_whole(arena *a, const char *path, size_t max, str *out)
{
	FILE *f = fopen(path, "rb");
	if (!f)
		return false;
	char *p = NEWN(a, char, max);
	*out = (str){p, fread(p, 1, max, f)};
	bool good = !ferror(f) && feof(f);
	fclose(f);
	return good;
}
