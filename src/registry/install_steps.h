/* The state of an install while it runs, and the functions for its single steps, which
 * hearth_install (install.c) calls in order. Private to src/registry. */
#ifndef HEARTH_REGISTRY_INSTALL_STEPS_H
#define HEARTH_REGISTRY_INSTALL_STEPS_H

#include "registry/base_version.h"
#include "registry/registry_parts.h"

#include <limits.h>

/* One install. Everything that it points to lives in its arena or belongs to the request. */
struct hearth_installing {
    struct hearth_registry *registry;
    const struct hearth_install_request *request;
    struct hearth_fetch_progress *progress;
    struct hearth_arena *arena;
    struct hearth_source *source;
    const char *text; /* of the source */
    const char *name;
    char claim[128], owner[PATH_MAX + 96];
    int64_t fence;
    uint64_t claimed_ms;
    int64_t model_id;
    struct hearth_version *version; /* ours, as it stands in the store */
    struct hearth_file *files;      /* what came */
    struct hearth_file *unwanted;   /* came before the install was canceled for good */
    size_t unwanted_count;
    const char *engine, *facts_json;
    struct hearth_model *base_model;      /* of an adapter, else NULL */
    struct hearth_version *base_version;  /* NULL too */
    const char *reason;                   /* why no engine takes it, or "" */
    bool made_model, made_version;        /* the rows are this install's */
    bool is_there;                        /* whatever fails from now on, it is installed */
    bool bytes_came;                      /* of some file: there may be partial blobs */
    int64_t same_number;                  /* a ready version with the same bytes, or 0 */
    int64_t quantized_number;             /* the version that was made of it, or 0 */
    struct hearth_source_file quantizing; /* what that counts as in the progress: as its bytes */
    /* Makes the files of the source, before they are fetched; NULL: they are there. */
    int (*make)(struct hearth_installing *install);
    const char *lineage_json, *metrics_json; /* of the version; NULL: it has none */
    int rc;                                  /* outcome of a step on the store */
    struct hearth_error *error;
    struct hearth_installing *next; /* in the list of install_claim.c */
};

/* Runs one of the steps on the store and returns its outcome. */
int hearth_install_step(struct hearth_installing *install,
                        void (*work)(struct hearth_store *store, void *argument));
int hearth_install_no_room(struct hearth_installing *install);
/* Are the blobs of all files here, as long as they must be? */
bool hearth_install_blobs_present(const struct hearth_installing *install);

/* All that is done under the claim: rows, bytes, checks, links. */
int hearth_install_run(struct hearth_installing *install);

/* Can what is to be installed be quantized, as far as that is known before its bytes come? */
int hearth_install_quantize_check(struct hearth_installing *install);
/* Quantizes what was installed, under its claim; sets `quantized_number`. */
int hearth_install_quantize(struct hearth_installing *install);
/* What was installed, or was to be, will not be quantized: the version that was registered for it
 * has failed. */
void hearth_install_quantize_give_up(struct hearth_installing *install);

/* Where the bytes come from: the source as typed, or what a lock says of it. */
int hearth_install_resolve(struct hearth_installing *install);

/* The name is ours until unclaim; HEARTH_EINUSE when it is another's. */
int hearth_install_claim(struct hearth_installing *install);
void hearth_install_unclaim(struct hearth_installing *install);
/* To be called now and then; `argument` is the install. */
int hearth_install_renew_claim(void *argument, struct hearth_error *error);

/* Steps on the store; `argument` is the install, whose `rc` is their outcome. */

/* What the version is based on, by the request or by the registered version's row. */
void hearth_install_find_base(struct hearth_store *store, void *argument);
/* The name of the model that the request gives by id. */
void hearth_install_read_name(struct hearth_store *store, void *argument);
/* `same_number` becomes a version with the same bytes, unless one was asked for by number. */
void hearth_install_find_same(struct hearth_store *store, void *argument);
void hearth_install_put_model(struct hearth_store *store, void *argument);
/* The model, and a version that is installing: one that an earlier try has left, or a new one. It
 * is left for later when the bytes may turn out to be there already. */
void hearth_install_put_rows(struct hearth_store *store, void *argument);
void hearth_install_put_version(struct hearth_store *store, void *argument);
void hearth_install_drop_version(struct hearth_store *store, void *argument);
/* The model's settings must be possible for the files that came. */
void hearth_install_check_settings(struct hearth_store *store, void *argument);
/* The blobs of `unwanted` that no version has go. */
void hearth_install_forget_bytes(struct hearth_store *store, void *argument);
void hearth_install_finish_rows(struct hearth_store *store, void *argument);
void hearth_install_fail_rows(struct hearth_store *store, void *argument);
/* A version that was registered to be filled, and whose source cannot be found. */
void hearth_install_fail_registered(struct hearth_store *store, void *argument);

#endif
