/* Pictures told by their bytes: what is sound, what is cut, doubled or poisoned. */
#include "form_unit.h"

#include "engine/form/image.h"

#include <stdio.h>
#include <stdlib.h>

#include <jpeglib.h>
#include <png.h>

#define GREY 168

/* A portrait of one colour behind a dark oval. */
static unsigned char *portrait(arena *a, uint32_t w, uint32_t h, const unsigned char back[3])
{
	unsigned char *rgb = NEWN(a, unsigned char, (size_t)w *h * 3);
	for (uint32_t y = 0; y < h; y++)
		for (uint32_t x = 0; x < w; x++) {
			bool face = x > w / 4 && x < w - w / 4 && y > h / 8;
			for (int k = 0; k < 3; k++)
				rgb[((size_t)y * w + x) * 3 + (size_t)k] = face ? 60 : back[k];
		}
	return rgb;
}

static str png_of(arena *a, uint32_t w, uint32_t h, const unsigned char back[3])
{
	png_image p = {.version = PNG_IMAGE_VERSION, .width = w, .height = h, .format = PNG_FORMAT_RGB};
	png_alloc_size_t n = 0;
	unsigned char *rgb = portrait(a, w, h, back);
	assert_true(png_image_write_to_memory(&p, NULL, &n, 0, rgb, 0, NULL));
	char *out = NEWN(a, char, n);
	assert_true(png_image_write_to_memory(&p, out, &n, 0, rgb, 0, NULL));
	return (str){out, n};
}

static str jpeg_of(arena *a, uint32_t w, uint32_t h, const unsigned char back[3])
{
	struct jpeg_compress_struct c;
	struct jpeg_error_mgr e;
	unsigned char *out = NULL, *rgb = portrait(a, w, h, back);
	unsigned long n = 0;
	c.err = jpeg_std_error(&e);
	jpeg_create_compress(&c);
	jpeg_mem_dest(&c, &out, &n);
	c.image_width = w;
	c.image_height = h;
	c.input_components = 3;
	c.in_color_space = JCS_RGB;
	jpeg_set_defaults(&c);
	jpeg_start_compress(&c, TRUE);
	while (c.next_scanline < h) {
		JSAMPROW row = rgb + (size_t)c.next_scanline * w * 3;
		jpeg_write_scanlines(&c, &row, 1);
	}
	jpeg_finish_compress(&c);
	jpeg_destroy_compress(&c);
	str copy = str_dup(a, (str){(char *)out, n});
	free(out);
	return copy;
}

static const unsigned char grey[3] = {GREY, GREY, GREY}, blue[3] = {40, 80, 200};

static const unsigned char gif_bytes[] = {
    'G', 'I', 'F', '8', '9',  'a', 2, 0, 1, 0, 0x80, 0, 0, 0, 0, 0, 255,  255,  255, 0x21, 0xFE,
    2,   'h', 'i', 0,   0x2C, 0,   0, 0, 0, 2, 0,    1, 0, 0, 2, 2, 0x44, 0x01, 0,   0x3B};

static void sound_pictures(void **state)
{
	arena *a = *state;
	struct image i = image_read(png_of(a, 60, 80, grey));
	assert_int_equal(i.type, IMAGE_PNG);
	assert_int_equal(i.fault, IMAGE_SOUND);
	assert_int_equal(i.width, 60);
	assert_int_equal(i.height, 80);
	i = image_read(jpeg_of(a, 61, 83, grey));
	assert_int_equal(i.type, IMAGE_JPEG);
	assert_int_equal(i.fault, IMAGE_SOUND);
	assert_int_equal(i.width, 61);
	assert_int_equal(i.height, 83);
	i = image_read((str){(const char *)gif_bytes, sizeof gif_bytes});
	assert_int_equal(i.type, IMAGE_GIF);
	assert_int_equal(i.fault, IMAGE_SOUND);
	assert_int_equal(i.width, 2);
	assert_int_equal(i.frames, 1);
	assert_int_equal(image_type(STR("%PDF-1.7")), IMAGE_PDF);
	assert_str(str_of(image_media_type(IMAGE_JPEG)), "image/jpeg");
}

