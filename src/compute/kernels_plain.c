/* What every x86-64 has, SSE2: vectors of 4 lanes. Also what the other tables are tested against.
 */
#define KERNELS kernels_plain
#define KERNELS_NAME "plain"
#define VECTOR_BYTES 16
#define ROWS 4
#define VECTORS 2
#include "compute/kernels.inc.h"
