/*
 * image.h - what an uploaded picture is, by its bytes alone.
 *
 * The type is told by content, never by a name or a header of the request. A
 * picture is sound when its own structure says so from the first byte to the
 * last: chunks, segments or blocks follow one another to the end mark, with no
 * tail behind it that another program could read as something else, and its
 * dimensions are within limits before anything is decoded. Nothing is decoded
 * for image_read; image_background decodes PNG and JPEG row by row (through libpng
 * and libjpeg) and keeps only sums; image_pixels_of decodes a whole PNG.
 *
 * These functions parse strangers' bytes: run them in the confined child.
 */
#ifndef ENGINE_FORM_IMAGE_H
#define ENGINE_FORM_IMAGE_H

#include "base/str.h"

#define IMAGE_MAX_SIDE   20000u               /* pixels */
#define IMAGE_MAX_PIXELS ((uint64_t)50000000) /* width x height */
#define IMAGE_MAX_PARTS  20000                /* chunks, segments or blocks */

enum image_type { IMAGE_UNKNOWN, IMAGE_PNG, IMAGE_JPEG, IMAGE_GIF, IMAGE_PDF };

enum image_fault {
	IMAGE_SOUND,
	IMAGE_NOT_ONE,   /* of no known type */
	IMAGE_BROKEN,    /* its structure contradicts itself */
	IMAGE_TRUNCATED, /* ends before its end mark */
	IMAGE_TAIL,      /* bytes behind the end mark: perhaps two files in one */
	IMAGE_TOO_LARGE, /* dimensions beyond the limits */
	IMAGE_ACTIVE,    /* markup or a script inside its texts */
};

struct image {
	enum image_type type;
	enum image_fault fault;
	uint32_t width, height;
	uint32_t frames; /* GIF: pictures; else 1 */
	uint32_t channels; /* JPEG of 8 bits a sample: its components; else 0 */
};

/* The type by the first bytes. */
enum image_type image_type(str bytes);
const char *image_media_type(enum image_type t);  /* "image/png"; "" if unknown */
const char *image_fault_name(enum image_fault f); /* "truncated", for message keys */

/* Walks the whole file. PDF is only recognised (fault IMAGE_SOUND, no size). */
struct image image_read(str bytes);

/* Decoded pixels: a head of three numbers (IMAGE_PIXELS_MARK, width, height), then rows
 * of red, green, blue. What decoders in a confined process hand to those that trust no
 * compressed bytes. */
#define IMAGE_PIXELS_MARK 0x4b504b47u
struct image_pixels {
	uint32_t mark, width, height;
};

/* Decodes a PNG; what is transparent becomes white. False if it cannot be decoded or has
 * more pixels than `most`. */
bool image_pixels_of(arena *a, str png, uint64_t most, str *pixels);
/* Reads the head of decoded pixels; false if the bytes are none, or not all there. */
bool image_pixels_read(str bytes, struct image_pixels *out, str *rgb);

struct image_colour {
	uint8_t red, green, blue;
	uint8_t spread; /* mean distance of the samples from that colour, 0 to 255 */
};

/* The average colour of the upper corners and edges, where a portrait shows its
 * background: the outer tenth left and right of the upper half, and the top
 * twentieth. False if the picture cannot be decoded (GIF is not). */
bool image_background(arena *a, str bytes, struct image_colour *out);

/* Is the background the colour wanted, give or take `tolerance` in each channel,
 * and even? */
bool image_background_is(struct image_colour c, uint8_t red, uint8_t green, uint8_t blue,
                         uint8_t tolerance);

#endif
