/* What computes: an interface with two implementations, libllama's context and a decoder of our
 * own (src/network/). Vocabulary, templates and grammars are libllama's either way.
 *
 * A batch is a list of rows, those of one sequence one after the other at its next positions; a row
 * may ask for a result. All of it belongs to the compute thread. */
#ifndef HEARTH_LLAMA_COMPUTE_H
#define HEARTH_LLAMA_COMPUTE_H

#include "chat/llama_shim.h"
#include "engine/llama/llama_header.h"

#include <stdatomic.h>

struct hearth_llama_row {
    int32_t token;
    uint32_t sequence, position;
    bool output;
};

struct hearth_llama_batch {
    struct hearth_llama_row *rows;
    uint32_t count, capacity;
};

enum hearth_llama_result {
    HEARTH_LLAMA_LOGITS, /* of the vocabulary */
    HEARTH_LLAMA_STATES, /* hidden states, vector_length numbers */
    HEARTH_LLAMA_POOLED, /* one vector of a whole sequence, where `pools` */
};

struct hearth_llama_compute;

struct hearth_llama_compute_ops {
    const char *name; /* as the setting `compute` names it */
    /* 0; HEARTH_ECANCELED when `canceled` (or NULL) became true; HEARTH_ENOMEM when there is no
     * room for the rows' keys and values. Positions count as taken only after 0. */
    int (*decode)(struct hearth_llama_compute *compute, const struct hearth_llama_batch *batch,
                  enum hearth_llama_result result, const atomic_bool *canceled,
                  struct hearth_error *error);
    /* Of row number `row` of the last batch; the caller may write into it. NULL: there is none. */
    float *(*logits)(struct hearth_llama_compute *compute, uint32_t row);
    const float *(*states)(struct hearth_llama_compute *compute, uint32_t row);
    const float *(*pooled)(struct hearth_llama_compute *compute, uint32_t sequence);
    /* The adapters of a sequence from now on: a scale for each, 0 where it is not used. One that
     * had others forgets its tokens. */
    void (*adapt)(struct hearth_llama_compute *compute, uint32_t sequence, const float *scales);
    /* hearth_engine_ops.adapter_load and adapter_unload; `adapter` is its number: a place behind
     * those of the settings. */
    int (*adapter_add)(struct hearth_llama_compute *compute, uint32_t adapter, const char *name,
                       const void *bytes, size_t length, struct hearth_error *error);
    void (*adapter_drop)(struct hearth_llama_compute *compute, uint32_t adapter);
    const char *(*adapter_name)(struct hearth_llama_compute *compute, uint32_t adapter);
    /* What tells its values from others; NULL: nothing does. */
    const char *(*adapter_digest)(struct hearth_llama_compute *compute, uint32_t adapter);
    /* Forgets all but the first `count` tokens of a sequence; false: it had to forget all. */
    bool (*cut)(struct hearth_llama_compute *compute, uint32_t sequence, uint32_t count);
    /* The oldest position of a sequence that is still kept. */
    uint32_t (*oldest)(struct hearth_llama_compute *compute, uint32_t sequence);
    /* `to` becomes what `from` is, adapters included. */
    void (*copy)(struct hearth_llama_compute *compute, uint32_t from, uint32_t to);
    /* A sequence as bytes; restore leaves an error and the sequence empty when they do not fit, or
     * are of another number of tokens. */
    size_t (*saved_bytes)(struct hearth_llama_compute *compute, uint32_t sequence);
    int (*save)(struct hearth_llama_compute *compute, uint32_t sequence, void *bytes, size_t length,
                struct hearth_error *error);
    int (*restore)(struct hearth_llama_compute *compute, uint32_t sequence, uint32_t token_count,
                   const void *bytes, size_t length, struct hearth_error *error);
    void (*destroy)(struct hearth_llama_compute *compute);

    /* optional */
    /* The logits of the network's labels, label_count of them, from a state. Of a network that
     * ranks, where the engine pools. */
    void (*classify)(struct hearth_llama_compute *compute, const float *state, float *ret_logits);
};

/* Sequences behind the slots, where they share their cells (facts.prefix_places). libllama keeps a
 * row of logits for each: with up to 16 slots these are no more than it has anyway. */
#define HEARTH_LLAMA_PREFIX_PLACES 48u

/* The head of an implementation's own struct. */
struct hearth_llama_compute {
    const struct hearth_llama_compute_ops *ops;
    const char *kernels; /* the instruction set, where it is known; or NULL */
    /* It makes one vector of each sequence itself, from inputs that come whole. Else the engine
     * does, from states. */
    bool pools;
    /* The same bits for a row whatever else is in its batch: then sequences share one for states.
     */
    bool exact;
    bool keeps;             /* what it has computed of a sequence; encoders do not */
    bool cuttable;          /* it can forget the end of a sequence */
    uint32_t window;        /* what lies before it may be forgotten; 0: nothing is */
    uint32_t vector_length; /* of states and pooled vectors */
    uint32_t label_count;   /* of a classifier */
    uint32_t adapter_fixed; /* adapters of the settings */
    uint32_t adapter_count; /* those, and the places behind them */
    /* Of facts: sequences behind the slots, cells that all of them share. */
    uint32_t prefix_places, cell_tokens, cells;
    uint64_t cell_bytes;
    uint32_t states_max; /* rows of a batch that may ask for states */
    uint32_t logits_max; /* rows of a batch that may ask for logits */
};

struct hearth_llama_load {
    const char *path;
    const struct hearth_llama_header *header;
    struct hearth_llama_plan *plan; /* of which choosing makes what the chosen one needs */
    const struct hearth_llama_settings *settings;
    struct hearth_load_progress *progress;
    struct hearth_tokenizer **ret_tokenizer; /* of a folder; the caller frees it */
};

/* The model with what computes; the model is the caller's to free, after what computes. */
int hearth_llama_compute_library(const struct hearth_llama_load *load,
                                 struct llama_model **ret_model,
                                 struct hearth_llama_compute **ret_compute,
                                 struct hearth_error *error);
/* The same with a model that has a vocabulary only. */
int hearth_llama_compute_own(const struct hearth_llama_load *load, struct llama_model **ret_model,
                             struct hearth_llama_compute **ret_compute, struct hearth_error *error);
/* llama_library_load.c: libllama's model alone. HEARTH_ECANCELED when the progress says so. */
int hearth_llama_library_load(const struct hearth_llama_load *load, struct llama_model **ret_model,
                              struct hearth_error *error);

/* What sampling takes beside what computes, whichever it is (llama_sampling.c). */
uint64_t hearth_llama_sampling_bytes(uint32_t vocabulary, uint32_t context);
/* The memory that ours would take. HEARTH_ENOTIMPL says, as a clause, what it does not compute. */
int hearth_llama_own_plan(const struct hearth_llama_load *load,
                          struct hearth_memory_plan *ret_memory, struct hearth_error *error);
struct hearth_llama_choice {
    bool own;
    /* Why it is libllama although no setting asks for it: what ours does not have. Else empty. */
    struct hearth_error why;
};

/* Which of the two computes this model by settings and file, and the memory that it takes. An error
 * where the setting asks for ours and it cannot be. */
int hearth_llama_choose(const struct hearth_llama_load *load, struct hearth_memory_plan *ret_memory,
                        struct hearth_llama_choice *ret_choice, struct hearth_error *error);

#endif
