#include "web/compress.h"

#include <brotli/encode.h>
#include <zlib.h>

#define WINDOW_GZIP (15 + 16) /* zlib: 32 KiB, gzip wrapper */

static bool gzip(arena *a, enum effort e, str bytes, str *out)
{
	z_stream z = {0};
	int level = e == EFFORT_BEST ? Z_BEST_COMPRESSION : 4;
	if (deflateInit2(&z, level, Z_DEFLATED, WINDOW_GZIP, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		return false;
	size_t room = deflateBound(&z, bytes.n);
	char *p = NEWN(a, char, room);
	z.next_in = (unsigned char *)(uintptr_t)bytes.p;
	z.avail_in = (unsigned)bytes.n;
	z.next_out = (unsigned char *)p;
	z.avail_out = (unsigned)room;
	bool done = deflate(&z, Z_FINISH) == Z_STREAM_END;
	*out = (str){p, z.total_out};
	deflateEnd(&z);
	return done && out->n < bytes.n;
}

static bool brotli(arena *a, enum effort e, str bytes, str *out)
{
	size_t n = BrotliEncoderMaxCompressedSize(bytes.n);
	char *p = NEWN(a, char, n);
	int quality = e == EFFORT_BEST ? 9 : 4;
	if (!n || !BrotliEncoderCompress(quality, 18, BROTLI_MODE_TEXT, bytes.n,
	                                 (const uint8_t *)bytes.p, &n, (uint8_t *)p))
		return false;
	*out = (str){p, n};
	return n < bytes.n;
}

bool compress_bytes(arena *a, enum coding c, enum effort e, str bytes, str *out)
{
	if (c == CODING_GZIP)
		return gzip(a, e, bytes, out);
	return c == CODING_BROTLI && brotli(a, e, bytes, out);
}

/* "q=0" and "q=0.000" refuse; any other weight accepts. */
static bool refused(str parameters)
{
	for (str p; str_cut(&parameters, ';', &p);) {
		p = str_trim(p);
		if (p.n < 3 || (p.p[0] != 'q' && p.p[0] != 'Q') || p.p[1] != '=')
			continue;
		bool zero = true;
		for (size_t i = 2; i < p.n; i++)
			zero = zero && (p.p[i] == '0' || p.p[i] == '.');
		return zero;
	}
	return false;
}

unsigned coding_accepted(str header)
{
	unsigned set = 1u << CODING_IDENTITY;
	for (str part; str_cut(&header, ',', &part);) {
		str name;
		str_cut(&part, ';', &name);
		name = str_trim(name);
		if (refused(part))
			continue;
		if (str_eq_nocase(name, STR("br")))
			set |= 1u << CODING_BROTLI;
		else if (str_eq_nocase(name, STR("gzip")))
			set |= 1u << CODING_GZIP;
	}
	return set;
}

enum coding coding_best(unsigned accepted)
{
	if (accepted & 1u << CODING_BROTLI)
		return CODING_BROTLI;
	return accepted & 1u << CODING_GZIP ? CODING_GZIP : CODING_IDENTITY;
}

const char *coding_name(enum coding c)
{
	return c == CODING_BROTLI ? "br" : c == CODING_GZIP ? "gzip" : NULL;
}
