#include "app/pack_new.h"

#include "base/embed.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define TEMPLATE     "packs/template/"
#define ID_MAX       64
#define FILE_CEILING ((size_t)1024 * 1024)

struct filling {
	const char *name; /* as it stands in the template */
	str value;
};

static bool id_good(str id)
{
	for (size_t i = 0; i < id.n; i++) {
		bool hyphen = id.p[i] == '-' && i && i + 1 < id.n && id.p[i - 1] != '-';
		bool letter = (id.p[i] >= 'a' && id.p[i] <= 'z') || (id.p[i] >= '0' && id.p[i] <= '9');
		if (!hyphen && !letter)
			return false;
	}
	return id.n > 0 && id.n <= ID_MAX && id.p[0] >= 'a';
}

/* What references begin with: "LC" of library-card, "PAS" of passport. */
static str reference_of(arena *a, str id)
{
	buf b = buf_make(a, ID_MAX);
	str rest = id, word;
	bool many = str_chr(id, '-') >= 0;
	while (str_cut(&rest, '-', &word))
		for (size_t i = 0; i < word.n && i < (many ? 1u : 3u) && b.n < 8; i++)
			if (word.p[i] >= 'a' && word.p[i] <= 'z')
				buf_putc(&b, (char)(word.p[i] - 'a' + 'A'));
	return buf_str(&b);
}

static str process_of(arena *a, str id)
{
	char *p = NEWN(a, char, id.n);
	for (size_t i = 0; i < id.n; i++)
		p[i] = id.p[i];
	for (size_t i = 0; i < id.n; i++)
		if (p[i] == '-')
			p[i] = '_';
	return (str){p, id.n};
}

static str first_id(const json *doc, const char *member)
{
	const json *list = json_get(doc, member);
	return list && list->first ? json_str(list->first, "id") : (str){0};
}

static str working_role(const struct pack *p)
{
	const json *roles = json_get(p->roles, "roles");
	for (const json *r = roles ? roles->first : NULL; r; r = r->next)
		for (const json *v = json_get(r, "permissions")->first; v; v = v->next)
			if (str_eq(json_text(v), STR("case.work")))
				return json_str(r, "id");
	return (str){0};
}

static str plain_account(const struct pack *p)
{
	const json *people = json_get(p->demo, "accounts");
	for (const json *v = people ? people->first : NULL; v; v = v->next)
		if (json_get(v, "roles")->count == 0)
			return json_str(v, "id");
	return STR("citizen");
}

static str filled(arena *a, str text, const struct filling *f, size_t n)
{
	buf b = buf_make(a, FILE_CEILING);
	while (text.n) {
		size_t i = 0;
		while (i < n && !str_starts(text, str_of(f[i].name)))
			i++;
		if (i < n)
			buf_put(&b, f[i].value);
		else
			buf_putc(&b, text.p[0]);
		size_t used = i < n ? strlen(f[i].name) : 1;
		text = str_sub(text, used, text.n);
	}
	return buf_str(&b);
}

static bool write_file(const char *path, str text)
{
	FILE *f = fopen(path, "wbx");
	bool good = f && fwrite(text.p, 1, text.n, f) == text.n;
	return f && fclose(f) == 0 && good;
}

static bool write_all(arena *a, const char *folder, const struct filling *f, size_t n, str *why)
{
	for (size_t i = 0; i < embedded_count; i++) {
		str name = str_of(embedded_files[i].name);
		str text = {embedded_files[i].start,
		            (size_t)(embedded_files[i].end - embedded_files[i].start)};
		if (!str_starts(name, STR(TEMPLATE)))
			continue;
		const char *path = str_c(a, str_fmt(a, "%s/%s", folder, name.p + sizeof TEMPLATE - 1));
		if (!write_file(path, filled(a, text, f, n))) {
			*why = str_fmt(a, "%s cannot be written: %s", path, strerror(errno));
			return false;
		}
	}
	return true;
}

bool pack_new(arena *a, const char *folder, const struct pack *p, str id, str *why)
{
	currency c = {0};
	currency_find(str_of(p->currency), &c);
	int64_t major = 1;
	for (int i = 0; i < c.exponent; i++)
		major *= 10;
	const struct filling f[] = {
	    {"@ID@", id},
	    {"@PROCESS@", process_of(a, id)},
	    {"@REF@", reference_of(a, id)},
	    {"@ENTITY@", json_str(p->meta, "owner")},
	    {"@ROLE@", working_role(p)},
	    {"@AUDIENCE@", first_id(p->audiences, "audiences")},
	    {"@CHANNEL@", first_id(p->channels, "channels")},
	    {"@CURRENCY@", str_of(p->currency)},
	    {"@ACCOUNT@", plain_account(p)},
	    {"@MAJOR@", str_fmt(a, "%lld", (long long)major)},
	    {"@TWO@", str_fmt(a, "%lld", (long long)(2 * major))},
	};
	if (!id_good(id)) {
		*why = STR("an id is lower-case words with hyphens, such as library-card");
		return false;
	}
	for (size_t i = 0; i < COUNT(f); i++)
		if (!f[i].value.n) {
			*why =
			    str_fmt(a, "the pack has nothing to put for %s: fill its lists first", f[i].name);
			return false;
		}
	mkdir(str_c(a, str_fmt(a, "%s/services", folder)), 0777);
	const char *to = str_c(a, str_fmt(a, "%s/services/%.*s", folder, STRF(id)));
	if (mkdir(to, 0777)) {
		*why = str_fmt(a, "%s cannot be made: %s", to, strerror(errno));
		return false;
	}
	return write_all(a, to, f, COUNT(f), why);
}
