#include "app/demo.h"

#include "base/rng.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECRET_BYTES 32

static const char *below(struct opened *o, const char *name)
{
	return str_c(o->a,
	             str_fmt(o->a, "%.*s/%s", STRF(config_text(&o->config, SETTING_data_dir)), name));
}

static void set(struct opened *o, enum setting s, str value)
{
	o->config.value[s] = value;
	o->config.origin[s] = STR("trial");
}

static void catcher(struct opened *o, struct children *c)
{
	static const char program[] = "/usr/bin/aiosmtpd";
	if (config_text(&o->config, SETTING_mail_url).n)
		return;
	if (access(program, X_OK) != 0) {
		fputs("diwan: no mail is caught: install python3-aiosmtpd\n", stderr);
		return;
	}
	int port = child_port(c);
	const char *box = below(o, "mail");
	const char *const argv[] = {program, "-n",
	                            "-l",    str_c(o->a, str_fmt(o->a, "127.0.0.1:%d", port)),
	                            "-c",    "aiosmtpd.handlers.Mailbox",
	                            box,     NULL};
	if (!child_start(c, argv, below(o, "mail.log")))
		return;
	set(o, SETTING_mail_url, str_fmt(o->a, "smtp://127.0.0.1:%d", port));
	set(o, SETTING_mail_box, str_of(box));
}

/* The file with the provider's secret; made once, readable by its owner alone. */
static bool secret_file(struct opened *o, const char *path, str *secret)
{
	char text[SECRET_BYTES * 2 + 1] = {0};
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		ssize_t n = read(fd, text, sizeof text - 1);
		close(fd);
		*secret = str_dup(o->a, str_of(text));
		return n > 0;
	}
	char raw[SECRET_BYTES];
	rng random = rng_system();
	rng_bytes(&random, raw, sizeof raw);
	*secret = str_hex(o->a, (str){raw, sizeof raw});
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	bool kept = fd >= 0 && write(fd, secret->p, secret->n) == (ssize_t)secret->n;
	if (fd >= 0)
		kept = close(fd) == 0 && kept;
	return kept;
}

static void provider(struct opened *o, struct children *c)
{
	str secret;
	const char *path = below(o, "keys/provider.secret");
	if (config_text(&o->config, SETTING_provider_url).n)
		return;
	if (!secret_file(o, path, &secret)) {
		fprintf(stderr, "diwan: no payments: %s cannot be made\n", path);
		return;
	}
	int port = child_port(c);
	str moved = config_text(&o->config, SETTING_clock_offset_file);
	const char *const argv[] = {
	    "/proc/self/exe",
	    "simulator",
	    "provider",
	    str_c(o->a, str_fmt(o->a, "--listen=127.0.0.1:%d", port)),
	    str_c(o->a,
	          str_fmt(o->a, "--data-dir=%.*s", STRF(config_text(&o->config, SETTING_data_dir)))),
	    str_c(o->a, str_fmt(o->a, "--provider-secret-file=%s", path)),
	    moved.n ? str_c(o->a, str_fmt(o->a, "--clock-offset=%.*s", STRF(moved))) : NULL,
	    NULL};
	if (!child_start(c, argv, below(o, "simulator.log")))
		return;
	set(o, SETTING_provider_url, str_fmt(o->a, "http://127.0.0.1:%d", port));
	set(o, SETTING_provider_secret_file, secret);
}

void demo_helpers(struct opened *o, struct children *c)
{
	catcher(o, c);
	provider(o, c);
	if (!config_text(&o->config, SETTING_public_url).n &&
	    !str_ends(config_text(&o->config, SETTING_listen), STR(":0")))
		set(o, SETTING_public_url,
		    str_cat(o->a, STR("http://"), config_text(&o->config, SETTING_listen)));
}

void demo_greet(const json *demo)
{
	const json *accounts = json_get(demo, "accounts");
	if (!accounts)
		return;
	printf("\nInvented people to sign in as; the password of all: %.*s\n",
	       STRF(json_str(demo, "password")));
	for (const json *p = accounts->first; p; p = p->next)
		printf("  %.*s  %.*s\n", STRF(json_str(p, "national_number")),
		       STRF(json_str(json_get(p, "about"), "en")));
	puts("\nMail is caught: sign in as the operator and open /en/operator/mail.\nStop: Ctrl-C.");
}
