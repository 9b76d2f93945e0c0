/* Targets (inference.h): what a name meant when a call began, for all the inputs of that call. A
 * served model lists its targets, so that it is not forgotten while there are any, and so that they
 * lead nowhere once it is gone. Loop thread only. */
#ifndef HEARTH_SERVING_REQUEST_TARGET_H
#define HEARTH_SERVING_REQUEST_TARGET_H

#include "serving/request.h"

struct hearth_catalog_entry;
struct hearth_scheduler;
struct hearth_served_model;

struct hearth_inference_target {
    struct hearth_inference_target *next, *previous;
    struct hearth_inference_target **list;    /* the model's; NULL: the model is gone */
    struct hearth_scheduler *scheduler;       /* valid while `list` is */
    struct hearth_served_model *model;        /* the same */
    const struct hearth_catalog_entry *entry; /* what the name meant; kept */
    struct hearth_request_terms terms;
};

/* Keeps the entry; takes the caller of the terms over. */
struct hearth_inference_target *hearth_target_create(struct hearth_inference_target **list,
                                                     const struct hearth_catalog_entry *entry,
                                                     const struct hearth_request_terms *terms);
void hearth_target_destroy(struct hearth_inference_target *target);
/* The model goes: none of them leads to it any more. */
void hearth_targets_orphan(struct hearth_inference_target **list);

#endif
