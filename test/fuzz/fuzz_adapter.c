/* Any bytes as a LoRA adapter of a small network: as a GGUF file, or, where they begin with "===",
 * as the files of PEFT's folder (sections.h). It is refused in words, or its values are read; and
 * what it says of its size is what it takes. */
#include "sections.h"
#include "support/adapter_maker.h"

#include "base/error.h"
#include "network/adapter.h"

#include <assert.h>
#include <sys/mman.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static const char *const names[] = {"adapter_config.json", "adapter_model.safetensors"};
enum { NAMES = sizeof(names) / sizeof(names[0]), FILE_BYTES = 1 << 20, TAKEN_MOST = 64 << 20 };

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

static const char *write_folder(const char *text, size_t length)
{
    if (folder[0] == '\0') {
        snprintf(folder, sizeof(folder), "/tmp/hearth-fuzz-XXXXXX");
        if (mkdtemp(folder) == NULL)
            abort();
        atexit(remove_folder);
    }
    for (size_t i = 0; i < NAMES; i++)
        write_section(folder, text, length, names[i]);
    return folder;
}

/* With zeros behind the bytes, so that a header may name tensors without having them. */
static const char *write_file(const uint8_t *bytes, size_t length)
{
    static char path[64];
    static int file = -1;
    if (file < 0)
        file = memfd_create("adapter", MFD_CLOEXEC);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
    if (ftruncate(file, 0) != 0 || ftruncate(file, FILE_BYTES) != 0 ||
        pwrite(file, bytes, length, 0) != (ssize_t)length)
        abort();
    return path;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    if (length == 0 || length > FILE_BYTES)
        return 0;
    bool is_folder = length > 3 && memcmp(bytes, "===", 3) == 0;
    const char *path =
        is_folder ? write_folder((const char *)bytes, length) : write_file(bytes, length);
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
