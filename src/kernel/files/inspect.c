/*
 * inspect.c - what an upload is, by its own bytes.
 */
#include "kernel/files/organ.h"

#include "engine/form/image.h"

#define PDF_END_WITHIN 1024 /* bytes before the end in which "%%EOF" must stand */

/* Names of a PDF that let it act or carry other files (ISO 32000-1, 12.6, 7.11.4). */
static const char *const pdf_active[] = {"JavaScript",    "JS",        "Launch", "EmbeddedFile",
                                         "EmbeddedFiles", "RichMedia", "XFA",    "SubmitForm",
                                         "ImportData"};

static int hex_digit(char c)
{
	return c >= '0' && c <= '9'                 ? c - '0'
	       : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10
	                                            : -1;
}

static bool ends_name(char c)
{
	return c <= ' ' || c == '/' || c == '<' || c == '>' || c == '[' || c == ']' || c == '(' ||
	       c == ')' || c == '{' || c == '}' || c == '%';
}

/* Does the name at `at` (behind its slash), with #xx decoded, read `wanted`? */
static bool name_is(str s, size_t at, str wanted)
{
	for (size_t i = 0; i < wanted.n; i++) {
		if (at >= s.n)
			return false;
		char c = s.p[at++];
		if (c == '#' && at + 1 < s.n && hex_digit(s.p[at]) >= 0 && hex_digit(s.p[at + 1]) >= 0) {
			c = (char)(hex_digit(s.p[at]) * 16 + hex_digit(s.p[at + 1]));
			at += 2;
		}
		if (c != wanted.p[i])
			return false;
	}
	return at >= s.n || ends_name(s.p[at]);
}

static const char *pdf_refused(str s)
{
	size_t from = s.n > PDF_END_WITHIN ? s.n - PDF_END_WITHIN : 0;
	if (str_find(str_sub(s, from, s.n), STR("%%EOF")) < 0)
		return "the PDF ends before its end mark";
	for (size_t i = 0; i + 1 < s.n; i++) {
		if (s.p[i] != '/')
			continue;
		for (size_t n = 0; n < COUNT(pdf_active); n++)
			if (name_is(s, i + 1, str_of(pdf_active[n])))
				return "the PDF carries a script, an action or another file";
	}
	return NULL;
}

static json *background_view(arena *a, struct image_colour c)
{
	json *o = json_object(a);
	json_set_int(a, o, "red", c.red);
	json_set_int(a, o, "green", c.green);
	json_set_int(a, o, "blue", c.blue);
	json_set_int(a, o, "spread", c.spread);
	return o;
}

static const char *picture_refused(arena *a, str bytes, const struct image *m, json **background)
{
	struct image_colour c;
	if (m->fault != IMAGE_SOUND)
		return image_fault_name(m->fault);
	if (m->type != IMAGE_PNG && m->type != IMAGE_JPEG)
		return NULL;
	if (!image_background(a, bytes, &c))
		return "the picture cannot be decoded";
	*background = background_view(a, c);
	return NULL;
}

err file_inspect(arena *a, str bytes, struct file_info *out, str *why)
{
	struct image m = image_read(bytes);
	const char *refused = m.type == IMAGE_UNKNOWN ? "the type is not known"
	                      : m.type == IMAGE_PDF   ? pdf_refused(bytes)
	                                              : picture_refused(a, bytes, &m, &out->background);
	*why = str_of(refused);
	if (refused)
		return ERR_file_refused;
	out->type = str_of(image_media_type(m.type));
	out->bytes = (int64_t)bytes.n;
	out->width = m.width;
	out->height = m.height;
	return OK;
}
