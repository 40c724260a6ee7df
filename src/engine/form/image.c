/* The structure of PNG, JPEG and GIF files, walked without decoding. */
#include "engine/form/image.h"

#include <zlib.h>

#define MAX_TEXT_SEARCH ((size_t)65536) /* bytes of one comment that are looked through */

/* ---- bytes ---- */

struct cursor {
	const unsigned char *p;
	size_t n, at;
};

static bool has(const struct cursor *c, size_t n)
{
	return n <= c->n && c->at <= c->n - n;
}

static uint32_t be16(const unsigned char *p)
{
	return (uint32_t)p[0] << 8 | p[1];
}

static uint32_t be32(const unsigned char *p)
{
	return be16(p) << 16 | be16(p + 2);
}

static uint32_t le16(const unsigned char *p)
{
	return (uint32_t)p[1] << 8 | p[0];
}

enum image_type image_type(str b)
{
	if (str_starts(b, STR("\x89PNG\r\n\x1a\n")))
		return IMAGE_PNG;
	if (str_starts(b, STR("\xff\xd8\xff")))
		return IMAGE_JPEG;
	if (str_starts(b, STR("GIF87a")) || str_starts(b, STR("GIF89a")))
		return IMAGE_GIF;
	return str_starts(b, STR("%PDF-")) ? IMAGE_PDF : IMAGE_UNKNOWN;
}

const char *image_media_type(enum image_type t)
{
	static const char *const names[] = {"", "image/png", "image/jpeg", "image/gif",
	                                    "application/pdf"};
	return names[t];
}

const char *image_fault_name(enum image_fault f)
{
	static const char *const names[] = {"",     "type",       "broken", "truncated",
	                                    "tail", "dimensions", "active"};
	return names[f];
}

static enum image_fault size_fault(const struct image *i)
{
	if (!i->width || !i->height)
		return IMAGE_BROKEN;
	bool large = i->width > IMAGE_MAX_SIDE || i->height > IMAGE_MAX_SIDE ||
	             (uint64_t)i->width * i->height > IMAGE_MAX_PIXELS;
	return large ? IMAGE_TOO_LARGE : IMAGE_SOUND;
}

/* A comment that a browser might take for a page if the type were ever lost. */
static bool active_text(const unsigned char *p, size_t n)
{
	static const char *const marks[] = {"<script", "<html",   "<?php",
	                                    "<svg",    "<iframe", "javascript:"};
	str text = {(const char *)p, n < MAX_TEXT_SEARCH ? n : MAX_TEXT_SEARCH};
	for (size_t i = 0; i < text.n; i++)
		for (size_t k = 0; k < sizeof marks / sizeof *marks; k++) {
			str mark = str_of(marks[k]);
			if ((text.p[i] | 32) == (mark.p[0] | 32) &&
			    str_eq_nocase(str_sub(text, i, i + mark.n), mark))
				return true;
		}
	return false;
}

/* ---- PNG: ISO/IEC 15948, 5.3 ---- */

static bool png_text(uint32_t type)
{
	return type == 0x74455874 || type == 0x69545874 || type == 0x7A545874; /* tEXt iTXt zTXt */
}

static enum image_fault read_png(struct cursor *c, struct image *i)
{
	enum { IHDR = 0x49484452, IDAT = 0x49444154, IEND = 0x49454E44 };
	bool data = false;
	c->at = 8;
	for (size_t part = 0; part < IMAGE_MAX_PARTS; part++) {
		if (!has(c, 12))
			return IMAGE_TRUNCATED;
		const unsigned char *p = c->p + c->at;
		uint32_t length = be32(p), type = be32(p + 4);
		if (length > 0x7FFFFFFF)
			return IMAGE_BROKEN;
		if (!has(c, (size_t)length + 12))
			return IMAGE_TRUNCATED;
		if ((uint32_t)crc32(0, p + 4, length + 4) != be32(p + 8 + length))
			return IMAGE_BROKEN;
		if ((part == 0) != (type == IHDR) || (type == IHDR && length != 13))
			return IMAGE_BROKEN;
		if (type == IHDR) {
			i->width = be32(p + 8);
			i->height = be32(p + 12);
			enum image_fault f = size_fault(i);
			if (f)
				return f;
		}
		data |= type == IDAT;
		if (png_text(type) && active_text(p + 8, length))
			return IMAGE_ACTIVE;
		c->at += (size_t)length + 12;
		if (type == IEND)
			return data && !length ? IMAGE_SOUND : IMAGE_BROKEN;
	}
	return IMAGE_BROKEN;
}

/* ---- JPEG: ITU-T T.81, annex B ---- */

static bool frame_marker(unsigned m)
{
	return m >= 0xC0 && m <= 0xCF && m != 0xC4 && m != 0xC8 && m != 0xCC;
}

/* Past the entropy-coded data, to the next marker that is not a restart. */
static void skip_scan(struct cursor *c)
{
	while (has(c, 2)) {
		unsigned next = c->p[c->at + 1];
		if (c->p[c->at] == 0xFF && next != 0 && next != 0xFF && !(next >= 0xD0 && next <= 0xD7))
			return;
		c->at++;
	}
	c->at = c->n;
}

