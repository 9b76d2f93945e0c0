/* Reads the parameters of a query string and gathers all their faults, as those of a body are
 * gathered. A mistyped filter would list everything, which looks like an answer: so keys that are
 * not known are faults. Loop thread only; texts live in the call's arena. */
#ifndef HEARTH_GATEWAY_QUERY_READER_H
#define HEARTH_GATEWAY_QUERY_READER_H

#include "base/schema.h"
#include "gateway/call.h"

#include <stdint.h>

struct hearth_query_reader {
    struct hearth_exchange *exchange;
    struct hearth_arena *arena;
    struct hearth_schema_faults faults;
};

/* `known` ends with NULL. */
void hearth_query_reader_init(struct hearth_query_reader *reader, struct hearth_call *call,
                              const char *const *known);
/* NULL when it is absent or empty; the exchange's. */
const char *hearth_query_read_text(const struct hearth_query_reader *reader, const char *name);
/* From 1 to `high`; `*value` stays when it is absent. */
void hearth_query_read_number(struct hearth_query_reader *reader, const char *name, int64_t high,
                              const char *expected, int64_t *value);
/* `page`, from 1 on, and `limit`, 1 to 500, of a list; 1 and 50 where they are absent. */
void hearth_query_read_page(struct hearth_query_reader *reader, int64_t *ret_page,
                            int64_t *ret_limit);
/* The value of a parameter is wrong. */
void hearth_query_fault(struct hearth_query_reader *reader, const char *name, const char *expected,
                        const char *got);

#endif
