/* Bodies of llama-server's own routes into what generation asks for.
 *
 * A body has passed its schema before it comes here; what a schema cannot say is checked here.
 * Pure: no call, no loop, no server, so that unit tests and a fuzz target can drive it. On a fault
 * the error says what is wrong, `*ret_param` names the member (NULL: none in particular), and
 * `*ret_request` is left alone. What a request points to lies in the body, in the arena and in
 * `pieces`, and must outlive it. llama-server's defaults are written into the body itself. */
#ifndef HEARTH_ROUTES_NATIVE_NATIVE_READ_H
#define HEARTH_ROUTES_NATIVE_NATIVE_READ_H

#include "task/generation.h"

#include "base/arena.h"
#include "base/json.h"

/* What the answer's writers read of the request; in the arena, `request.asked`. */
struct hearth_native_asked {
    const char *const *prompts;       /* of each input; "" where it was no text alone */
    const struct hearth_bytes *stops; /* copies: the body is gone when the answer is written */
    const char *const *fields; /* paths of what an answer shows, up to a NULL; NULL: all of it */
    bool probabilities, tokens;
};

/* /completion: a prompt, or up to HEARTH_NATIVE_PROMPTS_MAX of them. */
enum { HEARTH_NATIVE_PROMPTS_MAX = 64 };
int hearth_native_completion_read(json_t *body, struct hearth_arena *arena,
                                  struct hearth_buf *pieces,
                                  struct hearth_generation_request *ret_request,
                                  const char **ret_param, struct hearth_error *error);
/* /infill */
int hearth_native_infill_read(json_t *body, struct hearth_arena *arena, struct hearth_buf *pieces,
                              struct hearth_generation_request *ret_request, const char **ret_param,
                              struct hearth_error *error);

/* What both have in common: sampling, and how the answer is written. */
int hearth_native_sampling_read(json_t *body, struct hearth_arena *arena,
                                struct hearth_generation_request *request,
                                struct hearth_native_asked *asked, const char **ret_param,
                                struct hearth_error *error);
/* `response_fields`: HEARTH_ETOOLARGE is the only fault. */
int hearth_native_fields_read(const json_t *body, struct hearth_arena *arena,
                              struct hearth_native_asked *asked, struct hearth_error *error);
/* `samplers`: rules that are not named are switched off in the body. HEARTH_EINVAL for a name that
 * is none, and for an order that is not ours. */
int hearth_native_samplers_read(json_t *body, struct hearth_error *error);

#endif
