/*
 * makedoc FOLDER SPEC VIEW: issues a document as the platform does, in a kernel of its
 * own below FOLDER/data: FOLDER/issued.pdf with the proof of its record, FOLDER/vkey.
 */
#include "kernel/documents/documents.h"
#include "kernel/identity/identity.h"
#include "kernel/identity/organ.h"
#include "kernel/journal.h"
#include "kernel/outbox/outbox.h"
#include "kernel/pack/pack.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define ARENA_BYTES ((size_t)512 * 1024 * 1024)
#define FILE_BYTES  (1 << 20)

struct order {
	json *spec, *view;
};

static void die(const char *what)
{
	fprintf(stderr, "makedoc: %s\n", what);
	exit(1);
}

static json *read_json(arena *a, const char *path)
{
	FILE *f = fopen(path, "rb");
	char *text = NEWN(a, char, FILE_BYTES);
	size_t n = f ? fread(text, 1, FILE_BYTES, f) : 0;
	json *v = json_parse(a, (str){text, n}, NULL);
	if (!v)
		die(path);
	fclose(f);
	return v;
}

static void write_file(const char *folder, const char *name, str bytes)
{
	char path[4096];
	snprintf(path, sizeof path, "%s/%s", folder, name);
	FILE *f = fopen(path, "wb");
	if (!f || fwrite(bytes.p, 1, bytes.n, f) != bytes.n || fclose(f))
		die(path);
}

static err ask(struct tx *tx, void *ctx)
{
	struct order *w = ctx;
	struct person p = {.national_number = STR("850312345"),
	                   .name_en = STR("Fatima Ali"),
	                   .name_ar = STR("فاطمة علي"),
	                   .nationality = STR("BHR"),
	                   .group = STR("citizen")};
	err e = person_register(tx, &p);
	struct document_order o = {.kind = STR("certificate"),
	                           .prefix = STR("IDC"),
	                           .subject = p.id,
	                           .entity = STR("iga"),
	                           .key = STR("makedoc"),
	                           .spec = w->spec,
	                           .view = w->view,
	                           .title = json_copy(tx->a, json_get(w->spec, "title"))};
	return e ? e : document_request(tx, &o);
}

int main(int argc, char **argv)
{
	static const struct organ *const organs[] = {&identity_organ, &pack_organ, &files_organ,
	                                             &documents_organ};
	arena *a = arena_create(ARENA_BYTES);
	if (argc != 4)
		die("want FOLDER SPEC VIEW");
	mkdir(argv[1], 0700);
	str data = str_fmt(a, "%s/data", argv[1]), why = {0}, pdf;
	struct kernel_options o = {.database = str_fmt(a, "sqlite:%.*s/diwan.db", STRF(data)),
	                           .data_dir = data,
	                           .clock = clock_system(),
	                           .organs = organs,
	                           .n_organs = COUNT(organs),
	                           .migrate = true};
	struct kernel *k;
	mkdir(str_c(a, data), 0700);
	if (kernel_open(&o, &k, &why) != OK)
		die(str_c(a, why));
	struct order w = {read_json(a, argv[2]), read_json(a, argv[3])};
	struct action act = {.k = k, .a = a, .decide = ask, .ctx = &w};
	if (kernel_run(&act) != OK)
		die("the order was refused");
	scheduler_drain(k);
	if (journal_seal(k, true) != OK)
		die("the journal cannot be sealed");
	civil t = civil_of(kernel_now(k), 0);
	struct issued d;
	dbc *c = db_reader(k->db);
	if (!document_by_number(c, a, str_fmt(a, "IDC-%d-000001", t.year), &d) ||
	    document_bytes(k, c, a, &d, &pdf) != OK)
		die("the document was not issued");
	db_reader_return(c);
	write_file(argv[1], "issued.pdf", pdf);
	write_file(argv[1], "vkey", journal_vkey(k, a));
	kernel_close(k);
	return 0;
}
