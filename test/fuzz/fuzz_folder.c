/* Any files as a decoder's Hugging Face folder: a network that can be planned, loaded (also
 * quantized meanwhile) and computed within its bounds, or an error in words.
 * An input is a few files in one text (sections.h). */
#include "network_parts.h"
#include "sections.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static const char *const names[] = {"config.json", "model.safetensors.index.json",
                                    "model.safetensors", "a.safetensors", "b.safetensors"};
enum { NAMES = sizeof(names) / sizeof(names[0]) };

static char folder[64];

static void remove_folder(void)
{
    for (size_t i = 0; i < NAMES; i++) {
        char *path = hearth_format("%s/%s", folder, names[i]);
        unlink(path);
        hearth_free(path);
    }
    rmdir(folder);
}

static void make_folder(void)
{
    snprintf(folder, sizeof(folder), "/tmp/hearth-fuzz-XXXXXX");
    if (!mkdtemp(folder))
        abort();
    atexit(remove_folder);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    static const enum hearth_quant types[] = {HEARTH_QUANT_Q8_0, HEARTH_QUANT_Q4_0};
    struct hearth_decoder_params params = fuzz_params(bytes, length);
    if (folder[0] == '\0')
        make_folder();
    for (size_t i = 0; i < NAMES; i++)
        write_section(folder, (const char *)bytes, length, names[i]);
    params.quantize = (struct hearth_weights_quantize){length % 2 == 0, types[length / 2 % 2]};
    fuzz_model(folder, &params);
    return 0;
}
