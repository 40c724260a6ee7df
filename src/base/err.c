#include "base/err.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_ERRORS 512 /* entries over all rooms */

static struct err_info registry[MAX_ERRORS] = {
#define ERROR(name, code, http, retry) {code, #name, http, retry},
#include "base/errors.def"
#undef ERROR
};

static size_t count(void)
{
	size_t n = 0;
	while (n < MAX_ERRORS && registry[n].code)
		n++;
	return n;
}

void err_register(const struct err_info *table, size_t n)
{
	size_t have = count();
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < have; k++) {
			if (registry[k].code != table[i].code && strcmp(registry[k].name, table[i].name) != 0)
				continue;
			fprintf(stderr, "diwan: error %d %s is registered twice\n", table[i].code,
			        table[i].name);
			abort();
		}
		if (have == MAX_ERRORS)
			abort();
		registry[have++] = table[i];
	}
}

const struct err_info *err_find(err code)
{
	for (size_t i = 0; i < MAX_ERRORS && registry[i].code; i++)
		if (registry[i].code == code)
			return &registry[i];
	return &registry[0];
}

size_t err_all(const struct err_info **out, size_t max)
{
	size_t n = count();
	for (size_t i = 0; i < n && i < max; i++)
		out[i] = &registry[i];
	return n < max ? n : max;
}
