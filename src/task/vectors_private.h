/* One call's vectors on their way: vectors.c collects them, vectors_answer.c writes the answer.
 * Private to those two. */
#ifndef HEARTH_TASK_VECTORS_PRIVATE_H
#define HEARTH_TASK_VECTORS_PRIVATE_H

#include "domain/vector_cache.h"
#include "task/vectors.h"

enum { HEARTH_VECTORS_ANSWER_MAX = 512 << 20 };

struct vector_item {
    struct vectors *vectors;
    struct hearth_inference *inference;
    struct hearth_vector_row *row;
    uint32_t index;
    bool taken; /* a worker has it */
};

/* A call's vectors; `shown` is what writers see. */
struct vectors {
    struct hearth_vectors shown;
    struct hearth_vectors_request request;
    const struct hearth_input *inputs;
    struct hearth_vector_row *rows;
    uint32_t next;
    uint32_t live, taken, done; /* submitted; of these with a worker; with a vector or an error */
    struct hearth_vector_digest maker; /* of the vectors that came */
    bool has_maker, mixed; /* mixed: they have several makers: it was loaded anew meanwhile */
    struct hearth_buf answer;
    uint32_t retry_after_ms; /* the longest that a missing one was told; 0: none was */
    uint64_t write_us;       /* that writing it took */
    bool gzip;               /* the client takes it, and there may be much */
    bool packed;             /* the answer is a gzip */
    bool writing;            /* on the pool */
    bool time_out;           /* the time has ended: what was not begun need not begin */
    bool admitted;           /* an input was let into the queue: the call is not refused for room */
    struct vector_item items[];
};

void hearth_vectors_destroy(struct vectors *v);
/* Ends the call with an error; `param` NULL: of none. */
void hearth_vectors_fail(struct vectors *v, const struct hearth_error *error, const char *param,
                         uint32_t retry_after_ms);
/* The same for the error of one input. */
void hearth_vectors_fail_for(struct vectors *v, uint32_t index, const struct hearth_error *error,
                             uint32_t retry_after_ms);
/* All inputs have a vector or an error: answers, from the pool when there is much to write. */
void hearth_vectors_finish(struct vectors *v);

#endif
