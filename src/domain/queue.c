#include "domain/queue.h"

#include "base/hash.h"
#include "base/memory.h"
#include "hearth/error.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

enum { BUCKETS_FIRST = 64, ROUNDS_AHEAD = 64, STRIDE = 16 * 4 };

/* One client's waiting requests in one class. It exists while there are some, so a client that
 * comes back starts without credit, as the algorithm wants. */
struct flow {
    struct flow *next, *previous; /* in the list of its round */
    struct flow *bucket_next;
    struct hearth_queued *first, *last;
    uint64_t deficit;      /* what it may spend, as of the round `since` */
    uint64_t since, round; /* each round from the one to the other gives it a quantum */
    uint32_t hash;
    enum hearth_class class_;
    char client[];
};

struct flow_list {
    struct flow *first, *last;
};

/* The rounds of deficit round robin as a wheel: a client whose request costs so many quanta is
 * looked at again when it can pay, and not in each round until then. So a turn costs the same with
 * one client and with a hundred thousand, whatever their requests cost. */
struct turn_class {
    struct flow_list wheel[ROUNDS_AHEAD];
    uint64_t occupied; /* a bit for each list that is not empty */
    uint64_t round;    /* the present one: its list is wheel[round % ROUNDS_AHEAD] */
    size_t length;
    uint64_t pass; /* stride scheduling: the least goes next */
};

struct hearth_queue {
    struct hearth_queue_limits limits;
    struct hearth_queue_total *total; /* or NULL */
    struct turn_class classes[HEARTH_CLASS_COUNT];
    struct flow **buckets;
    size_t bucket_count, flow_count; /* the first is a power of two */
    size_t length, reserved;
    uint64_t cost, pass;
};

static const uint32_t weights[HEARTH_CLASS_COUNT] = HEARTH_CLASS_WEIGHTS;

struct hearth_queue *hearth_queue_create(const struct hearth_queue_limits *limits,
                                         struct hearth_queue_total *total)
{
    struct hearth_queue *queue = hearth_calloc(1, sizeof(*queue));
    queue->total = total;
    queue->limits = *limits;
    queue->bucket_count = BUCKETS_FIRST;
    queue->buckets = hearth_calloc(BUCKETS_FIRST, sizeof(struct flow *));
    return queue;
}

void hearth_queue_destroy(struct hearth_queue *queue)
{
    if (!queue)
        return;
    assert(queue->length == 0);
    hearth_free(queue->buckets);
    hearth_free(queue);
}

/* Rounds */

static void list_insert(struct turn_class *turns, struct flow *flow, bool first)
{
    struct flow_list *list = &turns->wheel[flow->round % ROUNDS_AHEAD];
    flow->previous = first ? NULL : list->last;
    flow->next = first ? list->first : NULL;
    *(flow->previous ? &flow->previous->next : &list->first) = flow;
    *(flow->next ? &flow->next->previous : &list->last) = flow;
    turns->occupied |= UINT64_C(1) << flow->round % ROUNDS_AHEAD;
}

static void list_remove(struct turn_class *turns, struct flow *flow)
{
    struct flow_list *list = &turns->wheel[flow->round % ROUNDS_AHEAD];
    *(flow->previous ? &flow->previous->next : &list->first) = flow->next;
    *(flow->next ? &flow->next->previous : &list->last) = flow->previous;
    if (!list->first)
        turns->occupied &= ~(UINT64_C(1) << flow->round % ROUNDS_AHEAD);
}

/* Gives it the quanta of the rounds that have passed; what is not spent stays as long as the client
 * has work, which is what makes the shares fair over time (Shreedhar and Varghese, section 3). */
static void settle(const struct turn_class *turns, struct flow *flow)
{
    flow->deficit += (turns->round - flow->since) * HEARTH_QUEUE_QUANTUM;
    flow->since = turns->round;
}

/* The round in which it can pay for its first request: never the present one, or a client that
 * comes back at once would end it for all who wait for the next. One that is further away than the
 * wheel reaches is looked at on the way. */
static void choose_round(const struct turn_class *turns, struct flow *flow)
{
    uint64_t cost = flow->first->cost, rounds = 1;
    if (cost > flow->deficit)
        rounds = (cost - flow->deficit - 1) / HEARTH_QUEUE_QUANTUM + 1;
    flow->round = turns->round + (rounds < ROUNDS_AHEAD ? rounds : ROUNDS_AHEAD - 1);
}

static bool can_pay(const struct flow *flow)
{
    return flow->deficit >= flow->first->cost;
}

/* Another request of it is the first one now. While it can pay in its own turn it keeps the turn.
 */
static void place_again(struct turn_class *turns, struct flow *flow)
{
    settle(turns, flow);
    if (flow->round == turns->round && can_pay(flow))
        return;
    list_remove(turns, flow);
    choose_round(turns, flow);
    list_insert(turns, flow, false);
}

