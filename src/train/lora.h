/* The numbers that training changes: for each chosen module of each layer two small matrices beside
 * the frozen one (LoRA: Hu et al., arXiv 2106.09685),
 *
 *     y = x · Wᵀ + scale · dropout(x) · Aᵀ · Bᵀ,   A [rank × inputs], B [outputs × rank],
 *
 * where scale is alpha/rank, or alpha/√rank (rsLoRA: Kalajdzievski, arXiv 2312.03732). A begins
 * uniform in ±1/√inputs and B with zeros, as PEFT has it, so that an adapter begins by changing
 * nothing. All values lie in one array and all gradients in a second, in the same order: the
 * optimizer needs to know no more.
 *
 * Lifecycle: create, use, destroy. One thread. */
#ifndef HEARTH_TRAIN_LORA_H
#define HEARTH_TRAIN_LORA_H

#include "train/base.h"

struct hearth_lora_params {
    uint32_t rank;
    float alpha;
    bool rank_stabilized;
    float dropout;    /* the share of inputs that is left out, in [0, 1) */
    uint32_t modules; /* bits 1 << enum hearth_module */
    uint64_t seed;
};

/* Where a tensor lies among the values. */
struct hearth_lora_place {
    size_t first, count;
};

struct hearth_lora {
    struct hearth_lora_params params;
    const struct hearth_network *network;
    hearth_number scale;
    size_t count;
    hearth_number *values, *gradients;
    /* [layers][HEARTH_PART_COUNT]: all of the base is trained instead of pairs (full.h); or NULL.
     */
    struct hearth_lora_place *full;
    struct hearth_train_base *full_base;
};

struct hearth_lora_pair {
    hearth_number *a, *b; /* NULL: the module is not trained */
    hearth_number *a_gradient, *b_gradient;
    size_t inputs, outputs;
};

/* HEARTH_EINVAL says which parameter cannot be; HEARTH_ENOMEM. The network must outlive it. */
int hearth_lora_create(const struct hearth_network *network,
                       const struct hearth_lora_params *params, struct hearth_lora **ret_lora,
                       struct hearth_error *error);
void hearth_lora_destroy(struct hearth_lora *lora); /* NULL is allowed */

struct hearth_lora_pair hearth_lora_at(const struct hearth_lora *lora, uint32_t layer,
                                       enum hearth_module module);
void hearth_lora_clear_gradients(struct hearth_lora *lora);
/* HEARTH_EINTERNAL names the first layer and module whose gradient or value is not a finite number.
 */
int hearth_lora_check(const struct hearth_lora *lora, struct hearth_error *error);

#endif
