/* An answer that tells what is not yet on the disk waits for it. */
#include "web_unit.h"
#include "held_disk.h"

#define IGNORES "GET /en/cards/5 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
#define READS /* whose session this is */                                                \
	"GET /en/mine HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"                             \
	"Cookie: diwan=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n\r\n"

static bool has_bytes(int fd, int wait)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	return poll(&p, 1, wait) == 1;
}

static int asked(struct site *w, str request)
{
	int fd = site_connect(w);
	assert_int_equal(send(fd, request.p, request.n, MSG_NOSIGNAL), (ssize_t)request.n);
	return fd;
}

static void what_is_read_is_told_when_it_is_durable(void **state)
{
	(void)state;
	struct site *w = site_start();
	dbc *c = db_writer(w->u->k->db);
	assert_int_equal(db_script(c, STR(HELD_DISK_TABLE)), OK);
	db_writer_return(c);
	struct row r[2];
	disk_set(true, false);
	row_submit(w->u->k->writer, &r[0], 1, false);
	row_submit(w->u->k->writer, &r[1], 2, true);
	r[0].may = true;
	UNTIL(disk_waiting() > 0);

	/* Who reads nothing of the database is answered; who does, waits. */
	int reads = asked(w, STR(READS)), ignores = asked(w, STR(IGNORES));
	assert_int_equal(status_of(site_read(w, ignores, 5000)), 200);
	assert_false(has_bytes(reads, 100));
	assert_int_equal(r[0].told, 0);
	disk_set(false, false);
	assert_true(str_starts(header_of(site_read(w, reads, 5000), "Location", 0), STR("/en/sign-in")));
	UNTIL(r[0].told && r[1].told);
	close(reads);
	close(ignores);
	site_stop(w);
}

int main(void)
{
	unsetenv("DIWAN_TEST_PG"); /* of the embedded database alone */
	static struct sql *const list[] = {&sql_row};
	db_declare(list, 1);
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_read_is_told_when_it_is_durable),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
