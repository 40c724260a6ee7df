/* meta.c - what the file says of itself: XMP, its colours, and the Info dictionary. */
#include "engine/document/model.h"

#include <string.h>

#define PROFILE_TAGS 10

/* ---- sRGB as an ICC profile (ICC.1:2004-10, version 4.2), made here ---- */

struct profile {
	unsigned char b[1024];
	size_t n, tags;
};

static void put_n(struct profile *p, size_t at, uint32_t v, int bytes)
{
	for (int i = 0; i < bytes; i++)
		p->b[at + (size_t)i] = (unsigned char)(v >> (8 * (bytes - 1 - i)));
}

/* Begins a tag's data; the next four bytes of it stay zero. */
static void tag_begin(struct profile *p, const char *name, const char *type)
{
	size_t entry = 132 + 12 * p->tags++;
	memcpy(p->b + entry, name, 4);
	put_n(p, entry + 4, (uint32_t)p->n, 4);
	memcpy(p->b + p->n, type, 4);
	p->n += 8;
}

static void tag_end(struct profile *p)
{
	size_t entry = 132 + 12 * (p->tags - 1);
	uint32_t start = (uint32_t)p->b[entry + 4] << 24 | (uint32_t)p->b[entry + 5] << 16 |
	                 (uint32_t)p->b[entry + 6] << 8 | p->b[entry + 7];
	put_n(p, entry + 8, (uint32_t)p->n - start, 4);
	p->n = (p->n + 3) & ~(size_t)3;
}

static void tag_text(struct profile *p, const char *name, const char *text)
{
	tag_begin(p, name, "mluc");
	put_n(p, p->n, 1, 4);
	put_n(p, p->n + 4, 12, 4);
	memcpy(p->b + p->n + 8, "enUS", 4);
	put_n(p, p->n + 12, (uint32_t)strlen(text) * 2, 4);
	put_n(p, p->n + 16, 28, 4);
	p->n += 20;
	for (; *text; text++, p->n += 2)
		p->b[p->n + 1] = (unsigned char)*text;
	tag_end(p);
}

/* s15Fixed16 numbers. */
static void tag_numbers(struct profile *p, const char *name, const char *type, const double *v,
                        size_t n)
{
	tag_begin(p, name, type);
	for (size_t i = 0; i < n; i++, p->n += 4)
		put_n(p, p->n, (uint32_t)(int32_t)(v[i] * 65536 + (v[i] < 0 ? -0.5 : 0.5)), 4);
	tag_end(p);
}

/* The colorants of IEC 61966-2-1 adapted to D50, its transfer curve, and the
 * matrix of that adaptation. */
static str srgb_profile(arena *a)
{
	static const double white[] = {0.9642, 1.0, 0.8249}, red[] = {0.43607, 0.22249, 0.01392},
	                    green[] = {0.38515, 0.71687, 0.09708}, blue[] = {0.14307, 0.06061, 0.7141},
	                    curve[] = {2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045},
	                    adapt[] = {1.04788,  0.02292,  -0.0502, 0.02959, 0.99048,
	                               -0.01706, -0.00923, 0.01508, 0.75168};
	struct profile *p = NEW(a, struct profile);
	p->n = 132 + 12 * PROFILE_TAGS;
	tag_text(p, "desc", "sRGB IEC61966-2.1");
	tag_text(p, "cprt", "No copyright, use freely");
	tag_numbers(p, "wtpt", "XYZ ", white, 3);
	tag_numbers(p, "chad", "sf32", adapt, 9);
	tag_numbers(p, "rXYZ", "XYZ ", red, 3);
	tag_numbers(p, "gXYZ", "XYZ ", green, 3);
	tag_numbers(p, "bXYZ", "XYZ ", blue, 3);
	tag_begin(p, "rTRC", "para");
	put_n(p, p->n, 3, 2);
	p->n += 4;
	for (size_t i = 0; i < 5; i++, p->n += 4)
		put_n(p, p->n, (uint32_t)(curve[i] * 65536 + 0.5), 4);
	tag_end(p);
	/* One curve serves the three; its entry in the table is copied. */
	memcpy(p->b + 132 + 12 * 8, p->b + 132 + 12 * 7, 12);
	memcpy(p->b + 132 + 12 * 8, "gTRC", 4);
	memcpy(p->b + 132 + 12 * 9, p->b + 132 + 12 * 7, 12);
	memcpy(p->b + 132 + 12 * 9, "bTRC", 4);
	put_n(p, 128, 10, 4);
	put_n(p, 0, (uint32_t)p->n, 4);
	put_n(p, 8, 0x04200000, 4);
	memcpy(p->b + 12, "mntrRGB XYZ ", 12);
	put_n(p, 24, 2026, 2);
	put_n(p, 26, 1, 2);
	put_n(p, 28, 1, 2);
	memcpy(p->b + 36, "acsp", 4);
	put_n(p, 68, 0xf6d6, 4); /* D50 */
	put_n(p, 72, 0x10000, 4);
	put_n(p, 76, 0xd32d, 4);
	return (str){(char *)p->b, p->n};
}

/* ---- XMP ---- */

