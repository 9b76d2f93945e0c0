/* Any bytes as a model that is written again with other values in all of its parts: as a GGUF file,
 * or, where they begin with "===", as the files of a Hugging Face folder (model_files.h). It is
 * refused in words, or what comes of it is a model of the same network. */
#include "model_files.h"

#include "base/error.h"
#include "train/rewrite.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static const char *const names[] = {"config.json", "model.safetensors.index.json",
                                    "model.safetensors", "a.safetensors", "b.safetensors"};
enum { NAMES = sizeof(names) / sizeof(names[0]), FILE_BYTES = 1 << 20 };

static bool begin(void *argument, enum hearth_part part, uint32_t layer)
{
    (void)argument;
    (void)layer;
    return part != HEARTH_PART_FINAL_NORM;
}

static int row(void *argument, enum hearth_part part, uint32_t layer, uint32_t row, float *values,
               struct hearth_error *error)
{
    (void)argument;
    (void)part;
    (void)layer;
    (void)row;
    (void)error;
    values[0] += 1; /* each row has one */
    return 0;
}

static char folder[64];

static void drop(void)
{
    char path[128];
    for (size_t i = 0; i < NAMES; i++) {
        snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
        unlink(path);
    }
    snprintf(path, sizeof(path), "%s/model.gguf", folder);
    unlink(path);
    rmdir(folder);
}

/* In memory where there is such a folder: each file is made durable, which a disk takes its time
 * for. */
static void make_folder(void)
{
    if (folder[0] != '\0')
        return;
    snprintf(folder, sizeof(folder), "%s/hearth-fuzz-XXXXXX",
             access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    if (mkdtemp(folder) == NULL)
        abort();
    atexit(drop);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    static struct hearth_network from, to;
    if (length == 0 || length > FILE_BYTES)
        return 0;
    make_folder();
    const struct hearth_rewrite_source source = {.begin = begin, .row = row};
    bool is_folder = length > 3 && memcmp(bytes, "===", 3) == 0;
    const char *path = is_folder ? write_fuzz_folder(names, NAMES, (const char *)bytes, length)
                                 : write_fuzz_file(bytes, length, FILE_BYTES);
    enum hearth_rewrite_type type = (enum hearth_rewrite_type)(length % HEARTH_REWRITE_TYPES);
    struct hearth_error error = {0};
    int rc = hearth_rewrite(path, &source, type, folder, &error);
    assert(rc == 0 || error.message[0] != '\0');
    if (rc != 0)
        return 0;
    char made[96];
    snprintf(made, sizeof(made), "%s%s", folder, is_folder ? "" : "/model.gguf");
    rc = hearth_rewrite_network(path, &from, &error);
    if (rc == 0)
        rc = hearth_rewrite_network(made, &to, &error);
    assert(rc == 0);
    assert(from.architecture == to.architecture && from.layers == to.layers &&
           from.width == to.width && from.vocabulary == to.vocabulary);
    return 0;
}
