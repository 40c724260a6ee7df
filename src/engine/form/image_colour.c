/* What is decoded: the colour behind a portrait, row by row, and pixels for documents. */
#include "engine/form/image.h"

#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <jpeglib.h>
#include <png.h>

#define SAMPLE_STEP 4 /* every 4th pixel of every 4th row is looked at */
#define MAX_SAMPLES 200000

/* Collected samples of the border, and their sums. */
struct samples {
	uint8_t (*at)[3];
	size_t n;
	uint32_t width, height;
};

static void sample_row(struct samples *s, const unsigned char *row, uint32_t y, size_t channels)
{
	bool top = y < s->height / 20 + 1;
	if (y % SAMPLE_STEP || y > s->height / 2)
		return;
	for (uint32_t x = 0; x < s->width; x += SAMPLE_STEP) {
		bool side = x < s->width / 10 + 1 || x >= s->width - s->width / 10;
		if ((!top && !side) || s->n >= MAX_SAMPLES)
			continue;
		for (size_t k = 0; k < 3; k++)
			s->at[s->n][k] = row[x * channels + (channels == 1 ? 0 : k)];
		s->n++;
	}
}

static bool summarise(const struct samples *s, struct image_colour *out)
{
	uint64_t sum[3] = {0}, spread = 0;
	if (!s->n)
		return false;
	for (size_t i = 0; i < s->n; i++)
		for (size_t k = 0; k < 3; k++)
			sum[k] += s->at[i][k];
	uint8_t mean[3];
	for (size_t k = 0; k < 3; k++)
		mean[k] = (uint8_t)(sum[k] / s->n);
	for (size_t i = 0; i < s->n; i++)
		for (size_t k = 0; k < 3; k++)
			spread +=
			    (uint64_t)(s->at[i][k] > mean[k] ? s->at[i][k] - mean[k] : mean[k] - s->at[i][k]);
	*out = (struct image_colour){mean[0], mean[1], mean[2], (uint8_t)(spread / (3 * s->n))};
	return true;
}

/* ---- JPEG ---- */

struct jpeg_failure {
	struct jpeg_error_mgr base;
	jmp_buf out;
};

static void jpeg_fail(j_common_ptr c)
{
	longjmp(((struct jpeg_failure *)(void *)c->err)->out, 1);
}

static void jpeg_silent(j_common_ptr c)
{
	(void)c;
}

static bool jpeg_samples(str bytes, struct samples *s, unsigned char *row)
{
	struct jpeg_decompress_struct d;
	struct jpeg_failure failure;
	d.err = jpeg_std_error(&failure.base);
	failure.base.error_exit = jpeg_fail;
	failure.base.output_message = jpeg_silent;
	if (setjmp(failure.out)) {
		jpeg_destroy_decompress(&d);
		return false;
	}
	jpeg_create_decompress(&d);
	d.mem->max_memory_to_use = 64L * 1024 * 1024;
	jpeg_mem_src(&d, (const unsigned char *)bytes.p, bytes.n);
	jpeg_read_header(&d, TRUE);
	if (d.image_width != s->width || d.image_height != s->height || d.num_components > 3) {
		jpeg_destroy_decompress(&d);
		return false;
	}
	d.out_color_space = d.num_components == 1 ? JCS_GRAYSCALE : JCS_RGB;
	jpeg_start_decompress(&d);
	size_t channels = (size_t)d.output_components;
	for (uint32_t y = 0; y <= s->height / 2 && d.output_scanline < d.output_height; y++) {
		JSAMPROW rows[1] = {row};
		jpeg_read_scanlines(&d, rows, 1);
		sample_row(s, row, y, channels);
	}
	jpeg_destroy_decompress(&d);
	return true;
}

/* ---- PNG ---- */

struct png_source {
	str rest;
};

static void png_take(png_structp png, png_bytep out, png_size_t n)
{
	struct png_source *s = png_get_io_ptr(png);
	if (n > s->rest.n)
		png_error(png, "short");
	memcpy(out, s->rest.p, n);
	s->rest = str_sub(s->rest, n, s->rest.n);
}

static void png_silent(png_structp png, png_const_charp what)
{
	(void)png, (void)what;
}

static void png_fail(png_structp png, png_const_charp what)
{
	(void)what;
	png_longjmp(png, 1);
}

