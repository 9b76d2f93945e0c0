/* What a classifier says of a text: its numbers as probabilities of labels. */
#ifndef HEARTH_TASK_LABELS_H
#define HEARTH_TASK_LABELS_H

#include "base/arena.h"
#include "base/buf.h"
#include "hearth/engine.h"

/* In the arena of the request; any thread may read it. */
struct hearth_labels {
    const char *const *names; /* NULL: they have none, and are numbered */
    uint32_t count;
    bool independent; /* each label for itself (sigmoid), else one of them (softmax) */
};

/* NULL when the arena is full. */
struct hearth_labels *hearth_labels_read(const struct hearth_model_facts *facts,
                                         struct hearth_arena *arena);
/* Appends [{"label":"…","score":0.9},…], the likeliest first; equal ones in the model's order. */
void hearth_labels_write(const struct hearth_labels *labels, const float *numbers, uint32_t count,
                         struct hearth_buf *buf);

#endif
