/* Files: encrypted at rest, durable before they are named, gone with the person.
 * On PostgreSQL when DIWAN_TEST_PG names a server. */
#include "kernel_unit.h"

#include "kernel/files/files.h"
#include "kernel/identity/identity.h"
#include "kernel/journal.h"
#include "kernel/outbox/outbox.h"

#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>

static const struct organ *const organs[] = {&files_organ};

static const unsigned char png[] = {
    0x89, 'P',  'N',  'G',  0x0D, 0x0A, 0x1A, 0x0A, 0,    0,    0,    13,   'I',  'H',
    'D',  'R',  0,    0,    0,    1,    0,    0,    0,    1,    8,    2,    0,    0,
    0,    0x90, 0x77, 0x53, 0xDE, 0,    0,    0,    12,   'I',  'D',  'A',  'T',  0x08,
    0xD7, 0x63, 0xF8, 0xCF, 0xC0, 0x00, 0x00, 0x03, 0x01, 0x01, 0x00, 0x18, 0xDD, 0x8D,
    0xB0, 0,    0,    0,    0,    'I',  'E',  'N',  'D',  0xAE, 0x42, 0x60, 0x82};

static str picture(void)
{
	return (str){(const char *)png, sizeof png};
}

static str document(void)
{
	return STR("%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n%%EOF\n");
}

static err person_decide(struct tx *tx, void *ctx)
{
	return person_register(tx, ctx);
}

static int64_t someone(struct unit *u, const char *number)
{
	struct person p = {.national_number = str_of(number), .name_en = STR("Maryam Ali")};
	assert_int_equal(unit_run(u, person_decide, &p), OK);
	return p.id;
}

static err record_decide(struct tx *tx, void *ctx)
{
	return file_record(tx, ctx);
}

static err erase_decide(struct tx *tx, void *ctx)
{
	return person_erase(tx, *(int64_t *)ctx, STR("asked for"));
}

static struct file_info added(struct unit *u, int64_t subject, const char *name, str bytes)
{
	struct file_info f;
	assert_int_equal(file_store(u->k, u->a, subject, str_of(name), bytes, &f), OK);
	f.case_id = 77;
	f.entity = STR("iga");
	assert_int_equal(unit_run(u, record_decide, &f), OK);
	return f;
}

static err read_back(struct unit *u, str id, str *bytes)
{
	dbc *c = db_reader(u->k->db);
	err e = file_read(u->k, c, u->a, id, bytes);
	db_reader_return(c);
	return e;
}

static bool find(struct unit *u, str id, struct file_info *out)
{
	dbc *c = db_reader(u->k->db);
	bool found = file_find(c, u->a, id, out);
	db_reader_return(c);
	return found;
}

static const char *path_of(struct unit *u, str id)
{
	return str_fmt(u->a, "%s/files/%.*s/%.*s", u->dir, STRF(str_sub(id, 0, 2)),
	               STRF(str_sub(id, 2, id.n)))
	    .p;
}

static bool on_disk(struct unit *u, str id)
{
	return access(path_of(u, id), F_OK) == 0;
}

static str disk_bytes(struct unit *u, str id)
{
	char *p = NEWN(u->a, char, 4096);
	FILE *f = fopen(path_of(u, id), "rb");
	assert_non_null(f);
	size_t n = fread(p, 1, 4096, f);
	fclose(f);
	return (str){p, n};
}

static void assert_rebuilds(struct unit *u)
{
	struct rebuild_report r;
	assert_int_equal(journal_rebuild(u->k, u->a, false, &r), OK);
	assert_int_equal(r.different, 0);
}

static void what_was_stored_is_read(void **state)
{
	struct unit *u = unit_start(organs, 1);
	int64_t person = someone(u, "850199901");
	struct file_info known, f = added(u, person, "C:\\me\\صورة <1>.png", picture());
	str bytes;
	(void)state;
	assert_int_equal(f.id.n, 64);
	assert_int_equal(read_back(u, f.id, &bytes), OK);
	assert_true(str_eq(bytes, picture()));
	assert_true(find(u, f.id, &known));
	assert_str(known.name, "صورة 1.png");
	assert_str(known.type, "image/png");
	assert_int_equal(known.width, 1);
	assert_int_equal(known.subject, person);
	assert_int_equal(known.case_id, 77);
	assert_int_equal(unit_run(u, record_decide, &f), OK); /* twice is once */
	assert_rebuilds(u);
	unit_stop(u);
}

