/* A decoder from the inside, shared by its files: what a pass reads and writes.
 *
 * A pass is one function that all members of a team run. Between two barriers each member writes
 * rows, tiles or pages that no other reads; the lists that it hands to products are its own copies,
 * the same for all. */
#ifndef HEARTH_NETWORK_DECODER_PRIVATE_H
#define HEARTH_NETWORK_DECODER_PRIVATE_H

#include "compute/finish.h"
#include "network/decoder.h"
#include "network/kv_cache.h"

enum { HEARTH_PACKINGS = HEARTH_PACKING_F32 + 1 };

/* Rows packed for the products that read them: usually one packing, several where weights of
 * different kinds read the same rows. */
struct hearth_packed_set {
    bool wanted[HEARTH_PACKINGS];
    struct hearth_packed_rows rows[HEARTH_PACKINGS];
};

/* Memory of one such set, for the widest use. */
struct hearth_packed_memory {
    bool wanted[HEARTH_PACKINGS];
    size_t inputs;
    void *memory[HEARTH_PACKINGS];
};

/* One token of a step. */
struct hearth_pass_row {
    int32_t token;
    uint32_t position, page; /* `page` of its position */
};

/* Buffers of a pass; [rows] is the batch. All in one piece of memory. */
struct hearth_workspace {
    struct hearth_pass_row *rows;
    uint32_t *output_rows; /* [outputs] */
    struct hearth_attention_queries *queries;
    float *x;      /* [rows][width]: the residual stream */
    float *branch; /* [rows][width]: what is normed before it joins the stream, if anything is */
    float *normed; /* [rows][width]: for experts */
    float *query;  /* [rows][heads × head size] */
    float *key;    /* [rows][KV heads × head size], where heads are not finished in the product */
    float *value;
    float *attended; /* [rows][heads × head size], where heads are no whole parts of packed rows */
    float *gate, *up;       /* [rows][feed], where they are not finished together */
    float *cosines, *sines; /* [rows][rotary size / 2] */
    float *windowed_cosines, *windowed_sines; /* where layers with windows turn differently */
    float *results;                           /* [outputs][vocabulary] or [states][width] */
    float *member_rows;                       /* [members][a group of rows][the widest row] */
    void *attention_scratch;
    size_t attention_scratch_bytes; /* of each member */
    struct hearth_packed_memory stream, heads, feed;
    struct hearth_expert_space *experts;
    struct hearth_adapter_space *adapters;
    size_t widest;
};

struct hearth_decoder {
    struct hearth_decoder_params params;
    struct hearth_network network;
    struct hearth_weights weights;
    struct hearth_adapter *adapters; /* [params.adapter_count] */
    float *adapter_scales;           /* [sequences][adapters] */
    struct hearth_kv_cache cache;
    struct hearth_team *team;
    const struct hearth_decoder_kernels *kernels;
    const struct hearth_row_ops *ops;
    float *frequencies, *windowed_frequencies;
    bool windowed_angles; /* the two differ */
    bool whole_heads;     /* a strip of a product is a head: finished where it is computed */
    bool packed_heads;    /* a head is whole parts of a packed row */
    bool waits_for_norm;  /* branches are normed before they join the stream */
    struct hearth_workspace space;
    void *memory; /* of the workspace */
    size_t memory_bytes;
    size_t result_stride; /* of the last step's results */
};

struct hearth_pass {
    struct hearth_decoder *decoder;
    size_t rows, outputs, sequences;
    enum hearth_decoder_result result;
    const atomic_bool *canceled;
    bool adapted; /* some row has an adapter */
    bool stop;    /* member 0's decision, read by all behind the next barrier */
};

/* decoder_workspace.c. Bytes of the workspace; with `base`, points into it as well. */
size_t hearth_workspace_lay_out(struct hearth_decoder *decoder, char *base);
struct hearth_packed_set hearth_packed_set_over(const struct hearth_packed_memory *memory,
                                                size_t rows, size_t inputs);
void hearth_packed_memory_want(struct hearth_packed_memory *memory,
                               const struct hearth_panels *reader);
void hearth_packed_set_want(struct hearth_packed_set *set, const struct hearth_panels *reader);
/* Rows of one group. */
void hearth_packed_set_rows(const struct hearth_packed_set *set,
                            const struct hearth_decoder_kernels *kernels, size_t row, size_t rows,
                            const float *x, size_t stride);

/* decoder_pass.c: y = norm(x), or x itself where there is no norm. */
void hearth_pass_norm(const struct hearth_decoder *decoder, const float *x, const float *weight,
                      const float *bias, float *y);
/* Each row of the stream, after a branch that waited has joined it, normed and packed for what
 * reads it. By all members; ends with a barrier. */
struct hearth_row_phase {
    const float *branch_norm; /* NULL: no branch waits */
    const float *norm, *norm_bias;
    const struct hearth_packed_set *to;
    float *copy; /* NULL, or [rows][width] that get the normed rows too */
    bool keeps;  /* they are inputs of adapters */
};
void hearth_pass_rows(struct hearth_member *member, struct hearth_pass *pass,
                      const struct hearth_row_phase *phase);
/* Room for a group of rows, for this member alone. */
float *hearth_pass_member_rows(const struct hearth_pass *pass, const struct hearth_member *member);

/* Without a norm of its own the feed-forward part reads what attention read. */
bool hearth_feed_reads_attention_rows(const struct hearth_decoder *decoder,
                                      const struct hearth_layer_weights *weights);
void hearth_feed_want(struct hearth_packed_set *set, const struct hearth_layer_weights *weights);

/* decoder_attention.c, decoder_feed.c, decoder_experts.c: halves of a layer, by all members; each
 * ends with a barrier. */
void hearth_pass_attention(struct hearth_member *member, struct hearth_pass *pass, uint32_t layer,
                           const float *waiting_norm);
void hearth_pass_feed(struct hearth_member *member, struct hearth_pass *pass, uint32_t layer);
void hearth_pass(struct hearth_member *member, void *argument);

#endif
