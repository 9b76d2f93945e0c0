/* Any bytes as the header of a decoder's GGUF file: a network that can be described, planned,
 * loaded and computed within its bounds, or an error in words. The file goes on with zeros behind
 * the bytes, so that a header may name tensors without having them. */
#include "network_parts.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

enum { FILE_BYTES = 64 << 20 };

/* Opened again by its path, as a file is. */
static const char *write_file(const uint8_t *bytes, size_t length)
{
    static char path[64];
    static int file = -1;
    if (file < 0)
        file = memfd_create("network", MFD_CLOEXEC);
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
    const struct hearth_decoder_params params = fuzz_params(bytes, length);
    fuzz_model(write_file(bytes, length), &params);
    return 0;
}