static void put_xml(buf *b, str s)
{
	for (size_t i = 0; i < s.n; i++)
		switch (s.p[i]) {
		case '&':
			buf_puts(b, "&amp;");
			break;
		case '<':
			buf_puts(b, "&lt;");
			break;
		case '>':
			buf_puts(b, "&gt;");
			break;
		default:
			buf_putc(b, s.p[i]);
		}
}

static void put_titles(buf *b, const struct rendering *r, str ar, str en)
{
	buf_puts(b, "<dc:title><rdf:Alt>");
	static const char *const langs[] = {"x-default", "ar", "en"};
	for (size_t i = 0; i < 3; i++) {
		str title = i == 2 || (i == 0 && r->lanes[0].no == LANE_EN) ? en : ar;
		buf_fmt(b, "<rdf:li xml:lang=\"%s\">", langs[i]);
		put_xml(b, title);
		buf_puts(b, "</rdf:li>");
	}
	buf_puts(b, "</rdf:Alt></dc:title><dc:language><rdf:Bag>");
	for (size_t i = 0; i < r->n_lanes; i++)
		buf_fmt(b, "<rdf:li>%s</rdf:li>", r->lanes[i].rtl ? "ar" : "en");
	buf_puts(b, "</rdf:Bag></dc:language>");
}

static str xmp(struct rendering *r, str ar, str en, str date)
{
	buf b = buf_make(r->a, (size_t)4 * DOCUMENT_MAX_TEXT);
	buf_puts(&b, "<?xpacket begin=\"\xef\xbb\xbf\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n"
	             "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\">"
	             "<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">"
	             "<rdf:Description rdf:about=\"\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\""
	             " xmlns:xmp=\"http://ns.adobe.com/xap/1.0/\""
	             " xmlns:pdf=\"http://ns.adobe.com/pdf/1.3/\""
	             " xmlns:pdfaid=\"http://www.aiim.org/pdfa/ns/id/\">"
	             "<pdfaid:part>2</pdfaid:part><pdfaid:conformance>U</pdfaid:conformance>"
	             "<dc:format>application/pdf</dc:format>");
	put_titles(&b, r, ar, en);
	buf_puts(&b, "<xmp:CreatorTool>");
	put_xml(&b, r->env->creator);
	buf_puts(&b, "</xmp:CreatorTool><pdf:Producer>");
	put_xml(&b, r->env->creator);
	buf_fmt(&b,
	        "</pdf:Producer><xmp:CreateDate>%.*s</xmp:CreateDate>"
	        "<xmp:ModifyDate>%.*s</xmp:ModifyDate></rdf:Description></rdf:RDF></x:xmpmeta>\n"
	        "<?xpacket end=\"r\"?>",
	        STRF(date), STRF(date));
	return buf_str(&b);
}

/* ---- both ---- */

static void put_offset(buf *b, int32_t seconds, const char *between, const char *end)
{
	int32_t m = (seconds < 0 ? -seconds : seconds) / 60;
	buf_fmt(b, "%c%02d%s%02d%s", seconds < 0 ? '-' : '+', m / 60, between, m % 60, end);
}

static void write_info(struct rendering *r, uint32_t id, str title, civil t)
{
	buf *b = &r->pdf.out;
	pdf_begin(&r->pdf, id);
	buf_puts(b, "<</Title");
	pdf_text(b, title);
	buf_puts(b, "/Creator");
	pdf_text(b, r->env->creator);
	buf_puts(b, "/Producer");
	pdf_text(b, r->env->creator);
	static const char *const dates[] = {"CreationDate", "ModDate"};
	for (size_t i = 0; i < 2; i++) {
		buf_fmt(b, "/%s(D:%04d%02d%02d%02d%02d%02d", dates[i], t.year, t.month, t.day, t.hour,
		        t.minute, t.second);
		put_offset(b, r->env->utc_offset, "'", "'");
		buf_puts(b, ")");
	}
	buf_puts(b, ">>");
	pdf_end(&r->pdf);
}

struct meta meta_write(struct rendering *r, str ar, str en)
{
	struct pdf *p = &r->pdf;
	struct meta m = {pdf_new(p), pdf_new(p), pdf_new(p)};
	civil t = civil_of(r->env->at, r->env->utc_offset);
	buf date = buf_make(r->a, 64);
	buf_fmt(&date, "%04d-%02d-%02dT%02d:%02d:%02d", t.year, t.month, t.day, t.hour, t.minute,
	        t.second);
	put_offset(&date, r->env->utc_offset, ":", "");
	pdf_stream(p, m.xmp, STR("/Type/Metadata/Subtype/XML"), xmp(r, ar, en, buf_str(&date)), false);
	uint32_t profile = pdf_new(p);
	pdf_stream(p, profile, STR("/N 3"), srgb_profile(r->a), true);
	pdf_begin(p, m.intent);
	buf_fmt(&p->out,
	        "<</Type/OutputIntent/S/GTS_PDFA1/OutputConditionIdentifier(sRGB IEC61966-2.1)"
	        "/Info(sRGB IEC61966-2.1)/DestOutputProfile %u 0 R>>",
	        profile);
	pdf_end(p);
	write_info(r, m.info, r->lanes[0].no == LANE_EN ? en : ar, t);
	return m;
}
