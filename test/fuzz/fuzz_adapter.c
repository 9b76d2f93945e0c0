/* Any bytes as a LoRA adapter of a small network: as a GGUF file, or, where they begin with "===",
 * as the files of PEFT's folder (model_files.h). It is refused in words, or its values are read;
 * and what it says of its size is what it takes. */
#include "model_files.h"
#include "support/adapter_maker.h"

#include "base/error.h"
#include "network/adapter.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static const char *const names[] = {"adapter_config.json", "adapter_model.safetensors"};
enum { NAMES = sizeof(names) / sizeof(names[0]), FILE_BYTES = 1 << 20, TAKEN_MOST = 64 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    if (length == 0 || length > FILE_BYTES)
        return 0;
    bool is_folder = length > 3 && memcmp(bytes, "===", 3) == 0;
    const char *path = is_folder ? write_fuzz_folder(names, NAMES, (const char *)bytes, length)
                                 : write_fuzz_file(bytes, length, FILE_BYTES);
    struct decoder_maker base = decoder_maker_small("llama");
    base.layers = 1;
    struct hearth_network network = adapter_network(&base);
    struct hearth_adapter adapter;
    struct hearth_error error = {0};
    int rc = hearth_adapter_init(&adapter, path, &network, &error);
    if (rc == 0) {
        assert(adapter.bytes <= TAKEN_MOST); /* of a base this small */
        rc = hearth_adapter_load(&adapter, &error);
        hearth_adapter_finish(&adapter);
    }
    assert(rc == 0 || error.message[0] != '\0');
    return 0;
}
