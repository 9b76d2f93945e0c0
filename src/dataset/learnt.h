/* Turns a row into tokens, and says of each whether it is learnt.
 *
 * What the assistant says in a conversation is found by rendering prefixes: what the template makes
 * of the messages before an answer, with the beginning of an answer, is where it starts; what it
 * makes of the messages up to the answer is where it ends. So no template need mark its answers. A
 * token that lies across the start counts, and so does the one that ends the answer, for a model
 * must learn when to stop; white space behind that does not.
 *
 * Of a prompt with a completion the completion is learnt, with the end of the text behind it; of a
 * text all of it. Any thread; the words by one thread at a time. */
#ifndef HEARTH_DATASET_LEARNT_H
#define HEARTH_DATASET_LEARNT_H

#include "base/buf.h"
#include "dataset/dataset.h"

/* What turns conversations into text and text into tokens, as the base does it when it is served.
 */
struct hearth_words {
    /* `conversation` as OpenAI's chat API has it: messages, tools, add_generation_prompt. Appends.
     */
    int (*render)(void *argument, const json_t *conversation, struct hearth_buf *text,
                  struct hearth_error *error);
    /* `begins`: the beginning of a text, which may get a token of its own. The tokens are the
     * caller's (hearth_free). Special tokens are taken for what they are where `special`. */
    int (*tokenize)(void *argument, const char *text, size_t length, bool begins, bool special,
                    int32_t **ret_tokens, uint32_t *ret_count, struct hearth_error *error);
    /* Appends the text of a token, for people. */
    void (*spell)(void *argument, int32_t token, struct hearth_buf *text);
    void *argument;
    int32_t end;                                 /* of a text; −1: the vocabulary has none */
    bool (*ends)(void *argument, int32_t token); /* whether it ends an answer */
};

struct hearth_learnt {
    int32_t *tokens; /* [count], owned */
    bool *counts;    /* [count], owned: this token is learnt, from those before it */
    uint32_t count, learnt;
};

/* Gets the parts of a row one after the other. What it wants to keep it takes out of `part`, which
 * it leaves all zeros then. Not 0 ends the row with that error. */
struct hearth_learnt_taker {
    int (*take)(void *argument, struct hearth_learnt *part, struct hearth_error *error);
    void *argument;
};

/* Many answers are found by rendering the few messages near each (answer_places.h). Where a
 * template does not allow that, each takes renderings of all that stands before it, so that their
 * number grows with the square of the messages. So many messages are rendered for one row at most,
 * 4 KiB of text or tools counted as one: about 2 seconds, for 360 short messages in turn. */
enum { HEARTH_LEARN_RENDERED_MAX = 1 << 16 };

/* `all`: every token is learnt but the first. Most rows are one part. Some templates show an answer
 * in another way once others follow (without its thoughts): each such answer is a part of its own,
 * the conversation up to it, as the model is asked for it. HEARTH_EINVAL says why a row cannot be
 * used, such as a template that refuses it, or more to render than there may be; HEARTH_ENOMEM. */
int hearth_learn_parts(const struct hearth_words *words, const struct hearth_dataset_row *row,
                       bool all, const struct hearth_learnt_taker *taker,
                       struct hearth_error *error);
/* The same of a row that is one part; HEARTH_EINVAL for another. */
int hearth_learn_row(const struct hearth_words *words, const struct hearth_dataset_row *row,
                     bool all, struct hearth_learnt *ret_learnt, struct hearth_error *error);
void hearth_learnt_finish(struct hearth_learnt *learnt); /* all zeros is allowed */
/* Keeps the first `count` tokens. */
void hearth_learnt_cut(struct hearth_learnt *learnt, uint32_t count);

#endif
