/* Any files as a decoder's Hugging Face folder: a network that can be planned, loaded (also
 * quantized meanwhile) and computed within its bounds, or an error in words.
 *
 * An input is a few files in one text (model_files.h). */
#include "model_files.h"
#include "network_parts.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static const char *const names[] = {"config.json", "model.safetensors.index.json",
                                    "model.safetensors", "a.safetensors", "b.safetensors"};
enum { NAMES = sizeof(names) / sizeof(names[0]) };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    static const enum hearth_quant types[] = {HEARTH_QUANT_Q8_0, HEARTH_QUANT_Q4_0};
    struct hearth_decoder_params params = fuzz_params(bytes, length);
    const char *folder = write_fuzz_folder(names, NAMES, (const char *)bytes, length);
    params.quantize = (struct hearth_weights_quantize){length % 2 == 0, types[length / 2 % 2]};
    fuzz_model(folder, &params);
    return 0;
}
