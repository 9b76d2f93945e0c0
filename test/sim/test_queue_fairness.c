/* The admission queue with seeded arrivals: shares and starvation over long runs. */
#include "domain/queue.h"

#include "base/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { CLIENTS = 5, STEPS = 20000 };

struct request {
    struct hearth_queued queued; /* first: the queue hands this back */
    int client;
};

static uint64_t seed;
static uint64_t random_below(uint64_t bound) /* xorshift64* */
{
    seed ^= seed >> 12;
    seed ^= seed << 25;
    seed ^= seed >> 27;
    return (seed * 0x2545F4914F6CDD1Dull >> 16) % bound;
}

static void push(struct hearth_queue *queue, int client, enum hearth_class class_, uint64_t cost,
                 uint64_t now_ms)
{
    char name[16];
    snprintf(name, sizeof(name), "client%d", client);
    struct request *request = hearth_calloc(1, sizeof(*request));
    request->queued.class_ = class_;
    request->queued.cost = cost;
    request->client = client;
    assert_int_equal(hearth_queue_push(queue, &request->queued, name, now_ms), 0);
}

static struct hearth_queue *new_queue(void)
{
    return hearth_queue_create(&(struct hearth_queue_limits){.requests_max = 1000000}, NULL);
}

/* Each client always has work; one sends tiny requests, one huge ones. The tokens that each gets
 * must differ by no more than one quantum and one request (the theorem of the paper). */
static void test_backlogged_clients_get_equal_tokens(void **state)
{
    (void)state;
    static const uint64_t largest[CLIENTS] = {20, 200, 1000, 4000, 16000};
    for (seed = 1; seed <= 5; seed++) {
        struct hearth_queue *queue = new_queue();
        uint64_t served[CLIENTS] = {0};
        for (int client = 0; client < CLIENTS; client++)
            for (int i = 0; i < 2; i++)
                push(queue, client, HEARTH_CLASS_NORMAL, 1 + random_below(largest[client]), 0);
        for (int step = 0; step < STEPS; step++) {
            struct request *request = (struct request *)hearth_queue_pop(queue);
            int client = request->client;
            served[client] += request->queued.cost;
            push(queue, client, HEARTH_CLASS_NORMAL, 1 + random_below(largest[client]), 0);
            hearth_free(request);
        }
        uint64_t low = UINT64_MAX, high = 0;
        for (int client = 0; client < CLIENTS; client++) {
            low = served[client] < low ? served[client] : low;
            high = served[client] > high ? served[client] : high;
        }
        assert_true(high - low <= 2 * (16000 + HEARTH_QUEUE_QUANTUM));
        for (struct hearth_queued *item; (item = hearth_queue_pop(queue));)
            hearth_free(item);
        hearth_queue_destroy(queue);
    }
}

/* A flood of interactive requests never holds a batch request back for more than the weights say.
 */
static void test_no_class_starves(void **state)
{
    (void)state;
    for (seed = 1; seed <= 5; seed++) {
        struct hearth_queue *queue = new_queue();
        int waited[HEARTH_CLASS_COUNT] = {0}, longest[HEARTH_CLASS_COUNT] = {0};
        for (int step = 0; step < STEPS; step++) {
            for (int class_ = 0; class_ < HEARTH_CLASS_COUNT; class_++)
                while (hearth_queue_class_length(queue, (enum hearth_class)class_) < 3)
                    push(queue, (int)random_below(CLIENTS), (enum hearth_class)class_,
                         1 + random_below(500), (uint64_t)step);
            struct hearth_queued *item = hearth_queue_pop(queue);
            for (int class_ = 0; class_ < HEARTH_CLASS_COUNT; class_++)
                waited[class_] = class_ == (int)item->class_ ? 0 : waited[class_] + 1;
            for (int class_ = 0; class_ < HEARTH_CLASS_COUNT; class_++)
                longest[class_] =
                    waited[class_] > longest[class_] ? waited[class_] : longest[class_];
            hearth_free(item);
        }
        assert_true(longest[HEARTH_CLASS_INTERACTIVE] <= 2);
        assert_true(longest[HEARTH_CLASS_NORMAL] <= 6);
        assert_true(longest[HEARTH_CLASS_BATCH] <= 21);
        for (struct hearth_queued *item; (item = hearth_queue_pop(queue));)
            hearth_free(item);
        hearth_queue_destroy(queue);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_backlogged_clients_get_equal_tokens),
        cmocka_unit_test(test_no_class_starves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