/* Whose turn it is. At least one flow waits. */
static struct flow *next_flow(struct turn_class *turns)
{
    for (;;) {
        struct flow *flow = turns->wheel[turns->round % ROUNDS_AHEAD].first;
        if (!flow) {
            unsigned here = (unsigned)(turns->round % ROUNDS_AHEAD);
            uint64_t ahead = turns->occupied >> here;
            if (here)
                ahead |= turns->occupied << (ROUNDS_AHEAD - here);
            turns->round += (unsigned)__builtin_ctzll(ahead);
            continue;
        }
        settle(turns, flow);
        if (can_pay(flow))
            return flow;
        place_again(turns, flow);
    }
}

/* Flows */

/* The class goes into the hash, because a client has a flow in each class that it uses. */
static uint32_t hash_of(const char *client, size_t length, enum hearth_class class_)
{
    return hearth_hash32(HEARTH_HASH32_START + (uint32_t)class_, client, length);
}

static struct flow **bucket_of(const struct hearth_queue *queue, uint32_t hash)
{
    return &queue->buckets[hash & (queue->bucket_count - 1)];
}

static void grow_buckets(struct hearth_queue *queue)
{
    struct flow **old = queue->buckets;
    size_t old_count = queue->bucket_count;
    queue->bucket_count = 2 * old_count;
    queue->buckets = hearth_calloc(queue->bucket_count, sizeof(struct flow *));
    for (size_t i = 0; i < old_count; i++)
        for (struct flow *flow = old[i], *next; flow; flow = next) {
            struct flow **bucket = bucket_of(queue, flow->hash);
            next = flow->bucket_next;
            flow->bucket_next = *bucket;
            *bucket = flow;
        }
    hearth_free(old);
}

static struct flow *flow_find(const struct hearth_queue *queue, const char *client,
                              enum hearth_class class_, uint32_t hash)
{
    for (struct flow *flow = *bucket_of(queue, hash); flow; flow = flow->bucket_next)
        if (flow->hash == hash && flow->class_ == class_ && strcmp(flow->client, client) == 0)
            return flow;
    return NULL;
}

/* It is in no round yet: that depends on its first request. */
static struct flow *flow_create(struct hearth_queue *queue, const char *client, size_t length,
                                enum hearth_class class_, uint32_t hash)
{
    struct turn_class *turns = &queue->classes[class_];
    struct flow *flow = hearth_alloc(sizeof(*flow) + length + 1);
    *flow = (struct flow){.since = turns->round, .hash = hash, .class_ = class_};
    memcpy(flow->client, client, length + 1);
    if (queue->flow_count++ == queue->bucket_count)
        grow_buckets(queue);
    struct flow **bucket = bucket_of(queue, hash);
    flow->bucket_next = *bucket;
    *bucket = flow;
    if (!turns->length && turns->pass < queue->pass)
        turns->pass = queue->pass; /* idle time earns no turns */
    return flow;
}

/* It is in no round any more. */
static void flow_destroy(struct hearth_queue *queue, struct flow *flow)
{
    struct flow **link = bucket_of(queue, flow->hash);
    while (*link != flow)
        link = &(*link)->bucket_next;
    *link = flow->bucket_next;
    queue->flow_count--;
    hearth_free(flow);
}

static void enter(struct hearth_queue *queue, struct hearth_queued *item, struct flow *flow,
                  bool first)
{
    item->flow = flow;
    item->previous = first ? NULL : flow->last;
    item->next = first ? flow->first : NULL;
    *(item->previous ? &item->previous->next : &flow->first) = item;
    *(item->next ? &item->next->previous : &flow->last) = item;
    queue->length++;
    queue->classes[item->class_].length++;
    queue->cost += item->cost;
    if (queue->total) {
        queue->total->length++;
        queue->total->cost += item->cost;
    }
}

void hearth_queue_limit(struct hearth_queue *queue, const struct hearth_queue_limits *limits)
{
    queue->limits = *limits;
}

/* A request of many parts may fill half of the queue and no more, so that a list of thousands
 * leaves room for single requests. One that is over the cap by itself may still wait alone. */
static bool fits(const struct hearth_queue_limits *limits, size_t length, uint64_t cost,
                 const struct hearth_queued *item)
{
    unsigned shares = item->place == HEARTH_PLACE_SPARE ? 2 : 1;
    uint64_t cost_max = limits->cost_max / shares;
    if (length >= limits->requests_max / shares)
        return false;
    return !limits->cost_max || length == 0 ||
           (item->cost <= cost_max && cost <= cost_max - item->cost);
}

bool hearth_queue_total_is_full(const struct hearth_queue_total *total,
                                const struct hearth_queued *item)
{
    struct hearth_queue_limits limits = total->limits;
    if (!limits.requests_max)
        limits.requests_max = SIZE_MAX;
    return !fits(&limits, total->length, total->cost, item);
}

