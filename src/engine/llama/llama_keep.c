/* What a sequence holds, copied, cut, written out and read back. A saved sequence is a head, the
 * tokens, and the state as what computes has written it. The engine's list of tokens and the state
 * always go together: `held` says which prompts may be continued without computing them again, so a
 * list that is longer than the state would give false answers. */
#include "base/error.h"
#include "base/hash.h"
#include "base/memory.h"
#include "base/small_file.h"
#include "engine/llama/llama_engine.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

/* 64 GiB: far above what a sequence takes, and so small that one byte more does not overflow. */
#define STATE_MAX (UINT64_C(1) << 36)

/* In the machine's own byte order: it is read by the same installation, and nobody else. */
struct saved_head {
    char magic[8];
    uint64_t token_count, state_bytes;
    uint64_t adapters; /* the hash of their names; the scale of each follows the head */
};

static const char magic[8] = "hearthS2";

/* A sequence that computes at present is not touched. Where nothing is kept, or what is kept cannot
 * be cut, none of these verbs has a meaning. */
static int check_free(const struct hearth_engine *engine, uint32_t index)
{
    if (index >= engine->sequence_count || engine->sequences[index].input != NULL)
        return HEARTH_EINVAL;
    return engine->compute->keeps && engine->compute->cuttable ? 0 : HEARTH_ENOTIMPL;
}

int hearth_llama_fork(struct hearth_engine *engine, uint32_t from, uint32_t to)
{
    int rc = check_free(engine, to);
    if (rc != 0 || from >= engine->sequence_count || from == to)
        return rc != 0 ? rc : HEARTH_EINVAL;
    const struct hearth_llama_sequence *source = &engine->sequences[from];
    engine->compute->ops->copy(engine->compute, from, to);
    /* What computes may be ahead of the list, while drafted tokens are checked. */
    engine->compute->ops->cut(engine->compute, to, source->held_count);
    memcpy(engine->sequences[to].held, source->held, source->held_count * sizeof(*source->held));
    memcpy(engine->sequences[to].scales, source->scales,
           engine->compute->adapter_count * sizeof(*source->scales));
    engine->sequences[to].held_count = source->held_count;
    return 0;
}

uint32_t hearth_llama_list_held(struct hearth_engine *engine, uint32_t index,
                                const int32_t **ret_tokens)
{
    if (index >= engine->sequence_count)
        return 0;
    *ret_tokens = engine->sequences[index].held;
    return engine->sequences[index].held_count;
}

void hearth_llama_tell_prefixes(struct hearth_engine *engine)
{
    const struct hearth_llama_compute *compute = engine->compute;
    struct hearth_model_facts *facts = &engine->facts;
    uint64_t kept = engine->settings.prefix_cache;
    facts->prefix_places = compute->prefix_places;
    if (facts->prefix_places == 0)
        return;
    facts->cell_tokens = compute->cell_tokens;
    facts->cell_bytes = compute->cell_bytes;
    facts->cells = compute->cells;
    facts->prefix_cells = kept / compute->cell_bytes < compute->cells
                              ? (uint32_t)(kept / compute->cell_bytes)
                              : compute->cells;
}

/* Where the state could not be cut in the middle it has been emptied, and so is the list. */
int hearth_llama_trim(struct hearth_engine *engine, uint32_t index, uint32_t token_count)
{
    int rc = check_free(engine, index);
    if (rc != 0)
        return rc;
    struct hearth_llama_sequence *sequence = &engine->sequences[index];
    if (token_count >= sequence->held_count)
        return 0;
    bool cut = engine->compute->ops->cut(engine->compute, index, token_count);
    sequence->held_count = cut ? token_count : 0;
    return 0;
}

/* The descriptor is the caller's and open already, as the sandbox lets nobody open a file. */
static int write_all(int descriptor, const void *bytes, size_t length, struct hearth_error *error)
{
    int reason = hearth_descriptor_write(descriptor, bytes, length);
    return reason ? hearth_error_set_errno(error, reason, "a sequence cannot be saved") : 0;
}

/* The length is known before, so a file that ends early is told from one that cannot be read. */
static int read_all(int descriptor, void *bytes, size_t length, struct hearth_error *error)
{
    char *at = bytes;
    while (length > 0) {
        ssize_t n = read(descriptor, at, length);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return hearth_error_set_errno(error, errno, "a sequence cannot be restored");
        if (n == 0)
            return hearth_error_set(error, HEARTH_EPARSE, "a saved sequence is cut off");
        at += n;
        length -= (size_t)n;
    }
    return 0;
}

/* Keys and values are those of the adapters that made them. */
static uint64_t adapters_of(const struct hearth_engine *engine)
{
    const char *names = engine->facts.adapters_json;
    return hearth_hash64(HEARTH_HASH64_START, names, strlen(names));
}

/* Of an adapter that came later a file could not say which it was: its place may have another by
 * the time it is read. */
