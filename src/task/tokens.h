/* One input of a call becomes token ids, or token ids become text. Loop thread only. */
#ifndef HEARTH_TASK_TOKENS_H
#define HEARTH_TASK_TOKENS_H

#include "base/buf.h"
#include "gateway/call.h"
#include "hearth/engine.h"

/* What came of it; for a writer, during its call. */
struct hearth_tokens_answer {
    const char *model;            /* "name:version" */
    bool to_text;                 /* which of the two was asked */
    const struct hearth_buf *out; /* the text, or the ids: "1,2,3"; with the input's form
                                     HEARTH_FORM_PIECES {"id":1,"piece":"a"},… */
    uint32_t count;               /* of ids */
};

struct hearth_tokens_request {
    const char *model;
    const struct hearth_input *input; /* of HEARTH_TASK_TOKENIZE; copied by start */
    bool to_text;
    void (*write)(const struct hearth_tokens_answer *answer, struct hearth_buf *buf);
};

/* A writer: {"input_tokens":N} */
void hearth_tokens_write_count(const struct hearth_tokens_answer *answer, struct hearth_buf *buf);

/* Takes the call over, whatever comes of it. */
void hearth_tokens_start(struct hearth_call *call, const struct hearth_tokens_request *request);

#endif
