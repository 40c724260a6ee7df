#include "engine/document/font.h"

#include "base/utf8.h"

#include <hb-subset.h>
#include <string.h>

#define EM           1000
#define FIRST_CODES  256
#define REPLACEMENT  0xfffd
#define ZERO_WIDTH   0x200c
#define BFCHARS_EACH 100 /* the most a block of a CMap may hold */

bool font_open(struct font *f, arena *a, str bytes)
{
	*f = (struct font){.a = a, .n = 1, .cap = FIRST_CODES, .n_slots = FIRST_CODES * 4};
	f->blob = hb_blob_create(bytes.p, (unsigned)bytes.n, HB_MEMORY_MODE_READONLY, NULL, NULL);
	f->face = hb_face_create(f->blob, 0);
	f->hb = hb_font_create(f->face);
	hb_font_set_scale(f->hb, EM, EM);
	f->glyph = NEWN(a, uint32_t, f->cap);
	f->character = NEWN(a, uint32_t, f->cap);
	f->slots = NEWN(a, uint32_t, f->n_slots);
	hb_font_extents_t e;
	bool ok = hb_font_get_nominal_glyph(f->hb, ZERO_WIDTH, &f->empty) &&
	          hb_font_get_nominal_glyph(f->hb, REPLACEMENT, &f->missing) &&
	          hb_font_get_h_extents(f->hb, &e);
	if (ok) {
		f->ascent = (double)e.ascender / EM;
		f->descent = -(double)e.descender / EM;
	}
	return ok;
}

void font_close(struct font *f)
{
	hb_font_destroy(f->hb);
	hb_face_destroy(f->face);
	hb_blob_destroy(f->blob);
}

static uint32_t *slot_of(const struct font *f, uint32_t glyph, uint32_t character)
{
	uint32_t h = (glyph * 2654435761u) ^ (character * 2246822519u);
	for (uint32_t i = (h ^ h >> 15) & (f->n_slots - 1);; i = (i + 1) & (f->n_slots - 1)) {
		uint32_t code = f->slots[i];
		if (!code || (f->glyph[code] == glyph && f->character[code] == character))
			return &f->slots[i];
	}
}

static uint32_t *doubled(arena *a, const uint32_t *old, uint32_t n)
{
	uint32_t *p = NEWN(a, uint32_t, (size_t)n * 2);
	memcpy(p, old, n * sizeof *p);
	return p;
}

static void grow(struct font *f)
{
	f->glyph = doubled(f->a, f->glyph, f->cap);
	f->character = doubled(f->a, f->character, f->cap);
	f->cap *= 2;
	f->n_slots *= 2;
	f->slots = NEWN(f->a, uint32_t, f->n_slots);
	for (uint32_t i = 1; i < f->n; i++)
		*slot_of(f, f->glyph[i], f->character[i]) = i;
}

uint32_t font_code(struct font *f, uint32_t glyph, uint32_t character)
{
	uint32_t *slot = slot_of(f, glyph, character);
	if (*slot)
		return *slot;
	if (f->n >= FONT_MAX_CODES) {
		f->full = true;
		return 1;
	}
	if (f->n == f->cap) {
		grow(f);
		slot = slot_of(f, glyph, character);
	}
	f->glyph[f->n] = glyph;
	f->character[f->n] = character;
	*slot = f->n;
	return f->n++;
}

int font_width(const struct font *f, uint32_t glyph)
{
	return hb_font_get_glyph_h_advance(f->hb, glyph);
}

/* ---- writing ---- */

struct cut {
	hb_subset_input_t *input;
	hb_subset_plan_t *plan;
	hb_face_t *face;
	hb_blob_t *blob;
	const hb_map_t *renumbered;
};

/* Layout tables did their work while shaping; names and hints are not needed. */
static bool cut_open(struct cut *c, const struct font *f)
{
	static const hb_tag_t dropped[] = {
	    HB_TAG('G', 'S', 'U', 'B'), HB_TAG('G', 'P', 'O', 'S'), HB_TAG('G', 'D', 'E', 'F'),
	    HB_TAG('n', 'a', 'm', 'e'), HB_TAG('D', 'S', 'I', 'G'), HB_TAG('g', 'a', 's', 'p'),
	};
	c->input = hb_subset_input_create_or_fail();
	if (!c->input)
		return false;
	hb_subset_input_set_flags(c->input, HB_SUBSET_FLAGS_NO_HINTING);
	hb_set_t *drop = hb_subset_input_set(c->input, HB_SUBSET_SETS_DROP_TABLE_TAG);
	for (size_t i = 0; i < sizeof dropped / sizeof *dropped; i++)
		hb_set_add(drop, dropped[i]);
	hb_set_t *glyphs = hb_subset_input_glyph_set(c->input);
	for (uint32_t i = 1; i < f->n; i++)
		hb_set_add(glyphs, f->glyph[i]);
	c->plan = hb_subset_plan_create_or_fail(f->face, c->input);
	c->face = c->plan ? hb_subset_plan_execute_or_fail(c->plan) : NULL;
	if (!c->face)
		return false;
	c->blob = hb_face_reference_blob(c->face);
	c->renumbered = hb_subset_plan_old_to_new_glyph_mapping(c->plan);
	return true;
}

