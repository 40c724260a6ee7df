/* What files are taken for, and that it is found out in a confined process. */
#include "kernel_unit.h"

#include "base/buf.h"
#include "base/rng.h"
#include "kernel/files/examine.h"
#include "kernel/files/files.h"

#include <signal.h>
#include <stdio.h>
#include <time.h>
#include <zlib.h>

#define LENGTH(array) (sizeof(array) / sizeof *(array))
#define HEAD          "%PDF-1.7\n"
#define TAIL          "\ntrailer\n<< /Size 2 /Root 1 0 R >>\nstartxref\n9\n%%EOF\n"
#define CATALOG       "1 0 obj\n<< /Type /Catalog >>\nendobj\n"

static const struct organ *const organs[] = {&files_organ};

/* ---- making PDFs ---- */

static str pdf_of(arena *a, str body)
{
	return str_cat(a, str_cat(a, STR(HEAD CATALOG), body), STR(TAIL));
}

static str deflated(arena *a, str plain)
{
	uLongf n = compressBound(plain.n);
	unsigned char *p = NEWN(a, unsigned char, n);
	assert_int_equal(compress2(p, &n, (const unsigned char *)plain.p, plain.n, 9), Z_OK);
	return (str){(char *)p, n};
}

static str stream_of(arena *a, const char *dictionary, str data)
{
	str head = str_fmt(a, "7 0 obj\n<< /Length %zu %s >>\nstream\n", data.n, dictionary);
	return str_cat(a, str_cat(a, head, data), STR("\nendstream\nendobj\n"));
}

#define OBJECT_STREAM "/Type /ObjStm /N 1 /First 4 /Filter /FlateDecode"
#define SCRIPT        "8 0 << /S /JavaScript /JS (app.alert(1)) >>"

static enum finding_verdict verdict(arena *a, str pdf)
{
	struct finding f;
	finding_make(a, pdf, &f);
	assert_int_equal(f.type, IMAGE_PDF);
	return f.verdict;
}

static void assert_verdict(arena *a, str pdf, enum finding_verdict expected)
{
	enum finding_verdict got = verdict(a, pdf);
	if (got != expected)
		fail_msg("found \"%s\" instead of \"%s\" in %.*s", finding_text(got),
		         finding_text(expected), (int)(pdf.n < 400 ? pdf.n : 400), pdf.p);
}

/* ---- PDFs ---- */

static void bytes_that_only_spell_a_name_are_none(void **state)
{
	static const char *const names[] = {"/JS ", "/JavaScript<", "/Launch/", "/EF ", "/XFA\n",
	                                    "/EmbeddedFile["};
	arena *a = *state;
	rng r = rng_seeded(7);
	for (int i = 0; i < 300; i++) {
		arena_mark mark = arena_save(a);
		size_t n = 20000;
		char *p = NEWN(a, char, n);
		rng_bytes(&r, p, n);
		for (size_t at = 0; at + 100 < n; at += 97) { /* some 200 in each */
			const char *name = names[at % LENGTH(names)];
			memcpy(p + at, name, strlen(name));
		}
		str body = stream_of(a, "/Filter /DCTDecode", (str){p, n});
		assert_verdict(a, pdf_of(a, body), FINDING_sound);
		arena_rewind(a, mark);
	}
}

static void text_that_only_speaks_of_it_is_none(void **state)
{
	static const char *const bodies[] = {
	    "2 0 obj << /Title (How /JS and /Launch work) >> endobj\n",
	    "2 0 obj << /Title (nested (/JS) and \\) /JS escaped) >> endobj\n",
	    "2 0 obj << /A 1 % /JS in a comment\n >> endobj\n",
	    "2 0 obj << /JSx /Launcher /EFG /XFAs >> endobj\n",
	    "2 0 obj << /Length 40 >> stream\nBT /JS 12 Tf (x) Tj ET /EF gs\nendstream endobj\n",
	    "2 0 obj << /First 3 0 R /Last 4 0 R /Count 2 >> endobj\n", /* an outline */
	    "2 0 obj << /S /GoTo /D [3 0 R /Fit] >> endobj\n",
	};
	arena *a = *state;
	for (size_t i = 0; i < LENGTH(bodies); i++)
		assert_verdict(a, pdf_of(a, str_of(bodies[i])), FINDING_sound);
	str harmless = stream_of(a, OBJECT_STREAM, deflated(a, STR("8 0 << /Type /Page >>")));
	assert_verdict(a, pdf_of(a, harmless), FINDING_sound);
	harmless = stream_of(a, "/Type /ObjStm /First 4 /Filter [ /FlateDecode ]",
	                     deflated(a, STR("8 0 << /Type /Page >>")));
	assert_verdict(a, pdf_of(a, harmless), FINDING_sound);
}

