/* Answers of the Responses API that are kept in the store, so that a client may go on from one, or
 * fetch it again: a record of the kind "response", whose body is
 * `{"response": the answer, "items": what it answers}`. They end after the setting
 * `responses_keep`, and the oldest go first where there are more than `responses_max` or
 * `responses_bytes_max` allow. Loop thread only, but for what says that it runs on the store's
 * lane. */
#ifndef HEARTH_ROUTES_OPENAI_RESPONSES_KEEP_H
#define HEARTH_ROUTES_OPENAI_RESPONSES_KEEP_H

#include "base/arena.h"
#include "base/json.h"
#include "task/generation.h"

struct hearth_call;
struct hearth_store;

enum { HEARTH_RESPONSE_KEPT_MAX = 8 << 20 }; /* bytes of one; a larger one is not kept */

/* Keeps the answer, given as JSON, of a choice that asks for it; else does nothing. The client's
 * next request finds it, since the store's lane does one thing after the other. A store that cannot
 * take it is logged: the answer itself is good. */
void hearth_response_keep(const struct hearth_choice *choice, const char *json, size_t length);

/* Gives items that have none an id, which has the digits of the answer; makes a text the list of
 * parts that it stands for. */
void hearth_response_complete_items(json_t *items, const char *response_id);

/* On the store's lane: the record of the answer, parsed. HEARTH_ENOTFOUND, also for another's and
 * for one that has expired. */
int hearth_response_load(struct hearth_store *store, const char *id, const char *principal,
                         json_t **ret_kept, struct hearth_error *error);

#endif
