/* page_print.c - a service's card on paper, and all cards of a body, for readers (CAT-09). */
#include "systems/guide/exchange.h"
#include "systems/guide/guide_in.h"
#include "web/server.h"

err page_guide_print(struct req *r)
{
	struct paper w = {.a = r->a,
	                  .texts = server_settings(r->server)->texts,
	                  .base = server_public_url(r->server)};
	const struct service *s;
	str pdf;
	if (guide_moved(r, "/services/", "/pdf"))
		return OK;
	err e = guide_service(r, &w.p, &s);
	if (e)
		return e;
	w.day = calendar_day(w.p->calendar, r->now);
	e = guide_paper_one(r->k, &w, s, r->now, &pdf);
	if (e)
		return req_fail(r, e, "", "the card cannot be printed");
	return req_content(r, "application/pdf", pdf, str_c(r->a, str_cat(r->a, s->id, STR(".pdf"))));
}

void guide_paper_view(struct req *r, json *v, str entity, size_t cards)
{
	if (entity.n && cards && cards <= guide_paper_cards(r->a))
		json_set_str(r->a, v, "paper", view_href(r, "/entities/%s/pdf", str_c(r->a, entity)));
}

err page_guide_entity_print(struct req *r)
{
	const struct pack *p;
	str id = req_param(r, "id"), pdf;
	err e = guide_pack(r, &p);
	if (e)
		return e;
	if (!guide_item(p->entities, id))
		return req_fail(r, ERR_not_found, "", "there is no such body");
	e = guide_paper(r->k, r->a, server_settings(r->server)->texts, server_public_url(r->server), id,
	                r->now, &pdf);
	if (e)
		return req_fail(r, e, "",
		                e == ERR_not_found ? "the body has no cards" : "the cards cannot be printed");
	return req_content(r, "application/pdf", pdf, str_c(r->a, str_cat(r->a, id, STR(".pdf"))));
}
