/* How long the rows of a data set are, in tokens. Pure. */
#ifndef HEARTH_DATASET_TOKEN_LENGTHS_H
#define HEARTH_DATASET_TOKEN_LENGTHS_H

#include "base/json.h"

#include <stddef.h>
#include <stdint.h>

enum { HEARTH_TOKEN_LENGTHS_STEPS = 32 };

struct hearth_token_lengths {
    uint64_t rows, tokens;
    uint32_t least, median, most;
    uint32_t most_of_95; /* the 95th percentile: as long are 95 of 100 rows at most */
    /* Rows of 2^i up to 2^(i+1) − 1 tokens; those of none are among the first. */
    uint64_t steps[HEARTH_TOKEN_LENGTHS_STEPS];
};

/* Sorts the lengths. Percentiles by the nearest rank. */
void hearth_token_lengths_of(uint32_t *lengths, size_t count,
                             struct hearth_token_lengths *ret_lengths);
/* {"rows", "total", "min", "mean", "median", "p95", "max", "histogram": [{"from", "rows"} …]} of
 * the steps that have rows; the caller's. */
json_t *hearth_token_lengths_json(const struct hearth_token_lengths *lengths);

#endif
