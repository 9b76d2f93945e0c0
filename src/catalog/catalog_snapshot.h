/* What the catalogue holds at one moment: entries in order of name and number, and what a bare name
 * and each alias mean. Built on any thread, read on the loop thread. Private to the catalogue. */
#ifndef HEARTH_CATALOG_CATALOG_SNAPSHOT_H
#define HEARTH_CATALOG_CATALOG_SNAPSHOT_H

#include "catalog/catalog.h"
#include "domain/reference.h"

struct hearth_snapshot_alias {
    char name[HEARTH_NAME_MAX];
    int64_t number;
};

struct hearth_snapshot_model {
    char name[HEARTH_NAME_MAX];
    const struct hearth_catalog_entry **entries; /* in order of number, each counted */
    size_t entry_count;
    struct hearth_snapshot_alias *aliases;
    size_t alias_count;
};

struct hearth_snapshot {
    struct hearth_snapshot_model *models; /* in order of name */
    size_t count;
};

/* Reads all models, versions and aliases; blocking, on the store's lane. */
int hearth_snapshot_read(struct hearth_store *store, struct hearth_snapshot **ret_snapshot,
                         struct hearth_error *error);
void hearth_snapshot_destroy(struct hearth_snapshot *snapshot); /* NULL is allowed */

/* What the catalogue holds now; NULL before the first reading. Valid until the next turn of the
 * loop. */
const struct hearth_snapshot *hearth_catalog_snapshot(const struct hearth_catalog *catalog);

/* NULL when there is none. */
const struct hearth_snapshot_model *hearth_snapshot_find(const struct hearth_snapshot *snapshot,
                                                         const char *name);
/* HEARTH_ENOMODEL says what is missing. The entry is not counted. */
int hearth_snapshot_choose(const struct hearth_snapshot_model *model,
                           const struct hearth_reference *reference,
                           const struct hearth_catalog_entry **ret_entry,
                           struct hearth_error *error);
/* The version of this number; NULL: there is none. */
const struct hearth_catalog_entry *
hearth_snapshot_numbered(const struct hearth_snapshot_model *model, int64_t number);
/* What the bare name means: @default, else the newest ready version, else the newest. */
const struct hearth_catalog_entry *
hearth_snapshot_default(const struct hearth_snapshot_model *model);

/* A counted copy of an entry with all its text. */
const struct hearth_catalog_entry *
hearth_catalog_entry_create(const struct hearth_catalog_entry *from);

#endif
