/* The load's own struct, for model_load.c, which moves it, and model_load_view.c, which only looks
 * at it. No other file includes it. */
#ifndef HEARTH_SERVING_MODEL_LOAD_PRIVATE_H
#define HEARTH_SERVING_MODEL_LOAD_PRIVATE_H

#include "domain/memory_plan.h"
#include "serving/fingerprint.h"
#include "serving/load_files.h"
#include "serving/model_load.h"

struct hearth_draft_search;
struct hearth_locating;
struct hearth_machine_look;
struct hearth_timer;

struct hearth_model_load {
    struct hearth_model_identity *identity;
    const struct hearth_load_place *place;
    const struct hearth_load_ops *ops;
    void *argument;
    struct hearth_model_process *process;

    struct hearth_load_pass pass;
    struct hearth_locating *locating;    /* under way, or NULL */
    struct hearth_machine_look *looking; /* under way, or NULL */
    struct hearth_timer *again;          /* while it seeks room */
    struct hearth_load_files files;
    struct hearth_draft_search *draft_search; /* under way, or NULL */
    char fingerprint[HEARTH_FINGERPRINT_SIZE];
    char *engine_json;         /* the engine's settings with which the present process loads */
    bool wants_host;           /* an adapter that may go to its base's process */
    bool seeks_host, asked;    /* it waits for that; it has asked for it */
    struct hearth_host *host;  /* in whose process it is; NULL: its own. Only compared */
    bool seeks_room;           /* it does not fit, and others unload for it */
    bool ready;                /* what the present process has said */
    struct hearth_error error; /* why the process that now ends cannot load; code 0: none */
    struct hearth_memory_room room;
    float fraction;
    uint64_t wanted_ms, ready_ms; /* loop's clock */
    uint64_t took_ms;             /* from the one to the other, the last time */
};

#endif
