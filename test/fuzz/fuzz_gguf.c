/* Any bytes as a GGUF file: all of them at once, and as the start of a longer file. */
#include "format/gguf.h"

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void touch(const struct hearth_gguf *gguf)
{
    volatile int64_t sum = 0;
    for (size_t i = 0; i < hearth_gguf_entry_count(gguf); i++) {
        const struct hearth_gguf_entry *entry = hearth_gguf_entry(gguf, i);
        sum += hearth_gguf_integer_at(entry, 0, 0);
        if (entry->count > 0)
            sum += hearth_gguf_integer_at(entry, entry->count - 1, 0);
    }
    for (size_t i = 0; i < hearth_gguf_tensor_count(gguf); i++)
        sum += (int64_t)hearth_gguf_tensor(gguf, i)->size_bytes;
    sum += hearth_gguf_integer(gguf, "general.alignment", 0);
    sum += (int64_t)hearth_gguf_text(gguf, "general.architecture").length;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    for (int longer = 0; longer < 2; longer++) {
        struct hearth_gguf *gguf = NULL;
        uint64_t file_bytes = length + (uint64_t)longer * 1000000;
        if (hearth_gguf_parse(bytes, length, file_bytes, &gguf, NULL) == 0)
            touch(gguf);
        hearth_gguf_destroy(gguf);
    }
    return 0;
}
