/*
 * The query language of the officers' work list, as it stands in an address: read as an
 * officer of one body and as one of all. What is read may ask only for bodies that the
 * officer may see, the address made of it is one that is accepted, and the database answers.
 */
#include "fuzz_platform.h"

#include "systems/desk/desk_in.h"
#include "web/exchange.h"

#include <setjmp.h>

#define FUZZ_ARENA_BYTES ((size_t)256 * 1024 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ask(struct platform *p, arena *a, str text, const char *entity)
{
	struct grant grant = {.entity = str_of(entity), .permissions = UINT64_MAX};
	struct req r = {.a = a,
	                .k = p->k,
	                .server = p->s,
	                .now = 1764000000 * SECOND,
	                .fields = NEWN(a, struct field, REQ_MAX_FIELDS),
	                .session = {.level = SESSION_FULL, .person = 1, .rights = {&grant, 1}}};
	struct desk_query q;
	struct case_line *line = NEWN(a, struct case_line, PAGE_LINES + 1);
	if (target_refused(str_cat(a, STR("/en/desk?"), text)) ||
	    !form_parse(a, text, r.fields, &r.n_fields, REQ_MAX_FIELDS))
		return;
	r.db = db_reader(p->k->db);
	desk_query_read(&r, &q);
	for (size_t i = 0; i < q.n_entities && !q.all_entities; i++)
		if (entity[0] != '*' && !str_eq(q.entities[i], str_of(entity)))
			abort();
	str href = desk_query_href(&r, &q, "/desk", NULL, (str){0});
	if (href.n < REQ_MAX_URI_BYTES && target_refused(href))
		abort();
	desk_query_lines(&r, &q, line, PAGE_LINES);
	if (db_error(r.db))
		abort();
	db_reader_return(r.db);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static arena *a;
	jmp_buf oom;
	struct platform *p = platform();
	if (!a)
		a = arena_create(FUZZ_ARENA_BYTES);
	arena_reset(a);
	arena_guard(a, &oom);
	if (setjmp(oom))
		abort(); /* a query is small */
	ask(p, a, (str){(const char *)data, size}, "iga");
	ask(p, a, (str){(const char *)data, size}, "*");
	return 0;
}
