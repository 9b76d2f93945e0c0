/* The decoder's kernels for AVX-512 with dot products of bytes (decoder.inc.h). */
#define DECODER decoder_avx512_vnni
#define DECODER_NAME "avx512_vnni"
#define VECTOR_BYTES 64
#define HAS_VNNI
#include "compute/decoder.inc.h"
