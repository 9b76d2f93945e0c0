/* Any bytes as a safetensors file: refused or read, and every tensor lies within the bytes. */
#include "base/memory.h"
#include "format/safetensors.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct hearth_safetensors *file;
    struct hearth_error error;
    if (hearth_safetensors_read(bytes, length, &file, &error))
        return 0;
    for (size_t i = 0; i < hearth_safetensors_count(file); i++) {
        const struct hearth_tensor *tensor = hearth_safetensors_at(file, i);
        const uint8_t *first = tensor->bytes;
        assert(first >= bytes && first + tensor->length <= bytes + length);
        float *values = hearth_try_calloc(tensor->element_count, sizeof(float));
        if (values)
            hearth_tensor_to_f32(tensor, values, &error);
        hearth_free(values);
    }
    hearth_safetensors_close(file);
    return 0;
}
