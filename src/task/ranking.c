#include "task/ranking.h"

#include <stdlib.h>

static int compare(const void *a, const void *b)
{
    const struct hearth_ranked *x = a, *y = b;
    if (x->score != y->score)
        return x->score > y->score ? -1 : 1;
    return x->index < y->index ? -1 : x->index > y->index;
}

void hearth_rank(struct hearth_ranked *ranked, size_t count)
{
    qsort(ranked, count, sizeof(*ranked), compare);
}
