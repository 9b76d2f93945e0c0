/* As AVX-512, with an instruction that adds four u8·s8 products to a 32-bit lane. */
#define KERNELS kernels_avx512_vnni
#define KERNELS_NAME "avx512-vnni"
#define VECTOR_BYTES 64
#define ROWS 8
#define VECTORS 3
#define DOT_U8(acc, a, b) (vi) _mm512_dpbusd_epi32((__m512i)(acc), (__m512i)(a), (__m512i)(b))
#include "compute/kernels.inc.h"
