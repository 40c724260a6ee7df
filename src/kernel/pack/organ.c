#include "kernel/pack/pack_in.h"
#include "kernel/pack/statements.h"

static const struct event_kind events[] = {
#define EVENT(name, kind, version, doc) {kind, version, fold_##name, doc},
#include "kernel/pack/events.def"
#undef EVENT
};

static const struct derived derived[] = {
    {"pack", "seq"},
    {"pack_service", "service, version"},
    {"pack_published", "service, version"},
};

/* Every page reads otherwise once another pack is in force, or a part of it. */
static const char *const public_kinds[] = {"pack.loaded", "service.published"};

const struct organ pack_organ = {
    .name = "kernel/pack",
    .events = events,
    .n_events = COUNT(events),
    .derived = derived,
    .n_derived = COUNT(derived),
    .public_kinds = public_kinds,
    .n_public_kinds = COUNT(public_kinds),
    .statements = pack_statements,
};