/* The next part of a request that was admitted is let in always, or a list would lose its place to
 * whoever comes. */
static bool has_room(const struct hearth_queue *queue, const struct hearth_queued *item)
{
    return item->place == HEARTH_PLACE_KEPT ||
           (fits(&queue->limits, queue->length + queue->reserved, queue->cost, item) &&
            (!queue->total || !hearth_queue_total_is_full(queue->total, item)));
}

void hearth_queue_reserve(struct hearth_queue *queue, size_t places)
{
    queue->reserved = places;
}

int hearth_queue_push(struct hearth_queue *queue, struct hearth_queued *item, const char *client,
                      uint64_t now_ms)
{
    assert(item->class_ < HEARTH_CLASS_COUNT);
    if (item->cost == 0)
        item->cost = 1;
    if (!has_room(queue, item))
        return HEARTH_EQUEUEFULL;
    item->entered_ms = now_ms;
    struct turn_class *turns = &queue->classes[item->class_];
    size_t length = strlen(client);
    uint32_t hash = hash_of(client, length, item->class_);
    struct flow *flow = flow_find(queue, client, item->class_, hash);
    if (flow) {
        enter(queue, item, flow, false);
        return 0;
    }
    flow = flow_create(queue, client, length, item->class_, hash);
    enter(queue, item, flow, false);
    choose_round(turns, flow);
    list_insert(turns, flow, false);
    return 0;
}

/* Its client has the next turn; what client and class paid for it is given back. */
void hearth_queue_unpop(struct hearth_queue *queue, struct hearth_queued *item, const char *client)
{
    struct turn_class *turns = &queue->classes[item->class_];
    size_t length = strlen(client);
    uint32_t hash = hash_of(client, length, item->class_);
    struct flow *flow = flow_find(queue, client, item->class_, hash);
    if (flow)
        list_remove(turns, flow);
    else
        flow = flow_create(queue, client, length, item->class_, hash);
    uint64_t stride = STRIDE / weights[item->class_];
    turns->pass -= turns->pass < stride ? turns->pass : stride;
    settle(turns, flow);
    flow->deficit += item->cost;
    enter(queue, item, flow, true);
    flow->round = turns->round;
    list_insert(turns, flow, true);
}

void hearth_queue_remove(struct hearth_queue *queue, struct hearth_queued *item)
{
    struct flow *flow = item->flow;
    struct turn_class *turns = &queue->classes[item->class_];
    assert(flow);
    bool was_first = flow->first == item;
    *(item->previous ? &item->previous->next : &flow->first) = item->next;
    *(item->next ? &item->next->previous : &flow->last) = item->previous;
    item->next = item->previous = NULL;
    item->flow = NULL;
    queue->length--;
    turns->length--;
    queue->cost -= item->cost;
    if (queue->total) {
        queue->total->length--;
        queue->total->cost -= item->cost;
    }
    if (flow->first) {
        if (was_first)
            place_again(turns, flow);
        return;
    }
    list_remove(turns, flow);
    flow_destroy(queue, flow);
}

/* Turns */

/* Stride scheduling: the class with the least pass goes next and moves on by a stride that is the
 * smaller the larger its weight is (C. Waldspurger, W. Weihl, "Stride Scheduling", MIT/LCS/TM-528,
 * 1995). */
static struct turn_class *next_class(struct hearth_queue *queue)
{
    struct turn_class *best = NULL;
    for (int i = 0; i < HEARTH_CLASS_COUNT; i++) {
        struct turn_class *turns = &queue->classes[i];
        if (turns->length && (!best || turns->pass < best->pass))
            best = turns;
    }
    return best;
}

static struct hearth_queued *take_turn(struct hearth_queue *queue, struct turn_class *turns)
{
    struct flow *flow = next_flow(turns);
    struct hearth_queued *item = flow->first;
    flow->deficit -= item->cost;
    hearth_queue_remove(queue, item);
    return item;
}

struct hearth_queued *hearth_queue_pop_class(struct hearth_queue *queue, enum hearth_class class_)
{
    struct turn_class *turns = &queue->classes[class_];
    if (!turns->length)
        return NULL;
    turns->pass += STRIDE / weights[class_];
    return take_turn(queue, turns);
}

struct hearth_queued *hearth_queue_pop(struct hearth_queue *queue)
{
    struct turn_class *turns = next_class(queue);
    if (!turns)
        return NULL;
    queue->pass = turns->pass;
    turns->pass += STRIDE / weights[turns - queue->classes];
    return take_turn(queue, turns);
}

size_t hearth_queue_length(const struct hearth_queue *queue)
{
    return queue->length;
}

uint64_t hearth_queue_cost(const struct hearth_queue *queue)
{
    return queue->cost;
}

size_t hearth_queue_class_length(const struct hearth_queue *queue, enum hearth_class class_)
{
    return queue->classes[class_].length;
}