static void cut_close(struct cut *c)
{
	hb_blob_destroy(c->blob);
	hb_face_destroy(c->face);
	hb_subset_plan_destroy(c->plan);
	hb_subset_input_destroy(c->input);
}

static str cid_to_gid(struct font *f, const struct cut *c)
{
	char *p = NEWN(f->a, char, (size_t)f->n * 2);
	for (uint32_t i = 1; i < f->n; i++) {
		uint32_t g = hb_map_get(c->renumbered, f->glyph[i]);
		p[2 * i] = (char)(g >> 8);
		p[2 * i + 1] = (char)(g & 0xff);
	}
	return (str){p, (size_t)f->n * 2};
}

static str to_unicode(struct font *f)
{
	buf b = buf_make(f->a, (size_t)f->n * 24 + 4096);
	buf_puts(&b, "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n"
	             "/CIDSystemInfo <</Registry (Adobe)/Ordering (UCS)/Supplement 0>> def\n"
	             "/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n"
	             "1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n");
	for (uint32_t i = 1; i < f->n; i++) {
		if (i % BFCHARS_EACH == 1) {
			uint32_t left = f->n - i;
			buf_fmt(&b, "%u beginbfchar\n", left < BFCHARS_EACH ? left : BFCHARS_EACH);
		}
		uint32_t c = f->character[i];
		if (c == SPACE_HELD)
			buf_fmt(&b, "<%04X> <200F0020>\n", i);
		else if (c > 0xffff)
			buf_fmt(&b, "<%04X> <%04X%04X>\n", i, 0xd800 + ((c - 0x10000) >> 10),
			        0xdc00 + (c & 0x3ff));
		else
			buf_fmt(&b, "<%04X> <%04X>\n", i, c);
		if (i % BFCHARS_EACH == 0 || i == f->n - 1)
			buf_puts(&b, "endbfchar\n");
	}
	buf_puts(&b, "endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n");
	return buf_str(&b);
}

/* Six letters that depend on what the cut holds: two cuts never share a name. */
static str tagged_name(struct font *f, const char *name)
{
	uint64_t h = str_hash((str){(char *)f->glyph, f->n * sizeof *f->glyph}, 1);
	char tag[7] = {0};
	for (int i = 0; i < 6; i++, h /= 26)
		tag[i] = (char)('A' + h % 26);
	return str_fmt(f->a, "%s+%s", tag, name);
}

static uint32_t write_descriptor(struct font *f, struct pdf *p, str name, uint32_t file, bool bold)
{
	uint32_t id = pdf_new(p);
	pdf_begin(p, id);
	buf_fmt(&p->out,
	        "<</Type/FontDescriptor/FontName/%.*s/Flags 4/FontBBox[-1000 -800 2500 1400]"
	        "/ItalicAngle 0/Ascent %d/Descent %d/CapHeight 714/StemV %d/FontFile2 %u 0 R>>",
	        STRF(name), (int)(f->ascent * EM), -(int)(f->descent * EM), bold ? 140 : 80, file);
	pdf_end(p);
	return id;
}

static uint32_t write_descendant(struct font *f, struct pdf *p, str name, uint32_t descriptor,
                                 uint32_t map)
{
	uint32_t id = pdf_new(p);
	pdf_begin(p, id);
	buf_fmt(&p->out,
	        "<</Type/Font/Subtype/CIDFontType2/BaseFont/%.*s/CIDSystemInfo<</Registry"
	        "(Adobe)/Ordering(Identity)/Supplement 0>>/FontDescriptor %u 0 R/CIDToGIDMap %u 0 R"
	        "/DW 0/W[1[",
	        STRF(name), descriptor, map);
	for (uint32_t i = 1; i < f->n; i++)
		buf_fmt(&p->out, i > 1 ? " %d" : "%d", font_width(f, f->glyph[i]));
	buf_puts(&p->out, "]]>>");
	pdf_end(p);
	return id;
}

uint32_t font_write(struct font *f, struct pdf *p, const char *name)
{
	struct cut c = {0};
	bool ok = cut_open(&c, f);
	uint32_t id = 0;
	if (ok) {
		unsigned n;
		const char *bytes = hb_blob_get_data(c.blob, &n);
		uint32_t file = pdf_new(p), map = pdf_new(p), unicode = pdf_new(p);
		str tagged = tagged_name(f, name);
		pdf_stream(p, file, str_fmt(f->a, "/Length1 %u", n), (str){bytes, n}, true);
		pdf_stream(p, map, (str){0}, cid_to_gid(f, &c), true);
		pdf_stream(p, unicode, (str){0}, to_unicode(f), true);
		bool bold = strstr(name, "Bold") != NULL;
		uint32_t descriptor = write_descriptor(f, p, tagged, file, bold);
		uint32_t descendant = write_descendant(f, p, tagged, descriptor, map);
		id = pdf_new(p);
		pdf_begin(p, id);
		buf_fmt(&p->out,
		        "<</Type/Font/Subtype/Type0/BaseFont/%.*s/Encoding/Identity-H"
		        "/DescendantFonts[%u 0 R]/ToUnicode %u 0 R>>",
		        STRF(tagged), descendant, unicode);
		pdf_end(p);
	}
	cut_close(&c);
	return id;
}
