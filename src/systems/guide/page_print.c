/* page_print.c - a service's card on paper, in both languages (CAT-09). */
#include "base/embed.h"
#include "kernel/documents/documents.h"
#include "systems/guide/guide_in.h"
#include "web/server.h"

#define PRINT_SPEC "src/systems/guide/card.json"

/* Names or texts of a list, one a line, in both languages. */
static json *lines(struct req *r, const json *list)
{
	static const char *const langs[] = {"en", "ar"};
	json *o = json_object(r->a);
	for (size_t l = 0; l < COUNT(langs); l++) {
		buf b = buf_make(r->a, (size_t)64 * 1024);
		for (const json *i = list ? list->first : NULL; i; i = i->next) {
			const json *title = json_get(i, "title"), *two = title ? title : i;
			str text = json_str(two, langs[l]);
			buf_fmt(&b, "%s%.*s", b.n ? "\n" : "", STRF(text.n ? text : json_text(two)));
		}
		json_set_str(r->a, o, langs[l], buf_str(&b));
	}
	return o;
}

/* "Citizen: BHD 4.000", a line a fee. */
static json *fee_lines(struct req *r, const json *fees)
{
	json *list = json_array(r->a);
	for (const json *f = fees ? fees->first : NULL; f; f = f->next) {
		const json *label = json_get(f, "label"), *amount = json_get(f, "amount");
		currency c;
		str money_text = {0};
		if (currency_find(json_str(amount, "currency"), &c))
			money_text = str_fmt(r->a, "%s %.*s", c.code,
			                     STRF(money_print(r->a, (money){json_int(amount, "minor", 0)}, c)));
		json_push(
		    list,
		    text_pair(r->a,
		              str_fmt(r->a, "%.*s: %.*s", STRF(json_str(label, "en")), STRF(money_text)),
		              str_fmt(r->a, "%.*s: %.*s", STRF(json_str(label, "ar")), STRF(money_text))));
	}
	return lines(r, list);
}

err page_guide_print(struct req *r)
{
	const struct pack *p;
	const struct service *s;
	str text, pdf;
	if (guide_moved(r, "/services/", "/pdf"))
		return OK;
	err e = guide_service(r, &p, &s);
	if (e)
		return e;
	json *card = guide_card_view(r, p, s), *v = json_object(r->a);
	const json *about = json_get(card, "service");
	static const char *const same[] = {"title", "summary", "description", "time", "login"};
	for (size_t i = 0; i < COUNT(same); i++)
		json_set(r->a, v, same[i], json_copy(r->a, json_get(about, same[i])));
	static const char *const lists[] = {"conditions", "documents", "steps", "legal", "centres"};
	for (size_t i = 0; i < COUNT(lists); i++)
		json_set(r->a, v, lists[i], lines(r, json_get(card, lists[i])));
	json_set(r->a, v, "fees", fee_lines(r, json_get(card, "fees")));
	json_set(r->a, v, "entity", guide_entity_name(r->a, p, s->entity));
	json_set_str(r->a, v, "reviewed", json_str(s->card, "reviewed"));
	json_set_str(
	    r->a, v, "url",
	    str_fmt(r->a, "%.*s/id/service/%.*s", STRF(server_public_url(r->server)), STRF(s->id)));
	json *spec = embed_find(STR(PRINT_SPEC), &text) ? json_parse(r->a, text, NULL) : NULL;
	e = spec ? document_render_now(r->k, r->a, spec, v, r->now, &pdf) : ERR_internal;
	if (e)
		return req_fail(r, e, "", "the card cannot be printed");
	return req_content(r, "application/pdf", pdf, str_c(r->a, str_cat(r->a, s->id, STR(".pdf"))));
}
