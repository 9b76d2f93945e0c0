/* Changes a file of a corpus into something that is nearly it, as a fuzzer does: bits flipped,
 * bytes cut, repeated or put in, a piece or a whole JSON value taken from another file, a word that
 * readers trip over. Pure, and the same for the same seed. */
#ifndef HEARTH_TEST_FUZZ_MUTATE_H
#define HEARTH_TEST_FUZZ_MUTATE_H

#include <stddef.h>
#include <stdint.h>

struct fuzz_sample {
    uint8_t *bytes;
    size_t length;
};

enum {
    FUZZ_CHANGES_MAX = 4,  /* in one input */
    FUZZ_PIECE_MAX = 1024, /* bytes that one change adds */
    FUZZ_GROWTH_MAX = FUZZ_CHANGES_MAX * FUZZ_PIECE_MAX,
};

/* Writes into `to`, which has room for `from` and FUZZ_GROWTH_MAX bytes more; returns the length.
 * `other` lends pieces and may be `from` itself. The seed is not 0 and moves on. */
size_t fuzz_mutate(uint64_t *seed, const struct fuzz_sample *from, const struct fuzz_sample *other,
                   uint8_t *to);

#endif
