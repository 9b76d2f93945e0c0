/* The decoder's kernels for AVX2 with dot products of bytes (decoder.inc.h). */
#define DECODER decoder_avx_vnni
#define DECODER_NAME "avx_vnni"
#define VECTOR_BYTES 32
#define HAS_VNNI
#include "compute/decoder.inc.h"
