/*
 * One file of a pack, from a stranger: its path, a line feed, its bytes. It takes its
 * place among the files of the empty pack and of one service (the working folder is
 * the root of the sources). A pack is refused with a reason, or it is one: then its
 * services answer.
 */
#include "kernel/pack/pack.h"

#include <setjmp.h>

#define ARENA_BYTES ((size_t)512 * 1024 * 1024)
#define SERVICE     "services/idcard-replace-lost/"

static struct pack_source base;
static arena *base_arena; /* to the end */

static void base_load(void)
{
	arena *a = base_arena = arena_create(ARENA_BYTES);
	struct diags d = diags_make(a, STR("pack"));
	struct pack_source s;
	if (pack_read_folder(a, "packs/empty", &base, &d) ||
	    pack_read_folder(a, "packs/bahrain", &s, &d))
		__builtin_trap(); /* run it from the root of the sources */
	for (size_t i = 0; i < s.n; i++)
		if (str_starts(s.files[i].path, STR(SERVICE)))
			base.files[base.n++] = s.files[i];
}

static struct pack_source with_file(arena *a, str path, str bytes)
{
	struct pack_source s = {.files = NEWN(a, struct pack_source_file, base.n + 1)};
	bool found = false;
	for (size_t i = 0; i < base.n; i++) {
		s.files[s.n] = base.files[i];
		if (str_eq(s.files[s.n].path, path)) {
			s.files[s.n].bytes = bytes;
			found = true;
		}
		s.n++;
	}
	if (!found)
		s.files[s.n++] = (struct pack_source_file){path, bytes};
	return s;
}

static void ask(arena *a, const struct pack *p)
{
	for (size_t i = 0; i < p->n_services; i++) {
		const struct service *s = &p->services[i];
		json *context = service_context(a, p, NULL, NULL, 0);
		struct decision_answer d;
		service_refusal(a, s, context, 0);
		for (size_t k = 0; k < s->n_decisions; k++)
			service_decide(a, s, s->decisions[k].id, context, 0, &d);
	}
	calendar_add_days(p->calendar, 0, 30);
	calendar_add_time(p->calendar, 0, 30 * HOUR);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	str bytes = {(const char *)data, size}, path;
	jmp_buf oom;
	if (!base.n)
		base_load();
	arena *a = arena_create(ARENA_BYTES);
	arena_guard(a, &oom);
	if (!setjmp(oom) && str_cut(&bytes, '\n', &path) && path.n && bytes.p) {
		struct diags d = diags_make(a, STR("pack"));
		struct pack_source s = with_file(a, path, bytes);
		struct pack *p = pack_check(a, &s, &d);
		if (p)
			ask(a, p);
		else if (!d.errors || !d.first->file.n)
			__builtin_trap(); /* refused without a reason */
	}
	arena_destroy(a);
	return 0;
}
