/* The tensors that decoders are made of: what they are called in a GGUF file and what shape they
 * have. An architecture (architecture.h) says which of them it has.
 *
 * Names: gguf-py's constants.py (MODEL_TENSORS). Pure data; any thread. */
#ifndef HEARTH_NETWORK_PART_H
#define HEARTH_NETWORK_PART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum hearth_part {
    /* once in a network */
    HEARTH_PART_EMBEDDING,
    HEARTH_PART_FINAL_NORM,
    HEARTH_PART_FINAL_NORM_BIAS,
    HEARTH_PART_HEAD, /* without one the embeddings are the head ("tied") */
    HEARTH_PART_HEAD_BIAS,
    HEARTH_PART_ROTARY_FACTORS,       /* llama3's scaling, by frequency */
    HEARTH_PART_ROTARY_FACTORS_SHORT, /* longrope's, within the original context … */
    HEARTH_PART_ROTARY_FACTORS_LONG,  /* … and beyond it */
    HEARTH_PART_CLASSIFIER,           /* scores of labels, from the state of a text's last token */
    /* once in a layer */
    HEARTH_PART_ATTENTION_NORM,
    HEARTH_PART_ATTENTION_NORM_BIAS,
    HEARTH_PART_QUERY,
    HEARTH_PART_KEY,
    HEARTH_PART_VALUE,
    HEARTH_PART_QUERY_BIAS,
    HEARTH_PART_KEY_BIAS,
    HEARTH_PART_VALUE_BIAS,
    HEARTH_PART_QKV, /* the three one below the other, instead of them */
    HEARTH_PART_QKV_BIAS,
    HEARTH_PART_QUERY_NORM,
    HEARTH_PART_KEY_NORM,
    HEARTH_PART_ATTENTION_OUT,
    HEARTH_PART_ATTENTION_OUT_BIAS,
    HEARTH_PART_ATTENTION_POST_NORM,
    HEARTH_PART_FEED_NORM,
    HEARTH_PART_FEED_NORM_BIAS,
    HEARTH_PART_GATE,
    HEARTH_PART_UP,
    HEARTH_PART_DOWN,
    HEARTH_PART_GATE_BIAS,
    HEARTH_PART_UP_BIAS,
    HEARTH_PART_DOWN_BIAS,
    HEARTH_PART_GATE_UP, /* gate above up, instead of both; phi3's name for it is that of `up` */
    HEARTH_PART_FEED_POST_NORM,
    HEARTH_PART_ROUTER, /* of a mixture of experts */
    HEARTH_PART_GATE_EXPERTS,
    HEARTH_PART_UP_EXPERTS,
    HEARTH_PART_DOWN_EXPERTS,
    HEARTH_PART_GATE_UP_EXPERTS, /* each expert's gate above its up, instead of both */
    HEARTH_PART_COUNT,
};

#define HEARTH_PART_BIT(part) (UINT64_C(1) << (part))
#define HEARTH_PARTS_OF_EXPERTS                                                                    \
    (HEARTH_PART_BIT(HEARTH_PART_ROUTER) | HEARTH_PART_BIT(HEARTH_PART_GATE_EXPERTS) |             \
     HEARTH_PART_BIT(HEARTH_PART_UP_EXPERTS) | HEARTH_PART_BIT(HEARTH_PART_DOWN_EXPERTS) |         \
     HEARTH_PART_BIT(HEARTH_PART_GATE_UP_EXPERTS))
/* What norms multiply by. */
#define HEARTH_PARTS_OF_NORMS                                                                      \
    (HEARTH_PART_BIT(HEARTH_PART_FINAL_NORM) | HEARTH_PART_BIT(HEARTH_PART_ATTENTION_NORM) |       \
     HEARTH_PART_BIT(HEARTH_PART_QUERY_NORM) | HEARTH_PART_BIT(HEARTH_PART_KEY_NORM) |             \
     HEARTH_PART_BIT(HEARTH_PART_ATTENTION_POST_NORM) | HEARTH_PART_BIT(HEARTH_PART_FEED_NORM) |   \
     HEARTH_PART_BIT(HEARTH_PART_FEED_POST_NORM))

/* Sizes that shapes are made of; network.h knows their numbers. */
enum hearth_extent {
    HEARTH_EXTENT_NONE, /* 1 */
    HEARTH_EXTENT_WIDTH,
    HEARTH_EXTENT_VOCABULARY,
    HEARTH_EXTENT_QUERIES, /* heads × head size */
    HEARTH_EXTENT_KEYS,    /* KV heads × head size */
    HEARTH_EXTENT_QKV,     /* QUERIES + 2 KEYS */
    HEARTH_EXTENT_HEAD,    /* a head's size */
    HEARTH_EXTENT_HEADS,
    HEARTH_EXTENT_KEY_HEADS,
    HEARTH_EXTENT_FEED, /* of the feed-forward part */
    HEARTH_EXTENT_TWO_FEEDS,
    HEARTH_EXTENT_FREQUENCIES, /* half of what is rotated of a head */
    HEARTH_EXTENT_EXPERTS,
    HEARTH_EXTENT_EXPERT_FEED,
    HEARTH_EXTENT_TWO_EXPERT_FEEDS,
    HEARTH_EXTENT_LABELS, /* of a classifier */
};

struct hearth_part_row {
    const char *name;             /* in a GGUF file; "%u" is the layer's number */
    enum hearth_extent extent[3]; /* the innermost first */
    bool in_layer;
    bool is_matrix; /* is multiplied with, in whatever type; the others become f32 */
};

/* What may stand for Q and K norms: one vector for all heads, one for each, or one for the row. */
enum hearth_head_norm {
    HEARTH_HEAD_NORM_SHARED, /* [head size] */
    HEARTH_HEAD_NORM_EACH,   /* [head size, heads] */
    HEARTH_HEAD_NORM_WHOLE,  /* [heads × head size], normed as one row */
};

const struct hearth_part_row *hearth_part_row(enum hearth_part part);
/* The name in a GGUF file. */
void hearth_part_name(enum hearth_part part, uint32_t layer, char *ret_name, size_t size);

#endif
