/* Any bytes as the header of a decoder's GGUF file: a network that can be described, planned,
 * loaded and computed within its bounds, or an error in words. The file goes on with zeros behind
 * the bytes, so that a header may name tensors without having them. */
#include "model_files.h"
#include "network_parts.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

enum { FILE_BYTES = 64 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    if (length == 0 || length > FILE_BYTES)
        return 0;
    const struct hearth_decoder_params params = fuzz_params(bytes, length);
    fuzz_model(write_fuzz_file(bytes, length, FILE_BYTES), &params);
    return 0;
}
