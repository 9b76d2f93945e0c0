/* Between rewrite.c and its two forms. Private to them. */
#ifndef HEARTH_TRAIN_REWRITE_PARTS_H
#define HEARTH_TRAIN_REWRITE_PARTS_H

#include "base/out_file.h"
#include "compute/quant.h"
#include "train/rewrite.h"

/* Which part of the network a tensor is; indices are the checkpoint's (checkpoint.h). */
struct hearth_rewrite_place {
    bool is_part;
    enum hearth_part part;
    uint32_t layer;
    uint64_t columns, rows; /* the network's, and those of the file */
};

struct hearth_rewriting {
    const char *base, *folder;
    const struct hearth_rewrite_source *source;
    enum hearth_rewrite_type type;
    struct hearth_rewrite_place *places; /* [count] */
    size_t count;
};

/* A tensor as it is and as it will be. Types are ggml's numbers; HEARTH_QUANT_END: none that is
 * read, so that its bytes can only be copied. */
struct hearth_rewrite_tensor {
    const char *name; /* fit to be shown */
    const struct hearth_rewrite_place *place;
    const void *bytes; /* of the base */
    uint64_t length;
    uint64_t columns, rows; /* all dimensions but the innermost are rows */
    bool is_matrix;
    uint32_t type;
    /* Filled by hearth_rewrite_plan. */
    bool changes;
    uint32_t new_type;
    uint64_t new_length;
};

/* HEARTH_ENOTIMPL: it changes, and cannot be read. HEARTH_EMODEL: it is not what `place` says. */
int hearth_rewrite_plan(const struct hearth_rewriting *rewriting,
                        struct hearth_rewrite_tensor *tensor, struct hearth_error *error);
/* Tells the watch what `count` planned tensors need. */
int hearth_rewrite_tell_plan(const struct hearth_rewriting *rewriting,
                             const struct hearth_rewrite_tensor *tensors, size_t count,
                             struct hearth_error *error);
/* HEARTH_ECANCELED: a stop came before it. */
int hearth_rewrite_values(const struct hearth_rewriting *rewriting,
                          const struct hearth_rewrite_tensor *tensor, struct hearth_out_file *file,
                          struct hearth_error *error);

int hearth_rewrite_gguf(const struct hearth_rewriting *rewriting, struct hearth_error *error);
int hearth_rewrite_folder(const struct hearth_rewriting *rewriting, struct hearth_error *error);

#endif
