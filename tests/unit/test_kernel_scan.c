/* The hook for a virus scanner: a small clamd of our own, which can also misbehave, and
 * the real one where it is installed (clamd in PATH, or DIWAN_CLAMD). */
#include "kernel_unit.h"

#include "base/buf.h"
#include "kernel/files/files.h"
#include "kernel/files/scan.h"
#include "kernel/identity/identity.h"
#include "kernel/journal.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>

static const struct organ *const organs[] = {&files_organ};

/* The harmless file that every scanner knows, in two halves, so that this file is none. */
#define EICAR                                                                                      \
	"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR"                                                           \
	"-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"

static str document(arena *a, const char *text)
{
	return str_fmt(a,
	               "%%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\n2 0 obj\n<< /Length %zu >>\n"
	               "stream\n%s\nendstream\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%%%EOF\n",
	               strlen(text), text);
}

/* ---- a clamd of our own ---- */

enum manner { HONEST, SILENT, CLOSING, BABBLING, TOO_SMALL, ENDLESS };

struct clamd {
	pthread_t thread;
	int listening;
	enum manner manner;
	bool over_tcp;
	int port;
	char path[72], address[96];
	_Atomic bool stop;
	_Atomic int64_t bytes; /* of the last file */
};

static bool take(int fd, void *to, size_t n)
{
	for (char *p = to; n;) {
		ssize_t got = read(fd, p, n);
		if (got <= 0)
			return false;
		p += got;
		n -= (size_t)got;
	}
	return true;
}

static void say(int fd, const char *line)
{
	ssize_t n = send(fd, line, strlen(line) + 1, MSG_NOSIGNAL);
	(void)n;
}

static void scan_stream(struct clamd *c, int fd)
{
	static const str virus = STR_INIT(EICAR);
	arena *a = arena_create((size_t)64 * 1024 * 1024);
	buf b = buf_make(a, (size_t)32 * 1024 * 1024);
	for (uint32_t n; take(fd, &n, sizeof n) && n;) {
		n = ntohl(n);
		char *p = n <= SCAN_CHUNK ? NEWN(a, char, n) : NULL;
		if (!p || !take(fd, p, n))
			break;
		buf_put(&b, (str){p, n});
	}
	atomic_store(&c->bytes, (int64_t)b.n);
	if (c->manner == HONEST)
		say(fd, str_find(buf_str(&b), virus) >= 0 ? "stream: Eicar-Test-Signature FOUND"
		                                          : "stream: OK");
	arena_destroy(a);
}

static void wait_for_stop(struct clamd *c)
{
	while (!atomic_load(&c->stop))
		usleep(10000);
}

static void misbehave(struct clamd *c, int fd)
{
	char junk[600];
	memset(junk, 'x', sizeof junk);
	switch (c->manner) {
	case SILENT:
		scan_stream(c, fd);
		wait_for_stop(c);
		break;
	case BABBLING:
		say(fd, "stream: OK FOUNDATION\nstream: OK");
		break;
	case TOO_SMALL:
		say(fd, "INSTREAM size limit exceeded. ERROR");
		break;
	case ENDLESS:
		send(fd, junk, sizeof junk, MSG_NOSIGNAL);
		scan_stream(c, fd);
		break;
	default:
		break;
	}
}

static void *be_clamd(void *ctx)
{
	struct clamd *c = ctx;
	while (!atomic_load(&c->stop)) {
		char command[10];
		int fd = accept(c->listening, NULL, NULL);
		if (fd < 0)
			break;
		if (take(fd, command, 6) && memcmp(command, "zPING", 6) == 0)
			say(fd, c->manner == HONEST ? "PONG" : "PANG");
		else if (take(fd, command + 6, 4) && memcmp(command, "zINSTREAM", 10) == 0)
			c->manner == HONEST ? scan_stream(c, fd) : misbehave(c, fd);
		close(fd);
	}
	return NULL;
}

