/* Adapters for libllama's context. They are read and checked by our own reader
 * (network/adapter_file.h), whatever format they have, and written once more as one plain GGUF in
 * memory: so libllama never parses a stranger's file, takes PEFT folders too, and both that compute
 * refuse the same adapters in the same words. Compute thread. */
#ifndef HEARTH_LLAMA_ADAPTERS_H
#define HEARTH_LLAMA_ADAPTERS_H

#include "engine/llama/llama_compute.h"

struct hearth_llama_adapter {
    char name[64];
    struct llama_adapter_lora *adapter; /* the model's, which frees it */
};

/* Checks all of the settings' adapters, and says what bytes they will take. HEARTH_ENOTIMPL when
 * the base has no row in network/architecture.c, by which they are checked. */
int hearth_llama_adapters_plan(const struct hearth_llama_load *load, uint64_t *ret_bytes,
                               struct hearth_error *error);
/* `ret_adapters` has room for all of them. */
int hearth_llama_adapters_load(const struct hearth_llama_load *load, struct llama_model *model,
                               struct hearth_llama_adapter *ret_adapters,
                               struct hearth_error *error);

/* What a later adapter is read with: the model, and its network as our own reader has it. */
struct hearth_llama_adapters_base;
/* An error when our reader does not know the model. */
int hearth_llama_adapters_base_make(const struct hearth_llama_load *load, struct llama_model *model,
                                    struct hearth_llama_adapters_base **ret_base);
void hearth_llama_adapters_base_destroy(struct hearth_llama_adapters_base *base); /* or NULL */
/* A whole GGUF file in memory, which may go away after. */
int hearth_llama_adapter_parse(const struct hearth_llama_adapters_base *base, const char *name,
                               const void *bytes, size_t length,
                               struct hearth_llama_adapter *ret_adapter,
                               struct hearth_error *error);

#endif
