/* Holds a conversation with a model through /v1/chat/completions: keeps what was said, and asks
 * for the next answer, which comes piece by piece. Main thread only. */
#ifndef HEARTH_CLI_CONVERSATION_H
#define HEARTH_CLI_CONVERSATION_H

#include "base/json.h"
#include "cli/client.h"

struct hearth_conversation {
    struct hearth_client *client;
    const char *model;
    json_t *options;  /* temperature, max_tokens, seed */
    json_t *messages; /* array */
};

/* What comes of one answer. */
struct hearth_reply {
    void (*on_text)(void *argument, const char *text);    /* as it comes */
    void (*on_thought)(void *argument, const char *text); /* what it thinks; NULL: is not shown */
    void (*on_note)(void *argument, const char *note);    /* "loading …", before the first text */
    void *argument;
    /* Filled at the end. */
    char finish[32];
    json_int_t prompt_tokens, completion_tokens;
    bool is_canceled;
};

void hearth_conversation_init(struct hearth_conversation *conversation,
                              struct hearth_client *client, const char *model);
void hearth_conversation_finish(struct hearth_conversation *conversation);
void hearth_conversation_say(struct hearth_conversation *conversation, const char *role,
                             const char *text);
/* Forgets everything but what the system said. */
void hearth_conversation_clear(struct hearth_conversation *conversation);
/* Asks with what was said so far and adds the answer to it, also one that Ctrl-C cut short (then
 * it is 0 too, and `is_canceled`). An error takes back the last thing said. */
int hearth_conversation_ask(struct hearth_conversation *conversation, struct hearth_reply *reply,
                            struct hearth_error *error);

#endif
