#define KERNELS kernels_avx_vnni
#define KERNELS_NAME "avx-vnni"
#define VECTOR_BYTES 32
#define ROWS 6
#define VECTORS 2
#define DOT_U8(acc, a, b) (vi) _mm256_dpbusd_avx_epi32((__m256i)(acc), (__m256i)(a), (__m256i)(b))
#include "compute/kernels.inc.h"