static void what_acts_is_found_wherever_a_reader_would(void **state)
{
	static const char *const bodies[] = {
	    "2 0 obj << /S /JavaScript /JS (x) >> endobj\n",
	    "2 0 obj<</S/J#61va#53cript/#4a#53(x)>>endobj\n",
	    "2 0 obj << /AA << /O << /S /Launch /F (x) >> >> >> endobj\n",
	    "2 0 obj << /Type /Filespec /F (x.exe) /EF << /F 3 0 R >> >> endobj\n",
	    "2 0 obj << /A (\\)) /JS (x) >> endobj\n",
	    "2 0 obj << /A <41%> /JS (x) >> endobj\n",
	    "2 0 obj << /A stream /JS (x) >> endobj\n",
	    "2 0 obj << /A endobj /JS (x) >> endobj\n",
	    "2 0 obj << /A ] stream /JS (x) >> endobj\n",
	    "2 0 obj [ >> stream /XFA ] endobj\n",
	    "2 % a comment\n0 % and another\nobj << /JS (x) >> endobj\n",
	    "2\r\n0\r\nobj<</JS(x)>>endobj\n",
	    "2 0obj<</JS(x)>>endobj\n",
	    /* the reader is led into a stream, a string or a comment */
	    "2 0 obj << /Length 60 >> stream\n3 0 obj << /JS (x) >> endobj\nendstream endobj\n",
	    "2 0 obj ( 3 0 obj << /JS (x) >> endobj ) endobj\n",
	    "% 3 0 obj << /JS (x) >> endobj\n",
	    "trailer << /Root << /OpenAction << /JS (x) >> >> >> startxref 0\n",
	};
	arena *a = *state;
	for (size_t i = 0; i < LENGTH(bodies); i++)
		assert_verdict(a, pdf_of(a, str_of(bodies[i])), FINDING_active);
	str script = deflated(a, STR(SCRIPT));
	assert_verdict(a, pdf_of(a, stream_of(a, OBJECT_STREAM, script)), FINDING_active);
	assert_verdict(a, pdf_of(a, stream_of(a, "/N 1 /#46irst 4 /Filter [/FlateDecode]", script)),
	               FINDING_active);
	assert_verdict(a, pdf_of(a, stream_of(a, "/Type /ObjStm /N 1 /First 4", STR(SCRIPT))),
	               FINDING_active);
}

static void what_cannot_be_seen_is_refused(void **state)
{
	static const char *const dictionaries[] = {
	    "/First 4 /Filter [/FlateDecode /FlateDecode]",
	    "/First 4 /Filter [/FlateDecode 9 0 R]",
	    "/First 4 /Filter 9 0 R",
	    "/First 4 /Filter []",
	    "/First 4 /Filter /LZWDecode",
	    "/First 4 /Filter [/ASCIIHexDecode /FlateDecode]",
	    "/First 4 /Filter /FlateDecode /Filter /LZWDecode",
	    "/First 4 /Filter /FlateDecode /DecodeParms << /Predictor 12 >>",
	    "/First 4 /F (elsewhere)",
	};
	arena *a = *state;
	str page = deflated(a, STR("8 0 << /Type /Page >>"));
	for (size_t i = 0; i < LENGTH(dictionaries); i++)
		assert_verdict(a, pdf_of(a, stream_of(a, dictionaries[i], page)), FINDING_hidden);
	assert_verdict(a, pdf_of(a, stream_of(a, OBJECT_STREAM, STR("no zlib"))), FINDING_hidden);
	str cut = str_sub(page, 0, page.n - 6);
	assert_verdict(a, pdf_of(a, stream_of(a, OBJECT_STREAM, cut)), FINDING_hidden);
	/* encrypted: what was inflated is not what a reader sees */
	str both = str_cat(a, stream_of(a, OBJECT_STREAM, page), STR("trailer << /Encrypt 9 0 R >>"));
	assert_verdict(a, pdf_of(a, both), FINDING_hidden);
	assert_verdict(a, pdf_of(a, STR("trailer << /Encrypt 9 0 R >>")), FINDING_sound);
	assert_verdict(a, STR(HEAD "%%EOF"), FINDING_broken);
	assert_verdict(a, STR(HEAD CATALOG), FINDING_truncated);
}

