#include "serving/vector_reuse.h"

#include "base/memory.h"
#include "hearth/error.h"
#include "serving/vector_digest.h"

#include <assert.h>
#include <string.h>

/* Of the table of leaders. There are at most as many as requests wait, so the chains stay short. */
enum { BUCKET_COUNT = 1024 };

struct hearth_reuse {
    struct hearth_vector_cache *cache;
    bool dedup;
    struct hearth_vector_share *leaders[BUCKET_COUNT];
};

struct hearth_reuse *hearth_reuse_create(uint64_t cache_bytes, bool dedup)
{
    struct hearth_reuse *reuse = hearth_calloc(1, sizeof(*reuse));
    reuse->cache = hearth_vector_cache_create(cache_bytes);
    reuse->dedup = dedup;
    return reuse;
}

void hearth_reuse_destroy(struct hearth_reuse *reuse)
{
    if (!reuse)
        return;
    for (int i = 0; i < BUCKET_COUNT; i++)
        assert(!reuse->leaders[i]);
    hearth_vector_cache_destroy(reuse->cache);
    hearth_free(reuse);
}

void hearth_reuse_cache_state(const struct hearth_reuse *reuse,
                              struct hearth_vector_cache_state *ret_state)
{
    hearth_vector_cache_state(reuse->cache, ret_state);
}

void hearth_reuse_clear_cache(struct hearth_reuse *reuse)
{
    hearth_vector_cache_clear(reuse->cache);
}

static bool are_same(const struct hearth_vector_digest *a, const struct hearth_vector_digest *b)
{
    return memcmp(a->digits, b->digits, sizeof(a->digits)) == 0;
}

/* Everything that engine.h says may change a vector is a part, or two texts would share one. */
static void make_key(struct hearth_vector_share *share, const struct hearth_vector_digest *maker,
                     const struct hearth_input *input)
{
    struct hearth_digesting *digesting = hearth_digesting_begin();
    hearth_digesting_bytes(digesting, maker->digits, sizeof(maker->digits));
    hearth_digesting_number(digesting, input->task);
    hearth_digesting_number(digesting, input->kind);
    hearth_digesting_number(digesting, input->truncate);
    hearth_digesting_number(digesting, input->no_special_tokens);
    hearth_digesting_number(digesting,
                            input->prompt_name != NULL); /* "" is none, NULL the default */
    hearth_digesting_text(digesting, input->prompt_name);
    hearth_digesting_bytes(digesting, input->bytes, input->length);
    hearth_digesting_bytes(digesting, input->tokens, input->token_count * sizeof(*input->tokens));
    hearth_digesting_bytes(digesting, input->pair, input->pair_length);
    hearth_digesting_end(digesting, &share->key);
    share->asked = *maker;
    share->keyed = true;
}

/* The table of leaders */

static struct hearth_vector_share **bucket_of(struct hearth_reuse *reuse,
                                              const struct hearth_vector_share *share)
{
    return &reuse->leaders[hearth_vector_digest_hash(&share->key) % BUCKET_COUNT];
}

static struct hearth_vector_share *leader_of(struct hearth_reuse *reuse,
                                             const struct hearth_vector_share *share)
{
    struct hearth_vector_share *leader = *bucket_of(reuse, share);
    while (leader && !are_same(&leader->key, &share->key))
        leader = leader->next_leader;
    return leader;
}

static void enter_table(struct hearth_reuse *reuse, struct hearth_vector_share *share)
{
    struct hearth_vector_share **bucket = bucket_of(reuse, share);
    share->next_leader = *bucket;
    share->leads = true;
    *bucket = share;
}

static void leave_table(struct hearth_reuse *reuse, struct hearth_vector_share *share)
{
    if (!share->leads)
        return;
    struct hearth_vector_share **link = bucket_of(reuse, share);
    while (*link != share)
        link = &(*link)->next_leader;
    *link = share->next_leader;
    share->leads = false;
}

/* Followers, the oldest first: who asked first is answered first, and inherits first. */

/* A leader has few followers, as many as ask for the same text while it is computed; they are
 * bounded by the queues of those who ask. */
static void follow(struct hearth_vector_share *leader, struct hearth_vector_share *share)
{
    struct hearth_vector_share **end = &leader->followers;
    while (*end)
        end = &(*end)->next_follower;
    *end = share;
    share->next_follower = NULL;
    share->leader = leader;
}

struct hearth_vector_share *hearth_share_take_follower(struct hearth_vector_share *share)
{
    struct hearth_vector_share *first = share->followers;
    if (!first)
        return NULL;
    share->followers = first->next_follower;
    first->leader = NULL;
    first->next_follower = NULL;
    return first;
}

static void leave_leader(struct hearth_vector_share *share)
{
    struct hearth_vector_share **link = &share->leader->followers;
    while (*link != share)
        link = &(*link)->next_follower;
    *link = share->next_follower;
    share->leader = NULL;
}

/* Vectors */

static struct hearth_shared_vector *vector_create(const float *values, uint32_t count,
                                                  const struct hearth_vector_digest *maker)
{
    struct hearth_shared_vector *vector =
        hearth_try_alloc(sizeof(*vector) + (size_t)count * sizeof(*values));
    if (!vector)
        return NULL;
    *vector = (struct hearth_shared_vector){.uses = 1, .count = count, .maker = *maker};
    if (count)
        memcpy(vector->values, values, count * sizeof(*values));
    return vector;
}

