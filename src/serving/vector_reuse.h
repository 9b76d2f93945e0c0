/* The same text is computed once: a request for a vector that is cached is answered from the cache,
 * and one that is being computed already gets the first one's result. Loop thread only.
 *
 * A *key* is the digest of all that a vector depends on: its maker (model_identity.h) and its
 * input, which is task, prompt, truncation and text. Each request has a *share*. The share of a
 * request that is computed *leads*; the shares of others with the same key *follow* it, and their
 * requests are in no queue and at no worker. A leader that goes away (cancel, its own deadline)
 * passes its place on to its oldest follower.
 *
 * A share belongs to its request, and only this file changes it. This file knows of no request:
 * what a verb returns tells the caller whom to answer, or whom to move. */
#ifndef HEARTH_SERVING_VECTOR_REUSE_H
#define HEARTH_SERVING_VECTOR_REUSE_H

#include "domain/vector_cache.h"
#include "hearth/engine.h"

#include <stdbool.h>
#include <stdint.h>

struct hearth_reuse;

/* A vector on its way to those that asked for it: immutable, counted. */
struct hearth_shared_vector {
    uint32_t uses, count, prompt_tokens, truncated_tokens;
    struct hearth_vector_digest maker;
    float values[];
};
void hearth_shared_vector_release(struct hearth_shared_vector *vector); /* NULL is allowed */

/* Zeroed memory is the share of a request that is not for a vector, or has not begun. */
struct hearth_vector_share {
    struct hearth_vector_digest key;
    struct hearth_vector_digest asked; /* the maker when it was asked for */
    struct hearth_vector_digest maker; /* of its vector, once that has come */
    bool keyed, leads;
    bool owed; /* its vector came before it took the place of the one that it was for */
    struct hearth_vector_share *next_leader;
    struct hearth_vector_share *leader, *followers, *next_follower;
    struct hearth_shared_vector *collected; /* from its worker */
    struct hearth_shared_vector *ready;     /* its answer, which needs no worker */
};

/* `cache_bytes` 0: nothing is kept. `dedup`: what is being computed is not computed twice. */
struct hearth_reuse *hearth_reuse_create(uint64_t cache_bytes, bool dedup);
void hearth_reuse_destroy(struct hearth_reuse *reuse); /* no share leads; NULL is allowed */
void hearth_reuse_cache_state(const struct hearth_reuse *reuse,
                              struct hearth_vector_cache_state *ret_state);
void hearth_reuse_clear_cache(struct hearth_reuse *reuse);

enum hearth_share_start {
    HEARTH_SHARE_COMPUTES, /* it goes to the queue, and may lead */
    HEARTH_SHARE_CACHED,   /* its answer is ready */
    HEARTH_SHARE_FOLLOWS,  /* it waits for its leader's */
};
/* A new request asks the present maker for the vector of its input. */
enum hearth_share_start hearth_share_begin(struct hearth_reuse *reuse,
                                           struct hearth_vector_share *share,
                                           const struct hearth_vector_digest *maker,
                                           const struct hearth_input *input);
/* It was admitted to the queue: others may follow it. */
void hearth_share_lead(struct hearth_reuse *reuse, struct hearth_vector_share *share);
/* An event came for it; keeps the vector, of the maker that is loaded. */
void hearth_share_collect(struct hearth_vector_share *share,
                          const struct hearth_vector_digest *maker,
                          const struct hearth_event *event);
/* Its worker is done with it: it leads no longer, and its vector goes into the cache if `maker` is
 * still the one that was asked. HEARTH_ENOMEM: there is nothing to hand out. */
int hearth_share_complete(struct hearth_reuse *reuse, struct hearth_vector_share *share,
                          const struct hearth_vector_digest *maker, uint32_t prompt_tokens,
                          uint32_t truncated_tokens);
/* Its oldest follower, which follows it no longer; NULL without any. */
struct hearth_vector_share *hearth_share_take_follower(struct hearth_vector_share *share);
/* The vector of `from`, which is complete, is the answer of `to`. */
void hearth_share_hand_out(const struct hearth_vector_share *from, struct hearth_vector_share *to);
/* It goes away on its own: its oldest follower takes over its vector, its other followers and its
 * lead, and is returned, so that the caller moves the place in the queue and the stream too. NULL
 * when it has none. */
struct hearth_vector_share *hearth_share_pass_on(struct hearth_reuse *reuse,
                                                 struct hearth_vector_share *share);
/* Its answer, out of the share; the caller releases it. For one that is owed its vector, that one.
 */
struct hearth_shared_vector *hearth_share_take_answer(struct hearth_vector_share *share);
/* Its request ends. It has no followers any more. */
void hearth_share_leave(struct hearth_reuse *reuse, struct hearth_vector_share *share);

#endif
