/* The architectures of decoders that Hearth computes itself, a row for each: what tensors they
 * have, and in what they differ from one another. What a row leaves out comes from the file's
 * header (network.h).
 *
 * Whoever walks a network (the forward pass, a trainer) reads these rows and never compares names.
 * Sources: the models' papers and llama.cpp's src/models/, whose files' conventions these are.
 * Pure data; any thread. */
#ifndef HEARTH_NETWORK_ARCHITECTURE_H
#define HEARTH_NETWORK_ARCHITECTURE_H

#include "compute/kernels.h"
#include "compute/rows.h"
#include "network/part.h"

enum hearth_norm {
    HEARTH_NORM_RMS,   /* x / √(mean(x²) + ε) */
    HEARTH_NORM_LAYER, /* (x − mean)/√(variance + ε) */
};

struct hearth_architecture {
    const char *name;   /* general.architecture, and the first word of its keys */
    uint64_t required;  /* bits of enum hearth_part */
    uint64_t permitted; /* and these may be there */
    enum hearth_norm norm;
    enum hearth_rotary rotary; /* in GGUF files */
    enum hearth_activation activation;
    enum hearth_head_norm head_norm; /* where there is one of Q and K */
    bool scales_embedding;           /* by √width */
    /* Without a norm of its own the feed-forward part takes what attention took, side by side with
     * it. */
    bool side_by_side;
    bool windows;             /* a sliding window where the header says so … */
    uint32_t window_default;  /* … and this one where it does not; 0: none */
    uint32_t window_pattern;  /* every so manieth layer sees everything; the header may say other */
    float window_rotary_base; /* of layers with a window; 0: as the others' */
    bool window_unscaled;     /* their positions are not scaled */
    /* A network with so many layers divides scores by √(width/heads) instead of √(head size);
     * 0: none does. */
    uint32_t layers_scaled_by_width;
    bool tied; /* the head is always the embeddings */
};

/* NULL when there is no such row. `length` bytes, not NUL-terminated. */
const struct hearth_architecture *hearth_architecture_find(const char *name, size_t length);
/* In the order of the table; NULL behind the last. */
const struct hearth_architecture *hearth_architecture_at(size_t index);

#endif
