/* How soon one side has its first token, and what memory it holds when all its sequences are full:
 * of one side in a process of its own.
 *
 *     bench_decoder_once own|libllama FILE SEQUENCES CONTEXT
 *
 * Prints the seconds from opening the file to the logits behind a prompt of 16 tokens, and the
 * resident memory in MB once all sequences have CONTEXT tokens. */
#include "bench/decoder_sides.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

enum { PROMPT = 16 };

static double resident_mb(void)
{
    char line[256];
    double kb = 0;
    FILE *file = fopen("/proc/self/status", "r");
    while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
        int64_t value = 0;
        char *digits = line + strcspn(line, "0123456789");
        digits[strspn(digits, "0123456789")] = '\0';
        if (strncmp(line, "VmRSS:", 6) == 0 && hearth_parse_int(digits, 0, 1 << 30, &value) == 0)
            kb = (double)value;
    }
    if (file != NULL)
        fclose(file);
    return kb / 1024;
}

static uint32_t smaller(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

int main(int argc, char **argv)
{
    int64_t sequences, context;
    if (argc != 5 || hearth_parse_int(argv[3], 1, BENCH_SEQUENCES_MOST, &sequences) != 0 ||
        hearth_parse_int(argv[4], PROMPT, 1 << 20, &context) != 0)
        bench_fail("bench_decoder_once own|libllama FILE SEQUENCES CONTEXT");
    struct bench_setup setup = bench_setup_read(argv[2], (uint32_t)sequences, (uint32_t)context);
    struct bench_side side;
    double start = bench_seconds();
    if (strcmp(argv[1], "own") == 0)
        bench_open_own(&side, &setup);
    else
        bench_open_library(&side, &setup);
    sched_setaffinity(0, sizeof(side.cores), &side.cores);
    bench_take(&side, 0, 1, 0, PROMPT, 1);
    double first_token = bench_seconds() - start;
    bench_trim(&side, 1, 0);
    for (uint32_t i = 0; i < setup.sequences; i++)
        for (uint32_t at = 0; at < setup.context; at += BENCH_BATCH)
            bench_take(&side, i, 1, at, smaller(setup.context - at, BENCH_BATCH), 1);
    bench_trim(&side, setup.sequences, setup.context - 1);
    bench_take(&side, 0, setup.sequences, setup.context - 1, 1, 1);
    printf("%.3f s %.1f MB\n", first_token, resident_mb());
    bench_close(&side);
    return 0;
}
