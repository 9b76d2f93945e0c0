/* One call's vectors on their way: vectors.c collects them, vectors_answer.c writes the answer.
 * Private to those two. */
#ifndef HEARTH_TASK_VECTORS_PRIVATE_H
#define HEARTH_TASK_VECTORS_PRIVATE_H

#include "domain/vector_cache.h"
#include "task/answering.h"
#include "task/vectors.h"

enum { HEARTH_VECTORS_ANSWER_MAX = 512 << 20 };

/* A call's vectors; `shown` is what writers see. */
struct vectors {
    struct hearth_answering answering; /* first */
    struct hearth_vectors shown;
    struct hearth_vectors_request request; /* its texts and inputs live in the call's arena */
    struct hearth_vector_row *rows;
    struct hearth_vector_digest maker; /* what has made the vectors that are there */
    bool has_maker, mixed; /* mixed: the model was loaded anew meanwhile, so they have several */
    struct hearth_buf answer;
    uint32_t
        retry_after_ms; /* the longest advice for a vector that is missing; 0: there was none */
    uint64_t write_us;  /* how long writing the answer took */
    bool gzip;          /* the client takes it, and there may be much */
    bool packed;        /* the answer is a gzip */
};

/* Ends the call with an error, which names the parameter `param` (or NULL). */
void hearth_vectors_fail(struct vectors *v, const struct hearth_error *error, const char *param,
                         uint32_t retry_after_ms);
/* The same for the error of one input; HEARTH_NO_PART when it is not the fault of one. */
void hearth_vectors_fail_for(struct vectors *v, uint32_t index, const struct hearth_error *error,
                             uint32_t retry_after_ms);
/* All inputs have a vector or an error: answers, from the pool when there is much to write. */
void hearth_vectors_finish(struct vectors *v);

#endif
