#define KERNELS kernels_avx2
#define KERNELS_NAME "avx2"
#define VECTOR_BYTES 32
#define ROWS 6
#define VECTORS 2
#include "compute/kernels.inc.h"
