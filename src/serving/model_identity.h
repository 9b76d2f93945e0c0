/* Who a served model is: its catalogue entry, the settings that are in force for it, and the maker
 * of its vectors. All parts of a model read it; only model_identity.c changes it. Loop thread only.
 */
#ifndef HEARTH_SERVING_MODEL_IDENTITY_H
#define HEARTH_SERVING_MODEL_IDENTITY_H

#include "config/model_settings.h"
#include "domain/vector_cache.h"
#include "serving/observer.h"

#include <stdbool.h>
#include <stdint.h>

struct hearth_arena;
struct hearth_catalog_entry;
struct hearth_climate;
struct hearth_loop;
struct hearth_queue_total;

struct hearth_model_identity {
    struct hearth_loop *loop;
    const struct hearth_settings *server;
    const struct hearth_scheduler_observer *observer; /* or NULL */
    struct hearth_queue_total *queues;                /* of all models; or NULL */
    const struct hearth_climate *climate;             /* of the machine; or NULL */
    bool forces_shape; /* the server's replicas and threads hold whatever a definition says */

    const struct hearth_catalog_entry *entry; /* kept */
    struct hearth_model_settings settings;    /* the entry's where it has them, else the server's */
    struct hearth_arena *arena;               /* the texts of the settings */
    uint64_t loads_ended;
    struct hearth_vector_digest maker; /* the maker of what is loaded, or would be loaded */
};

/* The first six members are set by the caller, the others are zero; `entry` is kept. */
void hearth_identity_init(struct hearth_model_identity *identity,
                          const struct hearth_catalog_entry *entry);
void hearth_identity_finish(struct hearth_model_identity *identity);
/* A newer entry of the same name, and its settings. The maker stays until it is renewed, because
 * what is loaded now was loaded with the old settings. */
void hearth_identity_adopt(struct hearth_model_identity *identity,
                           const struct hearth_catalog_entry *entry);
/* What computes vectors from here on: a load begins, or nothing is loaded. */
void hearth_identity_renew_maker(struct hearth_model_identity *identity);
/* A load is over, and files that nobody vouches for may be others at the next one. */
void hearth_identity_load_ended(struct hearth_model_identity *identity);

#endif
