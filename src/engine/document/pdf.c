#include "engine/document/pdf.h"

#include "base/utf8.h"

#include <math.h>
#include <string.h>
#include <zlib.h>

#define PACK_OBJECTS 200
#define PACK_BYTES   ((size_t)8 * 1024 * 1024)

static void new_pack(struct pdf *p)
{
	p->gathered = buf_make(p->a, PACK_BYTES);
	p->heads = buf_make(p->a, (size_t)PACK_OBJECTS * 24);
	p->n_packed = p->pack = 0;
}

struct pdf pdf_make(arena *a, size_t max_bytes)
{
	struct pdf p = {.a = a, .out = buf_make(a, max_bytes), .n = 1, .cap = 256};
	p.place = NEWN(a, struct pdf_place, p.cap);
	new_pack(&p);
	/* Four bytes above 127 tell transfer programs that this is no text. */
	buf_puts(&p.out, "%PDF-1.7\n%\xe2\xe3\xcf\xd3\n");
	return p;
}

uint32_t pdf_new(struct pdf *p)
{
	if (p->n == p->cap) {
		struct pdf_place *more = NEWN(p->a, struct pdf_place, (size_t)p->cap * 2);
		memcpy(more, p->place, p->cap * sizeof *more);
		p->place = more;
		p->cap *= 2;
	}
	p->out.over |= p->n > PDF_MAX_OBJECTS;
	return p->n++;
}

static void flush_pack(struct pdf *p)
{
	if (!p->n_packed)
		return;
	uint32_t id = p->pack, n = p->n_packed;
	str heads = buf_str(&p->heads), bodies = buf_str(&p->gathered);
	p->out.over |= p->heads.over || p->gathered.over;
	new_pack(p);
	pdf_stream(p, id, str_fmt(p->a, "/Type/ObjStm/N %u/First %zu", n, heads.n),
	           str_cat(p->a, heads, bodies), true);
}

void pdf_begin(struct pdf *p, uint32_t id)
{
	p->open = id;
	if (p->plain) {
		p->place[id].at = p->out.n;
		buf_fmt(&p->out, "%u 0 obj\n", id);
	}
	p->begun = p->out.n;
}

void pdf_end(struct pdf *p)
{
	if (p->plain) {
		buf_puts(&p->out, "\nendobj\n");
		return;
	}
	if (!p->pack)
		p->pack = pdf_new(p);
	p->place[p->open] = (struct pdf_place){.pack = p->pack, .index = p->n_packed++};
	buf_fmt(&p->heads, "%u %zu ", p->open, p->gathered.n);
	buf_put(&p->gathered, str_sub(buf_str(&p->out), p->begun, p->out.n));
	buf_putc(&p->gathered, '\n');
	p->out.n = p->begun;
	if (p->n_packed == PACK_OBJECTS)
		flush_pack(p);
}

void pdf_stream(struct pdf *p, uint32_t id, str dict, str bytes, bool compress)
{
	if (compress) {
		uLongf n = compressBound((uLong)bytes.n);
		char *packed = NEWN(p->a, char, n);
		if (compress2((Bytef *)packed, &n, (const Bytef *)bytes.p, (uLong)bytes.n, 9) == Z_OK)
			bytes = (str){packed, n};
		else
			compress = false;
	}
	p->place[id] = (struct pdf_place){.at = p->out.n};
	buf_fmt(&p->out, "%u 0 obj\n<<%.*s%s/Length %zu>>\nstream\n", id, STRF(dict),
	        compress ? "/Filter/FlateDecode" : "", bytes.n);
	buf_put(&p->out, bytes);
	buf_puts(&p->out, "\nendstream\nendobj\n");
}

void pdf_text(buf *b, str s)
{
	bool ascii = true;
	for (size_t i = 0; i < s.n; i++)
		ascii &= s.p[i] >= ' ' && s.p[i] < 0x7f;
	if (ascii) {
		buf_putc(b, '(');
		for (size_t i = 0; i < s.n; i++) {
			if (strchr("()\\", s.p[i]))
				buf_putc(b, '\\');
			buf_putc(b, s.p[i]);
		}
		buf_putc(b, ')');
		return;
	}
	buf_puts(b, "<FEFF");
	while (s.n) {
		uint32_t c = utf8_next(&s);
		if (c == UTF8_BAD)
			c = 0xfffd;
		if (c > 0xffff)
			buf_fmt(b, "%04X%04X", 0xd800 + ((c - 0x10000) >> 10), 0xdc00 + (c & 0x3ff));
		else
			buf_fmt(b, "%04X", c);
	}
	buf_putc(b, '>');
}

void pdf_number(buf *b, double v)
{
	long long milli = llround(v * 1000);
	if (milli < 0) {
		buf_putc(b, '-');
		milli = -milli;
	}
	buf_fmt(b, "%lld", milli / 1000);
	milli %= 1000;
	if (!milli)
		return;
	char digits[8];
	digits[0] = '.';
	digits[1] = (char)('0' + milli / 100);
	digits[2] = (char)('0' + milli / 10 % 10);
	digits[3] = (char)('0' + milli % 10);
	size_t n = digits[3] != '0' ? 4 : digits[2] != '0' ? 3 : 2;
	buf_put(b, (str){digits, n});
}

static void put_bytes(buf *b, uint64_t v, int n)
{
	while (n-- > 0)
		buf_putc(b, (char)(v >> (8 * n) & 0xff));
}

void pdf_finish(struct pdf *p, uint32_t root, uint32_t info, str id_hex)
{
	flush_pack(p);
	uint32_t id = pdf_new(p);
	size_t at = p->out.n;
	p->place[id].at = at;
	buf table = buf_make(p->a, (size_t)p->n * 8);
	put_bytes(&table, 0xffff, 7); /* object 0: free, for ever */
	for (uint32_t i = 1; i < p->n; i++) {
		const struct pdf_place *o = &p->place[i];
		put_bytes(&table, o->pack ? 2 : 1, 1);
		put_bytes(&table, o->pack ? o->pack : o->at, 4);
		put_bytes(&table, o->index, 2);
	}
	pdf_stream(p, id,
	           str_fmt(p->a, "/Type/XRef/Size %u/W[1 4 2]/Root %u 0 R/Info %u 0 R/ID[<%.*s><%.*s>]",
	                   p->n, root, info, STRF(id_hex), STRF(id_hex)),
	           buf_str(&table), true);
	buf_fmt(&p->out, "startxref\n%zu\n%%%%EOF\n", at);
}
