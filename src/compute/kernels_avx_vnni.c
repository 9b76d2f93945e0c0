/* As AVX2, with an instruction that adds four u8·s8 products to a 32-bit lane. */
#define KERNELS kernels_avx_vnni
#define KERNELS_NAME "avx-vnni"
#define VECTOR_BYTES 32
#define ROWS 6
#define VECTORS 2
#define DOT_U8(acc, a, b) (vi) _mm256_dpbusd_avx_epi32((__m256i)(acc), (__m256i)(a), (__m256i)(b))
#include "compute/kernels.inc.h"