/* Every proper beginning of a picture is refused, and so is anything behind its end. */
static void cut_and_doubled(void **state)
{
	arena *a = *state;
	str files[] = {png_of(a, 20, 20, grey),
	               jpeg_of(a, 20, 20, grey),
	               {(const char *)gif_bytes, sizeof gif_bytes}};
	for (size_t f = 0; f < 3; f++) {
		for (size_t n = 0; n < files[f].n; n++)
			assert_int_not_equal(image_read(str_sub(files[f], 0, n)).fault, IMAGE_SOUND);
		str two = str_cat(a, files[f], STR("PK\x03\x04 or a script"));
		assert_int_equal(image_read(two).fault, IMAGE_TAIL);
	}
	assert_int_equal(image_read(STR("<html><script>")).fault, IMAGE_NOT_ONE);
	assert_int_equal(image_read((str){0}).fault, IMAGE_NOT_ONE);
}

static void poisoned(void **state)
{
	arena *a = *state;
	/* A claim of 60,000 by 60,000 pixels in the frame header. */
	str jpeg = jpeg_of(a, 20, 20, grey);
	char *bytes = (char *)(uintptr_t)str_dup(a, jpeg).p;
	for (size_t k = 0; k + 9 < jpeg.n; k++)
		if ((unsigned char)bytes[k] == 0xFF && (unsigned char)bytes[k + 1] == 0xC0)
			memset(bytes + k + 5, 0xEA, 4);
	assert_int_equal(image_read((str){bytes, jpeg.n}).fault, IMAGE_TOO_LARGE);
	/* One flipped bit breaks a checksum. */
	str png = png_of(a, 20, 20, grey);
	bytes = (char *)(uintptr_t)str_dup(a, png).p;
	bytes[20] ^= 1;
	assert_int_equal(image_read((str){bytes, png.n}).fault, IMAGE_BROKEN);
	/* Markup in a comment. */
	str comment = STR("\xff\xfe\x00\x1a<ScRiPt>alert(1)</script>");
	str evil = str_cat(a, str_sub(jpeg, 0, 2), comment);
	evil = str_cat(a, str_sub(evil, 0, 2 + 2 + 0x1a), str_sub(jpeg, 2, jpeg.n));
	assert_int_equal(image_read(evil).fault, IMAGE_ACTIVE);
}

static void backgrounds(void **state)
{
	arena *a = *state;
	str files[] = {png_of(a, 300, 400, grey), jpeg_of(a, 300, 400, grey)};
	struct image_colour c;
	for (size_t f = 0; f < 2; f++) {
		assert_true(image_background(a, files[f], &c));
		assert_true(image_background_is(c, GREY, GREY, GREY, 12));
		assert_false(image_background_is(c, 255, 255, 255, 12));
	}
	assert_true(image_background(a, jpeg_of(a, 300, 400, blue), &c));
	assert_false(image_background_is(c, GREY, GREY, GREY, 12));
	assert_true(c.blue > c.red);
	assert_false(image_background(a, (str){(const char *)gif_bytes, sizeof gif_bytes}, &c));
}

static void photograph_rules_of_the_card(void **state)
{
	arena *a = *state;
	struct form_env env = form_unit_env(a, false);
	struct form *f = form_unit_load(
	    a, form_unit_file(a, "packs/bahrain/services/idcard-replace-lost/form.json"));
	ptrdiff_t page = form_page_find(f, STR("photograph"));
	str picture = jpeg_of(a, 480, 640, blue);
	struct image i = image_read(picture);
	struct image_colour c;
	json *file = json_object(a);
	json_set_str(a, file, "file", str_hex(a, STR("0123456789abcdef0123456789abcdef")));
	json_set_str(a, file, "name", STR("me.jpg"));
	json_set_str(a, file, "type", str_of(image_media_type(i.type)));
	json_set_int(a, file, "width", i.width);
	json_set_int(a, file, "height", i.height);
	json_set_int(a, file, "bytes", 4 * 1024 * 1024);
	struct form_field field = {.name = STR("photograph"), .file = file};
	struct form_result r = form_page_accept(f, (size_t)page, &field, 1, NULL, NULL, &env, a);
	assert_int_equal(r.errors.count, 1);
	assert_str(r.errors.at[0].key, "file.size");
	json_set_int(a, file, "bytes", (int64_t)picture.n);
	r = form_page_accept(f, (size_t)page, &field, 1, NULL, NULL, &env, a);
	assert_int_equal(r.errors.count, 0);
	/* The colour is for the officer to judge: flagged, not refused. */
	assert_true(image_background(a, picture, &c));
	assert_false(image_background_is(c, GREY, GREY, GREY, 12));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    UNIT(sound_pictures),
	    UNIT(cut_and_doubled),
	    UNIT(poisoned),
	    UNIT(backgrounds),
	    UNIT(photograph_rules_of_the_card),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
