/* Names the tensors of each architecture as its files have them: one row of data for each, after
 * the classes of Hugging Face's transformers (and NomicBERT's own code) that save them. */
#ifndef HEARTH_ENGINE_ENCODER_NAMES_H
#define HEARTH_ENGINE_ENCODER_NAMES_H

#include "engine/encoder/encoder.h"

/* NULL: the architecture has no such part. `%zu` is the layer. */
struct encoder_body_names {
    const char *words, *positions, *types, *embedding_norm;
    const char *qkv[3]; /* one fused matrix, or three */
    const char *out, *attention_norm;
    const char *up[2]; /* one matrix, or gate and value */
    const char *down, *mlp_norm, *final_norm, *relative_bias;
};

struct encoder_names {
    const char *prefixes[3]; /* the first of them that fits; the body's names follow it */
    const struct encoder_body_names *body;
    const char *head, *head_norm, *classifier;
    enum hearth_activation head_activation;
};

const struct encoder_names *encoder_names_of(enum encoder_architecture architecture);

#endif
