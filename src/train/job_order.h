/* What a training process is told to do: one JSON object,
 *
 *   {"job": "job_…", "work": "train" | "preview" | "measure" | "merge" | "quantize",
 *    "base": {"path", "name", "sha256"?},
 *    "data": {"path", "sha256"?}, "evaluation_data"?: {"path", "sha256"?},
 *    "output": folder, "parameters": {…}}
 *
 * or, of a merge, "adapter" (a GGUF file or a PEFT folder) and "type"? (a word of rewrite.h) in
 * place of data and parameters; or, to quantize a GGUF model, "type" (a word of
 * domain/quantization.h), "threads", "is_second"? (its weights may be quantized already), and
 * "text"? (both are measured on it). Paths are absolute; parameters are as
 * domain/training_parameters.h has them. It comes from the gateway, and is checked as if it came
 * from a stranger. A value; texts live as long as the JSON.
 */
#ifndef HEARTH_TRAIN_JOB_ORDER_H
#define HEARTH_TRAIN_JOB_ORDER_H

#include "base/digest.h"
#include "domain/quantization.h"
#include "domain/training_parameters.h"
#include "train/rewrite.h"

enum hearth_job_work {
    HEARTH_JOB_TRAIN,
    HEARTH_JOB_PREVIEW,
    HEARTH_JOB_MEASURE, /* the data alone */
    HEARTH_JOB_MERGE,
    HEARTH_JOB_QUANTIZE,
    HEARTH_JOB_WORKS
};

struct hearth_job_data {
    const char *path;   /* NULL: there is none */
    const char *sha256; /* "": any */
};

struct hearth_job_order {
    json_t *json; /* owned */
    const char *job, *base_path, *base_name, *base_sha256;
    struct hearth_job_data data, evaluation_data;
    const char *output; /* NULL in a preview and of a measurement */
    enum hearth_job_work work;
    const char *adapter; /* of a merge */
    enum hearth_rewrite_type type;
    const struct hearth_quantization *quantization; /* else NULL */
    uint32_t threads;                               /* that quantize */
    bool is_second;
    const char *text; /* on which model and quantized model are measured; NULL: on none */
    struct hearth_training_parameters parameters;
    /* Of all that decides the result; not of the folder it is written to. */
    char identity[HEARTH_SHA256_HEX];
};

/* HEARTH_EFIELDS, HEARTH_EPARSE name what is wrong. */
int hearth_job_order_read(const char *text, size_t length, struct hearth_job_order *ret_order,
                          struct hearth_error *error);
void hearth_job_order_finish(struct hearth_job_order *order); /* all zeros is allowed */

#endif
