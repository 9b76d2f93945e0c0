/* The installs that requests and definitions have asked for. They run on a lane of their own, two
 * at a time, and their progress can be asked for meanwhile. Loop thread only. */
#ifndef HEARTH_TASK_INSTALLS_H
#define HEARTH_TASK_INSTALLS_H

#include "base/arena.h"
#include "base/json.h"
#include "hearth/error.h"

#include <stdbool.h>
#include <stdint.h>

struct hearth_gateway;
struct hearth_installs;

struct hearth_install_order {
    const char *source;
    const char *name; /* NULL: the source's own */
    const char *task, *description, *tags_json, *device, *settings_json, *label; /* NULL: default */
    int64_t model_id, version_number;
    bool made_model;      /* its row was made for this order */
    const char *quantize; /* as of struct hearth_install_request; or NULL */
    int64_t quantized_number;
    const char *perplexity_text;
};

struct hearth_installs *hearth_installs_create(struct hearth_gateway *gateway);
/* Cancels what runs, so that it can be resumed, and waits for it. NULL is allowed. */
void hearth_installs_destroy(struct hearth_installs *installs);
/* Asks what runs to stop soon. */
void hearth_installs_cancel(struct hearth_installs *installs);
/* Nothing runs or waits, and everybody who asked has been told. */
bool hearth_installs_idle(const struct hearth_installs *installs);

/* Copies the order. `on_done` (may be NULL) comes when it has ended, with NULL for success.
 * HEARTH_EQUEUEFULL. */
int hearth_installs_start(struct hearth_installs *installs,
                          const struct hearth_install_order *order,
                          void (*on_done)(void *argument, const struct hearth_error *error,
                                          int64_t model_id, int64_t number),
                          void *argument, struct hearth_error *error);

/* The versions that a canceled install was to fill, as far as they were registered for it; 0: none.
 */
struct hearth_install_rows {
    int64_t version_number, quantized_number;
    bool made_model; /* and its model was, too */
};

/* Cancels for good what is being installed of a model (number 0), or the install that a version
 * belongs to: unlike at the end of the server, what has come of it goes. An install that has no
 * rows of its own, such as a pull, is looked for by `name`; NULL: it is not. True: it is about to
 * end, and `on_stopped` comes when it has, maybe because it had come to its end before. False:
 * nothing has to be waited for, and `on_stopped` never comes; an install that was waiting never
 * begins. */
bool hearth_installs_stop(struct hearth_installs *installs, const char *name, int64_t model_id,
                          int64_t number, struct hearth_install_rows *ret_rows,
                          void (*on_stopped)(void *argument), void *argument);

/* Whether an install failed by what was named just now: at a load the same codes are faults of what
 * is kept here, but here they are the request's. Pure. */
bool hearth_install_is_fault_of_source(int code);
/* A model's name for a source that came without one: made of its file, else of its repository. NULL
 * when the arena is full. */
const char *hearth_install_name(const char *source, struct hearth_arena *arena);

/* {"bytes_done", "bytes_total", "fraction"} of a version that is being installed, or NULL. */
json_t *hearth_installs_progress(const struct hearth_installs *installs, int64_t model_id,
                                 int64_t number);
/* One file of an install, as far as it has come. */
struct hearth_install_file {
    const char *sha256; /* "" where the source does not tell */
    int64_t done, size; /* bytes; size -1: not known */
};
/* Visits what is fetched for who started an install with this `argument`, in the order in which the
 * files were begun; false: it has ended. */
bool hearth_installs_watch(const struct hearth_installs *installs, const void *argument,
                           void (*visit)(void *visit_argument,
                                         const struct hearth_install_file *file),
                           void *visit_argument);
/* Adds "progress" to each version of a model's JSON that is being installed. */
void hearth_installs_show(const struct hearth_installs *installs, json_t *model);

#endif
