/* Any config.json, and any header of safetensors, as a decoder's Hugging Face folder: a network
 * that can be described, planned, loaded (also quantized meanwhile) and computed within its bounds,
 * or an error in words.
 *
 * An input is a config.json, a line "===", and the header of model.safetensors, whose tensors are
 * then all of zeros. */
#include "network_parts.h"

#include "base/json.h"

#include <stdio.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

enum { WEIGHTS_MOST = 64 << 20 };

static char folder[32], config_path[64], weights_path[64];

static void remove_folder(void)
{
    unlink(config_path);
    unlink(weights_path);
    rmdir(folder);
}

static void make_folder(void)
{
    snprintf(folder, sizeof(folder), "/tmp/hearth-fuzz-XXXXXX");
    if (mkdtemp(folder) == NULL)
        abort();
    snprintf(config_path, sizeof(config_path), "%s/config.json", folder);
    snprintf(weights_path, sizeof(weights_path), "%s/model.safetensors", folder);
    atexit(remove_folder);
}

/* Where the last tensor ends, as far as the header says so. */
static uint64_t weights_end(const char *header, size_t length)
{
    json_t *json = hearth_json_parse(header, length, NULL), *tensor;
    uint64_t last = 0;
    const char *name;
    json_object_foreach(json, name, tensor)
    {
        json_int_t end =
            json_integer_value(json_array_get(json_object_get(tensor, "data_offsets"), 1));
        if (end > 0 && (uint64_t)end > last)
            last = (uint64_t)end;
    }
    json_decref(json);
    return last < WEIGHTS_MOST ? last : WEIGHTS_MOST;
}

static void write_file(const char *path, const void *head, size_t head_length, const void *bytes,
                       size_t length, uint64_t zeros)
{
    FILE *file = fopen(path, "wb");
    if (file == NULL || fwrite(head, 1, head_length, file) != head_length ||
        fwrite(bytes, 1, length, file) != length || fflush(file) != 0 ||
        ftruncate(fileno(file), (off_t)(head_length + length + zeros)) != 0 || fclose(file) != 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    static const char mark[] = "\n===\n";
    static const enum hearth_quant types[] = {HEARTH_QUANT_Q8_0, HEARTH_QUANT_Q4_0};
    if (*folder == '\0')
        make_folder();
    const char *text = (const char *)bytes;
    const char *end = memmem(text, length, mark, sizeof(mark) - 1);
    size_t config_length = end != NULL ? (size_t)(end - text) : length;
    const char *header = end != NULL ? end + sizeof(mark) - 1 : text + length;
    uint64_t header_length = length - (size_t)(header - text);
    write_file(config_path, "", 0, text, config_length, 0);
    write_file(weights_path, &header_length, sizeof(header_length), header, header_length,
               weights_end(header, header_length));
    struct hearth_decoder_params params = fuzz_params(bytes, length);
    fuzz_model(folder, &params);
    params.quantize = (struct hearth_weights_quantize){true, types[length % 2]};
    fuzz_model(folder, &params);
    return 0;
}
