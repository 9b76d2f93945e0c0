/* Which page of a list a query of the fine-tuning API asks for. Loop thread only. */
#ifndef HEARTH_ROUTES_TRAIN_FINE_TUNING_PAGE_H
#define HEARTH_ROUTES_TRAIN_FINE_TUNING_PAGE_H

#include <stdbool.h>
#include <stdint.h>

struct hearth_call;

struct hearth_fine_tuning_page {
    int64_t limit;     /* 1 to 100 */
    const char *after; /* an id: only what follows it; or NULL; the exchange's */
};

/* False: a parameter is faulty, and the call is answered. */
bool hearth_fine_tuning_page_read(struct hearth_call *call, int64_t limit_default,
                                  struct hearth_fine_tuning_page *ret_page);

#endif
