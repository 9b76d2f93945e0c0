/* The decoder's kernels for AVX-512 with dot products of bytes and of bf16, and the same with tile
 * registers (decoder.inc.h). */
#define DECODER decoder_avx512_bf16
#define DECODER_NAME "avx512_bf16"
#define VECTOR_BYTES 64
#define HAS_VNNI
#define HAS_BF16
#define TILED_DECODER decoder_amx
#include "compute/decoder.inc.h"
