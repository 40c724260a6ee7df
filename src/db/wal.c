#include "db/wal.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- writes gathered ---- */

/* What SQLite's own VFS writes in one call at most. */
#define GATHER_BYTES ((size_t)0x1ffff)

struct log_file {
	sqlite3_file base;
	char *gathered; /* GATHER_BYTES, from the first write on */
	size_t n;
	sqlite3_int64 at;   /* where they belong */
	sqlite3_file *real; /* behind this struct */
	const char *name;
	int fd;               /* for syncs that were put off; -1: none yet */
	bool defer, deferred; /* see wal_defer */
};

static struct log_file *of(sqlite3_file *f)
{
	return (struct log_file *)(void *)f;
}

static int put(struct log_file *l)
{
	size_t n = l->n;
	l->n = 0; /* also when it fails: SQLite gives the transaction up */
	return n ? l->real->pMethods->xWrite(l->real, l->gathered, (int)n, l->at) : SQLITE_OK;
}

static int log_write(sqlite3_file *f, const void *bytes, int n, sqlite3_int64 at)
{
	struct log_file *l = of(f);
	if (!l->gathered)
		l->gathered = malloc(GATHER_BYTES);
	if (l->n && (at != l->at + (sqlite3_int64)l->n || l->n + (size_t)n > GATHER_BYTES)) {
		int rc = put(l);
		if (rc != SQLITE_OK)
			return rc;
	}
	if (!l->gathered || (size_t)n > GATHER_BYTES)
		return l->real->pMethods->xWrite(l->real, bytes, n, at);
	if (!l->n)
		l->at = at;
	memcpy(l->gathered + l->n, bytes, (size_t)n);
	l->n += (size_t)n;
	return SQLITE_OK;
}

static int log_close(sqlite3_file *f)
{
	struct log_file *l = of(f);
	int rc = put(l), closed = l->real->pMethods->xClose(l->real);
	free(l->gathered);
	if (l->fd >= 0)
		close(l->fd); /* drops no lock: SQLite takes none on this file */
	return rc ? rc : closed;
}

static int log_read(sqlite3_file *f, void *to, int n, sqlite3_int64 at)
{
	int rc = put(of(f));
	return rc ? rc : of(f)->real->pMethods->xRead(of(f)->real, to, n, at);
}

static int log_truncate(sqlite3_file *f, sqlite3_int64 size)
{
	int rc = put(of(f));
	return rc ? rc : of(f)->real->pMethods->xTruncate(of(f)->real, size);
}

static int log_sync(sqlite3_file *f, int flags)
{
	struct log_file *l = of(f);
	int rc = put(l);
	if (rc == SQLITE_OK && l->defer && flags == SQLITE_SYNC_NORMAL) {
		l->deferred = true;
		return SQLITE_OK;
	}
	return rc ? rc : l->real->pMethods->xSync(l->real, flags);
}

static int log_size(sqlite3_file *f, sqlite3_int64 *size)
{
	int rc = put(of(f));
	return rc ? rc : of(f)->real->pMethods->xFileSize(of(f)->real, size);
}

static int log_lock(sqlite3_file *f, int how)
{
	return of(f)->real->pMethods->xLock(of(f)->real, how);
}

static int log_unlock(sqlite3_file *f, int how)
{
	return of(f)->real->pMethods->xUnlock(of(f)->real, how);
}

static int log_reserved(sqlite3_file *f, int *out)
{
	return of(f)->real->pMethods->xCheckReservedLock(of(f)->real, out);
}

static int log_control(sqlite3_file *f, int op, void *arg)
{
	return of(f)->real->pMethods->xFileControl(of(f)->real, op, arg);
}

static int log_sector(sqlite3_file *f)
{
	return of(f)->real->pMethods->xSectorSize(of(f)->real);
}

static int log_traits(sqlite3_file *f)
{
	return of(f)->real->pMethods->xDeviceCharacteristics(of(f)->real);
}

static const sqlite3_io_methods log_methods = {
    .iVersion = 1, /* the log is neither mapped nor does it lock by shared memory */
    .xClose = log_close,
    .xRead = log_read,
    .xWrite = log_write,
    .xTruncate = log_truncate,
    .xSync = log_sync,
    .xFileSize = log_size,
    .xLock = log_lock,
    .xUnlock = log_unlock,
    .xCheckReservedLock = log_reserved,
    .xFileControl = log_control,
    .xSectorSize = log_sector,
    .xDeviceCharacteristics = log_traits,
};

static sqlite3_vfs *plain(sqlite3_vfs *v)
{
	return v->pAppData;
}

static int vfs_open(sqlite3_vfs *v, const char *name, sqlite3_file *f, int flags, int *out)
{
	if (!(flags & SQLITE_OPEN_WAL))
		return plain(v)->xOpen(plain(v), name, f, flags, out);
	struct log_file *l = of(f);
	*l = (struct log_file){.real = (sqlite3_file *)(void *)(l + 1), .name = name, .fd = -1};
	l->real->pMethods = NULL;
	int rc = plain(v)->xOpen(plain(v), name, l->real, flags, out);
	if (l->real->pMethods) /* then SQLite closes it, also after an error */
		f->pMethods = &log_methods;
	return rc;
}

static sqlite3_vfs gathering;