static bool has_passing_adapter(const struct hearth_engine *engine, uint32_t index)
{
    const struct hearth_llama_compute *compute = engine->compute;
    for (uint32_t i = compute->adapter_fixed; i < compute->adapter_count; i++)
        if (engine->sequences[index].scales[i] != 0)
            return true;
    return false;
}

/* The state is made in memory first: its size must stand in the head, before it. */
int hearth_llama_save(struct hearth_engine *engine, uint32_t index, int descriptor,
                      struct hearth_error *error)
{
    int rc = check_free(engine, index);
    if (rc == 0 && has_passing_adapter(engine, index))
        rc = HEARTH_ENOTIMPL;
    if (rc != 0)
        return hearth_error_set(error, rc, "sequence %" PRIu32 " cannot be saved", index);
    struct hearth_llama_compute *compute = engine->compute;
    const struct hearth_llama_sequence *sequence = &engine->sequences[index];
    struct saved_head head = {.token_count = sequence->held_count,
                              .state_bytes = compute->ops->saved_bytes(compute, index),
                              .adapters = adapters_of(engine)};
    memcpy(head.magic, magic, sizeof(magic));
    void *state = hearth_try_alloc((size_t)head.state_bytes);
    if (state == NULL)
        return hearth_error_set(error, HEARTH_ENOMEM, "no memory to save a sequence");
    rc = compute->ops->save(compute, index, state, (size_t)head.state_bytes, error);
    if (rc == 0)
        rc = write_all(descriptor, &head, sizeof(head), error);
    if (rc == 0)
        rc = write_all(descriptor, sequence->scales,
                       compute->adapter_count * sizeof(*sequence->scales), error);
    if (rc == 0)
        rc = write_all(descriptor, sequence->held, head.token_count * sizeof(*sequence->held),
                       error);
    if (rc == 0)
        rc = write_all(descriptor, state, (size_t)head.state_bytes, error);
    hearth_free(state);
    return rc;
}

/* The tokens first, so that a sequence whose state then fails is empty and not half. Tokens later
 * index tables of the vocabulary, and anybody may have written the file, so each one is checked.
 * One byte more is allocated because a state of no bytes is allowed. */
static int restore_parts(struct hearth_engine *engine, uint32_t index, int descriptor,
                         const struct saved_head *head, struct hearth_error *error)
{
    struct hearth_llama_compute *compute = engine->compute;
    struct hearth_llama_sequence *sequence = &engine->sequences[index];
    void *state = hearth_try_alloc((size_t)head->state_bytes + 1);
    if (state == NULL)
        return hearth_error_set(error, HEARTH_ENOMEM, "no memory to restore a sequence");
    int rc = read_all(descriptor, sequence->scales,
                      compute->adapter_count * sizeof(*sequence->scales), error);
    for (uint32_t i = 0; rc == 0 && i < compute->adapter_count; i++)
        if (!isfinite(sequence->scales[i]) ||
            (i >= compute->adapter_fixed && sequence->scales[i] != 0))
            rc =
                hearth_error_set(error, HEARTH_EPARSE, "a saved sequence has scales beyond bounds");
    if (rc != 0)
        memset(sequence->scales, 0, compute->adapter_count * sizeof(*sequence->scales));
    compute->ops->adapt(compute, index, sequence->scales);
    if (rc == 0)
        rc = read_all(descriptor, sequence->held, head->token_count * sizeof(*sequence->held),
                      error);
    for (uint64_t i = 0; rc == 0 && i < head->token_count; i++)
        if (sequence->held[i] < 0 || (uint32_t)sequence->held[i] >= engine->facts.vocabulary_length)
            rc = hearth_error_set(error, HEARTH_EPARSE, "a saved sequence is of another model");
    if (rc == 0)
        rc = read_all(descriptor, state, (size_t)head->state_bytes, error);
    if (rc == 0)
        rc = compute->ops->restore(compute, index, (uint32_t)head->token_count, state,
                                   (size_t)head->state_bytes, error);
    hearth_free(state);
    return rc;
}

int hearth_llama_restore(struct hearth_engine *engine, uint32_t index, int descriptor,
                         struct hearth_error *error)
{
    int rc = check_free(engine, index);
    if (rc != 0)
        return hearth_error_set(error, rc, "sequence %" PRIu32 " cannot be restored", index);
    struct saved_head head;
    rc = read_all(descriptor, &head, sizeof(head), error);
    if (rc != 0)
        return rc;
    /* The numbers are bounded before anything is sized by them: `held` has room for a context. */
    if (memcmp(head.magic, magic, sizeof(magic)) != 0 || head.token_count > engine->plan.context ||
        head.state_bytes > STATE_MAX)
        return hearth_error_set(error, HEARTH_EPARSE, "these bytes are no saved sequence");
    if (head.adapters != adapters_of(engine))
        return hearth_error_set(error, HEARTH_EPARSE, "a saved sequence is of other adapters");
    hearth_llama_sequence_forget(engine, index);
    rc = restore_parts(engine, index, descriptor, &head, error);
    /* Only now do the tokens count; until here the sequence was empty. */
    if (rc == 0)
        engine->sequences[index].held_count = (uint32_t)head.token_count;
    return rc;
}