static enum image_fault read_jpeg(struct cursor *c, struct image *i)
{
	bool frame = false, scan = false;
	c->at = 2;
	for (size_t part = 0; part < IMAGE_MAX_PARTS; part++) {
		while (has(c, 2) && c->p[c->at] == 0xFF && c->p[c->at + 1] == 0xFF)
			c->at++;
		if (!has(c, 2))
			return IMAGE_TRUNCATED;
		unsigned marker = c->p[c->at + 1];
		if (c->p[c->at] != 0xFF || marker == 0)
			return IMAGE_BROKEN;
		c->at += 2;
		if (marker == 0xD9)
			return frame && scan ? IMAGE_SOUND : IMAGE_BROKEN;
		if (marker == 0x01 || (marker >= 0xD0 && marker <= 0xD7))
			continue;
		if (marker == 0xD8)
			return IMAGE_BROKEN;
		if (!has(c, 2))
			return IMAGE_TRUNCATED;
		const unsigned char *p = c->p + c->at;
		uint32_t length = be16(p);
		if (length < 2)
			return IMAGE_BROKEN;
		if (!has(c, length))
			return IMAGE_TRUNCATED;
		if (frame_marker(marker)) {
			if (frame || length < 8)
				return IMAGE_BROKEN;
			frame = true;
			i->height = be16(p + 3);
			i->width = be16(p + 5);
			i->channels = p[2] == 8 ? p[7] : 0;
			enum image_fault f = size_fault(i);
			if (f)
				return f;
		}
		if (marker == 0xFE && active_text(p + 2, length - 2))
			return IMAGE_ACTIVE;
		c->at += length;
		if (marker == 0xDA) {
			if (!frame)
				return IMAGE_BROKEN;
			scan = true;
			skip_scan(c);
		}
	}
	return IMAGE_BROKEN;
}

/* ---- GIF: version 89a ---- */

static bool skip_blocks(struct cursor *c)
{
	while (has(c, 1)) {
		size_t n = c->p[c->at];
		c->at++;
		if (!n)
			return true;
		if (!has(c, n))
			return false;
		c->at += n;
	}
	return false;
}

static size_t colour_table(unsigned flags)
{
	return flags & 0x80 ? (size_t)3 << ((flags & 7) + 1) : 0;
}

static enum image_fault gif_picture(struct cursor *c, struct image *i)
{
	if (!has(c, 9))
		return IMAGE_TRUNCATED;
	const unsigned char *p = c->p + c->at;
	if (le16(p) + le16(p + 4) > i->width || le16(p + 2) + le16(p + 6) > i->height)
		return IMAGE_BROKEN;
	c->at += 9;
	size_t table = colour_table(p[8]);
	if (!has(c, table + 1))
		return IMAGE_TRUNCATED;
	c->at += table + 1;
	i->frames++;
	return skip_blocks(c) ? IMAGE_SOUND : IMAGE_TRUNCATED;
}

static enum image_fault read_gif(struct cursor *c, struct image *i)
{
	if (!has(c, 13))
		return IMAGE_TRUNCATED;
	i->frames = 0;
	i->width = le16(c->p + 6);
	i->height = le16(c->p + 8);
	enum image_fault f = size_fault(i);
	c->at = 13 + colour_table(c->p[10]);
	for (size_t part = 0; part < IMAGE_MAX_PARTS && !f; part++) {
		if (!has(c, 1))
			return IMAGE_TRUNCATED;
		unsigned kind = c->p[c->at++];
		if (kind == 0x3B)
			return i->frames ? IMAGE_SOUND : IMAGE_BROKEN;
		if (kind == 0x2C) {
			f = gif_picture(c, i);
		} else if (kind == 0x21) {
			if (!has(c, 1))
				return IMAGE_TRUNCATED;
			bool comment = c->p[c->at] == 0xFE;
			size_t from = ++c->at;
			if (!skip_blocks(c))
				return IMAGE_TRUNCATED;
			if (comment && active_text(c->p + from, c->at - from))
				return IMAGE_ACTIVE;
		} else {
			return IMAGE_BROKEN;
		}
	}
	return f ? f : IMAGE_BROKEN;
}

struct image image_read(str bytes)
{
	struct image i = {.type = image_type(bytes), .frames = 1};
	struct cursor c = {.p = (const unsigned char *)bytes.p, .n = bytes.n};
	switch (i.type) {
	case IMAGE_PNG:
		i.fault = read_png(&c, &i);
		break;
	case IMAGE_JPEG:
		i.fault = read_jpeg(&c, &i);
		break;
	case IMAGE_GIF:
		i.fault = read_gif(&c, &i);
		break;
	case IMAGE_PDF:
		return i;
	case IMAGE_UNKNOWN:
		i.fault = IMAGE_NOT_ONE;
		return i;
	}
	if (i.fault == IMAGE_SOUND && c.at != c.n)
		i.fault = IMAGE_TAIL;
	return i;
}
