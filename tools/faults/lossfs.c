/*
 * lossfs LIVE DURABLE MOUNT KEEP SEED: a file system over two folders that forgets, at a
 * power cut, what was not synced (FUSE). Programs see LIVE. DURABLE is what the disk
 * would have: a write gets there only by fsync, fdatasync or O_SYNC. SIGUSR2 is the cut:
 * of every write since the last sync each sector of 512 bytes is kept with probability
 * KEEP, in order, so that pages are torn and later writes overtake earlier ones; then the
 * program ends, and DURABLE can be looked at. LIVE and DURABLE must begin equal.
 *
 * Names: mkdir, rename and unlink are kept in order and at once, as a file system with a
 * journal keeps them. A new file's name is kept when the file or its folder is synced,
 * and else by chance. More than UNSYNCED_MAX bytes of a file are written back, oldest
 * first, as a kernel does on its own.
 *
 * One thread serves requests (-s); the lock is for the thread that waits for the cut.
 */
#define FUSE_USE_VERSION 31
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fuse3/fuse.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define SECTOR       512
#define UNSYNCED_MAX ((size_t)64 * 1024 * 1024)
#define OPEN_FILES   20000

/* A change that the disk may not have: bytes at a place, or a new length. */
struct change {
	struct change *next;
	off_t at;
	size_t n;
	bool length;
	char bytes[];
};

struct file {
	struct file *next;
	ino_t ino; /* in LIVE */
	int durable;
	int opened;
	bool fresh; /* its name may be lost */
	size_t unsynced;
	struct change *first, **last;
	char path[PATH_MAX];
};

struct handle {
	int live;
	struct file *f;
};

static const char *live_dir, *durable_dir;
static double keep;
static struct file *files;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static const char *place(char *out, const char *dir, const char *path)
{
	snprintf(out, PATH_MAX, "%s%s", dir, path);
	return out;
}

#define LIVE(path)    place((char[PATH_MAX]){0}, live_dir, path)
#define DURABLE(path) place((char[PATH_MAX]){0}, durable_dir, path)

static void *must(void *p)
{
	if (!p)
		abort();
	return p;
}

/* ---- changes ---- */

static void put(int fd, const char *p, size_t n, off_t at)
{
	while (n) {
		ssize_t done = pwrite(fd, p, n, at);
		if (done <= 0)
			abort(); /* the disk below is full: nothing that follows would mean anything */
		p += done;
		at += done;
		n -= (size_t)done;
	}
}

static void change_apply(struct file *f, const struct change *c)
{
	if (!c->length)
		put(f->durable, c->bytes, c->n, c->at);
	else if (ftruncate(f->durable, c->at) != 0)
		abort();
}

static struct change *change_take(struct file *f)
{
	struct change *c = f->first;
	f->first = c->next;
	if (!f->first)
		f->last = &f->first;
	f->unsynced -= c->n;
	return c;
}

static void change_add(struct file *f, bool length, const char *p, size_t n, off_t at)
{
	struct change *c = must(malloc(sizeof *c + n));
	*c = (struct change){.at = at, .n = n, .length = length};
	if (n)
		memcpy(c->bytes, p, n);
	*f->last = c;
	f->last = &c->next;
	f->unsynced += n;
	while (f->unsynced > UNSYNCED_MAX) {
		c = change_take(f);
		change_apply(f, c);
		free(c);
	}
}

static void file_sync(struct file *f)
{
	f->fresh = false;
	while (f->first) {
		struct change *c = change_take(f);
		change_apply(f, c);
		free(c);
	}
}

static void file_cut(struct file *f)
{
	for (struct change *c = f->first; c; c = c->next) {
		if (c->length && drand48() < keep)
			change_apply(f, c);
		for (size_t i = 0; i < c->n; i += SECTOR)
			if (drand48() < keep)
				put(f->durable, c->bytes + i, c->n - i < SECTOR ? c->n - i : SECTOR,
				    c->at + (off_t)i);
	}
	if (f->fresh && drand48() >= keep)
		unlink(DURABLE(f->path));
}

