/* The four lists that "logprobs" of a completion is made of: tokens, token_logprobs, top_logprobs,
 * text_offset. Written as they come, since the alternatives of an event live no longer than it
 * does. Loop thread only. */
#ifndef HEARTH_ROUTES_OPENAI_OPENAI_COMPLETION_LISTS_H
#define HEARTH_ROUTES_OPENAI_OPENAI_COMPLETION_LISTS_H

#include "base/buf.h"
#include "hearth/engine.h"

enum { HEARTH_OPENAI_LISTS = 4 };

/* Each list is JSON without its brackets, of at most 16 MiB. */
struct hearth_openai_lists {
    struct hearth_buf each[HEARTH_OPENAI_LISTS];
};

void hearth_openai_lists_init(struct hearth_openai_lists *lists);
void hearth_openai_lists_finish(struct hearth_openai_lists *lists); /* zeroed ones too */

/* `offset`: characters of the choice's text before this token. A logprob of NaN is null: nothing
 * stands before the first token of a prompt. */
void hearth_openai_lists_add(struct hearth_openai_lists *lists, const struct hearth_token *token,
                             uint32_t offset);
/* The object; lists that were too long fail the buffer. */
void hearth_openai_lists_write(const struct hearth_openai_lists *lists, struct hearth_buf *buf);

#endif