static void clamd_start(struct clamd *c, struct unit *u, enum manner m, bool over_tcp)
{
	*c = (struct clamd){.manner = m, .over_tcp = over_tcp};
	c->listening = socket(over_tcp ? AF_INET : AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (over_tcp) {
		struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
		socklen_t n = sizeof at;
		assert_int_equal(bind(c->listening, (struct sockaddr *)(void *)&at, n), 0);
		getsockname(c->listening, (struct sockaddr *)(void *)&at, &n);
		snprintf(c->address, sizeof c->address, "tcp:127.0.0.1:%d", ntohs(at.sin_port));
	} else {
		struct sockaddr_un at = {.sun_family = AF_UNIX};
		snprintf(c->path, sizeof c->path, "%s/clamd", u->dir);
		snprintf(at.sun_path, sizeof at.sun_path, "%s", c->path);
		snprintf(c->address, sizeof c->address, "unix:%s", c->path);
		assert_int_equal(bind(c->listening, (struct sockaddr *)(void *)&at, sizeof at), 0);
	}
	assert_int_equal(listen(c->listening, 8), 0);
	assert_int_equal(pthread_create(&c->thread, NULL, be_clamd, c), 0);
}

static void clamd_stop(struct clamd *c)
{
	atomic_store(&c->stop, true);
	shutdown(c->listening, SHUT_RDWR);
	pthread_join(c->thread, NULL);
	close(c->listening);
}

/* ---- in the platform ---- */

static void use(struct unit *u, const char *address, bool required)
{
	str why = {0};
	u->k->scanner = scanner_open(u->a, str_of(address), required, &why);
	if (!u->k->scanner)
		fail_msg("%.*s", STRF(why));
}

static err record_decide(struct tx *tx, void *ctx)
{
	return file_record(tx, ctx);
}

struct found_event {
	int64_t count, bytes;
	str data;
};

static struct found_event events_of(struct unit *u, const char *kind)
{
	struct found_event f = {0};
	dbc *c = db_reader(u->k->db);
	struct dbv v[] = {D_TEXT(str_of(kind))};
	rows *r = db_query_text(c, STR("SELECT data FROM journal WHERE kind = $1 ORDER BY seq"), v, 1);
	while (db_next(r)) {
		f.count++;
		f.data = str_dup(u->a, db_text(r, 0));
	}
	db_done(r);
	db_reader_return(c);
	return f;
}

static void what_a_scanner_finds_is_refused_and_recorded(void **state)
{
	(void)state;
	for (int over_tcp = 0; over_tcp < 2; over_tcp++) {
		struct unit *u = unit_start(organs, 1);
		struct clamd c;
		struct file_info f;
		str why = {0}, bad = document(u->a, EICAR), good = document(u->a, "BT (hello) Tj ET");
		clamd_start(&c, u, HONEST, over_tcp);
		use(u, c.address, true);
		assert_true(scanner_ping(u->k->scanner, u->a, &why));
		assert_int_equal(file_store(u->k, u->a, 0, STR("law.pdf"), bad, &f), ERR_file_refused);
		assert_str(f.reason, "infected");
		assert_int_equal(f.id.n, 0);
		assert_str(json_str(file_view(u->a, &f), "refused"), "infected");
		assert_int_equal(atomic_load(&c.bytes), bad.n);
		struct found_event e = events_of(u, "file.infected");
		assert_int_equal(e.count, 1);
		assert_str(json_str(json_parse(u->a, e.data, NULL), "signature"), "Eicar-Test-Signature");
		assert_int_equal(json_int(json_parse(u->a, e.data, NULL), "bytes", 0), bad.n);
		assert_int_equal(file_store(u->k, u->a, 0, STR("law.pdf"), good, &f), OK);
		assert_int_equal(unit_run(u, record_decide, &f), OK);
		e = events_of(u, "file.added");
		assert_int_equal(e.count, 1);
		assert_true(json_truth(json_parse(u->a, e.data, NULL), "scanned"));
		struct rebuild_report r;
		assert_int_equal(journal_rebuild(u->k, u->a, false, &r), OK);
		assert_int_equal(r.different, 0);
		assert_int_equal(scanner_counts(u->k->scanner).scanned, 2);
		assert_int_equal(scanner_counts(u->k->scanner).found, 1);
		clamd_stop(&c);
		unit_stop(u);
	}
}

static void a_large_file_goes_in_chunks(void **state)
{
	struct unit *u = unit_start(organs, 1);
	struct clamd c;
	struct file_info f;
	size_t n = 9 * SCAN_CHUNK + 17;
	char *text = NEWN(u->a, char, n + 1);
	(void)state;
	memset(text, 'x', n);
	memcpy(text + 3 * SCAN_CHUNK - 30, EICAR, sizeof EICAR - 1); /* across an edge, or near */
	clamd_start(&c, u, HONEST, false);
	use(u, c.address, true);
	str bad = document(u->a, text);
	assert_int_equal(file_store(u->k, u->a, 0, STR("x.pdf"), bad, &f), ERR_file_refused);
	assert_str(f.reason, "infected");
	assert_int_equal(atomic_load(&c.bytes), bad.n);
	clamd_stop(&c);
	unit_stop(u);
}

/* No answer, half an answer or nonsense: the operator chose what then. */
static void a_scanner_that_fails_keeps_files_out_or_lets_them_in_marked(void **state)
{
	static const enum manner manners[] = {CLOSING, BABBLING, TOO_SMALL, ENDLESS};
	(void)state;
	for (size_t i = 0; i <= COUNT(manners); i++) {
		struct unit *u = unit_start(organs, 1);
		struct clamd c;
		struct file_info f;
		bool there = i < COUNT(manners);
		str good = document(u->a, "BT (hello) Tj ET"), why = {0};
		if (there)
			clamd_start(&c, u, manners[i], false);
		use(u, there ? c.address : "unix:/nowhere/clamd", true);
		assert_false(scanner_ping(u->k->scanner, u->a, &why));
		assert_true(why.n > 0);
		assert_int_equal(file_store(u->k, u->a, 0, STR("a.pdf"), good, &f), ERR_file_unexamined);
		assert_str(f.reason, "unexamined");
		use(u, there ? c.address : "unix:/nowhere/clamd", false);
		assert_int_equal(file_store(u->k, u->a, 0, STR("a.pdf"), good, &f), OK);
		assert_int_equal(unit_run(u, record_decide, &f), OK);
		struct found_event e = events_of(u, "file.added");
		assert_int_equal(e.count, 1);
		json *data = json_parse(u->a, e.data, NULL);
		assert_non_null(json_get(data, "scanned"));
		assert_false(json_truth(data, "scanned"));
		assert_int_equal(scanner_counts(u->k->scanner).failed, 1);
		if (there)
			clamd_stop(&c);
		unit_stop(u);
	}
}

static void a_scanner_that_hangs_has_its_time(void **state)
{
	struct unit *u = unit_start(organs, 1);
	struct clamd c;
	struct file_info f;
	struct timespec from, to;
	(void)state;
	clamd_start(&c, u, SILENT, false);
	use(u, c.address, true);
	clock_gettime(CLOCK_MONOTONIC, &from);
	err e = file_store(u->k, u->a, 0, STR("a.pdf"), document(u->a, "x"), &f);
	clock_gettime(CLOCK_MONOTONIC, &to);
	assert_int_equal(e, ERR_file_unexamined);
	assert_in_range(to.tv_sec - from.tv_sec, SCAN_SECONDS - 1, SCAN_SECONDS + 60);
	clamd_stop(&c);
	unit_stop(u);
}

static void only_this_machine_is_an_address(void **state)
{
	static const char *const bad[] = {"clamd", "unix:", "unix:relative", "tcp:3310",
	                                  "tcp:10.0.0.7:3310", "tcp:127.0.0.1:", "tcp:127.0.0.1:0",
	                                  "tcp:127.0.0.1:70000", "tcp:localhost:3310", ""};
	static const char *const good[] = {"unix:/run/clamav/clamd.ctl", "tcp:127.0.0.1:3310",
	                                   "tcp:[::1]:3310"};
	arena *a = *state;
	str why = {0};
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_null(scanner_open(a, str_of(bad[i]), true, &why));
	assert_true(str_find(why, STR("virus_scanner")) >= 0);
	for (size_t i = 0; i < COUNT(good); i++)
		assert_non_null(scanner_open(a, str_of(good[i]), true, &why));
}

/* ---- the real one ---- */

static void write_file(const char *path, str text)
{
	FILE *f = fopen(path, "wb");
	assert_non_null(f);
	assert_int_equal(fwrite(text.p, 1, text.n, f), text.n);
	assert_int_equal(fclose(f), 0);
}

/* With one signature of its own, not the public ones: what it needs is made here. */
static pid_t real_clamd(struct unit *u, const char *program)
{
	char conf[128], log[128];
	snprintf(conf, sizeof conf, "%s/clamd.conf", u->dir);
	snprintf(log, sizeof log, "%s/clamd.log", u->dir);
	mkdir(str_fmt(u->a, "%s/signatures", u->dir).p, 0755);
	write_file(str_fmt(u->a, "%s/signatures/own.ndb", u->dir).p,
	           str_fmt(u->a, "Eicar-By-Hand:0:*:%.*s\n", STRF(str_hex(u->a, STR(EICAR)))));
	write_file(conf, str_fmt(u->a,
	                         "LocalSocket %s/real\nDatabaseDirectory %s/signatures\nForeground yes\n"
	                         "LogFile %s\nStreamMaxLength 32M\n",
	                         u->dir, u->dir, log));
	pid_t pid = fork();
	if (pid == 0) {
		dup2(open("/dev/null", O_WRONLY), STDOUT_FILENO);
		dup2(STDOUT_FILENO, STDERR_FILENO);
		execlp(program, program, "-c", conf, (char *)NULL);
		_exit(127);
	}
	return pid;
}

static void the_real_scanner_finds_the_test_file(void **state)
{
	struct unit *u = unit_start(organs, 1);
	const char *program = getenv("DIWAN_CLAMD");
	struct file_info f;
	str why = {0};
	bool answers = false;
	(void)state;
	pid_t pid = real_clamd(u, program ? program : "clamd");
	use(u, str_fmt(u->a, "unix:%s/real", u->dir).p, true);
	int status = 0;
	for (int i = 0; i < 1200 && !answers && waitpid(pid, &status, WNOHANG) == 0; i++) {
		answers = scanner_ping(u->k->scanner, u->a, &why);
		usleep(100 * 1000);
	}
	if (!answers && WIFEXITED(status) && WEXITSTATUS(status) == 127 && !program) {
		printf("# skipped: clamd is not installed (apt-get install clamav-daemon)\n");
		fflush(stdout);
		unit_stop(u);
		return;
	}
	assert_true(answers);
	str bad = document(u->a, EICAR), good = document(u->a, "BT (hello) Tj ET");
	err found = file_store(u->k, u->a, 0, STR("a.pdf"), bad, &f);
	assert_str(f.reason, "infected");
	err clean = file_store(u->k, u->a, 0, STR("a.pdf"), good, &f);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	assert_int_equal(found, ERR_file_refused);
	assert_int_equal(clean, OK);
	struct found_event e = events_of(u, "file.infected");
	assert_true(str_find(e.data, STR("Eicar-By-Hand")) >= 0);
	unit_stop(u);
}

int main(void)
{
	signal(SIGPIPE, SIG_IGN);
	const struct CMUnitTest tests[] = {
	    UNIT(what_a_scanner_finds_is_refused_and_recorded),
	    UNIT(a_large_file_goes_in_chunks),
	    UNIT(a_scanner_that_fails_keeps_files_out_or_lets_them_in_marked),
	    UNIT(a_scanner_that_hangs_has_its_time),
	    UNIT(only_this_machine_is_an_address),
	    UNIT(the_real_scanner_finds_the_test_file),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
