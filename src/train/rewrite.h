/* Writes a base model again with other values in some of its tensors: what a merged adapter and a
 * model that was trained whole have in common. All that is not a value is carried over: metadata,
 * tokenizer, names, order, shapes.
 *
 *   from a GGUF model, in one file or several:  FOLDER/model.gguf
 *   from a Hugging Face folder:                 FOLDER/model.safetensors, and copies of its JSON
 * and tokenizer files; config.json comes last, so that a folder that has it is whole
 *
 * Tensors that do not change keep their bytes. Changed ones keep their type where we can make it
 * (hearth_quant_can_be_made), and become Q8_0 otherwise: it loses less than a second rounding to
 * the type that they had. A type that is asked for holds for all matrices; vectors stay.
 *
 * Rows go through one at a time, and what was read of the base is given back tensor by tensor, so
 * that memory is that of the largest tensor. The bytes depend on nothing but the base and the
 * values. Blocking; one thread. */
#ifndef HEARTH_TRAIN_REWRITE_H
#define HEARTH_TRAIN_REWRITE_H

#include "network/network.h"

/* What matrices are to become. */
enum hearth_rewrite_type {
    HEARTH_REWRITE_KEEP,
    HEARTH_REWRITE_F32,
    HEARTH_REWRITE_F16,
    HEARTH_REWRITE_BF16,
    HEARTH_REWRITE_Q8_0, /* GGUF only */
    HEARTH_REWRITE_TYPES,
};

/* "keep", "f32", "f16", "bf16", "q8_0"; false: none of them. */
bool hearth_rewrite_type_of(const char *word, enum hearth_rewrite_type *ret_type);

/* Who waits for it. Both may be NULL. */
struct hearth_rewrite_watch {
    /* Asked before each tensor. True: HEARTH_ECANCELED. */
    bool (*wants_stop)(void *argument);
    /* Before anything is written: the bytes of memory that it will take beside the process's own,
     * those of the base that are mapped included. Not 0 ends it with that error. */
    int (*on_plan)(void *argument, uint64_t memory_bytes, struct hearth_error *error);
    void *argument;
};

/* Where new values come from. `begin` comes for each tensor that is a part of the network, more
 * than once maybe, before its rows do; false: its values stay. `row` gets row `row` of the base
 * in f32, in the order of `network`, and changes it; a vector is one row. */
struct hearth_rewrite_source {
    bool (*begin)(void *argument, enum hearth_part part, uint32_t layer);
    int (*row)(void *argument, enum hearth_part part, uint32_t layer, uint32_t row, float *values,
               struct hearth_error *error);
    void *argument;
    uint64_t memory_bytes;                    /* that it takes by itself */
    const struct hearth_rewrite_watch *watch; /* NULL: nobody */
};

/* Of the base that will be written: HEARTH_EMODEL, HEARTH_ENOTIMPL as hearth_checkpoint_open. */
int hearth_rewrite_network(const char *base, struct hearth_network *ret_network,
                           struct hearth_error *error);

/* `folder` must be there. HEARTH_EINVAL for a type that the form does not have, HEARTH_EMODEL for a
 * value that is not finite, HEARTH_ENOTIMPL for a changed tensor whose type is not read, else as
 * hearth_out_begin. After an error, and a stop is one, there may be files, each whole, but no
 * model. */
int hearth_rewrite(const char *base, const struct hearth_rewrite_source *source,
                   enum hearth_rewrite_type type, const char *folder, struct hearth_error *error);
/* The file that says that all is there: "model.gguf" or "config.json". */
const char *hearth_rewrite_file(const char *base);

#endif
