/* AVX2 has 16 registers: 6 × 2 accumulators, 2 vectors of the panel and one of the input are 15. */
#define KERNELS kernels_avx2
#define KERNELS_NAME "avx2"
#define VECTOR_BYTES 32
#define ROWS 6
#define VECTORS 2
#include "compute/kernels.inc.h"
