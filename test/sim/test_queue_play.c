/* The admission queue over a million seeded schedules of arrivals, turns, departures and put-backs,
 * held against plain books: what is let in, whose turn it is, shares, starvation. */
#include "domain/queue.h"
#include "hearth/error.h"
#include "support/schedules.h"
#include "support/seeded.h"
#include "unit/cmocka_all.h"

#include <stdbool.h>
#include <stdlib.h>

enum { CLIENTS_MAX = 5, ITEMS = 24, STEPS = 90, TURNS_MAX = 22 };

struct item {
    struct hearth_queued queued; /* first: the queue hands this back */
    size_t client;
    uint64_t order; /* of arrivals; what is put back keeps it */
    bool waits;
};

struct play {
    struct hearth_queue *queue;
    struct hearth_queue_limits limits;
    struct item items[ITEMS];
    size_t clients, length;
    uint64_t number, seed, arrivals, cost, cost_largest;
    unsigned turns_without[HEARTH_CLASS_COUNT]; /* turns of others while the class waits */
    /* Tokens that one had more than the other, while both wait. */
    int64_t ahead[HEARTH_CLASS_COUNT][CLIENTS_MAX][CLIENTS_MAX];
};

static const char *const names[CLIENTS_MAX] = {"a", "b", "key:client-3", "", "127.0.0.1"};

static void expect(const struct play *play, bool is, const char *what)
{
    schedule_expect(is, play->number, what);
}

static bool client_waits(const struct play *play, size_t client, enum hearth_class class_)
{
    for (int i = 0; i < ITEMS; i++)
        if (play->items[i].waits && play->items[i].client == client &&
            play->items[i].queued.class_ == class_)
            return true;
    return false;
}

/* A client that has nothing left begins anew when it comes back. */
static void forget_if_idle(struct play *play, size_t client, enum hearth_class class_)
{
    if (client_waits(play, client, class_))
        return;
    for (size_t i = 0; i < play->clients; i++)
        play->ahead[class_][client][i] = play->ahead[class_][i][client] = 0;
}

static void enter(struct play *play, struct item *item)
{
    item->waits = true;
    play->length++;
    play->cost += item->queued.cost;
}

static void leave(struct play *play, struct item *item)
{
    expect(play, item->waits, "what does not wait has a turn");
    item->waits = false;
    play->length--;
    play->cost -= item->queued.cost;
    forget_if_idle(play, item->client, item->queued.class_);
}

static void push(struct play *play, struct item *item)
{
    uint64_t *seed = &play->seed;
    uint64_t cost = 1 + seeded_below(seed, seeded_below(seed, 8) ? 800 : 40000);
    item->client = seeded_below(seed, play->clients);
    item->queued = (struct hearth_queued){
        .class_ = (enum hearth_class)seeded_below(seed, HEARTH_CLASS_COUNT),
        .place = (enum hearth_queue_place)seeded_below(seed, 3),
        .cost = cost,
    };
    int rc = hearth_queue_push(play->queue, &item->queued, names[item->client], 0);
    size_t shares = item->queued.place == HEARTH_PLACE_SPARE ? 2 : 1;
    uint64_t cost_max = play->limits.cost_max / shares;
    bool fits = play->length < play->limits.requests_max / shares &&
                (!play->limits.cost_max || !play->length || play->cost + cost <= cost_max);
    expect(play, (rc == 0) == (fits || item->queued.place == HEARTH_PLACE_KEPT),
           "the caps do not hold");
    if (rc < 0) {
        expect(play, rc == HEARTH_EQUEUEFULL, "a full queue has another error");
        return;
    }
    play->cost_largest = cost > play->cost_largest ? cost : play->cost_largest;
    item->order = ++play->arrivals;
    enter(play, item);
}

static void expect_in_order(const struct play *play, const struct item *item)
{
    for (int i = 0; i < ITEMS; i++) {
        const struct item *other = &play->items[i];
        expect(play,
               !other->waits || other->client != item->client ||
                   other->queued.class_ != item->queued.class_ || other->order > item->order,
               "a client's own requests are not served in order");
    }
}

