#include "engine/document/pdf.h"

#include "base/utf8.h"

#include <math.h>
#include <string.h>
#include <zlib.h>

struct pdf pdf_make(arena *a, size_t max_bytes)
{
	struct pdf p = {.a = a, .out = buf_make(a, max_bytes), .n = 1, .cap = 256};
	p.offset = NEWN(a, size_t, p.cap);
	/* Four bytes above 127 tell transfer programs that this is no text. */
	buf_puts(&p.out, "%PDF-1.7\n%\xe2\xe3\xcf\xd3\n");
	return p;
}

uint32_t pdf_new(struct pdf *p)
{
	if (p->n == p->cap) {
		size_t *more = NEWN(p->a, size_t, (size_t)p->cap * 2);
		memcpy(more, p->offset, p->cap * sizeof *more);
		p->offset = more;
		p->cap *= 2;
	}
	p->out.over |= p->n > PDF_MAX_OBJECTS;
	return p->n++;
}

void pdf_begin(struct pdf *p, uint32_t id)
{
	p->offset[id] = p->out.n;
	buf_fmt(&p->out, "%u 0 obj\n", id);
}

void pdf_end(struct pdf *p)
{
	buf_puts(&p->out, "\nendobj\n");
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
	pdf_begin(p, id);
	buf_fmt(&p->out, "<<%.*s%s/Length %zu>>\nstream\n", STRF(dict),
	        compress ? "/Filter/FlateDecode" : "", bytes.n);
	buf_put(&p->out, bytes);
	buf_puts(&p->out, "\nendstream");
	pdf_end(p);
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

void pdf_finish(struct pdf *p, uint32_t root, uint32_t info, str id_hex)
{
	size_t at = p->out.n;
	buf_fmt(&p->out, "xref\n0 %u\n0000000000 65535 f \n", p->n);
	for (uint32_t i = 1; i < p->n; i++)
		buf_fmt(&p->out, "%010zu 00000 n \n", p->offset[i]);
	buf_fmt(&p->out, "trailer\n<</Size %u/Root %u 0 R/Info %u 0 R/ID[<%.*s><%.*s>]>>\n", p->n, root,
	        info, STRF(id_hex), STRF(id_hex));
	buf_fmt(&p->out, "startxref\n%zu\n%%%%EOF\n", at);
}
