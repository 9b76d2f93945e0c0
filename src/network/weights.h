/* The weights of a network, laid out for the kernels in the order in which a pass uses them.
 *
 * Lifecycle: describe finds every tensor of the network in a checkpoint and checks type and shape
 * of each against the network, before anything is mapped, and says how many bytes the weights will
 * take; load maps the file, repacks, and unmaps. From then on everything is read only, by any
 * number of threads.
 *
 * A file must hold the tensors of its architecture's row and no others: an unknown one would be
 * part of a computation that this code does not know. */
#ifndef HEARTH_NETWORK_WEIGHTS_H
#define HEARTH_NETWORK_WEIGHTS_H

#include "compute/panel.h"
#include "compute/team.h"
#include "network/checkpoint.h"
#include "network/network.h"

/* What becomes of matrices whose type is a float (F32, F16, BF16): they stay as they are, or are
 * made smaller (or wider) while they are loaded. A matrix whose rows are no whole blocks stays, and
 * so does a router, whose few numbers decide which experts are asked. */
struct hearth_weights_quantize {
    bool wanted;
    enum hearth_quant type; /* one that hearth_quantize makes */
};

/* Gate and up of a feed-forward part (or of one expert): interleaved where both have one type. */
struct hearth_gated_weights {
    bool interleaved;
    struct hearth_panels both;     /* interleaved */
    struct hearth_panels gate, up; /* else; without a gate, only `up` */
    struct hearth_panels down;
};

/* Vectors are f32, and NULL where the network has none. */
struct hearth_layer_weights {
    const float *attention_norm, *attention_norm_bias;
    struct hearth_panels query, key, value;
    const float *query_bias, *key_bias, *value_bias;
    const float *query_norm, *key_norm;
    struct hearth_panels attention_out;
    const float *attention_out_bias;
    const float *attention_post_norm;
    const float *feed_norm, *feed_norm_bias;
    struct hearth_gated_weights feed; /* without experts */
    const float *gate_bias, *up_bias, *down_bias;
    struct hearth_panels router;
    struct hearth_gated_weights *experts;
    const float *feed_post_norm;
};

struct hearth_weights {
    struct hearth_layer_weights *layers;
    struct hearth_panels head;
    const float *head_bias;
    const float *final_norm, *final_norm_bias;
    bool classifies;         /* known from describe on */
    const float *classifier; /* [labels][width]; or NULL */
    const float *rotary_factors, *rotary_factors_short, *rotary_factors_long;
    bool tied;
    /* Where the head is not tied: rows of embeddings, one behind the other. */
    enum hearth_quant embedding_type;
    size_t embedding_row_bytes;
    const void *embedding;
    uint64_t bytes; /* what load takes */
    /* Of the tensors that are used, as they lie in the files. */
    uint64_t parameter_count, source_bytes;
    uint32_t source_type; /* that most bytes have */
    uint32_t layer_count;
    size_t width;
    struct hearth_weights_plan *plan; /* of weights_plan.h; gone after load */
    void *memory;
};

/* HEARTH_EMODEL names the tensor that is missing or wrong, HEARTH_ENOTIMPL what has no row or no
 * kernel. The result stays where it is until load. */
int hearth_weights_describe(const struct hearth_network *network,
                            const struct hearth_checkpoint *checkpoint,
                            const struct hearth_weights_quantize *quantize,
                            struct hearth_weights *ret_weights, struct hearth_error *error);

struct hearth_weights_progress {
    /* `fraction` in [0, 1]; false gives up. On the thread that calls load. */
    bool (*report)(void *argument, float fraction);
    void *argument;
};

/* Once, after describe. `progress` may be NULL. HEARTH_ECANCELED when it was given up,
 * HEARTH_EMODEL when weights are not finite. */
int hearth_weights_load(struct hearth_weights *weights, struct hearth_checkpoint *checkpoint,
                        struct hearth_team *team, const struct hearth_weights_progress *progress,
                        struct hearth_error *error);
void hearth_weights_finish(struct hearth_weights *weights);

/* The embedding of a token in f32; `token` is below the vocabulary. */
void hearth_weights_embedding(const struct hearth_weights *weights, uint32_t token, float *y);

#endif
