#include "train/rows.h"

extern const struct hearth_train_rows train_rows_plain, train_rows_avx2, train_rows_avx512;

const struct hearth_train_rows *hearth_train_rows(void)
{
    if (hearth_isa_usable(HEARTH_ISA_AVX512))
        return &train_rows_avx512;
    return hearth_isa_usable(HEARTH_ISA_AVX2) ? &train_rows_avx2 : &train_rows_plain;
}

void hearth_turn_row(const struct hearth_turn *turn, hearth_number *row, size_t heads,
                     size_t head_size)
{
    size_t half = turn->size / 2;
    bool adjacent = turn->kind == HEARTH_ROTARY_ADJACENT;
    for (size_t head = 0; head < heads; head++, row += head_size)
        for (size_t i = 0; i < half; i++) {
            hearth_number *first = row + (adjacent ? 2 * i : i);
            hearth_number *second = adjacent ? first + 1 : first + half;
            hearth_number cosine = (hearth_number)turn->cosines[i];
            hearth_number sine = (hearth_number)turn->sines[i] * (hearth_number)turn->direction;
            hearth_number x = *first, y = *second;
            *first = x * cosine - y * sine;
            *second = x * sine + y * cosine;
        }
}
