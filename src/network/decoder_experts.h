/* A mixture of experts instead of one feed-forward part: a router chooses a few experts for each
 * row, and weighs what they give (Shazeer et al., arXiv 1701.06538; as Mixtral and Qwen 3 have it:
 * softmax over all experts, the weights of the chosen ones brought to a sum of 1).
 *
 * The order in which a row's experts are added up is that of their weights, whatever other rows
 * chose, so that a row's bits depend on it alone. */
#ifndef HEARTH_NETWORK_DECODER_EXPERTS_H
#define HEARTH_NETWORK_DECODER_EXPERTS_H

#include "network/decoder_private.h"

/* Buffers of a step; an "assignment" is one row at one of its experts, numbered so that those of an
 * expert lie together. */
struct hearth_expert_space {
    float *scores;    /* [rows][experts] */
    uint32_t *chosen; /* [rows][used] experts, the likeliest first */
    float *shares;    /* [rows][used] their weights */
    uint32_t *places; /* [rows][used] assignments */
    uint32_t *first;  /* [experts + 1] assignments of an expert */
    uint32_t *row_of; /* [assignments] */
    uint32_t *expert_of;
    struct hearth_packed_rows *in, *inner; /* [experts] */
    struct hearth_finish_gate *gates;      /* [active experts] */
    struct hearth_finish_store *stores;
    struct hearth_product *products, *downs;
    size_t active;
    void *in_memory, *inner_memory;
    float *outputs; /* [assignments][width] */
};

size_t hearth_expert_space_bytes(const struct hearth_decoder *decoder);
void hearth_expert_space_lay_out(const struct hearth_decoder *decoder,
                                 struct hearth_expert_space *space, char *memory);

void hearth_pass_experts(struct hearth_member *member, struct hearth_pass *pass, uint32_t layer);

#endif
