/* As AVX-512 with VNNI, and an instruction that adds two bf16 products to an f32 lane. */
#define KERNELS kernels_avx512_bf16
#define KERNELS_NAME "avx512-bf16"
#define VECTOR_BYTES 64
#define ROWS 8
#define VECTORS 3
#define DOT_U8(acc, a, b) (vi) _mm512_dpbusd_epi32((__m512i)(acc), (__m512i)(a), (__m512i)(b))
#define DOT_BF16(acc, a, b) (vf) _mm512_dpbf16_ps((__m512)(acc), (__m512bh)(a), (__m512bh)(b))
#include "compute/kernels.inc.h"
