/*
 * bench_document [SECONDS]: documents a second by one thread, and what one weighs: the
 * certificate of a replaced card, drawn, and drawn and signed; a report of 200 rows.
 */
#include "engine/document/document.h"
#include "kernel/documents/check.h"
#include "kernel/documents/show.h"
#include "kernel/documents/sign.h"
#include "kernel/signer/document_key.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ARENA_BYTES ((size_t)512 * 1024 * 1024)
#define FILE_BYTES  (1 << 20)
#define REPORT_ROWS 200

struct work {
	const struct document *doc;
	const json *view;
	struct document_env env;
	const struct signing *signer;
	str checked; /* only checks this file */
};

static json *read_json(arena *a, const char *path)
{
	FILE *f = fopen(path, "rb");
	char *text = NEWN(a, char, FILE_BYTES);
	size_t n = f ? fread(text, 1, FILE_BYTES, f) : 0;
	json *v = json_parse(a, (str){text, n}, NULL);
	if (!v) {
		fprintf(stderr, "bench_document: %s cannot be read\n", path);
		exit(1);
	}
	fclose(f);
	return v;
}

static size_t once(const struct work *w, arena *a, str *out)
{
	str digest;
	if (w->checked.n) {
		struct document_check k;
		document_check(a, w->checked, (str){0}, &k);
		return strcmp(k.reason, "no_proof") == 0 ? w->checked.n : 0;
	}
	if (document_render(w->doc, w->view, &w->env, a, out) != OK)
		return 0;
	if (w->signer && sign_pdf(w->signer, a, *out, out, &digest) != OK)
		return 0;
	return out->n;
}

static void measure(const char *name, const struct work *w, int64_t seconds)
{
	arena *a = arena_create(ARENA_BYTES);
	instant start = clock_monotonic(), now = start;
	int64_t n = 0;
	size_t bytes = 0, used = 0;
	str out;
	while (now < start + seconds * SECOND) {
		arena_reset(a);
		bytes = once(w, a, &out);
		used = arena_used(a);
		if (!bytes) {
			fprintf(stderr, "%s: failed\n", name);
			exit(1);
		}
		n++;
		now = clock_monotonic();
	}
	printf("%-28s %8.2f ms  %7.1f KB  %6.1f MB of memory\n", name,
	       (double)(now - start) / 1000 / (double)n, (double)bytes / 1024,
	       (double)used / 1024 / 1024);
	arena_destroy(a);
}

static json *report_view(arena *a)
{
	json *v = json_object(a), *rows = json_array(a);
	for (int i = 0; i < REPORT_ROWS; i++) {
		json *r = json_object(a);
		json_set_str(a, r, "name", str_fmt(a, "خدمة رقم %d", i));
		json_set_int(a, r, "n", (int64_t)i * 7919 % 1000);
		json_push(rows, r);
	}
	json_set(a, v, "rows", rows);
	return v;
}

/* In this process; the platform asks another one for it. */
static err sign_here(void *ctx, arena *a, const unsigned char digest[32], str *der)
{
	return document_key_sign(ctx, a, (str){(const char *)digest, 32}, der) ? OK : ERR_internal;
}

int main(int argc, char **argv)
{
	arena *a = arena_create(ARENA_BYTES);
	int64_t seconds = 2;
	struct show show = {.utc_offset = 3 * 3600};
	struct diags d = diags_make(a, STR("document.json"));
	str why, unsigned_pdf, digest, key = str_fmt(a, "/tmp/diwan-bench.%d.pem", (int)getpid());
	if (argc > 1)
		str_i64(str_of(argv[1]), &seconds);
	currency_find(STR("BHD"), &show.currency);
	struct work w = {.env = show_env(&show)};
	w.env.at = 1795511520 * SECOND;
	w.env.signable = true;
	w.doc = document_load(
	    a, read_json(a, "packs/bahrain/services/idcard-replace-lost/document.json"), &d);
	w.view = read_json(a, "tests/document/idcard.view.json");
	measure("certificate", &w, seconds);
	struct document_key *own;
	if (document_key_open(a, key, w.env.at, &own, &why) != OK)
		return 1;
	struct signing here = {own, sign_here};
	w.signer = &here;
	measure("certificate, signed", &w, seconds);
	struct work check = {0};
	if (document_render(w.doc, w.view, &w.env, a, &unsigned_pdf) != OK ||
	    sign_pdf(w.signer, a, unsigned_pdf, &check.checked, &digest) != OK)
		return 1;
	measure("its signature checked", &check, seconds);
	struct work report = {.env = w.env, .view = report_view(a)};
	report.doc = document_load(
	    a,
	    json_parse(
	        a,
	        STR("{\"title\":{\"en\":\"Report\",\"ar\":\"تقرير\"},\"layout\":\"ar\",\"blocks\":["
	            "{\"block\":\"bars\",\"rows\":\"rows\",\"label\":\"{{name}}\",\"value\":\"{{n}}\"},"
	            "{\"block\":\"table\",\"rows\":\"rows\",\"columns\":[{\"label\":\"ا\",\"value\":"
	            "\"{{name}}\"},{\"label\":\"ب\",\"value\":\"{{n}}\",\"align\":\"end\"}]}]}"),
	        NULL),
	    &d);
	measure("report of 200 rows and bars", &report, seconds);
	document_key_close(own);
	unlink(str_c(a, key));
	arena_destroy(a);
	return 0;
}
