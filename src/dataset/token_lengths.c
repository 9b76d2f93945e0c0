#include "dataset/token_lengths.h"

#include <stdlib.h>

static int order(const void *a, const void *b)
{
    uint32_t first = *(const uint32_t *)a, second = *(const uint32_t *)b;
    return (first > second) - (first < second);
}

static uint32_t ranked(const uint32_t *lengths, size_t count, unsigned percent)
{
    size_t rank = (count * percent + 99) / 100;
    return lengths[rank > 0 ? rank - 1 : 0];
}

static size_t step_of(uint32_t length)
{
    size_t step = 0;
    while (length >>= 1)
        step++;
    return step;
}

void hearth_token_lengths_of(uint32_t *lengths, size_t count,
                             struct hearth_token_lengths *ret_lengths)
{
    *ret_lengths = (struct hearth_token_lengths){.rows = count};
    if (count == 0)
        return;
    qsort(lengths, count, sizeof(*lengths), order);
    for (size_t i = 0; i < count; i++) {
        ret_lengths->tokens += lengths[i];
        ret_lengths->steps[step_of(lengths[i])]++;
    }
    ret_lengths->least = lengths[0];
    ret_lengths->median = ranked(lengths, count, 50);
    ret_lengths->most_of_95 = ranked(lengths, count, 95);
    ret_lengths->most = lengths[count - 1];
}

json_t *hearth_token_lengths_json(const struct hearth_token_lengths *lengths)
{
    json_t *histogram = json_array();
    for (size_t i = 0; i < HEARTH_TOKEN_LENGTHS_STEPS; i++)
        if (lengths->steps[i])
            json_array_append_new(histogram, json_pack("{s:I, s:I}", "from", (json_int_t)1 << i,
                                                       "rows", (json_int_t)lengths->steps[i]));
    double mean = lengths->rows ? (double)lengths->tokens / (double)lengths->rows : 0;
    return json_pack("{s:I, s:I, s:I, s:f, s:I, s:I, s:I, s:o}", "rows", (json_int_t)lengths->rows,
                     "total", (json_int_t)lengths->tokens, "min", (json_int_t)lengths->least,
                     "mean", mean, "median", (json_int_t)lengths->median, "p95",
                     (json_int_t)lengths->most_of_95, "max", (json_int_t)lengths->most, "histogram",
                     histogram);
}
