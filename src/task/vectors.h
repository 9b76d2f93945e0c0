/* Many inputs of one call, each of which becomes a vector: embeddings, scores of pairs, numbers of
 * labels. The vectors are collected, and the answer is written at once, on the pool when there is
 * much to write. Loop thread only, but for `write`. */
#ifndef HEARTH_TASK_VECTORS_H
#define HEARTH_TASK_VECTORS_H

#include "base/buf.h"
#include "gateway/call.h"
#include "serving/inference.h"

struct hearth_labels;

/* What came of one input. */
struct hearth_vector_row {
    bool done;
    uint32_t truncated_tokens;
    struct hearth_error *error; /* why there is no vector; only with `partial` */
};

/* What a writer sees. All of it belongs to the vectors' work, which outlives a client that goes
 * away while the pool writes: nothing of a call, an exchange or an arena. */
struct hearth_vectors {
    const char *model; /* as the client named it */
    const struct hearth_vector_row *rows;
    float *values; /* count × width; zero where there is no vector */
    uint32_t count, width;
    uint32_t missing; /* rows without a vector */
    uint64_t prompt_tokens, truncated_tokens;
    uint64_t queued_us, load_us, compute_us; /* of the slowest input */
    bool base64;
    bool list;             /* the input was a list */
    uint32_t dimensions;   /* 0: all */
    const json_t *request; /* the body, checked; NULL unless it was asked to be kept */
    const struct hearth_labels *labels;
};

struct hearth_vectors_request {
    const char *model;     /* as the client named it */
    const char *submit_as; /* the version that it means; NULL: as named */
    const char *param;     /* what errors of an input name: "input", "documents" */
    const char *digest;    /* digest of the request, for the tag of a whole answer; or NULL */
    const struct hearth_input *inputs; /* point into the call's body or arena */
    uint32_t count;
    /* Each vector is cut to this length and normalised again; 0: to what the model says, or not
     * at all. */
    uint32_t dimensions;
    uint32_t default_dimensions; /* what the model says, where that is known before it is loaded */
    enum hearth_class class_;
    struct hearth_labels *labels; /* a classifier's, for `write`; they are taken over; or NULL */
    bool base64, list;
    bool one_number; /* each vector must be a single score */
    bool keeps_body; /* `write` reads it */
    bool partial;    /* answer with what there is when some inputs fail or time ends */
    /* Appends the whole answer. Runs on the pool when there is much to write: it must only read. */
    void (*write)(const struct hearth_vectors *vectors, struct hearth_buf *buf);
};

/* Takes the call over, whatever comes of it. */
void hearth_vectors_start(struct hearth_call *call, const struct hearth_vectors_request *request);

/* Appends one vector as a JSON list, or as base64 of little-endian floats. */
void hearth_vector_write(const struct hearth_vectors *vectors, uint32_t index,
                         struct hearth_buf *buf);

#endif
