/* cmd_user.c - people from the command line: the first administrator, a lost password. */
#include "app/commands.h"
#include "app/open.h"
#include "kernel/identity/identity.h"

#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

struct change {
	struct person person;
	str number, role, entity, password, totp;
	instant until;
};

static bool option(str s, const char *name, str *out)
{
	str prefix = str_of(name);
	if (!str_starts(s, prefix))
		return false;
	*out = str_sub(s, prefix.n, s.n);
	return true;
}

static bool words_read(int argc, char **argv, struct change *c)
{
	struct person *p = &c->person;
	str text;
	for (int i = 2; i < argc; i++) {
		str s = str_of(argv[i]);
		if (option(s, "--name-en=", &p->name_en) || option(s, "--name-ar=", &p->name_ar) ||
		    option(s, "--nationality=", &p->nationality) || option(s, "--group=", &p->group) ||
		    option(s, "--birth-date=", &p->birth_date) || option(s, "--sex=", &p->sex) ||
		    option(s, "--email=", &p->email) || option(s, "--phone=", &p->phone) ||
		    option(s, "--language=", &p->language) || option(s, "--role=", &c->role) ||
		    option(s, "--entity=", &c->entity))
			continue;
		int64_t day;
		if (option(s, "--until=", &text) && date_parse(text, &day))
			c->until = day * DAY;
		else if (str_eq(s, STR("--staff")))
			p->staff = true;
		else if (!c->number.n && !str_starts(s, STR("-")))
			c->number = s;
		else
			return false;
	}
	p->national_number = c->number;
	return c->number.n > 0;
}

/* Asks without showing it; from a pipe, its first line. */
static bool password_read(arena *a, str *out)
{
	char line[256];
	struct termios shown, hidden;
	bool terminal = isatty(STDIN_FILENO) && tcgetattr(STDIN_FILENO, &shown) == 0;
	if (terminal) {
		fputs("New password: ", stderr);
		hidden = shown;
		hidden.c_lflag &= (tcflag_t)~ECHO;
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
	}
	bool got = fgets(line, sizeof line, stdin) != NULL;
	if (terminal) {
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
		fputc('\n', stderr);
	}
	if (got)
		line[strcspn(line, "\r\n")] = 0;
	*out = got ? str_dup(a, str_of(line)) : (str){0};
	if (out->n >= PASSWORD_MIN_CHARS)
		return true;
	fprintf(stderr, "diwan: a password has at least %d characters; nothing was changed\n",
	        PASSWORD_MIN_CHARS);
	return false;
}

static err known(struct tx *tx, const struct change *c, struct person *out)
{
	if (person_by_number(tx->db, tx->a, c->number, out))
		return OK;
	return tx_fail(tx, ERR_not_found, "number", "nobody has the number %.*s", STRF(c->number));
}

static err add_decide(struct tx *tx, void *ctx)
{
	struct change *c = ctx;
	struct person p = c->person;
	err e = person_register(tx, &p);
	return e || !c->password.n ? e : credential_set(tx, p.id, c->password, c->totp);
}

static err password_decide(struct tx *tx, void *ctx)
{
	struct change *c = ctx;
	struct person p;
	err e = known(tx, c, &p);
	if (!e)
		e = credential_set(tx, p.id, c->password, c->totp);
	return e ? e : session_close_all(tx, p.id);
}

static err grant_decide(struct tx *tx, void *ctx)
{
	struct change *c = ctx;
	struct person p;
	err e = known(tx, c, &p);
	return e ? e : role_grant(tx, p.id, c->role, c->entity, c->until);
}

static err end_decide(struct tx *tx, void *ctx)
{
	struct change *c = ctx;
	struct person p;
	err e = known(tx, c, &p);
	return e ? e : role_end(tx, p.id, c->role, c->entity);
}

static err erase_decide(struct tx *tx, void *ctx)
{
	struct change *c = ctx;
	struct person p;
	err e = known(tx, c, &p);
	return e ? e : person_erase(tx, p.id, STR("asked for at the command line"));
}

static const struct {
	const char *name;
	err (*decide)(struct tx *tx, void *ctx);
	bool password, role;
} verbs[] = {
    {"add", add_decide, true, false},      {"password", password_decide, true, false},
    {"grant", grant_decide, false, true},  {"end", end_decide, false, true},
    {"erase", erase_decide, false, false},
};

static int change(int argc, char **argv, size_t verb)
{
	struct opened o;
	struct change c = {.person = {.language = STR("ar")}};
	int e = app_settings(&argc, argv, &o);
	if (!e && !words_read(argc, argv, &c))
		e = help_wrong("user", "the number is missing, or an unknown word", argv[argc - 1]);
	if (!e && verbs[verb].role && (!c.role.n || !c.entity.n))
		e = help_wrong("user", "--role= and --entity= must be given", NULL);
	if (!e)
		e = app_open_set(OPEN_WRITE, &o);
	if (!e && verbs[verb].password) {
		str typed;
		e = password_read(o.a, &typed) ? EXIT_OK : EXIT_BAD_USE;
		if (!e)
			c.password = password_hash(o.a, typed);
	}
	if (!e)
		e = app_run(&o, verbs[verb].decide, &c);
	if (!e)
		puts("Done.");
	app_close(&o);
	return e;
}

int cmd_user(int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < sizeof verbs / sizeof *verbs; i++)
		if (strcmp(argv[1], verbs[i].name) == 0)
			return change(argc, argv, i);
	return help_wrong("user", "add, password, grant, end or erase must follow", NULL);
}
