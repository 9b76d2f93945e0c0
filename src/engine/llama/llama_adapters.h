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

#endif
