#define TRAIN_ROWS train_rows_avx512
#include "train/rows.inc.h"
