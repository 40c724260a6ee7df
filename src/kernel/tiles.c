/*
 * tiles.c - the tree as files that any verifier of C2SP tlog-tiles reads:
 *     checkpoint
 *     tile/LEVEL/N         256 hashes; N in groups of three digits, "x001/234"
 *     tile/LEVEL/N.p/W     the last of a level, its W hashes
 *     tile/entries/N       the same cut of the entries, each after its length
 * A hash of level L is the root of 256^L leaves. A tile never changes once whole,
 * so a web server may hand the folder out and caches may keep it for ever.
 */
#include "kernel/head.h"
#include "kernel/seal.h"
#include "kernel/statements.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define WIDTH         256
#define LEVELS        8
#define SCRATCH_BYTES ((size_t)8 * 1024 * 1024)
#define BUNDLE_BYTES  ((size_t)WIDTH * (JOURNAL_ENTRY_MAX_BYTES + 2))

struct level {
	hash256 hash[WIDTH];
	int n;
	int64_t tile; /* number of the one being filled */
};

struct tiling {
	str folder;
	arena *scratch;      /* for one record */
	buf bundle;          /* entries of the tile being filled */
	bool entries;
	struct level level[LEVELS];
	struct tiles_report *out;
};

/* Makes the folders above a file. */
static bool folders_make(char *path)
{
	for (char *p = path + 1; *p; p++) {
		if (*p != '/')
			continue;
		*p = 0;
		bool there = mkdir(path, 0755) == 0 || errno == EEXIST;
		*p = '/';
		if (!there)
			return false;
	}
	return true;
}

static bool file_write(struct tiling *t, str name, str bytes)
{
	char *path = (char *)str_fmt(t->scratch, "%.*s/%.*s", STRF(t->folder), STRF(name)).p;
	char *aside = (char *)str_fmt(t->scratch, "%s.new", path ? path : "").p;
	if (!path || !aside || !folders_make(path))
		return false;
	FILE *f = fopen(aside, "we");
	bool ok = f && fwrite(bytes.p, 1, bytes.n, f) == bytes.n;
	ok = (!f || fclose(f) == 0) && ok && rename(aside, path) == 0;
	t->out->files += ok;
	return ok;
}

/* "tile/LEVEL/x001/x234/067", and ".p/W" when less than WIDTH wide. */
static str tile_name(arena *a, const char *level, int64_t n, int width)
{
	str path = str_fmt(a, "%03lld", (long long)(n % 1000));
	for (int64_t rest = n / 1000; rest; rest /= 1000)
		path = str_fmt(a, "x%03lld/%.*s", (long long)(rest % 1000), STRF(path));
	if (width < WIDTH)
		return str_fmt(a, "tile/%s/%.*s.p/%d", level, STRF(path), width);
	return str_fmt(a, "tile/%s/%.*s", level, STRF(path));
}

static hash256 root_of(const hash256 *h, int n)
{
	if (n == 1)
		return h[0];
	return hash_node(root_of(h, n / 2), root_of(h + n / 2, n / 2));
}

static bool tile_write(struct tiling *t, int level)
{
	struct level *l = &t->level[level];
	const char *dir = str_fmt(t->scratch, "%d", level).p;
	return file_write(t, tile_name(t->scratch, dir, l->tile, l->n),
	                  (str){(const char *)l->hash, (size_t)l->n * sizeof(hash256)});
}

static bool bundle_write(struct tiling *t, int width)
{
	if (!t->entries)
		return true;
	bool ok = !t->bundle.over && file_write(t, tile_name(t->scratch, "entries", t->level[0].tile, width),
	                                        buf_str(&t->bundle));
	t->bundle.n = 0;
	return ok;
}

/* A whole tile is written, and its root is a hash of the level above. */
static bool hash_add(struct tiling *t, int level, hash256 h)
{
	struct level *l = &t->level[level];
	l->hash[l->n++] = h;
	if (l->n < WIDTH)
		return true;
	if (!tile_write(t, level) || (level == 0 && !bundle_write(t, WIDTH)))
		return false;
	h = root_of(l->hash, WIDTH);
	l->n = 0;
	l->tile++;
	return level + 1 == LEVELS || hash_add(t, level + 1, h);
}

static bool entry_add(struct tiling *t, const struct journal_row *row)
{
	if (t->entries) {
		str entry = journal_entry(t->scratch, &row->e, row->data, row->sealed);
		buf_putc(&t->bundle, (char)(entry.n >> 8));
		buf_putc(&t->bundle, (char)(entry.n & 255));
		buf_put(&t->bundle, entry);
	}
	return hash_add(t, 0, row->leaf);
}

static bool rest_write(struct tiling *t)
{
	for (int i = 0; i < LEVELS; i++)
		if (t->level[i].n && !tile_write(t, i))
			return false;
	return !t->level[0].n || bundle_write(t, t->level[0].n);
}

static err all_write(struct tiling *t, dbc *c, int64_t size)
{
	err e = OK;
	rows *r = db_query(c, &sql_journal_range, D_INT(1), D_INT(size));
	while (e == OK && db_next(r)) {
		struct journal_row row;
		arena_reset(t->scratch);
		if (!journal_row_read(r, &row) || row.e.seq != t->out->size + 1)
			e = ERR_journal_broken;
		else if (!entry_add(t, &row))
			e = ERR_unavailable;
		t->out->size++;
	}
	db_done(r);
	if (db_error(c) != OK)
		return db_error(c);
	if (e == OK && t->out->size != size)
		return ERR_journal_broken;
	return e ? e : rest_write(t) ? OK : ERR_unavailable;
}

static err tiles_below(struct tiling *t, dbc *c, arena *a)
{
	rows *r = db_query_args(c, &sql_checkpoint_last, NULL, 0);
	bool any = db_next(r);
	int64_t size = any ? db_int(r, 0) : 0;
	str note = any ? str_dup(a, db_text(r, 3)) : (str){0};
	db_done(r);
	if (!any)
		return db_error(c) ? db_error(c) : ERR_not_found;
	err e = all_write(t, c, size);
	/* Last, so that a reader never sees a checkpoint without its tiles. */
	if (e == OK && !file_write(t, STR("checkpoint"), note))
		e = ERR_unavailable;
	return e;
}

err journal_tiles(struct kernel *k, arena *a, str folder, bool entries, struct tiles_report *out)
{
	*out = (struct tiles_report){0};
	struct tiling *t = NEW(a, struct tiling);
	arena *scratch = arena_create(SCRATCH_BYTES);
	if (!t || !scratch) {
		arena_destroy(scratch);
		return ERR_out_of_memory;
	}
	*t = (struct tiling){.folder = folder, .scratch = scratch, .entries = entries, .out = out};
	t->bundle = buf_make(a, entries ? BUNDLE_BYTES : 1);
	dbc *c = db_reader(k->db);
	db_snapshot(c);
	err e = tiles_below(t, c, a);
	db_snapshot_end(c);
	db_reader_return(c);
	arena_destroy(scratch);
	return e;
}
