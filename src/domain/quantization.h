/* The types that the weights of a model can be quantized to, as llama.cpp has them, and which
 * models may be: what has been rounded to few bits once is not rounded again. Pure. */
#ifndef HEARTH_DOMAIN_QUANTIZATION_H
#define HEARTH_DOMAIN_QUANTIZATION_H

#include "hearth/error.h"

#include <stdbool.h>
#include <stdint.h>

struct hearth_quantization {
    const char *word; /* as it is asked for: "q4_k_m" */
    const char *name; /* as a model's facts call it: "Q4_K_M" */
    int file_type;    /* llama.cpp's number, that of general.file_type in a GGUF file */
    double bits;      /* that a weight takes, scales included, in a model of usual shape */
};

/* In any case of letters; NULL: there is none. */
const struct hearth_quantization *hearth_quantization_of(const char *word);
/* The word as it is written here, "auto" too; NULL: there is none. */
const char *hearth_quantization_word(const char *word);
/* HEARTH_EINVAL lists the words that there are. */
int hearth_quantization_check(const char *word, struct hearth_error *error);

/* Whether weights of the type `from` (as facts call it) may become `to`: those of F32, F16, BF16
 * may become any, those of Q8_0 any of fewer bits. HEARTH_EINVAL says why not. */
int hearth_quantization_may(const char *from, const struct hearth_quantization *to,
                            struct hearth_error *error);
/* What a type is chosen by; bytes. */
struct hearth_quantization_room {
    uint64_t weights; /* how many there are */
    uint64_t rest;    /* that the model takes beside its weights: cache, scratch, process */
    uint64_t most;    /* that a model may take on this machine */
};
enum { HEARTH_QUANTIZATION_WHY = 160 };
/* Bytes of weights of a type, about. */
uint64_t hearth_quantization_bytes(const struct hearth_quantization *type, uint64_t weights);
/* What "auto" means: of q8_0, q6_k, q5_k_m, q4_k_m, q3_k_m and q2_k the one that loses least among
 * those with which the model fits, and that weights of the type `from` may become. `ret_why` says
 * so. HEARTH_EMEMORY with the sum when none fits. */
int hearth_quantization_choose(const char *from, const struct hearth_quantization_room *room,
                               const struct hearth_quantization **ret_type,
                               char ret_why[HEARTH_QUANTIZATION_WHY], struct hearth_error *error);

/* Whether weights of the type `from` are quantized already. */
bool hearth_quantization_is_second(const char *from);

#endif
