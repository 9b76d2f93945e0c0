/* Things in the order of their scores. Pure; any thread. */
#ifndef HEARTH_TASK_RANKING_H
#define HEARTH_TASK_RANKING_H

#include <stddef.h>
#include <stdint.h>

struct hearth_ranked {
    uint32_t index; /* where it stood */
    double score;
};

/* The highest score first; equal ones stay in the order in which they stood. */
void hearth_rank(struct hearth_ranked *ranked, size_t count);

#endif
