/* Looks up what bodies of the Responses API refer to, and what an answer was asked. All of it runs
 * on the store's lane. */
#ifndef HEARTH_ROUTES_OPENAI_RESPONSES_LOOKUP_H
#define HEARTH_ROUTES_OPENAI_RESPONSES_LOOKUP_H

#include "base/json.h"

struct hearth_error;
struct hearth_store;

/* The answers of these ids, as hearth_responses_items takes them; one that is not there is left
 * out, and of one that is made in the background and is not complete there is its status alone. A
 * new object. */
int hearth_responses_look_up(struct hearth_store *store, const char *principal, const json_t *ids,
                             json_t **ret_found, struct hearth_error *error);
/* The items that an answer is to, whether it is there, still to come, or cancelled. A new
 * reference. HEARTH_ENOTFOUND. */
int hearth_responses_input_items(struct hearth_store *store, const char *principal, const char *id,
                                 json_t **ret_items, struct hearth_error *error);

#endif
