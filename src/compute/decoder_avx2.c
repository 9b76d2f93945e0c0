/* The decoder's kernels for AVX2, FMA and F16C; decoder.inc.h says what the names mean. */
#define DECODER decoder_avx2
#define DECODER_NAME "avx2"
#define VECTOR_BYTES 32
#include "compute/decoder.inc.h"
