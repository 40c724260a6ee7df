/*
 * view.c - members of views that several pages build in the same way.
 */
#include "systems/portal/portal_in.h"

#include "base/utf8.h"

#include <stdio.h>
#include <string.h>

/* ---- people ---- */

str number_normal(arena *a, str typed)
{
	buf b = buf_make(a, typed.n + 1);
	while (typed.n) {
		str before = typed;
		uint32_t c = utf8_next(&typed);
		if (c >= 0x660 && c <= 0x669)
			buf_putc(&b, (char)('0' + (c - 0x660)));
		else if (c >= 0x6F0 && c <= 0x6F9)
			buf_putc(&b, (char)('0' + (c - 0x6F0)));
		else if (c > 0x20 && c != '-' && c != 0xA0 && !(c >= 0x200B && c <= 0x206F))
			buf_put(&b, (str){before.p, before.n - typed.n});
	}
	return str_dup(a, buf_str(&b));
}

instant last_of(dbc *c, int64_t person, const char *kind, int64_t *seq)
{
	rows *r = db_query(c, &sql_portal_last_of, D_INT(person), D_TEXT(str_of(kind)));
	bool found = db_next(r);
	int64_t where = found ? db_int(r, 0) : 0;
	instant at = found ? db_int(r, 1) : 0;
	db_done(r);
	if (seq)
		*seq = where;
	return at;
}

str next_of(struct req *r)
{
	str next = req_field(r, "next");
	str lang = str_sub(next, 0, 3);
	if ((str_eq(lang, STR("/en")) || str_eq(lang, STR("/ar"))) && (next.n == 3 || next.p[3] == '/'))
		next = next.n == 3 ? STR("/") : str_sub(next, 3, next.n);
	bool safe = next.n && next.n < 2000 && next.p[0] == '/' && str_chr(next, '\\') < 0 &&
	            !str_starts(next, STR("//")) && !str_starts(next, STR("/sign-"));
	for (size_t i = 0; i < next.n && safe; i++)
		safe = (unsigned char)next.p[i] > 0x20 && (unsigned char)next.p[i] < 0x7F;
	return safe ? next : (str){0};
}
