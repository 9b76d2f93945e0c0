/* The chat templates of a model, rendered by llama-common. A template comes with the model file, so
 * from a stranger, and it is a program: its text is checked before llama-common's recursive parser
 * sees it, and it runs within bounds of time, memory and stack (llama_bounds.hpp).
 *
 * No exception and no message of the library leaves these functions. What is wrong is said in our
 * words, with the line and column of the template or the member of the conversation; the library's
 * own words go to standard error, which is the server's log. Any thread, but a chat is rendered by
 * one thread at a time. */
#ifndef HEARTH_LLAMA_CHAT_H
#define HEARTH_LLAMA_CHAT_H

#include "base/buf.h"
#include "chat/llama_reply.h"
#include "hearth/error.h"

#include <llama.h>

#include <stddef.h>

struct hearth_chat;

/* The templates of the model, or of the text given (else NULL); ChatML where there is none.
 * HEARTH_EMODEL. */
int hearth_chat_create(const struct llama_model *model, const char *template_text,
                       struct hearth_chat **ret_chat, struct hearth_error *error);
void hearth_chat_destroy(struct hearth_chat *chat); /* NULL is allowed */

/* What a conversation becomes. Lists are texts, each with its NUL. */
struct hearth_chat_rendered {
    struct hearth_buf prompt;
    struct hearth_buf stops; /* where this template wants an answer to stop */
    struct hearth_buf shown; /* control tokens that are a part of an answer */
    /* GBNF of the answer, or of the tool calls in it; empty: none. */
    struct hearth_buf grammar;
    struct hearth_buf opening; /* what of the answer the prompt has already, for the grammar */
    /* The grammar waits for one of these, not while the model thinks; llama_grammar.h. Both empty:
     * it holds from the start. */
    struct hearth_buf wake_words, wake_patterns;
    struct hearth_buf thought_starts, thought_ends;
    bool thinking;                        /* the answer begins with a thought */
    size_t turns;                         /* how many messages of a user's the conversation has */
    struct hearth_llama_reply_form *form; /* owned; NULL: the answer is text */
};

void hearth_chat_rendered_init(struct hearth_chat_rendered *rendered);
void hearth_chat_rendered_finish(struct hearth_chat_rendered *rendered);

/* Renders {"messages":[…],"tools":[…],…} as OpenAI's chat API has it; optional members may be null.
 * Without the oldest `dropped` turns, each a user's message with all up to the next one; the system
 * prompt stays. There must be more turns than that, unless it is 0.
 * `messages_max` is the context: a conversation of more messages than tokens is HEARTH_ECONTEXT and
 * is not rendered. HEARTH_EPARSE; HEARTH_EINVAL for a fault of the conversation, or with the
 * template's own complaint about it; HEARTH_EMODEL when the template ran into a bound. */
int hearth_chat_render(const struct hearth_chat *chat, const char *json, size_t length,
                       size_t messages_max, size_t dropped, struct hearth_chat_rendered *rendered,
                       struct hearth_error *error);

/* Appends what the conversation becomes, with nothing else made of it: for who learns from it. The
 * last message is whole; where {"add_generation_prompt": true}, an answer to it is begun. Errors
 * as above. */
int hearth_chat_write(const struct hearth_chat *chat, const char *json, size_t length,
                      struct hearth_buf *text, struct hearth_error *error);

/* What a template knows. Tools that it does not know are told in a text of ours. */
struct hearth_chat_knows {
    bool tools, thoughts;
};
struct hearth_chat_knows hearth_chat_knows(const struct hearth_chat *chat);
/* The same in the facts, as `tools` and `thinks`. */
void hearth_chat_note(struct hearth_model_facts *facts, struct hearth_chat_knows knows);

/* For an install: HEARTH_EMODEL when the text cannot be a template, or cannot render a small
 * conversation within the bounds. Else what it knows is added to `knows`, since a model may have
 * several. */
int hearth_chat_check(const char *text, size_t length, struct hearth_chat_knows *knows,
                      struct hearth_error *error);

/* The engine's slot `at_work`. */
const char *hearth_chat_at_work(const char **ret_why);

#endif
