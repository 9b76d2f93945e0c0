/* What a classifier says of a text: its numbers as probabilities of labels. Any thread may read and
 * write out what one has made. */
#ifndef HEARTH_TASK_LABELS_H
#define HEARTH_TASK_LABELS_H

#include "base/buf.h"
#include "hearth/engine.h"

struct hearth_labels {
    const char *const *names; /* NULL: they have none, and are numbered */
    uint32_t count;
    bool independent; /* each label for itself (sigmoid), else one of them (softmax) */
};

/* One block, the caller's. NULL without memory: the names are a model's. */
struct hearth_labels *hearth_labels_create(const struct hearth_model_facts *facts);
void hearth_labels_destroy(struct hearth_labels *labels); /* NULL is allowed */
/* Appends [{"label":"…","score":0.9},…], the likeliest first; equal ones in the model's order. */
void hearth_labels_write(const struct hearth_labels *labels, const float *numbers, uint32_t count,
                         struct hearth_buf *buf);

#endif
