/* card_in.h - the fields of a card, for the files that show, read and compare them. */
#ifndef SYSTEMS_POLICY_CARD_IN_H
#define SYSTEMS_POLICY_CARD_IN_H

#include "systems/policy/policy_in.h"

enum card_kind {
	CARD_LINE,
	CARD_AREA,
	CARD_LINES,
	CARD_WORDS,
	CARD_IDS,
	CARD_CHOICE,
	CARD_DAY,
	CARD_TIME,
	CARD_ROWS,
};

struct card_field {
	const char *name;
	enum card_kind kind;
	const char *list;
};
extern const struct card_field card_fields[];
extern const size_t n_card_fields;

#define CARD_BLANK_ROWS 2  /* offered behind those that are there */
#define CARD_ROWS_MAX   40 /* of one field, as the schema has it */

/* The members of an entry of documents, fees, questions. */
enum row_kind { ROW_ID, ROW_PAIR, ROW_AREA, ROW_LIST, ROW_FLAG, ROW_MONEY, ROW_WORD, ROW_DAY };
struct row_member {
	const char *field, *name;
	enum row_kind kind;
	const char *list; /* of the pack, or words */
};
extern const struct row_member card_rows[];
extern const size_t n_card_rows;

/* The items {"id", "name" or "title"} of a list of the pack. */
const json *card_list(const struct pack *p, const char *name);
const json *card_item(const struct pack *p, const char *list, str id);
const json *card_item_name(const json *item);

#endif
