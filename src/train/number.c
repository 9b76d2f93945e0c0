#include "train/number.h"

#include <cblas.h>
#include <math.h>

/* Sizes are those of networks, whose extents are bounded (network/network.h), and of batches: they
 * fit BLAS's int. */
void hearth_product(size_t rows, size_t columns, size_t inner, hearth_number scale,
                    struct hearth_operand a, struct hearth_operand b, hearth_number keep,
                    hearth_number *y, size_t y_stride)
{
    CBLAS_TRANSPOSE turn_a = a.transposed ? CblasTrans : CblasNoTrans;
    CBLAS_TRANSPOSE turn_b = b.transposed ? CblasTrans : CblasNoTrans;
#ifdef HEARTH_TRAIN_DOUBLE
    cblas_dgemm(
#else
    cblas_sgemm(
#endif
        CblasRowMajor, turn_a, turn_b, (int)rows, (int)columns, (int)inner, scale, a.values,
        (int)a.stride, b.values, (int)b.stride, keep, y, (int)y_stride);
}

bool hearth_numbers_are_finite(const hearth_number *x, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!isfinite(x[i]))
            return false;
    return true;
}
