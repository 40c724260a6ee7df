/* cmd_audit.c - diwan audit payments: the books worked out again by another hand. */
#include "app/commands.h"
#include "app/open.h"
#include "systems/payments/audit/audit.h"

#include <stdio.h>
#include <string.h>

static void tell(const struct audit_report *r)
{
	for (const json *f = r->list->first; f; f = f->next)
		printf("%.*s\t%.*s\texpected %.*s\tfound %.*s\n", STRF(json_str(f, "name")),
		       STRF(json_str(f, "where")), STRF(json_str(f, "expected")),
		       STRF(json_str(f, "found")));
	printf("%lld events read, %lld rows compared: %lld findings\n", (long long)r->events,
	       (long long)r->rows, (long long)r->findings);
}

static int run(struct opened *o, bool as_json)
{
	struct audit_report r;
	dbc *c = db_reader(o->k->db);
	db_snapshot(c);
	err e = payments_audit(o->k, c, o->a, &r);
	db_snapshot_end(c);
	db_reader_return(c);
	if (e) {
		fprintf(stderr, "diwan: the books cannot be read: %.*s\n", STRF(app_error_text(o->a, e)));
		return EXIT_FAILED;
	}
	if (as_json)
		printf("%.*s\n", STRF(json_print(o->a, r.list)));
	else
		tell(&r);
	return r.findings ? EXIT_NO : EXIT_OK;
}

int cmd_audit(int argc, char **argv)
{
	struct opened o = {0};
	int e = app_settings(&argc, argv, &o);
	bool as_json = argc == 3 && strcmp(argv[2], "--json") == 0;
	if (!e && (argc < 2 || strcmp(argv[1], "payments") != 0 || (argc > 2 && !as_json)))
		e = help_wrong("audit", "what to audit is unknown", argc > 1 ? argv[argc - 1] : "");
	if (!e)
		e = app_open_set(OPEN_READ, &o);
	if (!e)
		e = run(&o, as_json);
	app_close(&o);
	return e;
}
