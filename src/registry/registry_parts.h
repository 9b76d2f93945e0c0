/* Declares what several files of src/registry use: fetching all files of a model, checking their
 * form, and the folder of links that an engine is given. Private to the folder. */
#ifndef HEARTH_REGISTRY_PARTS_H
#define HEARTH_REGISTRY_PARTS_H

#include "registry/install.h"

#define HEARTH_REGISTRY_ARENA_MAX ((size_t)64 << 20)
/* Below the home: a folder for each model that is being quantized. */
#define HEARTH_QUANTIZE_FOLDER "quantize"

/* Runs work on the store, where the registry says. `work` keeps its own outcome. */
int hearth_registry_on_store(struct hearth_registry *registry,
                             void (*work)(struct hearth_store *store, void *argument),
                             void *argument, struct hearth_error *error);

/* Fetches all files of a source, `parallel` at once, into `ret_files` (as many as the source has).
 * The first failure stops the others; then `ret_files` are the `*ret_count` that are whole all the
 * same. `on_tick` is called about once a second by the calling
 * thread; other than 0 stops. */
struct hearth_fetch_plan {
    const struct hearth_source *source;
    const struct hearth_lock_entry *locked; /* its digests are demanded, or NULL */
    struct hearth_fetch_progress *progress; /* or NULL */
    unsigned parallel;
    int (*on_tick)(void *argument, struct hearth_error *error);
    void *argument;
    bool *ret_bytes_came; /* some are there, also when it fails */
};
int hearth_registry_fetch_all(struct hearth_registry *registry,
                              const struct hearth_fetch_plan *plan, struct hearth_arena *arena,
                              struct hearth_file *ret_files, size_t *ret_count,
                              struct hearth_error *error);

/* The folder of links for these files, made or mended; ret_path is what an engine is given. */
int hearth_active_links_make(struct hearth_registry *registry, const char *model, int64_t number,
                             const struct hearth_file *files, size_t count, char *ret_path,
                             size_t size, struct hearth_error *error);
/* Takes the folder away; number 0: that of the model with all versions. What is not there is no
 * error. */
void hearth_active_links_remove(struct hearth_registry *registry, const char *model,
                                int64_t number);
/* Whether the file within the folder is still the blob's. */
int hearth_active_links_check(struct hearth_registry *registry, const char *model, int64_t number,
                              const struct hearth_file *file, struct hearth_error *error);

/* Reads the headers of the files, in their blobs: HEARTH_EMODEL names the file and the fault.
 * `ret_engine` is what the form of the files tells. */
int hearth_model_form_check(struct hearth_registry *registry, const struct hearth_file *files,
                            size_t count, const char **ret_engine, struct hearth_error *error);

/* Deletes those of the blobs that no version has. */
void hearth_registry_collect(struct hearth_store *store, struct hearth_blob_store *blobs,
                             const struct hearth_file *files, size_t count);

#endif
