/* What tests of documents need: specs from text or files, and a rendering. */
#ifndef DOCUMENT_UNIT_H
#define DOCUMENT_UNIT_H

#include "unit.h"

#include "kernel/documents/show.h"

#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>

#define DOCUMENT_UNIT_AT (1795511520 * SECOND) /* 2026-11-24T09:12:00Z */

__attribute__((unused)) static json *document_unit_json(arena *a, str text)
{
	json_error e = {0};
	json *v = json_parse(a, text, &e);
	if (!v)
		fail_msg("%u:%u %.*s", e.line, e.col, STRF(e.what));
	return v;
}

__attribute__((unused)) static json *document_unit_file(arena *a, const char *path)
{
	FILE *f = fopen(path, "rb");
	assert_non_null(f);
	char *text = NEWN(a, char, 1 << 20);
	size_t n = fread(text, 1, 1 << 20, f);
	fclose(f);
	return document_unit_json(a, (str){text, n});
}

struct document_unit {
	struct diags diags;
	str pdf;
	err e;
};

__attribute__((unused)) static struct document_unit
document_unit_render(arena *a, json *spec, const json *view, bool signable)
{
	struct document_unit u = {.diags = diags_make(a, STR("document.json"))};
	struct document *d = document_load(a, spec, &u.diags);
	if (!d)
		fail_msg("%.*s", STRF(diags_print(a, &u.diags)));
	struct show show = {.utc_offset = 3 * 3600};
	currency_find(STR("BHD"), &show.currency);
	struct document_env env = show_env(&show);
	env.at = DOCUMENT_UNIT_AT;
	env.signable = signable;
	env.diags = &u.diags;
	u.e = document_render(d, view, &env, a, &u.pdf);
	return u;
}

/* The file with its object streams unpacked behind it, to look for words in. */
__attribute__((unused)) static str document_unit_open(arena *a, str pdf)
{
	buf all = buf_make(a, (size_t)256 * 1024 * 1024);
	buf_put(&all, pdf);
	for (ptrdiff_t at; (at = str_find(pdf, STR("/Type/ObjStm"))) >= 0;) {
		pdf = str_sub(pdf, (size_t)at, pdf.n);
		ptrdiff_t length = str_find(pdf, STR("/Length ")), body = str_find(pdf, STR("stream\n"));
		assert_true(length > 0 && body > length);
		uLong packed = strtoul(pdf.p + length + 8, NULL, 10);
		uLongf n = packed * 64 + 4096;
		char *plain = NEWN(a, char, n);
		assert_int_equal(uncompress((Bytef *)plain, &n, (const Bytef *)pdf.p + body + 7, packed),
		                 Z_OK);
		buf_put(&all, (str){plain, n});
		pdf = str_sub(pdf, (size_t)body, pdf.n);
	}
	return buf_str(&all);
}

/* A document of the given blocks. */
__attribute__((unused)) static json *document_unit_spec(arena *a, const char *blocks)
{
	return document_unit_json(
	    a,
	    str_fmt(
	        a, "{\"id\":\"t\",\"version\":1,\"title\":{\"en\":\"T\",\"ar\":\"ع\"},\"blocks\":[%s]}",
	        blocks));
}

#endif
