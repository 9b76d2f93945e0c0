/* Bodies of Anthropic's Messages API into what generation asks for.
 *
 * A body has passed its schema before it comes here; what a schema cannot say is checked here: what
 * a block must hold depends on its type, and a result must answer a call. Pure: no call, no loop,
 * no server, so that a fuzz target and unit tests can drive it. A fault is HEARTH_EINVAL (or
 * HEARTH_ETOOLARGE) whose message begins with its place, "messages[1].content[0]: …", and the
 * results are left alone. What a request points to lies in the body, in the arena and in
 * `conversation`, and must outlive it. */
#ifndef HEARTH_ROUTES_ANTHROPIC_ANTHROPIC_READ_H
#define HEARTH_ROUTES_ANTHROPIC_ANTHROPIC_READ_H

#include "base/arena.h"
#include "base/json.h"
#include "task/generation.h"

/* POST /v1/messages. `conversation`, an empty buffer, takes the JSON that the chat template reads.
 */
int hearth_anthropic_read(const json_t *body, struct hearth_arena *arena,
                          struct hearth_buf *conversation,
                          struct hearth_generation_request *ret_request,
                          struct hearth_error *error);
/* POST /v1/messages/count_tokens: the same conversation, whose tokens are only counted. */
int hearth_anthropic_count_read(const json_t *body, struct hearth_arena *arena,
                                struct hearth_buf *conversation, struct hearth_input **ret_input,
                                struct hearth_error *error);

/* Parts of a body, appended to a conversation's messages and tools; each in a file of its own. */
int hearth_anthropic_read_messages(const json_t *body, json_t *messages,
                                   struct hearth_error *error);
int hearth_anthropic_read_tools(const json_t *body, json_t *conversation,
                                struct hearth_error *error);

#endif
