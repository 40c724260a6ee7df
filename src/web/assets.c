#include "web/compress.h"

#include "base/embed.h"

#include <openssl/sha.h>
#include <pthread.h>
#include <string.h>

#define HASH_HEX             12
#define COMPRESSED_BYTES_MAX ((size_t)8 * 1024 * 1024) /* of all assets together */

struct asset {
	str name, bytes, hash, etag;
	const char *type;
	str form[CODING_COUNT]; /* made on demand; empty: not yet, or not smaller */
	bool tried[CODING_COUNT];
};

struct assets {
	struct asset item[ASSETS_MAX];
	size_t n;
	arena *a; /* of the compressed forms */
	pthread_mutex_t lock;
};

static const struct {
	const char *ending, *type;
	bool text;
} types[] = {
    {".css", "text/css; charset=utf-8", true},
    {".js", "text/javascript; charset=utf-8", true},
    {".svg", "image/svg+xml", true},
    {".woff2", "font/woff2", false},
    {".png", "image/png", false},
    {".ico", "image/x-icon", false},
    {".json", "application/json", true},
    {".txt", "text/plain; charset=utf-8", true},
    {".webmanifest", "application/manifest+json", true},
};

static const char *type_of(str name, bool *text)
{
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (str_ends(name, str_of(types[i].ending))) {
			*text = types[i].text;
			return types[i].type;
		}
	*text = false;
	return "application/octet-stream";
}

bool asset_add(struct assets *s, arena *a, str name, str bytes)
{
	if (s->n == ASSETS_MAX)
		return false;
	struct asset *g = &s->item[s->n++];
	bool text;
	unsigned char h[SHA256_DIGEST_LENGTH];
	g->name = name;
	g->bytes = bytes;
	g->type = type_of(name, &text);
	g->tried[CODING_GZIP] = g->tried[CODING_BROTLI] = !text;
	SHA256((const unsigned char *)g->bytes.p, g->bytes.n, h);
	g->hash = str_hex(a, (str){(char *)h, HASH_HEX / 2});
	g->etag = str_fmt(a, "\"%.*s\"", STRF(g->hash));
	return true;
}

struct assets *assets_load(arena *a)
{
	struct assets *s = NEW(a, struct assets);
	s->a = arena_create(COMPRESSED_BYTES_MAX);
	if (!s->a)
		return NULL;
	pthread_mutex_init(&s->lock, NULL);
	for (size_t i = 0; i < embedded_count; i++) {
		str path = str_of(embedded_files[i].name), name = path, part;
		if (!str_starts(path, STR("ui/dist/")) && !str_starts(path, STR("ui/fonts/")))
			continue;
		str_cut(&name, '/', &part);
		str_cut(&name, '/', &part);
		asset_add(s, a, name,
		          (str){embedded_files[i].start,
		                (size_t)(embedded_files[i].end - embedded_files[i].start)});
	}
	return s;
}

void assets_free(struct assets *s)
{
	if (!s)
		return;
	pthread_mutex_destroy(&s->lock);
	arena_destroy(s->a);
}

static size_t named(const struct assets *s, str name)
{
	size_t i = 0;
	while (i < s->n && !str_eq(s->item[i].name, name))
		i++;
	return i;
}

/* Where the ending begins: "diwan.rtl.css" -> 9. */
static size_t ending(str name)
{
	size_t i = name.n;
	while (i && name.p[i - 1] != '.')
		i--;
	return i ? i - 1 : name.n;
}

bool asset_known(const struct assets *s, str name)
{
	return s && named(s, name) < s->n;
}

str asset_url(const struct assets *s, arena *a, const char *lang, str name)
{
	if (!s)
		return str_cat(a, STR(ASSETS_PREFIX), name);
	size_t dot = ending(name);
	str by_direction =
	    str_fmt(a, "%.*s.%s%.*s", (int)dot, name.p, strcmp(lang, "ar") == 0 ? "rtl" : "ltr",
	            STRF(str_sub(name, dot, name.n)));
	size_t i = named(s, by_direction);
	if (i == s->n)
		i = named(s, name);
	if (i == s->n)
		return str_cat(a, STR(ASSETS_PREFIX), name);
	str found = s->item[i].name;
	dot = ending(found);
	return str_fmt(a, ASSETS_PREFIX "%.*s.%.*s%.*s", (int)dot, found.p, STRF(s->item[i].hash),
	               STRF(str_sub(found, dot, found.n)));
}

/* "diwan.rtl.3f2a91c04d5e.css" -> "diwan.rtl.css" and the hash, if it has one. */
static bool split_hash(str name, arena *a, str *plain, str *hash)
{
	size_t dot = ending(name);
	if (dot < HASH_HEX + 1 || name.p[dot - HASH_HEX - 1] != '.')
		return false;
	*hash = str_sub(name, dot - HASH_HEX, dot);
	*plain = str_cat(a, str_sub(name, 0, dot - HASH_HEX - 1), str_sub(name, dot, name.n));
	return true;
}

static str compressed(struct assets *s, struct asset *g, enum coding c)
{
	pthread_mutex_lock(&s->lock);
	if (!g->tried[c]) {
		jmp_buf full;
		arena_guard(s->a, &full);
		g->tried[c] = true;
		if (setjmp(full) == 0 && !compress_bytes(s->a, c, EFFORT_BEST, g->bytes, &g->form[c]))
			g->form[c] = (str){0};
		arena_guard(s->a, NULL);
	}
	str form = g->form[c];
	pthread_mutex_unlock(&s->lock);
	return form;
}

bool asset_find(struct assets *s, str name, unsigned accepted, struct asset_content *out)
{
	if (!s || name.n > 128)
		return false;
	size_t i = named(s, name);
	bool immutable = false;
	if (i == s->n) {
		arena *a = arena_create(4096 * 8);
		str plain, hash;
		if (a && split_hash(name, a, &plain, &hash)) {
			i = named(s, plain);
			if (i < s->n && !str_eq(s->item[i].hash, hash))
				i = s->n;
			immutable = true;
		}
		arena_destroy(a);
	}
	if (i == s->n)
		return false;
	struct asset *g = &s->item[i];
	enum coding c = coding_best(accepted);
	str form = c == CODING_IDENTITY ? (str){0} : compressed(s, g, c);
	*out = (struct asset_content){form.n ? form : g->bytes, str_of(g->type), g->etag,
	                              form.n ? c : CODING_IDENTITY, immutable};
	return true;
}
