/*
 * exchange.h - the cards of a platform out and in, for the program's commands (CAT-09).
 *
 * What is written is CPSV-AP 3.2 (packs/CPSV-AP.md). Beside the properties of that
 * profile each thing carries its whole record (dw:record), for CPSV-AP has no place for
 * all of a card; reading takes the records, so that nothing is lost on the way. A table for
 * spreadsheets holds the same, field by field. What other programs write has no records:
 * then cards are made of the profile's properties (foreign.c).
 */
#ifndef SYSTEMS_GUIDE_EXCHANGE_H
#define SYSTEMS_GUIDE_EXCHANGE_H

#include "kernel/i18n/i18n.h"
#include "kernel/pack/pack.h"

/* "ttl", "jsonld" or "csv" (table.c); empty when there is no such format or it is too large. */
str guide_export(arena *a, const struct pack *p, str base_url, str format);

/* The cards of this day as PDF/A, Arabic and then English: all, or those of one body.
 * ERR_not_found when there are none, ERR_document_too_large when they fill more than one
 * document may hold (a hundred cards do not). */
err guide_paper(struct kernel *k, arena *a, const struct messages *texts, str base_url, str entity,
                instant now, str *pdf);
/* How many cards surely fit into one document; 0 when its parts are missing. */
size_t guide_paper_cards(arena *a);

/* An export, or CPSV-AP of another program, as the source of a pack: its lists and cards
 * over the files of `base`, whose calendar, roles and numbers stay. False after telling
 * *d: each error has the line and the field of the file. Checking the source is the
 * caller's. */
bool guide_import(arena *a, str file, str text, const struct pack_source *base,
                  struct pack_source *out, struct diags *d);

#endif
