/* What a template makes of a conversation and of parts of it, with a count of the work, which
 * has a bound, since the rows of a data set come from anywhere. Private to src/dataset. */
#ifndef HEARTH_DATASET_CONVERSATION_TEXT_H
#define HEARTH_DATASET_CONVERSATION_TEXT_H

#include "dataset/learnt.h"

struct hearth_conversation_text {
    const struct hearth_words *words;
    const json_t *value; /* of the row; borrowed, like its members: */
    const json_t *messages, *tools;
    size_t count, head; /* messages; those at the beginning that are the system's */
    uint64_t tools_bytes;
    uint64_t rendered; /* messages so far; 4 KiB of text or tools count as one */
};

void hearth_conversation_text_init(struct hearth_conversation_text *conversation,
                                   const struct hearth_words *words, const json_t *value);

/* What rendering so many messages, which become so many bytes, is counted as. */
uint64_t hearth_conversation_cost(const struct hearth_conversation_text *conversation,
                                  uint64_t messages, uint64_t bytes);
/* Of the head and the messages `from` … `to` − 1; from 0: of all up to `to`. HEARTH_EINVAL: the
 * template refuses it. */
int hearth_conversation_render(struct hearth_conversation_text *conversation, size_t from,
                               size_t to, bool answer_begins, struct hearth_buf *text,
                               struct hearth_error *error);

/* What both begin with, in bytes. */
size_t hearth_conversation_common(const struct hearth_buf *a, const struct hearth_buf *b);

#endif
