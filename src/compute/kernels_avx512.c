/* AVX-512 has 32 registers: 8 × 3 accumulators, 3 vectors of the panel and one of the input are 28.
 */
#define KERNELS kernels_avx512
#define KERNELS_NAME "avx512"
#define VECTOR_BYTES 64
#define ROWS 8
#define VECTORS 3
#include "compute/kernels.inc.h"
