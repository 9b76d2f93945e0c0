/* Runs a fuzz target over its corpus as an ordinary test: every file of the folder given, and a
 * fixed number of seeded mutations of each (cut short, bits flipped, a piece repeated), so that the
 * same run always feeds the same bytes. An empty or missing corpus is a failure. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

enum { FILE_MAX = 4 << 20, MUTATIONS = 64 };

static uint64_t random_state;

/* xorshift64*: https://www.jstatsoft.org/article/view/v008i14 */
static uint64_t random_next(void)
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return random_state * 0x2545F4914F6CDD1DULL;
}

static void run(const uint8_t *bytes, size_t length)
{
    /* A block of exactly this size, so that a sanitizer sees a read past the end. */
    uint8_t *copy = malloc(length ? length : 1);
    if (!copy)
        abort();
    memcpy(copy, bytes, length);
    LLVMFuzzerTestOneInput(copy, length);
    free(copy);
}

static size_t mutate(const uint8_t *bytes, size_t length, uint8_t *ret_bytes)
{
    memcpy(ret_bytes, bytes, length);
    switch (random_next() % 3) {
    case 0:
        return length ? random_next() % length : 0;
    case 1:
        for (uint64_t flips = 1 + random_next() % 4; length && flips > 0; flips--)
            ret_bytes[random_next() % length] ^= (uint8_t)(1u << (random_next() % 8));
        return length;
    default: {
        size_t from = length ? random_next() % length : 0;
        size_t piece = length ? random_next() % (length - from + 1) : 0;
        memmove(ret_bytes + from + piece, ret_bytes + from, length - from);
        return length + piece;
    }
    }
}

static int replay(const char *path)
{
    FILE *file = fopen(path, "rb");
    uint8_t *bytes = malloc(FILE_MAX), *mutated = malloc(2 * (size_t)FILE_MAX);
    if (!file || !bytes || !mutated) {
        fprintf(stderr, "%s: cannot be read\n", path);
        exit(1);
    }
    size_t length = fread(bytes, 1, FILE_MAX, file);
    fclose(file);
    run(bytes, length);
    random_state = 0x9E3779B97F4A7C15ULL + length;
    for (int i = 0; i < MUTATIONS; i++)
        run(mutated, mutate(bytes, length, mutated));
    free(bytes);
    free(mutated);
    return 1;
}

static int replay_folder(const char *path)
{
    DIR *folder = opendir(path);
    int count = 0;
    for (const struct dirent *entry; folder && (entry = readdir(folder));) {
        char file[4096];
        if (entry->d_name[0] == '.')
            continue;
        snprintf(file, sizeof(file), "%s/%s", path, entry->d_name);
        count += replay(file);
    }
    if (folder)
        closedir(folder);
    return count;
}

int main(int argc, char **argv)
{
    int count = argc == 2 ? replay_folder(argv[1]) : 0;
    printf("%d files, %d mutations of each\n", count, MUTATIONS);
    return count > 0 ? 0 : 1;
}
