#define DECODER decoder_avx2
#define DECODER_NAME "avx2"
#define VECTOR_BYTES 32
#include "compute/decoder.inc.h"
