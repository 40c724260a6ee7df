/* published.c - the words of a card that was published alone come into the index at the
 * instant from which the card holds, not before: a job of that instant records it. */
#include "systems/guide/guide_in.h"

static void later(struct tx *tx, const struct service_published *v, int64_t after)
{
	json *d = json_object(tx->a);
	json_set_str(tx->a, d, "service", v->service);
	json_set_int(tx->a, d, "version", v->version);
	json_set_str(tx->a, d, "manifest", v->manifest);
	tx_later(
	    tx, "guide.index",
	    str_fmt(tx->a, "%.*s/%lld/%lld", STRF(v->service), (long long)v->version, (long long)after),
	    v->from, d);
}

err guide_react_published(struct tx *tx, const struct event *e)
{
	struct service_published v = {.service = json_str(e->data, "service"),
	                              .version = json_int(e->data, "version", 0),
	                              .from = json_int(e->data, "from", 0),
	                              .manifest = json_str(e->data, "manifest")};
	later(tx, &v, e->seq);
	return OK;
}

/* A pack was loaded, and its words with it: those of versions above it follow again. */
void guide_published_again(struct tx *tx, int64_t after)
{
	struct service_published *all;
	size_t n = service_published_all(tx->db, tx->a, &all);
	for (size_t i = 0; i < n; i++)
		later(tx, &all[i], after);
}

/* Is it the version in force now? A newer one, of a pack or published, goes first. */
static bool in_force(struct tx *tx, str service, int64_t version)
{
	const struct service *s = pack_service(pack_current(tx->k), service);
	struct service_published v[16];
	size_t n = service_published_of(tx->db, tx->a, service, v, COUNT(v));
	for (size_t i = 0; i < n; i++)
		if (v[i].version > version && v[i].from <= tx->now)
			return false;
	return s && s->version <= version;
}

err guide_index_job(struct tx *tx, const struct job *j)
{
	str service = json_str(j->payload, "service");
	const struct service *s = pack_service(pack_current(tx->k), service);
	if (!in_force(tx, service, json_int(j->payload, "version", 0)))
		return OK;
	return tx_emit(tx, (struct emission){.kind = "guide.card_indexed",
	                                     .entity = s->entity,
	                                     .data = json_copy(tx->a, j->payload)});
}
