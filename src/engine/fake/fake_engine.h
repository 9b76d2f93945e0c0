/* Declares the fake engine's own structs and its verbs; docs/fake-engine.md says what it does.
 * `prepare`, `discard` and `abort` run on any thread, everything else on the compute thread
 * (hearth/engine.h). */
#ifndef HEARTH_ENGINE_FAKE_ENGINE_H
#define HEARTH_ENGINE_FAKE_ENGINE_H

#include "base/buf.h"
#include "fake_script.h"
#include "fake_words.h"
#include "hearth/engine.h"

#include <pthread.h>

struct fake_prepared {
    struct hearth_prepared head;
    enum hearth_task task;
    int32_t *tokens;
    int32_t *reply; /* what will be generated */
    uint32_t reply_count;
    bool crashes;
    bool thinks, calls;              /* the script's thought and its call belong to the answer */
    struct hearth_sampling sampling; /* with `stops` of our own */
    float score;
};

struct fake_sequence {
    const struct fake_prepared *running; /* NULL: free */
    uint32_t position;                   /* prompt tokens that were taken */
    uint32_t cached;                     /* of these, from the cache */
    uint32_t completion;
    struct hearth_buf text;      /* generated and not yet released */
    struct hearth_token *tokens; /* generated since the last event */
    uint32_t token_count, token_capacity;
    int32_t *held; /* what a free sequence remembers */
    uint32_t held_count;
};

#define FAKE_ADAPTERS_MAX 8

struct hearth_engine {
    struct fake_script script;
    char adapters[FAKE_ADAPTERS_MAX][64]; /* what each puts before a prompt; "": it is not there */
    uint32_t adapter_places;
    struct fake_words *words;
    uint32_t context, slots, places;
    struct fake_sequence *sequences; /* the slots, and the places behind them */
    uint32_t requests;               /* begun so far */
    char *memory;                    /* load_bytes */
    char *path;                      /* of the script */

    pthread_mutex_t lock; /* guards the members below */
    pthread_cond_t aborted_now;
    bool stepping, aborted;
};

int fake_prepare(struct hearth_engine *engine, const struct hearth_input *input,
                 struct hearth_prepared **ret_prepared, struct hearth_error *error);
void fake_discard(struct hearth_engine *engine, struct hearth_prepared *prepared);
int fake_step(struct hearth_engine *engine, const struct hearth_step_item *items, size_t count,
              struct hearth_event_sink *sink, struct hearth_error *error);
void fake_cancel(struct hearth_engine *engine, uint32_t sequence);
void fake_abort(struct hearth_engine *engine);
uint32_t fake_held_tokens(struct hearth_engine *engine, uint32_t sequence,
                          const struct hearth_prepared *prepared);
uint32_t fake_held(struct hearth_engine *engine, uint32_t sequence, const int32_t **ret_tokens);
int fake_fork(struct hearth_engine *engine, uint32_t from, uint32_t to);
int fake_trim(struct hearth_engine *engine, uint32_t sequence, uint32_t token_count);

#endif
