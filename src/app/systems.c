#include "app/systems.h"

#include "kernel/files/files.h"
#include "kernel/identity/organ.h"
#include "kernel/pack/pack.h"
#include "kernel/search/search.h"

const struct organ *const app_organs[] = {
    &identity_organ,
    &pack_organ,
    &files_organ,
    &search_organ,
};
const size_t app_organs_count = COUNT(app_organs);

/* The last entry is NULL, so that the list may be empty. */
const struct system *const app_systems[] = {
    NULL,
};
const size_t app_systems_count = COUNT(app_systems) - 1;
