/*
 * declare.h - turns a room's routes.def into prototypes and, in one file, a table.
 *
 * In the room's header, so that each page may have a file of its own:
 *     #define ROUTES_DEF "systems/guide/routes.def"
 *     #include "web/declare.h"
 * gives page_<name>, and prepare_<name>, decide_<name>, answer_<name>. They have
 * external linkage: a route's name carries its room's ("guide_service").
 *
 * In one .c file of the room:
 *     #define ROUTES_DEF "systems/guide/routes.def"
 *     #define ROUTES_TABLE guide_routes
 *     #include "web/declare.h"
 * gives `const struct route guide_routes[]` and `guide_routes_count`. A writing
 * route that names no event does not compile. Both may be included many times.
 */
#include "web/route.h"

#define PAGE(name, path, perm, doc) err page_##name(struct req *r);
#define ROUTE_WRITE(name)                                                                          \
	err prepare_##name(struct req *r);                                                             \
	err decide_##name(struct tx *tx, struct req *r);                                               \
	err answer_##name(struct req *r);
#define ACTION(name, path, perm, event, doc) ROUTE_WRITE(name)
#define UPLOAD(name, path, perm, event, doc) ROUTE_WRITE(name)
#define CALL(name, path, perm, event, doc)   ROUTE_WRITE(name)
#define PUT(name, path, perm, event, doc)    ROUTE_WRITE(name)
#define PATCH(name, path, perm, event, doc)  ROUTE_WRITE(name)
#define FILES(name, path, perm, event, doc)  ROUTE_WRITE(name)
#include ROUTES_DEF
#undef PAGE
#undef ROUTE_WRITE
#undef ACTION
#undef UPLOAD
#undef CALL
#undef PUT
#undef PATCH
#undef FILES

#ifdef ROUTES_TABLE
#define PAGE(name, path, perm, doc)
#define ROUTE_EVENT(path, event)                                                                   \
	_Static_assert(sizeof(event) > 1, "a writing route must name its event: " path);
#define ACTION(name, path, perm, event, doc) ROUTE_EVENT(path, event)
#define UPLOAD(name, path, perm, event, doc) ROUTE_EVENT(path, event)
#define CALL(name, path, perm, event, doc)   ROUTE_EVENT(path, event)
#define PUT(name, path, perm, event, doc)    ROUTE_EVENT(path, event)
#define PATCH(name, path, perm, event, doc)  ROUTE_EVENT(path, event)
#define FILES(name, path, perm, event, doc)  ROUTE_EVENT(path, event)
#include ROUTES_DEF
#undef PAGE
#undef ROUTE_EVENT
#undef ACTION
#undef UPLOAD
#undef CALL
#undef PUT
#undef PATCH
#undef FILES

#define PAGE(name, path, perm, doc)                                                                \
	{#name, path, ROUTE_PAGE, METHOD_GET, PERM_##perm, NULL, doc, page_##name, NULL, NULL, NULL},
#define ROUTE_ROW(kind, method, name, path, perm, event, doc)                                      \
	{#name, path, kind,           method,        PERM_##perm,  event,                              \
	 doc,   NULL, prepare_##name, decide_##name, answer_##name},
#define ACTION(name, path, perm, event, doc)                                                       \
	ROUTE_ROW(ROUTE_ACTION, METHOD_POST, name, path, perm, event, doc)
#define UPLOAD(name, path, perm, event, doc)                                                       \
	ROUTE_ROW(ROUTE_UPLOAD, METHOD_POST, name, path, perm, event, doc)
#define CALL(name, path, perm, event, doc)                                                         \
	ROUTE_ROW(ROUTE_CALL, METHOD_POST, name, path, perm, event, doc)
#define PUT(name, path, perm, event, doc)                                                          \
	ROUTE_ROW(ROUTE_CALL, METHOD_PUT, name, path, perm, event, doc)
#define FILES(name, path, perm, event, doc)                                                        \
	ROUTE_ROW(ROUTE_FILES, METHOD_POST, name, path, perm, event, doc)
#define PATCH(name, path, perm, event, doc)                                                        \
	ROUTE_ROW(ROUTE_CALL, METHOD_PATCH, name, path, perm, event, doc)
#define ROUTE_COUNT_OF(table) table##_count
#define ROUTE_COUNT(table)    ROUTE_COUNT_OF(table)
extern const struct route ROUTES_TABLE[];
extern const size_t ROUTE_COUNT(ROUTES_TABLE);
const struct route ROUTES_TABLE[] = {
#include ROUTES_DEF
};
const size_t ROUTE_COUNT(ROUTES_TABLE) = sizeof ROUTES_TABLE / sizeof *ROUTES_TABLE;
#undef PAGE
#undef ROUTE_ROW
#undef ACTION
#undef UPLOAD
#undef CALL
#undef PUT
#undef PATCH
#undef FILES
#undef ROUTE_COUNT
#undef ROUTE_COUNT_OF
#undef ROUTES_TABLE
#endif
#undef ROUTES_DEF
