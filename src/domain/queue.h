/* The queue before one model: who is let in, and whose turn is next. It is bounded, fair among
 * clients, and lets no class starve.
 *
 * Pure policy: no clock, no sockets; times are arguments, in milliseconds. Within a class clients
 * take turns by deficit round robin over the cost of their requests (estimated tokens); between
 * classes the weights of HEARTH_CLASS_WEIGHTS share the turns, so that a lower class is slowed and
 * never starved. Loop thread only.
 *
 * Source of the algorithm: M. Shreedhar, G. Varghese, "Efficient Fair Queuing using Deficit Round
 * Robin", SIGCOMM 1995. */
#ifndef HEARTH_DOMAIN_QUEUE_H
#define HEARTH_DOMAIN_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum hearth_class { HEARTH_CLASS_INTERACTIVE, HEARTH_CLASS_NORMAL, HEARTH_CLASS_BATCH };
#define HEARTH_CLASS_COUNT 3
/* Of 21 turns while all classes wait: 16, 4 and 1. */
#define HEARTH_CLASS_WEIGHTS                                                                       \
    {                                                                                              \
        16, 4, 1                                                                                   \
    }
/* Estimated tokens that a client may spend in one turn: few, or a client with many small requests
 * would have them all answered in one turn, before another one's first. */
#define HEARTH_QUEUE_QUANTUM 64

struct hearth_queue;

struct hearth_queue_limits {
    size_t requests_max; /* in all classes together */
    uint64_t cost_max;   /* sum of costs; 0: none */
};

/* What waits in several queues together, and how much may. It outlives them; zeroed memory but for
 * its limits, of which 0 is none. The queues keep its sums. */
struct hearth_queue_total {
    struct hearth_queue_limits limits;
    size_t length;
    uint64_t cost;
};

/* A request of many parts keeps one of them in the queue as its place; more of them wait there only
 * to have full batches ready, and must leave room for other requests. */
enum hearth_queue_place {
    HEARTH_PLACE_NEW,   /* while there is room */
    HEARTH_PLACE_KEPT,  /* the next part of a request that was admitted: always */
    HEARTH_PLACE_SPARE, /* a part beside the one that waits: while half of the room is left */
};

/* Embedded by the caller in what waits; untouched by the caller while queued. */
struct hearth_queued {
    struct hearth_queued *next, *previous;
    void *flow; /* the client's turn, owned by the queue */
    uint64_t cost;
    uint64_t entered_ms;
    enum hearth_class class_;
    enum hearth_queue_place place;
};

/* `total` or NULL. */
struct hearth_queue *hearth_queue_create(const struct hearth_queue_limits *limits,
                                         struct hearth_queue_total *total);
void hearth_queue_destroy(struct hearth_queue *queue); /* must be empty; NULL is allowed */
/* Other limits from now on; what waits stays. */
void hearth_queue_limit(struct hearth_queue *queue, const struct hearth_queue_limits *limits);

/* So many places are kept free for others in the next push. */
void hearth_queue_reserve(struct hearth_queue *queue, size_t places);
/* `cost`, `class_` and `place` are set by the caller. HEARTH_EQUEUEFULL; hearth_queue_total_is_full
 * tells whether it was for the total. */
int hearth_queue_push(struct hearth_queue *queue, struct hearth_queued *item, const char *client,
                      uint64_t now_ms);
bool hearth_queue_total_is_full(const struct hearth_queue_total *total,
                                const struct hearth_queued *item);
/* Whose turn it is, taken out; NULL when empty. */
struct hearth_queued *hearth_queue_pop(struct hearth_queue *queue);
/* The same within one class, ahead of the others' turns. */
struct hearth_queued *hearth_queue_pop_class(struct hearth_queue *queue, enum hearth_class class_);
/* Puts one back at the head of its client's turn (work of a dead worker). */
void hearth_queue_unpop(struct hearth_queue *queue, struct hearth_queued *item, const char *client);
void hearth_queue_remove(struct hearth_queue *queue, struct hearth_queued *item);
size_t hearth_queue_length(const struct hearth_queue *queue);
uint64_t hearth_queue_cost(const struct hearth_queue *queue);
size_t hearth_queue_class_length(const struct hearth_queue *queue, enum hearth_class class_);

#endif