static void register_vfs(void)
{
	sqlite3_vfs *v = sqlite3_vfs_find(NULL);
	if (!v)
		return;
	gathering = *v; /* all else is the plain one's, which asks for no state of its own */
	gathering.zName = "diwan";
	gathering.szOsFile = v->szOsFile + (int)sizeof(struct log_file);
	gathering.pAppData = v;
	gathering.xOpen = vfs_open;
	gathering.pNext = NULL;
	if (sqlite3_vfs_register(&gathering, 0) != SQLITE_OK)
		gathering.zName = NULL;
}

const char *wal_vfs(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_once(&once, register_vfs);
	return gathering.zName;
}

/* ---- syncs put off ---- */

struct log_file *wal_log(sqlite3 *h)
{
	sqlite3_file *f = NULL;
	int rc = sqlite3_file_control(h, "main", SQLITE_FCNTL_JOURNAL_POINTER, &f);
	return rc == SQLITE_OK && f && f->pMethods == &log_methods ? of(f) : NULL;
}

/* A descriptor of its own: SQLite's is for one thread. */
bool wal_defer(struct log_file *l)
{
	if (l->fd < 0)
		l->fd = open(l->name, O_RDONLY | O_CLOEXEC);
	l->deferred = false;
	l->defer = l->fd >= 0;
	return l->defer;
}

bool wal_deferred(struct log_file *l)
{
	l->defer = false;
	return l->deferred;
}

bool wal_sync(const struct log_file *l)
{
	return fdatasync(l->fd) == 0;
}

/* ---- folding ---- */

#define FOLD_PAGES 4000 /* of 8 KiB: the log's size from which it is folded in */
#define FOLD_REST  600  /* few enough for the writer to fold between two commits */
#define FOLD_TURNS 2    /* then the writer folds whatever is left */

struct folder {
	sqlite3 *writer, *own;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool running, stopping, asked;
	int pages;   /* in the log, after the last commit */
	bool finish; /* the writer is asked to fold the rest */
};

static void fold_own(struct folder *f)
{
	for (int turn = 1; turn <= FOLD_TURNS; turn++) {
		int in_log = 0, folded = 0;
		if (sqlite3_wal_checkpoint_v2(f->own, NULL, SQLITE_CHECKPOINT_PASSIVE, &in_log, &folded))
			return; /* the next commit asks again */
		pthread_mutex_lock(&f->lock);
		int left = f->pages - folded;
		bool over = f->stopping || left <= FOLD_REST || turn == FOLD_TURNS;
		f->finish = over && left > 0;
		pthread_mutex_unlock(&f->lock);
		if (over)
			return;
	}
}

static void *fold_work(void *ctx)
{
	struct folder *f = ctx;
	pthread_mutex_lock(&f->lock);
	while (!f->stopping) {
		if (!f->asked) {
			pthread_cond_wait(&f->wake, &f->lock);
			continue;
		}
		f->asked = false;
		pthread_mutex_unlock(&f->lock);
		fold_own(f);
		pthread_mutex_lock(&f->lock);
	}
	pthread_mutex_unlock(&f->lock);
	return NULL;
}

/* The same file and settings that say how it is synced. */
static bool fold_connect(struct folder *f)
{
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;
	const char *path = sqlite3_db_filename(f->writer, "main");
	return path && *path && sqlite3_open_v2(path, &f->own, flags, wal_vfs()) == SQLITE_OK &&
	       sqlite3_exec(f->own,
	                    "PRAGMA synchronous=FULL; PRAGMA checkpoint_fullfsync=ON;"
	                    "PRAGMA wal_autocheckpoint=0;"
	                    "PRAGMA trusted_schema=OFF; SELECT 1 FROM sqlite_schema",
	                    NULL, NULL, NULL) == SQLITE_OK;
}

/* Most programs never write so much that there is something to fold. */
static bool fold_begin(struct folder *f)
{
	if (f->running)
		return true;
	if (!f->own && !fold_connect(f)) {
		sqlite3_close(f->own);
		f->own = NULL;
		return false;
	}
	f->running = pthread_create(&f->thread, NULL, fold_work, f) == 0;
	if (f->running)
		pthread_setname_np(f->thread, "log");
	return f->running;
}

/* After each commit, in the writer's thread. */
static int committed(void *ctx, sqlite3 *h, const char *database, int pages)
{
	struct folder *f = ctx;
	(void)database;
	pthread_mutex_lock(&f->lock);
	bool self = f->finish || (pages >= FOLD_PAGES && !fold_begin(f));
	f->pages = pages;
	f->finish = false;
	f->asked = !self && pages >= FOLD_PAGES;
	if (f->asked)
		pthread_cond_signal(&f->wake);
	pthread_mutex_unlock(&f->lock);
	if (self)
		sqlite3_wal_checkpoint_v2(h, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
	return SQLITE_OK;
}

struct folder *wal_fold_start(sqlite3 *h)
{
	struct folder *f = calloc(1, sizeof *f);
	if (!f)
		return NULL;
	f->writer = h;
	pthread_mutex_init(&f->lock, NULL);
	pthread_cond_init(&f->wake, NULL);
	sqlite3_wal_hook(h, committed, f);
	return f;
}

void wal_fold_stop(struct folder *f)
{
	if (!f)
		return;
	sqlite3_wal_hook(f->writer, NULL, NULL);
	pthread_mutex_lock(&f->lock);
	f->stopping = true;
	pthread_cond_signal(&f->wake);
	pthread_mutex_unlock(&f->lock);
	if (f->running)
		pthread_join(f->thread, NULL);
	sqlite3_close(f->own);
	pthread_mutex_destroy(&f->lock);
	pthread_cond_destroy(&f->wake);
	free(f);
}
