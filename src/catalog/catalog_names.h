/* Which model a client means when it does not write the name as it is registered. Private to the
 * catalogue; loop thread only. */
#ifndef HEARTH_CATALOG_CATALOG_NAMES_H
#define HEARTH_CATALOG_CATALOG_NAMES_H

#include "catalog/catalog_snapshot.h"

/* Where names are looked up. */
struct hearth_catalog_names {
    const struct hearth_catalog_entry *const *files; /* served without a registry row */
    size_t file_count;
    bool any_name; /* one that means nothing else means the file, if there is one only */
    const struct hearth_snapshot *snapshot; /* NULL before the first reading */
};

/* The entry that a client's reference means, not counted for the caller. It is, in this order: the
 * name as it is registered; the hub id that a version came from ("ORG/REPO"); the name in another
 * case; and both again without a leading part, because clients of several servers put the
 * provider's name before it ("openai/smollm2"). With `any_name`, any other name means the
 * one file. "BASE+ADAPTER" is an adapter by its base's name and its own: HEARTH_ECONFLICT says that
 * the two do not belong together. HEARTH_ENOMODEL says what is missing and names the nearest model.
 */
int hearth_catalog_names_find(const struct hearth_catalog_names *names, const char *text,
                              const struct hearth_catalog_entry **ret_entry,
                              struct hearth_error *error);

#endif
