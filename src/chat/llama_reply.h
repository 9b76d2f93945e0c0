/* Reads the answer of a chat while it is generated: which of it is text, which is reasoning, and
 * which are calls of tools, by the form that the model's chat template gives them. llama-common's
 * parsers read it; the answer may be anything, so they run within bounds (llama_bounds.hpp).
 *
 * What is told is never taken back. A call is told when its function's name is whole; its arguments
 * in pieces as they come where a grammar holds the answer to its form, else with the call when all
 * of it has been read. What cannot be read is text.
 *
 * A form belongs to a prepared input, is read-only, and must outlive its replies. A reply belongs
 * to one sequence: one thread at a time. */
#ifndef HEARTH_LLAMA_REPLY_H
#define HEARTH_LLAMA_REPLY_H

#include "hearth/engine.h"

#include <stdbool.h>
#include <stddef.h>

struct hearth_llama_reply_form;
struct hearth_llama_reply;

/* A piece of the answer; the texts are valid during the call only. */
struct hearth_llama_reply_piece {
    enum hearth_text_channel channel;
    uint32_t call;               /* of CALL and ARGUMENTS */
    struct hearth_bytes text;    /* of UNREAD: see hearth_text_channel */
    struct hearth_bytes call_id; /* of CALL */
};

struct hearth_llama_reply_listener {
    void (*tell)(struct hearth_llama_reply_listener *listener,
                 const struct hearth_llama_reply_piece *piece);
};

void hearth_llama_reply_form_destroy(struct hearth_llama_reply_form *form); /* NULL is allowed */

/* NULL: no memory. */
struct hearth_llama_reply *hearth_llama_reply_create(const struct hearth_llama_reply_form *form);
void hearth_llama_reply_destroy(struct hearth_llama_reply *reply); /* NULL is allowed */

/* Takes more of the answer in, whole characters of UTF-8. */
void hearth_llama_reply_add(struct hearth_llama_reply *reply, const char *text, size_t length,
                            struct hearth_llama_reply_listener *listener);
/* Tells what is left. True: the answer asks for tools, and each of its calls is whole. */
bool hearth_llama_reply_end(struct hearth_llama_reply *reply,
                            struct hearth_llama_reply_listener *listener);

/* Whether an answer of this length, of which so many bytes are new, is read again. Reading begins
 * at the start each time; so it waits for a 512th of what there is, which keeps the work
 * proportional to the length, and at 2 KiB each token is still told at once. */
bool hearth_llama_reply_due(size_t length, size_t fresh);

#endif