static bool png_samples(str bytes, struct samples *s, unsigned char *row)
{
	struct png_source source = {bytes};
	png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, NULL, png_fail, png_silent);
	png_infop info = png ? png_create_info_struct(png) : NULL;
	if (!info || setjmp(png_jmpbuf(png))) {
		png_destroy_read_struct(&png, &info, NULL);
		return false;
	}
	png_set_user_limits(png, IMAGE_MAX_SIDE, IMAGE_MAX_SIDE);
	png_set_chunk_cache_max(png, 100);
	png_set_chunk_malloc_max(png, 4 * 1024 * 1024);
	png_set_read_fn(png, &source, png_take);
	png_read_info(png, info);
	bool usable = png_get_image_width(png, info) == s->width &&
	              png_get_image_height(png, info) == s->height &&
	              png_get_interlace_type(png, info) == PNG_INTERLACE_NONE;
	if (usable) {
		png_set_expand(png);
		png_set_strip_16(png);
		png_set_strip_alpha(png);
		png_set_gray_to_rgb(png);
		png_read_update_info(png, info);
		usable =
		    png_get_channels(png, info) == 3 && png_get_rowbytes(png, info) <= (size_t)s->width * 3;
	}
	for (uint32_t y = 0; usable && y <= s->height / 2 && y < s->height; y++) {
		png_read_row(png, row, NULL);
		sample_row(s, row, y, 3);
	}
	png_destroy_read_struct(&png, &info, NULL);
	return usable;
}

/* ---- pixels ---- */

bool image_pixels_of(arena *a, str bytes, uint64_t most, str *pixels)
{
	struct image i = image_read(bytes);
	png_image p = {.version = PNG_IMAGE_VERSION};
	static const png_color white = {255, 255, 255};
	if (i.fault || i.type != IMAGE_PNG || (uint64_t)i.width * i.height > most ||
	    !png_image_begin_read_from_memory(&p, bytes.p, bytes.n))
		return false;
	p.format = PNG_FORMAT_RGB;
	struct image_pixels head = {IMAGE_PIXELS_MARK, p.width, p.height};
	size_t n = (size_t)p.width * p.height * 3;
	char *out = NEWN(a, char, sizeof head + n);
	bool same = p.width == i.width && p.height == i.height;
	bool read = same && png_image_finish_read(&p, &white, out + sizeof head, 0, NULL);
	png_image_free(&p);
	memcpy(out, &head, sizeof head);
	*pixels = (str){out, sizeof head + n};
	return read;
}

bool image_pixels_read(str bytes, struct image_pixels *out, str *rgb)
{
	if (bytes.n < sizeof *out)
		return false;
	memcpy(out, bytes.p, sizeof *out);
	*rgb = str_sub(bytes, sizeof *out, bytes.n);
	return out->mark == IMAGE_PIXELS_MARK && out->width && out->height &&
	       out->width <= IMAGE_MAX_SIDE && out->height <= IMAGE_MAX_SIDE &&
	       (uint64_t)out->width * out->height * 3 == rgb->n;
}

bool image_background(arena *a, str bytes, struct image_colour *out)
{
	struct image i = image_read(bytes);
	struct samples s = {.width = i.width, .height = i.height};
	if (i.fault || (i.type != IMAGE_PNG && i.type != IMAGE_JPEG))
		return false;
	arena_mark mark = arena_save(a);
	s.at = arena_alloc(a, MAX_SAMPLES, sizeof *s.at, 1);
	unsigned char *row = NEWN(a, unsigned char, (size_t)i.width * 4);
	bool read = i.type == IMAGE_PNG ? png_samples(bytes, &s, row) : jpeg_samples(bytes, &s, row);
	bool good = read && summarise(&s, out);
	arena_rewind(a, mark);
	return good;
}

static bool close_to(uint8_t x, uint8_t y, uint8_t tolerance)
{
	return (x > y ? x - y : y - x) <= tolerance;
}

bool image_background_is(struct image_colour c, uint8_t red, uint8_t green, uint8_t blue,
                         uint8_t tolerance)
{
	return close_to(c.red, red, tolerance) && close_to(c.green, green, tolerance) &&
	       close_to(c.blue, blue, tolerance) && c.spread <= tolerance;
}
