/*
 * declare.h - turns a room's routes.def into prototypes and one table; see route.h.
 */
#include "web/route.h"

#define PAGE(name, path, perm, doc) static err page_##name(struct req *r);
#define WRITE_PROTOTYPES(name)                                                                     \
	static err prepare_##name(struct req *r);                                                      \
	static err decide_##name(struct tx *tx, struct req *r);                                        \
	static err answer_##name(struct req *r);
#define ACTION(name, path, perm, event, doc) WRITE_PROTOTYPES(name)
#define UPLOAD(name, path, perm, event, doc) WRITE_PROTOTYPES(name)
#define CALL(name, path, perm, event, doc)   WRITE_PROTOTYPES(name)
#include ROUTES_DEF
#undef PAGE
#undef ACTION
#undef UPLOAD
#undef CALL
