/* The same text is computed once: a request for a vector that is cached is answered from the cache,
 * one that is being computed already is answered with the first one's result. Part of the
 * scheduler; private like scheduler_private.h. Loop thread only.
 *
 * The key is the digest of all that a vector depends on: the version, its settings and files as
 * they are loaded, task, prompt, truncation and text. A request that another one is computed for
 * (its follower) is in no queue and at no worker; when the first one goes away (cancel, its own
 * deadline), its oldest follower takes its place. */
#ifndef HEARTH_SERVING_VECTOR_REUSE_H
#define HEARTH_SERVING_VECTOR_REUSE_H

#include "domain/vector_cache.h"
#include "wire/ipc_event.h"

#include <stdbool.h>

struct hearth_inference;
struct hearth_reuse;
struct served_model;

struct hearth_reuse *hearth_reuse_create(uint64_t cache_bytes, bool dedup);
void hearth_reuse_destroy(
    struct hearth_reuse *reuse); /* all requests have ended; NULL is allowed */
struct hearth_vector_cache *hearth_reuse_cache(struct hearth_reuse *reuse);

/* What the model computes from here on is another thing than before: a load begins. */
void hearth_reuse_renew(struct served_model *model);
/* A new request: true when it is answered without the queue. Its answer comes from the timer. */
bool hearth_reuse_take(struct served_model *model, struct hearth_inference *inference);
/* It goes to the queue: others may follow it. */
void hearth_reuse_lead(struct hearth_inference *inference);
/* A vector came for it. */
void hearth_reuse_collect(struct hearth_inference *inference, const struct hearth_event *event);
/* It is complete: its followers are, and the cache has it. */
void hearth_reuse_complete(struct hearth_inference *inference, uint32_t prompt_tokens);
/* It goes away on its own: place in the queue, stream and followers pass to its oldest follower,
 * false when it has none. */
bool hearth_reuse_pass_on(struct hearth_inference *inference);
/* What it failed with is its followers' failure too; told from the timer. */
void hearth_reuse_fail(struct hearth_inference *inference, const struct hearth_error *error,
                       uint32_t retry_after_ms);
/* It is complete, and its vector came before it took the place of another. */
void hearth_reuse_deliver_owed(struct hearth_inference *inference);
/* The answer that waits for it, from the timer; ends it. */
void hearth_reuse_deliver(struct hearth_inference *inference);
/* It leaves the books; it leads and follows nobody then. */
void hearth_reuse_forget(struct hearth_inference *inference);

#endif
