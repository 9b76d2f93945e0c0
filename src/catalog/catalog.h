/* Which models there are, as requests see it: a snapshot in memory, so that no request waits for
 * the store.
 *
 * The snapshot is replaced as a whole when the store has changed: after our own writes by a
 * refresh, after those of other programs by a timer. Entries never change and are counted: what a
 * request or a loaded model holds stays as it was, whatever the next snapshot says. Loop thread
 * only. */
#ifndef HEARTH_CATALOG_CATALOG_H
#define HEARTH_CATALOG_CATALOG_H

#include "hearth/error.h"
#include "store/store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hearth_loop;
struct hearth_catalog;

/* One version of one model. Text is never NULL. */
struct hearth_catalog_entry {
    const char *id;             /* "name:3"; the bare name for a file without a registry row */
    const char *name;           /* of the model */
    int64_t model_id, number;   /* 0 for a file without a registry row */
    const char *label, *engine; /* engine: "" while it is not known */
    const char *task, *device;  /* as defined; "" when not */
    const char *description, *tags_json, *settings_json, *facts_json;
    const char *source, *revision;
    const char *state_reason;
    const char *path; /* of a file without a registry row, else "" */
    enum hearth_version_state state;
    int64_t created_ms;                  /* of the version */
    int64_t version_id, base_version_id; /* of the rows; base: of what an adapter is based on; 0 */
    bool pin;                            /* the settings ask to have it loaded from the start */
};

/* `store` may be NULL: then there are only files. `refresh_ms` is how often others' writes are
 * looked for; 0 never. */
struct hearth_catalog *hearth_catalog_create(struct hearth_loop *loop, struct hearth_store *store,
                                             uint64_t refresh_ms);
/* Waits for nothing: a reading that is under way is dropped when it comes back, and nobody is told.
 */
void hearth_catalog_destroy(struct hearth_catalog *catalog); /* NULL is allowed */

/* Reads what is new; `on_done` (may be NULL) comes when the snapshot has all that was written
 * before the call. A fault leaves the old snapshot in place. */
void hearth_catalog_refresh(struct hearth_catalog *catalog,
                            void (*on_done)(void *argument, const struct hearth_error *error),
                            void *argument);
/* Has at least one refresh worked? Always true without a store. */
bool hearth_catalog_ready(const struct hearth_catalog *catalog);
/* The rows of the models as a refresh read them last, for who would read the store while it is
 * away. Only of a store that can be (hearth_store_is_remote). */
struct hearth_catalog_rows {
    struct hearth_store *store; /* of models, versions and aliases only; read only, any thread */
    int64_t read_ms;            /* when it was last known to be what the store has; wall clock */
};
/* Counted for the caller, who releases it; NULL: there are none. */
struct hearth_catalog_rows *hearth_catalog_rows_acquire(struct hearth_catalog *catalog);
void hearth_catalog_rows_release(struct hearth_catalog_rows *rows); /* NULL is allowed */
/* How the last refresh ended: 0, or its error. What it tells is as old as the last one that worked.
 */
int hearth_catalog_fault(const struct hearth_catalog *catalog);

/* `serve --model FILE`: the file's name without its ending becomes the model's name, with what a
 * name may not have replaced by '-'. HEARTH_ENOTFOUND, HEARTH_EMODEL when no engine is known for
 * it, HEARTH_ECONFLICT when the name is taken by another file. */
int hearth_catalog_add_file(struct hearth_catalog *catalog, const char *path,
                            struct hearth_error *error);

/* From now on a name that means nothing else means the file, as long as it is the only one: whoever
 * serves one does not want to teach each client its name. */
void hearth_catalog_take_any_name(struct hearth_catalog *catalog);

/* Finds what a name means, and counts the entry for the caller, who releases it. A name is "name",
 * "name:version" or "name@alias"; a bare name is @default when that alias is set, else
 * @latest, the newest ready version. A model is also found by the hub id that it came from, in
 * another case, and behind a provider's name (catalog_names.h). "base+adapter" is the adapter,
 * where it is one of that base; HEARTH_ECONFLICT where it is of another. HEARTH_ENOMODEL says what
 * is missing, with the nearest name. */
int hearth_catalog_acquire(struct hearth_catalog *catalog, const char *reference,
                           const struct hearth_catalog_entry **ret_entry,
                           struct hearth_error *error);
/* Is this very version still there, in whatever state? True while nothing has been read. */
bool hearth_catalog_has(const struct hearth_catalog *catalog,
                        const struct hearth_catalog_entry *entry);
/* The same version of the same model; the text of the two may differ. */
bool hearth_catalog_entry_is_same(const struct hearth_catalog_entry *a,
                                  const struct hearth_catalog_entry *b);
const struct hearth_catalog_entry *
hearth_catalog_entry_keep(const struct hearth_catalog_entry *entry);
void hearth_catalog_entry_release(const struct hearth_catalog_entry *entry); /* NULL is allowed */

/* The version that each bare name means, in order of name: /v1/models. Entries are valid during
 * the call. */
void hearth_catalog_each_model(struct hearth_catalog *catalog,
                               void (*visit)(void *argument,
                                             const struct hearth_catalog_entry *entry),
                               void *argument);
/* Every version in any state, in order of name and number. */
void hearth_catalog_each_version(struct hearth_catalog *catalog,
                                 void (*visit)(void *argument,
                                               const struct hearth_catalog_entry *entry),
                                 void *argument);

#endif
