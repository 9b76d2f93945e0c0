/* An answer that is kept: its status, the headers that its handler set, and its body, gathered up
 * to a maximum from what an exchange's tap tells (net/exchange.h). The owner initialises it, and
 * finishes it when the exchange's on_end has come. Loop thread only. */
#ifndef HEARTH_NET_ANSWER_RECORD_H
#define HEARTH_NET_ANSWER_RECORD_H

#include "base/buf.h"
#include "base/json.h"
#include "net/exchange.h"

struct hearth_answer_record {
    int status;             /* 0: no answer was begun */
    char type[128];         /* or empty */
    json_t *headers;        /* an object of texts, or NULL */
    struct hearth_buf body; /* `failed` is set when it was larger than the maximum */
    bool whole;             /* the answer had its proper end */
};

void hearth_answer_record_init(struct hearth_answer_record *record, size_t body_max);
void hearth_answer_record_finish(struct hearth_answer_record *record);

/* The first two slots of a tap whose argument is the record, or begins with it. */
void hearth_answer_record_begin(void *argument, int status, const char *type,
                                const struct hearth_header *headers, size_t count);
void hearth_answer_record_bytes(void *argument, const void *bytes, size_t length);

#endif