/* ---- files ---- */

static struct file *file_of(int live, const char *path)
{
	struct stat st;
	if (fstat(live, &st) != 0)
		abort();
	for (struct file *f = files; f; f = f->next)
		if (f->ino == st.st_ino)
			return f;
	struct file *f = must(calloc(1, sizeof *f));
	f->ino = st.st_ino;
	f->last = &f->first;
	f->durable = open(DURABLE(path), O_RDWR | O_CREAT, st.st_mode & 07777);
	if (f->durable < 0)
		abort();
	if (fchown(f->durable, st.st_uid, st.st_gid) != 0)
		abort();
	snprintf(f->path, sizeof f->path, "%s", path);
	f->next = files;
	files = f;
	return f;
}

/* Nobody has it open and the disk has all of it (or it has no name any more). */
static void file_forget(struct file *f)
{
	struct file **at = &files;
	if (f->opened || f->fresh || f->first)
		return;
	while (*at != f)
		at = &(*at)->next;
	*at = f->next;
	close(f->durable);
	free(f);
}

static void handle_open(struct fuse_file_info *fi, int live, const char *path, bool fresh)
{
	struct handle *h = must(calloc(1, sizeof *h));
	pthread_mutex_lock(&lock);
	h->live = live;
	h->f = file_of(live, path);
	h->f->opened++;
	h->f->fresh |= fresh;
	pthread_mutex_unlock(&lock);
	fi->fh = (uintptr_t)h;
}

static struct handle *handle_of(const struct fuse_file_info *fi)
{
	return (struct handle *)(uintptr_t)fi->fh; // NOLINT: what handle_open put there
}

/* The file without its name: what was not synced is nobody's concern. */
static void name_gone(const char *path)
{
	struct stat st;
	if (lstat(LIVE(path), &st) != 0 || st.st_nlink > 1)
		return;
	for (struct file *f = files; f; f = f->next)
		if (f->ino == st.st_ino) {
			file_sync(f);
			file_forget(f);
			return;
		}
}

/* ---- what FUSE asks ---- */

static int answer(int result)
{
	return result < 0 ? -errno : result;
}

static int do_getattr(const char *path, struct stat *st, struct fuse_file_info *fi)
{
	return answer(fi ? fstat(handle_of(fi)->live, st) : lstat(LIVE(path), st));
}

static int do_readdir(const char *path, void *out, fuse_fill_dir_t fill, off_t at,
                      struct fuse_file_info *fi, enum fuse_readdir_flags flags)
{
	DIR *d = opendir(LIVE(path));
	struct dirent *e;
	(void)at, (void)fi, (void)flags;
	if (!d)
		return -errno;
	while ((e = readdir(d)))
		fill(out, e->d_name, NULL, 0, 0);
	closedir(d);
	return 0;
}

static int do_mkdir(const char *path, mode_t mode)
{
	const struct fuse_context *c = fuse_get_context();
	if (mkdir(LIVE(path), mode) != 0)
		return -errno;
	if (lchown(LIVE(path), c->uid, c->gid) != 0 || mkdir(DURABLE(path), mode) != 0 ||
	    lchown(DURABLE(path), c->uid, c->gid) != 0)
		abort();
	return 0;
}

static int do_rmdir(const char *path)
{
	if (rmdir(LIVE(path)) != 0)
		return -errno;
	rmdir(DURABLE(path));
	return 0;
}

static int do_unlink(const char *path)
{
	pthread_mutex_lock(&lock);
	name_gone(path);
	int r = answer(unlink(LIVE(path)));
	if (r == 0)
		unlink(DURABLE(path));
	pthread_mutex_unlock(&lock);
	return r;
}

