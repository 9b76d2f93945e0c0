#define TRAIN_ROWS train_rows_plain
#include "train/rows.inc.h"
