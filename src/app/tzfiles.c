#include "app/tzfiles.h"

#include <stdio.h>
#include <stdlib.h>

#define ZONE_FILE_MAX ((size_t)64 * 1024) /* bytes; the largest of tzdata has 4 KiB */

bool file_slurp(arena *a, const char *path, size_t max, str *out)
{
	FILE *f = fopen(path, "rb");
	if (!f)
		return false;
	bool ok = fseek(f, 0, SEEK_END) == 0;
	long size = ok ? ftell(f) : -1;
	ok = size >= 0 && (size_t)size <= max && fseek(f, 0, SEEK_SET) == 0;
	if (ok) {
		char *p = NEWN(a, char, (size_t)size + 1);
		ok = fread(p, 1, (size_t)size, f) == (size_t)size;
		*out = (str){p, (size_t)size};
	}
	fclose(f);
	return ok;
}

static bool load(void *ctx, arena *a, str name, str *tzif)
{
	const char *dir = getenv("TZDIR");
	(void)ctx;
	str path = str_fmt(a, "%s/%.*s", dir ? dir : "/usr/share/zoneinfo", STRF(name));
	return file_slurp(a, str_c(a, path), ZONE_FILE_MAX, tzif);
}

const struct feel_zones *tz_files(void)
{
	static const struct feel_zones zones = {load, NULL};
	return &zones;
}
