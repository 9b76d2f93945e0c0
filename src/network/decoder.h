/* A decoder that computes: a network, its weights, sequences with their keys and values, and steps
 * over any mix of them.
 *
 * **The promise.** A row's result depends on its sequence's tokens and adapters alone: not on what
 * else is in the step, on how its prompt was cut into steps, on copies, trims, saving and
 * restoring, on the number of threads, or on the process; the same instruction set, key-value type
 * and file give the same bits.
 *
 * Lifecycle: plan says what open will take; open loads; step, trim, copy, save, restore in any
 * order; close. Threads: one at a time. Nothing of sampling, serving or training is known here. */
#ifndef HEARTH_NETWORK_DECODER_H
#define HEARTH_NETWORK_DECODER_H

#include "compute/paged_attention.h"
#include "network/adapter.h"
#include "network/network.h"
#include "network/weights.h"

#include <stdatomic.h>

struct hearth_decoder;

struct hearth_decoder_params {
    uint32_t context;   /* tokens that a sequence may have */
    uint32_t sequences; /* at once */
    /* Of the KV cache: pages, and at least so many bytes of them; both 0: as many as all sequences
     * take that are full and share nothing. */
    uint32_t pages;
    uint64_t cache_bytes;
    uint32_t batch;   /* rows of a step */
    uint32_t outputs; /* of them, those that give logits … */
    uint32_t states;  /* … or, in a step that makes those, states */
    uint32_t threads;
    enum hearth_kv_type kv_type;
    enum hearth_isa isa;
    bool lock_memory; /* keeps the weights from being swapped out */
    bool classifies;  /* a network without a classifier is HEARTH_ENOTIMPL */
    struct hearth_weights_quantize quantize;
    /* Paths of adapters (adapter_file.h), which are numbered in this order; at most
     * HEARTH_ADAPTERS_MAX. Read during plan and open only. */
    const char *const *adapters;
    uint32_t adapter_count;
    /* For adapters that come later; they are numbered behind those. */
    uint32_t adapter_places;
    struct hearth_network_overrides overrides;
};

/* Bytes; none is exceeded. */
struct hearth_decoder_plan {
    uint64_t weights; /* and adapters */
    uint64_t cache, scratch;
};

/* `path` is a GGUF file, or a folder with config.json and safetensors as Hugging Face has them.
 *
 * Both: HEARTH_ENOTIMPL with a clause that says what no row or kernel describes; HEARTH_EMODEL with
 * a sentence on what is wrong with the file. */
int hearth_decoder_plan(const char *path, const struct hearth_decoder_params *params,
                        struct hearth_decoder_plan *ret_plan, struct hearth_error *error);
int hearth_decoder_open(const char *path, const struct hearth_decoder_params *params,
                        const struct hearth_weights_progress *progress,
                        struct hearth_decoder **ret_decoder, struct hearth_error *error);
void hearth_decoder_close(struct hearth_decoder *decoder); /* NULL is allowed */

const struct hearth_network *hearth_decoder_network(const struct hearth_decoder *decoder);
/* The name of adapter number `index`. */
const char *hearth_decoder_adapter_name(const struct hearth_decoder *decoder, uint32_t index);
/* The sha256 of its values as they are computed with. */
const char *hearth_decoder_adapter_digest(const struct hearth_decoder *decoder, uint32_t index);

/* Takes an adapter from a whole GGUF file in memory into place `index` (adapter_count or more),
 * which is free. Between steps. HEARTH_EMODEL, HEARTH_ENOTIMPL as at the open; HEARTH_ENOMEM when
 * there is no memory, or no room for its rank beside the others'. */
int hearth_decoder_adapter_add(struct hearth_decoder *decoder, uint32_t index, const char *name,
                               const void *bytes, size_t length, struct hearth_error *error);
/* Frees a place; sequences that have it forget their tokens. Between steps. */
void hearth_decoder_adapter_drop(struct hearth_decoder *decoder, uint32_t index);

/* The adapters that a sequence has from now on: a finite scale for each, 0 where it is not used;
 * NULL: the base alone, as at the beginning. A sequence that had others forgets its tokens, because
 * their keys and values are not the new ones'. A copy has them too; a saved sequence does not
 * hold them. */
void hearth_decoder_adapt(struct hearth_decoder *decoder, uint32_t sequence, const float *scales);

/* The next tokens of one sequence. */
struct hearth_decoder_span {
    uint32_t sequence; /* in no other span of the step */
    const int32_t *tokens;
    uint32_t count;   /* at least 1 */
    uint32_t outputs; /* the last so many of them give a result */
};

enum hearth_decoder_result {
    HEARTH_DECODER_LOGITS,
    HEARTH_DECODER_STATES, /* what the head would have taken: for vectors and classifiers */
};

/* HEARTH_ECANCELED when `canceled` (or NULL) became true meanwhile, HEARTH_ECONTEXT when a sequence
 * has no room, HEARTH_ENOMEM when there are not enough pages, HEARTH_EINVAL when params or a
 * vocabulary are exceeded; sequences are then as they were. */
int hearth_decoder_step(struct hearth_decoder *decoder, const struct hearth_decoder_span *spans,
                        size_t count, enum hearth_decoder_result result,
                        const atomic_bool *canceled, struct hearth_error *error);
/* Result number `index` of the last step, in the order of its spans and rows: [vocabulary] or
 * [width]. The caller may write into it; it lives until the next step. */
float *hearth_decoder_result(struct hearth_decoder *decoder, uint32_t index);

/* The classifier's logits, one for each label of the network, of a state [width] that a step gave.
 * Only where params ask for one. */
void hearth_decoder_classify(const struct hearth_decoder *decoder, const float *state,
                             float *ret_logits);

/* Of its KV cache: all pages, and the bytes of one; each has HEARTH_KV_PAGE_TOKENS. */
uint32_t hearth_decoder_pages(const struct hearth_decoder *decoder, uint64_t *ret_page_bytes);

uint32_t hearth_decoder_length(const struct hearth_decoder *decoder, uint32_t sequence);
/* Forgets all but the first `count` tokens. */
void hearth_decoder_trim(struct hearth_decoder *decoder, uint32_t sequence, uint32_t count);
/* `to` becomes what `from` is; their common pages are shared. */
void hearth_decoder_copy(struct hearth_decoder *decoder, uint32_t from, uint32_t to);
/* See kv_cache.h. */
size_t hearth_decoder_saved_bytes(const struct hearth_decoder *decoder, uint32_t sequence);
void hearth_decoder_save(const struct hearth_decoder *decoder, uint32_t sequence, void *bytes);
int hearth_decoder_restore(struct hearth_decoder *decoder, uint32_t sequence, const void *bytes,
                           size_t length, struct hearth_error *error);

#endif
