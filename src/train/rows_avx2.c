#define TRAIN_ROWS train_rows_avx2
#include "train/rows.inc.h"
