/* The decoder's kernels for AVX-512 without dot products; decoder.inc.h says what the names
 * mean. */
#define DECODER decoder_avx512
#define DECODER_NAME "avx512"
#define VECTOR_BYTES 64
#include "compute/decoder.inc.h"
