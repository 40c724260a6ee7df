/* check.c - a change as a service, checked as the loading of a pack checks it. */
#include "systems/policy/policy_in.h"

#include "web/server.h"

static str file_in(const struct pack_source *s, str path)
{
	for (size_t i = 0; i < s->n; i++)
		if (str_eq(s->files[i].path, path))
			return s->files[i].bytes;
	return (str){0};
}

void policy_check(struct req *r, const struct change *ch, const struct model *m,
                  struct checked *out)
{
	*out = (struct checked){.d = diags_make(r->a, m->file), .file = m->file};
	if (!pack_text(r->db, r->a, ch->text, &out->text) ||
	    (ch->tests.n && !pack_text(r->db, r->a, ch->tests, &out->tests))) {
		out->why = STR("the text of the change is missing or was altered");
		return;
	}
	if (!service_source(r->db, r->a, ch->service, ch->base, &out->files, &out->why))
		return;
	out->unchanged = str_eq(file_in(&out->files, m->file), out->text) &&
	                 (!m->tests.n || str_eq(file_in(&out->files, m->tests), out->tests));
	str text = out->text;
	if (m->card) { /* a card's own number is that of the version it stands in */
		json *card = json_parse(r->a, text, NULL),
		     *then = json_parse(r->a, file_in(&out->files, m->file), NULL);
		if (!json_is(card, JSON_OBJECT) || !then) {
			out->why = STR("the card cannot be read");
			return;
		}
		json_set_int(r->a, then, "version", json_int(card, "version", 0));
		out->unchanged = json_equal(then, card);
		json_set_int(r->a, card, "version", service_next(r->db, ch->service));
		text = card_print(r->a, card);
	}
	source_put(r->a, &out->files, m->file, text);
	if (m->tests.n)
		source_put(r->a, &out->files, m->tests, out->tests);
	if (!source_renumber(r->a, &out->files, ch->service, service_next(r->db, ch->service))) {
		out->why = STR("service.json has no version");
		return;
	}
	const struct pack *p = pack_check(r->a, &out->files, &out->d);
	out->s = p ? pack_service(p, ch->service) : NULL;
}

/* What the rule asks, in the reader's language, where the catalogue has it. */
static str told(struct req *r, str rule)
{
	const struct messages *t = server_settings(r->server)->texts;
	str key = str_fmt(r->a, "diag.%.*s", STRF(rule));
	return message_known(t, key) ? req_text(r, str_c(r->a, key)) : (str){0};
}

static str name_of(str path)
{
	str rest = path, part;
	while (str_cut(&rest, '/', &part) && rest.n)
		continue;
	return part;
}

json *policy_diags(struct req *r, const struct model *m, const struct diags *d)
{
	json *list = json_array(r->a);
	int n = 0;
	for (const struct diag *g = d->first; g && n < POLICY_DIAGS_MAX; g = g->next) {
		/* Warnings of cards and lists are for those who write these. */
		if (g->severity != DIAG_ERROR && !str_eq(g->file, m->file) && !str_eq(g->file, m->tests))
			continue;
		n++;
		json *o = json_push(list, json_object(r->a));
		json_set_bool(r->a, o, "error", g->severity == DIAG_ERROR);
		json_set_str(r->a, o, "file", name_of(g->file));
		json_set_int(r->a, o, "line", g->line);
		json_set_int(r->a, o, "column", g->col);
		json_set_str(r->a, o, "element", g->element);
		json_set_str(r->a, o, "rule", g->rule);
		json_set_str(r->a, o, "told", told(r, g->rule));
		json_set_str(r->a, o, "what", g->what);
		json_set_str(r->a, o, "hint", g->hint);
	}
	return list;
}
