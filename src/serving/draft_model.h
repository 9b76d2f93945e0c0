/* The draft model that a model's settings name (`draft_model`): which one it is, and where it lies.
 * Loop thread only. */
#ifndef HEARTH_SERVING_DRAFT_MODEL_H
#define HEARTH_SERVING_DRAFT_MODEL_H

#include "hearth/error.h"

struct hearth_catalog;
struct hearth_lane;
struct hearth_loop;
struct hearth_registry;

/* Where it is looked for. */
struct hearth_draft_place {
    struct hearth_loop *loop;
    struct hearth_catalog *catalog;
    struct hearth_registry *registry;
    struct hearth_lane *lane; /* of hearth_locate, as what follows */
    const char *lock_path;    /* outlives the search */
};

struct hearth_draft_model {
    const char *id;   /* "name:3", or the path that the settings name */
    const char *path; /* where it lies; NULL: see `error` */
    struct hearth_error error;
};

struct hearth_draft_search;

/* `on_found` comes later, exactly once, unless it is canceled. NULL: the settings name none, and
 * nothing comes. `wanted_by` is named in errors; all texts are copied. */
struct hearth_draft_search *hearth_draft_search(
    const struct hearth_draft_place *place, const char *engine_json, const char *wanted_by,
    void (*on_found)(void *argument, const struct hearth_draft_model *model), void *argument);
void hearth_draft_search_cancel(struct hearth_draft_search *search); /* NULL is allowed */

#endif
