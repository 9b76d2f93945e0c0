/* Writes the tokens of an event as the JSON that Ollama and llama-server share with OpenAI's chat:
 * {"token", "logprob", "bytes", "top_logprobs": […]}, with the ids where they are wanted. Pure. */
#ifndef HEARTH_TASK_TOKEN_JSON_H
#define HEARTH_TASK_TOKEN_JSON_H

#include "base/buf.h"
#include "hearth/engine.h"

/* What is not UTF-8 (a part of a character) is shown as U+FFFD in "token"; "bytes" are exact. */
void hearth_token_json_write(const struct hearth_token *token, bool with_ids,
                             struct hearth_buf *buf);
/* Those of an event, without brackets; a comma goes before each but the first. */
void hearth_tokens_json_write(const struct hearth_event *event, bool with_ids, bool first,
                              struct hearth_buf *buf);

#endif
