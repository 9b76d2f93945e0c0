/* What one pass learns from: documents packed one behind the other without padding. Attention never
 * crosses from one document into the next, and positions begin at 0 in each, so that packing
 * changes nothing but speed. A value; borrowed arrays. */
#ifndef HEARTH_TRAIN_BATCH_H
#define HEARTH_TRAIN_BATCH_H

#include <stdint.h>

enum { HEARTH_TRAIN_UNLABELED = -1 };

struct hearth_train_batch {
    const int32_t *tokens;  /* below the vocabulary */
    const int32_t *labels;  /* the token that should follow, or HEARTH_TRAIN_UNLABELED */
    const uint32_t *starts; /* [documents + 1]: of each document, and the number of all tokens */
    uint32_t documents;
    uint32_t
        number; /* of this batch in the job: with the seed it decides what dropout leaves out */
};

#endif
