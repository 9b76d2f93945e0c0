/* Bodies of OpenAI's Responses API into what generation asks for.
 *
 * A body has passed its schema before it comes here; what a schema cannot say is checked here. What
 * a body refers to, earlier answers and their items, has been looked up before: `found` is an
 * object of answers by their id, each `{"response": …, "items": […], "by_id": {…}}`, or `{"status":
 * …}` of one that is not complete. Pure: no call, no loop, no server, so that a fuzz target and
 * unit tests can drive it. On a fault the error says what is wrong,
 * `*ret_param` names the member at fault (NULL: none in particular), and results are left alone. */
#ifndef HEARTH_ROUTES_OPENAI_RESPONSES_READ_H
#define HEARTH_ROUTES_OPENAI_RESPONSES_READ_H

#include "base/arena.h"
#include "base/json.h"
#include "task/generation.h"

enum {
    HEARTH_RESPONSES_ITEMS_MAX = 65536,
    HEARTH_RESPONSES_FOUND_MAX = 64, /* answers that one body may refer to */
    HEARTH_RESPONSES_ID_MAX = 64,
};

/* The id of the answer that an item is of, in `ret_id`, or false: no item of ours has such an id.
 * "msg_<digits>_0" is of "resp_<digits>". */
bool hearth_responses_owner(const char *item, char ret_id[HEARTH_RESPONSES_ID_MAX]);
/* The ids of all answers that the body refers to, as a list of texts, to be looked up: a new
 * reference. HEARTH_EINVAL when there are too many. */
int hearth_responses_needs(const json_t *body, json_t **ret_ids, const char **ret_param,
                           struct hearth_error *error);

/* Adds `"by_id"` to an answer that was looked up, so that each item that is referred to is found in
 * one step. Linear in its items; for who looks it up, not for the loop. */
void hearth_responses_index(json_t *answer);
/* All items that the model reads: those of the answers before, then the body's. A new list.
 * HEARTH_ENOTFOUND names what `found` lacks. */
int hearth_responses_items(const json_t *body, const json_t *found, json_t **ret_items,
                           const char **ret_param, struct hearth_error *error);
/* Appends items as messages of a conversation; in responses_items.c. */
int hearth_responses_messages(const json_t *items, json_t *messages, struct hearth_error *error);

/* The request; `conversation`, an empty buffer, takes the JSON that the chat template reads. What
 * the request points to lies in the body, in the items, in the arena and in `conversation`. */
int hearth_responses_read(const json_t *body, const json_t *items, struct hearth_arena *arena,
                          struct hearth_buf *conversation,
                          struct hearth_generation_request *ret_request, const char **ret_param,
                          struct hearth_error *error);
/* The same conversation as an input of `task` alone. */
int hearth_responses_input(const json_t *body, const json_t *items, enum hearth_task task,
                           struct hearth_arena *arena, struct hearth_buf *conversation,
                           struct hearth_input **ret_input, const char **ret_param,
                           struct hearth_error *error);
/* What an answer repeats of its request: instructions, tools, temperature … A new object. */
json_t *hearth_responses_about(const json_t *body);

#endif
