/* The frozen network that an adapter is trained for: matrices stay in their file as they are
 * (quantized ones too, which makes it QLoRA), and become numbers one at a time, when a product
 * wants them.
 *
 * What is computed: decoders with RMS norms, rotary positions and gated SiLU or GELU: Llama,
 * Mistral, Qwen 2 and 3, Gemma 1 to 3, Granite. Anything else (experts, layer norms, fused
 * matrices) is refused by name.
 *
 * Lifecycle: open, use, close. One thread. */
#ifndef HEARTH_TRAIN_BASE_H
#define HEARTH_TRAIN_BASE_H

#include "network/checkpoint.h"
#include "train/crew.h"

/* The linear modules of a layer, which an adapter may change. */
enum hearth_module {
    HEARTH_MODULE_QUERY,
    HEARTH_MODULE_KEY,
    HEARTH_MODULE_VALUE,
    HEARTH_MODULE_OUT,
    HEARTH_MODULE_GATE,
    HEARTH_MODULE_UP,
    HEARTH_MODULE_DOWN,
    HEARTH_MODULES,
};

struct hearth_module_row {
    const char *name; /* as transformers and PEFT have it: "self_attn.q_proj" */
    enum hearth_part part, bias;
};

const struct hearth_module_row *hearth_module_row(enum hearth_module module);
void hearth_module_shape(const struct hearth_network *network, enum hearth_module module,
                         size_t *ret_inputs, size_t *ret_outputs);

struct hearth_train_base;

/* `path` as hearth_checkpoint_open. HEARTH_ENOTIMPL says what training does not compute,
 * HEARTH_EMODEL what is wrong with the file, HEARTH_ENOMEM. */
int hearth_train_base_open(const char *path, struct hearth_train_base **ret_base,
                           struct hearth_error *error);
void hearth_train_base_close(struct hearth_train_base *base); /* NULL is allowed */

const struct hearth_network *hearth_train_base_network(const struct hearth_train_base *base);
/* Of its files, that training reads: they are mapped, and in memory as long as there is room. A
 * base that is trained whole is not read from them by then. */
uint64_t hearth_train_base_mapped(const struct hearth_train_base *base);
/* Of the memory that it has by itself: what it would let go of where it is trained whole. */
uint64_t hearth_train_base_room(const struct hearth_train_base *base);

/* [outputs × inputs]; lives until the next call of this verb or the next. For the leader of a crew,
 * which shares the work. */
const hearth_number *hearth_train_base_matrix(struct hearth_train_base *base,
                                              struct hearth_crew *crew, enum hearth_module module,
                                              uint32_t layer);
/* [vocabulary × width]; likewise. */
const hearth_number *hearth_train_base_head(struct hearth_train_base *base,
                                            struct hearth_crew *crew);
/* The part that the head is: where it is tied, the embeddings. */
enum hearth_part hearth_train_base_head_part(const struct hearth_train_base *base);
/* [width] of a token below the vocabulary, scaled as the network has it. */
void hearth_train_base_embedding(const struct hearth_train_base *base, int32_t token,
                                 hearth_number *y);
/* What a norm multiplies by, or a bias; lives as long as the base. NULL: the network has none. */
const hearth_number *hearth_train_base_vector(const struct hearth_train_base *base,
                                              enum hearth_part part, uint32_t layer);
/* Whether a matrix has blocks of integers, which would round what is learnt. */
bool hearth_train_base_is_quantized(const struct hearth_train_base *base);
/* How many numbers a tensor has that can be trained, 0 where the network has none; writes them to
 * `y`, or nothing with NULL. Parts that are of no layer are those of layer 0. */
size_t hearth_train_base_part(const struct hearth_train_base *base, enum hearth_part part,
                              uint32_t layer, hearth_number *y);
/* From now on all tensors are read from there (full.h), and the files are no longer mapped; NULL:
 * nothing is read any more. Borrowed. */
struct hearth_lora;
void hearth_train_base_read_from(struct hearth_train_base *base, const struct hearth_lora *lora);

/* Angles of a turn by one position, [rotary size / 2]; layers with a window may have others. */
const float *hearth_train_base_frequencies(const struct hearth_train_base *base, bool windowed);

#endif
