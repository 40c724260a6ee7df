#include "kernel/errors.h"
#include "kernel/pack/pack_in.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOLDER_DEPTH 4

struct reading {
	arena *a;
	struct diags *d;
	struct pack_source *out;
	size_t bytes;
};

static err refuse(struct reading *r, str path, const char *rule, const char *hint, const char *what)
{
	r->d->file = path;
	diags_add(r->d, DIAG_ERROR, rule, 1, 1, "%s", what)->hint = str_of(hint);
	return ERR_pack_invalid;
}

static err read_file(struct reading *r, int dir, const char *name, str path, size_t size)
{
	if (r->out->n == PACK_MAX_FILES || size > PACK_MAX_BYTES - r->bytes)
		return refuse(r, path, "pack.folder.size", "Is this the folder of a pack?",
		              "the pack has too many files, or they are too large");
	int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	char *p = NEWN(r->a, char, size + 1);
	size_t n = 0;
	while (fd >= 0 && n < size) {
		ssize_t got = read(fd, p + n, size - n);
		if (got <= 0 && !(got < 0 && errno == EINTR))
			break;
		n += got > 0 ? (size_t)got : 0;
	}
	if (fd >= 0)
		close(fd);
	if (fd < 0 || n != size)
		return refuse(r, path, "pack.folder.read", "Look at the file's permissions.",
		              "the file cannot be read");
	r->bytes += size;
	r->out->files[r->out->n++] = (struct pack_source_file){path, {p, size}};
	return OK;
}

static err read_folder(struct reading *r, int fd, str prefix, int depth);

static err read_entry(struct reading *r, int dir, const char *name, str path, int depth)
{
	struct stat st;
	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW))
		return refuse(r, path, "pack.folder.read", "Look at the file's permissions.",
		              "the file cannot be read");
	if (S_ISREG(st.st_mode))
		return read_file(r, dir, name, path, (size_t)st.st_size);
	if (!S_ISDIR(st.st_mode))
		return refuse(r, path, "pack.folder.link", "Put the file itself there.",
		              "a pack holds files and folders only, no links");
	if (depth == FOLDER_DEPTH)
		return refuse(r, path, "pack.folder.deep", "See packs/README.md for the layout.",
		              "the folders are nested too deeply");
	int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return refuse(r, path, "pack.folder.read", "Look at the folder's permissions.",
		              "the folder cannot be read");
	return read_folder(r, fd, str_cat(r->a, path, STR("/")), depth + 1);
}

/* Takes `fd` over. Hidden names (of editors and version control) are no part. */
static err read_folder(struct reading *r, int fd, str prefix, int depth)
{
	DIR *d = fdopendir(fd);
	err e = OK;
	if (!d) {
		close(fd);
		return ERR_internal;
	}
	for (struct dirent *x; e == OK && (x = readdir(d));) {
		str path = str_cat(r->a, prefix, str_of(x->d_name));
		if (x->d_name[0] != '.')
			e = read_entry(r, dirfd(d), str_c(r->a, str_of(x->d_name)), path, depth);
	}
	closedir(d);
	return e;
}

static int by_path(const void *x, const void *y)
{
	return str_cmp(((const struct pack_source_file *)x)->path,
	               ((const struct pack_source_file *)y)->path);
}

err pack_read_folder(arena *a, const char *path, struct pack_source *out, struct diags *d)
{
	struct reading r = {.a = a, .d = d, .out = out};
	str file = d->file;
	*out = (struct pack_source){.files = NEWN(a, struct pack_source_file, PACK_MAX_FILES)};
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	err e = fd < 0 ? refuse(&r, str_dup(a, str_of(path)), "pack.folder.read",
	                        "Name the folder that holds pack.json.", strerror(errno))
	               : read_folder(&r, fd, (str){0}, 1);
	if (e == OK && out->n)
		qsort(out->files, out->n, sizeof *out->files, by_path);
	d->file = file;
	return e;
}
