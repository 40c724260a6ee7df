#include "app/demo_people.h"

#include "kernel/files/files.h"
#include "kernel/identity/identity.h"

#include <png.h>
#include <string.h>

#define PERSON_DRAWS   200 /* numbers tried before giving up */
#define NUMBER_KEPT    4   /* its first digits: of the birth */
#define NUMBER_MAX     32
#define PICTURE_WIDTH  600
#define PICTURE_HEIGHT 800
#define PIXEL          3

const json *demo_account(const struct pack *p, str id)
{
	const json *v = json_get(p->demo, "accounts");
	for (v = v ? v->first : NULL; v && !str_eq(json_str(v, "id"), id); v = v->next)
		continue;
	return v;
}

static str moved_text(arena *a, str s, int64_t days, str number, str own)
{
	int64_t day;
	if (s.n == 10 && date_parse(s, &day))
		return date_print(a, day + days);
	return number.n && str_eq(s, number) ? own : s;
}

static void move(arena *a, json *v, int64_t days, str number, str own)
{
	if (v->type == JSON_STRING)
		v->s = moved_text(a, v->s, days, number, own);
	for (json *x = v->first; x; x = x->next)
		move(a, x, days, number, own);
}

json *demo_moved(arena *a, const json *v, int64_t days, str number, str own)
{
	json *copy = json_copy(a, v);
	move(a, copy, days, number, own);
	return copy;
}

/* ---- somebody ---- */

static const json *drawn(const json *list, rng *random)
{
	return list && list->count ? json_at(list, rng_below(random, list->count)) : NULL;
}

/* The scheme of people's numbers; empty: numbers are not checked. */
static str scheme_of(const struct pack *p)
{
	const json *v = json_get(p->identifiers, "schemes");
	for (v = v ? v->first : NULL; v; v = v->next)
		if (str_eq(json_str(v, "subject"), STR("person")))
			return json_str(v, "id");
	return (str){0};
}

/* A number like the account's, of the same birth, that nobody has. */
static bool number_draw(struct tx *tx, struct demo_person *d, str like)
{
	str scheme = scheme_of(d->pack), normal;
	char text[NUMBER_MAX];
	struct person known;
	if (like.n <= NUMBER_KEPT || like.n > sizeof text)
		return false;
	for (int i = 0; i < PERSON_DRAWS; i++) {
		memcpy(text, like.p, like.n);
		for (size_t at = NUMBER_KEPT; at < like.n; at++)
			text[at] = (char)('0' + rng_below(d->random, 10));
		d->number = str_dup(tx->a, (str){text, like.n});
		if (scheme.n && identifier_check(tx->a, d->pack, scheme, d->number, &normal))
			continue;
		if (!person_by_number(tx->db, tx->a, d->number, &known))
			return true;
	}
	return false;
}

static str name_in(arena *a, const struct demo_person *d, const char *language, const json *first,
                   const json *father)
{
	const json *last = json_path(d->pack->demo, "crowd.last");
	return str_fmt(a, "%.*s %.*s %.*s", STRF(json_str(first, language)),
	               STRF(json_str(father, language)), STRF(json_str(last, language)));
}

