/*
 * show.h - how documents show values: dates, money and numbers as the platform's
 * pages do. Private to the kernel and the program's commands.
 */
#ifndef KERNEL_DOCUMENTS_SHOW_H
#define KERNEL_DOCUMENTS_SHOW_H

#include "engine/document/document.h"
#include "kernel/i18n/i18n.h"

struct show {
	const struct messages *texts; /* for "yes" and "no" */
	currency currency;            /* of plain minor units */
	int32_t utc_offset;           /* seconds */
	bool arabic_digits;           /* in the Arabic text */
	void *ctx;
	str (*picture)(void *ctx, arena *a, str name);
};

/* What a rendering needs besides its texts: fonts and formats. `s` must outlive it. */
struct document_env show_env(struct show *s);

#endif
