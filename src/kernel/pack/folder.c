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

/* ---- decisions that services share ---- */

static const str *bytes_of(const struct pack_source *s, size_t n, str path)
{
	struct pack_source_file key = {.path = path},
	                        *f = n ? bsearch(&key, s->files, n, sizeof key, by_path) : NULL;
	return f ? &f->bytes : NULL;
}

/* Puts one file of the decision into the service's folder, under the name it has there. */
static err share_file(struct reading *r, size_t n, str service, str path, str folder,
                      const json *about, const json *use, const char *member)
{
	str name = json_str(use, member);
	str to = str_fmt(r->a, "%.*s%.*s", STRF(service), STRF(name));
	const str *bytes =
	    bytes_of(r->out, n, str_fmt(r->a, "%.*s%.*s", STRF(folder), STRF(json_str(about, member))));
	if (!name.n || !bytes) /* told by the check, which wants the file */
		return OK;
	if (bytes_of(r->out, n, to))
		return refuse(r, path, "pack.decision.shared", "Remove the file, or \"shared\".",
		              "a shared decision's file stands in the service's folder too");
	for (size_t i = n; i < r->out->n; i++)
		if (str_eq(r->out->files[i].path, to))
			return OK; /* two decisions of the same table */
	if (r->out->n == PACK_MAX_FILES || bytes->n > PACK_MAX_BYTES - r->bytes)
		return refuse(r, path, "pack.folder.size", "Is this the folder of a pack?",
		              "the pack has too many files, or they are too large");
	r->bytes += bytes->n;
	r->out->files[r->out->n++] = (struct pack_source_file){to, *bytes};
	return OK;
}

static err share_decision(struct reading *r, size_t n, str service, str path, const json *use)
{
	str id = json_str(use, "shared");
	str folder = str_fmt(r->a, "decisions/%.*s/", STRF(id));
	const str *text = bytes_of(r->out, n, str_fmt(r->a, "%.*sdecision.json", STRF(folder)));
	const json *about = text ? json_parse(r->a, *text, NULL) : NULL;
	if (!about)
		return refuse(r, path, "pack.decision.shared", "\"shared\" is a folder of decisions/.",
		              str_c(r->a, str_fmt(r->a, "the pack has no decision \"%.*s\"", STRF(id))));
	err e = share_file(r, n, service, path, folder, about, use, "file");
	return e ? e : share_file(r, n, service, path, folder, about, use, "tests");
}

/* A service that names a decision of the pack gets the decision's files into its own folder
 * here, once: its hash, its versions, and what cases keep of it then hold them as they hold
 * the service's own. */
static err share_decisions(struct reading *r)
{
	size_t n = r->out->n;
	for (size_t i = 0; i < n; i++) {
		str path = r->out->files[i].path;
		if (!str_starts(path, STR("services/")) || !str_ends(path, STR("/service.json")))
			continue;
		str service = str_sub(path, 0, path.n - STR("service.json").n);
		const json *all = json_get(json_parse(r->a, r->out->files[i].bytes, NULL), "decisions");
		for (const json *use = all ? all->first : NULL; use; use = use->next) {
			err e = json_get(use, "shared") ? share_decision(r, n, service, path, use) : OK;
			if (e)
				return e;
		}
	}
	return OK;
}

static void by_name(struct pack_source *s)
{
	if (s->n)
		qsort(s->files, s->n, sizeof *s->files, by_path);
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
	if (e == OK) {
		by_name(out);
		e = share_decisions(&r);
		by_name(out);
	}
	d->file = file;
	return e;
}
