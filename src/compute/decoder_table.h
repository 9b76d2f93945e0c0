/* The table behind decoder_kernels.h: between src/compute's own files, for nobody else. */
#ifndef HEARTH_COMPUTE_DECODER_TABLE_H
#define HEARTH_COMPUTE_DECODER_TABLE_H

#include "compute/logits.h"
#include "compute/packed_rows.h"
#include "compute/paged_attention.h"
#include "compute/rows.h"

/* A group of n rows in s8: for each block of 32 inputs n × 64 bytes: codes [8][n][4] (input 4t + i
 * of a row at [t][row][i]), then words [8][n]. bf16: [inputs / 2][n][2], or
 * with tile registers [inputs / 32][n][32]; f32: [inputs][n]. */
enum { HEARTH_S8_ROW_BYTES = 64, HEARTH_S8_CODES_BYTES = 32 };

/* The words of a block of a row; Σ is over the codes. The offsets of weights (panel_form.h) are
 * powers of two, so one multiple of Σ serves all: where a sum of products with unsigned codes
 * begins so that it ends as if they were signed. */
enum hearth_s8_word {
    HEARTH_S8_SCALE,      /* f32 */
    HEARTH_S8_START,      /* s32: −8 Σ */
    HEARTH_S8_SUM,        /* f32: scale · Σ, for minima */
    HEARTH_S8_START_LOW,  /* of the inputs 0 … 15 alone */
    HEARTH_S8_START_HIGH, /* of 16 … 31 */
    HEARTH_S8_SUM_LOW,
    HEARTH_S8_SUM_HIGH,
    HEARTH_S8_START_128, /* s32: −128 Σ */
    HEARTH_S8_WORDS,
};

/* c[rows, 16 × panels] = group · panelsᵀ */
struct hearth_tile_input {
    const void *group; /* of `rows` packed rows */
    size_t rows;       /* 1 … HEARTH_ROW_GROUP */
    const void *panel;
    size_t panels, panel_bytes; /* 1 or 2, one behind the other */
    size_t inputs;
    const void *next; /* as many panels that will be read next, to be fetched; NULL: none */
    float *c;
    size_t c_stride;
};

/* A span's scores become weights. */
struct hearth_soften {
    float *scores;      /* [keys]: q·k on entry, the weights on return */
    size_t keys;        /* a multiple of 16 */
    size_t first, last; /* from first to last − 1 the keys count; the others become 0 */
    float scale, cap;   /* cap 0: none */
    uint16_t *rounded;  /* or NULL: the weights in bf16, whose sum it is then */
    float largest, sum; /* returned; the largest is of the scaled and capped scores */
};

/* Floats from row to row of a span's scores: not a power of two, so that rows do not compete for
 * the same lines of the cache. */
enum { HEARTH_SCORES_STRIDE = HEARTH_ATTENTION_SPAN + 16 };

/* c[rows, 16 × panels] = Σ over keys of weights · values, for all panels of a head's values. */
struct hearth_weigh {
    const void *weights; /* rows of f32, bf16 for bf16 pages, HEARTH_SCORES_STRIDE apart */
    size_t rows;
    const uint8_t *const *pages; /* values of the head in each page of the span */
    size_t keys;                 /* from the first page's first on */
    size_t panels;
    size_t scales_at; /* q8_0: where a page's scales are, in bytes */
    /* What is read after the last of the pages, so that it is fetched like each of them while the
     * one before it is read; NULL: nothing is fetched. */
    const uint8_t *next;
    float *c;
    size_t c_stride;
};

struct hearth_decoder_kernels {
    const char *name;
    struct hearth_row_ops rows;
    struct hearth_logit_ops logits;
    /* x[count] as inputs `first` … of one row of a group; what the last block lacks is 0. */
    void (*pack[3])(const float *x, size_t first, size_t count, void *group, size_t rows,
                    size_t row);
    /* s8 of a whole group of HEARTH_ROW_GROUP rows, `stride` floats from each other; `first` and
     * `count` are multiples of HEARTH_ROW_PART. */
    void (*pack_s8_group)(const float *x, size_t stride, size_t first, size_t count, void *group);
    void (*tile[HEARTH_FORM_COUNT])(const struct hearth_tile_input *input);
    /* x: 16 of a gate, 16 of up, and so on; the first `width` become activation(gate) · up. The
     * width is rounded up to 16. */
    void (*gate_groups)(float *x, enum hearth_activation activation, size_t width);
    void (*soften)(struct hearth_soften *soften);
    void (*weigh[HEARTH_KV_TYPE_COUNT])(const struct hearth_weigh *weigh);
    /* y = y · old + x · new */
    void (*merge)(float *y, float old, const float *x, float new, size_t width);
    float (*exp)(float x);
    /* f16 (its largest for what is beyond), bf16; NULL for the others. */
    void (*to_16_bits[HEARTH_KV_TYPE_COUNT])(const float *x, size_t count, uint16_t *y);
    /* The scale of 32 numbers, and their codes. */
    float (*to_codes)(const float *x, int8_t *codes);
};

/* What is further below the largest score weighs 0: it is nothing in f32, and nothing denormal
 * arises. 41.6 = 60 · ln 2. */
#define HEARTH_SCORE_DEPTH (-41.6f)
/* A block of activations below it is 0. */
#define HEARTH_LEAST_LARGEST 0x1p-100f

#endif
