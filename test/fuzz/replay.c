/* Runs a fuzz target over its corpus as an ordinary test: `fuzz_x CORPUS [RUNS [SEED]]`. Every file
 * of the folder is tried, then RUNS inputs that are mutations of them, the same in each run with
 * the same seed. An empty or missing corpus is a failure. The input that the target dies of, or
 * that takes it longer than INPUT_SECONDS, is left in `fuzz_x.found` beside the program: it belongs
 * into the corpus once it is mended. */
#include "fuzz/mutate.h"
#include "support/seeded.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);
/* Of a sanitizer's runtime, where there is one: it ends a process without a signal. */
__attribute__((weak)) void __sanitizer_set_death_callback(void (*call)(void));

enum { FILES_MAX = 4096, FILE_MAX = 4 << 20, RUNS = 4000, INPUT_SECONDS = 60 };

static struct fuzz_sample samples[FILES_MAX];
static uint32_t sample_count;
static struct fuzz_sample tried; /* what runs now */
static char found_path[4096];

static void keep_tried(void)
{
    int descriptor = open(found_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (descriptor < 0 || write(descriptor, tried.bytes, tried.length) != (ssize_t)tried.length)
        _exit(1);
    close(descriptor);
}

static void on_signal(int number)
{
    keep_tried();
    signal(number, SIG_DFL);
    raise(number);
}

static void watch(const char *program)
{
    static const int signals[] = {SIGABRT, SIGALRM, SIGFPE, SIGILL, SIGSEGV, SIGBUS};
    snprintf(found_path, sizeof(found_path), "%s.found", program);
    if (__sanitizer_set_death_callback)
        __sanitizer_set_death_callback(keep_tried);
    for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
        signal(signals[i], on_signal);
}

static void run(const uint8_t *bytes, size_t length)
{
    /* A block of exactly this size, so that a sanitizer sees a read past the end. */
    tried = (struct fuzz_sample){malloc(length ? length : 1), length};
    if (!tried.bytes)
        abort();
    memcpy(tried.bytes, bytes, length);
    alarm(INPUT_SECONDS);
    LLVMFuzzerTestOneInput(tried.bytes, length);
    free(tried.bytes);
}

static int is_sample(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static int read_sample(const char *folder, const char *name)
{
    char path[4096];
    struct fuzz_sample *sample = &samples[sample_count];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *file = fopen(path, "rb");
    sample->bytes = malloc(FILE_MAX);
    if (!file || !sample->bytes) {
        fprintf(stderr, "%s: cannot be read\n", path);
        return -1;
    }
    sample->length = fread(sample->bytes, 1, FILE_MAX, file);
    fclose(file);
    uint8_t *fitting = realloc(sample->bytes, sample->length ? sample->length : 1);
    sample->bytes = fitting ? fitting : sample->bytes;
    sample_count++;
    return 0;
}

/* By name, as a folder's own order differs from machine to machine. */
static int read_corpus(const char *folder)
{
    struct dirent **entries;
    int rc = 0, count = scandir(folder, &entries, is_sample, alphasort);
    for (int i = 0; i < count; i++) {
        rc |= i < FILES_MAX ? read_sample(folder, entries[i]->d_name) : -1;
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
    return rc || count <= 0 ? -1 : 0;
}

static void run_mutations(uint64_t runs, uint64_t seed)
{
    uint8_t *mutated = malloc(FILE_MAX + FUZZ_GROWTH_MAX);
    if (!mutated)
        abort();
    for (uint64_t i = 0; i < runs; i++) {
        const struct fuzz_sample *from = &samples[i % sample_count];
        const struct fuzz_sample *other = &samples[seeded_pick(&seed, 0, sample_count - 1)];
        run(mutated, fuzz_mutate(&seed, from, other, mutated));
    }
    free(mutated);
}

int main(int argc, char **argv)
{
    uint64_t runs = argc > 2 ? strtoull(argv[2], NULL, 10) : RUNS;
    uint64_t seed = argc > 3 ? strtoull(argv[3], NULL, 10) : 1;
    if (argc < 2 || !seed || read_corpus(argv[1])) {
        fprintf(stderr, "usage: %s CORPUS [RUNS [SEED]]: a folder with files, a seed but 0\n",
                *argv);
        return 1;
    }
    watch(argv[0]);
    for (uint32_t i = 0; i < sample_count; i++)
        run(samples[i].bytes, samples[i].length);
    run_mutations(runs, seed);
    alarm(0);
    for (uint32_t i = 0; i < sample_count; i++)
        free(samples[i].bytes);
    printf("%u files, %llu mutations of them\n", sample_count, (unsigned long long)runs);
    return 0;
}
