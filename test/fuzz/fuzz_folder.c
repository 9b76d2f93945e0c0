/* Any files as a decoder's Hugging Face folder: a network that can be planned, loaded (also
 * quantized meanwhile) and computed within its bounds, or an error in words.
 *
 * An input is a few files in one text, a line "=== NAME" before each. Of safetensors the text is
 * the header; a body as long as the offsets in it say is written behind. */
#include "network_parts.h"

#include "base/memory.h"
#include "base/text.h"

#include <stdio.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static const char *const names[] = {"config.json", "model.safetensors.index.json",
                                    "model.safetensors", "a.safetensors", "b.safetensors"};
enum { NAMES = sizeof(names) / sizeof(names[0]), BODY_MAX = 1 << 20 };

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

/* What stands behind the line "=== NAME", up to the next such line; NULL when there is none. */
static const char *section(const char *text, size_t length, const char *name, size_t *ret_length)
{
    char mark[64];
    int width = snprintf(mark, sizeof(mark), "=== %s\n", name);
    const char *start = memmem(text, length, mark, (size_t)width);
    if (start == NULL)
        return NULL;
    start += width;
    size_t left = length - (size_t)(start - text);
    const char *next = memmem(start, left, "\n=== ", 5);
    *ret_length = next != NULL ? (size_t)(next - start) : left;
    return start;
}

/* The largest end of a tensor that a header names: "…,1234]". */
static size_t body_of(const char *header, size_t length)
{
    size_t most = 0;
    for (size_t i = 0; i < length; i++) {
        size_t number = 0, digits = 0;
        while (i + digits < length && digits < 8 && header[i + digits] >= '0' &&
               header[i + digits] <= '9')
            number = 10 * number + (size_t)(header[i + digits++] - '0');
        if (digits > 0 && i + digits < length && header[i + digits] == ']' && number > most)
            most = number;
        i += digits;
    }
    return most < BODY_MAX ? most : BODY_MAX;
}

static const unsigned char *body(void)
{
    static unsigned char made[BODY_MAX];
    for (size_t i = 0; made[1] == 0 && i < BODY_MAX; i++)
        made[BODY_MAX - 1 - i] = (unsigned char)(i % 61); /* small numbers of either width */
    return made;
}

static void write_file(const char *text, size_t length, const char *name)
{
    size_t bytes = 0;
    const char *content = section(text, length, name, &bytes);
    char *path = hearth_format("%s/%s", folder, name);
    unlink(path);
    FILE *file = content != NULL ? fopen(path, "we") : NULL;
    if (file != NULL && hearth_text_ends(name, ".safetensors")) {
        uint64_t header = bytes;
        fwrite(&header, sizeof(header), 1, file);
        fwrite(content, 1, bytes, file);
        fwrite(body(), 1, body_of(content, bytes), file);
    } else if (file != NULL) {
        fwrite(content, 1, bytes, file);
    }
    if (content != NULL && (file == NULL || fclose(file) != 0))
        abort();
    hearth_free(path);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    static const enum hearth_quant types[] = {HEARTH_QUANT_Q8_0, HEARTH_QUANT_Q4_0};
    struct hearth_decoder_params params = fuzz_params(bytes, length);
    if (folder[0] == '\0')
        make_folder();
    for (size_t i = 0; i < NAMES; i++)
        write_file((const char *)bytes, length, names[i]);
    params.quantize = (struct hearth_weights_quantize){length % 2 == 0, types[length / 2 % 2]};
    fuzz_model(folder, &params);
    return 0;
}
