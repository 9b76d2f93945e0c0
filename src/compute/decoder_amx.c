/* The decoder's kernels for AVX-512 with tile registers for bf16 (decoder.inc.h). */
#define DECODER decoder_amx
#define DECODER_NAME "amx"
#define VECTOR_BYTES 64
#define HAS_VNNI
#define HAS_BF16
#define HAS_AMX
#include "compute/decoder.inc.h"