static int do_rename(const char *from, const char *to, unsigned flags)
{
	if (flags)
		return -EINVAL;
	pthread_mutex_lock(&lock);
	name_gone(to);
	int r = answer(rename(LIVE(from), LIVE(to)));
	if (r == 0) {
		rename(DURABLE(from), DURABLE(to));
		for (struct file *f = files; f; f = f->next)
			if (strcmp(f->path, from) == 0)
				snprintf(f->path, sizeof f->path, "%s", to);
	}
	pthread_mutex_unlock(&lock);
	return r;
}

static int do_link(const char *from, const char *to)
{
	int r = answer(link(LIVE(from), LIVE(to)));
	if (r == 0)
		(void)!link(DURABLE(from), DURABLE(to));
	return r;
}

static int do_symlink(const char *target, const char *path)
{
	int r = answer(symlink(target, LIVE(path)));
	if (r == 0)
		(void)!symlink(target, DURABLE(path));
	return r;
}

static int do_readlink(const char *path, char *out, size_t n)
{
	ssize_t got = readlink(LIVE(path), out, n - 1);
	if (got < 0)
		return -errno;
	out[got] = 0;
	return 0;
}

static int do_chmod(const char *path, mode_t mode, struct fuse_file_info *fi)
{
	(void)fi;
	(void)!chmod(DURABLE(path), mode);
	return answer(chmod(LIVE(path), mode));
}

static int do_chown(const char *path, uid_t uid, gid_t gid, struct fuse_file_info *fi)
{
	(void)fi;
	(void)!lchown(DURABLE(path), uid, gid);
	return answer(lchown(LIVE(path), uid, gid));
}

static int do_utimens(const char *path, const struct timespec t[2], struct fuse_file_info *fi)
{
	(void)fi;
	return answer(utimensat(AT_FDCWD, LIVE(path), t, AT_SYMLINK_NOFOLLOW));
}

static int do_open(const char *path, struct fuse_file_info *fi)
{
	int flags = (fi->flags & ~(O_DIRECT | O_APPEND | O_ACCMODE)) |
	            ((fi->flags & O_ACCMODE) == O_RDONLY ? O_RDONLY : O_RDWR);
	int live = open(LIVE(path), flags);
	if (live < 0)
		return -errno;
	handle_open(fi, live, path, false);
	return 0;
}

static int do_create(const char *path, mode_t mode, struct fuse_file_info *fi)
{
	const struct fuse_context *c = fuse_get_context();
	int live = open(LIVE(path), O_RDWR | O_CREAT | (fi->flags & (O_EXCL | O_TRUNC)), mode);
	if (live < 0)
		return -errno;
	if (fchown(live, c->uid, c->gid) != 0)
		abort();
	handle_open(fi, live, path, true);
	return 0;
}

static int do_read(const char *path, char *p, size_t n, off_t at, struct fuse_file_info *fi)
{
	(void)path;
	return answer((int)pread(handle_of(fi)->live, p, n, at));
}

static int do_write(const char *path, const char *p, size_t n, off_t at, struct fuse_file_info *fi)
{
	struct handle *h = handle_of(fi);
	(void)path;
	pthread_mutex_lock(&lock);
	int r = answer((int)pwrite(h->live, p, n, at));
	if (r > 0)
		change_add(h->f, false, p, (size_t)r, at);
	if (fi->flags & (O_DSYNC | O_SYNC))
		file_sync(h->f);
	pthread_mutex_unlock(&lock);
	return r;
}

static int length(int live, struct file *f, off_t n)
{
	int r = answer(ftruncate(live, n));
	if (r == 0)
		change_add(f, true, NULL, 0, n);
	return r;
}

static int do_truncate(const char *path, off_t n, struct fuse_file_info *fi)
{
	int live = fi ? handle_of(fi)->live : open(LIVE(path), O_RDWR);
	if (live < 0)
		return -errno;
	pthread_mutex_lock(&lock);
	int r = length(live, fi ? handle_of(fi)->f : file_of(live, path), n);
	pthread_mutex_unlock(&lock);
	if (!fi)
		close(live);
	return r;
}

