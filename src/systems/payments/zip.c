#include "systems/payments/zip.h"

#include "base/buf.h"

#include <zlib.h>

#define ZIP_BYTES_MAX ((size_t)64 * 1024 * 1024)
#define LOCAL_HEAD    0x04034b50u
#define CENTRAL_HEAD  0x02014b50u
#define CENTRAL_END   0x06054b50u
#define VERSION       20
#define UTF8_NAMES    0x0800
#define FIRST_DAY     0x0021 /* 1980-01-01, as the format counts days */

static void put16(buf *b, size_t v)
{
	buf_putc(b, (char)(v & 255));
	buf_putc(b, (char)(v >> 8 & 255));
}

static void put32(buf *b, size_t v)
{
	put16(b, v & 0xffff);
	put16(b, v >> 16 & 0xffff);
}

/* What the local and the central head of a file have in common. */
static void put_common(buf *b, const struct zip_file *f)
{
	put16(b, VERSION);
	put16(b, UTF8_NAMES);
	put16(b, 0); /* stored */
	put16(b, 0);
	put16(b, FIRST_DAY);
	put32(b, crc32(0, (const unsigned char *)f->bytes.p, (unsigned)f->bytes.n));
	put32(b, f->bytes.n);
	put32(b, f->bytes.n);
	put16(b, f->name.n);
	put16(b, 0);
}

static void put_central(buf *b, const struct zip_file *f, size_t at)
{
	put32(b, CENTRAL_HEAD);
	put16(b, VERSION);
	put_common(b, f);
	put16(b, 0);
	put16(b, 0);
	put16(b, 0);
	put32(b, 0);
	put32(b, at);
	buf_put(b, f->name);
}

str zip_make(arena *a, const struct zip_file *f, size_t n)
{
	buf b = buf_make(a, ZIP_BYTES_MAX);
	size_t at[ZIP_FILES_MAX];
	if (n > ZIP_FILES_MAX)
		return (str){0};
	for (size_t i = 0; i < n; i++) {
		at[i] = b.n;
		put32(&b, LOCAL_HEAD);
		put_common(&b, &f[i]);
		buf_put(&b, f[i].name);
		buf_put(&b, f[i].bytes);
	}
	size_t central = b.n;
	for (size_t i = 0; i < n; i++)
		put_central(&b, &f[i], at[i]);
	size_t end = b.n;
	put32(&b, CENTRAL_END);
	put16(&b, 0);
	put16(&b, 0);
	put16(&b, n);
	put16(&b, n);
	put32(&b, end - central);
	put32(&b, central);
	put16(&b, 0);
	return b.over ? (str){0} : buf_str(&b);
}
