#include "kernel/outbox/post.h"

#include "kernel/kernel.h"
#include "kernel/outbox/fetch.h"
#include "kernel/outbox/sign.h"

err post_signed(struct job *j, const struct post *p)
{
	str at = str_fmt(j->a, "%lld", (long long)(kernel_now(j->k) / SECOND));
	struct fetch f = {.method = "POST",
	                  .url = p->url,
	                  .body = p->body,
	                  .type = STR("application/json"),
	                  .abroad = p->abroad};
	f.header[f.n_headers++] = str_cat(j->a, STR("webhook-id: "), p->id);
	f.header[f.n_headers++] = str_cat(j->a, STR("webhook-timestamp: "), at);
	f.header[f.n_headers++] = str_cat(j->a, STR("webhook-signature: "),
	                                  sign_message(j->a, p->secret, p->id, at, p->body));
	err e = fetch_run(j->a, &f);
	if (!e && f.status >= 200 && f.status < 300)
		return OK;
	j->fault.detail = e ? f.why : str_fmt(j->a, "it answered %d", f.status);
	return ERR_unavailable;
}
