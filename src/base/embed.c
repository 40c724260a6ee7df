#include "base/embed.h"

bool embed_find(str name, str *content)
{
	for (size_t i = 0; i < embedded_count; i++) {
		const struct embedded *e = &embedded_files[i];
		if (str_eq(name, str_of(e->name))) {
			*content = (str){e->start, (size_t)(e->end - e->start)};
			return true;
		}
	}
	return false;
}
