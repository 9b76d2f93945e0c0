#include "engine/llama/llama_weights.h"

#include "base/error.h"
#include "compute/kernels.h"

#include <ggml.h>

/* Unknown types of tensors share the last place. */
static void add(const struct hearth_gguf *gguf, struct hearth_llama_weights *weights)
{
    weights->tensor_count += hearth_gguf_tensor_count(gguf);
    for (size_t i = 0; i < hearth_gguf_tensor_count(gguf); i++) {
        const struct hearth_gguf_tensor *tensor = hearth_gguf_tensor(gguf, i);
        uint32_t last = HEARTH_LLAMA_TENSOR_TYPES_MAX - 1;
        weights->parameter_count += tensor->element_count;
        weights->bytes += tensor->size_bytes;
        weights->bytes_of_type[tensor->type < last ? tensor->type : last] += tensor->size_bytes;
    }
}

int hearth_llama_weights_read(const struct hearth_gguf_parts *parts,
                              struct hearth_llama_weights *ret_weights, struct hearth_error *error)
{
    struct hearth_llama_weights weights = {0};
    for (size_t i = 0; i < parts->count; i++)
        add(parts->parts[i].gguf, &weights);
    if (weights.tensor_count == 0)
        return hearth_error_set(error, HEARTH_EMODEL, "the GGUF file holds no tensors");
    *ret_weights = weights;
    return 0;
}

/* ggml_repack_get_optimal_repack_type of ggml-cpu/repack.cpp, for x86. Whichever of the two is
 * wrong about a type, the model loads: it is mapped without need, or copied without. */
bool hearth_llama_weights_repacked(const struct hearth_llama_weights *weights)
{
    static const struct {
        enum ggml_type type;
        enum hearth_isa isa;
    } laid_out[] = {
        {GGML_TYPE_Q4_0, HEARTH_ISA_AVX2},   {GGML_TYPE_Q4_K, HEARTH_ISA_AVX2},
        {GGML_TYPE_IQ4_NL, HEARTH_ISA_AVX2}, {GGML_TYPE_MXFP4, HEARTH_ISA_AVX2},
        {GGML_TYPE_Q2_K, HEARTH_ISA_AVX512},
    };
    for (size_t i = 0; i < sizeof(laid_out) / sizeof(laid_out[0]); i++)
        if (weights->bytes_of_type[laid_out[i].type] > 0 && hearth_isa_usable(laid_out[i].isa))
            return true;
    return false;
}
