#include "app/pack_start.h"

#include "kernel/pack/demo.h"

#include <stdio.h>

struct pack *pack_from_folder(arena *a, const char *folder, struct pack_source *s)
{
	struct diags d = diags_make(a, str_of(folder));
	struct pack *p = NULL;
	if (pack_read_folder(a, folder, s, &d) == OK)
		p = pack_check(a, s, &d);
	fprintf(stderr, "%.*s", STRF(diags_print(a, &d)));
	return p;
}

struct putting {
	const struct pack_source *s;
	const struct pack *p;
};

static err put(struct tx *tx, void *ctx)
{
	const struct putting *x = ctx;
	return pack_put(tx, x->s, x->p);
}

static int refresh(struct opened *o)
{
	str why = {0};
	if (pack_refresh(o->k, &why) == OK)
		return EXIT_OK;
	fprintf(stderr, "diwan: the pack in force cannot be read: %.*s\n", STRF(why));
	return EXIT_FAILED;
}

int pack_into_force(struct opened *o, const struct pack_source *s, const struct pack *p)
{
	struct putting x = {s, p};
	int e = app_run(o, put, &x);
	return e ? e : refresh(o);
}

static int first_pack(struct opened *o, str folder)
{
	arena *a = arena_create(PACK_CHECK_ARENA_BYTES);
	struct pack_source s;
	struct pack *p = pack_from_folder(a, str_c(a, folder), &s);
	struct opened here = *o; /* what only the command needs goes with the arena */
	here.a = a;
	int e = p ? pack_into_force(&here, &s, p) : EXIT_NO;
	arena_destroy(a);
	return e;
}

int pack_start(struct opened *o)
{
	str folder = config_text(&o->config, SETTING_pack);
	int e = refresh(o);
	if (!e && !pack_current(o->k) && folder.n)
		e = first_pack(o, folder);
	if (!e && pack_current(o->k) && config_flag(&o->config, SETTING_demo)) {
		dbc *c = db_reader(o->k->db);
		struct demo *people = demo_prepare(c, o->a, pack_current(o->k));
		db_reader_return(c);
		e = people ? app_run(o, demo_put, people) : EXIT_OK;
	}
	return e;
}
