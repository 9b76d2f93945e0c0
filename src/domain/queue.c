#include "domain/queue.h"

#include "base/hash.h"
#include "base/memory.h"
#include "hearth/error.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

enum { BUCKET_COUNT = 64, STRIDE = 16 * 4 };

/* One client's waiting requests in one class. It exists while there are some, so a client that
 * comes back starts without credit, as the algorithm wants. */
struct flow {
    struct flow *next, *previous; /* ring of the class, in order of turns */
    struct flow *bucket_next;
    struct hearth_queued *first, *last;
    uint64_t deficit;
    bool granted; /* has had this turn's quantum */
    enum hearth_class class_;
    char client[];
};

struct turn_class {
    struct flow *turn; /* whose turn it is; NULL when nothing waits */
    size_t flow_count, length;
    uint64_t pass; /* stride scheduling: the least goes next */
};

struct hearth_queue {
    struct hearth_queue_limits limits;
    struct turn_class classes[HEARTH_CLASS_COUNT];
    struct flow *buckets[BUCKET_COUNT];
    size_t length;
    uint64_t cost, pass;
};

static const uint32_t weights[HEARTH_CLASS_COUNT] = HEARTH_CLASS_WEIGHTS;

struct hearth_queue *hearth_queue_create(const struct hearth_queue_limits *limits)
{
    struct hearth_queue *queue = hearth_calloc(1, sizeof(*queue));
    queue->limits = *limits;
    return queue;
}

void hearth_queue_destroy(struct hearth_queue *queue)
{
    if (!queue)
        return;
    assert(queue->length == 0);
    hearth_free(queue);
}

/* Flows */

/* The class goes into the hash, because a client has a flow in each class that it uses. */
static uint32_t bucket_of(const char *client, enum hearth_class class_)
{
    return hearth_hash32(HEARTH_HASH32_START + (uint32_t)class_, client, strlen(client)) %
           BUCKET_COUNT;
}

/* A new flow comes last in the round, so that it has its turn after everybody who is there; one
 * whose work was put back comes first. */
static void ring_insert(struct turn_class *turns, struct flow *flow, bool first)
{
    if (!turns->turn) {
        flow->next = flow->previous = turns->turn = flow;
    } else {
        flow->next = turns->turn;
        flow->previous = turns->turn->previous;
        flow->previous->next = flow->next->previous = flow;
        if (first)
            turns->turn = flow;
    }
    turns->flow_count++;
}

static struct flow *flow_of(struct hearth_queue *queue, const char *client,
                            enum hearth_class class_, bool first)
{
    struct flow **bucket = &queue->buckets[bucket_of(client, class_)];
    for (struct flow *flow = *bucket; flow; flow = flow->bucket_next)
        if (flow->class_ == class_ && strcmp(flow->client, client) == 0)
            return flow;
    size_t length = strlen(client) + 1;
    struct flow *flow = hearth_calloc(1, sizeof(*flow) + length);
    memcpy(flow->client, client, length);
    flow->class_ = class_;
    flow->bucket_next = *bucket;
    *bucket = flow;
    struct turn_class *turns = &queue->classes[class_];
    if (!turns->turn && turns->pass < queue->pass)
        turns->pass = queue->pass; /* idle time earns no turns */
    ring_insert(turns, flow, first);
    return flow;
}

static void flow_destroy(struct hearth_queue *queue, struct flow *flow)
{
    struct turn_class *turns = &queue->classes[flow->class_];
    struct flow **link = &queue->buckets[bucket_of(flow->client, flow->class_)];
    while (*link != flow)
        link = &(*link)->bucket_next;
    *link = flow->bucket_next;
    flow->previous->next = flow->next;
    flow->next->previous = flow->previous;
    if (turns->turn == flow)
        turns->turn = flow->next == flow ? NULL : flow->next;
    turns->flow_count--;
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
}

void hearth_queue_limit(struct hearth_queue *queue, const struct hearth_queue_limits *limits)
{
    queue->limits = *limits;
}

/* A request of many parts may fill half of the queue and no more, so that a list of thousands
 * leaves room for single requests; its next part is let in always, or the list would lose its place
 * to whoever comes. */
