/* An input as the files of a model, which are opened by their paths: as one file, or as a folder
 * out of one text, in which a line "=== NAME" stands before each file. Of safetensors the text is
 * the header; a body as long as the offsets in it say is written behind. One of each in a process;
 * what was written before is gone. */
#ifndef HEARTH_FUZZ_MODEL_FILES_H
#define HEARTH_FUZZ_MODEL_FILES_H

#include "base/memory.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { BODY_MAX = 1 << 20 };

/* What stands behind the line "=== NAME", up to the next such line; NULL when there is none. */
static inline const char *section(const char *text, size_t length, const char *name,
                                  size_t *ret_length)
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
static inline size_t body_of(const char *header, size_t length)
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

static inline const unsigned char *body(void)
{
    static unsigned char made[BODY_MAX];
    for (size_t i = 0; made[1] == 0 && i < BODY_MAX; i++)
        made[BODY_MAX - 1 - i] = (unsigned char)(i % 61); /* small numbers of either width */
    return made;
}

/* One that the text does not have is removed. */
static inline void write_section(const char *folder, const char *text, size_t length,
                                 const char *name)
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

static struct {
    char path[64];
    const char *const *names;
    size_t count;
} fuzz_folder;

static inline void remove_fuzz_folder(void)
{
    for (size_t i = 0; i < fuzz_folder.count; i++) {
        char *path = hearth_format("%s/%s", fuzz_folder.path, fuzz_folder.names[i]);
        unlink(path);
        hearth_free(path);
    }
    rmdir(fuzz_folder.path);
}

/* The files of these names, as far as the text has them. The names are static. */
static inline const char *write_fuzz_folder(const char *const *names, size_t count,
                                            const char *text, size_t length)
{
    if (fuzz_folder.path[0] == '\0') {
        snprintf(fuzz_folder.path, sizeof(fuzz_folder.path), "/tmp/hearth-fuzz-XXXXXX");
        if (mkdtemp(fuzz_folder.path) == NULL)
            abort();
        fuzz_folder.names = names;
        fuzz_folder.count = count;
        atexit(remove_fuzz_folder);
    }
    for (size_t i = 0; i < count; i++)
        write_section(fuzz_folder.path, text, length, names[i]);
    return fuzz_folder.path;
}

/* With zeros behind the bytes up to `size`, so that a header may name tensors without having
 * them. */
static inline const char *write_fuzz_file(const uint8_t *bytes, size_t length, size_t size)
{
    static char path[64];
    static int file = -1;
    if (file < 0)
        file = memfd_create("model", MFD_CLOEXEC);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
    if (ftruncate(file, 0) != 0 || ftruncate(file, (off_t)size) != 0 ||
        pwrite(file, bytes, length, 0) != (ssize_t)length)
        abort();
    return path;
}

#endif
