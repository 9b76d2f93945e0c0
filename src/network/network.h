/* What one decoder computes, as data: its architecture's row and the numbers of its file's header.
 *
 * Read from a GGUF header, or from a folder's config.json (config.h); everything is bounded and
 * checked against the row, so that whoever has a network may multiply its sizes without fear of
 * overflow. A value; immutable; any thread. Keys: the GGUF specification, and llama.cpp's
 * llama-arch.cpp where that is silent. */
#ifndef HEARTH_NETWORK_NETWORK_H
#define HEARTH_NETWORK_NETWORK_H

#include "format/gguf.h"
#include "network/architecture.h"

/* The most that a number may be which a model computes with, and its inverse where things are
 * divided by it: far beyond every real value and far within f32, so that what is computed of it is
 * finite. */
#define HEARTH_NETWORK_NUMBER_MAX 1e12

enum {
    HEARTH_NETWORK_LAYERS_MAX = 512,
    HEARTH_NETWORK_WIDTH_MAX = 1 << 18, /* and of the feed-forward part, of Q, of K */
    HEARTH_NETWORK_EXPERTS_MAX = 512,
    HEARTH_NETWORK_LABELS_MAX = 4096,
};

/* How positions turn into angles; see rotary.h. */
struct hearth_rotary_scaling {
    float base;
    float frequency_scale; /* 1/factor of linear scaling and of yarn */
    bool yarn;
    float yarn_fast, yarn_slow; /* turns within the original context between which yarn blends */
    float magnitude;            /* of the rotated values */
    uint32_t original_context;
    float dynamic_factor; /* the base grows with contexts beyond the original one; 0: it does not */
};

struct hearth_network {
    const struct hearth_architecture *architecture;
    /* Tensors that this network has and may have: bits of enum hearth_part. Those of the row, or,
     * where a config says it exactly, fewer. */
    uint64_t required, permitted;
    bool tied;                   /* the head is the embeddings, whatever else there is */
    bool norms_add_one;          /* norms multiply by 1 + w: added when weights are loaded */
    enum hearth_rotary rotation; /* the order of components in Q and K */
    uint32_t layers, width, vocabulary, trained_context;
    uint32_t heads, key_heads, head_size;
    uint32_t rotary_size; /* components of a head that are rotated */
    uint32_t feed;
    uint32_t experts, experts_used, expert_feed; /* 0: no mixture */
    uint32_t labels;                             /* of a classifier, if there is one */
    float norm_epsilon;
    float embedding_scale, residual_scale, attention_scale; /* factors, 1 for most */
    float logit_scale;                                      /* a factor */
    float attention_cap, logit_cap;                         /* 0: none */
    uint32_t window; /* keys that a windowed layer sees; 0: no layer has one */
    bool windowed[HEARTH_NETWORK_LAYERS_MAX];
    struct hearth_rotary_scaling rotary, windowed_rotary;
};

/* What a caller may put in place of the header's numbers. 0: the header's. */
struct hearth_network_overrides {
    float rotary_base, rotary_scale;
};

/* HEARTH_ENOTIMPL says what of it no row describes; HEARTH_EMODEL what cannot be. `overrides` may
 * be NULL. */
int hearth_network_read(const struct hearth_gguf *gguf,
                        const struct hearth_network_overrides *overrides,
                        struct hearth_network *ret_network, struct hearth_error *error);

uint64_t hearth_network_extent(const struct hearth_network *network, enum hearth_extent extent);

#endif