/* The theorem of deficit round robin (Shreedhar and Varghese, section 3), with some room for what
 * leaves or is put back in the middle of a turn. */
static void count_share(struct play *play, const struct item *item, int64_t sign)
{
    enum hearth_class class_ = item->queued.class_;
    int64_t bound = 2 * (int64_t)(HEARTH_QUEUE_QUANTUM + play->cost_largest);
    for (size_t i = 0; i < play->clients; i++) {
        if (i == item->client || !client_waits(play, i, class_))
            continue;
        play->ahead[class_][item->client][i] += sign * (int64_t)item->queued.cost;
        play->ahead[class_][i][item->client] -= sign * (int64_t)item->queued.cost;
        expect(play, llabs(play->ahead[class_][item->client][i]) <= bound,
               "one client gets more than its share");
    }
}

static void count_turns(struct play *play, enum hearth_class class_)
{
    for (int i = 0; i < HEARTH_CLASS_COUNT; i++) {
        bool waits = hearth_queue_class_length(play->queue, (enum hearth_class)i) > 0;
        play->turns_without[i] = waits && i != (int)class_ ? play->turns_without[i] + 1 : 0;
        expect(play, play->turns_without[i] <= TURNS_MAX, "a class starves");
    }
}

static struct item *pop(struct play *play)
{
    struct item *item = (struct item *)hearth_queue_pop(play->queue);
    expect(play, !item == !play->length,
           "a turn is given where nothing waits, or none where it does");
    if (!item)
        return NULL;
    count_share(play, item, 1);
    leave(play, item);
    expect_in_order(play, item);
    count_turns(play, item->queued.class_);
    return item;
}

static void put_back(struct play *play, struct item *item)
{
    hearth_queue_unpop(play->queue, &item->queued, names[item->client]);
    enter(play, item);
    count_share(play, item, -1);
    for (int i = 0; i < HEARTH_CLASS_COUNT; i++) /* it was no turn after all */
        play->turns_without[i] -= play->turns_without[i] && i != (int)item->queued.class_;
    expect(play, hearth_queue_pop_class(play->queue, item->queued.class_) == &item->queued,
           "what was put back is not next");
    hearth_queue_unpop(play->queue, &item->queued, names[item->client]);
}

static void step(struct play *play)
{
    struct item *item = &play->items[seeded_below(&play->seed, ITEMS)];
    uint64_t what = seeded_below(&play->seed, 8);
    if (!item->waits && what < 6) {
        push(play, item);
    } else if (item->waits && what < 2) {
        hearth_queue_remove(play->queue, &item->queued);
        leave(play, item);
    } else {
        struct item *out = pop(play);
        if (out && what == 7)
            put_back(play, out);
    }
    expect(play, hearth_queue_length(play->queue) == play->length, "the lengths differ");
    expect(play, hearth_queue_cost(play->queue) == play->cost, "the costs differ");
}

static void play_one(uint64_t number)
{
    struct play play = {.number = number, .seed = number * 0x9E3779B97F4A7C15u + 1};
    play.clients = 1 + seeded_below(&play.seed, CLIENTS_MAX);
    play.limits.requests_max = 1 + seeded_below(&play.seed, 2 * ITEMS);
    play.limits.cost_max = seeded_below(&play.seed, 2) * seeded_below(&play.seed, 60000);
    play.queue = hearth_queue_create(&play.limits, NULL);
    for (int i = 0; i < STEPS; i++)
        step(&play);
    while (pop(&play))
        ;
    expect(&play, play.length == 0 && play.cost == 0, "something is left behind");
    hearth_queue_destroy(play.queue);
}

static void test_every_request_has_its_turn_and_no_client_more_than_its_share(void **state)
{
    (void)state;
    uint64_t count = schedules_count();
    for (uint64_t number = 1; number <= count; number++)
        play_one(number);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_request_has_its_turn_and_no_client_more_than_its_share),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
