/* tables.c - the tables of a case that its events change together; see db/held.h. */
#include "kernel/cases/cases_in.h"
#include "kernel/cases/statements.h"

/* The last five are in indexes: a row seldom changes them, the first two when it is sent. */
static const unsigned char file_mutable[] = {
    FILE_applicant, FILE_id,        FILE_version, FILE_state,     FILE_outcome,    FILE_channel,
    FILE_changed,   FILE_due,       FILE_holder,  FILE_revision,  FILE_fee,        FILE_fee_rule,
    FILE_paused,    FILE_currency,  FILE_rating,  FILE_suspended, FILE_appealed,   FILE_appeals,
    FILE_reference, FILE_submitted, FILE_closed,  FILE_joined,    FILE_split_from,
};
static const struct held_put file_puts[] = {
    {&sql_case_file_put, file_mutable, COUNT(file_mutable) - 5, 2},
    {&sql_case_file_put_sent, file_mutable, COUNT(file_mutable) - 3, 2},
    {&sql_case_file_put_all, file_mutable, COUNT(file_mutable), 2},
};
struct held_table case_file = {
    .name = "case_file",
    .n_columns = FILE_COLUMNS,
    .n_keys = 1,
    .get = &sql_case_file_get,
    .insert = &sql_case_file_insert,
    .puts = file_puts,
    .n_puts = COUNT(file_puts),
};

static const unsigned char body_mutable[] = {
    BODY_case_id, BODY_applicant, BODY_person, BODY_answers, BODY_raw,
    BODY_process, BODY_trace,     BODY_reason, BODY_words,   BODY_names,
};
static const struct held_put body_puts[] = {
    {&sql_case_body_put, body_mutable, COUNT(body_mutable), 2},
};
struct held_table case_body = {
    .name = "case_body",
    .n_columns = BODY_COLUMNS,
    .n_keys = 2,
    .get = &sql_case_body_get,
    .insert = &sql_case_body_insert,
    .puts = body_puts,
    .n_puts = COUNT(body_puts),
};

static const unsigned char desk_mutable[] = {DESK_case_id, DESK_entity, DESK_state, DESK_due};
static const struct held_put desk_puts[] = {
    {&sql_case_desk_put, desk_mutable, COUNT(desk_mutable), 2},
};
struct held_table case_desk = {
    .name = "case_desk",
    .n_columns = DESK_COLUMNS,
    .n_keys = 1,
    .get = &sql_case_desk_get,
    .insert = &sql_case_desk_insert,
    .puts = desk_puts,
    .n_puts = COUNT(desk_puts),
};

struct held_sum case_sums = {
    .name = "case_count", .add = &sql_case_count_add, .n_keys = 3, .n_amounts = 1};

struct held_sum case_numbers = {.name = "case_number",
                                .add = &sql_case_number_add,
                                .n_keys = 2,
                                .n_amounts = 1,
                                .get = &sql_case_number_get};

void case_tables(void)
{
	held_declare(&case_file);
	held_declare(&case_body);
	held_declare(&case_desk);
	held_declare_sum(&case_sums);
	held_declare_sum(&case_numbers);
}
