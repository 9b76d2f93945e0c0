#define DECODER decoder_avx512_bf16
#define DECODER_NAME "avx512_bf16"
#define VECTOR_BYTES 64
#define HAS_VNNI
#define HAS_BF16
#include "compute/decoder.inc.h"
