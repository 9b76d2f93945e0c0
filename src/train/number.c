#include "train/number.h"

#include <cblas.h>
#include <stdint.h>
#include <string.h>

/* Sizes are those of networks, whose extents are bounded (network/network.h), and of batches: they
 * fit BLAS's int. */
void hearth_multiply(const struct hearth_product *product)
{
    CBLAS_TRANSPOSE turn_a = product->a.transposed ? CblasTrans : CblasNoTrans;
    CBLAS_TRANSPOSE turn_b = product->b.transposed ? CblasTrans : CblasNoTrans;
#ifdef HEARTH_TRAIN_DOUBLE
    cblas_dgemm(
#else
    cblas_sgemm(
#endif
        CblasRowMajor, turn_a, turn_b, (int)product->rows, (int)product->columns,
        (int)product->inner, product->scale, product->a.values, (int)product->a.stride,
        product->b.values, (int)product->b.stride, product->keep, product->y,
        (int)product->y_stride);
}

/* By the bits of the exponent, which a compiler looks at in vectors. */
bool hearth_numbers_are_finite(const hearth_number *x, size_t count)
{
#ifdef HEARTH_TRAIN_DOUBLE
    typedef uint64_t word;
    const word exponent = UINT64_C(0x7ff0000000000000);
#else
    typedef uint32_t word;
    const word exponent = 0x7f800000;
#endif
    word odd = 0;
    for (size_t i = 0; i < count; i++) {
        word bits;
        memcpy(&bits, &x[i], sizeof(bits));
        odd |= (bits & exponent) == exponent;
    }
    return odd == 0;
}
