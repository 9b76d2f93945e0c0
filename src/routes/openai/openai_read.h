/* Bodies of OpenAI's API into what generation asks for.
 *
 * A body has passed its schema before it comes here; what a schema cannot say is checked here.
 * Pure: no call, no loop, no server, so that a fuzz target and unit tests can drive it. On a fault
 * the error says what is wrong, `*ret_param` names the member at fault (NULL: none in particular),
 * and
 * `*ret_request` is left alone. What a request points to lies in the body, in the arena and in
 * `conversation`, and must outlive it. */
#ifndef HEARTH_ROUTES_OPENAI_OPENAI_READ_H
#define HEARTH_ROUTES_OPENAI_OPENAI_READ_H

#include "task/generation.h"

#include "base/arena.h"
#include "base/json.h"

/* /v1/chat/completions. `conversation`, an empty buffer, takes the JSON that the model's chat
 * template reads: messages, tools and what else a template may ask for. A message of the role
 * "developer" is renamed to "system" in the body itself. */
int hearth_openai_chat_read(const json_t *body, struct hearth_arena *arena,
                            struct hearth_buf *conversation,
                            struct hearth_generation_request *ret_request, const char **ret_param,
                            struct hearth_error *error);

/* openai_functions_read.c: renames what older clients send, in the body's messages themselves;
 * `functions` become the tools of `input`. */
void hearth_openai_read_functions(const json_t *body, json_t *input);
bool hearth_openai_sends_functions(const json_t *body);

/* /v1/completions: one text, one list of token ids, or a list of either. */
int hearth_openai_completion_read(const json_t *body, struct hearth_arena *arena,
                                  struct hearth_generation_request *ret_request,
                                  const char **ret_param, struct hearth_error *error);

#endif
