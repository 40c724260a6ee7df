/* Services lived through: every scenario of the pack of Bahrain on a platform of its
 * own, a scenario that is wrong, and a service begun with "pack new". */
#include "unit.h"

#include "app/pack_new.h"
#include "app/pack_try.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct heard {
	size_t good, bad;
	char last[512];
};

static void hear(void *ctx, const struct trial_result *r)
{
	struct heard *h = ctx;
	h->good += !r->trouble.n;
	h->bad += r->trouble.n > 0;
	if (r->trouble.n) {
		snprintf(h->last, sizeof h->last, "%.*s", STRF(r->trouble));
		print_message("%.*s: %.*s: %.*s\n", STRF(r->service), STRF(r->scenario), STRF(r->trouble));
	}
}

static struct pack *checked(arena *a, const char *folder, struct pack_source *s)
{
	struct diags d = diags_make(a, STR("pack"));
	struct pack *p = NULL;
	if (pack_read_folder(a, folder, s, &d) == OK)
		p = pack_check(a, s, &d);
	if (!p)
		fail_msg("%.*s", STRF(diags_print(a, &d)));
	return p;
}

static struct heard lived(arena *a, const struct pack_source *s, const struct pack *p,
                          const char *service)
{
	struct heard h = {0};
	struct config c;
	str why = {0};
	struct diags d = diags_make(a, STR("settings"));
	char *argv[] = {(char *)(uintptr_t) "test", NULL};
	char *environment[] = {NULL};
	int argc = 1;
	assert_int_equal(config_load(a, NULL, environment, &argc, argv, &c, &d), OK);
	pack_try(a, &c, s, p, str_of(service), hear, &h, &why);
	if (why.n)
		fail_msg("%.*s", STRF(why));
	return h;
}

static void every_service_of_the_pack_can_be_lived_through(void **state)
{
	arena *a = *state;
	struct pack_source s;
	struct pack *p = checked(a, "packs/bahrain", &s);
	size_t executable = 0;
	for (size_t i = 0; i < p->n_services; i++) {
		executable += p->services[i].definition != NULL;
		if (p->services[i].definition)
			assert_non_null(p->services[i].scenarios);
	}
	assert_true(executable >= 13);
	struct heard h = lived(a, &s, p, "");
	assert_int_equal(h.bad, 0);
	assert_true(h.good >= 2 * executable);
}

static void a_wrong_scenario_is_told_with_its_step(void **state)
{
	arena *a = *state;
	struct pack_source s;
	checked(a, "packs/bahrain", &s);
	for (size_t i = 0; i < s.n; i++) {
		if (!str_eq(s.files[i].path, STR("services/birth-certificate/scenario.json")))
			continue;
		str b = s.files[i].bytes;
		ptrdiff_t at = str_find(b, STR("\"then\": \"issued\""));
		assert_true(at > 0);
		s.files[i].bytes = str_fmt(a, "%.*s\"then\": \"rejected\"%.*s", (int)at, b.p,
		                           STRF(str_sub(b, (size_t)at + 16, b.n)));
	}
	struct diags d = diags_make(a, STR("pack"));
	struct pack *p = pack_check(a, &s, &d);
	assert_non_null(p);
	struct heard h = lived(a, &s, p, "birth-certificate");
	assert_int_equal(h.bad, 1);
	assert_int_equal(h.good, 1);
	assert_string_equal(h.last, "step 3: the case is issued, not rejected");
}

static void a_new_service_works_as_it_is(void **state)
{
	arena *a = *state;
	char dir[] = "/tmp/diwan.XXXXXX", command[128];
	struct pack_source s;
	str why = {0};
	assert_non_null(mkdtemp(dir));
	snprintf(command, sizeof command, "cp -r packs/bahrain %s/pack", dir);
	assert_int_equal(system(command), 0);
	const char *folder = str_c(a, str_fmt(a, "%s/pack", dir));
	struct pack *p = checked(a, folder, &s);
	assert_true(pack_new(a, folder, p, STR("library-card"), &why));
	assert_false(pack_new(a, folder, p, STR("library-card"), &why)); /* taken */
	assert_false(pack_new(a, folder, p, STR("Library Card"), &why));
	assert_false(pack_new(a, folder, p, STR("../outside"), &why));
	p = checked(a, folder, &s);
	const struct service *made = pack_service(p, STR("library-card"));
	assert_non_null(made->process);
	struct heard h = lived(a, &s, p, "library-card");
	assert_int_equal(h.good, 2);
	assert_int_equal(h.bad, 0);
	snprintf(command, sizeof command, "rm -rf %s", dir);
	assert_int_equal(system(command), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    UNIT(every_service_of_the_pack_can_be_lived_through),
	    UNIT(a_wrong_scenario_is_told_with_its_step),
	    UNIT(a_new_service_works_as_it_is),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