static void nothing_on_the_disk_tells(void **state)
{
	struct unit *u = unit_start(organs, 1);
	int64_t person = someone(u, "850199901");
	struct file_info one = added(u, person, "a.png", picture());
	struct file_info two = added(u, person, "a.png", picture());
	(void)state;
	assert_true(str_find(disk_bytes(u, one.id), STR("PNG")) < 0);
	assert_false(str_eq(one.id, two.id)); /* the hash of a known file gives nothing away */
	struct stat st;
	assert_int_equal(stat(path_of(u, one.id), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	unit_stop(u);
}

static void a_public_file_goes_by_its_content(void **state)
{
	struct unit *u = unit_start(organs, 1);
	struct file_info one = added(u, 0, "law.pdf", document()), two = added(u, 0, "", document());
	str bytes;
	(void)state;
	assert_true(str_eq(one.id, two.id));
	assert_str(two.name, "file");
	assert_true(str_find(disk_bytes(u, one.id), STR("%PDF")) < 0);
	assert_int_equal(read_back(u, one.id, &bytes), OK);
	assert_true(str_eq(bytes, document()));
	assert_rebuilds(u);
	unit_stop(u);
}

static void a_changed_file_is_noticed(void **state)
{
	struct unit *u = unit_start(organs, 1);
	struct file_info f = added(u, someone(u, "850199901"), "a.png", picture());
	str bytes;
	(void)state;
	FILE *d = fopen(path_of(u, f.id), "r+b");
	fseek(d, 40, SEEK_SET);
	fputc('x', d);
	fclose(d);
	assert_int_equal(read_back(u, f.id, &bytes), ERR_file_damaged);
	unlink(path_of(u, f.id));
	assert_int_equal(read_back(u, f.id, &bytes), ERR_file_missing);
	assert_int_equal(read_back(u, STR("nothing"), &bytes), ERR_file_missing);
	unit_stop(u);
}

static void what_is_active_or_unknown_is_refused(void **state)
{
	static const char *const bad[] = {
	    "MZ program",
	    "<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>",
	    "",
	    "%PDF-1.7 1 0 obj << /S /JavaScript >> endobj %%EOF",
	    "%PDF-1.7 1 0 obj << /S /J#61vaScript >> endobj %%EOF",
	    "%PDF-1.7 1 0 obj << /Launch<< >> >> endobj %%EOF",
	    "%PDF-1.7 %%EOF",
	    "%PDF-1.7 never ends",
	};
	struct unit *u = unit_start(organs, 1);
	struct file_info f;
	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		err e = file_store(u->k, u->a, 5, STR("x"), str_of(bad[i]), &f);
		assert_int_equal(e, ERR_file_refused);
		assert_true(f.refused.n > 0);
	}
	str cut = str_sub(picture(), 0, sizeof png - 9);
	assert_int_equal(file_store(u->k, u->a, 5, STR("x.png"), cut, &f), ERR_file_refused);
	str tail = str_cat(u->a, picture(), STR("<?php"));
	assert_int_equal(file_store(u->k, u->a, 5, STR("x.png"), tail, &f), ERR_file_refused);
	assert_int_equal(
	    file_store(u->k, u->a, 5, STR("x.pdf"), STR("%PDF-1.7 1 0 obj << /JSx /Launcher >> endobj %%EOF"), &f),
	    OK); /* other names that only begin so */
	unit_stop(u);
}

static void erasing_the_person_takes_the_file(void **state)
{
	struct unit *u = unit_start(organs, 1);
	int64_t person = someone(u, "850199901"), other = someone(u, "900299902");
	struct file_info f = added(u, person, "a.png", picture());
	struct file_info stays = added(u, other, "a.png", picture()), known;
	int64_t removed;
	str bytes;
	(void)state;
	assert_int_equal(unit_run(u, erase_decide, &person), OK);
	assert_int_equal(read_back(u, f.id, &bytes), ERR_vault_erased);
	assert_true(find(u, f.id, &known));
	assert_int_equal(known.name.n, 0);
	assert_rebuilds(u);
	u->now += FILE_ORPHAN_AGE + SECOND;
	assert_int_equal(files_sweep(u->k, u->a, &removed), OK);
	assert_int_equal(removed, 1);
	assert_false(on_disk(u, f.id));
	assert_int_equal(read_back(u, stays.id, &bytes), OK);
	unit_stop(u);
}

static void an_orphan_is_swept_in_time(void **state)
{
	struct unit *u = unit_start(organs, 1);
	int64_t person = someone(u, "850199901"), removed;
	struct file_info kept = added(u, person, "a.png", picture()), orphan;
	str bytes;
	(void)state;
	assert_int_equal(file_store(u->k, u->a, person, STR("b.png"), picture(), &orphan), OK);
	assert_int_equal(files_sweep(u->k, u->a, &removed), OK);
	assert_int_equal(removed, 0); /* its command may still be waiting */
	u->now += FILE_ORPHAN_AGE + SECOND;
	assert_int_equal(scheduler_drain(u->k), 1); /* the daily job does it */
	assert_false(on_disk(u, orphan.id));
	assert_int_equal(unit_run(u, record_decide, &orphan), ERR_file_missing);
	assert_int_equal(read_back(u, kept.id, &bytes), OK);
	u->now += DAY;
	assert_int_equal(scheduler_drain(u->k), 1); /* and goes on */
	unit_stop(u);
}

/* ---- a kill ---- */

struct killed {
	int64_t person;
	bool in_transaction;
};

static err record_and_die(struct tx *tx, void *ctx)
{
	assert_int_equal(file_record(tx, ctx), OK);
	kill(getpid(), SIGKILL);
	return OK;
}

/* In a child: stores, tells the id, and dies before the commit. */
static str child_dies(struct unit *u, struct killed how)
{
	char id[64];
	int tell[2], status;
	assert_int_equal(pipe(tell), 0);
	kernel_close(u->k);
	pid_t child = fork();
	if (child == 0) {
		struct file_info f;
		unit_open(u);
		file_store(u->k, u->a, how.person, STR("a.png"), picture(), &f);
		if (write(tell[1], f.id.p, f.id.n) != (ssize_t)sizeof id)
			_exit(1);
		if (how.in_transaction)
			unit_run(u, record_and_die, &f);
		kill(getpid(), SIGKILL);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	assert_int_equal(read(tell[0], id, sizeof id), sizeof id);
	close(tell[0]);
	close(tell[1]);
	unit_open(u);
	return str_dup(u->a, (str){id, sizeof id});
}

static void a_kill_leaves_nothing_half(void **state)
{
	struct unit *u = unit_start(organs, 1);
	int64_t person = someone(u, "850199901"), removed;
	struct file_info known;
	str bytes;
	(void)state;
	for (int i = 0; i < 2; i++) {
		str id = child_dies(u, (struct killed){person, i == 1});
		assert_true(on_disk(u, id));
		assert_false(find(u, id, &known));
		assert_int_equal(read_back(u, id, &bytes), ERR_file_missing);
		u->now += FILE_ORPHAN_AGE + SECOND;
		assert_int_equal(files_sweep(u->k, u->a, &removed), OK);
		assert_int_equal(removed, 1);
		assert_false(on_disk(u, id));
	}
	struct journal_report r;
	assert_int_equal(journal_verify(u->k, u->a, &r), OK);
	assert_int_equal(r.first_bad, 0);
	added(u, person, "a.png", picture()); /* and the platform goes on */
	unit_stop(u);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_kill_leaves_nothing_half),
	    cmocka_unit_test(what_was_stored_is_read),
	    cmocka_unit_test(nothing_on_the_disk_tells),
	    cmocka_unit_test(a_public_file_goes_by_its_content),
	    cmocka_unit_test(a_changed_file_is_noticed),
	    cmocka_unit_test(what_is_active_or_unknown_is_refused),
	    cmocka_unit_test(erasing_the_person_takes_the_file),
	    cmocka_unit_test(an_orphan_is_swept_in_time),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
