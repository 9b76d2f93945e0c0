/* The types that the weights of a model can be quantized to, as llama.cpp has them, and which
 * models may be: what has been rounded to few bits once is not rounded again. Pure. */
#ifndef HEARTH_DOMAIN_QUANTIZATION_H
#define HEARTH_DOMAIN_QUANTIZATION_H

#include "hearth/error.h"

#include <stdbool.h>

struct hearth_quantization {
    const char *word; /* as it is asked for: "q4_k_m" */
    const char *name; /* as a model's facts call it: "Q4_K_M" */
    int file_type;    /* llama.cpp's number, that of general.file_type in a GGUF file */
    double bits;      /* that a weight takes, scales included, in a model of usual shape */
};

/* In any case of letters; NULL: there is none. */
const struct hearth_quantization *hearth_quantization_of(const char *word);
/* HEARTH_EINVAL lists the words that there are. */
int hearth_quantization_check(const char *word, struct hearth_error *error);

/* Whether weights of the type `from` (as facts call it) may become `to`: those of F32, F16, BF16
 * may become any, those of Q8_0 any of fewer bits. HEARTH_EINVAL says why not. */
int hearth_quantization_may(const char *from, const struct hearth_quantization *to,
                            struct hearth_error *error);
/* Whether weights of the type `from` are quantized already. */
bool hearth_quantization_is_second(const char *from);

#endif