err demo_person_put(struct tx *tx, void *demo_person)
{
	struct demo_person *d = demo_person;
	const json *crowd = json_get(d->pack->demo, "crowd"), *records = json_get(d->like, "records");
	str like = json_str(d->like, "national_number"), sex = json_str(d->like, "sex");
	const json *first = drawn(json_get_str(json_get(crowd, "first"), sex), d->random);
	const json *father = drawn(json_get(crowd, "father"), d->random);
	if (!first || !father || !number_draw(tx, d, like))
		return tx_fail(tx, ERR_bad_input, "crowd", "demo.json has no names for a crowd");
	struct person p = {.national_number = d->number,
	                   .name_en = name_in(tx->a, d, "en", first, father),
	                   .name_ar = name_in(tx->a, d, "ar", first, father),
	                   .nationality = json_str(d->like, "nationality"),
	                   .group = json_str(d->like, "group"),
	                   .birth_date = json_str(d->like, "birth_date"),
	                   .sex = sex,
	                   .phone = json_str(d->like, "phone"),
	                   .language = json_str(d->like, "language")};
	p.records = records ? demo_moved(tx->a, records, d->days, like, d->number) : json_object(tx->a);
	json *cards = json_set(tx->a, p.records, "cards",
	                       demo_moved(tx->a, json_get(d->like, "cards"), d->days, like, d->number));
	for (json *c = cards->first; c; c = c->next)
		json_set_str(
		    tx->a, c, "serial",
		    str_fmt(tx->a, "8%08llu", (unsigned long long)rng_below(d->random, 100000000)));
	err e = person_register(tx, &p);
	d->id = p.id;
	return e;
}

/* ---- what people send in ---- */

static const char document[] =
    "%PDF-1.4\n"
    "1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
    "2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    "3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R"
    "/Resources<</Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>>>endobj\n"
    "4 0 obj<</Length 74>>stream\n"
    "BT /F 20 Tf 72 700 Td (An invented document of a demonstration) Tj ET     \n"
    "endstream endobj\n"
    "trailer<</Root 1 0 R>>\n";

/* An oval on a light ground, where a face would be. */
static str picture(arena *a, rng *random)
{
	png_byte *pixel = NEWN(a, png_byte, PICTURE_WIDTH * PICTURE_HEIGHT * PIXEL), *p = pixel;
	png_byte shade = (png_byte)(120 + rng_below(random, 60));
	for (int y = 0; y < PICTURE_HEIGHT; y++)
		for (int x = 0; x < PICTURE_WIDTH; x++, p += PIXEL) {
			int64_t dx = (x - PICTURE_WIDTH / 2) * 100 / 180, dy = (y - 430) * 100 / 280;
			bool face = dx * dx + dy * dy < 10000;
			memset(p, face ? shade : 245, PIXEL);
		}
	png_image image = {.version = PNG_IMAGE_VERSION,
	                   .width = PICTURE_WIDTH,
	                   .height = PICTURE_HEIGHT,
	                   .format = PNG_FORMAT_RGB};
	png_alloc_size_t n = PNG_IMAGE_PNG_SIZE_MAX(image);
	char *out = NEWN(a, char, n);
	bool good = png_image_write_to_memory(&image, out, &n, 0, pixel, 0, NULL);
	return good ? (str){out, n} : (str){0};
}

static err record(struct tx *tx, void *ctx)
{
	return file_record(tx, ctx);
}

static err file_put(struct kernel *k, arena *a, const struct kase *q, json *answer, rng *random)
{
	struct file_info f;
	bool image = str_starts(json_str(answer, "type"), STR("image/"));
	str bytes = image ? picture(a, random) : str_of(document);
	err e = file_store_own(k, a, q->applicant, image ? STR("photo.png") : STR("document.pdf"),
	                       image ? "image/png" : "application/pdf", bytes, &f);
	if (e)
		return e;
	if (image) {
		f.width = PICTURE_WIDTH;
		f.height = PICTURE_HEIGHT;
	}
	f.case_id = q->id;
	f.entity = q->entity;
	struct action x = {.k = k,
	                   .a = a,
	                   .actor = {.person = q->applicant, .channel = STR("web")},
	                   .decide = record,
	                   .ctx = &f};
	e = kernel_run(&x);
	for (const json *v = e ? NULL : file_view(a, &f)->first; v; v = v->next)
		json_set_key(a, answer, v->key, json_copy(a, v));
	return e;
}

err demo_files_put(struct kernel *k, arena *a, const struct kase *q, json *answers, rng *random)
{
	err e = OK;
	if (json_get(answers, "file"))
		return file_put(k, a, q, answers, random);
	for (json *v = answers->first; v && !e; v = v->next)
		e = demo_files_put(k, a, q, v, random);
	return e;
}
