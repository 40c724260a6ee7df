/* page_print.c - a service's card on paper, for readers (CAT-09). */
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
