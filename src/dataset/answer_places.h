/* Finds the answers of a long conversation in its text with work that grows with its length, where
 * the template allows it. Private to src/dataset. */
#ifndef HEARTH_DATASET_ANSWER_PLACES_H
#define HEARTH_DATASET_ANSWER_PLACES_H

#include "dataset/conversation_text.h"

struct hearth_answer_place {
    size_t start, stop; /* bytes of the text */
};

/* `whole` is what the template makes of the conversation; `learnt` says which messages are answers
 * to be found, at least one and not the first message. `places` [count] gets theirs.
 *
 * False: the template is not one that shows a message by what stands near it, and nothing is told.
 * Each message's text is found as what it adds to the few before it, and has to stand in the whole
 * at the very byte where the one before ended; up to the first answer, all messages are rendered.
 * Templates that show an answer in another way once others follow, that number the turns, or move
 * something along with the last message, are found out by that. */
bool hearth_answer_places_find(struct hearth_conversation_text *conversation,
                               const struct hearth_buf *whole, const bool *learnt,
                               struct hearth_answer_place *places);

#endif