static bool has_room(const struct hearth_queue *queue, const struct hearth_queued *item)
{
    unsigned shares = item->place == HEARTH_PLACE_SPARE ? 2 : 1;
    uint64_t cost_max = queue->limits.cost_max / shares;
    if (item->place == HEARTH_PLACE_KEPT)
        return true;
    if (queue->length >= queue->limits.requests_max / shares)
        return false;
    /* One that is over the cap by itself may still wait alone. */
    return !queue->limits.cost_max || queue->length == 0 ||
           (item->cost <= cost_max && queue->cost <= cost_max - item->cost);
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
    enter(queue, item, flow_of(queue, client, item->class_, false), false);
    return 0;
}

void hearth_queue_unpop(struct hearth_queue *queue, struct hearth_queued *item, const char *client)
{
    struct flow *flow = flow_of(queue, client, item->class_, true);
    flow->deficit += item->cost; /* its turn was paid for already */
    enter(queue, item, flow, true);
}

void hearth_queue_remove(struct hearth_queue *queue, struct hearth_queued *item)
{
    struct flow *flow = item->flow;
    assert(flow);
    *(item->previous ? &item->previous->next : &flow->first) = item->next;
    *(item->next ? &item->next->previous : &flow->last) = item->previous;
    item->next = item->previous = NULL;
    item->flow = NULL;
    queue->length--;
    queue->classes[item->class_].length--;
    queue->cost -= item->cost;
    if (!flow->first)
        flow_destroy(queue, flow);
}

/* Turns */

/* After a round in which nobody could pay: as many quanta for all as the nearest one lacks, so
 * that a pop costs one more round and not cost / quantum of them. */
static void grant_rounds(struct turn_class *turns)
{
    uint64_t rounds = UINT64_MAX;
    struct flow *flow = turns->turn;
    do {
        uint64_t lack = flow->first->cost - flow->deficit;
        uint64_t needed = (lack - 1) / HEARTH_QUEUE_QUANTUM;
        rounds = needed < rounds ? needed : rounds;
        flow = flow->next;
    } while (flow != turns->turn);
    do {
        flow->deficit += rounds * HEARTH_QUEUE_QUANTUM;
        flow = flow->next;
    } while (flow != turns->turn);
}

/* The quantum is given once for each turn; what is not spent stays as long as the client has work,
 * which is what makes the shares fair over time (Shreedhar and Varghese, section 3). */
static bool can_pay(struct flow *flow)
{
    if (flow->deficit < flow->first->cost && !flow->granted) {
        flow->deficit += HEARTH_QUEUE_QUANTUM;
        flow->granted = true;
    }
    return flow->deficit >= flow->first->cost;
}

/* One round asks everybody; when nobody could pay, the rounds that would have been in vain are
 * given in one step. So a pop costs as much as there are clients, however large their requests are.
 */
static struct flow *next_flow(struct turn_class *turns)
{
    for (;;) {
        for (size_t i = turns->flow_count; i > 0; i--) {
            if (can_pay(turns->turn))
                return turns->turn;
            turns->turn->granted = false;
            turns->turn = turns->turn->next;
        }
        grant_rounds(turns);
    }
}

/* Stride scheduling: the class with the least pass goes next and moves on by a stride that is the
 * smaller the larger its weight is (C. Waldspurger, W. Weihl, "Stride Scheduling", MIT/LCS/TM-528,
 * 1995). */
static struct turn_class *next_class(struct hearth_queue *queue)
{
    struct turn_class *best = NULL;
    for (int i = 0; i < HEARTH_CLASS_COUNT; i++) {
        struct turn_class *turns = &queue->classes[i];
        if (turns->turn && (!best || turns->pass < best->pass))
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
    if (!turns->turn)
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

/* Little's law, backwards: those before the newcomer, and itself, at the rate at which requests are
 * finished. */
uint32_t hearth_queue_retry_after_s(const struct hearth_queue *queue, double completed_per_s)
{
    double wait_s = (double)(queue->length + 1);
    if (completed_per_s > 0)
        wait_s /= completed_per_s;
    if (wait_s > 600)
        return 600;
    uint32_t whole = (uint32_t)wait_s;
    return whole < wait_s ? whole + 1 : whole > 0 ? whole : 1;
}