/* Of work: what others do on this machine does not count. */
static int64_t millis(void)
{
	struct timespec t;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void an_examination_ends(void **state)
{
	arena *a = *state;
	int64_t from = millis();
	buf b = buf_make(a, 4 * 1024 * 1024);
	while (b.n < 2 * 1024 * 1024)
		buf_puts(&b, "1 0 obj (");
	assert_verdict(a, pdf_of(a, buf_str(&b)), FINDING_crowded);
	str zeros = {NEWN(a, char, 48 * 1024 * 1024), 48 * 1024 * 1024};
	str bomb = stream_of(a, OBJECT_STREAM, deflated(a, zeros));
	assert_true(bomb.n < 64 * 1024);
	assert_verdict(a, pdf_of(a, bomb), FINDING_crowded);
	/* many object streams that are each within the limit */
	str part = stream_of(a, OBJECT_STREAM, deflated(a, str_sub(zeros, 0, 4 * 1024 * 1024)));
	buf many = buf_make(a, 4 * 1024 * 1024);
	for (int i = 0; i < 40; i++)
		buf_put(&many, part);
	assert_verdict(a, pdf_of(a, buf_str(&many)), FINDING_crowded);
	assert_true(millis() - from < 20000);
}

/* ---- in the confined process ---- */

static str seed(arena *a, const char *name)
{
	const char *path = str_fmt(a, "tests/fuzz/seeds/image/%s", name).p;
	FILE *f = fopen(path, "rb");
	if (!f)
		fail_msg("%s is not there", path);
	char *p = NEWN(a, char, 65536);
	size_t n = fread(p, 1, 65536, f);
	fclose(f);
	return (str){p, n};
}

/* A copy with a few bytes changed, cut or doubled. */
static str damaged(arena *a, rng *r, str whole)
{
	str s = str_dup(a, whole);
	char *p = (char *)(uintptr_t)s.p;
	for (uint64_t i = rng_below(r, 6); i > 0; i--)
		p[rng_below(r, s.n)] = (char)rng_below(r, 256);
	if (rng_below(r, 4) == 0)
		s = str_sub(s, 0, rng_below(r, s.n));
	if (rng_below(r, 4) == 0)
		s = str_cat(a, s, str_sub(whole, rng_below(r, whole.n), whole.n));
	return s;
}

static void hostile_files_are_found_out_all_the_same(void **state)
{
	struct unit *u = unit_start(organs, 1);
	str whole[4] = {seed(u->a, "grey.jpg"), seed(u->a, "grey.png"), seed(u->a, "two.gif"), {0}};
	rng r = rng_seeded(11);
	int sound = 0, bad = 0;
	(void)state;
	whole[3] = pdf_of(u->a, stream_of(u->a, OBJECT_STREAM, deflated(u->a, STR("8 0 << /A 1 >>"))));
	for (int i = 0; i < 400; i++) {
		arena_mark mark = arena_save(u->a);
		str s = i < 4 ? whole[i] : damaged(u->a, &r, whole[i % 4]);
		struct finding here, there;
		finding_make(u->a, s, &here);
		assert_int_equal(file_examine(u->k->examiner, u->a, s, &there), OK);
		assert_memory_equal(&here, &there, sizeof here);
		sound += !here.verdict;
		bad += here.verdict != 0;
		arena_rewind(u->a, mark);
	}
	assert_true(sound >= 4 && bad >= 100);
	assert_int_equal(confine_counts(u->k->examiner).failed, 0);
	assert_int_equal(confine_counts(u->k->examiner).started, 1);
	unit_stop(u);
}

static void the_largest_file_is_examined(void **state)
{
	struct unit *u = unit_start(organs, 1);
	struct file_info f;
	rng r = rng_seeded(3);
	size_t n = FILE_MAX_BYTES - 4096;
	char *p = NEWN(u->a, char, n);
	(void)state;
	rng_bytes(&r, p, n);
	str pdf = pdf_of(u->a, stream_of(u->a, "/Filter /DCTDecode", (str){p, n}));
	assert_int_equal(file_store(u->k, u->a, 5, STR("scan.pdf"), pdf, &f), OK);
	assert_str(f.type, "application/pdf");
	str larger = {NEWN(u->a, char, FILE_MAX_BYTES + 1), FILE_MAX_BYTES + 1};
	assert_int_equal(file_store(u->k, u->a, 5, STR("scan.pdf"), larger, &f), ERR_file_refused);
	assert_str(f.reason, "size");
	unit_stop(u);
}

/* Nobody looked into it: it is neither kept nor called bad, and later it is taken. */
static void what_cannot_be_examined_is_not_kept(void **state)
{
	struct unit *u = unit_start(organs, 1);
	struct confine_options nowhere = {.role = &examine_role, .program = "/nowhere/diwan"};
	struct confine *good = u->k->examiner;
	struct file_info f;
	str jpeg = seed(u->a, "grey.jpg");
	(void)state;
	u->k->examiner = confine_open(u->a, &nowhere);
	assert_int_equal(file_store(u->k, u->a, 5, STR("me.jpg"), jpeg, &f), ERR_file_unexamined);
	assert_str(f.reason, "unexamined");
	assert_int_equal(f.id.n, 0);
	json *v = file_view(u->a, &f);
	assert_str(json_str(v, "file"), "refused");
	assert_str(json_str(v, "refused"), "unexamined");
	u->k->examiner = good;
	assert_int_equal(file_store(u->k, u->a, 5, STR("me.jpg"), jpeg, &f), OK);
	assert_str(f.type, "image/jpeg");
	kill(confine_counts(good).pid, SIGKILL);
	assert_int_equal(file_store(u->k, u->a, 5, STR("me.jpg"), jpeg, &f), OK);
	assert_int_equal(confine_counts(good).started, 2);
	unit_stop(u);
}

/* ---- pictures for documents ---- */

static void a_png_is_handed_on_as_pixels(void **state)
{
	struct unit *u = unit_start(organs, 1);
	str png = seed(u->a, "grey.png"), jpeg = seed(u->a, "grey.jpg"), here, picture, rgb;
	struct image_pixels p;
	struct image i = image_read(png);
	(void)state;
	assert_int_equal(file_picture(u->k->examiner, u->a, png, &picture), OK);
	assert_true(image_pixels_of(u->a, png, 1000000, &here));
	assert_true(str_eq(picture, here));
	assert_true(image_pixels_read(picture, &p, &rgb));
	assert_int_equal(p.width, i.width);
	assert_int_equal(p.height, i.height);
	assert_false(image_pixels_read(str_sub(picture, 0, picture.n - 1), &p, &rgb));
	assert_false(image_pixels_of(u->a, png, (uint64_t)i.width * i.height - 1, &here));
	assert_int_equal(file_picture(u->k->examiner, u->a, jpeg, &picture), OK);
	assert_true(str_eq(picture, jpeg)); /* shown by the reader of the document alone */
	assert_int_equal(image_read(jpeg).channels, 3);
	str cut = str_sub(png, 0, png.n - 20);
	assert_int_equal(file_picture(u->k->examiner, u->a, cut, &picture), OK);
	assert_int_equal(picture.n, 0);
	assert_int_equal(file_picture(u->k->examiner, u->a, STR("GIF89a"), &picture), OK);
	assert_int_equal(picture.n, 0);
	struct confine_options nowhere = {.role = &examine_role, .program = "/nowhere/diwan"};
	struct confine *none = confine_open(u->a, &nowhere);
	assert_int_equal(file_picture(none, u->a, png, &picture), ERR_unavailable);
	assert_int_equal(picture.n, 0);
	unit_stop(u);
}

int main(void)
{
	signal(SIGPIPE, SIG_IGN);
	const struct CMUnitTest tests[] = {
	    UNIT(bytes_that_only_spell_a_name_are_none),
	    UNIT(text_that_only_speaks_of_it_is_none),
	    UNIT(what_acts_is_found_wherever_a_reader_would),
	    UNIT(what_cannot_be_seen_is_refused),
	    UNIT(an_examination_ends),
	    UNIT(hostile_files_are_found_out_all_the_same),
	    UNIT(the_largest_file_is_examined),
	    UNIT(what_cannot_be_examined_is_not_kept),
	    UNIT(a_png_is_handed_on_as_pixels),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