/* Only what makes a file longer: databases ask for no more. */
static int do_fallocate(const char *path, int mode, off_t at, off_t n, struct fuse_file_info *fi)
{
	struct handle *h = handle_of(fi);
	struct stat st;
	(void)path;
	if (mode != 0)
		return -EOPNOTSUPP;
	if (fstat(h->live, &st) != 0)
		return -errno;
	if (at + n <= st.st_size)
		return 0;
	pthread_mutex_lock(&lock);
	int r = length(h->live, h->f, at + n);
	pthread_mutex_unlock(&lock);
	return r;
}

static int do_fsync(const char *path, int only_data, struct fuse_file_info *fi)
{
	(void)path, (void)only_data;
	pthread_mutex_lock(&lock);
	file_sync(handle_of(fi)->f);
	pthread_mutex_unlock(&lock);
	return 0;
}

/* The names in it are kept, not what the files hold. */
static int do_fsyncdir(const char *path, int only_data, struct fuse_file_info *fi)
{
	size_t n = strcmp(path, "/") == 0 ? 0 : strlen(path);
	(void)only_data, (void)fi;
	pthread_mutex_lock(&lock);
	for (struct file *f = files; f; f = f->next)
		if (strncmp(f->path, path, n) == 0 && f->path[n] == '/' && !strchr(f->path + n + 1, '/'))
			f->fresh = false;
	pthread_mutex_unlock(&lock);
	return 0;
}

static int do_release(const char *path, struct fuse_file_info *fi)
{
	struct handle *h = handle_of(fi);
	(void)path;
	pthread_mutex_lock(&lock);
	h->f->opened--;
	file_forget(h->f);
	pthread_mutex_unlock(&lock);
	close(h->live);
	free(h);
	return 0;
}

static int do_statfs(const char *path, struct statvfs *s)
{
	return answer(statvfs(LIVE(path), s));
}

/* ---- the cut ---- */

static void *cut(void *ctx)
{
	int signal_number;
	sigwait(ctx, &signal_number);
	pthread_mutex_lock(&lock); /* for good: no sync is answered any more */
	for (struct file *f = files; f; f = f->next)
		file_cut(f);
	_exit(0);
}

static void *do_init(struct fuse_conn_info *c, struct fuse_config *k)
{
	static sigset_t set;
	pthread_t thread;
	(void)c;
	k->hard_remove = 1;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	pthread_create(&thread, NULL, cut, &set);
	return NULL;
}

static const struct fuse_operations operations = {
    .init = do_init,
    .getattr = do_getattr,
    .readdir = do_readdir,
    .mkdir = do_mkdir,
    .rmdir = do_rmdir,
    .unlink = do_unlink,
    .rename = do_rename,
    .link = do_link,
    .symlink = do_symlink,
    .readlink = do_readlink,
    .chmod = do_chmod,
    .chown = do_chown,
    .utimens = do_utimens,
    .open = do_open,
    .create = do_create,
    .read = do_read,
    .write = do_write,
    .truncate = do_truncate,
    .fallocate = do_fallocate,
    .fsync = do_fsync,
    .fsyncdir = do_fsyncdir,
    .release = do_release,
    .statfs = do_statfs,
};

int main(int argc, char **argv)
{
	const struct rlimit many = {OPEN_FILES, OPEN_FILES};
	sigset_t set;
	if (argc != 6) {
		fprintf(stderr, "usage: lossfs LIVE DURABLE MOUNT KEEP SEED\n");
		return 2;
	}
	live_dir = argv[1];
	durable_dir = argv[2];
	keep = strtod(argv[4], NULL);
	srand48(strtol(argv[5], NULL, 10));
	umask(0);
	setrlimit(RLIMIT_NOFILE, &many);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	/* As root for everybody: a server of PostgreSQL runs as a user of its own. */
	char *all[] = {argv[0], argv[3], "-f", "-s", "-o", getuid() ? "fsname=lossfs" : "allow_other"};
	return fuse_main(6, all, &operations, NULL);
}
