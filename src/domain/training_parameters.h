/* What may be said of a training job: a table made of api/training_parameters.json, and the values
 * of one job. The gateway checks them when a job is asked for, and the trainer, to whom every byte
 * is a stranger's, once more. Pure. */
#ifndef HEARTH_DOMAIN_TRAINING_PARAMETERS_H
#define HEARTH_DOMAIN_TRAINING_PARAMETERS_H

#include "base/json.h"
#include "hearth/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum hearth_training_method { HEARTH_TRAINING_LORA, HEARTH_TRAINING_FULL };
enum hearth_training_long_rows {
    HEARTH_LONG_ROWS_CUT,
    HEARTH_LONG_ROWS_DROP,
    HEARTH_LONG_ROWS_REFUSE
};
enum hearth_training_schedule {
    HEARTH_TRAINING_CONSTANT,
    HEARTH_TRAINING_LINEAR,
    HEARTH_TRAINING_COSINE
};
enum hearth_training_on { HEARTH_TRAIN_ON_ASSISTANT, HEARTH_TRAIN_ON_ALL };
/* Bits of `exports`. */
enum { HEARTH_EXPORT_GGUF = 1, HEARTH_EXPORT_PEFT = 2, HEARTH_EXPORT_MLX = 4 };

/* By the keys of the table, which says what each means. A choice is its place in the list of
 * choices (the enums above), a set has a bit for each. */
struct hearth_training_parameters {
    int64_t method, long_rows, schedule, train_on;
    int64_t modules, exports;
    int64_t rank, epochs, max_steps, batch_size, gradient_accumulation, context, seed, threads;
    int64_t evaluation_steps, patience, checkpoint_steps;
    double alpha, dropout, learning_rate, warmup_ratio, weight_decay, beta1, beta2, epsilon, clip;
    double evaluation_share;
    bool rank_stabilized, checkpointing, retry_nan;
};

enum hearth_parameter_kind {
    HEARTH_PARAMETER_INTEGER,
    HEARTH_PARAMETER_NUMBER,
    HEARTH_PARAMETER_TRUTH,
    HEARTH_PARAMETER_CHOICE,
    HEARTH_PARAMETER_SET,
};

struct hearth_training_parameter {
    const char *key;
    enum hearth_parameter_kind kind;
    size_t offset; /* in struct hearth_training_parameters: int64_t, double or bool */
    double low, high;
    double preset;              /* a truth is 0 or 1, a choice and a set as above */
    const char *const *choices; /* ends with NULL; or NULL */
    const char *help;
};

/* Generated; ends with a row without a key. */
extern const struct hearth_training_parameter hearth_training_parameters_table[];

/* `object` may be NULL: all as the table presets it. HEARTH_EFIELDS names the first key that is
 * unknown (with a near word) or whose value is wrong, and what it may be. */
int hearth_training_parameters_read(const json_t *object, struct hearth_training_parameters *ret,
                                    struct hearth_error *error);
/* All of them by their keys, also those that nobody said; the caller's (json_decref), NULL without
 * memory. */
json_t *hearth_training_parameters_json(const struct hearth_training_parameters *parameters);

#endif
