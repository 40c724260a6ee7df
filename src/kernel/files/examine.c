/* examine.c - the role "examine", its two ends. */
#include "kernel/files/examine.h"

#include "engine/document/document.h"

#include <string.h>

enum { KIND_FINDING = 1, KIND_PIXELS };

static const struct {
	const char *key, *text;
} verdicts[] = {
#define VERDICT(name, key, text) {key, text},
    FINDINGS(VERDICT)
#undef VERDICT
};

const char *finding_key(uint32_t verdict)
{
	return verdict < FINDING_COUNT ? verdicts[verdict].key : "";
}

const char *finding_text(uint32_t verdict)
{
	return verdict < FINDING_COUNT ? verdicts[verdict].text : "";
}

static enum finding_verdict of_fault(enum image_fault f)
{
	static const enum finding_verdict of[] = {
	    [IMAGE_SOUND] = FINDING_sound,          [IMAGE_NOT_ONE] = FINDING_unknown,
	    [IMAGE_BROKEN] = FINDING_broken,        [IMAGE_TRUNCATED] = FINDING_truncated,
	    [IMAGE_TAIL] = FINDING_tail,            [IMAGE_TOO_LARGE] = FINDING_dimensions,
	    [IMAGE_ACTIVE] = FINDING_active_text,
	};
	return of[f];
}

void finding_make(arena *a, str bytes, struct finding *out)
{
	struct image m = image_read(bytes);
	*out = (struct finding){.verdict = of_fault(m.fault),
	                        .type = m.type,
	                        .width = m.width,
	                        .height = m.height};
	if (m.type == IMAGE_PDF)
		out->verdict = pdf_examine(a, bytes);
	if (out->verdict || (m.type != IMAGE_PNG && m.type != IMAGE_JPEG))
		return;
	out->has_background = image_background(a, bytes, &out->background);
	if (!out->has_background)
		out->verdict = FINDING_undecoded;
}

/* ---- the confined side ---- */

static bool serve(void *ctx, arena *a, uint32_t kind, str request, str *answer)
{
	(void)ctx;
	struct finding *f = NEW(a, struct finding);
	if (kind == KIND_PIXELS) {
		if (!image_pixels_of(a, request, DOCUMENT_PICTURE_PIXELS, answer))
			*answer = (str){0};
		return true;
	}
	if (kind != KIND_FINDING)
		return false;
	finding_make(a, request, f);
	*answer = (str){(const char *)f, sizeof *f};
	return true;
}

const struct confine_role examine_role = {
    .name = "examine",
    .kind = CONFINE_EACH,
    .seconds = 5,
    .memory_bytes = (size_t)192 * 1024 * 1024,
    .request_max = (size_t)16 * 1024 * 1024,
    .answer_max = sizeof(struct image_pixels) + DOCUMENT_PICTURE_PIXELS * 3,
    .serve = serve,
};

/* ---- the server's side ---- */

/* A process that was taken over may say anything of its own file, within the limits
 * that every file has; nothing else. */
static bool plausible(const struct finding *f)
{
	bool picture = f->type == IMAGE_PNG || f->type == IMAGE_JPEG || f->type == IMAGE_GIF;
	bool sized = f->width && f->height && f->width <= IMAGE_MAX_SIDE &&
	             f->height <= IMAGE_MAX_SIDE;
	if (f->verdict >= FINDING_COUNT || f->type > IMAGE_PDF || f->has_background > 1)
		return false;
	return f->verdict || (picture ? sized : f->type == IMAGE_PDF && !f->width && !f->height);
}

err file_examine(struct confine *c, arena *a, str bytes, struct finding *out)
{
	str answer;
	err e = confine_ask(c, a, KIND_FINDING, bytes, &answer);
	if (e)
		return e;
	if (answer.n != sizeof *out)
		return ERR_unavailable;
	memcpy(out, answer.p, sizeof *out);
	/* The first bytes tell the type here as well, without decoding anything. */
	return plausible(out) && out->type == (uint32_t)image_type(bytes) ? OK : ERR_unavailable;
}

err file_picture(struct confine *c, arena *a, str bytes, str *picture)
{
	struct image_pixels p;
	str rgb;
	enum image_type t = image_type(bytes);
	*picture = t == IMAGE_JPEG ? bytes : (str){0};
	if (t != IMAGE_PNG)
		return OK;
	err e = confine_ask(c, a, KIND_PIXELS, bytes, picture);
	if (e == OK && picture->n && !image_pixels_read(*picture, &p, &rgb))
		e = ERR_unavailable;
	if (e)
		*picture = (str){0};
	return e;
}