void hearth_shared_vector_release(struct hearth_shared_vector *vector)
{
    if (vector && --vector->uses == 0)
        hearth_free(vector);
}

/* Without memory for the copy it is computed: slower, and nothing is lost. */
static bool take_cached(struct hearth_reuse *reuse, struct hearth_vector_share *share)
{
    struct hearth_cached_vector cached;
    if (!hearth_vector_cache_get(reuse->cache, &share->key, &cached))
        return false;
    /* A copy: the cache may drop its own before the answer is told. */
    share->ready = vector_create(cached.values, cached.count, &share->asked);
    if (!share->ready)
        return false;
    share->ready->prompt_tokens = cached.prompt_tokens;
    share->ready->truncated_tokens = cached.truncated_tokens;
    return true;
}

enum hearth_share_start hearth_share_begin(struct hearth_reuse *reuse,
                                           struct hearth_vector_share *share,
                                           const struct hearth_vector_digest *maker,
                                           const struct hearth_input *input)
{
    if (input->task != HEARTH_TASK_EMBED && input->task != HEARTH_TASK_SCORE)
        return HEARTH_SHARE_COMPUTES;
    make_key(share, maker, input);
    if (take_cached(reuse, share))
        return HEARTH_SHARE_CACHED;
    struct hearth_vector_share *leader = reuse->dedup ? leader_of(reuse, share) : NULL;
    if (!leader)
        return HEARTH_SHARE_COMPUTES;
    follow(leader, share);
    return HEARTH_SHARE_FOLLOWS;
}

/* Another one may lead already: this one asked when there was none that it could follow, because
 * dedup begins only with the queue. Then nobody follows this one, and it is computed for itself. */
void hearth_share_lead(struct hearth_reuse *reuse, struct hearth_vector_share *share)
{
    if (share->keyed && reuse->dedup && !leader_of(reuse, share))
        enter_table(reuse, share);
}

void hearth_share_collect(struct hearth_vector_share *share,
                          const struct hearth_vector_digest *maker,
                          const struct hearth_event *event)
{
    if (event->kind != HEARTH_EVENT_VECTOR)
        return;
    share->maker = *maker;
    if (!share->keyed)
        return;
    hearth_shared_vector_release(share->collected);
    share->collected = vector_create(event->values, event->value_count, maker);
}

/* It stops leading before its followers are answered: who asks from now on finds the cache, or
 * computes it again. */
int hearth_share_complete(struct hearth_reuse *reuse, struct hearth_vector_share *share,
                          const struct hearth_vector_digest *maker, uint32_t prompt_tokens,
                          uint32_t truncated_tokens)
{
    if (!share->keyed)
        return 0;
    leave_table(reuse, share);
    /* Done without a vector: that is an answer too, and the followers' as well. */
    if (!share->collected)
        share->collected = vector_create(NULL, 0, maker);
    if (!share->collected)
        return HEARTH_ENOMEM;
    share->collected->prompt_tokens = prompt_tokens;
    share->collected->truncated_tokens = truncated_tokens;
    const struct hearth_cached_vector vector = {.values = share->collected->values,
                                                .count = share->collected->count,
                                                .prompt_tokens = prompt_tokens,
                                                .truncated_tokens = truncated_tokens};
    /* The key names the maker that was asked. A load in between may have made another one. */
    if (vector.count && are_same(&share->asked, maker))
        hearth_vector_cache_put(reuse->cache, &share->key, &vector);
    return 0;
}

void hearth_share_hand_out(const struct hearth_vector_share *from, struct hearth_vector_share *to)
{
    from->collected->uses++;
    to->ready = from->collected;
}

/* The heir's own followers are none: only a leader has any. So it takes those of its predecessor as
 * they are. */
struct hearth_vector_share *hearth_share_pass_on(struct hearth_reuse *reuse,
                                                 struct hearth_vector_share *share)
{
    struct hearth_vector_share *heir = hearth_share_take_follower(share);
    if (!heir)
        return NULL;
    heir->owed = share->collected != NULL;
    heir->collected = share->collected;
    share->collected = NULL;
    heir->followers = share->followers;
    for (struct hearth_vector_share *one = heir->followers; one; one = one->next_follower)
        one->leader = heir;
    share->followers = NULL;
    if (share->leads) {
        leave_table(reuse, share);
        enter_table(reuse, heir);
    }
    return heir;
}

/* An heir whose vector came before it took over finds it where the worker put it; all others find
 * theirs where it was handed out. */
struct hearth_shared_vector *hearth_share_take_answer(struct hearth_vector_share *share)
{
    struct hearth_shared_vector **from = share->owed ? &share->collected : &share->ready;
    struct hearth_shared_vector *answer = *from;
    *from = NULL;
    if (answer)
        share->maker = answer->maker;
    return answer;
}

void hearth_share_leave(struct hearth_reuse *reuse, struct hearth_vector_share *share)
{
    assert(!share->followers);
    if (share->leader)
        leave_leader(share);
    leave_table(reuse, share);
    hearth_shared_vector_release(share->collected);
    hearth_shared_vector_release(share->ready);
    share->collected = share->ready = NULL;
}
